#include "intel/when.h"

#define DAY_S INT64_C(86400)

static bool inside(const struct window *w, int64_t s)
{
	return s != WHEN_UNKNOWN && s >= w->from_s && s <= w->to_s;
}

struct tally_of_days {
	bool seen, cut, after;
	int64_t before_s; /* the latest moment at which it is proven before the window */
};

static void latest(int64_t *at, int64_t s)
{
	if (s != WHEN_UNKNOWN && (*at == WHEN_UNKNOWN || s > *at))
		*at = s;
}

static void moment(struct tally_of_days *t, const struct window *w, int64_t s)
{
	if (s == WHEN_UNKNOWN)
		return;
	t->seen |= inside(w, s);
	t->after |= s > w->to_s;
	if (s < w->from_s)
		latest(&t->before_s, s);
}

static void day(struct tally_of_days *t, const struct window *w, int64_t start)
{
	int64_t end = start + DAY_S - 1;
	if (start >= w->from_s && end <= w->to_s)
		t->seen = true;
	else if (end < w->from_s)
		latest(&t->before_s, start);
	else if (start > w->to_s)
		t->after = true;
	else
		t->cut = true;
}

static struct tally_of_days tally_days(const struct timing_record *r,
				       const struct window *w)
{
	struct tally_of_days t = {.before_s = WHEN_UNKNOWN};
	moment(&t, w, r->first_s);
	moment(&t, w, r->last_s);
	for (size_t i = 0; i < r->month_count; i++) {
		const struct month_seen *m = &r->months[i];
		moment(&t, w, m->first_s);
		moment(&t, w, m->last_s);
		int64_t start = when_month_start(m->month);
		for (unsigned d = 0; d < 31; d++)
			if (m->days >> d & 1)
				day(&t, w, start + d * DAY_S);
	}
	return t;
}

static int64_t cache_reach(const struct timing_record *r, const struct window *w,
			   int64_t last_s)
{
	int64_t most = w->max_ttl_s ? w->max_ttl_s : TIMING_MAX_TTL_S;
	if (r->ttl_min > r->ttl_max)
		return last_s;
	return last_s + (r->ttl_max < most ? (int64_t)r->ttl_max : most);
}

static void clip(struct timed *t, const struct window *w, int64_t from, int64_t to)
{
	t->from_s = from == WHEN_UNKNOWN || from < w->from_s ? w->from_s : from;
	t->to_s = to == WHEN_UNKNOWN || to > w->to_s ? w->to_s : to;
	if (t->from_s > t->to_s)
		t->from_s = t->to_s = w->from_s;
}

struct timed timing_judge(const struct timing_record *r, const struct window *w)
{
	struct tally_of_days days = tally_days(r, w);
	struct timed t = {.from_s = WHEN_UNKNOWN, .to_s = WHEN_UNKNOWN};
	bool stated = r->month_count == 0;
	t.single_date =
	    stated && (r->first_s == WHEN_UNKNOWN) != (r->last_s == WHEN_UNKNOWN);
	t.cut_day = days.cut && !days.seen;
	t.both_sides = days.before_s != WHEN_UNKNOWN && days.after && !days.seen;
	if (days.seen) {
		t.timing = TIMING_SEEN;
		clip(&t, w, r->first_s,
		     r->last_s == WHEN_UNKNOWN ? WHEN_UNKNOWN
					       : cache_reach(r, w, r->last_s));
		return t;
	}
	if (stated && t.both_sides) {
		t.timing = TIMING_SPANS;
		clip(&t, w, r->first_s, r->last_s);
		return t;
	}
	t.reach_s = days.before_s == WHEN_UNKNOWN ? WHEN_UNKNOWN
						  : cache_reach(r, w, days.before_s);
	if (t.reach_s != WHEN_UNKNOWN && t.reach_s >= w->from_s) {
		t.timing = TIMING_CACHED;
		clip(&t, w, w->from_s, t.reach_s);
	} else if (t.cut_day) {
		t.timing = TIMING_SPANS;
		clip(&t, w, w->from_s, w->to_s);
	} else if (!stated && w->watched == 0) {
		t.timing = TIMING_UNWATCHED;
	} else {
		t.timing = days.before_s != WHEN_UNKNOWN ? TIMING_BEFORE : TIMING_AFTER;
	}
	return t;
}

const char *timing_name(enum timing t)
{
	static const char *const names[] = {"SEEN",	 "CACHED", "SPANS",
					    "UNWATCHED", "BEFORE", "AFTER"};
	return names[t];
}
