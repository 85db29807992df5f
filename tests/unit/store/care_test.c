/* Looking after a database: copies beside a writer, checking, figures, expiry. */
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "store/ledger.h"
#include "tap.h"
#include "unit/store/looking.h"

#define WINDOWS 30

static char base[64];

static struct store *open_db(const char *dir, bool write)
{
	struct store_options o = {.write = write, .create = write, .memory = 32u << 20};
	struct fault f = {0};
	struct store *s = NULL;
	if (store_open(dir, &o, &f, &s) < 0)
		printf("# %s\n", f.text);
	return s;
}

static int commit_window(struct store *s, const char *shelf, uint64_t window)
{
	static struct made made;
	struct fault f = {0};
	struct ledger_entry e = made_entry(1, window * 10, window * 10 + 10);
	struct segment_meta m = made_meta(shelf, window, &e, 1);
	made_state = window + 1;
	made_fill(&made, shelf, 300);
	int r = store_commit(s, &m, &made.rows, &f);
	if (r < 0)
		printf("# %s\n", f.text);
	return r;
}

static uint64_t next_window(struct store *s, const char *shelf)
{
	struct input_id id = made_entry(1, 0, 0).input;
	struct ledger_entry e;
	return store_position(s, shelf, &id, &e, NULL) == 1 ? e.to.packets / 10 : 0;
}

static void finish(struct store *s, const char *shelf)
{
	for (uint64_t w = next_window(s, shelf); w < WINDOWS; w++)
		if (commit_window(s, shelf, w) < 0)
			break;
}

static void say(const char *line, void *arg)
{
	printf("# %s\n", line);
	++*(int *)arg;
}

/* ---- copies ---- */

static void *write_on(void *arg)
{
	finish(arg, "y2015");
	return NULL;
}

static void check_copy(const char *to, uint64_t want, const char *what)
{
	int lines = 0;
	uint64_t rows;
	struct store *s = open_db(to, true);
	uint64_t at = next_window(s, "y2015");
	is_int(store_verify(s, say, &lines, NULL), 0, what);
	finish(s, "y2015");
	ok(digest(s, &rows) == want, "%s: from window %d on it becomes the same", what,
	   (int)at);
	store_close(s);
}

static void test_backup(void)
{
	char dir[160], to[160], path[200];
	uint64_t rows;
	struct fault f = {0};
	pthread_t writer;
	struct store *ref = open_db("mem:", true);
	finish(ref, "y2015");
	uint64_t want = digest(ref, &rows);
	store_close(ref);

	snprintf(dir, sizeof(dir), "%s/source", base);
	struct store *w = open_db(dir, true), *r = open_db(dir, false);
	commit_window(w, "y2015", 0);
	commit_window(w, "suspicious", 0);
	is_int(pthread_create(&writer, NULL, write_on, w), 0, "a writer at work");
	for (int i = 0; i < 5; i++) {
		snprintf(to, sizeof(to), "%s/copy%d", base, i);
		is_int(store_backup(i % 2 ? r : w, to, false, &f), 0, f.text);
	}
	pthread_join(writer, NULL);
	snprintf(path, sizeof(path), "%s/suspicious", to);
	ok(!io_exists(path), "private shelves stay where they are");
	for (int i = 0; i < 5; i++) {
		snprintf(to, sizeof(to), "%s/copy%d", base, i);
		check_copy(to, want, "a copy made while it was written");
	}
	snprintf(to, sizeof(to), "%s/again", base);
	is_int(store_backup(r, to, false, &f), 0, "a copy");
	commit_window(w, "y2014", 0);
	store_compact(w, &f);
	usleep(80000);
	is_int(store_backup(r, to, false, &f), 0,
	       "and once more into the same, what is new");
	struct store *copy = open_db(to, false);
	uint64_t all;
	ok(digest(copy, &rows) == digest(w, &all) && rows == all, "it is up to date");
	store_close(copy);
	is_int(store_backup(r, base, false, &f), YORE_EEXIST, f.text);
	store_close(r);
	store_close(w);
}

/* ---- checking ---- */

static void test_verify(void)
{
	static struct made made;
	char dir[160];
	int lines = 0;
	struct fault f = {0};
	snprintf(dir, sizeof(dir), "%s/verify", base);
	struct store *s = open_db(dir, true);
	finish(s, "y2015");
	finish(s, "intervals");
	is_int(store_verify(s, say, &lines, &f), 0, "nothing to find");
	made_fill(&made, "y2015", 200);
	for (size_t i = 0; i < made.count; i++)
		if (made.at[i].key[0] == TABLE_RRSET)
			made.at[i].key[made.at[i].key_len - 1] = 13; /* a 13th month */
	made_ready(&made);
	struct ledger_entry e = made_entry(2, 0, 5);
	struct segment_meta m = made_meta("y2016", 77, &e, 1);
	is_int(store_commit(s, &m, &made.rows, &f), 0, "rows that nobody should write");
	int64_t n = store_verify(s, say, &lines, &f);
	ok(n > 0 && n == lines, "are found, one line each (%d)", lines);
	struct scan scan = {.table = TABLE_RRSET, .year_first = 2016};
	struct cursor *c;
	struct store_row row;
	is_int(store_scan(s, &scan, &f, &c), 0, "asked for");
	is_int(cursor_next(c, &row), YORE_ECORRUPT, "they are damage");
	ok(strstr(cursor_fault(c)->text, "y2016"), "named: %s", cursor_fault(c)->text);
	cursor_close(c);
	store_close(s);
}

/* ---- figures, expiry ---- */

static int note_stat(const struct shelf_stat *st, void *arg)
{
	struct buf *b = arg;
	if (st->octets && st->files)
		buf_printf(b, "%s:%d ", st->shelf, (int)st->rows[0]);
	return 0;
}

static void note_line(const char *line, void *arg)
{
	buf_printf(arg, "%s ", line);
}

static uint64_t rows_of_year(struct store *s, int year)
{
	struct scan scan = {.table = TABLE_RRSET, .year_first = year, .year_last = year};
	struct cursor *c;
	struct store_row row;
	uint64_t n = 0;
	if (store_scan(s, &scan, NULL, &c) < 0)
		return UINT64_MAX;
	while (cursor_next(c, &row) == 1)
		n++;
	cursor_close(c);
	return n;
}

static void test_expire(void)
{
	char dir[160], want[100];
	struct fault f = {0};
	struct buf b;
	buf_init(&b, 4096);
	snprintf(dir, sizeof(dir), "%s/expire", base);
	struct store *s = open_db(dir, true), *r = open_db(dir, false);
	for (int year = 2011; year < 2016; year++) {
		char shelf[SHELF_MAX];
		shelf_of_year(year, shelf);
		commit_window(s, shelf, 0);
	}
	is_int(store_stat(s, note_stat, &b, &f), 0, "figures");
	snprintf(want, sizeof(want), "y2015:%d", (int)rows_of_year(s, 2015));
	ok(strstr(buf_str(&b), want) != NULL, "%s in %s", want, buf_str(&b));
	struct scan scan = {.table = TABLE_RRSET};
	struct cursor *c;
	struct store_row row;
	is_int(store_scan(r, &scan, &f, &c), 0, "a reader begins");
	is_int(cursor_next(c, &row), 1, "to read");
	buf_clear(&b);
	int64_t before = when_month_start(2013 * 12) + 86400;
	is_int(store_expire(s, before, note_line, &b, &f), 2, "two years are over");
	is_str(buf_str(&b), "y2011 y2012 ", "these");
	ok(rows_of_year(s, 2012) == 0 && rows_of_year(s, 2013) > 0, "and gone");
	int n = 0;
	while (cursor_next(c, &row) == 1)
		n++;
	ok(n > 100, "the reader ends what it began (%d rows)", n);
	cursor_close(c);
	usleep(80000);
	is_int(rows_of_year(r, 2012), 0, "and then does not see them either");
	is_int(commit_window(s, "y2012", 0), 0, "a dropped year may begin anew");
	ok(rows_of_year(s, 2012) > 0, "with its rows");
	usleep(80000);
	ok(rows_of_year(r, 2012) > 0, "the reader has seen it, too");
	is_int(store_expire(r, before, NULL, NULL, &f), YORE_ELOCKED,
	       "but does not drop it");
	store_close(s);
	store_close(r);
	buf_release(&b);
}

/* A row of the ledger that a later program wrote: nothing is counted on a guess. */
static void test_ledger_version(void)
{
	struct input_id id = {{1}};
	struct ledger_entry e = made_entry(1, 0, 10), back;
	struct segment_name by = {0};
	struct buf key, value;
	buf_init(&key, 256);
	buf_init(&value, 8192);
	ledger_key_last(&key, &id);
	ledger_value(&value, &by, &e);
	is_int(ledger_read(buf_bytes(&key), buf_bytes(&value), NULL, &back), 0, "a row");
	value.at[0] = 2;
	is_int(ledger_read(buf_bytes(&key), buf_bytes(&value), NULL, &back),
	       YORE_EVERSION, "of a later version");
	value.at[0] = 0;
	is_int(ledger_read(buf_bytes(&key), buf_bytes(&value), NULL, &back),
	       YORE_ECORRUPT, "of none");
	buf_release(&key);
	buf_release(&value);
}

static void test_format(void)
{
	test_ledger_version();
	char dir[160], path[200];
	struct store_options o = {0}, w = {.write = true, .create = true};
	struct store *s;
	struct fault f = {0};
	snprintf(dir, sizeof(dir), "%s/format", base);
	store_close(open_db(dir, true));
	snprintf(path, sizeof(path), "%s/FORMAT", dir);
	io_replace(path, BYTES_LIT("yore database 3\n"), 0666, NULL);
	is_int(store_open(dir, &o, &f, &s), YORE_EVERSION, f.text);
	is_int(store_open(dir, &w, &f, &s), YORE_EVERSION, "nor for writing");
	io_replace(path, BYTES_LIT("yore cheese 1\n"), 0666, NULL);
	is_int(store_open(dir, &o, &f, &s), YORE_ECORRUPT, f.text);
	io_replace(path, BYTES_LIT("yore database 2\n"), 0666, NULL);
	is_int(store_open(dir, &o, &f, &s), 0, "its own it opens");
	store_close(s);
}

/* ---- two histories ---- */

static int commit_input(struct store *s, const char *shelf, uint8_t input, uint64_t seq,
			uint64_t from)
{
	static struct made made;
	struct fault f = {0};
	struct ledger_entry e = made_entry(input, from, from + 10);
	struct segment_meta m = made_meta(shelf, seq, &e, 1);
	m.origin[5] = input;
	made_state = seq + 100u * input;
	made_fill(&made, shelf, 200);
	return store_commit(s, &m, &made.rows, &f);
}

static void fill_half(struct store *s, uint8_t input)
{
	for (uint64_t i = 0; i < 4; i++) {
		commit_input(s, "y2014", input, i, i * 10);
		commit_input(s, "y2015", input, i, i * 10);
		commit_input(s, "intervals", input, i, i * 10);
	}
}

static int count_entry(const char *shelf, const struct ledger_entry *e, void *arg)
{
	++*(int *)arg;
	return 0;
}

static void test_merge(const char *engine, const char *a_dir, const char *b_dir)
{
	struct store *a = open_db(a_dir, true), *b = open_db(b_dir, true),
		     *both = open_db("mem:", true);
	struct fault f = {0};
	int lines = 0, entries = 0;
	uint64_t rows, all;
	fill_half(a, 1);
	fill_half(b, 2);
	commit_input(b, "y2011", 3, 0, 0);
	commit_input(b, "suspicious", 3, 0, 0);
	fill_half(both, 1);
	fill_half(both, 2);
	commit_input(both, "y2011", 3, 0, 0);
	is_int(store_merge(a, b, say, &lines, &f), 0, f.text);
	is_int(lines, 4, "four shelves");
	bool same = digest(a, &rows) == digest(both, &all);
	ok(same && rows == all, "%s: two histories are as one that had both (%d rows)",
	   engine, (int)rows);
	store_ledger(a, NULL, count_entry, &entries, &f);
	is_int(entries, 25, "with every entry of both ledgers");
	is_int(store_verify(a, say, &lines, &f), 0, "nothing is wrong with it");
	lines = 0;
	is_int(store_merge(a, b, say, &lines, &f), 0, "once more");
	is_int(lines, 0, "adds nothing");
	is_int(commit_input(a, "y2015", 2, 4, 40), 0, "inputs go on where they stood");
	is_int(store_merge(a, b, say, &lines, &f), YORE_EREFUSED, f.text);
	commit_input(b, "y2016", 4, 0, 0);
	digest(a, &all);
	is_int(store_merge(a, b, say, &lines, &f), YORE_EREFUSED, "also what is new");
	digest(a, &rows);
	ok(rows == all && lines == 0, "and nothing was done");
	store_close(a);
	store_close(b);
	store_close(both);
}

int main(void)
{
	char one[100], two[100];
	snprintf(base, sizeof(base), "/tmp/yore-care-XXXXXX");
	if (mkdtemp(base) == NULL)
		return 1;
	test_backup();
	test_verify();
	test_expire();
	test_format();
	test_merge("mem", "mem:", "mem:");
	snprintf(one, sizeof(one), "%s/one", base);
	snprintf(two, sizeof(two), "%s/two", base);
	test_merge("rocks", one, two);
	io_remove_tree(base, NULL);
	return tap_done();
}
