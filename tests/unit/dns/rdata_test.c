/* RDATA of every type: octets to canonical octets to text and back (RFC 3597, 4034). */
#include <stdlib.h>

#include "dns/name.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "tap.h"
#include "unit/dns/rdata_rows.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* Octets written as hex; "~" and the like are not hex and stop the test. */
static struct bytes unhex(const char *hex)
{
	static uint8_t octets[4][70000];
	static unsigned turn;
	uint8_t *at = octets[turn++ % 4];
	size_t n = 0;
	for (; hex[0] && hex[1]; hex += hex[0] == ' ' ? 1 : 2) {
		char two[3] = {hex[0], hex[1], 0};
		if (hex[0] != ' ')
			at[n++] = (uint8_t)strtoul(two, NULL, 16);
	}
	return BYTES(at, n);
}

static uint16_t type_named(const char *text)
{
	uint16_t type = 0;
	if (type_of_text(text, &type) < 0)
		printf("# no type %s\n", text);
	return type;
}

/* The rdata alone as a message, on the heap, so that a sanitizer sees one too many. */
static int canonical(uint16_t type, struct bytes rdata, uint8_t *out, size_t room)
{
	uint8_t *copy = malloc(rdata.len + 1);
	memcpy(copy, rdata.at, rdata.len);
	int n = rdata_canonical(BYTES(copy, rdata.len), 0, rdata.len, type, out, room);
	free(copy);
	return n;
}

static const char *printed(uint16_t type, struct bytes rdata)
{
	static struct buf out[2];
	static unsigned turn;
	struct buf *b = &out[turn++ % 2];
	if (b->ceiling == 0)
		buf_init(b, 1 << 20);
	buf_clear(b);
	rdata_put(b, type, rdata);
	return buf_str(b);
}

/* Text to octets: the octets that follow what the buffer held, or len (size_t)-1. */
static struct bytes read_text(uint16_t type, const char *text)
{
	static struct buf b;
	if (b.ceiling == 0)
		buf_init(&b, 1 << 20);
	buf_clear(&b);
	buf_puts(&b, "kept");
	int r = rdata_of_text(type, text, &b);
	if (memcmp(b.at, "kept", 4) != 0 || (r < 0 && b.len != 4))
		printf("not ok - what the buffer held was changed\n");
	return r < 0 ? BYTES(NULL, (size_t)-1) : BYTES(b.at + 4, b.len - 4);
}

static bool row_of[65536];

static void test_rows(void)
{
	uint8_t out[70000];
	for (size_t i = 0; i < ROWS(rdata_rows); i++) {
		uint16_t type = type_named(rdata_rows[i].type);
		struct bytes want = unhex(rdata_rows[i].hex);
		const char *text = rdata_rows[i].text;
		row_of[type] = true;
		is_str(printed(type, want), text, rdata_rows[i].type);
		ok(bytes_equal(read_text(type, text), want), "%s %s: read back",
		   rdata_rows[i].type, text);
		int n = canonical(type, want, out, sizeof(out));
		ok(n >= 0 && bytes_equal(BYTES(out, n), want),
		   "%s %s: is canonical already", rdata_rows[i].type, text);
		ok(rdata_valid(type, want), "%s %s: valid", rdata_rows[i].type, text);
		/* the long way gives what the short way gives */
		n = canonical(type, want, out, want.len);
		ok(n >= 0 && bytes_equal(BYTES(out, n), want), "with no octet to spare");
		if (want.len > 0)
			is_int(canonical(type, want, out, want.len - 1), YORE_ELIMIT,
			       "one octet less is too little");
	}
}

static void check_row(uint16_t type, const char *mnemonic, void *arg)
{
	uint16_t again = 0;
	char text[TYPE_TEXT_MAX];
	if (!row_of[type])
		ok(false, "%s has a row", mnemonic);
	type_text(type, text);
	*(int *)arg += type_of_text(text, &again) < 0 || again != type ||
		       strcmp(text, mnemonic) != 0 || !type_known(type);
}

/* No octet may be missing, and none may be too many where the length is given. */
static void test_cuts(void)
{
	uint8_t out[70000];
	struct buf text;
	buf_init(&text, 1 << 20);
	int bad = 0;
	for (size_t i = 0; i < ROWS(rdata_rows); i++) {
		uint16_t type = type_named(rdata_rows[i].type);
		struct bytes want = unhex(rdata_rows[i].hex);
		for (size_t len = 0; len <= want.len; len++) {
			struct bytes cut = BYTES(want.at, len);
			int n = canonical(type, cut, out, sizeof(out));
			if ((n >= 0) != rdata_valid(type, cut)) {
				printf("# %s cut to %zu: valid and canonical differ\n",
				       rdata_rows[i].type, len);
				bad++;
			}
			/* whatever it is, it has a text, and what was valid comes back */
			buf_clear(&text);
			rdata_put(&text, type, cut);
			struct bytes again = read_text(type, buf_str(&text));
			if (n >= 0 && !bytes_equal(again, cut)) {
				printf("# %s cut to %zu: %s does not come back\n",
				       rdata_rows[i].type, len, buf_str(&text));
				bad++;
			}
		}
	}
	buf_release(&text);
	is_int(bad, 0, "every row, cut everywhere");
}

/* --- other spellings that are read --- */

static const struct {
	const char *what, *type, *text, *again;
} readings[] = {
    {"a name without its final dot", "NS", "ns1.example", "ns1.example."},
    {"names are lower-cased where RFC 4034 6.2 says so", "MX", "10 MAIL.Example.",
     "10 mail.example."},
    {"and SVCB targets", "HTTPS", "1 FOO.example.", "1 foo.example."},
    {"but not in NSEC (RFC 6840 5.1)", "NSEC", "Host.Example. A", "Host.Example. A"},
    {"parentheses and comments", "SOA", "a. b. ( 1 ; serial\n 2 3\t; more\n 4 5 )",
     "a. b. 1 2 3 4 5"},
    {"times in units", "SOA", "a. b. 1 1h 1m30s 1w 1d2h", "a. b. 1 3600 90 604800 93600"},
    {"strings without quotes", "TXT", "one two", "\"one\" \"two\""},
    {"a semicolon inside quotes is no comment", "TXT", "\"a;b\"", "\"a;b\""},
    {"quotes next to each other", "TXT", "\"a\"\"b\"", "\"a\" \"b\""},
    {"an escaped quote inside", "TXT", "\"a\\\"b\"", "\"a\\\"b\""},
    {"octets by number", "TXT", "\\065\\000", "\"A\\000\""},
    {"IPv6 in any spelling", "AAAA", "2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
    {"IPv4 inside IPv6", "AAAA", "::ffff:192.0.2.1", "::ffff:192.0.2.1"},
    {"hex in pieces", "DS", "1 2 3 AB ( CD\n EF )", "1 2 3 abcdef"},
    {"base64 in pieces", "DNSKEY", "256 3 8 AwE AAQ ==", "256 3 8 AwEAAQ=="},
    {"algorithms by name", "DNSKEY", "256 3 RSASHA256 AwEAAQ==", "256 3 8 AwEAAQ=="},
    {"types by number in a signature", "RRSIG",
     "TYPE1 5 3 86400 1 2 2642 example. AwEAAQ==",
     "A 5 3 86400 19700101000001 19700101000002 2642 example. AwEAAQ=="},
    {"types in any order and twice", "NSEC", "a. MX A TYPE15 NS", "a. A NS MX"},
    {"type 65535", "NSEC", "a. TYPE65535", "a. TYPE65535"},
    {"generic octets of a known type", "A", "\\# 4 C0 00 02 01", "192.0.2.1"},
    {"generic octets are made canonical", "NS", "\\# 4 02414200", "ab."},
    {"an unknown type", "TYPE65280", "\\# 3 ( 00 ; here\n FF10 )", "\\# 3 00ff10"},
    {"LOC with defaults", "LOC", "42 N 71 W 0m",
     "42 0 0.000 N 71 0 0.000 W 0.00m 1.00m 10000.00m 10.00m"},
    {"LOC with minutes", "LOC", "42 21 N 71 06 18 W -24m 30m",
     "42 21 0.000 N 71 6 18.000 W -24.00m 30.00m 10000.00m 10.00m"},
    {"LOC at both ends of the earth", "LOC", "90 S 180 W -100000.00m 0m",
     "90 0 0.000 S 180 0 0.000 W -100000.00m 0.00m 10000.00m 10.00m"},
    {"SVCB keys in any order", "SVCB", "1 . port=53 alpn=h2",
     "1 . alpn=\"h2\" port=\"53\""},
    {"SVCB keys by number", "SVCB", "1 . key3=\\000\\053", "1 . port=\"53\""},
    {"SVCB in order from behind", "SVCB", "1 . key9=c key8=b key7=a",
     "1 . dohpath=\"a\" key8=\"b\" key9=\"c\""},
    {"SVCB mandatory in any order", "SVCB", "1 . mandatory=port,alpn alpn=h2 port=53",
     "1 . mandatory=\"alpn,port\" alpn=\"h2\" port=\"53\""},
    {"a certificate's type by number", "CERT", "1 2 3 AwEAAQ==", "PKIX 2 3 AwEAAQ=="},
    {"WKS protocol by name", "WKS", "192.0.2.1 TCP 25 21", "192.0.2.1 6 21 25"},
    {"a locator without leading zeros", "NID", "10 14:4fff:ff20:ee64",
     "10 0014:4fff:ff20:ee64"},
    {"an NSAP with dots", "NSAP", "0x47.0005.80", "0x47000580"},
    {"a salt in upper case", "NSEC3PARAM", "1 0 1 AABB", "1 0 1 aabb"},
    {"A6 with prefix bits set clears them", "A6", "60 ffff:ffff:ffff:ffff::1 a.",
     "60 ::f:0:0:0:1 a."},
    {"a URI may be empty", "URI", "1 2 \"\"", "1 2 \"\""},
    {"TXT without a string", "TXT", "\\# 0", "\\# 0"},
};

static void test_readings(void)
{
	for (size_t i = 0; i < ROWS(readings); i++) {
		uint16_t type = type_named(readings[i].type);
		struct bytes got = read_text(type, readings[i].text);
		if (!ok(got.len != (size_t)-1, "%s: read", readings[i].what))
			continue;
		is_str(printed(type, got), readings[i].again, readings[i].what);
		ok(rdata_valid(type, got), "%s: canonical", readings[i].what);
	}
}

/* --- text that is refused --- */

static const struct {
	const char *type, *text;
} refused[] = {
    {"A", ""},
    {"A", "192.0.2"},
    {"A", "192.0.2.1 x"},
    {"A", "192.0.2.256"},
    {"A", "2001:db8::1"},
    {"A", "\\# 3 c00002"},
    {"A", "\\# 4 c00002"},
    {"A", "\\# 4 c0000201ff"},
    {"A", "\\# 4 c000020"},
    {"A", "\\# c0000201"},
    {"AAAA", "192.0.2.1"},
    {"AAAA", "1::2::3"},
    {"NS", "a..b."},
    {"NS", "\"\""},
    {"NS", "a. b."},
    {"NS", "\\# 3 c00000"},
    {"NS", "\\# 2 c000"},
    {"MX", "65536 a."},
    {"MX", "-1 a."},
    {"MX", "10"},
    {"SOA", "a. b. 1 2 3 4"},
    {"SOA", "a. b. 1 2 3 4 5 6"},
    {"SOA", "a. b. 1 2 3 4 5x"},
    {"SOA", "a. b. 1 2 3 4 4294967296"},
    {"SOA", "a. b. 1 2 3 4 99999w"},
    {"TXT", ""},
    {"TXT", "\"open"},
    {"TXT", "\\256"},
    {"TXT", "\\1"},
    {"DS", "1 2 3"},
    {"DS", "1 2 3 abc"},
    {"DS", "1 2 3 xy"},
    {"DNSKEY", "256 3 8 A"},
    {"DNSKEY", "256 3 8 AwEAAQ="},
    {"DNSKEY", "256 3 8 AwEAAR=="},
    {"DNSKEY", "256 3 8 AwEAA===Q"},
    {"DNSKEY", "256 3 8"},
    {"RRSIG", "A 5 3 1 20030231000000 20030220173103 1 a. AA=="},
    {"RRSIG", "A 5 3 1 20030132000000 20030220173103 1 a. AA=="},
    {"RRSIG", "A 5 3 1 21070101000000 20030220173103 1 a. AA=="},
    {"RRSIG", "A 5 3 1 2003013100000 20030220173103 1 a. AA=="},
    {"RRSIG", "A 5 3 1 4294967296 20030220173103 1 a. AA=="},
    {"RRSIG", "A 5 3 1 2003 1 120000 1 a. AA=="},
    {"NSEC", "a. NOTYPE"},
    {"NSEC3", "1 0 0 a 2vptu5timamqttgl4luu9kg21e0aor3s A"},
    {"NSEC3", "1 0 0 - w A"},
    {"NXT", "a. TYPE128"},
    {"LOC", "91 N 0 E 0m"},
    {"LOC", "90 0 0.001 N 0 E 0m"},
    {"LOC", "1 60 N 0 E 0m"},
    {"LOC", "1 N 0 E -100000.01m"},
    {"LOC", "1 N 0 E 0m 90000001m"},
    {"LOC", "1 N 181 E 0m"},
    {"LOC", "1 X 0 E 0m"},
    {"APL", "3:192.0.2.1/24"},
    {"APL", "1:192.0.2.1/33"},
    {"APL", "1:2001:db8::/32"},
    {"APL", "192.0.2.1/24"},
    {"IPSECKEY", "10 1 2 2001:db8::1 AQ=="},
    {"IPSECKEY", "10 0 2 a. AQ=="},
    {"IPSECKEY", "10 4 2 a. AQ=="},
    {"AMTRELAY", "10 2 1 192.0.2.1"},
    {"HIP", "2 20 "},
    {"HIP", "2 2 AQ=="},
    {"SVCB", "1"},
    {"SVCB", "1 . port=53 port=54"},
    {"SVCB", "1 . port=65536"},
    {"SVCB", "1 . port"},
    {"SVCB", "1 . alpn"},
    {"SVCB", "1 . alpn=h2,"},
    {"SVCB", "1 . alpn=,h2"},
    {"SVCB", "1 . no-default-alpn"},
    {"SVCB", "1 . no-default-alpn=x alpn=h2"},
    {"SVCB", "1 . ipv4hint=2001:db8::1"},
    {"SVCB", "1 . mandatory=alpn"},
    {"SVCB", "1 . mandatory=mandatory"},
    {"SVCB", "1 . mandatory=alpn,alpn alpn=h2"},
    {"SVCB", "1 . key65536=x"},
    {"SVCB", "1 . key01=x"},
    {"SVCB", "1 . nokey=x"},
    {"SVCB", "1 . =x"},
    {"EUI48", "00-00-5e-00-53"},
    {"EUI48", "00-00-5e-00-53-2a-01"},
    {"EUI48", "0-00-5e-00-53-2a"},
    {"NID", "10 0014:4fff:ff20"},
    {"NID", "10 0014:4fff:ff20:ee64:1"},
    {"NID", "10 00145:4fff:ff20:ee64"},
    {"NSAP", "4700"},
    {"NSAP", "0x470"},
    {"NSAP", "0x"},
    {"ATMA", "+12a"},
    {"X25", ""},
    {"GPOS", "1 2"},
    {"CAA", "256 issue \"x\""},
    {"NULL", "abc"},
    {"OPT", "abc"},
    {"TYPE65280", "abc"},
    {"TYPE65280", "\\# 65536 00"},
    {"TYPE65280", "\\# 0 00"},
};

static void test_refused(void)
{
	for (size_t i = 0; i < ROWS(refused); i++) {
		struct bytes got =
		    read_text(type_named(refused[i].type), refused[i].text);
		ok(got.len == (size_t)-1, "refused: %s %s", refused[i].type,
		   refused[i].text);
	}
	char *text = malloc(1200);
	memset(text, 'a', 256);
	text[256] = 0;
	ok(read_text(TYPE_TXT, text).len == (size_t)-1, "a string of 256 octets");
	text[255] = 0;
	ok(read_text(TYPE_TXT, text).len == 256, "one of 255 is the longest");
	free(text);
}

/* --- octets that break their type's form --- */

static const struct {
	const char *what, *type, *hex;
} broken[] = {
    {"an address of three octets", "A", "c00002"},
    {"an address of five octets", "A", "c000020100"},
    {"no address", "A", ""},
    {"IPv6 of 15 octets", "AAAA", "20010db80000000000000000000000"},
    {"a name without end", "NS", "0361"},
    {"a name and more", "NS", "0161000000"},
    {"MX with a preference only", "MX", "000a"},
    {"SOA one octet short", "SOA", "000000000000000000000000000000000000000000"},
    {"SOA and one octet more", "SOA",
     "0000"
     "0000000000000000000000000000000000000000"
     "00"},
    {"MX and more", "MX", "000a 0161 00 00"},
    {"a TXT string past the end", "TXT", "0561"},
    {"HINFO with one string", "HINFO", "0161"},
    {"HINFO with three", "HINFO", "016101610161"},
    {"SVCB cut inside a key", "SVCB", "0001000001"},
    {"SVCB keys out of order", "SVCB", "00010000020000000100030268 32"},
    {"SVCB keys twice", "SVCB", "000100000300020035000300020035"},
    {"SVCB port of three octets", "SVCB", "00010000030003003500"},
    {"SVCB alpn with an empty item", "SVCB", "00010000010001 00"},
    {"SVCB alpn past its end", "SVCB", "00010000010002 0561"},
    {"SVCB ipv4hint of five octets", "SVCB", "00010000040005 c000020101"},
    {"SVCB no-default-alpn without alpn", "SVCB", "00010000020000"},
    {"SVCB mandatory that lacks", "SVCB", "000100000000020001"},
    {"NSEC window without octets", "NSEC", "00 0000"},
    {"NSEC window of 33", "NSEC",
     "00 0021 000000000000000000000000000000000000000000000000000000000000000001"},
    {"NSEC windows out of order", "NSEC", "00 010101 000101"},
    {"NSEC window twice", "NSEC", "00 000101 000101"},
    {"NSEC window past its end", "NSEC", "00 000201"},
    {"NSEC3 salt past its end", "NSEC3", "01000001 05 aa"},
    {"HIP lengths that lie", "HIP", "ff020100 00"},
    {"IPSECKEY with half a gateway", "IPSECKEY", "0a0102 c00002"},
    {"APL past its end", "APL", "0001180 4c00002"},
    {"A6 of prefix 129", "A6", "81"},
    {"LOC of version 0, short", "LOC", "00121613 80000000 80000000 009896"},
    {"EUI48 of five", "EUI48", "00005e0053"},
    {"NID of nine", "NID", "000a 00144fffff20ee"},
    {"CAA tag past its end", "CAA", "00 0569"},
    {"a DOA cut", "DOA", "00000000"},
    {"WKS without a protocol", "WKS", "c0000201"},
};

static void test_broken(void)
{
	uint8_t out[70000];
	for (size_t i = 0; i < ROWS(broken); i++) {
		uint16_t type = type_named(broken[i].type);
		struct bytes rdata = unhex(broken[i].hex);
		is_int(canonical(type, rdata, out, sizeof(out)), YORE_EMALFORMED,
		       broken[i].what);
		is_int(canonical(type, rdata, out, rdata.len + 400), YORE_EMALFORMED,
		       "with little room as well");
		ok(!rdata_valid(type, rdata), "%s: not valid", broken[i].what);
		ok(strncmp(printed(type, rdata), "\\#", 2) == 0 || type == TYPE_TXT,
		   "%s: prints as octets", broken[i].what);
	}
}

/* --- names inside messages --- */

static const struct {
	const char *what, *type, *msg; /* the rdata begins behind the first 12 octets */
	const char *canonical;
} compressed[] = {
    {"NS by pointer", "NS", "0358595a0241420000000000 c000", "0378797a02616200"},
    {"MX with upper case behind a pointer", "MX", "0358595a0241420000000000 000a0141c004",
     "000a016102616200"},
    {"SRV by pointer", "SRV", "0358595a0241420000000000 000100020003c004",
     "00010002000302616200"},
    {"SOA with two pointers", "SOA",
     "0358595a0241420000000000 c000c004 0000000100000002000000030000000400000005",
     "0378797a02616200 026162000000000100000002000000030000000400000005"},
    {"NSEC keeps the spelling", "NSEC", "0358595a0241420000000000 c004 000101",
     "024142 00000101"},
    {"SVCB target by pointer", "SVCB", "0358595a0241420000000000 0001c004",
     "000102616200"},
    {"NAPTR by pointer", "NAPTR", "0358595a0241420000000000 00010002000000c004",
     "0001000200000002616200"},
};

static void test_compressed(void)
{
	uint8_t out[70000];
	for (size_t i = 0; i < ROWS(compressed); i++) {
		uint16_t type = type_named(compressed[i].type);
		struct bytes msg = unhex(compressed[i].msg);
		struct bytes want = unhex(compressed[i].canonical);
		int n = rdata_canonical(msg, 12, msg.len - 12, type, out, sizeof(out));
		ok(n >= 0 && bytes_equal(BYTES(out, n), want), "%s", compressed[i].what);
		n = rdata_canonical(msg, 12, msg.len - 12, type, out, want.len);
		ok(n >= 0 && bytes_equal(BYTES(out, n), want), "%s, the long way",
		   compressed[i].what);
		ok(!rdata_valid(type, BYTES(msg.at + 12, msg.len - 12)),
		   "as it stood it was not canonical");
		n = rdata_canonical(msg, 12, msg.len - 13, type, out, sizeof(out));
		is_int(n, YORE_EMALFORMED, "and one octet less is none");
	}
	is_int(rdata_canonical(BYTES_LIT("abc"), 4, 0, TYPE_A, out, 9), YORE_EMALFORMED,
	       "an offset behind the message");
	is_int(rdata_canonical(BYTES_LIT("abcd"), 1, 4, TYPE_A, out, 9), YORE_EMALFORMED,
	       "a length behind the message");
}

/* A HIP record of pointers expands 127 times; 65535 octets are the end. */
static void test_bomb(void)
{
	uint8_t *msg = calloc(1, 65535), *out = malloc(65535 + 1000);
	for (int i = 0; i < 192; i += 64)
		msg[i] = 63;
	msg[192] = 60;
	size_t at = 300;
	memcpy(msg + at, "\1\1\0\1xk", 6);
	for (size_t i = at + 6; i + 2 <= 3000; i += 2)
		memcpy(msg + i, "\xc0\0", 2);
	uint16_t hip = type_named("HIP");
	is_int(rdata_canonical(BYTES(msg, 65535), at, 6 + 2 * 257, hip, out, 66000),
	       6 + 254 * 257, "pointers that still fit");
	is_int(rdata_canonical(BYTES(msg, 65535), at, 6 + 2 * 259, hip, out, 66000),
	       YORE_ELIMIT, "and one that does not");
	free(msg);
	free(out);
}

/* --- what is indexed --- */

static void add_part(enum rdata_part part, struct bytes value, void *arg)
{
	struct buf *b = arg;
	char text[NAME_TEXT_MAX];
	struct addr a;
	if (b->len)
		buf_putc(b, ' ');
	if (part == RDATA_NAME) {
		name_put(b, value);
		return;
	}
	a = addr_of(value.at, part == RDATA_ADDR4 ? 4 : 16);
	addr_text(&a, text);
	buf_puts(b, text);
}

static const struct {
	const char *type, *text, *parts;
} indexed[] = {
    {"A", "192.0.2.1", "192.0.2.1"},
    {"AAAA", "2001:db8::1", "2001:db8::1"},
    {"CNAME", "a.example.", "a.example."},
    {"MX", "10 mail.example.", "mail.example."},
    {"SRV", "1 2 3 sip.example.", "sip.example."},
    {"SOA", "a. b. 1 2 3 4 5", "a. b."},
    {"RP", "a. b.", "a. b."},
    {"NAPTR", "1 2 \"u\" \"x\" \"!.*!y!\" r.example.", "r.example."},
    {"TXT", "\"a.example\"", ""},
    {"NSEC", "a.example. A", ""},
    {"RRSIG", "A 5 3 1 1 2 3 a.example. AA==", ""},
    {"DS", "1 2 3 abcd", ""},
    {"HTTPS", "1 . alpn=h2 ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1",
     "192.0.2.1 192.0.2.2 2001:db8::1"},
    {"HTTPS", "0 pool.example.", "pool.example."},
    {"SVCB", "1 svc.example. ipv4hint=192.0.2.9", "svc.example. 192.0.2.9"},
    {"HIP", "2 20 AQ== a.example. b.example.", "a.example. b.example."},
    {"IPSECKEY", "10 1 2 192.0.2.38 AQ==", "192.0.2.38"},
    {"IPSECKEY", "10 3 2 gw.example. AQ==", "gw.example."},
    {"IPSECKEY", "10 0 2 . AQ==", ""},
    {"AMTRELAY", "10 1 2 2001:db8::15", "2001:db8::15"},
    {"WKS", "192.0.2.1 6 25", "192.0.2.1"},
    {"L32", "10 10.1.2.0", ""},
    {"LP", "10 l.example.", "l.example."},
    {"DSYNC", "CDS NOTIFY 1 s.example.", "s.example."},
    {"TYPE65280", "\\# 2 0100", ""},
};

static void test_parts(void)
{
	struct buf b;
	buf_init(&b, 4096);
	for (size_t i = 0; i < ROWS(indexed); i++) {
		uint16_t type = type_named(indexed[i].type);
		buf_clear(&b);
		rdata_parts(type, read_text(type, indexed[i].text), add_part, &b);
		char what[200];
		snprintf(what, sizeof(what), "parts of %s %s", indexed[i].type,
			 indexed[i].text);
		is_str(buf_str(&b), indexed[i].parts, what);
	}
	buf_release(&b);
	ok(rdata_is_name(TYPE_NS) && rdata_is_name(TYPE_DNAME), "NS and DNAME are names");
	ok(!rdata_is_name(TYPE_MX) && !rdata_is_name(TYPE_A) &&
	       !rdata_is_name(TYPE_SOA) && !rdata_is_name(65280),
	   "MX, A, SOA and unknown types are not");
	is_int(rdata_covered(BYTES_LIT("\0\x2f\1")), TYPE_NSEC, "the type covered");
	is_int(rdata_covered(BYTES_LIT("\0")), 0, "of too little");
}

/* --- types by name --- */

static void test_types(void)
{
	uint16_t type = 7;
	unsigned rcode;
	char text[TYPE_TEXT_MAX];
	int bad = 0;
	type_each(check_row, &bad);
	is_int(bad, 0, "every mnemonic reads back");
	for (unsigned t = 0; t < 65536; t++) {
		uint16_t again;
		type_text((uint16_t)t, text);
		bad += type_of_text(text, &again) < 0 || again != t;
	}
	is_int(bad, 0, "every type reads back");
	ok(type_of_text("https", &type) == 0 && type == TYPE_HTTPS, "in any case");
	ok(type_of_text("type1", &type) == 0 && type == TYPE_A, "by number");
	static const char *const none[] = {"",	     "TYPE",   "TYPE65536", "TYPE-1",
					   "TYPE1x", "TYPE 1", "NOTYPE",    "A "};
	for (size_t i = 0; i < ROWS(none); i++)
		ok(type_of_text(none[i], &type) == YORE_EMALFORMED && type == TYPE_A,
		   "no type: '%s'", none[i]);
	static const uint16_t meta[] = {0,   41,  128, 249, 250,  251,
					252, 253, 254, 255, 65535};
	for (size_t i = 0; i < ROWS(meta); i++)
		ok(type_is_meta(meta[i]), "type %u is meta", meta[i]);
	static const uint16_t data[] = {1, 99, 103, 256, 257, 32768, 65280, 65534};
	for (size_t i = 0; i < ROWS(data); i++)
		ok(!type_is_meta(data[i]), "type %u is data", data[i]);
	ok(type_is_dnssec(TYPE_DS) && type_is_dnssec(TYPE_NSEC3) &&
	       type_is_dnssec(TYPE_DLV) && !type_is_dnssec(TYPE_A) &&
	       !type_is_dnssec(TYPE_SIG),
	   "DNSSEC types");
	rcode_text(3, text);
	is_str(text, "NXDOMAIN", "rcode 3");
	rcode_text(12, text);
	is_str(text, "RCODE12", "rcode 12");
	rcode_text(4095, text);
	is_str(text, "RCODE4095", "rcode 4095");
	ok(rcode_of_text("servfail", &rcode) == 0 && rcode == 2, "SERVFAIL");
	ok(rcode_of_text("rcode4095", &rcode) == 0 && rcode == 4095, "RCODE4095");
	ok(rcode_of_text("BADSIG", &rcode) == 0 && rcode == 16, "BADSIG");
	ok(rcode_of_text("RCODE4096", &rcode) < 0 && rcode_of_text("", &rcode) < 0,
	   "no rcodes");
}

int main(void)
{
	test_rows();
	test_types();
	test_cuts();
	test_readings();
	test_refused();
	test_broken();
	test_compressed();
	test_bomb();
	test_parts();
	return tap_done();
}
