/*
 * The first line of a list in a database's folder: "yore WHAT VERSION". The first lists
 * had none, and are of version 1.
 */
#ifndef YORE_STORE_HEADING_H
#define YORE_STORE_HEADING_H

#include "base/buf.h"

void heading_put(struct buf *out, const char *what, unsigned version);

/* Its octets, without the end of the line; 0: there is none. EVERSION: whoever wrote it
   knows more than `most`; EMALFORMED. */
int heading_read(struct bytes text, const char *what, unsigned most) YORE_MUST_CHECK;

#endif
