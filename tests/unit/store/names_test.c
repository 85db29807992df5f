/* The files of names: what they give is what table N would give, whatever happens to
   them. */
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "store/names_runs.h"
#include "tap.h"
#include "unit/store/segments.h"

#define COUNT 9000 /* several blocks */

static struct {
	uint8_t at[64];
	size_t len;
} names[COUNT];
static size_t count;

static int compare_names(const void *a, const void *b)
{
	const uint8_t *x = a, *y = b;
	size_t n = *(const size_t *)(x + 64), m = *(const size_t *)(y + 64);
	return bytes_compare(BYTES(x, n), BYTES(y, m));
}

/* Labels of few letters, so that literals are found often; a label with a zero octet. */
static void make_names(void)
{
	for (size_t i = 0; i < COUNT; i++) {
		uint8_t *p = names[i].at;
		size_t n = 0, labels = made_random(4);
		for (size_t k = 0; k < labels; k++) {
			size_t len = 1 + made_random(12);
			p[n++] = (uint8_t)len;
			for (size_t j = 0; j < len; j++)
				p[n++] = (uint8_t)("abcd01-\0"[made_random(8)]);
		}
		p[n++] = 0;
		names[i].len = n;
	}
	qsort(names, COUNT, sizeof(names[0]), compare_names);
	for (size_t i = 0; i < COUNT; i++)
		if (count == 0 || compare_names(&names[count - 1], &names[i]) != 0)
			names[count++] = names[i];
}

static struct bytes name_at(size_t i)
{
	return BYTES(names[i].at, names[i].len);
}

static int write_file(const char *path)
{
	struct names_writer *w;
	struct fault f = {0};
	int r = names_begin(path, &f, &w);
	for (size_t i = 0; i < count && r == 0; i++)
		r = names_add(w, name_at(i), &f);
	return r == 0 ? names_end(w, &f) : r;
}

static bool has(struct bytes name, struct bytes literal)
{
	return literal.len == 0 || memmem(name.at, name.len, literal.at, literal.len);
}

/* Every name of the range with the literal, in order, and no other: -1, or which. */
static int64_t wrong(struct names_file *n, struct bytes lo, struct bytes hi,
		     struct bytes literal)
{
	struct names_scan s;
	struct bytes name;
	size_t i = 0;
	int r;
	names_scan_init(&s, n, lo, hi, literal);
	while ((r = names_scan_next(&s, &name)) == 1) {
		while (i < count &&
		       (bytes_compare(name_at(i), lo) < 0 || !has(name_at(i), literal)))
			i++;
		if (i == count || !bytes_equal(name, name_at(i)) ||
		    (hi.len && bytes_compare(name, hi) >= 0))
			break;
		i++;
	}
	names_scan_release(&s);
	for (; r == 0 && i < count; i++)
		if (bytes_compare(name_at(i), lo) >= 0 && has(name_at(i), literal) &&
		    (hi.len == 0 || bytes_compare(name_at(i), hi) < 0))
			return (int64_t)i;
	return r == 0 ? -1 : (int64_t)i;
}

static void test_ranges(const char *path)
{
	static const char *const literals[] = {"", "a", "ab", "dcb", "0-1", "abcdabcd"};
	struct names_file *n = NULL;
	struct fault f = {0};
	int bad = 0;
	is_int(names_open(path, &f, &n), 0, "the file opens");
	if (n == NULL)
		return;
	ok(n->names == count && n->count > 1, "it knows its %zu names in %zu blocks",
	   count, n->count);
	for (int i = 0; i < 300; i++) {
		struct bytes lo = {0}, hi = {0};
		if (i % 4)
			lo = name_at(made_random((uint32_t)count));
		if (i % 3)
			hi = name_at(made_random((uint32_t)count));
		bad += wrong(n, lo, hi, BYTES_STR(literals[i % 6])) != -1;
	}
	is_int(bad, 0, "300 ranges and literals give what they should");
	names_put(n);
}

/* ---- several runs ---- */

#define PARTS 7

/* Each name in one of the runs or in more; the first run is empty. */
static int write_parts(const char *folder)
{
	struct names_writer *w[PARTS];
	char path[NAMES_PATH];
	int r = mkdir(folder, 0755);
	for (uint64_t i = 0; i < PARTS && r == 0; i++) {
		struct names_run run = {.from = i, .to = i + 1};
		names_run_path(folder, &run, path);
		r = names_begin(path, NULL, &w[i]);
	}
	for (size_t i = 0; i < count && r == 0; i++) {
		size_t must = 1 + made_random(PARTS - 1);
		for (size_t k = 1; k < PARTS && r == 0; k++)
			if (k == must || made_random(PARTS) == 0)
				r = names_add(w[k], name_at(i), NULL);
	}
	for (size_t i = 0; i < PARTS && r == 0; i++)
		r = names_end(w[i], NULL);
	return r;
}

/* From lo to hi, and from somewhere on to a place behind it, each once and in order. */
static bool many_wrong(struct names_runs *runs, struct bytes literal)
{
	struct bytes hi = {0}, name;
	struct names_many m;
	size_t at = made_random((uint32_t)count), to = made_random((uint32_t)count);
	size_t jump = made_random(50), given = 0;
	bool bad = false;
	int r;
	if (made_random(3))
		hi = name_at(made_random((uint32_t)count));
	names_many_init(&m, runs, at % 5 ? name_at(at) : BYTES(NULL, 0), hi, literal);
	at = at % 5 ? at : 0;
	while ((r = names_many_next(&m, &name)) == 1) {
		while (at < count && !has(name_at(at), literal))
			at++;
		bad |= at == count || !bytes_equal(name, name_at(at));
		at++;
		if (given++ == jump && to >= at) {
			names_many_seek(&m, name_at(to));
			at = to;
		}
	}
	for (; at < count && (hi.len == 0 || bytes_compare(name_at(at), hi) < 0); at++)
		bad |= has(name_at(at), literal);
	names_many_release(&m);
	return bad || r < 0;
}

static void test_many(const char *folder)
{
	static const char *const literals[] = {"", "a", "dcb", "abcdabcd"};
	struct names_runs *runs = NULL;
	struct names_run chain[NAMES_RUNS_MOST];
	struct names_list l;
	uint64_t none = 0;
	int bad = 0;
	is_int(write_parts(folder), 0, "names in seven runs");
	is_int(names_runs_open(folder, PARTS + 1, &none, NULL, &runs), YORE_ENOENT,
	       "that do not reach farther");
	is_int(names_runs_open(folder, PARTS, &none, NULL, &runs), 0, "are opened");
	for (int i = 0; i < 400; i++)
		bad += many_wrong(runs, BYTES_STR(literals[i % 4]));
	is_int(bad, 0, "and read as one, 400 times");
	names_runs_put(runs);
	names_list(folder, &l);
	is_int((long)names_chain(&l, 0, 3, 0, chain), 3, "three lead to three");
	is_int((long)names_chain(&l, 0, 3, l.at[1].mark, chain), 0, "not without one");
	l.at[1].to = 5;
	is_int((long)names_chain(&l, 0, 6, 0, chain), 3, "a longer one is taken");
	l.at[3].from = 4;
	is_int((long)names_chain(&l, 0, 6, 0, chain), 3, "runs may overlap");
	l.at[1].to = 2;
	is_int((long)names_chain(&l, 0, 6, 0, chain), 0, "a hole is a hole");
}

/* A year of commits every ten seconds: few runs, and no name is written often. */
static void test_tiers(void)
{
	struct names_run runs[NAMES_RUNS_MOST];
	size_t n = 0, most = 0;
	uint64_t written = 0, commits = 3000000;
	for (uint64_t i = 0; i < commits; i++) {
		runs[n++] = (struct names_run){.from = i, .to = i + 1, .octets = 5000};
		size_t due = names_chain_due(runs, n);
		for (; due > 1; due--, n--) {
			runs[n - 2].octets += runs[n - 1].octets;
			if (due == 2)
				written += runs[n - 2].octets;
		}
		most = n > most ? n : most;
		if (most == NAMES_RUNS_MOST)
			break;
	}
	uint64_t times = written / (commits * 5000);
	ok(most <= 24 && times <= 11, "at most %zu runs, each name written %llu times",
	   most, (unsigned long long)times);
}

/* Forward, to places behind and before what was given. */
static void test_seek(const char *path)
{
	struct names_file *n = NULL;
	struct names_scan s;
	struct bytes name;
	int bad = 0;
	if (names_open(path, NULL, &n) < 0)
		return;
	for (int i = 0; i < 200; i++) {
		size_t a = made_random((uint32_t)count), b = made_random((uint32_t)count);
		names_scan_init(&s, n, name_at(a), BYTES(NULL, 0), BYTES(NULL, 0));
		bad += names_scan_next(&s, &name) != 1 || !bytes_equal(name, name_at(a));
		if (b > a) {
			names_scan_seek(&s, name_at(b));
			bad += names_scan_next(&s, &name) != 1 ||
			       !bytes_equal(name, name_at(b));
		}
		names_scan_release(&s);
	}
	is_int(bad, 0, "200 seeks land where they should");
	names_put(n);
}

/* A flipped bit anywhere is noticed: a name that is not there is never given. */
static void test_bits(const char *path)
{
	struct stat st;
	int bad = 0, seen = 0;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	for (int i = 0; i < 400; i++) {
		off_t at = i < 64 ? st.st_size - 1 - i
				  : (off_t)made_random((uint32_t)st.st_size);
		uint8_t was, is;
		struct names_file *n = NULL;
		if (pread(fd, &was, 1, at) != 1)
			break;
		is = was ^ (uint8_t)(1u << made_random(8));
		if (pwrite(fd, &is, 1, at) != 1)
			break;
		if (names_open(path, NULL, &n) < 0) {
			seen++;
		} else {
			struct names_scan s;
			struct bytes name;
			size_t k = 0;
			int r;
			names_scan_init(&s, n, BYTES(NULL, 0), BYTES(NULL, 0),
					BYTES(NULL, 0));
			while ((r = names_scan_next(&s, &name)) == 1)
				bad += k == count || !bytes_equal(name, name_at(k++));
			seen += r < 0;
			names_scan_release(&s);
			names_put(n);
		}
		if (pwrite(fd, &was, 1, at) != 1)
			break;
	}
	close(fd);
	is_int(bad, 0, "flipped bits make up no name");
	is_int(seen, 400, "and are noticed, each");
}

/* ---- with a store ---- */

static struct made made;

static int commit(struct store *s, uint64_t sequence, uint64_t from)
{
	struct ledger_entry e = made_entry(1, from, from + 10);
	struct segment_meta m = made_meta("y2015", sequence, &e, 1);
	struct fault f = {0};
	made_fill(&made, "y2015", 300);
	int r = store_commit(s, &m, &made.rows, &f);
	if (r < 0)
		printf("# %s\n", f.text);
	return r;
}

static int read_names(struct store *s, bool names_only, const char *literal,
		      struct buf *out)
{
	struct scan scan = {.table = TABLE_NAME, .names_only = names_only};
	struct cursor *c;
	struct store_row row;
	int n = 0;
	scan.literal = BYTES_STR(literal);
	buf_clear(out);
	if (store_scan(s, &scan, NULL, &c) < 0)
		return -1;
	while (cursor_next(c, &row) == 1) {
		if (!has(row.base, scan.literal))
			continue;
		buf_put_bytes(out, row.base);
		n++;
	}
	cursor_close(c);
	return n;
}

/* What is asked for as names is what table N has. */
static void same(struct store *s, const char *when)
{
	static const char *const literals[] = {"", "h1", "z3", "nowhere"};
	struct buf a, b;
	buf_init(&a, 1 << 20);
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < 4; i++) {
		int n = read_names(s, false, literals[i], &a);
		int m = read_names(s, true, literals[i], &b);
		ok(n == m && n >= 0 && bytes_equal(buf_bytes(&a), buf_bytes(&b)),
		   "%s: the same %d names with '%s'", when, n, literals[i]);
	}
	buf_release(&a);
	buf_release(&b);
}

/* The first run there is: its path. */
static const char *first_run(const char *folder)
{
	static char path[NAMES_PATH];
	struct names_list l;
	names_list(folder, &l);
	path[0] = '\0';
	if (l.count)
		names_run_path(folder, &l.at[0], path);
	return path;
}

static size_t runs_in(const char *folder)
{
	struct names_list l;
	names_list(folder, &l);
	return l.count;
}

static void damage(const char *path)
{
	uint8_t octet = 0;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	ok(fd >= 0 && pread(fd, &octet, 1, 20) == 1, "the first block is damaged");
	octet ^= 0x55;
	(void)!pwrite(fd, &octet, 1, 20);
	close(fd);
}

static bool in_file(const char *path, const char *literal)
{
	struct names_file *n = NULL;
	struct names_scan s;
	struct bytes name;
	if (names_open(path, NULL, &n) < 0)
		return false;
	names_scan_init(&s, n, BYTES(NULL, 0), BYTES(NULL, 0), BYTES_STR(literal));
	bool found = names_scan_next(&s, &name) == 1;
	names_scan_release(&s);
	names_put(n);
	return found;
}

/* In any of the shelf's runs. */
static bool in_runs(const char *folder, const char *literal)
{
	struct names_list l;
	char path[NAMES_PATH];
	bool found = false;
	names_list(folder, &l);
	for (size_t i = 0; i < l.count; i++) {
		names_run_path(folder, &l.at[i], path);
		found |= in_file(path, literal);
	}
	return found;
}

static void keep_line(const char *line, void *arg)
{
	snprintf(arg, 200, "%s", line);
}

/* A sorted file that cannot be opened is set aside; names of what it had go with it. */
static void test_aside(const char *dir, const char *folder)
{
	struct store_options o = {.write = true, .memory = 32u << 20};
	struct fault f = {0};
	struct store *s;
	char pattern[300];
	glob_t found;
	snprintf(pattern, sizeof(pattern), "%s/y2015/*.sst", dir);
	ok(glob(pattern, 0, NULL, &found) == 0 && runs_in(folder),
	   "a compacted shelf with its names");
	for (size_t i = 0; i < found.gl_pathc; i++)
		ok(truncate(found.gl_pathv[i], 100) == 0, "a sorted file is cut short");
	globfree(&found);
	is_int(store_open(dir, &o, &f, &s), 0, "the store opens");
	commit(s, 3, 20);
	ok(runs_in(folder) == 0, "names of what was set aside are in no file");
	same(s, "a file set aside");
	store_close(s);
}

/* As a crash before the segment is taken in leaves one. */
static int stray_run(const char *folder)
{
	struct names_writer *w;
	struct names_list l;
	char path[NAMES_PATH];
	names_list(folder, &l);
	uint64_t at = l.count ? l.at[l.count - 1].to : 0;
	struct names_run run = {.from = at, .to = at + 1};
	names_run_path(folder, &run, path);
	int r = names_begin(path, NULL, &w);
	if (r == 0)
		r = names_add(w, BYTES("\1a\2q7", 6), NULL);
	return r == 0 ? names_end(w, NULL) : r;
}

/* A name that only the run has is given: runs are read, and not N. */
static void test_is_read(const char *dir, const char *folder)
{
	struct store *s = NULL;
	const char *path = first_run(folder);
	struct names_writer *w;
	struct buf out;
	buf_init(&out, 1 << 20);
	ok(names_begin(path, NULL, &w) == 0 &&
	       names_add(w, BYTES("\6stray1\3not", 12), NULL) == 0 &&
	       names_end(w, NULL) == 0,
	   "a run is exchanged for another one");
	is_int(store_open(dir, NULL, NULL, &s), 0, "a reader");
	is_int(read_names(s, true, "stray1", &out), 1, "and read");
	is_int(read_names(s, false, "stray1", &out), 0, "not so without names_only");
	buf_release(&out);
	store_close(s);
}

static void test_store(const char *dir)
{
	struct store_options o = {.write = true, .create = true, .memory = 32u << 20};
	struct fault f = {0};
	struct store *s = NULL, *reader = NULL;
	char folder[300];
	snprintf(folder, sizeof(folder), "%s/y2015/" NAMES_FOLDER, dir);
	is_int(store_open(dir, &o, &f, &s), 0, "a store");
	commit(s, 1, 0);
	same(s, "as written");
	ok(runs_in(folder) == 1 && in_runs(folder, "z3"), "a segment brings its names");
	commit(s, 4, 10);
	same(s, "two segments");
	is_int((long)runs_in(folder), 2, "and each its own");
	is_int(store_compact(s, &f), 0, "compacted");
	ok(runs_in(folder) == 1 && in_runs(folder, "z3"), "and they are one");
	same(s, "compacted");
	is_int(store_open(dir, NULL, &f, &reader), 0, "a reader beside it");
	same(reader, "another process");
	commit(s, 2, 20);
	same(s, "more has come");
	usleep(60000);
	same(reader, "more has come, seen from outside");
	is_int(store_compact(s, &f), 0, "compacted again");
	same(s, "compacted again");
	damage(first_run(folder));
	same(s, "damaged while it is open");
	usleep(60000);
	store_close(reader);
	is_int(store_open(dir, NULL, &f, &reader), 0, "a new reader");
	same(reader, "damaged before it was opened");
	char said[200] = "";
	is_int(store_verify(s, keep_line, said, &f), 1, "verify finds it");
	ok(strstr(said, "y2015: the file of names") != NULL, "and names it: %s", said);
	is_int(store_compact(s, &f), 0, "compaction mends it");
	is_int(store_verify(s, keep_line, said, &f), 0, "and verify is content");
	same(s, "mended");

	struct erasure e = {.kind = ERASE_ZONE};
	ok(stray_run(folder) == 0 && in_runs(folder, "q7"),
	   "a run of a segment that never went in");
	e.name = BYTES("\2q7", 4);
	int64_t gone = -1;
	ok(store_erase(s, &e, 1, NULL, NULL, &gone, &f) == 0 && gone == 0,
	   "erased is what was in it only");
	ok(runs_in(folder) == 1 && !in_runs(folder, "q7"), "it is gone all the same");
	e.name = BYTES("\2z3", 4);
	ok(store_erase(s, &e, 1, NULL, NULL, &gone, &f) == 0 && gone > 0,
	   "a zone is erased");
	ok(runs_in(folder) == 1 && !in_runs(folder, "z3"), "its names are in no file");
	same(s, "erased");
	is_int(store_compact(s, &f), 0, "and compacted");
	ok(!in_runs(folder, "z3") && in_runs(folder, "z2"), "nor are they after it");
	same(s, "erased and compacted");
	test_is_read(dir, folder);
	store_close(reader);
	store_close(s);
	test_aside(dir, folder);
}

int main(void)
{
	char dir[] = "/tmp/yore-names-XXXXXX", path[64];
	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/one", dir);
	make_names();
	is_int(write_file(path), 0, "a file is written");
	test_ranges(path);
	test_seek(path);
	test_bits(path);
	snprintf(path, sizeof(path), "%s/many", dir);
	test_many(path);
	test_tiers();
	snprintf(path, sizeof(path), "%s/db", dir);
	test_store(path);
	io_remove_tree(dir, NULL);
	return tap_done();
}
