/* Floods beside ordinary traffic: the floods shrink, nothing of the rest is lost. */
#include <stdlib.h>

#include "dns/name.h"
#include "dns/type.h"
#include "gather/collapse.h"
#include "gather/gather.h"
#include "query/run.h"
#include "tap.h"

#define FLOOD 3000

static uint64_t line;

static void sight(struct gather *g, const char *owner, uint16_t type, const char *rdata,
		  size_t rdata_len)
{
	struct name n;
	struct buf set;
	struct bytes one = BYTES(rdata, rdata_len);
	buf_init(&set, 70000);
	if (name_of_text(owner, &n) < 0 || rdataset_pack(&one, 1, &set) < 0)
		abort();
	struct record r = {.set = {.owner = name_bytes(&n),
				   .type = type,
				   .source = SOURCE_ABOVE,
				   .bailiwick = 1,
				   .rdata = buf_bytes(&set)},
			   .span = span_of_sighting(1420070400 + (int64_t)line, 60),
			   .month = when_month(1420070400)};
	if (gather_record(g, &r, 0, ++line) < 0)
		abort();
	buf_release(&set);
}

static void ordinary(struct gather *g)
{
	for (unsigned i = 0; i < 2000; i++) {
		char name[64];
		/* a host of its own for each name of a large zone, seen once */
		snprintf(name, sizeof(name), "host%u.cloud.example", i);
		uint8_t a[4] = {198, 51, (uint8_t)(i >> 8), (uint8_t)i};
		sight(g, name, TYPE_A, (char *)a, 4);
		/* many domains at one parking address, below a public suffix */
		snprintf(name, sizeof(name), "parked%u.co.uk", i);
		sight(g, name, TYPE_A, "\xc0\0\2\1", 4);
		/* customers of a wildcard zone that come back */
		snprintf(name, sizeof(name), "customer%u.wild.example", i % 100);
		sight(g, name, TYPE_A, "\xc0\0\2\7", 4);
	}
}

static void floods(struct gather *g)
{
	for (unsigned i = 0; i < FLOOD; i++) {
		char name[128], text[64];
		snprintf(name, sizeof(name), "x%08x.wild.example", i * 2654435761u);
		sight(g, name, TYPE_A, "\xc0\0\2\7", 4);
		snprintf(name, sizeof(name),
			 "%08xabcdefghijklmnopqrstuvwxyz%05u.t.tunnel.example",
			 i * 2654435761u, i);
		int n = snprintf(text + 1, sizeof(text) - 1, "answer %u", i);
		text[0] = (char)n;
		sight(g, name, TYPE_TXT, text, (size_t)n + 1);
	}
}

static void fill(struct store *s, uint32_t threshold, struct gather_counters *c)
{
	struct gather *g;
	struct gather_options o = {.collapse = threshold};
	struct segment_sink sink = store_sink(s);
	struct ledger_entry start = {.kind = "test", .input = {"flood"}};
	struct fault f = {0};
	line = 0;
	if (gather_new(&sink, &o, &g) < 0)
		abort();
	gather_input(g, 0, &start);
	ordinary(g);
	floods(g);
	ordinary(g);
	struct input_position at = {.packets = line};
	gather_progress(g, 0, &at, 1420070400000000, 1420070400000000);
	ok(gather_flush(g, &f) == 0, "written %s", f.text);
	*c = *gather_counters(g);
	gather_free(g);
}

/* Rows and the sum of their counts, of what a term finds. */
static uint64_t ask(struct store *s, const char *term, uint64_t *count)
{
	struct query q = QUERY_ALL;
	struct term t;
	struct fault f = {0};
	struct answer *a;
	struct result r;
	uint64_t rows = 0;
	*count = 0;
	if (term_parse(term, &f, &t) < 0)
		abort();
	q.terms = &t;
	q.term_count = 1;
	if (answer_open(s, &q, &f, &a) < 0)
		abort();
	for (; answer_next(a, &r) == 1; rows++)
		*count += r.span.count;
	answer_close(a);
	term_release(&t);
	return rows;
}

static struct store *memory(void)
{
	struct store_options o = {.write = true, .create = true};
	struct store *s;
	if (store_open("mem:", &o, NULL, &s) < 0)
		abort();
	return s;
}

static void collapsed(void)
{
	struct gather_counters c;
	uint64_t count;
	struct store *s = memory();
	fill(s, 0, &c);
	is_int(c.collapsed_zones, 2, "two zones are flooded");
	is_int(c.collapsed_rrsets, 2 * (FLOOD - COLLAPSE_SAMPLES),
	       "their names but for a few samples are collapsed");
	is_int(ask(s, "_wildcard_.wild.example", &count), 1, "the wildcard is one row");
	is_int(count, FLOOD - COLLAPSE_SAMPLES, "with all their counts");
	is_int(ask(s, "_wildcard_.tunnel.example", &count) +
		   ask(s, "_wildcard_.t.tunnel.example", &count),
	       1, "the tunnel is one row");
	is_int(count, FLOOD - COLLAPSE_SAMPLES, "with all their counts");
	is_int(ask(s, "*.wild.example", &count), 100 + COLLAPSE_SAMPLES + 1,
	       "names that come back stay");
	is_int(count, 2 * 2000 + FLOOD, "and nothing of the zone's count is lost");
	is_int(ask(s, "*.cloud.example", &count), 2000,
	       "hosts with answers of their own stay");
	is_int(ask(s, "*.co.uk", &count), 2000,
	       "and so do domains below a public suffix");
	ask(s, "*.tunnel.example", &count);
	is_int(count, FLOOD, "nothing of the tunnel's count is lost");
	store_close(s);
}

/* The same flood in windows of so many names each: what is left of it. */
static uint64_t in_windows(unsigned each, uint64_t *count, uint64_t *normal)
{
	struct store *s = memory();
	struct gather *g;
	struct gather_options o = {0};
	struct segment_sink sink = store_sink(s);
	struct ledger_entry start = {.kind = "test", .input = {"flood"}};
	struct fault f = {0};
	line = 0;
	if (gather_new(&sink, &o, &g) < 0)
		abort();
	gather_input(g, 0, &start);
	for (unsigned i = 0; i < 6000; i++) {
		char name[64];
		uint8_t a[4] = {198, 51, (uint8_t)(i >> 8), (uint8_t)i};
		snprintf(name, sizeof(name), "x%08x.wild.example", i * 2654435761u);
		sight(g, name, TYPE_A, "\xc0\0\2\7", 4);
		snprintf(name, sizeof(name), "host%u.cloud.example", i);
		sight(g, name, TYPE_A, (char *)a, 4);
		if (i % each != each - 1)
			continue;
		struct input_position at = {.packets = line};
		gather_progress(g, 0, &at, 1420070400000000, 1420070400000000);
		if (gather_flush(g, &f) < 0)
			abort();
	}
	gather_free(g);
	uint64_t rows = ask(s, "*.wild.example", count), unused;
	*normal = ask(s, "*.cloud.example", &unused);
	store_close(s);
	return rows;
}

static void windows(void)
{
	static const unsigned sizes[] = {6000, 3000, 2000, 1500, 1000};
	uint64_t count, normal;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint64_t rows = in_windows(sizes[i], &count, &normal);
		ok(rows == COLLAPSE_SAMPLES + 1,
		   "a flood in windows of %u names is %u rows", sizes[i], (unsigned)rows);
		is_int(count, 6000, "all of it counted");
		is_int(normal, 6000, "and the rest as it was");
	}
}

static void kept(void)
{
	struct gather_counters c;
	uint64_t count;
	struct store *s = memory();
	fill(s, COLLAPSE_OFF, &c);
	is_int(c.collapsed_rrsets, 0, "off: nothing is collapsed");
	is_int(ask(s, "*.tunnel.example", &count), FLOOD, "every name is there");
	is_int(ask(s, "_wildcard_.wild.example", &count), 0, "and no collapsed one");
	store_close(s);
}

int main(void)
{
	collapsed();
	windows();
	kept();
	return tap_done();
}
