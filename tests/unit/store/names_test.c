/* The file of names: what it gives is what table N would give, whatever happens to it. */
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "store/names.h"
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
	return r == 0 ? names_end(w, 77, &f) : r;
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
	ok(n->names == count && n->covers == 77 && n->count > 1,
	   "it knows its %zu names in %zu blocks, and what it covers", count, n->count);
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

static void keep_line(const char *line, void *arg)
{
	snprintf(arg, 200, "%s", line);
}

/* A sorted file that cannot be opened is set aside; names of what it had go with it. */
static void test_aside(const char *dir, const char *path)
{
	struct store_options o = {.write = true, .memory = 32u << 20};
	struct fault f = {0};
	struct store *s;
	char pattern[300];
	glob_t found;
	snprintf(pattern, sizeof(pattern), "%s/y2015/*.sst", dir);
	ok(glob(pattern, 0, NULL, &found) == 0 && io_exists(path),
	   "a compacted shelf with its file of names");
	for (size_t i = 0; i < found.gl_pathc; i++)
		ok(truncate(found.gl_pathv[i], 100) == 0, "a sorted file is cut short");
	globfree(&found);
	is_int(store_open(dir, &o, &f, &s), 0, "the store opens");
	commit(s, 3, 20);
	ok(!io_exists(path), "names of what was set aside are in no file");
	same(s, "a file set aside");
	store_close(s);
}

static void test_store(const char *dir)
{
	struct store_options o = {.write = true, .create = true, .memory = 32u << 20};
	struct fault f = {0};
	struct store *s = NULL, *reader = NULL;
	char path[300];
	snprintf(path, sizeof(path), "%s/y2015/" NAMES_FILE, dir);
	is_int(store_open(dir, &o, &f, &s), 0, "a store");
	commit(s, 1, 0);
	same(s, "as written");
	ok(!io_exists(path), "there is no file of names before a compaction");
	is_int(store_compact(s, &f), 0, "compacted");
	ok(in_file(path, "z3"), "and now there is one");
	same(s, "compacted");
	is_int(store_open(dir, NULL, &f, &reader), 0, "a reader beside it");
	same(reader, "another process");
	commit(s, 2, 10);
	same(s, "more has come");
	usleep(60000);
	same(reader, "more has come, seen from outside");
	is_int(store_compact(s, &f), 0, "compacted again");
	same(s, "compacted again");
	damage(path);
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
	e.name = BYTES("\2z3", 4);
	ok(store_erase(s, &e, 1, NULL, NULL, &f) > 0, "a zone is erased");
	ok(!in_file(path, "z3"), "its names are not in the file any more");
	same(s, "erased");
	is_int(store_compact(s, &f), 0, "and compacted");
	ok(!in_file(path, "z3") && in_file(path, "z2"), "nor are they after it");
	same(s, "erased and compacted");
	store_close(reader);
	store_close(s);
	test_aside(dir, path);
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
	snprintf(path, sizeof(path), "%s/db", dir);
	test_store(path);
	io_remove_tree(dir, NULL);
	return tap_done();
}
