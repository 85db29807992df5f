/* Request targets as clients really send them. */
#include "api/url.h"
#include "tap.h"

static const struct {
	const char *what, *target;
	int want;
	size_t pieces;
	const char *last; /* piece */
} rows[] = {
    {"a plain path", "/dnsdb/v2/ping", 0, 3, "ping"},
    {"a doubled slash at the front", "//dnsdb/v2/ping", 0, 3, "ping"},
    {"a doubled slash inside", "/pdns/query//example.com", 0, 3, "example.com"},
    {"a slash at the end", "/a/b/", 0, 2, "b"},
    {"an encoded star", "/x/%2A.example.com", 0, 2, "*.example.com"},
    {"encoded colons and a comma", "/ip/2001%3Adb8%3A%3A,32", 0, 2, "2001:db8::,32"},
    {"raw colons", "/ip/2001:db8::,32", 0, 2, "2001:db8::,32"},
    {"an encoded slash does not part", "/regex/a%20b%2Fc%3Fd/A", 0, 3, "A"},
    {"plus in a path is itself", "/regex/a+b", 0, 2, "a+b"},
    {"nothing", "", 0, 0, ""},
    {"the root", "/", 0, 0, ""},
    {"a percent sign at the end", "/a%", YORE_EMALFORMED, 0, ""},
    {"one digit", "/a%4", YORE_EMALFORMED, 0, ""},
    {"no digits", "/a%zz", YORE_EMALFORMED, 0, ""},
    {"a NUL", "/a%00b", YORE_EMALFORMED, 0, ""},
    {"a raw control character", "/a\x01", YORE_EMALFORMED, 0, ""},
    {"too many pieces", "/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p", YORE_ELIMIT,
     0, ""},
};

int main(void)
{
	static struct url u;
	static char large[URL_TEXT_MAX + 8];
	char rest[64];
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int r = url_parse(rows[i].target, false, &u);
		bool good = r == rows[i].want;
		if (good && r == 0)
			good = u.piece_count == rows[i].pieces &&
			       (u.piece_count == 0 ||
				strcmp(u.piece[u.piece_count - 1], rows[i].last) == 0);
		ok(good, "%s", rows[i].what);
	}
	is_int(url_parse("/regex/a%20b%2Fc%3Fd/A", false, &u), 0, "a pattern");
	is_str(u.piece[1], "a b/c?d", "is decoded after it was parted");
	is_int(url_parse("/x?limit=5&aggr=f&empty&v=a%26b=c&&w=", false, &u), 0,
	       "parameters");
	is_int(u.param_count, 5, "five of them");
	is_str(url_param(&u, "limit"), "5", "by name");
	is_str(url_param(&u, "v"), "a&b=c", "the first '=' parts");
	is_str(url_param(&u, "empty"), "", "without a value");
	ok(url_param(&u, "none") == NULL, "one that is not there");
	is_int(url_parse("/x?exclude=^w+", false, &u), 0, "a pattern unescaped");
	is_str(url_param(&u, "exclude"), "^w+", "keeps its plus");
	is_int(url_parse("/x?term=a+b", true, &u), 0, "a form");
	is_str(url_param(&u, "term"), "a b", "has spaces");
	is_int(url_parse("/pdns/query/192.0.2.0/24", false, &u), 0, "a raw prefix");
	is_int(url_rest(&u, 2, rest, sizeof(rest)), 0, "its rest");
	is_str(rest, "192.0.2.0/24", "in one");
	is_int(url_rest(&u, 2, rest, 5), YORE_ELIMIT, "does not fit");
	memset(large, 'a', sizeof(large) - 1);
	is_int(url_parse(large, false, &u), YORE_ELIMIT, "too long");
	return tap_done();
}
