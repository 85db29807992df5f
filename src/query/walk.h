/*
 * A walk over one stretch of the store, base by base and row by row within a base.
 * Damage is counted and stepped over; only what makes going on impossible is an error.
 */
#ifndef YORE_QUERY_WALK_H
#define YORE_QUERY_WALK_H

#include "query/merge.h"
#include "query/plan.h"

struct walk_options { /* the same for all walks of an answer */
	struct store *store;
	int year_first, year_last; /* 0, 0: all */
	const char *shelf;
	const atomic_int *stop; /* of the query */
	struct answer_counters *counters;
	struct fault *fault; /* what damage or failure says; the first one stays */
};

struct walk {
	const struct walk_options *options;
	struct cursor *cursor;
	struct store_row row;
	bool held;	 /* row was read but not yet given */
	struct buf base; /* of the rows being given */
};

void walk_init(struct walk *w, const struct walk_options *o);
int walk_open(struct walk *w, const struct bound *b) YORE_MUST_CHECK;
void walk_close(struct walk *w);
static inline bool walk_is_open(const struct walk *w)
{
	return w->cursor != NULL;
}

/* To the next base, past rows of this one that were not asked for: 1, 0 or negative. */
int walk_base(struct walk *w);
/* The next row of this base: 1, 0 when it has no more, negative. */
int walk_row(struct walk *w, struct dated *ret);

/* Counts damage, once for each thing that is said of it. */
void walk_count_damage(struct answer_counters *c, const char *said);
/* What another walk of the same answer has counted. */
void walk_add_damage(struct answer_counters *to, const struct answer_counters *c);

#endif
