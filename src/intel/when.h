/*
 * When: does a record speak of the window? Pure, over one record of one source.
 *
 *   SEEN       a day really seen, or an exact first or last, lies inside the window
 *   CACHED     last seen before it, and the highest TTL (at most max_ttl_s) reaches in: a
 *              resolver answers from its cache for so long and asks nobody
 *   SPANS      first before and last after, and nothing is known of the days between
 *   UNWATCHED  seen at other times only, and nobody watched the window
 *   BEFORE, AFTER
 *
 * Nothing is upgraded: an interval around the window stays SPANS, a single date behind
 * it AFTER, whatever else is known.
 */
#ifndef YORE_INTEL_WHEN_H
#define YORE_INTEL_WHEN_H

#include "query/run.h"

enum timing {
	TIMING_SEEN,
	TIMING_CACHED,
	TIMING_SPANS,
	TIMING_UNWATCHED,
	TIMING_BEFORE,
	TIMING_AFTER
};

#define TIMING_MAX_TTL_S (7 * 86400)

struct window {
	int64_t from_s, to_s; /* both belong to it */
	int64_t max_ttl_s;    /* a cache's reach; 0: TIMING_MAX_TTL_S */
	unsigned watched;     /* permyriad of it in which somebody watched */
};

struct timing_record {
	const struct month_seen *months; /* none: an interval as a provider states it */
	size_t month_count;
	int64_t first_s, last_s; /* WHEN_UNKNOWN where nobody said */
	uint32_t ttl_min, ttl_max;
};

struct timed {
	enum timing timing;
	int64_t from_s, to_s; /* SEEN, CACHED, SPANS: what of the window it may fill */
	int64_t reach_s;      /* CACHED: how far the TTL reaches */
	bool both_sides;      /* seen before the window and after it, not within */
	bool cut_day;	      /* a day seen that the window cuts: no proof */
	bool single_date;     /* only one date is known of it */
};

struct timed timing_judge(const struct timing_record *r, const struct window *w);
const char *timing_name(enum timing t);

#endif
