#include <stdio.h>

#include "intel/verdict.h"
#include "tap.h"

#define DAY 86400
static struct window window = {1435708800, 1438387199, 0, 10000}; /* July 2015 */

struct row {
	const char *what;
	unsigned unrelated, related;
	int64_t born_before;   /* days before they came; -1: not known */
	int64_t gone_before;   /* days before the window when they left; 0: still there */
	int64_t begins_before; /* the history begins so many days before they came */
	bool wide, truncated;
	enum ownership want;
};

static const struct row rows[] = {
    {"alone, by a wide source", 0, 1, 900, 0, 1500, true, false, OWNER_DEDICATED},
    {"alone, by the local history only", 0, 1, 900, 0, 1500, false, false, OWNER_UNKNOWN},
    {"alone, by a wide source cut short", 0, 1, 900, 0, 1500, true, true, OWNER_UNKNOWN},
    {"one stranger locally, really a shared host", 1, 0, 900, 0, 1500, false, false,
     OWNER_UNKNOWN},
    {"a few strangers, wide", 5, 1, 900, 0, 1500, true, false, OWNER_UNKNOWN},
    {"forty strangers", 40, 1, 900, 0, 1500, false, false, OWNER_SHARED},
    {"forty strangers, cut short", 40, 1, 900, 0, 1500, true, true, OWNER_SHARED},
    {"forty strangers, but long before", 40, 1, 900, 30, 1500, true, false,
     OWNER_DEDICATED},
    {"thirty young domains", 30, 1, 10, 0, 1500, true, false, OWNER_DEDICATED},
    {"thirty young domains, locally", 30, 1, 10, 0, 1500, false, false, OWNER_UNKNOWN},
    {"thirty that a first import makes look young", 30, 1, 10, 0, 12, true, false,
     OWNER_SHARED},
    {"thirty of unknown age", 30, 1, -1, 0, 1500, true, false, OWNER_SHARED},
};

static struct whose judge(const struct row *o)
{
	struct neighbour n[100] = {0};
	struct whose_input in = {
	    .neighbours = n, .truncated = o->truncated, .wide = o->wide};
	int64_t came = window.from_s - 60 * DAY;
	struct whose_options defaults = {0};
	for (unsigned i = 0; i < o->unrelated + o->related; i++) {
		char text[32];
		snprintf(text, sizeof(text), "d%u.example", i);
		ok(name_of_text(text, &n[i].domain) == 0 || i, "a name");
		n[i].related = i >= o->unrelated;
		n[i].first_s = came;
		n[i].last_s = o->gone_before && !n[i].related
				  ? window.from_s - o->gone_before * DAY
				  : window.to_s;
		n[i].born_s =
		    o->born_before < 0 ? WHEN_UNKNOWN : came - o->born_before * DAY;
	}
	in.count = o->unrelated + o->related;
	in.history_begins_s = came - o->begins_before * DAY;
	return whose_judge(&in, &window, &defaults);
}

static const struct {
	const char *what;
	struct case_facts facts;
	enum action want;
} verdicts[] = {
    {"dedicated and seen", {TIMING_SEEN, OWNER_DEDICATED}, ACTION_HUNT},
    {"dedicated and cached", {TIMING_CACHED, OWNER_DEDICATED}, ACTION_HUNT},
    {"dedicated, before", {TIMING_BEFORE, OWNER_DEDICATED}, ACTION_SKIP},
    {"dedicated, a probe",
     {TIMING_BEFORE, OWNER_DEDICATED, .probe = true},
     ACTION_REVIEW},
    {"dedicated, after", {TIMING_AFTER, OWNER_DEDICATED}, ACTION_SKIP},
    {"dedicated, unwatched", {TIMING_UNWATCHED, OWNER_DEDICATED}, ACTION_REVIEW},
    {"unknown and seen", {TIMING_SEEN, OWNER_UNKNOWN}, ACTION_REVIEW},
    {"shared and seen", {TIMING_SEEN, OWNER_SHARED}, ACTION_SKIP},
    {"shared but named", {TIMING_SEEN, OWNER_SHARED, .named = true}, ACTION_REVIEW},
    {"named and seen", {TIMING_SEEN, OWNER_UNKNOWN, .named = true}, ACTION_HUNT},
    {"named, after", {TIMING_AFTER, OWNER_UNKNOWN, .named = true}, ACTION_REVIEW},
    {"a CDN edge", {TIMING_SEEN, OWNER_UNKNOWN, SPECIAL_CDN}, ACTION_SKIP},
    {"a CDN's range, dedicated",
     {TIMING_SEEN, OWNER_DEDICATED, SPECIAL_CDN},
     ACTION_REVIEW},
    {"a cloud, unknown", {TIMING_SEEN, OWNER_UNKNOWN, SPECIAL_CLOUD}, ACTION_REVIEW},
    {"a cloud, dedicated", {TIMING_SEEN, OWNER_DEDICATED, SPECIAL_CLOUD}, ACTION_HUNT},
    {"a sinkhole", {TIMING_SEEN, OWNER_SHARED, SPECIAL_SINKHOLE}, ACTION_VICTIMS},
    {"a sinkhole, after", {TIMING_AFTER, OWNER_SHARED, SPECIAL_SINKHOLE}, ACTION_VICTIMS},
    {"a resolver", {TIMING_SEEN, OWNER_DEDICATED, SPECIAL_RESOLVER}, ACTION_SKIP},
    {"our rewriting", {TIMING_SEEN, OWNER_DEDICATED, SPECIAL_REWRITTEN}, ACTION_SKIP},
    {"fast flux", {TIMING_SEEN, OWNER_UNKNOWN, .flux = true}, ACTION_SKIP},
    {"no record", {TIMING_UNWATCHED, .no_record = true, .named = true}, ACTION_REVIEW},
};

static void networks(void)
{
	struct networks n;
	struct fault f = {0};
	struct addr a;
	static const struct {
		const char *addr;
		enum special want;
	} cases[] = {
	    {"104.16.1.1", SPECIAL_CDN},	 {"8.8.8.8", SPECIAL_RESOLVER},
	    {"10.1.2.3", SPECIAL_UNREACHABLE},	 {"0.0.0.0", SPECIAL_UNREACHABLE},
	    {"62.76.42.14", SPECIAL_NONE},	 {"54.230.1.1", SPECIAL_CDN},
	    {"2606:4700::1", SPECIAL_CDN},	 {"192.0.2.66", SPECIAL_REWRITTEN},
	    {"148.81.111.70", SPECIAL_SINKHOLE}, {"198.51.100.1", SPECIAL_NONE},
	    {"::1", SPECIAL_UNREACHABLE}};
	ok(networks_init(&n, &f) == 0, "the built-in lists load: %s", f.text);
	ok(networks_add_rewriting(&n, "192.0.2.66", &f) == 0, "own rewriting");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct network *hit;
		ok(addr_parse(cases[i].addr, &a) == 0, "an address");
		hit = networks_find(&n, &a);
		is_str(special_name(hit ? hit->special : SPECIAL_NONE),
		       special_name(cases[i].want), cases[i].addr);
	}
	struct name edge;
	ok(name_of_text("d1.cloudfront.net", &edge) == 0 &&
	       networks_find_zone(&n, name_bytes(&edge)),
	   "an alias into a CDN");
	networks_release(&n);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct whose v = judge(&rows[i]);
		is_str(ownership_name(v.ownership), ownership_name(rows[i].want),
		       rows[i].what);
	}
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
		is_str(action_name(verdict_judge(&verdicts[i].facts).action),
		       action_name(verdicts[i].want), verdicts[i].what);
	networks();
	return tap_done();
}
