/*
 * From format 1 to what is written now: every row is looked at before and after with the
 * engine's own functions, past the store; ended by kill -9 at each step and begun again.
 */
#include <signal.h>
#include <sys/wait.h>

#include "record/key_older.h"
#include "store/ledger.h"
#include "tap.h"
#include "unit/store/older.h"

static char base[64];
static struct old_rows year, interval, private_one, who;

/* ---- what stands on disk ---- */

struct dumped {
	struct old_row at[OLD_MOST * 2]; /* now: the key */
	size_t count;
};

static void dump_free(struct dumped *d)
{
	for (size_t i = 0; i < d->count; i++)
		free(d->at[i].now);
	d->count = 0;
}

static void dump_add(struct dumped *d, struct bytes key, struct bytes value)
{
	struct old_row *r = &d->at[d->count++];
	r->now = malloc(key.len + 1);
	memcpy(r->now, key.at, r->now_len = key.len);
	r->value_len = value.len < sizeof(r->value) ? value.len : 0;
	memcpy(r->value, value.at, r->value_len);
}

/* Rows of a shelf but the ledger's, or the ledger's only. */
static void dump(const char *dir, const char *shelf, bool ledger, struct dumped *ret)
{
	char path[300], *err = NULL;
	snprintf(path, sizeof(path), "%s/%s", dir, shelf);
	rocksdb_options_t *o = rocks_options(NULL);
	rocksdb_t *db = rocksdb_open_for_read_only(o, path, 0, &err);
	ret->count = 0;
	if (err) {
		printf("# %s\n", err);
		rocksdb_free(err);
		rocksdb_options_destroy(o);
		return;
	}
	rocksdb_readoptions_t *ro = rocksdb_readoptions_create();
	rocksdb_readoptions_set_total_order_seek(ro, 1);
	rocksdb_iterator_t *it = rocksdb_create_iterator(db, ro);
	for (rocksdb_iter_seek_to_first(it); rocksdb_iter_valid(it);
	     rocksdb_iter_next(it)) {
		struct bytes k, v;
		k.at = (const uint8_t *)rocksdb_iter_key(it, &k.len);
		v.at = (const uint8_t *)rocksdb_iter_value(it, &v.len);
		if ((k.at[0] == TABLE_LEDGER) == ledger && ret->count < OLD_MOST * 2)
			dump_add(ret, k, v);
	}
	rocksdb_iter_destroy(it);
	rocksdb_readoptions_destroy(ro);
	rocksdb_close(db);
	rocksdb_options_destroy(o);
}

static bool same_key(const struct old_row *a, const struct old_row *b)
{
	return bytes_equal(BYTES(a->now, a->now_len), BYTES(b->now, b->now_len));
}

/* Just these rows, each with its count times what was written. */
static bool holds(const char *dir, const char *shelf, struct old_rows *want,
		  unsigned times)
{
	static struct dumped got;
	bool good = true;
	dump(dir, shelf, false, &got);
	qsort(want->at, want->count, sizeof(want->at[0]), now_compare);
	if (got.count != want->count)
		printf("# %s: %zu rows instead of %zu\n", shelf, got.count, want->count);
	good = got.count == want->count;
	for (size_t i = 0; good && i < got.count; i++) {
		struct asked_value a;
		struct span s;
		struct bytes v = BYTES(got.at[i].value, got.at[i].value_len);
		if (table_is_asked(got.at[i].now[0]))
			good = asked_value_read(v, &a) == 0 && a.span.count == times;
		else
			good =
			    span_decode(v, 0, &s) == 0 &&
			    (s.flags & SPAN_INTERVAL ? s.count == 1 : s.count == times);
		if (!good || !same_key(&got.at[i], &want->at[i]))
			printf("# %s: row %zu is another one\n", shelf, i);
		good = good && same_key(&got.at[i], &want->at[i]);
	}
	dump_free(&got);
	return good;
}

static bool same_ledger(const struct dumped *a, const struct dumped *b)
{
	bool same = a->count == b->count && a->count > 0;
	for (size_t i = 0; same && i < a->count; i++)
		same = same_key(&a->at[i], &b->at[i]) &&
		       bytes_equal(BYTES(a->at[i].value, a->at[i].value_len),
				   BYTES(b->at[i].value, b->at[i].value_len));
	return same;
}

/* ---- making one ---- */

static void fill(void)
{
	static const size_t sizes[] = {10,    900,   1023,  1024, 1500,
				       40000, 65534, 65535, 70000};
	char label[16];
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (unsigned owner = 0; owner < 3; owner++) {
			snprintf(label, sizeof(label), "h%u", owner);
			old_add(&year, "y2015", 'R', label, sizes[i], owner);
			old_add(&interval, "intervals", 'R', label, sizes[i], owner);
			old_add(&private_one, "suspicious", 'R', label, sizes[i], owner);
			if (sizes[i] <= 65535) {
				old_add(&year, "y2015", 'r', label, sizes[i], owner);
				old_add(&year, "y2015", 'h', label, sizes[i], owner);
				old_add(&interval, "intervals", 'r', label, sizes[i], 1);
			}
		}
	}
	for (unsigned day = 16617; day < 16648; day += 10)
		for (unsigned n = 0; n < 4; n++) {
			snprintf(label, sizeof(label), "n%u", n);
			old_add(&who, "who-2015-07", 'C', label, day, n);
		}
}

static struct store *open_it(const char *dir, bool write, struct fault *f)
{
	struct store_options o = {.write = write, .create = write, .memory = 32u << 20};
	struct store *s = NULL;
	*f = (struct fault){0};
	return store_open(dir, &o, f, &s) < 0 ? NULL : s;
}

static void make_anew(const char *dir)
{
	struct fault f;
	struct store *s = open_it(dir, true, &f);
	int r = s ? 0 : YORE_EIO;
	for (int again = 0; again < 2 && r == 0; again++) {
		/* the second time as the program wrote that came just before */
		uint8_t input = (uint8_t)(1 + again);
		r = old_commit(s, "y2015", &year, input, again, &f);
		if (r == 0)
			r = old_commit(s, "intervals", &interval, input, again, &f);
		if (r == 0)
			r = old_commit(s, "suspicious", &private_one, input, again, &f);
		if (r == 0)
			r = old_commit(s, "who-2015-07", &who, input, again, &f);
	}
	if (r < 0)
		printf("# %s\n", f.text);
	store_close(s);
	say_format(dir, "yore database 1\n");
}

/* The first one is made, the others are copies. */
static void make(const char *dir)
{
	char command[600], first[100];
	snprintf(first, sizeof(first), "%s/first", base);
	if (!io_exists(first))
		make_anew(first);
	snprintf(command, sizeof(command), "cp -a %s %s", first, dir);
	if (system(command) != 0)
		printf("# %s: failed\n", command);
}

static bool all_hold(const char *dir)
{
	return holds(dir, "y2015", &year, 2) && holds(dir, "intervals", &interval, 2) &&
	       holds(dir, "suspicious", &private_one, 2) &&
	       holds(dir, "who-2015-07", &who, 2);
}

/* ---- ended at each step ---- */

/* A process of its own, since it looks for steps to end at once. */
static int upgrade_apart(const char *dir, const char *variable, const char *step)
{
	int status;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		setenv(variable, step, 1);
		execl("/proc/self/exe", "upgrade_test", "child", dir, (char *)NULL);
		_exit(9);
	}
	if (waitpid(pid, &status, 0) < 0)
		return -1;
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int child(const char *dir)
{
	struct upgrade u;
	struct fault f = {0};
	int r = store_upgrade(dir, false, NULL, NULL, &u, &f);
	if (r < 0)
		printf("# %s\n", f.text);
	return r < 0;
}

static int upgrade(const char *dir, struct upgrade *u, struct fault *f)
{
	*f = (struct fault){0};
	return store_upgrade(dir, false, NULL, NULL, u, f);
}

static void test_crash(const char *step, bool kill_it)
{
	char dir[160];
	struct fault f;
	struct upgrade u;
	static struct dumped before, after;
	snprintf(dir, sizeof(dir), "%s/%s-%s", base, kill_it ? "kill" : "fail", step);
	make(dir);
	dump(dir, "y2015", true, &before);
	bool late = strcmp(step, "rewrite-exchanged") == 0;
	const char *how = kill_it ? "YORE_CRASH_AT" : "YORE_FAIL_AT";
	int want = kill_it ? 1009 : late ? 0 : 1;
	for (int i = 0; i < 3; i++)
		is_int(upgrade_apart(dir, how, step), i && late && !kill_it ? 0 : want,
		       step);
	struct store *s = open_it(dir, false, &f);
	ok(s != NULL, "it can be read");
	store_close(s);
	is_int(upgrade(dir, &u, &f), 0, "once more");
	ok(all_hold(dir), "every row stands where it has to");
	dump(dir, "y2015", true, &after);
	ok(same_ledger(&before, &after), "the ledger is what it was");
	is_int(entries_in(dir, "incoming"), 0, "nothing is left in incoming/");
	dump_free(&before);
	dump_free(&after);
}

/* ---- all of it ---- */

static void test_whole(void)
{
	char dir[160], text[600];
	struct fault f;
	struct upgrade u;
	snprintf(dir, sizeof(dir), "%s/whole", base);
	make(dir);
	struct store *s = open_it(dir, true, &f);
	ok(s == NULL && f.code == YORE_EVERSION, "it is not written to");
	snprintf(
	    text, sizeof(text),
	    "%s is of format 1 and this program writes format 2; bring it up to that "
	    "first: yore db upgrade %s",
	    dir, dir);
	is_str(f.text, text, "and the command is named");
	is_int(store_upgrade(dir, true, NULL, NULL, &u, &f), 0, "only looked at");
	ok(u.from == 1 && u.to == 2 && u.room_octets > 1 << 20, "what it would take");
	int larges = (int)u.rows;
	s = open_it(dir, true, &f);
	ok(s == NULL, "and it was not done");
	is_int(upgrade(dir, &u, &f), 0, "upgraded");
	is_int(u.rows, larges, "as was said");
	ok(all_hold(dir), "every row stands where it has to, added up");
	s = open_it(dir, true, &f);
	ok(s != NULL, "it can be written to");
	is_int(store_verify(s, NULL, NULL, &f), 0, "verified");
	is_int(old_commit(s, "y2015", &year, 1, true, &f), 0, "the same segment again");
	store_close(s);
	ok(all_hold(dir), "is known, and adds nothing");
	is_int(upgrade(dir, &u, &f), 0, "upgraded twice");
	ok(u.from == 2 && u.rows == 0, "there was nothing to do");
}

/* Reading as it is: each answer that leaves something out says so, once. */
static void test_reading(void)
{
	char dir[160];
	struct fault f;
	struct cursor *c;
	struct store_row row;
	uint8_t lo[] = {'R', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 2, 'h', '1', 0},
		after[sizeof(lo)];
	memcpy(after, lo, sizeof(lo));
	after[12] = 1;
	struct scan scan = {.table = TABLE_RRSET,
			    .lo = BYTES(lo, sizeof(lo)),
			    .hi = BYTES(after, sizeof(after)),
			    .exact_owner = true,
			    .year_first = 2015,
			    .year_last = 2015};
	snprintf(dir, sizeof(dir), "%s/reading", base);
	make(dir);
	struct store *s = open_it(dir, false, &f);
	for (int turn = 0; turn < 2; turn++) {
		int rows = 0, told = 0, r = store_scan(s, &scan, &f, &c);
		while (r == 0 && (r = cursor_next(c, &row)) != 0) {
			rows += r == 1;
			told += r == YORE_ECORRUPT &&
				strstr(cursor_fault(c)->text, "yore db upgrade");
			r = 0;
		}
		is_int(rows, 9, "an owner: three that are small, six that came lately");
		is_int(told, 1, "what is left out is told once");
		cursor_close(c);
	}
	scan.year_first = scan.year_last = 2014;
	is_int(store_scan(s, &scan, &f, &c), 0, "another year");
	is_int(cursor_next(c, &row), 0, "nothing is left out there");
	cursor_close(c);
	store_close(s);
}

/* Rows that were erased while no program could read their keys. */
static void test_erased(void)
{
	char dir[160], path[200];
	struct fault f;
	struct upgrade u;
	snprintf(dir, sizeof(dir), "%s/erased", base);
	make(dir);
	snprintf(path, sizeof(path), "%s/suppressed", dir);
	is_int(io_replace(path, BYTES_LIT("name h1.example.\n"), 0600, &f), 0, "a list");
	/* the owner's labels are in reversed order: example.h1 is h1.example */
	is_int(upgrade(dir, &u, &f), 0, "upgraded");
	static struct dumped d;
	int once = 0, twice = 0;
	dump(dir, "y2015", false, &d);
	for (size_t i = 0; i < d.count; i++) {
		struct old_row *r = &d.at[i];
		struct span s;
		if (r->now[0] != 'R' || r->now_len < 1100 /* five of the sizes */ ||
		    span_decode(BYTES(r->value, r->value_len), 0, &s) < 0)
			continue;
		bool named = memmem(r->now, r->now_len, "\2h1\0", 4) != NULL;
		once += named && s.count == 1;
		twice += !named && s.count == 2;
	}
	dump_free(&d);
	/* the other half was in today's form, and gone if whoever erased had wanted */
	is_int(once, 5, "what nobody could read and was erased stays behind");
	is_int(twice, 10, "the others do not");
}

/* A stretch that is missing: what would have gone elsewhere is missing there. */
static void test_notes(void)
{
	char dir[160];
	struct fault f;
	struct upgrade u;
	struct buf b, from, to;
	snprintf(dir, sizeof(dir), "%s/notes", base);
	make(dir);
	buf_init(&b, 4096);
	old_raw(&b, "h1", BYTES_LIT(""), false);
	b.len = 4;
	buf_put(&b, "\x05\xdc\x78\x78", 4); /* length 1500, cut behind two octets */
	struct aside_note n = {.from = buf_bytes(&b),
			       .to = buf_bytes(&b),
			       .reason = (char *)(uintptr_t) "something is missing"};
	is_int(aside_write(dir, "y2015", "k1", &n, &f), 0, "a note");
	is_int(upgrade(dir, &u, &f), 0, "upgraded");
	struct aside a;
	is_int(aside_read(dir, "y2015", &a, &f), 0, "read");
	ok(a.count == 1, "it is there");
	uint8_t digest_place[] = {'D', 'r', 0, 0x10, 0xff, 0xff, 0x80};
	ok(a.count && aside_touches(&a.at[0], BYTES(digest_place, 7), BYTES_LIT("E")),
	   "and a question by digest is told of it");
	is_str(a.count ? a.at[0].reason : "", n.reason, "in the same words");
	aside_release(&a);
	buf_init(&from, 4096);
	buf_init(&to, 4096);
	ok(!key_renewed_from(BYTES_LIT("N\1a"), &from) &&
	       !key_renewed_to(BYTES_LIT("N\1a"), &to) &&
	       !key_renewed_to(BYTES_LIT("R\1"), &to),
	   "other tables stay, and what is cut short early");
	buf_release(&from);
	buf_release(&to);
	buf_release(&b);
}

/* ---- what FORMAT may say ---- */

static void says(const char *dir, const char *line, const char *want)
{
	char text[600], path[400];
	struct fault f;
	struct upgrade u;
	say_format(dir, line);
	struct store *s = open_it(dir, false, &f);
	ok(s == NULL, "FORMAT that says %.20s", line);
	if (strncmp(want, "DIR", 3) == 0)
		snprintf(text, sizeof(text), "%s%s", dir, want + 3);
	else
		snprintf(text, sizeof(text),
			 "%s/FORMAT is damaged: it says '%s' where %s", dir, want,
			 "'yore database 2' is meant to stand (restore it from a backup; "
			 "the years beside it are as they were)");
	is_str(f.text, text, "is told in one line");
	f = (struct fault){0};
	ok(store_upgrade(dir, false, NULL, NULL, &u, &f) < 0, "and is not upgraded");
	is_str(f.text, text, "for the same reason");
	snprintf(path, sizeof(path), "%s/FORMAT", dir);
	struct buf b;
	if (io_read_file(path, 100, &b, NULL) == 0) {
		is_str(buf_str(&b), line, "it stays as it is");
		buf_release(&b);
	}
}

static void test_formats(void)
{
	char dir[160];
	struct fault f;
	snprintf(dir, sizeof(dir), "%s/formats", base);
	store_close(open_it(dir, true, &f));
	says(
	    dir, "yore database 3\n",
	    "DIR: its format is 3 and this program knows up to 2; use the newer program");
	says(
	    dir, "yore database 4294967295\n",
	    "DIR: its format is 4294967295 and this program knows up to 2; use the newer "
	    "program");
	says(dir, "yore database 0\n", "yore database 0");
	says(dir, "yore database 2", "yore database 2");
	says(dir, "yore database 2x\n", "yore database 2x");
	says(dir, "\x01rubbish\n", "?rubbish");
	says(dir, "", "");
	say_format(dir, "yore database 2\n");
	struct store *s = open_it(dir, true, &f);
	ok(s != NULL, "and as it was before it is good");
	store_close(s);
}

int main(int argc, char **argv)
{
	static const char *const steps[] = {"upgrade-drained", "upgrade-collected",
					    "rewrite-made",    "rewrite-exchanged",
					    "upgrade-noted",   "upgrade-format"};
	if (argc == 3)
		return child(argv[2]);
	snprintf(base, sizeof(base), "/tmp/yore-upgrade-XXXXXX");
	if (mkdtemp(base) == NULL)
		return 1;
	fill();
	test_whole();
	test_reading();
	test_erased();
	test_notes();
	test_formats();
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		test_crash(steps[i], true);
		test_crash(steps[i], false);
	}
	old_free(&year);
	old_free(&interval);
	old_free(&private_one);
	old_free(&who);
	io_remove_tree(base, NULL);
	return tap_done();
}
