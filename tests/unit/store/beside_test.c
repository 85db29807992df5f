/* Two stores read as one give what one store with the segments of both gives. */
#include "tap.h"
#include "unit/store/segments.h"

static struct made made;
static struct store *one, *two, *whole, *beside;

static struct store *memory(void)
{
	struct store_options o = {.write = true, .create = true};
	struct store *s = NULL;
	if (store_open("mem:", &o, NULL, &s) < 0)
		ok(false, "opens");
	return s;
}

static void commit(struct store *s, const char *shelf, uint8_t input)
{
	struct ledger_entry e = made_entry(input, 0, 10);
	struct segment_meta m = made_meta(shelf, input, &e, 1);
	struct fault f = {0};
	made.given = 0;
	if (store_commit(s, &m, &made.rows, &f) < 0)
		ok(false, "commits: %s", f.text);
}

static void fill(void)
{
	static const char *const shelves[] = {"y2014", "y2015", "y2016"};
	for (uint8_t i = 0; i < 3; i++) {
		made_fill(&made, shelves[i], 300);
		if (i != 2)
			commit(one, shelves[i], i);
		if (i != 0)
			commit(two, shelves[i], i + 10);
		if (i != 2)
			commit(whole, shelves[i], i);
		if (i != 0)
			commit(whole, shelves[i], i + 10);
	}
	made_fill(&made, "y2015", 300);
	commit(two, "y2015", 30);
	commit(whole, "y2015", 30);
}

/* Rows of both cursors, in step; how many there are, or -1 at a difference. */
static int compare(const struct scan *scan, bool seek)
{
	struct cursor *a, *b;
	struct store_row x, y;
	int n = 0, r = 1;
	if (store_scan(beside, scan, NULL, &a) < 0 ||
	    store_scan(whole, scan, NULL, &b) < 0)
		return -1;
	while (r == 1) {
		r = cursor_next(a, &x);
		if (cursor_next(b, &y) != r)
			n = -1;
		if (n < 0 || r != 1)
			break;
		if (!bytes_equal(x.base, y.base) || x.month != y.month ||
		    !span_equal(&x.span, &y.span)) {
			n = -1;
			break;
		}
		if (seek && ++n % 7 == 0) {
			uint8_t key[200];
			size_t len = x.base.len;
			memcpy(key, x.base.at, len);
			key[len - 1]++;
			cursor_seek(a, BYTES(key, len));
			cursor_seek(b, BYTES(key, len));
		} else if (!seek) {
			n++;
		}
	}
	cursor_close(a);
	cursor_close(b);
	return n;
}

int main(void)
{
	static const uint8_t tables[] = {TABLE_RRSET, TABLE_RDATA, TABLE_NAME};
	struct fault f = {0};
	one = memory();
	two = memory();
	whole = memory();
	fill();
	is_int(store_beside(one, two, &f, &beside), 0, "opens");
	for (size_t i = 0; i < sizeof(tables); i++) {
		struct scan all = {.table = tables[i]};
		struct scan year = {
		    .table = tables[i], .year_first = 2016, .year_last = 2016};
		ok(compare(&all, false) > 20, "table %c: the same rows", tables[i]);
		ok(compare(&all, true) > 5, "table %c: also when seeking", tables[i]);
		ok(compare(&year, false) > 5, "table %c: a year", tables[i]);
	}
	made_fill(&made, "y2017", 50);
	commit(beside, "y2017", 40);
	struct scan last = {.table = TABLE_RRSET, .year_first = 2017, .year_last = 2017};
	struct cursor *c;
	struct store_row row;
	if (store_scan(one, &last, NULL, &c) == 0) {
		is_int(cursor_next(c, &row), 1, "what is written goes to the first");
		cursor_close(c);
	}
	store_close(beside);
	store_close(one);
	store_close(two);
	store_close(whole);
	return tap_done();
}
