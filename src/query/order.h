/*
 * Results held for sorting, within a ceiling; where answers share a budget it takes at
 * most a quarter of what is left there, so that none of them gets nothing. With a limit
 * only the best are kept: when twice as many as wanted are there, the worse half goes.
 */
#ifndef YORE_QUERY_ORDER_H
#define YORE_QUERY_ORDER_H

#include "base/arena.h"
#include "query/run.h"

struct kept {
	struct result result; /* everything it borrows is in the arena */
	uint64_t sequence;
};

struct order {
	const struct query *query;
	struct arena arena;
	struct kept **list;
	size_t count, room;
	uint64_t best;	  /* so many are wanted; UINT64_MAX: all */
	uint64_t offered; /* results seen */
	uint64_t sequence;
};

void order_init(struct order *o, const struct query *q);
void order_release(struct order *o);
/* ELIMIT: no room even after letting the worse half go; the result was not taken. */
int order_add(struct order *o, const struct result *r) YORE_MUST_CHECK;
void order_sort(struct order *o);

#endif
