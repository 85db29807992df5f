/* What the two halves of wire.h share: the layout (docs/design/segment.md). */
#ifndef YORE_EXCHANGE_WIRE_OWN_H
#define YORE_EXCHANGE_WIRE_OWN_H

#include "exchange/wire.h"

#define WIRE_MAGIC "yore-segment\x00\x02" /* the last octet is the version */
#define WIRE_MAGIC_LEN 14
#define WIRE_VERSION 2
#define WIRE_BEFORE 1 /* keys of large sets without a digest: record/key_older.h */
#define WIRE_HEAD_MAX (8u << 20)
#define WIRE_KEY_MAX (1u << 20)

/* What a value of a key is written against; 0 on the intervals shelf. */
struct wire_base {
	bool interval;
	int32_t january; /* of the shelf's year */
};
/* EUNSUPPORTED: a shelf whose rows do not travel. */
int wire_base_of(const char *shelf, struct wire_base *ret) YORE_MUST_CHECK;
int64_t wire_base_s(const struct wire_base *b, struct bytes key);

#endif
