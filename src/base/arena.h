/*
 * Memory that is given back all at once: chunks, bump allocation, no free of one thing.
 * One owner, one thread. arena_alloc returns 16-octet aligned memory, arena_bytes packs
 * without alignment. NULL when the ceiling (octets, 0 = none), the budget or the system
 * says no.
 */
#ifndef YORE_BASE_ARENA_H
#define YORE_BASE_ARENA_H

#include "base/budget.h"
#include "base/bytes.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *head;
	uint8_t *at, *end;
	size_t used; /* octets taken from the system */
	size_t ceiling;
	size_t chunk;	       /* size of the next chunk */
	struct budget *budget; /* shared with others; set behind arena_init; NULL: none */
};

void arena_init(struct arena *a, size_t ceiling);
void arena_release(struct arena *a);
void arena_reset(struct arena *a); /* keeps one chunk for reuse */
void *arena_alloc(struct arena *a, size_t n);
uint8_t *arena_bytes(struct arena *a, size_t n);
char *arena_strdup(struct arena *a, const char *s);
struct bytes arena_copy(struct arena *a, struct bytes b); /* .at NULL on failure */

#endif
