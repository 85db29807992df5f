/*
 * Junk: names that are asked for once and never again, thousands below one zone. A zone
 * with a wildcard answers all of them alike; a tunnel answers each with something of its
 * own. Kept as they are they would bury the history and fill the disk, so before a
 * window is written they become one row: owner `_wildcard_` below the zone, with all
 * their counts and days. The first COLLAPSE_SAMPLES stay.
 *
 * A zone is collapsed only in a window in which
 *   - so many names below it (the threshold) were seen exactly once each, and they are
 *     nine tenths of all rows below it,
 *   - it is no public suffix, and
 *   - either sixteen and more of those names share each answer (a wildcard: type and set
 *     stay the same), or their labels are as long as encoded data (a tunnel: the set of
 *     the collapsed row is one rdata without octets, which prints as \# 0).
 * Names that were seen twice stay, whatever their zone.
 *
 * So that little depends on where windows end, zones that were collapsed are remembered:
 * in later windows an eighth of the threshold is enough for them, and no samples more
 * are kept. What is left of a flood is then less than the threshold where it begins, and
 * less than an eighth of it in each window where it is that slow.
 *
 * Nothing is summed up over windows for a zone that never reached the threshold: within
 * the time that caches hold a name, a few hundred new ones in each window are also what a
 * CDN or a blog host shows, and telling them apart would take the names of hours. What
 * such a flood costs is in docs/operations.md.
 */
#ifndef YORE_GATHER_COLLAPSE_H
#define YORE_GATHER_COLLAPSE_H

#include "gather/window.h"
#include "observe/site.h"

#define COLLAPSE_DEFAULT 1000
#define COLLAPSE_OFF UINT32_MAX
#define COLLAPSE_SAMPLES 8

struct collapse_counters {
	uint64_t zones; /* in windows: one of two windows counts twice */
	uint64_t rows;	/* RRsets that became part of a collapsed one */
};

#define COLLAPSE_REMEMBERED 256
#define COLLAPSE_AGAIN 8 /* the part of the threshold that is enough from then on */
struct collapse_memory { /* begins as zeros; of one writer */
	uint64_t zones[COLLAPSE_REMEMBERED];
	unsigned count, next;
};

/* threshold 0: COLLAPSE_DEFAULT. keeps: names that stay what they are, whatever is below
   their zone (observe/site.h); it and memory may be NULL. ENOMEM. */
int window_collapse(struct window *w, uint32_t threshold, const struct site *keeps,
		    struct collapse_memory *memory, struct collapse_counters *c);

#endif
