/*
 * Cursors behind large rows: short, and as exact as all others, also when the row at
 * which somebody stopped is gone by the time he goes on.
 */
#include "base/hash.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "gather/gather.h"
#include "query/place.h"
#include "tap.h"

#define START INT64_C(1420070400)
#define ROWS_MOST 200
#define ADDRESSES 40
#define CURSOR_LEN_MAX 1600
#define KEEP_ALL UINT32_MAX

static struct gather *gathering;
static unsigned made, left_out;

/* Text records of so many octets that differ in one of them only. */
static struct bytes text_of(uint8_t *at, size_t octets, size_t where, char what)
{
	memset(at, 'x', octets);
	for (size_t i = 0; i < octets; i += 256)
		at[i] = (uint8_t)(octets - i > 256 ? 255 : octets - i - 1);
	at[where] = (uint8_t)what;
	return BYTES(at, octets);
}

static void add_set(const char *owner, uint16_t type, struct bytes *list, size_t n)
{
	struct name name;
	struct buf packed;
	buf_init(&packed, 1u << 20);
	bool good =
	    name_of_text(owner, &name) == 0 && rdataset_pack(list, n, &packed) == 0;
	struct record r = {.set = {.owner = name_bytes(&name),
				   .type = type,
				   .source = SOURCE_ABOVE,
				   .bailiwick = 1,
				   .rdata = buf_bytes(&packed)},
			   .span = span_of_sighting(START, 60),
			   .month = when_month(START)};
	if (made++ != left_out)
		good = good && gather_record(gathering, &r, 0, made) == 0;
	if (!good)
		ok(false, "%s is added", owner);
	buf_release(&packed);
}

static void add_text(const char *owner, size_t octets, size_t where, char what)
{
	static uint8_t at[70000];
	struct bytes rdata = text_of(at, octets, where, what);
	add_set(owner, TYPE_TXT, &rdata, 1);
}

static void add_addresses(const char *owner, uint8_t last)
{
	static uint8_t at[ADDRESSES][16];
	struct bytes list[ADDRESSES];
	for (unsigned i = 0; i < ADDRESSES; i++) {
		at[i][0] = 0x20;
		at[i][14] = (uint8_t)i;
		at[i][15] = last;
		list[i] = BYTES(at[i], 16);
	}
	add_set(owner, TYPE_AAAA, list, ADDRESSES);
}

static void add_many_texts(const char *owner)
{
	static uint8_t at[6][600];
	struct bytes list[6];
	for (size_t i = 0; i < 6; i++)
		list[i] = text_of(at[i], 600, i < 3 ? 300 : 590, (char)('a' + i % 3));
	add_set(owner, TYPE_TXT, list, 6);
}

/* Alone with what is between its ends: when it goes, nothing tells what that was. */
static bool is_alone(unsigned row)
{
	return row < 4 || (row >= 18 && row < 23);
}

static void add_all(void)
{
	char owner[300];
	for (int i = 0; i < 4; i++)
		add_text("a.page.test", 600, 300, (char)('a' + i)); /* in the gap */
	for (int i = 0; i < 4; i++)
		add_text("a.page.test", 600, 590, (char)('a' + i)); /* behind it */
	for (int i = 0; i < 2; i++)
		add_text("b.page.test", 65000, 64990, (char)('a' + i));
	for (int i = 0; i < 2; i++)
		add_addresses("c.page.test", (uint8_t)i);
	for (int i = 0; i < 6; i++) { /* one record, many owners */
		snprintf(owner, sizeof(owner), "o%d.page.test", i);
		add_text(owner, 600, 10, 'y');
	}
	for (int i = 0; i < 4; i++) { /* owners alike to behind what is kept */
		snprintf(owner, sizeof(owner), "%060d.%060d.%057d.page.test", i % 2,
			 i / 2, 0);
		add_text(owner, 700, 20, 'z');
	}
	add_many_texts("s.page.test");
	add_text("z.page.test", 10, 5, 'a');
}

static struct store *make_world(unsigned without)
{
	struct store_options o = {.write = true, .create = true};
	struct gather_options how = {.collapse = UINT32_MAX};
	struct ledger_entry start = {.kind = "test", .input = {"place"}};
	struct input_position at = {.packets = 100};
	struct store *s;
	if (store_open("mem:", &o, NULL, &s) < 0)
		return NULL;
	struct segment_sink sink = store_sink(s);
	if (gather_new(&sink, &how, &gathering) < 0 ||
	    gather_input(gathering, 0, &start) < 0)
		return NULL;
	made = 0;
	left_out = without;
	add_all();
	gather_progress(gathering, 0, &at, START * 1000000, START * 1000000);
	int r = gather_flush(gathering, NULL);
	gather_free(gathering);
	return r < 0 ? NULL : s;
}

struct listing {
	uint64_t row[ROWS_MOST];
	char cursor[ROWS_MOST][CURSOR_LEN_MAX + 1];
	size_t count, longest;
};

static uint64_t row_of(const struct result *r)
{
	uint64_t h = hash_fixed(r->set.owner.at, r->set.owner.len, (uint64_t)r->month);
	return hash_fixed(r->set.rdata.at, r->set.rdata.len, h + r->set.type);
}

static void keep_cursor(const struct answer *a, struct listing *l)
{
	struct buf cursor;
	buf_init(&cursor, 1u << 20);
	if (answer_cursor(a, &cursor) < 0)
		ok(false, "a row has a cursor");
	if (cursor.len > l->longest)
		l->longest = cursor.len;
	snprintf(l->cursor[l->count], sizeof(l->cursor[0]), "%s", buf_str(&cursor));
	buf_release(&cursor);
}

static void ask(struct store *s, const struct query *q, struct listing *l)
{
	struct answer *a;
	struct result r;
	struct fault f = {0};
	l->count = l->longest = 0;
	if (answer_open(s, q, &f, &a) < 0) {
		ok(false, "asked: %s", f.text);
		return;
	}
	while (answer_next(a, &r) == 1 && l->count < ROWS_MOST) {
		keep_cursor(a, l);
		l->row[l->count++] = row_of(&r);
	}
	answer_close(a);
}

static bool has(const struct listing *l, uint64_t row)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->row[i] == row)
			return true;
	return false;
}

/* The end of it, as long as it is. */
static bool is_end_of(const struct listing *end, const struct listing *whole)
{
	return end->count <= whole->count &&
	       memcmp(end->row, whole->row + whole->count - end->count,
		      end->count * sizeof(end->row[0])) == 0;
}

/* Going on in a store that lacks a row: all behind it; counts those given again. */
static unsigned go_on(struct store *s, struct query q, const struct listing *before)
{
	static struct listing now, rest;
	unsigned again = 0, bad = 0;
	ask(s, &q, &now);
	for (size_t i = 0; i < before->count; i++) {
		size_t behind = 0;
		for (size_t k = i + 1; k < before->count; k++)
			behind += has(&now, before->row[k]);
		q.after = before->cursor[i];
		ask(s, &q, &rest);
		if (!is_end_of(&rest, &now) || rest.count < behind)
			bad++;
		else
			again += (unsigned)(rest.count - behind);
	}
	if (bad)
		ok(false, "%u cursors lost something", bad);
	return again;
}

static const struct asked {
	const char *text;
	enum side side;
	enum view view;
} asked[] = {
    {"*.page.test", SIDE_RRNAME, VIEW_RRSET}, {"*.page.test", SIDE_RRNAME, VIEW_RR},
    {"*.page.test", SIDE_RRNAME, VIEW_MONTH}, {"/page/", SIDE_RRNAME, VIEW_RRSET},
    {"/page/", SIDE_RRNAME, VIEW_RR},	      {"/xxxx/", SIDE_RDATA, VIEW_RR},
    {"/xxxx/", SIDE_RDATA, VIEW_RRSET},	      {"/xxxx/", SIDE_RDATA, VIEW_MONTH},
    {"2000::/16", SIDE_RDATA, VIEW_RRSET}};
#define ASKED (sizeof(asked) / sizeof(asked[0]))

int main(void)
{
	static struct listing before[ASKED];
	struct query q[ASKED];
	struct term t[ASKED];
	struct store *s = make_world(KEEP_ALL);
	unsigned records = made;
	for (size_t i = 0; i < ASKED; i++) {
		q[i] = QUERY_ALL;
		is_int(term_parse(asked[i].text, NULL, &t[i]), 0, asked[i].text);
		q[i].terms = &t[i];
		q[i].term_count = 1;
		q[i].side = asked[i].side;
		q[i].view = asked[i].view;
		ask(s, &q[i], &before[i]);
		ok(before[i].count >= 2, "%zu rows", before[i].count);
		ok(before[i].longest <= CURSOR_LEN_MAX, "cursors of up to %zu characters",
		   before[i].longest);
		is_int(go_on(s, q[i], &before[i]), 0, "going on gives nothing again");
	}
	store_close(s);
	unsigned again[2] = {0};
	for (unsigned k = 0; k < records; k++) {
		s = make_world(k);
		for (size_t i = 0; i < ASKED; i++)
			again[is_alone(k)] += go_on(s, q[i], &before[i]);
		store_close(s);
	}
	is_int(again[false], 0, "the row is gone, others are alike: nothing again");
	ok(again[true] > 0 && again[true] < 100, "none is alike: %u again, none lost",
	   again[true]);
	for (size_t i = 0; i < ASKED; i++)
		term_release(&t[i]);
	return tap_done();
}
