/* Text from elsewhere, made fit for a terminal, or for HTML and XML. */
#ifndef YORE_BASE_SAFE_H
#define YORE_BASE_SAFE_H

#include "base/buf.h"

/* Octets as text that no terminal takes for anything but text: control characters and
 * what is not valid UTF-8 come as \DDD. */
void put_safe(struct buf *out, struct bytes text);

/* Text between tags or inside a quoted attribute of HTML or XML; control characters but
 * the end of a line and the tabulator come as '?', since XML has no place for them. */
void put_markup(struct buf *out, const char *text);

#endif
