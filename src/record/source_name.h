/*
 * The source of a record: the namespace it belongs to (see docs/guide.md). Built in are
 * above, below, auth and zone; data sets and providers bring their own names
 * ([a-z0-9._-], at most 32). In memory a source is a small number given out by this
 * process; on disk built-in ones are one octet and others carry their name.
 */
#ifndef YORE_RECORD_SOURCE_NAME_H
#define YORE_RECORD_SOURCE_NAME_H

#include "base/buf.h"

enum {
	SOURCE_NONE,
	SOURCE_ABOVE,
	SOURCE_BELOW,
	SOURCE_AUTH,
	SOURCE_ZONE,
	SOURCE_FIRST_NAMED = 16
};
#define SOURCE_NAME_MAX 32

/* The number of a name, giving one out if new; EMALFORMED for a bad name. Thread-safe. */
int source_of_name(const char *name, uint16_t *ret) YORE_MUST_CHECK;
/* The same without giving one out: ENOENT. Numbers are few, and strangers ask. */
int source_find(const char *name, uint16_t *ret) YORE_MUST_CHECK;
const char *source_name(uint16_t source); /* never NULL */

void source_put_key(struct buf *out, uint16_t source); /* how it stands in keys */
uint16_t source_read_key(struct reader *r); /* SOURCE_NONE and r->err when broken */

#endif
