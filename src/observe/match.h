/*
 * Open queries: which response answers something that was asked.
 *
 * A query is known by the addresses and ports it went between, its ID and its question
 * as spelled on the wire (0x20), all hashed with the key of this process. It is not used
 * up by its first answer and is forgotten when it is too old, or when its place is
 * needed: answered ones first, then the oldest. The table has a fixed size; each key may
 * stand in one of MATCH_WAYS neighbouring slots.
 *
 * Putting in is put off a little, so that memory is asked for before it is needed.
 */
#ifndef YORE_OBSERVE_MATCH_H
#define YORE_OBSERVE_MATCH_H

#include "net/datagram.h"

#define MATCH_WAYS 16
#define MATCH_PENDING 8

struct match_slot {
	uint64_t key;	 /* 0: free */
	uint32_t tick;	 /* when it was asked */
	uint32_t answer; /* what was answered first, hashed; 0: nothing yet */
};

struct match_table {
	struct match_slot *slots;
	uint64_t mask;
	uint32_t age; /* ticks */
	unsigned pending;
	struct match_slot queue[MATCH_PENDING];
	uint64_t evicted, expired;
};

int match_init(struct match_table *t, size_t octets, int64_t age_us) YORE_MUST_CHECK;
void match_release(struct match_table *t);

/*
 * The key of a message with exactly one question; 0 when the question cannot be read.
 * The same for a query and its response, whichever way they went.
 */
uint64_t match_key(const struct datagram *d, bool response);

static inline struct match_slot *match_place(const struct match_table *t, uint64_t key)
{
	return &t->slots[key & t->mask & ~(uint64_t)3];
}

static inline void match_prefetch(const struct match_table *t, uint64_t key)
{
	__builtin_prefetch(match_place(t, key), 1);
	__builtin_prefetch(match_place(t, key) + 4, 1);
}

void match_query(struct match_table *t, uint64_t key, int64_t time_us);

/* The open query it answers, or NULL. Good until the next match_ call. */
struct match_slot *match_response(struct match_table *t, uint64_t key, int64_t time_us);

#endif
