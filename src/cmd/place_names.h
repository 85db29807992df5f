/*
 * The files of places (record/span.h), from the ledger: an input may have had several
 * names over time, so which commit brought that packet says which name.
 */
#ifndef YORE_CMD_PLACE_NAMES_H
#define YORE_CMD_PLACE_NAMES_H

#include "store/store.h"

#define PLACE_NAMES_MAX 1000000

struct place_name {
	uint32_t input;
	uint64_t from, to; /* packets from + 1 to `to` */
	char *name;
};

struct place_names {
	struct place_name *at;
	size_t count, room;
};

/* Reads the whole ledger. 0 or an error; what is past the ceiling has no name. */
int place_names_load(struct place_names *n, struct store *s, struct fault *f);
void place_names_release(struct place_names *n);
/* For format_options: NULL when not known. */
const char *place_names_find(const struct span_place *at, void *names);

#endif
