/* A segment that travels arrives as what it was, once, and nothing else arrives. */
#include "unit/exchange/make.h"
#include "tap.h"

#define JULY 1435708800 /* 2015-07-01 */

static void some_rows(struct window *w)
{
	make_row(w, 2015, "www.example.com", TYPE_A, "192.0.2.1", JULY + 5, 3);
	make_row(w, 2015, "www.example.com", TYPE_A, "192.0.2.2", JULY + 9, 1);
	make_row(w, 2015, "example.com", TYPE_MX, "10 mail.example.com.", JULY, 7);
	make_row(w, 2015, "example.com", TYPE_NS, "ns1.example.net.", JULY + 86400 * 40,
		 2);
	make_row(w, 2015, "txt.example.com", TYPE_TXT, "\"hello\" \"world\"", JULY, 1);
	make_server(w, 2015, "192.0.2.53", "example.com", JULY + 1);
}

static void test_same(void)
{
	struct store *here = make_store(), *there = make_store();
	struct window w;
	struct buf segment, a, b;
	struct ledger_entry e = make_entry(7, 0, 10);
	enum take_result got;
	struct take_position at;
	struct fault f = {0};
	buf_init(&segment, 1 << 20);
	buf_init(&a, 1 << 20);
	buf_init(&b, 1 << 20);
	if (window_init(&w, 8 << 20, 8 << 20, 0) < 0)
		abort();
	some_rows(&w);
	make_segment(&w, &e, 1, &segment);
	is_int(make_commit(&w, &e, 1, here), 0, "committed here");
	is_int(take_segment(there, buf_bytes(&segment), &got, &at, &f), 0, "taken there");
	is_int(got, TAKE_ADDED, "as something new");
	for (const char *t = "RDNB"; *t; t++) {
		buf_clear(&a);
		buf_clear(&b);
		size_t n = make_dump(here, (uint8_t)*t, &a);
		make_dump(there, (uint8_t)*t, &b);
		ok(n > 0 && strcmp(buf_str(&a), buf_str(&b)) == 0,
		   "table %c is the same, %zu rows", *t, n);
	}
	is_int(take_segment(there, buf_bytes(&segment), &got, &at, &f), 0, "once more");
	is_int(got, TAKE_KNOWN, "is known");
	buf_clear(&a);
	make_dump(here, 'R', &a);
	buf_clear(&b);
	make_dump(there, 'R', &b);
	is_str(buf_str(&b), buf_str(&a), "and adds nothing");
	window_release(&w);
	buf_release(&segment);
	buf_release(&a);
	buf_release(&b);
	store_close(here);
	store_close(there);
}

static void test_positions(void)
{
	static const struct {
		const char *what;
		uint64_t from, to;
		enum take_result want;
	} rows[] = {
	    {"a gap before it", 10, 20, TAKE_BEHIND},
	    {"the first part", 0, 10, TAKE_ADDED},
	    {"the same again", 0, 10, TAKE_KNOWN},
	    {"less than is there", 0, 5, TAKE_KNOWN},
	    {"one that overlaps", 5, 15, TAKE_PARTLY},
	    {"the part that follows", 10, 20, TAKE_ADDED},
	};
	struct store *s = make_store();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct window w;
		struct buf segment;
		struct ledger_entry e = make_entry(9, rows[i].from, rows[i].to);
		enum take_result got = TAKE_PARTLY;
		struct take_position at;
		struct fault f = {0};
		buf_init(&segment, 1 << 20);
		if (window_init(&w, 8 << 20, 8 << 20, 0) < 0)
			abort();
		some_rows(&w);
		make_segment(&w, &e, 100 + i, &segment);
		int r = take_segment(s, buf_bytes(&segment), &got, &at, &f);
		ok(r == 0 && got == rows[i].want, "%s (%d, %d)", rows[i].what, r, got);
		window_release(&w);
		buf_release(&segment);
	}
	store_close(s);
}

/* A damaged segment is refused, or it was its head that still makes sense. */
static void test_damage(void)
{
	struct window w;
	struct buf segment, before, after;
	struct ledger_entry e = make_entry(3, 0, 4);
	unsigned accepted = 0, wrong = 0;
	buf_init(&segment, 1 << 20);
	buf_init(&before, 1 << 20);
	buf_init(&after, 1 << 20);
	if (window_init(&w, 8 << 20, 8 << 20, 0) < 0)
		abort();
	some_rows(&w);
	make_segment(&w, &e, 1, &segment);
	struct store *good = make_store();
	struct take_position at;
	enum take_result got;
	struct fault f = {0};
	if (take_segment(good, buf_bytes(&segment), &got, &at, &f) < 0)
		abort();
	make_dump(good, 'R', &before);
	store_close(good);
	for (size_t i = 0; i < segment.len; i++) {
		struct store *s = make_store();
		segment.at[i] ^= 0x41;
		int r = take_segment(s, buf_bytes(&segment), &got, &at, &f);
		segment.at[i] ^= 0x41;
		buf_clear(&after);
		size_t n = make_dump(s, 'R', &after);
		accepted += r == 0 && got == TAKE_ADDED;
		wrong += n && strcmp(buf_str(&before), buf_str(&after)) != 0;
		store_close(s);
	}
	is_int(wrong, 0, "no flipped octet brings other rows in");
	ok(accepted < segment.len / 2, "%u of %zu flips were only in the head's texts",
	   accepted, segment.len);
	unsigned cut = 0;
	for (size_t n = 0; n < segment.len; n++) {
		struct store *s = make_store();
		cut += take_segment(s, BYTES(segment.at, n), &got, &at, &f) == 0;
		store_close(s);
	}
	is_int(cut, 0, "cut anywhere it is refused");
	window_release(&w);
	buf_release(&segment);
	buf_release(&before);
	buf_release(&after);
}

/* What a liar could send in good form. */
static int next_lie(struct segment_rows *self, struct bytes *key, struct bytes *value);
struct lies {
	struct segment_rows pull;
	struct bytes key, value;
	int left;
};
static int next_lie(struct segment_rows *self, struct bytes *key, struct bytes *value)
{
	struct lies *l = (struct lies *)self;
	*key = l->key;
	*value = l->value;
	return l->left-- > 0;
}

static int take_lie(const char *shelf, struct bytes key, const struct span *span,
		    int64_t base)
{
	struct ledger_entry e = make_entry(1, 0, 1);
	struct segment_meta meta = {.entries = &e, .entry_count = 1};
	uint8_t wire[SPAN_WIRE_MAX];
	struct lies lies = {{next_lie}, key, {0}, 1};
	struct buf segment;
	struct fault f = {0};
	enum take_result got;
	struct take_position at;
	uint64_t n;
	buf_init(&segment, 1 << 20);
	strcpy(meta.shelf, shelf);
	lies.value = BYTES(wire, span_encode(span, base, wire));
	int r = wire_write(&meta, NULL, &lies.pull, &segment, &n, &f);
	if (r == 0) {
		struct store *s = make_store();
		r = take_segment(s, buf_bytes(&segment), &got, &at, &f);
		store_close(s);
	}
	buf_release(&segment);
	return r;
}

static void make_lie_key(struct buf *key, const struct rrset *set, int64_t s)
{
	buf_clear(key);
	key_rrset(key, set);
	key_put_month(key, when_month(s));
}

static void test_lies(void)
{
	static const uint8_t owner[] = {3, 'w', 'w', 'w', 0};
	static const uint8_t good[] = {0, 4, 192, 0, 2, 1};
	static const uint8_t unsorted[] = {0, 4, 192, 0, 2, 2, 0, 4, 192, 0, 2, 1};
	static const uint8_t shorter[] = {0, 3, 192, 0, 2};
	struct rrset set = {.owner = BYTES(owner, sizeof(owner)),
			    .type = TYPE_A,
			    .source = SOURCE_ABOVE,
			    .bailiwick = 0,
			    .rdata = BYTES(good, sizeof(good))};
	struct span span = span_of_sighting(JULY + 3, 60), late = span, none = span;
	struct buf key;
	buf_init(&key, 1024);
	late.last_s = JULY + 86400 * 60;
	none.count = 0;
	make_lie_key(&key, &set, JULY);
	is_int(take_lie("y2015", buf_bytes(&key), &span, JULY), 0, "an honest row");
	ok(take_lie("y2015", buf_bytes(&key), &late, JULY) < 0,
	   "a span that leaves its month");
	ok(take_lie("y2015", buf_bytes(&key), &none, JULY) < 0, "a sighting of count 0");
	ok(take_lie("who", buf_bytes(&key), &span, JULY) < 0, "a private shelf");
	set.bailiwick = 9;
	make_lie_key(&key, &set, JULY);
	ok(take_lie("y2015", buf_bytes(&key), &span, JULY) < 0,
	   "a bailiwick longer than the owner");
	set.bailiwick = 0;
	set.rdata = BYTES(unsorted, sizeof(unsorted));
	make_lie_key(&key, &set, JULY);
	ok(take_lie("y2015", buf_bytes(&key), &span, JULY) < 0, "a set out of order");
	set.rdata = BYTES(shorter, sizeof(shorter));
	make_lie_key(&key, &set, JULY);
	ok(take_lie("y2015", buf_bytes(&key), &span, JULY) < 0, "an address of 3 octets");
	set.rdata = BYTES(good, sizeof(good));
	set.type = TYPE_OPT;
	make_lie_key(&key, &set, JULY);
	ok(take_lie("y2015", buf_bytes(&key), &span, JULY) < 0, "a pseudo-record");
	buf_release(&key);
}

/* A large set of version 1 stands behind its length, without a digest. */
static void test_before(void)
{
	static const uint8_t owner[] = {3, 'c', 'o', 'm', 0};
	static const uint8_t front[] = {'R', 3, 'c', 'o', 'm', 0, 0, 16, 1, 1, 4, 2};
	uint8_t packed[1026] = {4, 0};
	for (unsigned i = 0; i < 4; i++) {
		memset(packed + 2 + 256 * i, 'x', 256);
		packed[2 + 256 * i] = 255;
	}
	struct ledger_entry e = make_entry(1, 0, 1);
	struct segment_meta meta = {.shelf = "y2015", .entries = &e, .entry_count = 1};
	struct rrset set = {.owner = BYTES(owner, sizeof(owner)),
			    .type = 16,
			    .source = SOURCE_ABOVE,
			    .bailiwick = 1,
			    .rdata = BYTES(packed, sizeof(packed))};
	struct span span = span_of_sighting(JULY, 300), got;
	uint8_t wire[SPAN_WIRE_MAX];
	struct buf old, now, segment;
	struct fault f = {0};
	struct wire_reader *r;
	struct bytes key;
	uint64_t n;
	buf_init(&old, 4096);
	buf_init(&now, 4096);
	buf_init(&segment, 1 << 20);
	buf_put(&old, front, sizeof(front));
	buf_put(&old, packed, sizeof(packed));
	key_put_month(&old, when_month(JULY));
	make_lie_key(&now, &set, JULY);
	struct lies lies = {{next_lie}, buf_bytes(&old), {0}, 1};
	lies.value =
	    BYTES(wire, span_encode(&span, when_month_start(when_month(JULY)), wire));
	is_int(wire_write(&meta, NULL, &lies.pull, &segment, &n, &f), 0, "written");
	is_int(wire_open(buf_bytes(&segment), &f, &r), 0, "as version 2");
	ok(wire_next(r, &key, &got, &f) < 0, "such a key is none");
	wire_close(r);
	segment.at[13] = 1;
	is_int(wire_open(buf_bytes(&segment), &f, &r), 0, "as version 1");
	is_int(wire_next(r, &key, &got, &f), 1, "it is one");
	ok(bytes_equal(key, buf_bytes(&now)), "given as it is written today");
	is_int(wire_next(r, &key, &got, &f), 0, "and that is all");
	wire_close(r);
	buf_release(&old);
	buf_release(&now);
	buf_release(&segment);
}

static void test_version(void)
{
	struct window w;
	struct ledger_entry e = make_entry(3, 0, 4);
	struct buf segment;
	struct fault f = {0};
	struct wire_reader *r;
	buf_init(&segment, 1u << 20);
	if (window_init(&w, 8 << 20, 8 << 20, 0) < 0)
		abort();
	some_rows(&w);
	make_segment(&w, &e, 1, &segment);
	segment.at[13] = 3;
	is_int(wire_open(buf_bytes(&segment), &f, &r), YORE_EVERSION,
	       "a segment of a later version is refused as such");
	is_str(f.text,
	       "segment: it is of version 3, and this program reads up to 2; a newer "
	       "one is needed here",
	       "with both versions");
	segment.at[13] = 0;
	is_int(wire_open(buf_bytes(&segment), &f, &r), YORE_EMALFORMED,
	       "one of no version is none");
	buf_release(&segment);
	window_release(&w);
}

int main(void)
{
	test_version();
	test_before();
	test_same();
	test_positions();
	test_damage();
	test_lies();
	return tap_done();
}
