#include "intel/when.h"
#include "tap.h"

/* The window is July 2015; days are given as month and bits. */
#define NO WHEN_UNKNOWN

static int64_t day(int y, int m, int d)
{
	struct civil c = {y, m, d, 12, 0, 0};
	return when_of_civil(&c);
}

struct row {
	const char *what;
	int y1, m1, d1, y2, m2, d2; /* first and last; y 0: not known */
	bool stated;		    /* an interval: no months */
	uint32_t ttl;
	unsigned watched;
	enum timing want;
	bool both;
};

static const struct row rows[] = {
    {"seen on days within", 2015, 7, 3, 2015, 7, 9, false, 300, 10000, TIMING_SEEN},
    {"an interval that begins within", 2015, 7, 20, 2016, 1, 1, true, 0, 10000,
     TIMING_SEEN},
    {"an interval that ends within", 2014, 1, 1, 2015, 7, 2, true, 0, 0, TIMING_SEEN},
    {"an interval around it", 2014, 1, 1, 2016, 1, 1, true, 0, 10000, TIMING_SPANS, true},
    {"before it, short TTL", 2015, 6, 1, 2015, 6, 29, false, 300, 10000, TIMING_BEFORE},
    {"just before it, two days of TTL", 2015, 6, 1, 2015, 6, 30, false, 172800, 10000,
     TIMING_CACHED},
    {"a TTL beyond the ceiling does not count whole", 2015, 6, 1, 2015, 6, 20, false,
     2592000, 10000, TIMING_BEFORE},
    {"after it", 2015, 8, 2, 2015, 9, 1, false, 300, 10000, TIMING_AFTER},
    {"one date, after it", 0, 0, 0, 2015, 9, 1, true, 0, 10000, TIMING_AFTER},
    {"one date, within", 0, 0, 0, 2015, 7, 9, true, 0, 10000, TIMING_SEEN},
    {"one date, before", 0, 0, 0, 2015, 5, 9, true, 0, 10000, TIMING_BEFORE},
    {"before, and nobody watched", 2015, 5, 1, 2015, 5, 9, false, 300, 0,
     TIMING_UNWATCHED},
    {"after, and nobody watched", 2015, 9, 1, 2015, 9, 9, false, 300, 0,
     TIMING_UNWATCHED},
    {"a provider's before stays before", 2015, 5, 1, 2015, 5, 9, true, 0, 0,
     TIMING_BEFORE},
    {"both sides, watched: no upgrade", 2015, 6, 1, 2015, 8, 9, false, 300, 10000,
     TIMING_BEFORE, true},
    {"both sides, nobody watched", 2015, 6, 1, 2015, 8, 9, false, 300, 0,
     TIMING_UNWATCHED, true},
};

int main(void)
{
	struct window w = {when_month_start(2015 * 12 + 6),
			   when_month_start(2015 * 12 + 7) - 1, 0, 10000};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *o = &rows[i];
		struct timing_record r = {.first_s =
					      o->y1 ? day(o->y1, o->m1, o->d1) : NO,
					  .last_s = o->y2 ? day(o->y2, o->m2, o->d2) : NO,
					  .ttl_min = o->ttl ? o->ttl : 1,
					  .ttl_max = o->ttl};
		struct month_seen m[2] = {0};
		if (!o->stated) { /* two months, one day each */
			int64_t at[2] = {r.first_s, r.last_s};
			for (int k = 0; k < 2; k++)
				m[k] = (struct month_seen){when_month(at[k]),
							   1u << (when_day(at[k]) - 1), 1,
							   at[k], at[k]};
			r.months = m;
			r.month_count = 2;
		}
		w.watched = o->watched;
		struct timed t = timing_judge(&r, &w);
		is_str(timing_name(t.timing), timing_name(o->want), o->what);
		ok(t.both_sides == o->both, "%s: sides", o->what);
		if (t.timing <= TIMING_SPANS)
			ok(t.from_s >= w.from_s && t.to_s <= w.to_s && t.from_s <= t.to_s,
			   "%s: bounds lie within the window", o->what);
	}

	/* months before and after, and days strictly inside in between */
	struct month_seen m = {2015 * 12 + 6, 1u << 14, 1, day(2015, 7, 15),
			       day(2015, 7, 15)};
	struct timing_record r = {&m, 1, day(2015, 1, 1), day(2016, 1, 1), 1, 0};
	is_int(timing_judge(&r, &w).timing, TIMING_SEEN, "a day of the mask within");

	/* a window that cuts the only day seen */
	struct window part = {day(2015, 7, 15) + 3600, day(2015, 7, 15) + 7200, 0, 10000};
	struct month_seen d = {2015 * 12 + 6, 1u << 14, 2, day(2015, 7, 15) - 3600,
			       day(2015, 7, 15) + 10000};
	struct timing_record cut = {&d, 1, d.first_s, d.last_s, 1, 0};
	struct timed t = timing_judge(&cut, &part);
	ok(t.timing == TIMING_SPANS && t.cut_day,
	   "a day that the window cuts is no proof");

	/* the reach of a cache */
	struct timing_record c = {NULL, 0, day(2015, 6, 1), w.from_s - 3600, 300, 7200};
	t = timing_judge(&c, &w);
	ok(t.timing == TIMING_CACHED && t.to_s == w.from_s + 3600,
	   "cached: bounded by the TTL");
	return tap_done();
}
