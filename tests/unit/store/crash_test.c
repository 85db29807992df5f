/*
 * Nothing is lost and nothing counted twice: an "import" of ten windows that ends by
 * kill -9 at each step of the commit path, fails there, or races against others.
 */
#include <signal.h>
#include <unistd.h>

#include "base/io.h"
#include "tap.h"
#include "unit/store/importing.h"

static char base[64];

static const char *const steps[] = {"segment-begin",   "segment-rows",	 "segment-header",
				    "segment-renamed", "ingest-checked", "names-placed",
				    "ingest-done",     "ingest-removed"};

static int64_t verified(const char *dir)
{
	struct fault f = {0};
	struct store *s = open_db(dir, &f);
	int64_t found = s ? store_verify(s, NULL, NULL, &f) : -1;
	store_close(s);
	return found;
}

static void test_crash(const char *step)
{
	char dir[160];
	uint64_t rows, all, want = wanted(1, &all);
	int killed = 0;
	snprintf(dir, sizeof(dir), "%s/crash-%s", base, step);
	for (int i = 0; i < 3; i++)
		killed += finish(start(dir, "YORE_CRASH_AT", step, "1")) == 1009;
	is_int(killed, 3, step);
	is_int(finish(start(dir, NULL, NULL, "1")), 0, "then the import ends well");
	uint64_t got = digest_of(dir, &rows);
	ok(got == want && rows == all,
	   "killed three times at %s: all there once (%d rows)", step, (int)rows);
	is_int(entries_in(dir, "incoming"), 0, "nothing is left in incoming/");
	is_int(entries_in(dir, "rejected"), 0, "nothing was rejected");
	is_int(verified(dir), 0, "verified");
}

static void test_failure(const char *step)
{
	char dir[160];
	uint64_t rows, all, want = wanted(1, &all);
	snprintf(dir, sizeof(dir), "%s/fail-%s", base, step);
	bool late = strncmp(step, "ingest-", 7) == 0 && strcmp(step, "ingest-checked");
	is_int(finish(start(dir, "YORE_FAIL_AT", step, "1")), late ? 0 : 1, step);
	if (!late) {
		is_int(digest_of(dir, &rows) && rows, 0, "nothing was added");
		is_int(entries_in(dir, "incoming"), 0, "nothing waits");
	}
	is_int(finish(start(dir, NULL, NULL, "1")), 0, "once more");
	uint64_t got = digest_of(dir, &rows);
	ok(got == want && rows == all, "failed at %s: all there once", step);
	is_int(verified(dir), 0, "verified");
}

static void test_race(int processes, int inputs)
{
	char dir[160], input[8];
	pid_t pids[8];
	uint64_t rows, all, want = wanted(inputs, &all);
	int failed = 0;
	snprintf(dir, sizeof(dir), "%s/race-%d-%d", base, processes, inputs);
	for (int i = 0; i < processes; i++) {
		snprintf(input, sizeof(input), "%d", i % inputs + 1);
		pids[i] = start(dir, NULL, NULL, input);
	}
	for (int i = 0; i < processes; i++)
		failed += finish(pids[i]) != 0;
	is_int(failed, 0, "all of them end well");
	uint64_t got = digest_of(dir, &rows);
	ok(got == want && rows == all, "%d importers of %d files: all there once",
	   processes, inputs);
	is_int(verified(dir), 0, "verified");
	is_int(entries_in(dir, "incoming"), 0, "nothing is left in incoming/");
}

/* Erasing is killed between writing a shelf anew and putting it in its place. */
static void test_erase(const char *step)
{
	char dir[160];
	uint64_t rows, all;
	struct fault f = {0};
	struct store *ref = open_db("mem:", &f);
	is_int(import(ref, 1, WINDOWS, &f), 0, "a reference");
	is_int(forget_zone(ref, &f), 0, "without a zone");
	uint64_t want = digest(ref, &all);
	store_close(ref);
	snprintf(dir, sizeof(dir), "%s/erase-%s", base, step);
	is_int(finish(start(dir, NULL, NULL, "1")), 0, "an import");
	is_int(finish(start(dir, "YORE_CRASH_AT", step, "e")), 1009, step);
	ok(digest_of(dir, &rows) > 3 && rows >= all, "killed: it answers");
	struct store *s = open_db(dir, &f);
	is_int(store_verify(s, NULL, NULL, &f), 0, "verified");
	store_close(s);
	is_int(finish(start(dir, NULL, NULL, "e")), 0, "once more");
	bool same = digest_of(dir, &rows) == want;
	ok(same && rows == all, "erased as a whole (%d rows)", (int)rows);
	is_int(finish(start(dir, NULL, NULL, "2")), 0, "and writing goes on");
}

/* Importers are killed at some moment while others go on. */
static void test_killed_holder(void)
{
	char dir[160];
	uint64_t rows, all, want = wanted(2, &all);
	snprintf(dir, sizeof(dir), "%s/holder", base);
	for (int i = 0; i < 4; i++) {
		pid_t a = start(dir, NULL, NULL, "1"), b = start(dir, NULL, NULL, "2");
		usleep(20000 + (useconds_t)made_random(150000));
		kill(i % 2 ? a : b, SIGKILL);
		finish(a);
		finish(b);
	}
	is_int(finish(start(dir, NULL, NULL, "1")), 0, "the first file again");
	is_int(finish(start(dir, NULL, NULL, "2")), 0, "and the second");
	uint64_t got = digest_of(dir, &rows);
	ok(got == want && rows == all, "killed at random beside another: all there once");
	is_int(verified(dir), 0, "verified");
}

/* A reader that is open all the time sees what comes, without a lock. */
static void test_reader(void)
{
	char dir[160];
	struct fault f = {0};
	struct store_options o = {0};
	struct store *s = NULL;
	uint64_t rows, all, want = wanted(1, &all);
	snprintf(dir, sizeof(dir), "%s/reader", base);
	is_int(store_open(dir, &o, &f, &s), YORE_ENOENT, "no database, no reader");
	struct store *w = open_db(dir, &f);
	is_int(store_open(dir, &o, &f, &s), 0, "an empty database can be read");
	is_int(digest(s, &rows), 0, "and has nothing");
	is_int(import(w, 1, 5, &f), 0, "five windows");
	usleep(80000);
	digest(s, &rows);
	ok(rows > 0, "the reader sees them");
	struct scan scan = {.table = TABLE_RRSET};
	struct cursor *c;
	struct store_row row;
	is_int(store_scan(s, &scan, &f, &c), 0, "a cursor");
	is_int(cursor_next(c, &row), 1, "at its first row");
	is_int(import(w, 1, WINDOWS, &f), 0, "the other windows");
	is_int(store_compact(w, &f), 0, "compacted");
	store_close(w);
	int n = 1;
	while (cursor_next(c, &row) == 1)
		n++;
	ok(n > 50, "the cursor goes on over what it began with (%d rows)", n);
	cursor_close(c);
	usleep(80000);
	bool same = digest(s, &rows) == want;
	ok(same && rows == all, "and then all of it is seen");
	w = open_db(dir, &f);
	is_int(store_scan(s, &scan, &f, &c), 0, "a cursor again");
	is_int(cursor_next(c, &row), 1, "at its first row");
	is_int(forget_zone(w, &f), 0, "a zone is erased");
	for (n = 1; cursor_next(c, &row) == 1;)
		n++;
	ok(n > 50, "the cursor ends what it began (%d rows)", n);
	cursor_close(c);
	usleep(80000);
	digest(s, &rows);
	digest(w, &all);
	ok(rows == all && rows > 0, "and then the reader sees what is left");
	is_int(import(w, 2, 2, &f), 0, "more comes");
	usleep(80000);
	digest(s, &rows);
	digest(w, &all);
	ok(rows == all, "and the reader follows");
	store_close(w);
	store_close(s);
}

/* A reader with a thread of its own: never waits, and is not far behind. */
static void test_steady(void)
{
	char dir[160];
	struct fault f = {0};
	struct store_options o = {.steady = true};
	struct store *s = NULL;
	uint64_t rows = 0, all, want = wanted(1, &all);
	snprintf(dir, sizeof(dir), "%s/steady", base);
	struct store *w = open_db(dir, &f);
	is_int(store_open(dir, &o, &f, &s), 0, "a steady reader");
	is_int(import(w, 1, 5, &f), 0, "five windows");
	for (int i = 0; i < 500 && rows == 0; i++, usleep(10000))
		digest(s, &rows);
	ok(rows > 0, "are seen (%d rows)", (int)rows);
	struct scan scan = {.table = TABLE_RRSET};
	struct cursor *c;
	struct store_row row;
	is_int(store_scan(s, &scan, &f, &c), 0, "a cursor");
	is_int(cursor_next(c, &row), 1, "at its first row");
	is_int(import(w, 1, WINDOWS, &f), 0, "the other windows");
	is_int(store_compact(w, &f), 0, "compacted");
	for (int i = 0; i < 500 && digest(s, &rows) != want; i++)
		usleep(10000);
	ok(digest(s, &rows) == want && rows == all, "all of it is seen");
	int n = 1;
	while (cursor_next(c, &row) == 1)
		n++;
	ok(n > 50, "the cursor goes on over what it began with (%d rows)", n);
	cursor_close(c);
	is_int(store_expire(w, when_month_start(2040 * 12), NULL, NULL, &f), 1,
	       "dropped");
	for (int i = 0; i < 500 && rows; i++, usleep(10000))
		digest(s, &rows);
	is_int(rows, 0, "and gone for the reader as well");
	store_close(s);
	store_close(w);
}

int main(int argc, char **argv)
{
	if (argc > 3 && strcmp(argv[1], "child") == 0)
		return child(argc, argv);
	snprintf(base, sizeof(base), "/tmp/yore-crash-XXXXXX");
	if (mkdtemp(base) == NULL)
		return 1;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		test_crash(steps[i]);
		test_failure(steps[i]);
	}
	test_race(2, 1);
	test_race(4, 1);
	test_race(4, 3);
	test_killed_holder();
	test_erase("rewrite-made");
	test_erase("rewrite-exchanged");
	test_reader();
	test_steady();
	io_remove_tree(base, NULL);
	return tap_done();
}
