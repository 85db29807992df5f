/* What every implementation of the store promises, and that all of them agree. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "tap.h"
#include "unit/store/segments.h"

static struct made made;

static struct store *open_at(const char *dir)
{
	struct store_options o = {.write = true, .create = true, .memory = 32u << 20};
	struct fault f = {0};
	struct store *s = NULL;
	if (store_open(dir, &o, &f, &s) < 0)
		printf("# %s\n", f.text);
	return s;
}

/* ---- one engine at a time ---- */

static int commit_one(struct store *s, const char *shelf, uint64_t seq, uint8_t input,
		      uint64_t from, uint64_t to, struct fault *f)
{
	struct ledger_entry e = made_entry(input, from, to);
	struct segment_meta m = made_meta(shelf, seq, &e, 1);
	made.given = 0;
	return store_commit(s, &m, &made.rows, f);
}

static size_t count_rows(struct store *s, const struct scan *scan, uint64_t *sum)
{
	struct cursor *c;
	struct store_row row;
	size_t n = 0;
	*sum = 0;
	if (store_scan(s, scan, NULL, &c) < 0)
		return SIZE_MAX;
	while (cursor_next(c, &row) == 1) {
		n++;
		*sum += row.span.count;
	}
	cursor_close(c);
	return n;
}

static void test_rule(struct store *s, const char *engine)
{
	struct scan all = {.table = TABLE_RRSET};
	struct fault f = {0};
	uint64_t sum, again;
	made_fill(&made, "y2015", 300);
	is_int(commit_one(s, "y2015", 1, 1, 0, 10, &f), 0, "a first commit");
	size_t n = count_rows(s, &all, &sum);
	ok(n > 50 && n != SIZE_MAX, "%s: its rows are there (%zu)", engine, n);
	is_int(commit_one(s, "y2015", 1, 1, 0, 10, &f), 0, "the same segment: known");
	is_int(count_rows(s, &all, &again), n, "and nothing added");
	ok(again == sum, "%s: counts neither", engine);
	is_int(commit_one(s, "y2015", 2, 1, 0, 10, &f), YORE_ESTALE,
	       "the same packets from somebody else are refused");
	ok(strstr(f.text, "test.pcap") != NULL, "saying which input: %s", f.text);
	is_int(commit_one(s, "y2015", 3, 1, 8, 20, &f), YORE_ESTALE, "overlap");
	is_int(commit_one(s, "y2015", 4, 1, 12, 20, &f), YORE_ESTALE, "a gap");
	is_int(commit_one(s, "y2016", 5, 1, 10, 20, &f), YORE_ESTALE,
	       "a shelf that has nothing of the input");
	count_rows(s, &all, &again);
	ok(again == sum, "%s: refused segments add nothing", engine);
	is_int(commit_one(s, "y2015", 6, 1, 10, 20, &f), 0, "what follows goes in");
	is_int(commit_one(s, "y2015", 1, 1, 0, 10, &f), 0,
	       "a segment that went in long ago is still known");
	count_rows(s, &all, &again);
	ok(again == 2 * sum, "%s: once more and not twice more", engine);
	is_int(commit_one(s, "Y2015", 7, 1, 20, 30, &f), YORE_EUSAGE, "a bad shelf");
	is_int(commit_one(s, "../y2015", 7, 1, 20, 30, &f), YORE_EUSAGE, "a path");
}

static void test_bad_segments(struct store *s, const char *engine)
{
	struct scan all = {.table = TABLE_RRSET};
	struct fault f = {0};
	uint64_t sum, again;
	count_rows(s, &all, &sum);
	made_fill(&made, "y2015", 100);
	made.fail_after = 50;
	is_int(commit_one(s, "y2015", 20, 9, 0, 10, &f), YORE_EMALFORMED,
	       "an error of the rows ends the commit");
	made.fail_after = 0;
	struct made_row first = made.at[0];
	made.at[0] = made.at[40];
	made.at[40] = first;
	ok(commit_one(s, "y2015", 21, 9, 0, 10, &f) < 0, "%s: rows out of order", engine);
	made_ready(&made);
	made.at[0].key[0] = TABLE_LEDGER;
	is_int(commit_one(s, "y2015", 22, 9, 0, 10, &f), YORE_EUSAGE,
	       "ledger rows are not for segments to write");
	struct ledger_entry two[2] = {made_entry(9, 0, 10), made_entry(9, 0, 10)};
	struct segment_meta m = made_meta("y2015", 23, two, 2);
	is_int(store_commit(s, &m, &made.rows, &f), YORE_EUSAGE, "an input twice");
	count_rows(s, &all, &again);
	ok(sum == again, "%s: nothing of these is there", engine);
	struct ledger_entry e;
	is_int(store_position(s, "y2015", &two[0].input, &e, &f), 0, "nor in the ledger");
}

static int note_entry(const char *shelf, const struct ledger_entry *e, void *arg)
{
	struct buf *b = arg;
	buf_printf(b, "%s:%u:%llu-%llu:%s:%.*s ", shelf, e->input.octets[0],
		   (unsigned long long)e->from, (unsigned long long)e->to.packets,
		   e->name, (int)e->counters.len, (const char *)e->counters.at);
	return 0;
}

static void test_ledger(struct store *s, const char *engine)
{
	struct ledger_entry e;
	struct input_id id = made_entry(1, 0, 0).input;
	struct fault f = {0};
	struct buf b;
	buf_init(&b, 65536);
	is_int(store_position(s, "y2015", &id, &e, &f), 1, "the position of an input");
	ok(e.to.packets == 20 && e.from == 10 && e.to.chain == 140 &&
	       e.to.checkpoints[3] == 33 && strcmp(e.sensor, "s1") == 0,
	   "%s: says all of it", engine);
	is_int(store_position(s, "y2031", &id, &e, &f), 0, "none on a shelf not there");
	is_int(store_ledger(s, "y2015", note_entry, &b, &f), 0, "the ledger");
	is_str(buf_str(&b),
	       "y2015:1:0-10:test.pcap:lost=3\n y2015:1:10-20:test.pcap:lost=3\n ",
	       "oldest first");
	buf_clear(&b);
	id.octets[15] = 77; /* another branch */
	is_int(store_inputs(s, &id, note_entry, &b, &f), 0, "branches of an input");
	is_str(buf_str(&b), "y2015:1:10-20:test.pcap:lost=3\n ", "its last entry");
	buf_clear(&b);
	id.octets[3] = 1;
	is_int(store_inputs(s, &id, note_entry, &b, &f), 0, "none of another one");
	is_str(buf_str(&b), "", "nothing");
	buf_release(&b);
}

static void test_shelves(struct store *s, const char *engine)
{
	struct fault f = {0};
	struct scan years = {.table = TABLE_RRSET};
	struct scan both = {.table = TABLE_RRSET, .intervals = true};
	struct scan one = {.table = TABLE_RRSET, .year_first = 2012, .year_last = 2012};
	struct scan hidden = {.table = TABLE_RRSET, .shelf = "suspicious"};
	uint64_t sum;
	struct cursor *c;
	is_int(store_scan(s, &hidden, &f, &c), YORE_ENOENT, "no such private shelf yet");
	size_t before = count_rows(s, &years, &sum);
	made_fill(&made, "y2012", 200);
	is_int(commit_one(s, "y2012", 30, 2, 0, 5, &f), 0, "another year");
	size_t year = count_rows(s, &one, &sum);
	is_int(count_rows(s, &years, &sum), before + year, "both years are read");
	made_fill(&made, "intervals", 200);
	is_int(commit_one(s, "intervals", 31, 2, 0, 5, &f), 0, "intervals");
	is_int(count_rows(s, &years, &sum), before + year, "only when asked for");
	size_t all = count_rows(s, &both, &sum);
	ok(all > before + year, "%s: and then they are there", engine);
	made_fill(&made, "suspicious", 200);
	is_int(commit_one(s, "suspicious", 32, 2, 0, 5, &f), 0, "a private shelf");
	is_int(count_rows(s, &both, &sum), all, "it is not in the history");
	size_t n = count_rows(s, &hidden, &sum);
	ok(n > 0 && n < 200, "%s: but by its name (%zu)", engine, n);
}

/* ---- all of them against the reference ---- */

struct dump {
	struct buf text;
	size_t rows;
};

static void dump_row(struct buf *b, const struct store_row *r)
{
	uint8_t out[SPAN_WIRE_MAX];
	buf_hex(b, r->base);
	buf_printf(b, " %d ", r->month);
	buf_hex(b, BYTES(out, span_encode(&r->span, 0, out)));
	buf_putc(b, '\n');
}

/* Everything a scan gives, with forward seeks on the way when asked for. */
static int dump_scan(struct store *s, const struct scan *scan, unsigned seeks,
		     struct buf *b)
{
	struct cursor *c;
	struct store_row row;
	int r = store_scan(s, scan, NULL, &c);
	if (r < 0)
		return r;
	uint64_t keep = made_state;
	while ((r = cursor_next(c, &row)) == 1) {
		dump_row(b, &row);
		if (seeks && made_random(seeks) == 0) {
			struct buf to;
			buf_init(&to, 256);
			made_base(&to, scan->table, made_random(200));
			if (made_random(2))
				to.len -= 2;
			if (bytes_compare(buf_bytes(&to), row.base) > 0)
				cursor_seek(c, buf_bytes(&to));
			buf_release(&to);
		}
	}
	made_state = keep;
	cursor_close(c);
	return r;
}

static bool scans_agree(struct store *a, struct store *b, const struct scan *scan,
			unsigned seeks)
{
	struct buf x, y;
	buf_init(&x, 64u << 20);
	buf_init(&y, 64u << 20);
	int r = dump_scan(a, scan, seeks, &x), q = dump_scan(b, scan, seeks, &y);
	bool same = r == q && bytes_equal(buf_bytes(&x), buf_bytes(&y));
	if (!same)
		printf("# table %c: %d %d, %zu and %zu octets\n", scan->table, r, q,
		       x.len, y.len);
	buf_release(&x);
	buf_release(&y);
	return same;
}

static const uint8_t all_tables[] = {TABLE_RRSET, TABLE_RDATA, TABLE_NAME, TABLE_SERVER};

static bool stores_agree(struct store *a, struct store *b)
{
	bool same = true;
	for (int i = 0; i < 4; i++) {
		struct scan s = {.table = all_tables[i], .intervals = true};
		same = scans_agree(a, b, &s, 0) && scans_agree(a, b, &s, 4) && same;
		s.intervals = false;
		s.year_first = 2014;
		same = scans_agree(a, b, &s, 0) && same;
	}
	struct buf x, y;
	buf_init(&x, 1u << 20);
	buf_init(&y, 1u << 20);
	store_ledger(a, NULL, note_entry, &x, NULL);
	store_ledger(b, NULL, note_entry, &y, NULL);
	same = bytes_equal(buf_bytes(&x), buf_bytes(&y)) && same;
	buf_release(&x);
	buf_release(&y);
	return same;
}

/* Ranges: one owner or head exactly, and between two made-up bases. */
static bool ranges_agree(struct store *a, struct store *b, unsigned rounds)
{
	bool same = true;
	while (rounds--) {
		struct buf lo, hi;
		buf_init(&lo, 256);
		buf_init(&hi, 256);
		struct scan s = {.table = all_tables[made_random(4)], .intervals = true};
		made_base(&lo, s.table, made_random(250));
		if (made_random(2)) {
			lo.len = key_shared_len(buf_bytes(&lo));
			buf_put_bytes(&hi, buf_bytes(&lo));
			key_after(&hi);
			s.exact_owner = true;
		} else {
			made_base(&hi, s.table, made_random(250));
		}
		s.lo = buf_bytes(&lo);
		s.hi = buf_bytes(&hi);
		if (bytes_compare(s.lo, s.hi) < 0)
			same = scans_agree(a, b, &s, s.exact_owner ? 0 : 5) && same;
		buf_release(&lo);
		buf_release(&hi);
	}
	return same;
}

static void test_agreement(struct store *s, const char *engine)
{
	static const char *const shelves[] = {"y2013", "y2014", "y2015", "y2016",
					      "intervals"};
	uint64_t at[5][3] = {0};
	struct store *ref = open_at("mem:");
	int differ = 0;
	for (unsigned seq = 100; seq < 160; seq++) {
		unsigned k = made_random(5), input = made_random(3);
		uint64_t to = at[k][input] + made_random(4);
		uint64_t from = at[k][input] + (made_random(5) == 0);
		struct fault f = {0};
		made_fill(&made, shelves[k], 1 + made_random(400));
		int a = commit_one(ref, shelves[k], seq, (uint8_t)(100 + input), from, to,
				   &f);
		int b =
		    commit_one(s, shelves[k], seq, (uint8_t)(100 + input), from, to, &f);
		differ += a != b;
		if (a == 0)
			at[k][input] = to;
	}
	is_int(differ, 0, "60 random commits end the same way");
	ok(stores_agree(ref, s), "%s: everything is as in the reference", engine);
	ok(ranges_agree(ref, s, 300), "%s: so are 300 ranges", engine);
	store_close(ref);
}

/* ---- erasing ---- */

static size_t rows_with(struct store *s, const char *shelf, const char *what, size_t n)
{
	size_t found = 0;
	for (int i = 0; i < 4; i++) {
		struct scan scan = {
		    .table = all_tables[i], .intervals = true, .shelf = shelf};
		struct cursor *c;
		struct store_row row;
		if (store_scan(s, &scan, NULL, &c) < 0)
			continue;
		while (cursor_next(c, &row) == 1)
			found += memmem(row.base.at, row.base.len, what, n) != NULL;
		cursor_close(c);
	}
	return found;
}

static void test_erase(struct store *s, const char *engine)
{
	struct erasure what[2] = {{.kind = ERASE_ZONE, .name = BYTES_LIT("\2z3\0")},
				  {.kind = ERASE_RANGE}};
	struct fault f = {0};
	uint64_t sum, sum_before;
	struct scan all = {.table = TABLE_RRSET, .intervals = true};
	is_int(addr_range_parse("192.0.2.4", &what[1].range), 0, "an address");
	made_fill(&made, "suspicious", 300);
	commit_one(s, "suspicious", 500, 50, 0, 5, &f);
	size_t before = count_rows(s, &all, &sum_before);
	size_t zone = rows_with(s, NULL, "\2z3", 3),
	       addr = rows_with(s, NULL, "\300\0\2\4", 4);
	ok(zone > 10 && addr > 10 && rows_with(s, "suspicious", "\2z3", 3) > 0,
	   "%s: there is something to erase (%zu, %zu)", engine, zone, addr);
	int64_t would, gone;
	is_int(store_would_erase(s, what, 2, NULL, NULL, &would, &f), 0, "to look");
	is_int(rows_with(s, NULL, "\2z3", 3), zone, "to look removes nothing");
	is_int(store_erase(s, what, 2, NULL, NULL, &gone, &f), 0, "to erase");
	is_int(gone, would, "as many rows go as would");
	ok(gone >= (int64_t)(zone > addr ? zone : addr), "%s: %d rows went %s", engine,
	   (int)gone, f.text);
	is_int(rows_with(s, NULL, "\2z3", 3), 0, "no row speaks of the zone");
	is_int(rows_with(s, NULL, "\300\0\2\4", 4), 0, "nor of the address");
	is_int(rows_with(s, "suspicious", "\2z3", 3), 0, "nor on private shelves");
	size_t after = count_rows(s, &all, &sum);
	ok(after > 0 && after < before, "%s: the others stay (%zu of %zu)", engine, after,
	   before);
	made_fill(&made, "y2015", 400);
	is_int(commit_one(s, "y2015", 501, 50, 0, 5, &f), 0, "what comes later");
	is_int(rows_with(s, NULL, "\2z3", 3), 0, "comes without it");
	ok(store_erase(s, what, 2, NULL, NULL, &gone, &f) == 0 && gone == 0,
	   "once more: nothing to do");
	is_int(store_compact(s, &f), 0, "compacted");
	is_int(rows_with(s, NULL, "\300\0\2\4", 4), 0, "still gone");
	is_int(store_verify(s, NULL, NULL, &f), 0, "and nothing is wrong");
}

static bool has_row(struct store *s, const char *shelf, uint8_t table,
		    const uint8_t *base, size_t n)
{
	uint8_t lo[300], hi[300];
	lo[0] = hi[0] = table;
	memcpy(lo + 1, base, n);
	memcpy(hi + 1, base, n);
	hi[n]++; /* the root's octet */
	struct scan scan = {.table = table,
			    .lo = BYTES(lo, n + 1),
			    .hi = BYTES(hi, n + 1),
			    .shelf = shelf};
	struct cursor *c;
	struct store_row row;
	if (store_scan(s, &scan, NULL, &c) < 0)
		return false;
	bool found = cursor_next(c, &row) == 1;
	cursor_close(c);
	return found;
}

struct names_of {
	struct store *store;
	int names;
	int sets, known; /* sets that stay; whose owner is a name */
	const struct expiring *x;
};

static void count_set(struct names_of *n, const char *shelf, const struct store_row *row)
{
	struct key_rrset_parts p;
	if (key_rrset_read(row->base, &p) < 0 ||
	    (p.set.source == n->x->source && row->span.last_s < n->x->before_s))
		return;
	n->sets++;
	n->known += has_row(n->store, shelf, TABLE_NAME, p.set.owner.at, p.set.owner.len);
}

static int count_names(const char *shelf, void *arg)
{
	struct names_of *n = arg;
	static const uint8_t tables[] = {TABLE_NAME, TABLE_RRSET};
	for (int i = 0; i < 2; i++) {
		struct scan scan = {.table = tables[i], .shelf = shelf};
		struct cursor *c;
		struct store_row row;
		if (store_scan(n->store, &scan, NULL, &c) < 0)
			return 0;
		while (cursor_next(c, &row) == 1)
			if (i == 1)
				count_set(n, shelf, &row);
			else
				n->names++;
		cursor_close(c);
	}
	return 0;
}

static void test_expire_rows(struct store *s, const char *engine)
{
	struct expiring x = {.before_s = when_month_start(2015 * 12 + 5),
			     .source = SOURCE_BELOW};
	struct scan all = {.table = TABLE_RRSET};
	struct fault f = {0};
	struct cursor *c;
	struct store_row row;
	struct key_rrset_parts p;
	int old = 0, kept = 0, other = 0;
	struct names_of before = {.store = s, .x = &x}, after = before;
	store_shelves(s, count_names, &before, &f);
	int64_t would = -1, gone = -1;
	is_int(store_would_expire_rows(s, &x, NULL, NULL, &would, &f), 0, "to look");
	is_int(store_expire_rows(s, &x, NULL, NULL, &gone, &f), 0, "to expire");
	ok(gone > 0 && gone == would, "%s: rows of a source, as many (%d) as would (%d)",
	   engine, (int)gone, (int)would);
	store_shelves(s, count_names, &after, &f);
	ok(after.names < before.names && after.names > 0,
	   "%s: names that lost their sets (%d of %d) are none any more", engine,
	   before.names - after.names, before.names);
	ok(after.sets == before.sets && after.known == before.known && after.known > 0,
	   "%s: those of the %d sets that stay (%d) stay", engine, after.sets,
	   after.known);
	is_int(store_scan(s, &all, &f, &c), 0, "what is left");
	while (cursor_next(c, &row) == 1) {
		if (key_rrset_read(row.base, &p) < 0)
			continue;
		bool below = p.set.source == SOURCE_BELOW;
		old += below && row.span.last_s < x.before_s;
		kept += below && row.span.last_s >= x.before_s;
		other += !below;
	}
	cursor_close(c);
	ok(old == 0 && kept > 0 && other > 0,
	   "%s: old ones went, new ones (%d) stay, "
	   "others (%d) stay",
	   engine, kept, other);
}

static void test_engine(const char *engine, const char *dir)
{
	char path[256];
	snprintf(path, sizeof(path), "%s", dir);
	struct store *s = open_at(path);
	ok(s != NULL, "%s: opens", engine);
	if (s == NULL)
		return;
	test_rule(s, engine);
	test_bad_segments(s, engine);
	test_ledger(s, engine);
	test_shelves(s, engine);
	test_erase(s, engine);
	test_expire_rows(s, engine);
	store_close(s);
	if (strcmp(dir, "mem:") != 0)
		snprintf(path, sizeof(path), "%s-2", dir);
	s = open_at(path);
	if (s)
		test_agreement(s, engine);
	store_close(s);
}

int main(void)
{
	char dir[] = "/tmp/yore-store-XXXXXX", db[64];
	test_engine("mem", "mem:");
	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(db, sizeof(db), "%s/db", dir);
	test_engine("rocks", db);
	io_remove_tree(dir, NULL);
	return tap_done();
}
