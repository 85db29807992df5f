/*
 * Flipped octets and cut files, in incoming/ and in the database: what is damaged is
 * named and left out, everything else answers.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "store/segment.h"
#include "tap.h"
#include "unit/store/looking.h"
#include "unit/store/sst_blocks.h"

#define ROWS 20000

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

/* ---- many plain rows ---- */

struct plain {
	struct segment_rows rows;
	uint32_t at, end;
	struct buf key;
	uint8_t value[SPAN_WIRE_MAX];
};

static void plain_key(struct buf *b, uint32_t n)
{
	char label[16];
	uint8_t owner[32];
	/* digits that do not compress away, in the order of n */
	int len = snprintf(label, sizeof(label), "%08x", n);
	owner[0] = (uint8_t)len;
	memcpy(owner + 1, label, (size_t)len);
	memcpy(owner + 1 + len, "\3com", 5);
	uint8_t rdata[8] = {0, 4};
	store_u32be(rdata + 2, n * 2654435761u);
	struct rrset set = {.owner = BYTES(owner, (size_t)len + 6),
			    .type = 1,
			    .source = SOURCE_ABOVE,
			    .bailiwick = 1,
			    .rdata = BYTES(rdata, 6)};
	buf_clear(b);
	key_rrset(b, &set);
}

static int plain_next(struct segment_rows *self, struct bytes *key, struct bytes *value)
{
	struct plain *p = (struct plain *)self;
	if (p->at == p->end)
		return 0;
	plain_key(&p->key, p->at);
	int64_t start = when_month_start(2015 * 12);
	struct span s = span_of_sighting(start + p->at % 2500000, 60 + p->at % 1000);
	*value = BYTES(p->value, span_encode(&s, start, p->value));
	key_put_month(&p->key, 2015 * 12);
	*key = buf_bytes(&p->key);
	p->at++;
	return 1;
}

static int commit_plain(struct store *s, const char *shelf, uint64_t seq, uint32_t from,
			uint32_t to)
{
	struct plain p = {.rows = {plain_next}, .at = from, .end = to};
	struct ledger_entry e = made_entry(1, seq * 10, seq * 10 + 10);
	struct segment_meta m = made_meta(shelf, seq, &e, 1);
	struct fault f = {0};
	buf_init(&p.key, 256);
	int r = store_commit(s, &m, &p.rows, &f);
	if (r < 0)
		printf("# %s\n", f.text);
	buf_release(&p.key);
	return r;
}

struct seen {
	uint32_t rows, damaged, wrong;
	char fault[480];
};

/* Reads all rows; they must be ascending numbers with the right content. */
static void read_all(struct store *s, struct seen *seen)
{
	struct scan scan = {.table = TABLE_RRSET};
	struct cursor *c;
	struct store_row row;
	struct fault f = {0};
	uint32_t n = 0;
	struct buf key;
	memset(seen, 0, sizeof(*seen));
	buf_init(&key, 256);
	if (store_scan(s, &scan, &f, &c) < 0) {
		printf("# %s\n", f.text);
		seen->wrong = 1;
		return;
	}
	int r;
	while ((r = cursor_next(c, &row)) != 0) {
		if (r < 0) {
			if (seen->damaged++ == 0)
				snprintf(seen->fault, sizeof(seen->fault), "%s",
					 cursor_fault(c)->text);
			if (r != YORE_ECORRUPT || seen->damaged > 100)
				break;
			continue;
		}
		do
			plain_key(&key, n++);
		while (n <= 2 * ROWS && !bytes_equal(buf_bytes(&key), row.base));
		seen->wrong += n > 2 * ROWS || row.span.count != 1 ||
			       row.span.ttl_min != 60 + (n - 1) % 1000;
		seen->rows++;
	}
	cursor_close(c);
	buf_release(&key);
}

/* ---- files ---- */

static int copy_tree(const char *from, const char *to)
{
	char command[600];
	snprintf(command, sizeof(command), "rm -rf '%s' && cp -a '%s' '%s'", to, from,
		 to);
	return system(command);
}

static bool find_file(const char *dir, const char *shelf, const char *what, char ret[800])
{
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", dir, shelf);
	DIR *d = opendir(path);
	struct dirent *e;
	bool found = false;
	while (d && (e = readdir(d)))
		if (strstr(e->d_name, what)) {
			snprintf(ret, 800, "%s/%s", path, e->d_name);
			found = true;
		}
	if (d)
		closedir(d);
	return found;
}

/* The only sorted file of a shelf. */
static bool find_sst(const char *dir, const char *shelf, char ret[800])
{
	return find_file(dir, shelf, ".sst", ret);
}

static int64_t size_of(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 ? (int64_t)st.st_size : -1;
}

/* Turns one bit of an octet. */
static void flip_octet(const char *path, int64_t at)
{
	uint8_t c = 0;
	int fd = open(path, O_RDWR);
	if (pread(fd, &c, 1, at) == 1) {
		c ^= 0x10;
		(void)!pwrite(fd, &c, 1, at);
	}
	close(fd);
}

/* At so many thousandths, or, negative, so many octets before the end. */
static void flip(const char *path, int64_t at)
{
	flip_octet(path, at < 0 ? size_of(path) + at : size_of(path) * at / 1000);
}

/* ---- in the database ---- */

static void test_data_block(const char *whole, int64_t at)
{
	char dir[160], sst[800];
	struct seen seen;
	snprintf(dir, sizeof(dir), "%s/data", base);
	copy_tree(whole, dir);
	ok(find_sst(dir, "y2015", sst), "a file to damage at %d/1000", (int)at);
	flip(sst, at);
	struct store *s = open_db(dir, false);
	read_all(s, &seen);
	store_close(s);
	is_int(seen.damaged, 1, "the damage is told once");
	is_int(seen.wrong, 0, "what is given is right and in order");
	ok(seen.rows < ROWS && seen.rows > ROWS - 800,
	   "only the rows of that block are missing (%u of %u)", ROWS - seen.rows, ROWS);
	ok(strstr(seen.fault, "y2015") && strstr(seen.fault, ".sst") &&
	       strstr(seen.fault, "table R") && strstr(seen.fault, " up to "),
	   "it says where: file, table, keys: %s", seen.fault);
	s = open_db(dir, true);
	int r = commit_plain(s, "y2015", 1, ROWS, ROWS + 100);
	if (at < 10) /* the ledger stands there: what it says cannot be known */
		is_int(r, YORE_ECORRUPT, "nothing is written on a guess");
	else
		is_int(r, 0, "writing goes on");
	read_all(s, &seen);
	ok(seen.damaged == 1 && seen.rows > ROWS - 800, "and what is new answers");
	store_close(s);
}

/* So many commits that compaction has to read the damage again and again. */
static void test_compacted(const char *whole, int64_t at)
{
	char dir[160], sst[800];
	struct seen seen;
	struct fault f = {0};
	snprintf(dir, sizeof(dir), "%s/compacted", base);
	copy_tree(whole, dir);
	find_sst(dir, "y2015", sst);
	flip(sst, at);
	struct store *s = open_db(dir, true);
	int done = 0;
	uint64_t first = at > 0; /* a file set aside takes its ledger with it */
	for (uint64_t i = first; i < first + 40; i++)
		done += commit_plain(s, "y2015", i, ROWS + 100 * (uint32_t)i,
				     ROWS + 100 * (uint32_t)i + 100) == 0;
	is_int(done, 40, "damage does not stop what comes");
	is_int(store_compact(s, &f), 0, f.text);
	read_all(s, &seen);
	ok(seen.rows >= 4000 && seen.damaged == 1 && seen.wrong == 0,
	   "all of it answers, and the damage is told (%u rows): %s", seen.rows,
	   seen.fault);
	store_close(s);
}

static int64_t verified(struct store *s)
{
	struct fault f = {0};
	return store_verify(s, NULL, NULL, &f);
}

/* Rows are left, but not what says which inputs they are of. */
static void ledger_lost(struct store *s, uint32_t left)
{
	struct seen seen;
	read_all(s, &seen);
	ok(left > 0 && left < ROWS && seen.rows == left + 100 && seen.damaged == 1 &&
	       strstr(seen.fault, "its ledger is lost"),
	   "where the ledger is lost nothing is added, and that is said: %s", seen.fault);
	ok(verified(s) == 1, "and verify names the one thing");
	is_int(store_forget_missing(s, "y2015", NULL), 1, "until the loss is accepted");
	is_int(commit_plain(s, "y2015", 0, ROWS, ROWS + 50), 0, "then rows are taken");
	read_all(s, &seen);
	ok(seen.rows == left + 150 && seen.damaged == 0 && seen.wrong == 0,
	   "and stand beside what was left (%u rows)", seen.rows);
}

/* Mended, the shelf itself takes rows again and answers, and names what is missing. */
static void mend_and_go_on(struct store *s)
{
	struct seen seen;
	struct fault f = {0};
	int64_t n = store_repair(s, NULL, NULL, &f), again;
	ok(n >= 0, "mended (%d) %s", (int)n, f.text);
	read_all(s, &seen);
	uint32_t left = seen.rows - 100;
	int r = commit_plain(s, "y2015", 1, ROWS, ROWS + 50);
	if (r == YORE_ESTALE) /* its ledger went with it: what is lost may come anew */
		r = commit_plain(s, "y2015", 0, ROWS, ROWS + 50);
	if (r == YORE_ECORRUPT) {
		ledger_lost(s, left);
		return;
	}
	is_int(r, 0, "the damaged year takes rows, too");
	read_all(s, &seen);
	ok(seen.rows == left + 150 && seen.wrong == 0 &&
	       (left == ROWS || seen.damaged == 1),
	   "and answers: %u rows are left, %u times told: %s", left, seen.damaged,
	   seen.fault);
	again = store_repair(s, NULL, NULL, &f);
	is_int(again, 0, "there is nothing more to mend");
	is_int(store_compact(s, &f), 0, "it can be compacted");
	ok(left == ROWS || verified(s) == 1, "and verify names the one thing");
}

/* Index, filter, properties, footer: another year must answer whatever happens. */
static void test_tail(const char *whole, int64_t at, const char *what)
{
	char dir[160], sst[800];
	struct seen seen;
	snprintf(dir, sizeof(dir), "%s/tail", base);
	copy_tree(whole, dir);
	find_sst(dir, "y2015", sst);
	flip_octet(sst, at);
	struct store *reader = open_db(dir, false);
	read_all(reader, &seen);
	store_close(reader);
	ok(seen.wrong == 0 && (seen.rows == ROWS || seen.damaged),
	   "a reader is told (%u rows, %u): %s", seen.rows, seen.damaged, seen.fault);
	struct store *s = open_db(dir, true);
	ok(s != NULL, "a flip in the %s (octet %d): it opens", what, (int)at);
	is_int(commit_plain(s, "y2016", 0, ROWS + 500, ROWS + 600), 0,
	       "another year takes rows");
	read_all(s, &seen);
	is_int(seen.wrong, 0, "what is given is right");
	ok(seen.rows >= 100 && (seen.rows == ROWS + 100 || seen.damaged),
	   "the other year answers, and damage is told (%u rows, %u): %s", seen.rows,
	   seen.damaged, seen.fault);
	mend_and_go_on(s);
	store_close(s);
}

static void test_cut(const char *whole)
{
	char dir[160], sst[800];
	struct seen seen;
	snprintf(dir, sizeof(dir), "%s/cut", base);
	copy_tree(whole, dir);
	find_sst(dir, "y2015", sst);
	ok(truncate(sst, size_of(sst) / 2) == 0, "a file cut in half");
	struct store *s = open_db(dir, true);
	ok(s != NULL, "it opens");
	is_int(commit_plain(s, "y2016", 0, ROWS, ROWS + 100), 0, "another year works");
	ok(commit_plain(s, "y2015", 1, ROWS, ROWS + 100) < 0, "the lost one refuses");
	read_all(s, &seen);
	ok(seen.rows == 100 && seen.damaged, "told: %s", seen.fault);
	struct store *other = open_db(dir, true);
	is_int(commit_plain(other, "y2015", 1, ROWS, ROWS + 100), YORE_ESTALE,
	       "another writer is told as well and does not wait for ever");
	is_int(commit_plain(other, "y2016", 1, ROWS, ROWS + 100), 0,
	       "what it writes elsewhere is taken in");
	is_int(commit_plain(s, "y2015", 0, 0, ROWS), 0, "what was lost is taken in anew");
	read_all(s, &seen);
	ok(seen.rows == ROWS + 100 && seen.damaged == 1,
	   "and there, the loss still told");
	is_int(store_forget_missing(s, "y2015", NULL), 1, "until it is accepted");
	read_all(s, &seen);
	ok(seen.rows == ROWS + 100 && seen.damaged == 0, "then it is whole");
	is_int(entries_in(dir, "damaged"), 0, "and nothing of it is kept");
	store_close(other);
	store_close(s);
	is_int(entries_in(dir, "rejected"), 0, "nothing of that stays in rejected/");
}

/* A block of each kind, by name; and the last octets wherever they belong. */
static void test_tails(const char *whole)
{
	static const int64_t tails[] = {1, 45, 300, 900, 1500, 2500, 5000};
	char sst[800];
	struct sst_blocks b;
	ok(find_sst(whole, "y2015", sst) && sst_find_blocks(sst, &b),
	   "the blocks of a file are found");
	test_tail(whole, 100, "first block, where the ledger is");
	test_tail(whole, (int64_t)b.filter, "filter");
	test_tail(whole, (int64_t)b.filter_top, "filters' index");
	test_tail(whole, (int64_t)b.index, "index");
	test_tail(whole, (int64_t)b.index_top, "top of the index");
	test_tail(whole, (int64_t)b.properties, "properties");
	test_tail(whole, (int64_t)b.metaindex, "metaindex");
	test_tail(whole, (int64_t)b.footer, "footer");
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++)
		test_tail(whole, size_of(sst) - tails[i], "end");
	for (int64_t i = 1; getenv("YORE_LONG") && i < 100; i++)
		test_tail(whole, size_of(sst) * i / 100, "file");
}

static void test_database(void)
{
	char dir[160];
	struct seen seen;
	snprintf(dir, sizeof(dir), "%s/whole", base);
	struct store *s = open_db(dir, true);
	is_int(commit_plain(s, "y2015", 0, 0, ROWS), 0, "rows");
	read_all(s, &seen);
	ok(seen.rows == ROWS && seen.damaged == 0 && seen.wrong == 0, "all there");
	store_close(s);
	test_data_block(dir, 300);
	test_data_block(dir, 500);
	test_data_block(dir, 1); /* the first block */
	test_data_block(dir, 700);
	test_compacted(dir, 500);
	test_compacted(dir, -3);
	test_tails(dir);
	test_cut(dir);
}

/* ---- a shelf that cannot be opened ---- */

/* Neither whoever holds the lock nor who hands over to it waits for it, or loses rows. */
static void test_shelf_waits(const char *whole)
{
	char dir[160], journal[800], kept[160];
	struct seen seen;
	snprintf(dir, sizeof(dir), "%s/waits", base);
	snprintf(kept, sizeof(kept), "%s/journal", base);
	copy_tree(whole, dir);
	ok(find_file(dir, "y2015", "MANIFEST", journal) && rename(journal, kept) == 0,
	   "a journal is taken away");
	struct store *holder = open_db(dir, true), *other = open_db(dir, true);
	is_int(commit_plain(holder, "y2016", 0, ROWS + 200, ROWS + 210), 0,
	       "others go on");
	is_int(commit_plain(holder, "y2015", 1, ROWS, ROWS + 100), 0,
	       "the holder leaves");
	is_int(commit_plain(other, "y2015", 2, ROWS + 100, ROWS + 200), 0,
	       "and the other");
	is_int(entries_in(dir, "incoming"), 2, "what is for it in incoming/");
	is_int(entries_in(dir, "rejected"), 0, "and nowhere else");
	read_all(holder, &seen);
	ok(seen.rows == 10 && seen.damaged == 1, "the shelf is missed: %s", seen.fault);
	ok(strstr(seen.fault, "restore") != NULL, "and what to do is said");
	store_close(other);
	store_close(holder);
	is_int(rename(kept, journal), 0, "it is put back");
	holder = open_db(dir, true);
	is_int(entries_in(dir, "incoming"), 0, "then what waited goes in");
	read_all(holder, &seen);
	is_int(seen.rows, ROWS + 210, "all of it");
	store_close(holder);
}

/* ---- in incoming/ ---- */

static const char segment[] = "y2015-ab000000000000000000000000000000-0000000000";

/* A database with a segment that waits, as after a crash. */
static void leave_segment(const char *dir)
{
	char path[256];
	fflush(stdout);
	snprintf(path, sizeof(path), "%s/incoming/%s", dir, segment);
	struct store *s = open_db(dir, true);
	store_close(s);
	mkdir(path, 0777);
	struct plain p = {.rows = {plain_next}, .at = 0, .end = ROWS};
	struct ledger_entry e = made_entry(1, 0, 10);
	struct segment_meta m = made_meta("y2015", 0, &e, 1);
	struct fault f = {0};
	buf_init(&p.key, 256);
	is_int(segment_write(path, &m, &p.rows, NULL, &f), 0, "a segment is left");
	buf_release(&p.key);
}

static void expect(const char *dir, const char *what, bool taken)
{
	struct seen seen;
	char reason[256];
	struct buf b;
	struct store *s = open_db(dir, true);
	struct fault f = {0};
	read_all(s, &seen);
	ok(seen.rows == (taken ? ROWS : 0) && seen.damaged == 0, "%s: %s", what,
	   taken ? "taken in" : "nothing of it");
	is_int(entries_in(dir, "incoming"), 0, "it does not wait any more");
	is_int(entries_in(dir, "rejected"), !taken, "rejected or not");
	snprintf(reason, sizeof(reason), "%s/rejected/%s/reason", dir, segment);
	if (!taken && io_read_file(reason, 4096, &b, &f) == 0) {
		ok(b.len > 10 && strstr(buf_str(&b), "\n"), "the reason: %.*s",
		   (int)b.len - 1, buf_str(&b));
		buf_release(&b);
	}
	is_int(commit_plain(s, "y2015", taken, ROWS, ROWS + 10), 0,
	       "and writing goes on");
	store_close(s);
}

static void test_incoming(void)
{
	static const struct {
		const char *what, *file;
		int64_t at;
		bool taken;
	} cases[] = {{"untouched", NULL, 0, true},
		     {"a data block", SEGMENT_ROWS, 300, false},
		     {"the first octet", SEGMENT_ROWS, 0, false},
		     {"the footer", SEGMENT_ROWS, -3, false},
		     {"the tail", SEGMENT_ROWS, -1000, false},
		     {"the header's name", SEGMENT_HEADER, 10, false},
		     {"the header's end", SEGMENT_HEADER, -1, false}};
	char dir[160], path[400];
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(dir, sizeof(dir), "%s/in%zu", base, i);
		leave_segment(dir);
		snprintf(path, sizeof(path), "%s/incoming/%s/%s", dir, segment,
			 cases[i].file ? cases[i].file : "");
		if (cases[i].file)
			flip(path, cases[i].at);
		expect(dir, cases[i].what, cases[i].taken);
	}
}

static void test_incoming_files(void)
{
	char dir[160], path[400], copy[400];
	snprintf(dir, sizeof(dir), "%s/short", base);
	leave_segment(dir);
	snprintf(path, sizeof(path), "%s/incoming/%s/%s", dir, segment, SEGMENT_ROWS);
	ok(truncate(path, size_of(path) - 5000) == 0, "cut");
	expect(dir, "cut short", false);

	snprintf(dir, sizeof(dir), "%s/gone", base);
	leave_segment(dir);
	snprintf(path, sizeof(path), "%s/incoming/%s/%s", dir, segment, SEGMENT_ROWS);
	unlink(path);
	expect(dir, "without its file", false);

	snprintf(dir, sizeof(dir), "%s/version", base);
	leave_segment(dir);
	snprintf(path, sizeof(path), "%s/incoming/%s/%s", dir, segment, SEGMENT_HEADER);
	int fd = open(path, O_RDWR);
	(void)!pwrite(fd, "\x63", 1, 7);
	close(fd);
	expect(dir, "of a later version", false);

	snprintf(dir, sizeof(dir), "%s/replay", base);
	leave_segment(dir);
	snprintf(path, sizeof(path), "%s/incoming/%s", dir, segment);
	snprintf(copy, sizeof(copy), "%s/copy", base);
	copy_tree(path, copy);
	store_close(open_db(dir, true));
	copy_tree(copy, path);
	expect(dir, "the same once more", true);
}

/* What the engine writes into a file that it takes in is exactly what the hash omits. */
static void test_hole(void)
{
	char dir[160], path[600], kept[200], sst[800];
	struct segment s;
	struct fault f = {0};
	snprintf(dir, sizeof(dir), "%s/hole", base);
	struct store *db = open_db(dir, true);
	commit_plain(db, "y2015", 0, 0, 10); /* so that there is a number to write */
	store_close(db);
	snprintf(path, sizeof(path), "%s/incoming/%s", dir, segment);
	mkdir(path, 0777);
	struct plain p = {.rows = {plain_next}, .at = 0, .end = ROWS};
	struct ledger_entry e = made_entry(1, 10, 20);
	struct segment_meta m = made_meta("y2015", 0, &e, 1);
	buf_init(&p.key, 256);
	is_int(segment_write(path, &m, &p.rows, NULL, &f), 0, "a segment");
	buf_release(&p.key);
	snprintf(kept, sizeof(kept), "%s/kept", base);
	copy_tree(path, kept);
	store_close(open_db(dir, true));
	ok(find_sst(dir, "y2015", sst), "taken in as %s", sst);
	is_int(segment_read(kept, &s, &f), 0, "its header");
	struct buf a, b;
	snprintf(path, sizeof(path), "%s/%s", kept, SEGMENT_ROWS);
	int r = io_read_file(path, 1u << 26, &a, &f), q = 0;
	/* the larger one of the two is it */
	DIR *d = opendir((snprintf(path, sizeof(path), "%s/y2015", dir), path));
	struct dirent *entry;
	while (d && (entry = readdir(d))) {
		snprintf(sst, sizeof(sst), "%s/%.100s", path, entry->d_name);
		if (strstr(entry->d_name, ".sst") && (uint64_t)size_of(sst) == s.octets)
			q = io_read_file(sst, 1u << 26, &b, &f) == 0;
	}
	if (d)
		closedir(d);
	size_t outside = 0, inside = 0;
	for (size_t i = 0; r == 0 && q && i < a.len; i++)
		if (a.at[i] != b.at[i])
			*(i >= s.hole && i < s.hole + 8 ? &inside : &outside) += 1;
	ok(r == 0 && q && outside == 0 && inside > 0,
	   "the engine changed %zu octets in the hole, %zu elsewhere", inside, outside);
	if (r == 0)
		buf_release(&a);
	if (q)
		buf_release(&b);
	segment_release(&s);
}

int main(void)
{
	snprintf(base, sizeof(base), "/tmp/yore-damage-XXXXXX");
	if (mkdtemp(base) == NULL)
		return 1;
	char whole[160];
	test_database();
	snprintf(whole, sizeof(whole), "%s/whole", base);
	test_shelf_waits(whole);
	test_incoming();
	test_incoming_files();
	test_hole();
	io_remove_tree(base, NULL);
	return tap_done();
}
