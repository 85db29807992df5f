/*
 * From what was found to what to ask next: names and addresses inside the findings that
 * were not asked before, round by round, within ceilings.
 *
 * It stops at shared hosting: names found at an address with more than `shared_above`
 * names are not gone on from, nor addresses of a name with more than that many. What the
 * discretion keeps at home is not asked, and counted.
 */
#ifndef YORE_REMOTE_PIVOT_H
#define YORE_REMOTE_PIVOT_H

#include "remote/ask.h"

struct pivot_options {
	const struct discretion *discretion;
	unsigned shared_above; /* 0: 50 */
	unsigned terms;	       /* at most so many in all; 0: 1000 */
};

struct pivot_counters {
	unsigned added, shared, at_home;
	bool full; /* the ceiling on terms was reached */
};

struct pivot;

int pivot_new(const struct pivot_options *o, struct pivot **ret) YORE_MUST_CHECK;
void pivot_free(struct pivot *p);
/* Terms that were asked by the user: never asked again. */
int pivot_seen(struct pivot *p, const struct term *t) YORE_MUST_CHECK;

/*
 * Looks at what was found since the last call and calls back for each new term: it is
 * to be added to the asking. Returns how many.
 */
int pivot_round(struct pivot *p, struct asking *a, size_t accounts,
		int (*add)(const struct term *t, void *arg), void *arg) YORE_MUST_CHECK;
const struct pivot_counters *pivot_counters(const struct pivot *p);

#endif
