/* Fences as DNSDB means them, intervals, and what was watched. */
#include <stdlib.h>

#include "query/coverage.h"
#include "query/fence.h"
#include "query/query.h"
#include "tap.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define NOW 1445257862 /* 2015-10-19 12:31:02 UTC */
#define U WHEN_UNKNOWN

static uint64_t state = 88172645463325252u;

static unsigned below(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 16) % n;
}

/* --- reading --- */

static const struct {
	const char *from, *to, *text; /* NULL: refused */
} fences[] = {
    {"2015-07-01", "2015-07-31",
     "2015-07-01T00:00:00Z .. 2015-07-31T23:59:59Z, overlapping"},
    {"2015-07", "2015-07", "2015-07-01T00:00:00Z .. 2015-07-31T23:59:59Z, overlapping"},
    {"2015-07-01", NULL, "since 2015-07-01T00:00:00Z, overlapping"},
    {NULL, "2015", "until 2015-12-31T23:59:59Z, overlapping"},
    {"", "", "any time"},
    {NULL, NULL, "any time"},
    {"-1d", "now", "2015-10-18T12:31:02Z .. 2015-10-19T12:31:02Z, overlapping"},
    {"2015-07-02", "2015-07-01", NULL},
    {"2015-07-01", "soon", NULL},
    {"the first", NULL, NULL},
};

static void test_parse(void)
{
	struct buf b;
	struct fault f = {0};
	struct fence fence;
	buf_init(&b, 1000);
	for (size_t i = 0; i < ROWS(fences); i++) {
		int r = fence_parse(fences[i].from, fences[i].to, NOW, 0, &f, &fence);
		buf_clear(&b);
		if (r == 0)
			fence_put(&b, &fence);
		if (fences[i].text)
			is_str(r < 0 ? f.text : buf_str(&b), fences[i].text,
			       "as understood");
		else
			ok(r == YORE_EMALFORMED && f.text[0], "refused: %s", f.text);
	}
	is_int(fence_on("2015-07-01", NOW, 0, &f, &fence), 0, "on a day");
	buf_clear(&b);
	fence_put(&b, &fence);
	is_str(buf_str(&b), "2015-07-01T00:00:00Z .. 2015-07-01T23:59:59Z, seen inside",
	       "really seen");
	fence.seen = false;
	fence.strict = true;
	buf_clear(&b);
	fence_put(&b, &fence);
	ok(strstr(buf_str(&b), "wholly inside"), "strict is told");
	buf_release(&b);
}

/* --- passing --- */

static const struct {
	const char *what;
	int64_t from, to, first, last;
	bool overlap, strict;
} passes[] = {
    {"wholly inside", 10, 20, 12, 18, true, true},
    {"the same", 10, 20, 10, 20, true, true},
    {"around it", 10, 20, 5, 25, true, false},
    {"over the begin", 10, 20, 5, 15, true, false},
    {"over the end", 10, 20, 15, 25, true, false},
    {"touching the begin", 10, 20, 5, 10, true, false},
    {"touching the end", 10, 20, 20, 25, true, false},
    {"before", 10, 20, 5, 9, false, false},
    {"after", 10, 20, 21, 25, false, false},
    {"open begin", U, 20, 1, 5, true, true},
    {"open begin, over the end", U, 20, 1, 25, true, false},
    {"open end", 10, U, 15, 99, true, true},
    {"open end, before", 10, U, 1, 9, false, false},
    {"first unknown, last inside", 10, 20, U, 15, true, true},
    {"last unknown, first inside", 10, 20, 15, U, true, true},
    {"first unknown, last before", 10, 20, U, 5, false, false},
    {"nothing known", 10, 20, U, U, false, false},
    {"nothing known, open fence", U, U, U, U, true, true},
};

static void test_passes(void)
{
	for (size_t i = 0; i < ROWS(passes); i++) {
		struct fence f = {passes[i].from, passes[i].to, false, false};
		ok(fence_passes(&f, passes[i].first, passes[i].last) == passes[i].overlap,
		   "overlap: %s", passes[i].what);
		f.strict = true;
		ok(fence_passes(&f, passes[i].first, passes[i].last) == passes[i].strict,
		   "strict: %s", passes[i].what);
	}
}

/* DNSDB: time_first_before=T keeps records first seen before (or at) T, and so on. */
static void test_bounds(void)
{
	static const struct {
		struct bounds b;
		int64_t first, last;
		bool pass;
	} rows[] = {
	    {{10, U, U, U}, 10, 99, true},  {{10, U, U, U}, 11, 99, false},
	    {{U, 10, U, U}, 10, 99, true},  {{U, 10, U, U}, 9, 99, false},
	    {{U, U, 10, U}, 1, 10, true},   {{U, U, 10, U}, 1, 11, false},
	    {{U, U, U, 10}, 1, 10, true},   {{U, U, U, 10}, 1, 9, false},
	    {{20, 10, U, U}, 15, 99, true}, {{U, 10, 20, U}, 5, 15, false},
	    {{U, U, U, 10}, U, 10, true},   {{U, 10, U, U}, U, 9, false},
	    {{U, U, U, U}, U, U, true},
	};
	for (size_t i = 0; i < ROWS(rows); i++)
		ok(bounds_pass(&rows[i].b, rows[i].first, rows[i].last) == rows[i].pass,
		   "bounds %zu", i);
	struct bounds b;
	struct fault f = {0};
	ok(bounds_parse("2015-07-01", "2015-07-31", false, NOW, 0, &f, &b) == 0 &&
	       b.last_after_s == 1435708800 && b.first_before_s == 1438387199 &&
	       b.first_after_s == U && b.last_before_s == U,
	   "-A and -B: seen between");
	ok(bounds_parse("2015-07-01", "2015-07-31", true, NOW, 0, &f, &b) == 0 &&
	       b.first_after_s == 1435708800 && b.last_before_s == 1438387199 &&
	       b.last_after_s == U && b.first_before_s == U,
	   "with -c: wholly between");
	ok(bounds_parse("2015-07-02", "2015-07-01", false, NOW, 0, &f, &b) < 0,
	   "turned round");
}

/* A day proves something only when all of it lies inside. */
static void test_saw(void)
{
	int32_t july = 2015 * 12 + 6;
	int64_t start = when_month_start(july);
	struct span s = span_of_sighting(start + 3600, 60);
	struct span last = span_of_sighting(start + 20 * 86400, 60);
	span_merge(&s, &last);
	s.days |= 1u << 9; /* the tenth */
	struct fence tenth = {start + 9 * 86400, start + 10 * 86400 - 1, false, true};
	ok(fence_saw(&tenth, july, &s), "seen on the tenth");
	struct fence eleventh = {start + 10 * 86400, start + 11 * 86400 - 1, false, true};
	ok(!fence_saw(&eleventh, july, &s), "not on the eleventh");
	struct fence half = {start + 9 * 86400, start + 9 * 86400 + 43200, false, true};
	ok(!fence_saw(&half, july, &s), "a half of the tenth proves nothing");
	struct fence hour = {start, start + 7200, false, true};
	ok(fence_saw(&hour, july, &s), "the exact first does");
	ok(fence_passes(&eleventh, s.first_s, s.last_s),
	   "though first and last go round it");
	ok(!fence_saw(&eleventh, 0, &s), "an interval was seen at its ends only");
	ok(fence_touches_month(&tenth, july) && !fence_touches_month(&tenth, july + 1) &&
	       !fence_touches_month(&tenth, july - 1),
	   "months");
}

/* --- intervals against a map of minutes --- */

struct gaps {
	char map[200];
	unsigned count;
};

static int mark_gap(struct interval g, void *arg)
{
	struct gaps *m = arg;
	for (int64_t t = g.from_us; t <= g.to_us; t++)
		m->map[t] = 'g';
	m->count++;
	return 0;
}

static void test_intervals(void)
{
	int bad = 0;
	for (int round = 0; round < 20000; round++) {
		struct interval_set s;
		struct interval window = {below(100), 0};
		char map[200];
		window.to_us = window.from_us + below(90);
		int64_t slack = below(3) ? 0 : below(8);
		memset(map, '-', sizeof(map));
		interval_set_init(&s, slack);
		for (unsigned n = below(9); n > 0; n--) {
			int64_t from = below(150), to = from + below(30);
			bad += interval_set_add(&s, from, to) < 0;
			memset(map + from, 'x', (size_t)(to - from) + 1);
		}
		interval_set_join(&s);
		/* less than slack between two is no gap */
		for (int64_t t = 0; t < 200;) {
			int64_t end = t;
			while (end < 200 && map[end] == '-')
				end++;
			if (t > 0 && end < 200 && end > t && end - t + 1 <= slack)
				memset(map + t, 'x', (size_t)(end - t));
			t = end > t ? end : t + 1;
		}
		for (size_t i = 1; i < s.count; i++)
			bad += s.at[i].from_us <= s.at[i - 1].to_us;
		int64_t covered = 0;
		for (size_t i = 0; i < s.count; i++) {
			bad += s.at[i].from_us > s.at[i].to_us;
			for (int64_t t = s.at[i].from_us; t <= s.at[i].to_us; t++)
				bad += slack == 0 && map[t] != 'x';
		}
		if (slack == 0) { /* a closed interval of one microsecond covers one */
			struct gaps g;
			memset(g.map, '-', sizeof(g.map));
			g.count = 0;
			interval_set_gaps(&s, window, mark_gap, &g);
			for (int64_t t = window.from_us; t <= window.to_us; t++) {
				covered += map[t] == 'x';
				bad += (map[t] == '-') != (g.map[t] == 'g');
			}
			bad += interval_set_covered(&s, window) != covered;
		}
		int64_t said = interval_set_covered(&s, window);
		bad +=
		    said < 0 || (slack == 0 && said > window.to_us - window.from_us + 1);
		unsigned per = interval_set_permyriad(&s, window);
		bad += per > 10000;
		interval_set_release(&s);
	}
	is_int(bad, 0, "sets of intervals are what a map says");
	struct interval_set s;
	interval_set_init(&s, 0);
	is_int(interval_set_add(&s, 5, 4), YORE_EMALFORMED, "turned round");
	is_int(interval_set_add(&s, INT64_MIN + 1, INT64_MAX), 0, "all of time");
	interval_set_join(&s);
	is_int(interval_set_permyriad(&s, (struct interval){-5, 5}), 10000, "covers all");
	interval_set_release(&s);
}

#define S INT64_C(1000000)

static const struct {
	int64_t from_s, to_s;
	unsigned permyriad;
	const char *what;
} windows[] = {
    {-600, 1600, 2909, "longer than what was watched at both ends, and the silence"},
    {0, 600, 10000, "one stretch"},
    {0, 1000, 6400, "with a silence of six minutes in it"},
    {720, 780, 0, "a minute of that silence: nobody watched"},
    {610, 620, 0, "ten seconds of it, just behind the last packet"},
    {0, 620, 10000, "an end that is a thirtieth short"},
    {590, 640, 2000, "the same ends in a window that is short itself"},
    {600, 600, 10000, "the last second"},
    {-7, 86400 * 30, 2, "a month in which it began late: no more than it was"},
};

static void test_windows(void)
{
	struct interval_set s;
	interval_set_init(&s, 300 * S);
	is_int(interval_set_add(&s, 0, 600 * S), 0, "ten minutes watched");
	is_int(interval_set_add(&s, 960 * S, 1000 * S), 0, "and after six minutes 40 s");
	interval_set_join(&s);
	for (size_t i = 0; i < sizeof(windows) / sizeof(*windows); i++) {
		struct interval w = {windows[i].from_s * S, windows[i].to_s * S};
		is_int(interval_set_permyriad(&s, w), windows[i].permyriad,
		       windows[i].what);
	}
	interval_set_release(&s);
}

/* --- types and sorts by name --- */

static void test_query(void)
{
	struct query q = QUERY_ALL;
	uint16_t room[3];
	struct fault f = {0};
	ok(query_types_parse(&q, "a,AAAA", room, 3, &f) == 0 && q.types == TYPES_LISTED &&
	       q.type_count == 2 && query_wants_type(&q, 28) && !query_wants_type(&q, 2),
	   "a list");
	ok(query_types_parse(&q, "ANY", room, 3, &f) == 0 && query_wants_type(&q, 1) &&
	       !query_wants_type(&q, 43),
	   "ANY is all but DNSSEC");
	ok(query_types_parse(&q, "any-dnssec", room, 3, &f) == 0 &&
	       !query_wants_type(&q, 1) && query_wants_type(&q, 43),
	   "ANY-DNSSEC only those");
	ok(query_types_parse(&q, "ANY,ANY-DNSSEC", room, 3, &f) == 0 &&
	       query_wants_type(&q, 1) && query_wants_type(&q, 43),
	   "both are all");
	static const char *const bad[] = {"", ",", "NOTYPE", "A,ANY", "A,NS,MX,TXT"};
	for (size_t i = 0; i < ROWS(bad); i++)
		ok(query_types_parse(&q, bad[i], room, 3, &f) < 0, "no types: '%s': %s",
		   bad[i], f.text);
	q = QUERY_ALL;
	ok(query_sort_parse(&q, "-last,count:desc,name", &f) == 0 &&
	       q.sort[0].key == SORT_LAST && q.sort[0].descending &&
	       q.sort[1].key == SORT_COUNT && q.sort[1].descending &&
	       q.sort[2].key == SORT_RRNAME && !q.sort[2].descending &&
	       q.sort[3].key == SORT_NONE,
	   "sort keys");
	ok(query_sort_parse(&q, "colour", &f) < 0 && strstr(f.text, "colour"), "%s",
	   f.text);
	ok(query_sort_parse(&q, "last,last,last,last,last,last", &f) < 0, "too many");
	uint16_t only[] = {1, 2}, never[] = {2};
	q.sources = only;
	q.source_count = 2;
	q.without_sources = never;
	q.without_source_count = 1;
	ok(query_wants_source(&q, 1) && !query_wants_source(&q, 2) &&
	       !query_wants_source(&q, 3),
	   "sources");
}

/* --- what was watched --- */

static int no_rows(struct segment_rows *self, struct bytes *key, struct bytes *value)
{
	return 0;
}

static int commit(struct store *s, uint8_t input, const char *sensor, int64_t from_s,
		  int64_t to_s)
{
	struct ledger_entry e = {.to = {.packets = 1, .chain = 1},
				 .first_us = from_s * 1000000,
				 .last_us = to_s * 1000000,
				 .kind = "pcap"};
	struct segment_meta m = {.shelf = "y2015", .entries = &e, .entry_count = 1};
	struct segment_rows none;
	struct fault f = {0};
	e.input.octets[0] = m.origin[0] = input;
	snprintf(e.name, sizeof(e.name), "file%u.pcap", input);
	snprintf(e.sensor, sizeof(e.sensor), "%s", sensor);
	none.next = no_rows;
	return store_commit(s, &m, &none, &f);
}

static void test_coverage(void)
{
	struct store_options o = {.write = true, .create = true};
	struct store *s;
	struct fault f = {0};
	struct coverage c;
	struct fence fence = {1435708800, 1435708800 + 99999, false, false};
	if (store_open("mem:", &o, &f, &s) < 0)
		return;
	is_int(coverage_measure(s, &fence, &f, &c), 0, "nothing was ever watched");
	is_int(c.watched, WATCHED_NOT, "says so");
	coverage_release(&c);
	is_int(commit(s, 1, "edge", 1435708800, 1435708800 + 49999), 0,
	       "a sensor's half");
	is_int(commit(s, 2, "", 1435708800 + 40000, 1435708800 + 59999), 0, "a file");
	is_int(coverage_measure(s, &fence, &f, &c), 0, "measured");
	is_int(c.watched, WATCHED_PARTLY, "partly");
	ok(c.permyriad >= 5990 && c.permyriad <= 6010, "%u of 10000", c.permyriad);
	is_int(c.input_count, 2, "by two");
	struct buf b;
	buf_init(&b, 4000);
	coverage_put(&b, &c);
	ok(strstr(buf_str(&b), "edge") && strstr(buf_str(&b), "file2.pcap"), "%s",
	   buf_str(&b));
	coverage_release(&c);
	fence = (struct fence){1435708800 + 45000, 1435708800 + 55000, false, false};
	is_int(coverage_measure(s, &fence, &f, &c), 0, "a smaller window");
	is_int(c.watched, WATCHED_WHOLLY, "wholly, by two together");
	coverage_release(&c);
	fence = (struct fence){1400000000, 1400000100, false, false};
	is_int(coverage_measure(s, &fence, &f, &c), 0, "another year");
	is_int(c.watched, WATCHED_NOT, "not watched");
	coverage_release(&c);
	fence = FENCE_OPEN;
	is_int(coverage_measure(s, &fence, &f, &c), 0, "any time");
	is_int(c.watched, WATCHED_WHOLLY, "means what was watched at all");
	coverage_release(&c);
	buf_release(&b);
	store_close(s);
}

int main(void)
{
	test_parse();
	test_passes();
	test_bounds();
	test_saw();
	test_intervals();
	test_windows();
	test_query();
	test_coverage();
	return tap_done();
}
