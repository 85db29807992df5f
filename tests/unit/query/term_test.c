/* The term language: what each spelling means, and what is refused with which words. */
#include <stdlib.h>

#include "query/refang.h"
#include "query/term.h"
#include "tap.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static const struct {
	const char *text, *meaning; /* as term_put has it; NULL: refused */
	const char *words;	    /* in the refusal */
} terms[] = {
    {"www.example.com", "name www.example.com", NULL},
    {"WWW.Example.COM.", "name www.example.com", NULL},
    {"  example.com\n", "name example.com", NULL},
    {"localhost", "name localhost", NULL},
    {"_dmarc.example.com", "name _dmarc.example.com", NULL},
    {"münchen.de", "name xn--mnchen-3ya.de", NULL},
    {"first\\.last.example.com", "name first\\.last.example.com", NULL},
    {"\\*.example.com", "name *.example.com", NULL},
    {"\\032.example", "name \\032.example", NULL},
    {"1.2.0.192.in-addr.arpa", "name 1.2.0.192.in-addr.arpa", NULL},
    /* names that look like something else */
    {"a\\@b.com", "name a\\@b.com", NULL},
    {"*.a\\@b.com", "zone a\\@b.com", NULL},
    {"1.0/25.2.0.192.in-addr.arpa", "name 1.0/25.2.0.192.in-addr.arpa", NULL},
    {"1.0\\/25.2.0.192.in-addr.arpa", "name 1.0/25.2.0.192.in-addr.arpa", NULL},
    {"1.0\\/25.example", "name 1.0/25.example", NULL},
    {"192.0.2.0/25.2.0.192.IN-ADDR.ARPA", "name 192.0.2.0/25.2.0.192.in-addr.arpa", NULL},
    {"*.0/25.2.0.192.in-addr.arpa", "zone 0/25.2.0.192.in-addr.arpa", NULL},
    {"1.0/25.customer.example", "name 1.0/25.customer.example", NULL},
    {"www.example/x.com.", "name www.example/x.com", NULL},
    {"a#b.example.com.", "name a#b.example.com", NULL},
    {"a,b.example.com", "name a,b.example.com", NULL},
    {"a:80.", "name a:80", NULL},
    {"192.0.2.0/33.", "name 192.0.2.0/33", NULL},
    {"192.0.2.1/login", "address 192.0.2.1", NULL},
    {"*.example.com", "zone example.com", NULL},
    {"*.münchen.de", "zone xn--mnchen-3ya.de", NULL},
    {"*", "zone .", NULL},
    {"*.", "zone .", NULL},
    {"*.com.", "zone com", NULL},
    {"www.example.*", "names from www.example", NULL},
    {"www.example.*.", "names from www.example", NULL},
    {"10.1.*", "names from 10.1", NULL},
    {"192.0.2.1", "address 192.0.2.1", NULL},
    {"192.0.2.129/25", "addresses 192.0.2.128-192.0.2.255", NULL},
    {"192.0.2.0,24", "addresses 192.0.2.0-192.0.2.255", NULL},
    {"192.0.2.1-192.0.2.9", "addresses 192.0.2.1-192.0.2.9", NULL},
    {"192.0.2.1/32", "address 192.0.2.1", NULL},
    {"2001:DB8::1", "address 2001:db8::1", NULL},
    {"2001:db8::/32", "addresses 2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
     NULL},
    {"/^mail[0-9]+\\./", "pattern", NULL},
    {"mail?.exa*.com", "glob", NULL},
    {"www.*.example.com", "glob", NULL},
    {"*example.com", "glob", NULL},
    {"[a-c]*.example", "glob", NULL},
    {"raw:c0000201", "octets c0000201", NULL},
    {"RAW:C0", "octets c0", NULL},
    /* defanged */
    {"www[.]example[.]com", "name www.example.com", NULL},
    {"www(.)example{.}com", "name www.example.com", NULL},
    {"www[dot]example(DOT)com", "name www.example.com", NULL},
    {"www[.example.]com", "name www.example.com", NULL},
    {"www\\.example\\.com", "name www.example.com", NULL},
    {"a\\.b.example.", "name a\\.b.example", NULL},
    {"first\\.last.", "name first\\.last", NULL},
    {"hxxp://www.example.com/", "name www.example.com", NULL},
    {"hxxps[://]www.example[.]com/path?query#x", "name www.example.com", NULL},
    {"h**p://www.example.com", "name www.example.com", NULL},
    {"meow://www.example.com", "name www.example.com", NULL},
    {"https://user:pass@www.example.com:8443/a@b", "name www.example.com", NULL},
    {"//www.example.com/x", "name www.example.com", NULL},
    {"www.example.com/path", "name www.example.com", NULL},
    {"www.example.com:443", "name www.example.com", NULL},
    {"tcp://192.0.2.1:53", "address 192.0.2.1", NULL},
    {"192[.]0[.]2[.]1", "address 192.0.2.1", NULL},
    {"192.0.2[.]1:8080", "address 192.0.2.1", NULL},
    {"http://192.0.2.1/24", "address 192.0.2.1", NULL},
    {"2001:db8[:]:1", "address 2001:db8::1", NULL},
    {"http://[2001:db8::1]:443/x", "address 2001:db8::1", NULL},
    {"[2001:db8::1]:443", "address 2001:db8::1", NULL},
    {"someone@example.com", "name example.com", NULL},
    {"someone[at]example[.]com", "name example.com", NULL},
    {"*[.]example[.]com", "zone example.com", NULL},
    {"192.0.2.0[/]24", "addresses 192.0.2.0-192.0.2.255", NULL},
    {"münchen[.]de", "name xn--mnchen-3ya.de", NULL},
    /* refused */
    {"", NULL, "empty"},
    {"   ", NULL, "empty"},
    {"http://", NULL, "empty"},
    {"a..b", NULL, "not a domain name"},
    {".example", NULL, "not a domain name"},
    {"192.0.2.999", NULL, "final dot"},
    {"1.2.3", NULL, "final dot"},
    {"192.0.2.0/33", NULL, "not a prefix"},
    {"2001:db8::/129", NULL, "not a prefix"},
    {"192.0.2.0/24x", NULL, "not a prefix"},
    {"192.0.2.0/24/x", NULL, "not a prefix"},
    {"192.0.2.0/24,2015-01-01", NULL, "not a prefix"},
    {"2001:db8::77,2015", NULL, "not a prefix"},
    {"192.0.2/24", NULL, "final dot"},
    {"10.1/16x", NULL, "final dot"},
    {"192.0.2.9-192.0.2.1", NULL, "final dot"},
    {"two words", NULL, "\\032"},
    {"tab\there", NULL, "\\DDD"},
    {"2001:db8::xyz", NULL, "neither an address nor a name"},
    {"raw:", NULL, "hexadecimal"},
    {"raw:c", NULL, "hexadecimal"},
    {"raw:zz", NULL, "hexadecimal"},
    {"/(/", NULL, "pattern"},
    {"/a{1000000}/", NULL, "pattern"},
    {"\\300.example", NULL, "not a domain name"},
    {"a\\300.ex*", NULL, "no octet at character 2"},
    {"a\\03.ex*", NULL, "no octet"},
    {"a[\\999]*", NULL, "no octet at character 2"},
    {"a[b*", NULL, "not closed at character 2"},
};

static void test_terms(void)
{
	struct buf b;
	buf_init(&b, 10000);
	for (size_t i = 0; i < ROWS(terms); i++) {
		struct term t = {.raw_len = 77};
		struct fault f = {0};
		int r = term_parse(terms[i].text, &f, &t);
		if (terms[i].meaning == NULL) {
			ok(r < 0 && t.raw_len == 77 && strstr(f.text, terms[i].words) &&
			       !strchr(f.text, '\n'),
			   "refused: '%s': %s", terms[i].text, f.text);
			continue;
		}
		buf_clear(&b);
		if (r == 0)
			term_put(&b, &t);
		is_str(r < 0 ? f.text : buf_str(&b), terms[i].meaning, terms[i].text);
		if (r == 0)
			term_release(&t);
	}
	char *text = malloc(5000);
	memset(text, 'a', 4999);
	text[4999] = 0;
	struct term t;
	is_int(term_parse(text, NULL, &t), YORE_ELIMIT, "longer than a term may be");
	free(text);
	buf_release(&b);
}

/* --- does it want it? --- */

static const struct {
	const char *term, *owner;
	int wants;
} owners[] = {
    {"example.com", "example.com", 1},
    {"example.com", "www.example.com", 0},
    {"*.example.com", "example.com", 1},
    {"*.example.com", "a.b.example.com", 1},
    {"*.example.com", "badexample.com", 0},
    {"www.example.*", "www.example.com", 1},
    {"www.example.*", "www.example.co.uk", 1},
    {"www.example.*", "www.example", 1},
    {"www.example.*", "www.examples.com", 0},
    {"www.example.*", "a.www.example.com", 0},
    {"192.0.2.0/24", "7.2.0.192.in-addr.arpa", 1},
    {"192.0.2.0/24", "7.3.0.192.in-addr.arpa", 0},
    {"/^mail[0-9]+\\./", "mail12.example.com", 1},
    {"/^mail[0-9]+\\./", "MAIL12.example.com", 1},
    {"/^mail[0-9]+\\./", "amail12.example.com", 0},
    {"/com$/", "example.com", 1},
    {"/\\.$/", "example.com", 0},
    {"mail?.exa*.com", "mail1.example.com", 1},
    {"mail?.exa*.com", "mail.example.com", 0},
    {"mail?.exa*.com", "mail1.example.com.org", 0},
    {"*example.com", "badexample.com", 1},
    {"sp\\032ace.ex*", "sp\\032ace.example", 1},
    {"sp\\032ace.ex*", "sp032ace.example", 0},
    {"a\\097\\042?", "aa*x", 1},
    {"a\\000\\255*", "a\\000\\255", 1},
    {"a[\\032-\\043]c*", "a\\042c", 1},
    {"a[\\032-\\043]c*", "abc", 0},
    {"w\\w\\w*", "www.example", 1},
    {"w[a-x]w.example", "www.example", 1},
    {"w[!a-x]w.example", "www.example", 0},
    {"raw:076578616d706c6500", "example", 1},
};

static void test_wants(void)
{
	for (size_t i = 0; i < ROWS(owners); i++) {
		struct term t;
		struct name n;
		struct fault f = {0};
		if (term_parse(owners[i].term, &f, &t) < 0 ||
		    name_of_text(owners[i].owner, &n) < 0) {
			ok(false, "%s: %s", owners[i].term, f.text);
			continue;
		}
		ok(term_wants_owner(&t, name_bytes(&n)) == owners[i].wants, "%s %s %s",
		   owners[i].term, owners[i].wants ? "wants" : "does not want",
		   owners[i].owner);
		term_release(&t);
	}
	struct term t;
	struct fault f = {0};
	if (term_of_pattern(PATTERN_REGEX, "com\\.$", true, &f, &t) == 0) {
		is_int(term_wants_owner(&t, BYTES_LIT("\1a\3com\0")), 1,
		       "with a final dot when it was asked for");
		term_release(&t);
	}
	/* a pattern that would take for ever gives up, and says so */
	if (term_parse("/^(a+)+$/", &f, &t) == 0) {
		struct name n;
		if (name_of_text(
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b",
			&n) == 0)
			ok(term_wants_owner(&t, name_bytes(&n)) != 1,
			   "no match, in time");
		term_release(&t);
	}
	if (term_parse("raw:c0000201", &f, &t) == 0) {
		is_int(term_wants_rdata(&t, 1, BYTES_LIT("\xc0\0\2\1")), 1,
		       "octets of rdata");
		is_int(term_wants_rdata(&t, 1, BYTES_LIT("\xc0\0\2\2")), 0,
		       "and no others");
		term_release(&t);
	}
}

static const struct {
	const char *text, *plain;
	int changed;
} fangs[] = {
    {"example.com", "example.com", 0},
    {"example[.]com", "example.com", 1},
    {"*.example.com", "*.example.com", 0},
    {"[a-c]x.example", "[a-c]x.example", 0},
    {"192.0.2.0/24", "192.0.2.0/24", 0},
    {"a\\@b.com", "a\\@b.com", 0},
    {"x@a\\@b.com", "a\\@b.com", 1},
    {"a\\/b.com/x", "a\\/b.com", 1},
    {"user/dept@example.com", "example.com", 1},
    {"example.com/24", "example.com", 1},
    {"2001:db8::1", "2001:db8::1", 0},
    {"example dot com", "example.com", 1},
    {"http://a@b@example.com/", "example.com", 1},
    {"ftp://example.com", "example.com", 1},
    {"hxxp:\\\\example.com", "example.com", 1},
};

static void test_refang(void)
{
	struct buf b;
	buf_init(&b, 10000);
	for (size_t i = 0; i < ROWS(fangs); i++) {
		buf_clear(&b);
		int r = refang(fangs[i].text, &b);
		is_str(buf_str(&b), fangs[i].plain, fangs[i].text);
		is_int(r, fangs[i].changed, "and whether it was changed");
	}
	is_int(refang("192.0.2.0/33", &b), YORE_EMALFORMED, "no prefix");
	buf_release(&b);
	buf_init(&b, 4);
	is_int(refang("example.com", &b), YORE_ELIMIT, "no room");
	buf_release(&b);
}

int main(void)
{
	test_terms();
	test_wants();
	test_refang();
	return tap_done();
}
