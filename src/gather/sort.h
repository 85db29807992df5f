/*
 * Sorting keys: octet strings of which none is a prefix of another one (equal ones are
 * allowed). Eight octets at a time are kept beside the reference, so that most
 * comparisons touch no key; groups that are equal there go on with the next eight.
 */
#ifndef YORE_GATHER_SORT_H
#define YORE_GATHER_SORT_H

#include "base/bytes.h"

struct sort_item {
	uint64_t head; /* of the eight octets at the depth in work */
	uint32_t key;  /* where it is: so many units of 8 octets behind the base */
	uint32_t note; /* the caller's, carried along */
};

#define SORT_UNIT 8
/* The key of what lies there. */
typedef struct bytes (*sort_key_fn)(const uint8_t *at);

/* spare has room for as many items. head need not be set. */
void sort_items(struct sort_item *items, struct sort_item *spare, size_t count,
		sort_key_fn key_of, const uint8_t *base);

#endif
