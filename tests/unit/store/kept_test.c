/* Answers that a reader keeps: whatever was asked before, in part or whole, and whatever
   came meanwhile, it answers as the writer does, who keeps none. */
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "store/rocks.h"
#include "tap.h"
#include "unit/store/segments.h"

static struct made made;
static uint8_t inputs;

static void commit(struct store *s, const char *shelf)
{
	struct ledger_entry e = made_entry(++inputs, 0, 10);
	struct segment_meta m = made_meta(shelf, inputs, &e, 1);
	struct fault f = {0};
	made_fill(&made, shelf, 500);
	if (store_commit(s, &m, &made.rows, &f) < 0)
		ok(false, "a commit: %s", f.text);
}

/* One owner or head, some of them not there; sometimes only a type of it. */
static void make_question(struct buf *lo, struct buf *hi)
{
	uint8_t owner[32], table = made_random(2) ? TABLE_RRSET : TABLE_RDATA;
	struct addr a = {.len = 4, .at = {192, 0, 2, (uint8_t)made_random(8)}};
	buf_clear(lo);
	buf_clear(hi);
	if (table == TABLE_RDATA)
		key_rdata_addr_prefix(lo, &a);
	else
		key_owner_prefix(
		    lo, table, BYTES(owner, made_owner(owner, made_random(250))), false);
	if (table == TABLE_RRSET && made_random(2))
		buf_u16be(lo, (uint16_t)(1 + made_random(2)));
	buf_put_bytes(hi, buf_bytes(lo));
	key_after(hi);
}

/* Up to `most` rows; with skip, sought forward behind the first. */
static void ask(struct store *s, const struct buf *lo, const struct buf *hi, size_t most,
		bool skip, struct buf *out)
{
	struct scan scan = {.table = lo->at[0],
			    .lo = buf_bytes(lo),
			    .hi = buf_bytes(hi),
			    .exact_owner = true,
			    .intervals = true};
	struct cursor *c;
	struct store_row row;
	buf_clear(out);
	if (store_scan(s, &scan, NULL, &c) < 0)
		abort();
	for (size_t n = 0; n < most && cursor_next(c, &row) == 1; n++) {
		buf_put_bytes(out, row.base);
		buf_put(out, &row.month, sizeof(row.month));
		buf_u64be(out, row.span.count);
		buf_u64be(out, (uint64_t)row.span.last_s);
		if (skip && n == 0) {
			struct buf to;
			buf_init(&to, 1 << 16);
			buf_put_bytes(&to, row.base);
			key_after(&to);
			cursor_seek(c, buf_bytes(&to));
			buf_release(&to);
		}
	}
	cursor_close(c);
}

static int compare(struct store *writer, struct store *reader, int rounds)
{
	struct buf lo, hi, want, got;
	int wrong = 0;
	buf_init(&lo, 1 << 16);
	buf_init(&hi, 1 << 16);
	buf_init(&want, 1 << 20);
	buf_init(&got, 1 << 20);
	for (int i = 0; i < rounds; i++) {
		size_t most = made_random(3) ? SIZE_MAX : made_random(4);
		bool skip = made_random(4) == 0;
		make_question(&lo, &hi);
		ask(writer, &lo, &hi, most, skip, &want);
		for (int again = 0; again < 2; again++) {
			ask(reader, &lo, &hi, most, skip, &got);
			wrong += !bytes_equal(buf_bytes(&want), buf_bytes(&got));
		}
	}
	buf_release(&lo);
	buf_release(&hi);
	buf_release(&want);
	buf_release(&got);
	return wrong;
}

static size_t kept_octets(struct store *s)
{
	return ((struct rocks *)store_engine(s))->kept_octets;
}

static void run(const char *dir)
{
	struct store_options o = {.write = true, .create = true, .memory = 16u << 20};
	struct store_options small = {.memory = 64u << 10};
	struct fault f = {0};
	struct store *writer, *reader, *poor;
	is_int(store_open(dir, &o, &f, &writer), 0, "a writer");
	commit(writer, "y2015");
	is_int(store_open(dir, NULL, &f, &reader), 0, "a reader");
	is_int(store_open(dir, &small, &f, &poor), 0, "a reader with little memory");
	for (int i = 0; i < 6; i++) {
		commit(writer, i % 2 ? "y2016" : "y2015");
		usleep(60000);
		is_int(compare(writer, reader, 2000), 0,
		       "2000 questions, twice each, with new rows in between");
		is_int(compare(writer, poor, 500), 0, "also with little memory");
	}
	ok(kept_octets(reader) > 10000, "answers were kept: %zu octets",
	   kept_octets(reader));
	ok(kept_octets(poor) > 0 && kept_octets(poor) <= small.memory / 16,
	   "and within their part of the memory: %zu octets", kept_octets(poor));
	is_int(kept_octets(writer), 0, "a writer keeps none");
	store_close(poor);
	store_close(reader);
	store_close(writer);
}

int main(void)
{
	char dir[] = "/tmp/yore-kept-XXXXXX";
	if (mkdtemp(dir) == NULL)
		return 1;
	run(dir);
	io_remove_tree(dir, NULL);
	return tap_done();
}
