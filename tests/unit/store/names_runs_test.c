/*
 * Whatever happens to a shelf and to its runs of names, asking for names gives what table
 * N has: hundreds of times something at random, and a look by the writer and by a reader.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "store/names_runs.h"
#include "store/rocks.h"
#include "tap.h"
#include "unit/store/segments.h"

#define ROUNDS 250
#define SHELF "y2015"

static char dir[64], folder[128];
static struct store *store;
static struct made made;
static uint64_t stands_at, sequence;
static unsigned zones_gone; /* a bit each */
static int covered, runs_most, killed;

static bool open_it(void)
{
	struct store_options o = {.write = true, .create = true, .memory = 32u << 20};
	struct fault f = {0};
	int r = store_open(dir, &o, &f, &store);
	if (r < 0)
		printf("# %s\n", f.text);
	return r == 0;
}

static bool commit(void)
{
	struct ledger_entry e = made_entry(1, stands_at, stands_at + 10);
	struct segment_meta m = made_meta(SHELF, ++sequence, &e, 1);
	struct fault f = {0};
	made_fill(&made, SHELF, made_random(40));
	stands_at += 10;
	int r = store_commit(store, &m, &made.rows, &f);
	if (r < 0)
		printf("# %s\n", f.text);
	return r == 0;
}

static uint64_t ledger_stands(void)
{
	struct ledger_entry e, want = made_entry(1, 0, 10);
	int r = ledger_last(store_engine(store), SHELF, &want.input, NULL, &e, NULL);
	return r == 1 ? e.to.packets : 0;
}

static bool open_and_go_on(void)
{
	bool good = open_it();
	if (good && store_drain(store, NULL) == 0)
		stands_at = ledger_stands();
	sequence = stands_at;
	return good;
}

/* ---- what may happen to runs ---- */

static bool pick(char path[NAMES_PATH], struct names_run *ret)
{
	struct names_list l;
	names_list(folder, &l);
	if (l.count == 0)
		return false;
	*ret = l.at[made_random((uint32_t)l.count)];
	names_run_path(folder, ret, path);
	return true;
}

static void lose_one(void)
{
	char path[NAMES_PATH];
	struct names_run n;
	if (pick(path, &n))
		(void)unlink(path);
}

static void flip_a_bit(void)
{
	char path[NAMES_PATH];
	struct names_run n;
	uint8_t octet;
	if (!pick(path, &n))
		return;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	off_t at = (off_t)made_random((uint32_t)n.octets);
	if (pread(fd, &octet, 1, at) == 1) {
		octet ^= (uint8_t)(1u << made_random(8));
		(void)!pwrite(fd, &octet, 1, at);
	}
	close(fd);
}

/* As after a crash before the segment went in. */
static void leave_stray(void)
{
	struct names_list l;
	struct names_writer *w;
	char path[NAMES_PATH];
	uint64_t reached = 0;
	names_list(folder, &l);
	for (size_t i = 0; i < l.count; i++)
		if (l.at[i].to > reached)
			reached = l.at[i].to;
	struct names_run n = {.from = reached, .to = reached + 1};
	names_run_path(folder, &n, path);
	if (reached && names_begin(path, NULL, &w) == 0 &&
	    names_add(w, BYTES("\6stray1\2z9", 11), NULL) == 0)
		(void)!names_end(w, NULL);
}

/* As after a crash between merging and removing what was merged. */
static void merge_and_keep(void)
{
	struct names_list l;
	char from[NAMES_PATH], to[NAMES_PATH];
	names_list(folder, &l);
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < l.count; i++) {
			names_run_path(folder, &l.at[i], from);
			snprintf(to, sizeof(to), "%.60s/kept-%zu", dir, i);
			(void)!(pass ? link(to, from) : link(from, to));
			if (pass)
				(void)unlink(to);
		}
		if (pass == 0)
			rocks_names_mend((struct rocks *)store_engine(store));
	}
}

static bool erase_zone(unsigned z)
{
	uint8_t zone[4] = {2, 'z', (uint8_t)('0' + z), 0};
	struct erasure e = {.kind = ERASE_ZONE, .name = BYTES(zone, 4)};
	struct fault f = {0};
	zones_gone |= 1u << z;
	int64_t n;
	return store_erase(store, &e, 1, NULL, NULL, &n, &f) == 0;
}

/* What a process does until it ends as by kill -9: of its own, for the engine's threads.
 */
static int live_and_die(const char *zone)
{
	if (!open_it())
		return 1;
	stands_at = ledger_stands();
	sequence = stands_at;
	made_state = stands_at;
	if (!commit() || (*zone && !erase_zone((unsigned)atoi(zone))))
		return 1;
	rocks_names_mend((struct rocks *)store_engine(store));
	store_close(store);
	return 0;
}

static bool die(void)
{
	static const char *const steps[] = {"names-placed", "names-made", "names-swept",
					    "ingest-done", "rewrite-exchanged"};
	unsigned step = made_random(5), z = made_random(7);
	char zone[4] = "";
	int status = 0;
	if (step == 4)
		snprintf(zone, sizeof(zone), "%u", z);
	store_close(store);
	pid_t pid = fork();
	if (pid == 0) {
		setenv("YORE_CRASH_AT", steps[step], 1);
		execl("/proc/self/exe", "names_runs", dir, zone, (char *)NULL);
		_exit(2);
	}
	waitpid(pid, &status, 0);
	killed += WIFSIGNALED(status);
	return open_and_go_on() && (step < 4 || erase_zone(z));
}

/* ---- looking ---- */

static int read_names(struct store *s, bool names_only, struct buf *out)
{
	struct scan scan = {.table = TABLE_NAME, .names_only = names_only};
	struct cursor *c;
	struct store_row row;
	int n = 0, r;
	buf_clear(out);
	if (store_scan(s, &scan, NULL, &c) < 0)
		return -1;
	while ((r = cursor_next(c, &row)) == 1) {
		buf_put_bytes(out, row.base);
		n++;
	}
	cursor_close(c);
	return r < 0 ? r : n;
}

static bool same(struct store *s)
{
	struct buf a, b;
	buf_init(&a, 1 << 20);
	buf_init(&b, 1 << 20);
	int n = read_names(s, false, &a), m = read_names(s, true, &b);
	bool good = n >= 0 && n == m && bytes_equal(buf_bytes(&a), buf_bytes(&b));
	if (!good)
		printf("# table N: %d names, asked for names: %d\n", n, m);
	buf_release(&a);
	buf_release(&b);
	return good;
}

static int note_stat(const struct shelf_stat *st, void *arg)
{
	covered += st->names_covered;
	if ((int)st->names_runs > runs_most)
		runs_most = (int)st->names_runs;
	return 0;
}

/* In no file is a name of a zone that is erased. */
static bool all_gone(void)
{
	struct names_list l;
	struct bytes name;
	char path[NAMES_PATH];
	bool good = true;
	names_list(folder, &l);
	for (size_t i = 0; i < l.count; i++) {
		struct names_file *n;
		struct names_scan s;
		names_run_path(folder, &l.at[i], path);
		if (names_open(path, NULL, &n) < 0)
			continue;
		names_scan_init(&s, n, BYTES(NULL, 0), BYTES(NULL, 0), BYTES(NULL, 0));
		while (names_scan_next(&s, &name) == 1)
			good &= !(zones_gone >> (name.at[name.len - 2] - '0') & 1);
		names_scan_release(&s);
		names_put(n);
	}
	return good;
}

static bool reader_same(void)
{
	struct store *reader;
	if (store_open(dir, NULL, NULL, &reader) < 0)
		return false;
	bool good = same(reader);
	store_close(reader);
	return good;
}

static bool again(void)
{
	store_close(store);
	return open_and_go_on();
}

static bool do_something(unsigned what)
{
	struct fault f = {0};
	if (what < 60)
		return commit();
	if (what < 66)
		rocks_names_mend((struct rocks *)store_engine(store));
	else if (what < 68)
		return store_compact(store, &f) == 0;
	else if (what < 71)
		lose_one();
	else if (what < 74)
		flip_a_bit();
	else if (what < 80)
		leave_stray();
	else if (what < 86)
		merge_and_keep();
	else if (what < 92)
		return again();
	else if (what < 99)
		return die();
	else
		return erase_zone(made_random(7)) && all_gone();
	return true;
}

int main(int argc, char **argv)
{
	int wrong = 0, failed = 0, apart = 0, kept = 0;
	snprintf(dir, sizeof(dir), "%s", argc > 2 ? argv[1] : "/tmp/yore-runs-XXXXXX");
	if (argc > 2)
		return live_and_die(argv[2]);
	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(folder, sizeof(folder), "%s/" SHELF "/" NAMES_FOLDER, dir);
	ok(open_it(), "a store");
	for (int i = 0; i < ROUNDS; i++) {
		unsigned what = i < 30 ? 0 : made_random(100);
		failed += !do_something(what);
		wrong += !same(store);
		apart += !reader_same();
		(void)!store_stat(store, note_stat, NULL, NULL);
		if (zones_gone && what >= 60 && what < 71)
			kept += !all_gone();
	}
	is_int(failed, 0, "what was done was done");
	is_int(wrong, 0, "each time the same names, by runs and by table N");
	is_int(apart, 0, "and for a reader beside it");
	is_int(kept, 0, "what is erased is in no run");
	ok(covered > ROUNDS / 2, "runs covered the shelf %d times", covered);
	ok(killed > 3, "a process was killed %d times", killed);
	ok(runs_most <= 30, "at most %d runs", runs_most);
	store_close(store);
	io_remove_tree(dir, NULL);
	return tap_done();
}
