/* Text from elsewhere, made fit for a terminal. */
#ifndef YORE_BASE_SAFE_H
#define YORE_BASE_SAFE_H

#include "base/buf.h"

/* Octets as text that no terminal takes for anything but text: control characters and
 * what is not valid UTF-8 come as \DDD. */
void put_safe(struct buf *out, struct bytes text);

#endif
