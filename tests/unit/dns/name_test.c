/* Names: wire, text, order, trees, U-labels and the reverse zones. */
#include <stdlib.h>

#include "dns/name.h"
#include "tap.h"

/* --- text to wire and back --- */

struct text_row {
	const char *what, *text;
	struct bytes wire; /* len 0: refused */
	const char *again; /* NULL: as text */
};

static const struct text_row texts[] = {
    {"the root", ".", BYTES_LIT("\0"), NULL},
    {"nothing is the root", "", BYTES_LIT("\0"), "."},
    {"one label", "com.", BYTES_LIT("\3com\0"), NULL},
    {"the final dot may lack", "www.example.com", BYTES_LIT("\3www\7example\3com\0"),
     "www.example.com."},
    {"letters become lower case", "WwW.ExAmPlE.", BYTES_LIT("\3www\7example\0"),
     "www.example."},
    {"Z and the octets around the letters", "@Z[`z{.", BYTES_LIT("\6@z[`z{\0"),
     "\\@z[`z{."},
    {"an escaped dot is no border", "a\\.b.c.", BYTES_LIT("\3a.b\1c\0"), NULL},
    {"an escaped backslash", "a\\\\b.", BYTES_LIT("\3a\\b\0"), NULL},
    {"octets by number", "\\000\\001\\255.", BYTES_LIT("\3\0\1\377\0"), NULL},
    {"a letter by number is the letter", "\\097\\065.", BYTES_LIT("\2aa\0"), "aa."},
    {"a dot by number is no border", "a\\046b.", BYTES_LIT("\3a.b\0"), "a\\.b."},
    {"a blank inside", "a b.", BYTES_LIT("\3a b\0"), "a\\032b."},
    {"special characters are escaped", "\\\"\\(\\)\\;\\@\\$.", BYTES_LIT("\6\"();@$\0"),
     NULL},
    {"control characters never reach the terminal", "\x1b[31m.\x7f.",
     BYTES_LIT("\5\x1b[31m\1\x7f\0"), "\\027[31m.\\127."},
    {"UTF-8 is octets here", "\xc3\xa4.", BYTES_LIT("\2\xc3\xa4\0"), "\\195\\164."},
    {"an underscore and a star are ordinary", "*._tcp.", BYTES_LIT("\1*\4_tcp\0"), NULL},
    {"an empty label in front", ".a.", {0}, NULL},
    {"an empty label inside", "a..b.", {0}, NULL},
    {"two dots", "..", {0}, NULL},
    {"a final empty label", "a..", {0}, NULL},
    {"a number over 255", "\\256.", {0}, NULL},
    {"a number cut short", "\\25", {0}, NULL},
    {"a number with a letter", "\\2a5.", {0}, NULL},
    {"a backslash at the end", "a\\", {0}, NULL},
};

static void test_texts(void)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const struct text_row *t = &texts[i];
		struct name n = {.len = 77};
		char out[NAME_TEXT_MAX];
		int r = name_of_text(t->text, &n);
		if (t->wire.len == 0) {
			ok(r == YORE_EMALFORMED && n.len == 77, "refused: %s", t->what);
			continue;
		}
		ok(r == 0 && bytes_equal(name_bytes(&n), t->wire), "wire: %s", t->what);
		size_t len = name_text(name_bytes(&n), out);
		is_str(out, t->again ? t->again : t->text, t->what);
		is_int(len, strlen(out), "the length is the text's");
	}
}

/* A name of `labels` labels: all of `each` octets but the last, of `last`. */
static void long_text(char *out, unsigned labels, unsigned each, unsigned last)
{
	for (unsigned i = 0; i < labels; i++) {
		unsigned n = i + 1 == labels ? last : each;
		memset(out, 'a', n);
		out[n] = '.';
		out += n + 1;
	}
	*out = 0;
}

static const struct {
	const char *what;
	unsigned labels, each, last;
	int len; /* 0: refused */
} limits[] = {
    {"a label of 63 octets", 1, 0, 63, 65},
    {"a label of 64 octets", 1, 0, 64, 0},
    {"a name of 254 octets", 4, 63, 60, 254},
    {"a name of 255 octets", 4, 63, 61, 255},
    {"a name of 256 octets", 4, 63, 62, 0},
    {"127 labels of one octet", 127, 1, 1, 255},
    {"128 labels of one octet", 128, 1, 1, 0},
};

static void test_limits(void)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		char text[400], again[NAME_TEXT_MAX];
		for (int dot = 0; dot < 2; dot++) {
			struct name n = {.len = 77};
			long_text(text, limits[i].labels, limits[i].each, limits[i].last);
			if (!dot)
				text[strlen(text) - 1] = 0;
			int r = name_of_text(text, &n);
			if (limits[i].len == 0) {
				ok(r == YORE_EMALFORMED && n.len == 77, "refused: %s",
				   limits[i].what);
				continue;
			}
			ok(r == 0 && n.len == limits[i].len &&
			       name_wire_valid(name_bytes(&n)),
			   "taken: %s%s", limits[i].what, dot ? ", final dot" : "");
			name_text(name_bytes(&n), again);
			ok(strncmp(again, text, strlen(text)) == 0, "and back");
		}
	}
	struct name n = {.len = 255};
	char text[NAME_TEXT_MAX];
	for (int at = 0; at < 192; at += 64)
		n.wire[at] = 63;
	n.wire[192] = 61;
	is_int(name_text(name_bytes(&n), text), 63 * 12 + 61 * 4 + 4,
	       "the longest text there is has its room");
}

/* --- off the wire --- */

struct read_row {
	const char *what;
	struct bytes msg;
	size_t offset, behind; /* behind 0: refused */
	struct bytes wire;
};

static const struct read_row reads[] = {
    {"plain", BYTES_LIT("\3WWW\2Ab\0"), 0, 8, BYTES_LIT("\3www\2ab\0")},
    {"the root", BYTES_LIT("x\0y"), 1, 2, BYTES_LIT("\0")},
    {"a pointer", BYTES_LIT("\1a\0\1b\xc0\0"), 3, 7, BYTES_LIT("\1b\1a\0")},
    {"only a pointer", BYTES_LIT("\1a\0\xc0\0"), 3, 5, BYTES_LIT("\1a\0")},
    {"a pointer to a pointer", BYTES_LIT("\1a\0\1b\xc0\0\xc0\3"), 7, 9,
     BYTES_LIT("\1b\1a\0")},
    {"a pointer into the middle of a name", BYTES_LIT("\1a\1b\0\xc0\2"), 5, 7,
     BYTES_LIT("\1b\0")},
    {"a pointer to a root", BYTES_LIT("\0\1a\xc0\0"), 1, 5, BYTES_LIT("\1a\0")},
    {"octets behind are not touched", BYTES_LIT("\1a\0\377\377"), 0, 3,
     BYTES_LIT("\1a\0")},
    {"no octet at all", BYTES_LIT(""), 0, 0, {0}},
    {"an offset behind the end", BYTES_LIT("\0"), 9, 0, {0}},
    {"cut behind a length", BYTES_LIT("\3"), 0, 0, {0}},
    {"cut inside a label", BYTES_LIT("\3ab"), 0, 0, {0}},
    {"cut in front of the final zero", BYTES_LIT("\1a"), 0, 0, {0}},
    {"half a pointer", BYTES_LIT("\1a\0\xc0"), 3, 0, {0}},
    {"a pointer to itself", BYTES_LIT("\1a\0\xc0\3"), 3, 0, {0}},
    {"a pointer forwards", BYTES_LIT("\xc0\2\1a\0"), 0, 0, {0}},
    {"a pointer to the run it stands in", BYTES_LIT("\1b\xc0\0"), 0, 0, {0}},
    {"two pointers in a ring", BYTES_LIT("\1a\xc0\4\1b\xc0\0"), 4, 0, {0}},
    {"a pointer behind the end", BYTES_LIT("\1a\0\xc1\0"), 3, 0, {0}},
    {"all six high bits of a pointer count", BYTES_LIT("\1a\0\xff\xff"), 3, 0, {0}},
    {"label type 01", BYTES_LIT("\x41\0\0"), 0, 0, {0}},
    {"label type 10", BYTES_LIT("\x80\0\0"), 0, 0, {0}},
    {"a length of 64",
     BYTES_LIT("\x40"
	       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\0"),
     0,
     0,
     {0}},
};

static void test_reads(void)
{
	for (size_t i = 0; i < sizeof(reads) / sizeof(*reads); i++) {
		const struct read_row *t = &reads[i];
		/* on the heap, exactly as long, so that a sanitizer sees one octet more
		 */
		uint8_t *copy = malloc(t->msg.len ? t->msg.len : 1);
		memcpy(copy, t->msg.at, t->msg.len);
		struct bytes msg = BYTES(copy, t->msg.len);
		uint8_t out[NAME_WIRE_MAX];
		size_t at = t->offset;
		int n = name_decompress(msg, &at, out);
		if (t->behind == 0)
			ok(n == YORE_EMALFORMED && at == t->offset, "refused: %s",
			   t->what);
		else
			ok(n > 0 && at == t->behind &&
			       bytes_equal(BYTES(out, n), t->wire),
			   "read: %s", t->what);
		free(copy);
	}
	uint8_t out[NAME_WIRE_MAX];
	size_t at = 0;
	int n = name_decompress_case(BYTES_LIT("\3WwW\0"), &at, out);
	ok(n == 5 && memcmp(out, "\3WwW\0", 5) == 0,
	   "the spelling is kept when asked for");
}

/* 255 octets through pointers are fine, 256 are not; high pointer bits reach far. */
static void test_read_limits(void)
{
	uint8_t msg[20000] = {0}, out[NAME_WIRE_MAX];
	size_t at = 0;
	for (int i = 0; i < 3; i++, at += 64)
		msg[at] = 63;
	msg[at] = 61; /* 3 * 64 + 62 + 1 = 255 */
	for (size_t i = 0; i < 254; i++)
		if (msg[i] == 0)
			msg[i] = 'X';
	at = 0;
	is_int(name_decompress(BYTES(msg, 255), &at, out), 255, "255 octets are read");
	is_int(out[1], 'x', "in lower case, in blocks");
	is_int(out[253], 'x', "to the last");
	memcpy(msg + 300, "\xc0\0", 2);
	at = 300;
	is_int(name_decompress(BYTES(msg, 400), &at, out), 255, "255 through a pointer");
	memcpy(msg + 300, "\1a\xc0\0", 4);
	at = 300;
	is_int(name_decompress(BYTES(msg, 400), &at, out), YORE_EMALFORMED,
	       "257 through a pointer are refused");
	msg[192] = 62; /* 3 * 64 + 63 + 1 */
	msg[254] = 'x';
	at = 0;
	is_int(name_decompress(BYTES(msg, 256), &at, out), YORE_EMALFORMED,
	       "256 octets are refused");
	msg[192] = 61;
	msg[254] = 0;
	memcpy(msg + 300, "\1a\xc0\x40", 4);
	at = 300;
	is_int(name_decompress(BYTES(msg, 400), &at, out), 2 + 191,
	       "a part of it is fine");

	memcpy(msg + 16000, "\3far\0", 5);
	memcpy(msg + 16100, "\xfe\x80", 2);
	at = 16100;
	is_int(name_decompress(BYTES(msg, sizeof(msg)), &at, out), 5,
	       "pointers have fourteen bits");
}

/* Every end of a message is an end: no octet behind it is looked at. */
static void test_every_cut(void)
{
	static const char whole[] = "\3www\7EXAMPLE\3com\0\4mail\xc0\4";
	int bad = 0;
	for (size_t len = 0; len < sizeof(whole) - 1; len++) {
		uint8_t *copy = malloc(len ? len : 1), out[NAME_WIRE_MAX];
		memcpy(copy, whole, len);
		size_t at = 17;
		bad += name_decompress(BYTES(copy, len), &at, out) >= 0;
		at = 0;
		bad += (name_decompress(BYTES(copy, len), &at, out) >= 0) != (len >= 17);
		free(copy);
	}
	is_int(bad, 0, "a name cut anywhere is refused");
}

/* --- values --- */

static struct name named(const char *text)
{
	struct name n = {0};
	if (name_of_text(text, &n) < 0)
		n.len = 0;
	return n;
}

static void test_valid(void)
{
	struct name n;
	ok(name_wire_valid(BYTES_LIT("\0")), "the root is a name");
	ok(!name_wire_valid(BYTES_LIT("")), "nothing is none");
	ok(!name_wire_valid(BYTES_LIT("\1a")), "nor without its end");
	ok(!name_wire_valid(BYTES_LIT("\1a\0x")), "nor with something behind it");
	ok(!name_wire_valid(BYTES_LIT("\1a\0\0")), "nor with two ends");
	ok(!name_wire_valid(BYTES_LIT("\xc0\0")), "nor a pointer");
	ok(!name_wire_valid(BYTES_LIT("\5ab\0")), "nor a label past its end");
	is_int(name_of_wire(BYTES_LIT("\2AZ\0"), &n), 0, "of wire");
	ok(bytes_equal(name_bytes(&n), BYTES_LIT("\2az\0")), "is lower-cased");
	is_int(name_of_wire(BYTES_LIT("\2AZ"), &n), YORE_EMALFORMED, "of broken wire");
	uint8_t all[256];
	for (int i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	name_lower(all, 256);
	int bad = 0;
	for (int i = 0; i < 256; i++)
		bad += all[i] != (i >= 'A' && i <= 'Z' ? i + 32 : i);
	is_int(bad, 0, "only A to Z change case");
}

static void test_labels(void)
{
	struct name n = named("a.bc.def.");
	struct bytes w = name_bytes(&n);
	is_int(name_labels(w), 3, "three labels");
	is_int(name_labels(BYTES_LIT("\0")), 0, "the root has none");
	ok(bytes_equal(name_suffix(w, 3), w), "suffix of all labels is the name");
	ok(bytes_equal(name_suffix(w, 2), BYTES_LIT("\2bc\3def\0")), "of two");
	ok(bytes_equal(name_suffix(w, 0), BYTES_LIT("\0")), "of none is the root");
	ok(bytes_equal(name_suffix(w, 9), w), "of more than there are is the name");
	ok(bytes_equal(name_parent(w), BYTES_LIT("\2bc\3def\0")), "the parent");
	ok(bytes_equal(name_parent(BYTES_LIT("\0")), BYTES_LIT("\0")),
	   "the root is its own parent");
}

static const struct {
	const char *name, *zone;
	bool within;
} zones[] = {
    {"example.com.", "example.com.", true},
    {"www.example.com.", "example.com.", true},
    {"www.example.com.", ".", true},
    {".", ".", true},
    {".", "com.", false},
    {"example.com.", "www.example.com.", false},
    {"badexample.com.", "example.com.", false},
    {"a\\.example.com.", "example.com.", false},
    /* the octets of \7example\3com end this label, but no label begins there */
    {"xx\\007example.com.", "example.com.", false},
};

static void test_within(void)
{
	for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++) {
		struct name n = named(zones[i].name), z = named(zones[i].zone);
		ok(name_within(name_bytes(&n), name_bytes(&z)) == zones[i].within,
		   "%s is %s %s", zones[i].name, zones[i].within ? "in" : "not in",
		   zones[i].zone);
	}
}

static void test_reverse(void)
{
	static const char *const names[] = {".", "com.", "www.example.com.",
					    "a\\000b.c\\.d.\\255."};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct name n = named(names[i]);
		uint8_t once[NAME_WIRE_MAX], twice[NAME_WIRE_MAX];
		size_t len = name_reverse(name_bytes(&n), once);
		is_int(len, n.len, "reversed is as long");
		name_reverse(BYTES(once, len), twice);
		ok(memcmp(twice, n.wire, n.len) == 0, "twice reversed is the name: %s",
		   names[i]);
	}
	struct name n = named("www.example.com.");
	uint8_t out[NAME_WIRE_MAX];
	name_reverse(name_bytes(&n), out);
	ok(memcmp(out, "\3com\7example\3www\0", 17) == 0, "top label first");
}

/* RFC 4034 6.1 lists these in order. */
static const char *const ordered[] = {
    ".",
    "example.",
    "a.example.",
    "yljkjljk.a.example.",
    "Z.a.example.",
    "zABC.a.EXAMPLE.",
    "z.example.",
    "\\001.z.example.",
    "*.z.example.",
    "\\200.z.example.",
    "example2.",
};

static void test_compare(void)
{
	size_t n = sizeof(ordered) / sizeof(*ordered);
	int bad = 0;
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			struct name a = named(ordered[i]), b = named(ordered[j]);
			int r = name_compare(name_bytes(&a), name_bytes(&b));
			bad += (r < 0) != (i < j) || (r > 0) != (i > j);
		}
	}
	is_int(bad, 0, "the order of RFC 4034 6.1");
}

/* --- U-labels --- */

static const struct {
	const char *what, *text, *ascii; /* NULL: refused */
} idns[] = {
    {"German", "m\xc3\xbcnchen.de", "xn--mnchen-3ya.de."},
    {"sharp s stays itself", "fa\xc3\x9f.de", "xn--fa-hia.de."},
    {"upper case is mapped", "M\xc3\x9cNCHEN.DE", "xn--mnchen-3ya.de."},
    {"ASCII labels stay beside it", "_dmarc.*.m\xc3\xbcnchen.de",
     "_dmarc.*.xn--mnchen-3ya.de."},
    {"an ideographic full stop ends a label",
     "a\xe3\x80\x82m\xc3\xbcnchen\xef\xbc\x8e"
     "de",
     "a.xn--mnchen-3ya.de."},
    {"a final ideographic full stop", "m\xc3\xbcnchen\xef\xbd\xa1", "xn--mnchen-3ya."},
    {"Chinese", "\xe4\xbe\x8b\xe5\xad\x90.\xe6\xb5\x8b\xe8\xaf\x95",
     "xn--fsqu00a.xn--0zwm56d."},
    {"Arabic", "\xd9\x85\xd8\xab\xd8\xa7\xd9\x84.com", "xn--mgbh0fb.com."},
    {"full width letters", "\xef\xbd\x81\xef\xbd\x82.com", "ab.com."},
    {"plain ASCII", "WWW.example.com.", "www.example.com."},
    {"escapes still work", "a\\.b.m\xc3\xbcnchen", "a\\.b.xn--mnchen-3ya."},
    {"broken UTF-8", "\xff\xfe.de", NULL},
    {"an empty label", "m\xc3\xbcnchen..de", NULL},
    {"a character that is not allowed",
     "a\xe2\x80\xae"
     "b.de",
     NULL},
};

static void test_idn(void)
{
	char text[NAME_TEXT_MAX], longest[2200];
	for (size_t i = 0; i < sizeof(idns) / sizeof(*idns); i++) {
		struct name n = {.len = 77};
		int r = name_of_idn(idns[i].text, &n);
		if (!idns[i].ascii) {
			ok(r == YORE_EMALFORMED && n.len == 77, "refused: %s",
			   idns[i].what);
			continue;
		}
		if (!ok(r == 0, "taken: %s", idns[i].what))
			continue;
		name_text(name_bytes(&n), text);
		is_str(text, idns[i].ascii, idns[i].what);
	}
	struct name n;
	for (size_t i = 0; i < 2000; i += 2)
		memcpy(longest + i, "\xc3\xbc", 2);
	longest[2000] = 0;
	is_int(name_of_idn(longest, &n), YORE_EMALFORMED, "a label of 1000 umlauts");
	for (size_t i = 0; i < 2100; i += 3)
		memcpy(longest + i, "\xc3\xbc.", 3);
	longest[2100] = 0;
	is_int(name_of_idn(longest, &n), YORE_EMALFORMED, "700 labels");
	memset(longest, '.', 2100);
	memcpy(longest, "\xc3\xbc", 2);
	is_int(name_of_idn(longest, &n), YORE_EMALFORMED, "2000 dots");
}

/* --- reverse zones --- */

static void test_addr(void)
{
	struct addr a = addr_of("\300\0\2\1", 4), b;
	struct name n;
	char text[NAME_TEXT_MAX];
	name_of_addr(&a, &n);
	name_text(name_bytes(&n), text);
	is_str(text, "1.2.0.192.in-addr.arpa.", "IPv4 to name");
	ok(name_to_addr(name_bytes(&n), &b) == 0 && addr_equal(&a, &b), "and back");

	a = addr_of("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\xaf", 16);
	name_of_addr(&a, &n);
	name_text(name_bytes(&n), text);
	is_str(
	    text,
	    "f.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.",
	    "IPv6 to name");
	ok(name_to_addr(name_bytes(&n), &b) == 0 && addr_equal(&a, &b), "and back");

	static const char *const none[] = {
	    ".",
	    "2.0.192.in-addr.arpa.",
	    "5.1.2.0.192.in-addr.arpa.",
	    "256.2.0.192.in-addr.arpa.",
	    "01.2.0.192.in-addr.arpa.",
	    "1x.2.0.192.in-addr.arpa.",
	    "1234.2.0.192.in-addr.arpa.",
	    "1.2.0.192.in-addr.arpb.",
	    "1.2.0.192.ip6.arpa.",
	    "g.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.",
	    "a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.",
	    "aa.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.2.ip6.arpa.",
	};
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		n = named(none[i]);
		is_int(name_to_addr(name_bytes(&n), &b), YORE_EMALFORMED, none[i]);
	}
}

int main(void)
{
	test_texts();
	test_limits();
	test_reads();
	test_read_limits();
	test_every_cut();
	test_valid();
	test_labels();
	test_within();
	test_reverse();
	test_compare();
	test_idn();
	test_addr();
	return tap_done();
}
