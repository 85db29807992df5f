/*
 * Arithmetic of closed intervals of time, in microseconds: a set keeps them sorted and
 * apart. Two intervals with less than `slack` between them are one; one that touches a
 * window and ends that near to the window's end reaches it (of a short window: nearer).
 */
#ifndef YORE_QUERY_INTERVAL_H
#define YORE_QUERY_INTERVAL_H

#include "base/bytes.h"

struct interval {
	int64_t from_us, to_us; /* both belong to it; from <= to */
};

struct interval_set {
	struct interval *at;
	size_t count, room;
	int64_t slack_us;
	bool sorted;
};

void interval_set_init(struct interval_set *s, int64_t slack_us);
void interval_set_release(struct interval_set *s);
/* An interval turned round is EMALFORMED. ENOMEM. */
int interval_set_add(struct interval_set *s, int64_t from_us, int64_t to_us);
void interval_set_join(struct interval_set *s); /* sort and merge; the rest needs it */

/* How much of window is covered (joined set): microseconds, and in 1/10000. */
int64_t interval_set_covered(const struct interval_set *s, struct interval window);
unsigned interval_set_permyriad(const struct interval_set *s, struct interval window);

/* What of window is not covered; calls back in order, stops on a non-zero return. */
typedef int (*interval_fn)(struct interval gap, void *arg);
int interval_set_gaps(const struct interval_set *s, struct interval window,
		      interval_fn each, void *arg);

#endif
