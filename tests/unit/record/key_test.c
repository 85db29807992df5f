/* Keys: there and back, in order, and no key begins another. */
#include <stdlib.h>

#include "dns/name.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "record/key.h"
#include "tap.h"

static uint64_t state = 88172645463325252u;

static unsigned below(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return n ? (unsigned)(state >> 16) % n : 0;
}

static struct name named(const char *text)
{
	struct name n = {0};
	if (name_of_text(text, &n) < 0)
		printf("# no name: %s\n", text);
	return n;
}

/* Names of few labels, near each other. */
static struct name random_name(void)
{
	struct name n = {0};
	for (unsigned labels = below(4); labels > 0; labels--) {
		unsigned len = 1 + below(3);
		n.wire[n.len++] = (uint8_t)len;
		while (len-- > 0)
			n.wire[n.len++] = (uint8_t) "ab\0\377.-"[below(6)];
	}
	n.len++;
	return n;
}

static void put_rdata(struct buf *b, uint16_t type, const char *text)
{
	buf_clear(b);
	if (rdata_of_text(type, text, b) < 0)
		printf("# no rdata: %s\n", text);
}

/* A record's random canonical rdata of a type from a short list. */
static uint16_t random_rdata(struct buf *b)
{
	static const uint16_t types[] = {TYPE_A,   TYPE_AAAA, TYPE_NS,	  TYPE_MX,
					 TYPE_TXT, TYPE_SOA,  TYPE_HTTPS, 65280};
	uint16_t type = types[below(8)];
	struct name a = random_name(), c = random_name();
	buf_clear(b);
	switch (type) {
	case TYPE_A:
		buf_u32be(b, 0xc0000200 + below(4));
		break;
	case TYPE_AAAA:
		buf_u64be(b, 0x20010db800000000);
		buf_u64be(b, below(4));
		break;
	case TYPE_MX:
		buf_u16be(b, (uint16_t)below(3));
		/* fallthrough */
	case TYPE_NS:
		buf_put(b, a.wire, a.len);
		break;
	case TYPE_SOA:
		buf_put(b, a.wire, a.len);
		buf_put(b, c.wire, c.len);
		buf_put(b, "01234567890123456789", 20);
		break;
	case TYPE_HTTPS:
		buf_u16be(b, 1);
		buf_put(b, a.wire, a.len);
		if (below(2))
			buf_put(b, "\0\4\0\10\xc0\0\2\1\xc0\0\2\2", 12);
		break;
	default:
		for (unsigned n = below(4); n > 0; n--)
			buf_put(b, "\2ab", 3);
	}
	return type;
}

static struct buf one, set, base, other, scratch;

static struct rrset random_rrset(struct name *owner)
{
	static const uint16_t sources[] = {SOURCE_ABOVE, SOURCE_BELOW, SOURCE_AUTH,
					   SOURCE_ZONE};
	struct bytes rdata[4];
	static uint8_t room[4][512];
	uint16_t type = random_rdata(&one);
	unsigned n = 1 + below(3), have = 0;
	for (unsigned i = 0; i < n; i++) {
		if (i > 0 && random_rdata(&one) != type)
			continue;
		memcpy(room[have], one.at, one.len);
		rdata[have] = BYTES(room[have], one.len);
		have++;
	}
	buf_clear(&set);
	if (rdataset_pack(rdata, have, &set) < 0)
		printf("# cannot pack\n");
	*owner = random_name();
	unsigned labels = name_labels(name_bytes(owner));
	uint16_t source = sources[below(4)];
	if (below(4) == 0 && source_of_name(below(2) ? "circl" : "dnsdb-x", &source) < 0)
		printf("# no source\n");
	return (struct rrset){.owner = name_bytes(owner),
			      .type = type,
			      .source = source,
			      .bailiwick = below(3) ? (uint8_t)below(labels + 1)
						    : BAILIWICK_ABSENT,
			      .rdata = buf_bytes(&set)};
}

static bool same_set(const struct rrset *a, const struct rrset *b)
{
	return bytes_equal(a->owner, b->owner) && a->type == b->type &&
	       a->source == b->source && a->bailiwick == b->bailiwick &&
	       bytes_equal(a->rdata, b->rdata);
}

static void test_rrset(void)
{
	int back = 0, prefix = 0, zones = 0, shared = 0, cut = 0;
	for (int i = 0; i < 20000; i++) {
		struct name owner, zone = random_name();
		struct rrset s = random_rrset(&owner);
		struct key_rrset_parts p;
		buf_clear(&base);
		key_rrset(&base, &s);
		back += key_rrset_read(buf_bytes(&base), &p) < 0 || !same_set(&s, &p.set);
		if (base.len > 0)
			cut += key_rrset_read(BYTES(base.at, below((unsigned)base.len)),
					      &p) == 0;

		/* exactly what is in a zone begins with the zone's prefix */
		for (int whole = 0; whole < 2; whole++) {
			buf_clear(&other);
			key_owner_prefix(&other, TABLE_RRSET, name_bytes(&zone), !whole);
			bool in = whole ? bytes_equal(s.owner, name_bytes(&zone))
					: name_within(s.owner, name_bytes(&zone));
			zones += bytes_begins(buf_bytes(&base), buf_bytes(&other)) != in;
		}
		buf_clear(&other);
		key_owner_prefix(&other, TABLE_RRSET, s.owner, false);
		shared += key_shared_len(buf_bytes(&base)) != other.len;

		struct name owner2;
		struct bytes kept = buf_bytes(&base);
		struct rrset t = random_rrset(&owner2);
		buf_clear(&other);
		key_rrset(&other, &t);
		bool equal = bytes_equal(kept, buf_bytes(&other));
		prefix += !equal && (bytes_begins(kept, buf_bytes(&other)) ||
				     bytes_begins(buf_bytes(&other), kept));
	}
	is_int(back, 0, "an RRset's key reads back");
	is_int(cut, 0, "cut anywhere it does not");
	is_int(zones, 0, "a zone is a prefix of all in it and of nothing else");
	is_int(shared, 0, "the owner is what its rows share");
	is_int(prefix, 0, "no key begins another");
}

/* --- by rdata --- */

static struct {
	uint8_t octets[70][2048];
	size_t len[70];
	unsigned count;
} rows;

static void keep_row(struct bytes key, void *arg)
{
	if (rows.count < 70 && key.len <= 2048) {
		memcpy(rows.octets[rows.count], key.at, key.len);
		rows.len[rows.count] = key.len;
	}
	rows.count++;
}

static struct bytes row(unsigned i)
{
	return BYTES(rows.octets[i], rows.len[i]);
}

static void test_rdata(void)
{
	int back = 0, raw = 0, twice = 0;
	for (int i = 0; i < 20000; i++) {
		struct name owner;
		struct rrset s = random_rrset(&owner);
		s.type = random_rdata(&one);
		struct bytes rdata = buf_bytes(&one);
		if (rdata.len == 0)
			continue;
		rows.count = 0;
		if (key_rdata_each(&s, rdata, &scratch, keep_row, NULL) != 0 ||
		    !rows.count)
			back++;
		for (unsigned k = 0; k < rows.count; k++) {
			struct key_rdata_parts p;
			back += key_rdata_read(row(k), &p) < 0 ||
				!bytes_equal(p.set.owner, s.owner) ||
				p.set.type != s.type || p.set.source != s.source ||
				!bytes_equal(p.set.rdata, rdata);
			for (unsigned j = 0; j < k; j++)
				twice += bytes_begins(row(k), row(j)) ||
					 bytes_begins(row(j), row(k));
		}
		buf_clear(&other);
		key_rdata_raw_prefix(&other, s.type, rdata);
		raw += !bytes_begins(row(0), buf_bytes(&other)) ||
		       key_shared_len(row(0)) != other.len;
	}
	is_int(back, 0, "every head of a record reads back to it");
	is_int(twice, 0, "heads differ");
	is_int(raw, 0, "raw rdata is found under its first head");
}

static unsigned heads_of(uint16_t type, const char *text)
{
	struct name owner = named("www.example.");
	struct rrset s = {
	    .owner = name_bytes(&owner), .type = type, .source = SOURCE_ABOVE};
	put_rdata(&one, type, text);
	rows.count = 0;
	key_rdata_each(&s, buf_bytes(&one), &scratch, keep_row, NULL);
	return rows.count;
}

static void test_heads(void)
{
	struct name n = named("mail.example."), zone = named("example.");
	is_int(heads_of(TYPE_A, "192.0.2.1"), 1, "an address is one row");
	ok(memcmp(rows.octets[0], "D\4\xc0\0\2\1", 6) == 0, "under its octets");
	struct addr a = addr_of("\xc0\0\2\1", 4);
	buf_clear(&other);
	key_rdata_addr_prefix(&other, &a);
	ok(bytes_begins(row(0), buf_bytes(&other)), "as the prefix says");
	is_int(heads_of(TYPE_MX, "10 mail.example."), 1, "a target is one row");
	for (int whole = 0; whole < 2; whole++) {
		buf_clear(&other);
		key_rdata_name_prefix(&other, name_bytes(whole ? &n : &zone), !whole);
		ok(bytes_begins(row(0), buf_bytes(&other)),
		   "under its name and its zone");
	}
	is_int(heads_of(TYPE_SOA, "a. b. 1 2 3 4 5"), 2, "two names are two rows");
	is_int(heads_of(TYPE_SOA, "a. a. 1 2 3 4 5"), 1, "the same name once");
	is_int(heads_of(TYPE_MX, "0 ."), 1, "a null MX is one row");
	is_int(rows.octets[0][1], 'r', "under its octets");
	is_int(heads_of(TYPE_NS, "."), 1, "but the root as NS");
	is_int(rows.octets[0][1], 'n', "under its name");
	is_int(heads_of(TYPE_TXT, "\"x\""), 1, "a text is one row");
	is_int(rows.octets[0][1], 'r', "under its octets");
	is_int(heads_of(TYPE_HTTPS, "1 . ipv4hint=192.0.2.1,192.0.2.2,192.0.2.1"), 2,
	       "hints are rows");
	is_int(heads_of(TYPE_HTTPS, "1 svc.example. alpn=h2"), 1, "a target as well");

	is_int(heads_of(TYPE_HTTPS,
			"1 svc.example. alpn=h2,h3 ipv6hint=2001:db8::1,2001:db8::2,"
			"2001:db8::3,2001:db8::4,2001:db8::5,2001:db8::6,2001:db8::7,"
			"2001:db8::8,2001:db8::9,2001:db8::a,2001:db8::b,2001:db8::c,"
			"2001:db8::d,2001:db8::e,2001:db8::f,2001:db8::10,2001:db8::11,"
			"2001:db8::12,2001:db8::13,2001:db8::14"),
	       21, "twenty hints are all there");

	/* many heads in one record: no more than KEY_HEADS_MAX, fewer when it is large */
	struct name owner = named("x.");
	struct rrset s = {.owner = name_bytes(&owner), .type = TYPE_HTTPS, .source = 1};
	for (unsigned hints = 60; hints <= 16000; hints = hints == 60 ? 100 : 16000) {
		buf_clear(&one);
		buf_u16be(&one, 1);
		buf_putc(&one, 0);
		buf_u16be(&one, 4);
		buf_u16be(&one, (uint16_t)(hints * 4));
		for (unsigned i = 0; i < hints; i++)
			buf_u32be(&one, i);
		rows.count = 0;
		size_t left =
		    key_rdata_each(&s, buf_bytes(&one), &scratch, keep_row, NULL);
		unsigned most = hints == 16000 ? 4 : hints == 100 ? 20 : KEY_HEADS_MAX;
		is_int(rows.count, hints < most ? hints : most, "rows are bounded");
		is_int(left, hints - rows.count, "and the rest is told");
		if (hints == 16000)
			break;
	}
}

static void test_large(void)
{
	static uint8_t big[70000];
	struct key_rrset_parts p;
	static const size_t sizes[] = {1023,  1024,  1025,  65533,
				       65534, 65535, 65536, 69998};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct name owner = named("x.");
		struct rrset s = {.owner = name_bytes(&owner),
				  .type = 16,
				  .source = SOURCE_BELOW,
				  .bailiwick = 1,
				  .rdata = BYTES(big, sizes[i])};
		buf_clear(&base);
		key_rrset(&base, &s);
		ok(key_rrset_read(buf_bytes(&base), &p) == 0 && same_set(&s, &p.set),
		   "a set of %zu octets", sizes[i]);
		struct key_rdata_parts d;
		if (sizes[i] > 2000)
			continue;
		rows.count = 0;
		key_rdata_each(&s, s.rdata, &scratch, keep_row, NULL);
		buf_clear(&other);
		key_rdata_raw_prefix(&other, 16, s.rdata);
		ok(rows.count == 1 && key_rdata_read(row(0), &d) == 0 &&
		       bytes_equal(d.set.rdata, s.rdata) && d.set.type == 16 &&
		       bytes_begins(row(0), buf_bytes(&other)) &&
		       key_shared_len(row(0)) == other.len,
		   "a record of so many, found under its head");
	}
	base.at[1 + 3 + 2 + 1 + 1 + 2] ^= 1;
	is_int(key_rrset_read(buf_bytes(&base), &p), YORE_EMALFORMED,
	       "the digest is another's");
	struct bytes lie =
	    BYTES_LIT("R\1x\0\0\20\1\2\xff\xff\xfb\x8e\x20\xfc\x2e\x4c\x3f\x24"
		      "\0\0\0\2ab"); /* its digest is right */
	is_int(key_rrset_read(lie, &p), YORE_EMALFORMED, "small ones have none");
	static const uint8_t bare[4096] = "R\1x\0\0\20\1\2\4\0";
	is_int(key_rrset_read(BYTES(bare, 10 + 1024), &p), YORE_EMALFORMED,
	       "large ones have one");
	/* two that differ at the end differ early */
	size_t differ[2];
	for (unsigned table = 0; table < 2; table++) {
		struct buf *keys[] = {&base, &other};
		for (unsigned i = 0; i < 2; i++) {
			struct name owner = named("x.");
			struct rrset s = {.owner = name_bytes(&owner),
					  .type = 16,
					  .source = SOURCE_BELOW,
					  .rdata = BYTES(big, sizeof(big))};
			big[sizeof(big) - 1] = (uint8_t)i;
			buf_clear(keys[i]);
			if (table == 0)
				key_rrset(keys[i], &s);
			else
				key_rdata_raw_prefix(keys[i], 16, s.rdata);
		}
		for (differ[table] = 0;
		     base.at[differ[table]] == other.at[differ[table]];)
			differ[table]++;
	}
	ok(differ[0] < 20 && differ[1] < 20, "large keys differ early: %zu, %zu",
	   differ[0], differ[1]);
}

static void test_others(void)
{
	struct bytes name;
	struct addr a = addr_of("\xc0\0\2\1", 4), b;
	struct name zone = named("b.example.");
	uint8_t out[255];
	size_t len;
	buf_clear(&base);
	key_name(&base, name_bytes(&zone));
	ok(key_name_read(buf_bytes(&base), &name) == 0 &&
	       bytes_equal(name, name_bytes(&zone)),
	   "a name's key reads back");
	is_int(key_shared_len(buf_bytes(&base)), base.len, "all of it is shared");
	is_int(key_name_read(BYTES(base.at, base.len - 1), &name), YORE_EMALFORMED,
	       "cut");
	struct name begin = named("b.");
	buf_clear(&other);
	key_owner_prefix(&other, TABLE_NAME, name_bytes(&begin), true);
	ok(bytes_begins(buf_bytes(&base), buf_bytes(&other)), "name.* is a prefix");
	buf_clear(&base);
	key_server(&base, &a, name_bytes(&zone));
	ok(key_server_read(buf_bytes(&base), &b, out, &len) == 0 && addr_equal(&a, &b) &&
	       bytes_equal(BYTES(out, len), name_bytes(&zone)),
	   "a server's key reads back");
	is_int(key_shared_len(buf_bytes(&base)), 6, "its address is shared");
	is_int(key_server_read(BYTES_LIT("B\5aaaaa\0"), &b, out, &len), YORE_EMALFORMED,
	       "an address of five octets");
	static const struct bytes none[] = {
	    BYTES_LIT(""),	 BYTES_LIT("R"),
	    BYTES_LIT("R\100"),	 BYTES_LIT("D"),
	    BYTES_LIT("D\4abc"), BYTES_LIT("Dz"),
	    BYTES_LIT("B\4abc"), BYTES_LIT("Dr\0\1\0\5ab"),
	    BYTES_LIT("Xabc")};
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		struct key_rdata_parts d;
		struct key_rrset_parts r;
		ok(key_shared_len(none[i]) == 0 && key_rdata_read(none[i], &d) < 0 &&
		       key_rrset_read(none[i], &r) < 0,
		   "no key: %zu", i);
	}
	struct key_rrset_parts r;
	is_int(key_rrset_read(BYTES_LIT("R\1x\0\0\1\2\1\0\0"), &r), YORE_EMALFORMED,
	       "a bailiwick of more labels than the owner has");
	is_int(key_rrset_read(BYTES_LIT("R\1x\0\0\1\1\11\0\0"), &r), YORE_EMALFORMED,
	       "a source nobody knows");
}

static void test_suffix(void)
{
	is_int(key_suffix_len(TABLE_RRSET, false), 1, "a month");
	is_int(key_suffix_len(TABLE_RDATA, true), 5, "a time");
	is_int(key_suffix_len(TABLE_NAME, false), 0, "nothing");
	buf_clear(&base);
	key_put_month(&base, 2015 * 12 + 6);
	ok(base.len == 1 && base.at[0] == 7, "July is 7");
	static const struct {
		int64_t first;
		const char *octets;
	} firsts[] = {{WHEN_UNKNOWN, "\0\0\0\0\0"},
		      {-1, "\0\0\0\0\0"},
		      {1, "\0\0\0\0\1"},
		      {0x123456789a, "\x12\x34\x56\x78\x9a"},
		      {INT64_MAX, "\xff\xff\xff\xff\xff"}};
	for (size_t i = 0; i < sizeof(firsts) / sizeof(*firsts); i++) {
		buf_clear(&base);
		key_put_first(&base, firsts[i].first);
		ok(bytes_equal(buf_bytes(&base), BYTES(firsts[i].octets, 5)),
		   "a first time");
	}
}

/* The least key behind everything with a prefix. */
static void test_after(void)
{
	int bad = 0;
	for (int i = 0; i < 50000; i++) {
		uint8_t p[4], k[6];
		unsigned pn = 1 + below(4), kn = 1 + below(6);
		for (unsigned j = 0; j < pn; j++)
			p[j] = (uint8_t)(below(2) ? 0xff : below(3));
		for (unsigned j = 0; j < kn; j++)
			k[j] = j < pn && below(4) ? p[j]
						  : (uint8_t)(below(2) ? 0xff : below(3));
		struct bytes prefix = BYTES(p, pn), key = BYTES(k, kn);
		buf_clear(&base);
		buf_put_bytes(&base, prefix);
		bool is_behind =
		    bytes_compare(key, prefix) >= 0 && !bytes_begins(key, prefix);
		if (key_after(&base) == 0)
			bad += is_behind;
		else if (bytes_compare(key, prefix) >= 0)
			bad += (bytes_compare(key, buf_bytes(&base)) >= 0) != is_behind;
	}
	is_int(bad, 0, "key_after parts what has a prefix from what is behind it");
	buf_clear(&base);
	buf_put(&base, "\xff\xff", 2);
	is_int(key_after(&base), 0, "there is none behind ff ff");
}

static void test_rdataset(void)
{
	struct bytes v[5] = {BYTES_LIT("b"), BYTES_LIT(""), BYTES_LIT("ab"),
			     BYTES_LIT("b"), BYTES_LIT("a")};
	buf_clear(&set);
	is_int(rdataset_pack(v, 5, &set), 0, "packed");
	ok(bytes_equal(buf_bytes(&set), BYTES_LIT("\0\0\0\1a\0\2ab\0\1b")),
	   "sorted, shorter first, without duplicates");
	ok(rdataset_valid(buf_bytes(&set)), "valid");
	is_int(rdataset_count(buf_bytes(&set)), 4, "of four");
	ok(rdataset_valid(BYTES_LIT("")), "an empty one is valid");
	ok(!rdataset_valid(BYTES_LIT("\0\1b\0\1a")), "not ascending");
	ok(!rdataset_valid(BYTES_LIT("\0\1a\0\1a")), "twice");
	ok(!rdataset_valid(BYTES_LIT("\0\2a")), "cut");
	ok(!rdataset_valid(BYTES_LIT("\0\1a\0")), "half a length");
	static uint8_t big[65536];
	struct bytes large[1] = {BYTES(big, 65536)};
	is_int(rdataset_pack(large, 1, &set), YORE_ELIMIT, "too large for a length");

	int bad = 0;
	static uint8_t room[100][4];
	for (int i = 0; i < 3000; i++) {
		struct bytes many[100];
		unsigned n = 1 + below(100);
		for (unsigned j = 0; j < n; j++) {
			for (int k = 0; k < 4; k++)
				room[j][k] = (uint8_t)below(3);
			many[j] = BYTES(room[j], below(5));
		}
		buf_clear(&set);
		bad +=
		    rdataset_pack(many, n, &set) < 0 || !rdataset_valid(buf_bytes(&set));
	}
	is_int(bad, 0, "any set packs to a valid one");
}

static void test_sources(void)
{
	uint16_t s, t;
	ok(source_of_name("above", &s) == 0 && s == SOURCE_ABOVE, "built in");
	is_str(source_name(SOURCE_ZONE), "zone", "by number");
	ok(source_of_name("my-data.2015_x", &s) == 0 && s >= SOURCE_FIRST_NAMED, "named");
	ok(source_of_name("my-data.2015_x", &t) == 0 && t == s, "the same again");
	is_str(source_name(s), "my-data.2015_x", "its name");
	static const char *const none[] = {"",
					   "none",
					   "A",
					   "a b",
					   "a/b",
					   "\xc3\xa4",
					   "123456789012345678901234567890123"};
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		is_int(source_of_name(none[i], &s), YORE_EMALFORMED, none[i]);
	ok(source_of_name("12345678901234567890123456789012", &s) == 0, "32 characters");
	is_str(source_name(60000), "none", "a number nobody has");
	struct reader r = reader_of(BYTES_LIT("\x25"
					      "below"));
	ok(source_read_key(&r) == SOURCE_NONE && r.err, "a built-in name spelt out");
	int e = 0;
	for (unsigned i = 0; i < 3000 && e == 0; i++) {
		char name[32];
		snprintf(name, sizeof(name), "data%u", i);
		e = source_of_name(name, &s);
	}
	is_int(e, YORE_ELIMIT, "names have a ceiling");
}

int main(void)
{
	struct buf *all[] = {&one, &set, &base, &other, &scratch};
	for (int i = 0; i < 5; i++)
		buf_init(all[i], 1 << 20);
	test_rrset();
	test_rdata();
	test_heads();
	test_large();
	test_others();
	test_suffix();
	test_after();
	test_rdataset();
	test_sources();
	for (int i = 0; i < 5; i++)
		buf_release(all[i]);
	return tap_done();
}
