/*
 * Rows of format 1: what is made of them is what is written today, reading them as they
 * are leaves nothing out in silence, and notes of what is missing reach as far as they
 * do.
 */
#include "base/hash.h"
#include "record/asked.h"
#include "record/key_older.h"
#include "store/older_form.h"

#include "law.h"

#define MONTH (2015 * 12 + 6) /* July 2015, as the shelf of who asked */
#define TYPE 65400	      /* one without a form: its octets are its rdata */
#define DAYS 16617	      /* 2015-07-01 */
#define MONTH_DAYS 31u

static const char *const shelves[] = {"y2015", "intervals", "who-2015-07"};

struct made {
	struct buf older, now, octets;
};

/* As it is written today. Where a client's day stands is known by its being of the
 * shelf's month; in another order some octets make a day, too. */
static bool decodes(struct bytes base)
{
	struct key_rrset_parts set;
	struct key_rdata_parts one;
	struct asked_key asked;
	uint8_t name[255];
	switch (base.at[0]) {
	case TABLE_RRSET:
		return key_rrset_read(base, &set) == 0;
	case TABLE_RDATA:
		return key_rdata_read(base, &one) == 0;
	default:
		return key_asked_read(base, name, &asked) == 0 &&
		       (base.at[0] != TABLE_CLIENT ||
			(unsigned)asked.day - DAYS < MONTH_DAYS);
	}
}

/* ---- any octets ---- */

/* Of a client from a day on. */
static void is_told_by_day(const struct rocks *r, const char *shelf, struct bytes key,
			   struct bytes now)
{
	struct older_form *form;
	if (now.at[0] != TABLE_CLIENT)
		return;
	struct bytes lo = BYTES(now.at, 2 + now.at[1] + 2u);
	if (older_form_of(r, shelf, NULL, &form) < 0)
		abort();
	LAW(older_form_begins(form, lo) || bytes_begins(key, lo),
	    "nor of a client's days");
	older_form_free(form);
}

/* A question that the row as it would be now answers meets it as it is, or is told. */
static void is_told(const char *shelf, struct bytes key, struct bytes now)
{
	static struct rocks database = {.dir = "db", .format = 1};
	struct older_form *form;
	struct fault f = {0};
	struct bytes lo = BYTES(now.at, key_shared_len(now));
	LAW(lo.len > 0, "a row of today has an owner or head");
	if (older_form_of(&database, shelf, &f, &form) < 0)
		abort();
	bool is = older_form_is(form, key);
	LAW(is && !older_form_is(form, now), "the older form is known as such");
	bool told = older_form_begins(form, lo);
	LAW(told || bytes_begins(key, lo), "nothing is left out in silence");
	LAW(!older_form_begins(form, lo), "told once");
	is_told_by_day(&database, shelf, key, now);
	LAW(!older_form_told(form), "not yet");
	older_form_tell(form, &f);
	LAW(older_form_told(form) && f.code == YORE_ECORRUPT &&
		strstr(f.text, "yore db upgrade db"),
	    "the command is named");
	older_form_free(form);
}

/* Whatever was missing from somewhere before it up to somewhere behind it. */
static void is_within(struct bytes key, struct bytes now, size_t cut)
{
	static struct buf lo, hi;
	struct bytes from = BYTES(key.at, cut % (key.len + 1)), to = key;
	if (lo.ceiling == 0) {
		buf_init(&lo, 1 << 20);
		buf_init(&hi, 1 << 20);
	}
	if (key_renewed_from(from, &lo))
		from = buf_bytes(&lo);
	if (key_renewed_to(to, &hi))
		to = buf_bytes(&hi);
	LAW(bytes_compare(from, now) <= 0, "what was missing is missing: from");
	LAW(bytes_compare(now, to) <= 0, "what was missing is missing: to");
}

static void any(const char *shelf, bool dated, size_t cut, struct bytes key)
{
	static struct buf now, again;
	int32_t month = shelf[0] == 'w' ? MONTH : 0;
	if (now.ceiling == 0) {
		buf_init(&now, 1 << 20);
		buf_init(&again, 1 << 20);
	}
	size_t suffix = key.len ? key_suffix_len(key.at[0], !dated) : 0;
	if (key_renewed(key, suffix, month, &now) != 1)
		return;
	struct bytes b = buf_bytes(&now);
	LAW(b.at[0] == key.at[0] && b.len > suffix, "the table stays");
	LAW(memcmp(b.at + b.len - suffix, key.at + key.len - suffix, suffix) == 0,
	    "the suffix stays");
	LAW(!decodes(BYTES(key.at, key.len - suffix)), "what is good stays");
	LAW(decodes(BYTES(b.at, b.len - suffix)), "it is a key of today");
	LAW(key_renewed(b, suffix, month, &again) == 0, "once is enough");
	is_within(key, b, cut);
	is_told(shelf, key, b);
}

/* ---- rows as format 1 wrote them ---- */

static void put_sized(struct buf *b, size_t n)
{
	buf_u16be(b, n < 0xffff ? (uint16_t)n : 0xffff);
	if (n >= 0xffff)
		buf_u32be(b, (uint32_t)n);
}

static void put_octets(struct input *in, size_t n, struct buf *b)
{
	struct bytes given = feed_bytes(in, n);
	buf_put_bytes(b, given);
	for (size_t i = given.len; i < n; i++)
		buf_putc(b, (int)(i & 0xff));
}

static void become(const char *shelf, const struct made *m)
{
	static struct buf got;
	int32_t month = shelf[0] == 'w' ? MONTH : 0;
	bool same = bytes_equal(buf_bytes(&m->older), buf_bytes(&m->now));
	if (got.ceiling == 0)
		buf_init(&got, 1 << 20);
	int r = key_renewed(buf_bytes(&m->older), 0, month, &got);
	LAW(r == !same, "an older row is known");
	LAW(same || bytes_equal(buf_bytes(&got), buf_bytes(&m->now)),
	    "and becomes what is written today");
	LAW(key_renewed(buf_bytes(&m->now), 0, month, &got) == 0, "which stays");
}

static void put_owner(struct input *in, struct buf *b)
{
	static const char *const names[] = {"", "\1a", "\7example\3www", "\3com\0011"};
	buf_puts(b, names[feed_u8(in) % 4]);
	buf_putc(b, 0);
}

/* The octets in front of a size: R owner type bailiwick source, D head owner type source.
 */
static void rrset(struct input *in, struct made *m)
{
	size_t n = feed_u16(in);
	buf_putc(&m->older, TABLE_RRSET);
	put_owner(in, &m->older);
	buf_u16be(&m->older, TYPE);
	buf_puts(&m->older, "\xff\2"); /* no bailiwick, below */
	buf_put_bytes(&m->now, buf_bytes(&m->older));
	if (n > 65530) { /* more than one record makes it larger than a record can be */
		buf_u16be(&m->octets, 1);
		buf_puts(&m->octets, "\1");
		n -= 1;
	}
	buf_u16be(&m->octets, (uint16_t)n);
	put_octets(in, n, &m->octets);
}

static void sized(struct made *m)
{
	struct bytes v = buf_bytes(&m->octets);
	uint8_t digest[32];
	put_sized(&m->older, v.len);
	buf_put_bytes(&m->older, v);
	if (v.len < KEY_LARGE) {
		put_sized(&m->now, v.len);
	} else {
		hash_wide(v.at, v.len, digest);
		buf_u16be(&m->now, 0xffff);
		buf_put(&m->now, digest, KEY_DIGEST);
		buf_u32be(&m->now, (uint32_t)v.len);
	}
	buf_put_bytes(&m->now, v);
}

struct first {
	struct buf *to;
	bool have;
};

static void take_first(struct bytes base, void *arg)
{
	struct first *f = arg;
	if (!f->have)
		buf_put_bytes(f->to, base);
	f->have = true;
}

/* Under its own octets; today's by the function that writes them. */
static void raw(struct input *in, struct made *m)
{
	static struct buf scratch;
	struct first f = {.to = &m->now};
	struct rrset s = {.type = TYPE, .source = SOURCE_BELOW, .bailiwick = 0xff};
	s.owner = BYTES_LIT("\3www\7example\0");
	if (scratch.ceiling == 0)
		buf_init(&scratch, 1 << 20);
	put_octets(in, feed_u16(in), &m->octets);
	struct bytes v = buf_bytes(&m->octets);
	key_rdata_each(&s, v, &scratch, take_first, &f);
	buf_puts(&m->older, "Dr");
	buf_u16be(&m->older, TYPE);
	put_sized(&m->older, v.len);
	buf_put_bytes(&m->older, v);
	buf_put(&m->older, "\7example\3www\0", 13);
	buf_u16be(&m->older, TYPE);
	buf_puts(&m->older, "\2");
	buf_u16be(&m->older, 0);
}

static void client(struct input *in, struct made *m)
{
	struct asked_key k = {.type = feed_u16(in),
			      .outcome = feed_u16(in),
			      .day = (uint16_t)(DAYS + feed_u8(in) % MONTH_DAYS),
			      .client = {.len = 4, .at = {10}}};
	k.name = BYTES_LIT("\3www\7example\0");
	k.client.at[3] = feed_u8(in);
	key_asked_client(&m->now, &k);
	buf_puts(&m->older, "C\4");
	buf_put(&m->older, k.client.at, 4);
	buf_put(&m->older, "\7example\3www\0", 13);
	buf_u16be(&m->older, k.type);
	buf_u16be(&m->older, k.day);
	buf_u16be(&m->older, k.outcome);
}

static void made(struct input *in, unsigned how)
{
	static struct made m;
	size_t cut = feed_u16(in);
	if (m.older.ceiling == 0) {
		buf_init(&m.older, 1 << 20);
		buf_init(&m.now, 1 << 20);
		buf_init(&m.octets, 1 << 20);
	}
	buf_clear(&m.older);
	buf_clear(&m.now);
	buf_clear(&m.octets);
	if (how == 1) {
		rrset(in, &m);
		sized(&m);
	} else if (how == 2) {
		raw(in, &m);
	} else {
		client(in, &m);
	}
	LAW(decodes(buf_bytes(&m.now)), "the test writes what is written today");
	become(shelves[how == 3 ? 2 : 0], &m);
	if (how != 3)
		buf_putc(&m.older, 7); /* the month */
	any(shelves[how == 3 ? 2 : 0], how != 3, cut, buf_bytes(&m.older));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	unsigned how = feed_u8(&in) % 4, shelf = feed_u8(&in) % 3;
	if (how) {
		made(&in, how);
		return 0;
	}
	size_t cut = feed_u16(&in);
	any(shelves[shelf], shelf == 0, cut, BYTES(in.at, in.left));
	return 0;
}
