/* Buffers, arenas, addresses, numbers, readers, hashes: each promise of their headers. */
#include <arpa/inet.h>
#include <stdlib.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/num.h"
#include "tap.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static uint64_t state = 88172645463325252u;

static uint64_t any(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* --- errors --- */

static void test_errors(void)
{
	struct fault f = {0};
	is_str(yore_strerror(0), "no error", "no error");
	is_str(yore_strerror(YORE_EFULL), "no space left on the device", "a code");
	ok(yore_strerror(-999)[0] != 0, "an unknown code has a sentence");
	is_int(fault_set(&f, YORE_EIO, "%s: bad\nline\ttab", "x"), YORE_EIO, "code back");
	ok(strchr(f.text, '\n') == NULL && f.code == YORE_EIO, "one line: %s", f.text);
	is_int(fault_set(NULL, YORE_EIO, "%d", 1), YORE_EIO, "no fault to fill");
	char long_text[2000];
	memset(long_text, 'x', sizeof(long_text));
	long_text[1999] = 0;
	fault_set(&f, YORE_EIO, "%s", long_text);
	is_int(strlen(f.text), sizeof(f.text) - 1, "a long line is cut");
}

/* --- buffers --- */

static void test_buf(void)
{
	struct buf b;
	buf_init(&b, 100);
	is_str(buf_str(&b), "", "empty");
	buf_puts(&b, "abc");
	buf_putc(&b, 'd');
	buf_u64(&b, 0);
	buf_u64(&b, UINT64_MAX);
	buf_i64(&b, INT64_MIN);
	buf_hex(&b, BYTES_LIT("\0\xff"));
	is_str(buf_str(&b), "abcd018446744073709551615-922337203685477580800ff", "texts");
	buf_clear(&b);
	buf_u16be(&b, 0x0102);
	buf_u32be(&b, 0x03040506);
	buf_u64be(&b, 0x0708090a0b0c0d0e);
	ok(bytes_equal(buf_bytes(&b), BYTES_LIT("\1\2\3\4\5\6\7\10\11\12\13\14\15\16")),
	   "big endian");
	buf_clear(&b);
	for (int i = 0; i < 100; i++)
		buf_putc(&b, 'x');
	ok(b.err == 0 && strlen(buf_str(&b)) == 100, "up to the ceiling");
	buf_putc(&b, 'y');
	ok(b.err == YORE_ELIMIT && b.len == 100, "not past it");
	is_str(buf_str(&b), "", "a text in error is none");
	buf_clear(&b);
	buf_puts(&b, "again");
	is_str(buf_str(&b), "again", "cleared, it works again");
	uint8_t *room = buf_room(&b, 95);
	ok(room != NULL && buf_room(&b, 96) == NULL && b.err == YORE_ELIMIT, "room");
	buf_putc(&b, 'x');
	is_int(b.len, 5, "errors are sticky");
	buf_release(&b);
	ok(b.at == NULL && b.len == 0 && b.err == 0 && b.ceiling == 100, "as after init");
	buf_init(&b, 4096);
	char text[600];
	memset(text, 'y', sizeof(text));
	text[599] = 0;
	buf_printf(&b, "<%s|%d>", text, 7);
	ok(b.len == 603 && strcmp(buf_str(&b) + 600, "|7>") == 0, "a long printf");
	buf_release(&b);
	buf_release(NULL);
}

/* --- reading --- */

static void test_reader(void)
{
	struct reader r = reader_of(BYTES_LIT("\1\2\3\4\5\6\7"));
	is_int(reader_u8(&r), 1, "an octet");
	is_int(reader_u16(&r), 0x0203, "two");
	is_int(reader_offset(&r), 3, "the offset");
	is_int(reader_u64(&r), 0, "past the end");
	is_int(r.err, YORE_EMALFORMED, "is an error");
	ok(reader_u8(&r) == 0 && reader_left(&r) == 4, "that sticks");
	int bad = 0;
	for (int i = 0; i < 100000; i++) {
		uint64_t v = any() >> (any() % 64);
		uint8_t p[10];
		size_t n = varint_put(p, v);
		r = reader_of(BYTES(p, n));
		bad += reader_varint(&r) != v || r.err || reader_left(&r);
		r = reader_of(BYTES(p, n - 1));
		bad += reader_varint(&r) != 0 || !r.err;
	}
	is_int(bad, 0, "varints read back, cut ones do not");
	r = reader_of(BYTES_LIT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\2"));
	ok(reader_varint(&r) == 0 && r.err, "a varint of 65 bits is none");
	ok(bytes_compare(BYTES_LIT("a"), BYTES_LIT("ab")) < 0 &&
	       bytes_compare(BYTES_LIT("\377"), BYTES_LIT("a")) > 0 &&
	       bytes_compare(BYTES_LIT(""), BYTES(NULL, 0)) == 0,
	   "order of unsigned octets");
	ok(bytes_begins(BYTES_LIT("abc"), BYTES_LIT("ab")) &&
	       !bytes_begins(BYTES_LIT("a"), BYTES_LIT("ab")) &&
	       bytes_begins(BYTES_LIT("a"), BYTES(NULL, 0)),
	   "beginnings");
}

/* --- arenas --- */

static void test_budget(void)
{
	struct budget b = {.most = 200000};
	struct arena one, two;
	arena_init(&one, 0);
	arena_init(&two, 0);
	one.budget = two.budget = &b;
	ok(arena_alloc(&one, 100) && atomic_load(&b.taken) == 0, "little is not counted");
	while (arena_alloc(&one, 1000))
		;
	ok(one.used > 150000 && one.used <= 200000 && one.used == atomic_load(&b.taken),
	   "a budget is a ceiling: %zu", one.used);
	ok(arena_alloc(&two, 5000), "little goes on when it is full");
	ok(arena_alloc(&two, 150000) == NULL && two.used < BUDGET_SMALL, "much does not");
	arena_reset(&one);
	ok(arena_alloc(&one, 50000) && one.used == atomic_load(&b.taken),
	   "reset gives back what is not kept");
	arena_release(&one);
	is_int(atomic_load(&b.taken), 0, "release gives it back");
	is_int(budget_left(&b), 200000, "all of it");
	ok(one.budget == &b && arena_alloc(&two, 150000), "to others");
	arena_release(&two);
	is_int(atomic_load(&b.taken), 0, "and these, too");
}

static void test_arena(void)
{
	struct arena a;
	arena_init(&a, 100000);
	int bad = 0;
	uint8_t *last = NULL;
	size_t total = 0;
	for (int i = 0; i < 2000; i++) {
		size_t n = 1 + any() % 90;
		uint8_t *p = i % 3 ? arena_alloc(&a, n) : arena_bytes(&a, n);
		if (p == NULL)
			break;
		bad += i % 3 && ((uintptr_t)p & 15);
		if (last == p && n)
			bad++;
		memset(p, i, n);
		last = p;
		total += n;
		bad += a.used > 100000;
	}
	is_int(bad, 0, "aligned, apart, under the ceiling");
	ok(total > 50000, "most of the ceiling can be had: %zu", total);
	ok(arena_alloc(&a, 200000) == NULL && arena_alloc(&a, SIZE_MAX) == NULL,
	   "not more than it");
	arena_reset(&a);
	char *s = arena_strdup(&a, "text");
	is_str(s ? s : "", "text", "after a reset there is room again");
	struct bytes c = arena_copy(&a, BYTES_LIT("octets"));
	ok(bytes_equal(c, BYTES_LIT("octets")), "a copy");
	arena_release(&a);
	is_int(a.used, 0, "released");
	arena_release(NULL);
}

/* --- addresses --- */

static void test_addr_text(void)
{
	int bad = 0;
	for (int i = 0; i < 100000; i++) {
		struct addr a = {.len = 16}, b;
		char text[ADDR_TEXT_MAX], want[ADDR_TEXT_MAX];
		for (int g = 0; g < 8; g++)
			if (any() % 2)
				store_u16be(a.at + 2 * g,
					    (uint16_t)(any() >> (any() % 16)));
		size_t n = addr_text(&a, text);
		inet_ntop(AF_INET6, a.at, want, sizeof(want));
		/* glibc writes ::a.b.c.d for the deprecated compatible form */
		if (!strchr(want, '.') && strcmp(text, want) != 0)
			bad++;
		bad +=
		    n != strlen(text) || addr_parse(text, &b) < 0 || !addr_equal(&a, &b);
	}
	is_int(bad, 0, "IPv6 prints as RFC 5952 has it and reads back");
	static const struct {
		const char *in, *out;
	} rows[] = {{"1.2.3.4", "1.2.3.4"},
		    {"::", "::"},
		    {"::1", "::1"},
		    {"1::", "1::"},
		    {"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
		    {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
		    {"::ffff:1.2.3.4", "::ffff:1.2.3.4"},
		    {"::ffff:102:304", "::ffff:1.2.3.4"},
		    {"fe80:0:0:0:0:0:0:0", "fe80::"},
		    {"1.2.3", NULL},
		    {"01.2.3.4", NULL},
		    {"1.2.3.4 ", NULL},
		    {"1.2.3.256", NULL},
		    {"", NULL},
		    {":", NULL},
		    {"1:2:3:4:5:6:7:8:9", NULL},
		    {"1::2::3", NULL},
		    {"fe80::1%eth0", NULL}};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct addr a = {.len = 99};
		char text[ADDR_TEXT_MAX];
		int r = addr_parse(rows[i].in, &a);
		if (rows[i].out == NULL) {
			ok(r < 0 && a.len == 99, "no address: '%s'", rows[i].in);
			continue;
		}
		addr_text(&a, text);
		is_str(r < 0 ? "refused" : text, rows[i].out, rows[i].in);
	}
}

static void test_addr_range(void)
{
	static const struct {
		const char *text, *lo, *hi;
	} rows[] = {
	    {"192.0.2.1", "192.0.2.1", "192.0.2.1"},
	    {"192.0.2.129/25", "192.0.2.128", "192.0.2.255"},
	    {"192.0.2.1,24", "192.0.2.0", "192.0.2.255"},
	    {"1.2.3.4/0", "0.0.0.0", "255.255.255.255"},
	    {"1.2.3.4/32", "1.2.3.4", "1.2.3.4"},
	    {"10.0.0.1-10.0.0.9", "10.0.0.1", "10.0.0.9"},
	    {"2001:db8::1/33", "2001:db8::", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff"},
	    {"::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	    {"1.2.3.4/33", NULL, NULL},
	    {"1.2.3.4/", NULL, NULL},
	    {"1.2.3.4/-1", NULL, NULL},
	    {"1.2.3.4/24x", NULL, NULL},
	    {"::/129", NULL, NULL},
	    {"10.0.0.9-10.0.0.1", NULL, NULL},
	    {"10.0.0.9-::1", NULL, NULL},
	    {"example", NULL, NULL},
	    {"", NULL, NULL}};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct addr_range r;
		struct addr lo, hi;
		int e = addr_range_parse(rows[i].text, &r);
		if (rows[i].lo == NULL) {
			is_int(e, YORE_EMALFORMED, rows[i].text);
			continue;
		}
		ok(e == 0 && addr_parse(rows[i].lo, &lo) == 0 &&
		       addr_parse(rows[i].hi, &hi) == 0 && addr_equal(&r.lo, &lo) &&
		       addr_equal(&r.hi, &hi) && addr_range_has(&r, &lo) &&
		       addr_range_has(&r, &hi),
		   "%s", rows[i].text);
	}
	struct addr_range r;
	struct addr a;
	if (addr_range_parse("10.0.0.0/8", &r) < 0 || addr_parse("11.0.0.0", &a) < 0)
		return;
	ok(!addr_range_has(&r, &a), "behind the range");
	ok(addr_parse("::a00:1", &a) == 0 && !addr_range_has(&r, &a), "another family");
}

static void test_addr_special(void)
{
	static const char *const yes[] = {
	    "10.1.2.3",	   "172.31.255.255", "192.168.0.1", "127.0.0.1",
	    "100.64.0.1",  "169.254.1.1",    "224.0.0.251", "255.255.255.255",
	    "0.0.0.0",	   "192.0.2.1",	     "198.19.0.1",  "::",
	    "::1",	   "fe80::1",	     "fd00::1",	    "ff02::fb",
	    "2001:db8::1", "::ffff:8.8.8.8", "::2",	    "a::1"};
	static const char *const no[] = {
	    "8.8.8.8",	       "172.32.0.1",	 "100.128.0.1",	 "192.0.1.1",
	    "223.255.255.255", "198.17.255.255", "2001:4860::1", "64:ff9b::808:808",
	    "2620:fe::fe",     "126.255.255.255"};
	struct addr a;
	for (size_t i = 0; i < ROWS(yes); i++)
		ok(addr_parse(yes[i], &a) == 0 && addr_is_special(&a), "%s is special",
		   yes[i]);
	for (size_t i = 0; i < ROWS(no); i++)
		ok(addr_parse(no[i], &a) == 0 && !addr_is_special(&a), "%s is not",
		   no[i]);
}

/* --- numbers --- */

static void test_numbers(void)
{
	static const struct {
		const char *text;
		uint64_t max, value;
		int result;
	} rows[] = {{"0", 9, 0, 0},
		    {"007", 9, 7, 0},
		    {"18446744073709551615", UINT64_MAX, UINT64_MAX, 0},
		    {"18446744073709551616", UINT64_MAX, 0, YORE_ELIMIT},
		    {"10", 9, 0, YORE_ELIMIT},
		    {"", 9, 0, YORE_EMALFORMED},
		    {"-1", 9, 0, YORE_EMALFORMED},
		    {"+1", 9, 0, YORE_EMALFORMED},
		    {" 1", 9, 0, YORE_EMALFORMED},
		    {"1 ", 9, 0, YORE_EMALFORMED},
		    {"0x1", 9, 0, YORE_EMALFORMED}};
	for (size_t i = 0; i < ROWS(rows); i++) {
		uint64_t v = 77;
		int r = num_u64(rows[i].text, rows[i].max, &v);
		ok(r == rows[i].result && v == (r < 0 ? 77 : rows[i].value),
		   "number '%s'", rows[i].text);
	}
	static const struct {
		const char *text;
		uint64_t value;
	} sizes[] = {{"64M", 64 << 20},	 {"512KiB", 512 << 10}, {"2G", 2ull << 30},
		     {"1t", 1ull << 40}, {"100", 100},		{"100B", 100},
		     {"3kb", 3 << 10}};
	for (size_t i = 0; i < ROWS(sizes); i++) {
		uint64_t v = 0;
		ok(num_size(sizes[i].text, &v) == 0 && v == sizes[i].value, "size %s",
		   sizes[i].text);
	}
	static const char *const no_sizes[] = {
	    "", "M", "1MM", "1.5G", "-1M", "1Mx", "18446744073709551615K"};
	uint64_t v;
	for (size_t i = 0; i < ROWS(no_sizes); i++)
		ok(num_size(no_sizes[i], &v) < 0, "no size: '%s'", no_sizes[i]);
	static const struct {
		const char *text;
		int64_t value;
	} spans[] = {{"60", 60},     {"10s", 10},    {"2m", 120},     {"4h", 14400},
		     {"7d", 604800}, {"1w", 604800}, {"1y", 31536000}};
	int64_t s;
	for (size_t i = 0; i < ROWS(spans); i++)
		ok(num_span(spans[i].text, &s) == 0 && s == spans[i].value, "span %s",
		   spans[i].text);
	ok(num_span("9223372036854775807w", &s) < 0 && num_span("1x", &s) < 0 &&
	       num_span("d", &s) < 0 && num_span("1dd", &s) < 0,
	   "no spans");
}

static void test_hash(void)
{
	uint8_t out[32];
	hash_wide("abc", 3, out);
	ok(memcmp(out,
		  "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23"
		  "\xb0\x03\x61\xa3\x96\x17\x7a\x9c\xb4\x10\xff\x61\xf2\x00\x15\xad",
		  32) == 0,
	   "SHA-256 of abc (FIPS 180-2)");
	ok(hash_fixed("", 0, 0) == 0x2d06800538d394c2, "XXH3 of nothing");
	hash_set_seed(1);
	uint64_t a = hash_keyed("abc", 3);
	hash_set_seed(2);
	ok(a != hash_keyed("abc", 3), "another seed, another hash");
	hash_set_seed(1);
	ok(a == hash_keyed("abc", 3), "the same seed, the same");
}

int main(void)
{
	test_errors();
	test_buf();
	test_reader();
	test_arena();
	test_budget();
	test_addr_text();
	test_addr_range();
	test_addr_special();
	test_numbers();
	test_hash();
	return tap_done();
}
