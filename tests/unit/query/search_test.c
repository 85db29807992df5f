/* A pattern tried by several threads gives what one thread gives, in the same order. */
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "gather/gather.h"
#include "query/run.h"
#include "tap.h"

#define NAMES 24000 /* those of long labels, one task, are three times SEARCH_KEPT */

static void fill(struct store *s)
{
	struct gather *g;
	struct gather_options o = {.collapse = UINT32_MAX};
	struct segment_sink sink = store_sink(s);
	struct ledger_entry start = {.kind = "test", .input = {"search"}};
	struct input_position at = {.packets = NAMES};
	struct fault f = {0};
	ok(gather_new(&sink, &o, &g) == 0, "a window");
	gather_input(g, 0, &start);
	for (unsigned i = 0; i < NAMES; i++) {
		char text[80];
		struct name n;
		static const uint8_t rdata[] = {0, 4, 192, 0, 2, 1};
		/* labels of all lengths and first characters */
		snprintf(text, sizeof(text), "%c%.*s%u.example%u.test",
			 "0123456789abcdefghijklmnopqrstuvwxyz_-"[i % 38], (int)(i % 50),
			 "xyzzyxyzzyxyzzyxyzzyxyzzyxyzzyxyzzyxyzzyxyzzyxyzzy", i, i % 7);
		if (name_of_text(text, &n) < 0)
			abort();
		struct record r = {.set = {.owner = name_bytes(&n),
					   .type = 1,
					   .source = SOURCE_ABOVE,
					   .bailiwick = BAILIWICK_ABSENT,
					   .rdata = BYTES(rdata, sizeof(rdata))},
				   .span = span_of_sighting(1420070400, 60),
				   .month = when_month(1420070400)};
		if (gather_record(g, &r, 0, i + 1) < 0)
			abort();
	}
	gather_progress(g, 0, &at, 1420070400000000, 1420070400000000);
	ok(gather_flush(g, &f) == 0, "written %s", f.text);
	gather_free(g);
}

/* The owners found, one after the other. */
static uint64_t ask(struct store *s, const char *pattern, unsigned threads,
		    uint64_t limit, struct buf *out, uint64_t *names)
{
	struct query q = QUERY_ALL;
	struct term t;
	struct fault f = {0};
	struct answer *a;
	struct result r;
	buf_clear(out);
	if (term_parse(pattern, &f, &t) < 0)
		abort();
	q.terms = &t;
	q.term_count = 1;
	q.threads = threads;
	q.limit = limit;
	if (answer_open(s, &q, &f, &a) < 0)
		abort();
	uint64_t found = 0;
	while (answer_next(a, &r) == 1) {
		found++;
		buf_put_bytes(out, r.set.owner);
	}
	*names = answer_counters(a)->names;
	answer_close(a);
	term_release(&t);
	return found;
}

static void compare(struct store *s, const char *pattern)
{
	struct buf one, many;
	uint64_t names_one, names_many;
	buf_init(&one, 64 << 20);
	buf_init(&many, 64 << 20);
	uint64_t n = ask(s, pattern, 1, 0, &one, &names_one);
	for (unsigned threads = 2; threads <= 5; threads += 3) {
		uint64_t m = ask(s, pattern, threads, 0, &many, &names_many);
		ok(m == n && bytes_equal(buf_bytes(&one), buf_bytes(&many)),
		   "%s: %u threads find the same %u names in the same order", pattern,
		   threads, (unsigned)n);
	}
	uint64_t m = ask(s, pattern, 3, 2, &many, &names_many);
	ok(m == (n < 2 ? n : 2) && bytes_begins(buf_bytes(&one), buf_bytes(&many)),
	   "%s: and stop early when no more are wanted", pattern);
	buf_release(&one);
	buf_release(&many);
}

static const char *const patterns[] = {"/zz[0-9]+4\\./",
				       "/x/",
				       "/example3/",
				       "/nowhere/",
				       "*9.example6.*",
				       "/^[a-f]?xy.*7\\.EXAMPLE2/",
				       "/(xy|yx)1[0-9]{3}\\./",
				       "/./"};
#define PATTERNS (sizeof(patterns) / sizeof(patterns[0]))

/* A compacted store has a file of names: nothing but the time changes. */
static void compare_compacted(struct store *s)
{
	struct buf before[PATTERNS], after;
	struct fault f = {0};
	uint64_t names, fewer;
	buf_init(&after, 64 << 20);
	for (size_t i = 0; i < PATTERNS; i++) {
		buf_init(&before[i], 64 << 20);
		ask(s, patterns[i], 2, 0, &before[i], &names);
	}
	ok(store_compact(s, &f) == 0, "compacted %s", f.text);
	for (size_t i = 0; i < PATTERNS; i++) {
		ask(s, patterns[i], 2, 0, &after, &fewer);
		ok(bytes_equal(buf_bytes(&before[i]), buf_bytes(&after)),
		   "%s: the same after a compaction", patterns[i]);
		buf_release(&before[i]);
	}
	ask(s, "/nowhere/", 2, 0, &after, &fewer);
	ok(fewer == 0 && names == NAMES,
	   "and names without the literal are not tried: %u of %u", (unsigned)fewer,
	   (unsigned)names);
	buf_release(&after);
}

static void run(const char *dir, bool disk)
{
	struct store_options o = {.write = true, .create = true};
	struct fault f = {0};
	struct store *s;
	ok(store_open(dir, &o, &f, &s) == 0, "a store %s", f.text);
	fill(s);
	for (size_t i = 0; i < 5; i++)
		compare(s, patterns[i]);
	if (disk) {
		compare_compacted(s);
		for (size_t i = 0; i < 5; i++)
			compare(s, patterns[i]);
	}
	store_close(s);
}

int main(void)
{
	char dir[] = "/tmp/yore-search-XXXXXX";
	run("mem:", false);
	ok(mkdtemp(dir) != NULL, "a folder");
	run(dir, true);
	io_remove_tree(dir, NULL);
	return tap_done();
}
