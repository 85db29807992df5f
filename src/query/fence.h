/*
 * The condition on time. A fence is the time asked about, [from, to] in whole seconds,
 * either end open. By default a record passes when its first..last touches the fence
 * (overlap); strict wants it wholly inside; seen wants a day on which it was really
 * seen, or an exact first or last, inside. Printed counts and times stay those of the
 * whole record.
 *
 * Bounds are DNSDB's four conditions on first and last; they include the second named.
 * An unknown first or last (a provider that states one date only) is treated as equal
 * to the one that is known: nothing is invented, and nothing is hidden.
 */
#ifndef YORE_QUERY_FENCE_H
#define YORE_QUERY_FENCE_H

#include "record/record.h"

struct fence {
	int64_t from_s, to_s; /* WHEN_UNKNOWN: open */
	bool strict;
	bool seen;
};

struct bounds { /* WHEN_UNKNOWN: not asked */
	int64_t first_before_s, first_after_s, last_before_s, last_after_s;
};

#define FENCE_OPEN ((struct fence){WHEN_UNKNOWN, WHEN_UNKNOWN, false, false})
#define BOUNDS_OPEN \
	((struct bounds){WHEN_UNKNOWN, WHEN_UNKNOWN, WHEN_UNKNOWN, WHEN_UNKNOWN})

/*
 * Texts as base/when.h takes them, NULL or "" for an open end. A `to` that names a day,
 * month or year means its end. EMALFORMED for a bad text or an end before its start.
 */
int fence_parse(const char *from, const char *to, int64_t now_s, int32_t tz_s,
		struct fault *f, struct fence *ret) YORE_MUST_CHECK;
/* One day (or month, year) on which the record was really seen. */
int fence_on(const char *day, int64_t now_s, int32_t tz_s, struct fault *f,
	     struct fence *ret) YORE_MUST_CHECK;
/*
 * dnsdbq's -A and -B (either may be NULL), with complete its -c: the whole record
 * between the two.
 */
int bounds_parse(const char *after, const char *before, bool complete, int64_t now_s,
		 int32_t tz_s, struct fault *f, struct bounds *ret) YORE_MUST_CHECK;

static inline bool fence_is_open(const struct fence *f)
{
	return f->from_s == WHEN_UNKNOWN && f->to_s == WHEN_UNKNOWN;
}

bool fence_has(const struct fence *f, int64_t s);
/* Does first..last (either may be unknown) pass, by overlap or strictly? */
bool fence_passes(const struct fence *f, int64_t first_s, int64_t last_s);
bool bounds_pass(const struct bounds *b, int64_t first_s, int64_t last_s);
/* Was a row of one month (or an interval row) really seen inside? */
bool fence_saw(const struct fence *f, int32_t month, const struct span *row);
/* Does the month touch the fence? */
bool fence_touches_month(const struct fence *f, int32_t month);

/* The fence as understood: "2015-07-01T00:00:00Z .. 2015-07-31T23:59:59Z, overlap". */
void fence_put(struct buf *out, const struct fence *f);

#endif
