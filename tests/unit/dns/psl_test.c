#include "dns/psl.h"
#include "tap.h"

static const char *text_of(struct bytes wire)
{
	static char out[NAME_TEXT_MAX];
	if (wire.len == 0)
		return "none";
	name_text(wire, out);
	return out;
}

static void test_table(void)
{
	static const struct {
		const char *name, *suffix, *registered;
		bool listed, is_suffix;
	} rows[] = {
	    {"www.example.com", "com.", "example.com.", true, false},
	    {"example.com", "com.", "example.com.", true, false},
	    {"com", "com.", "none", true, true},
	    {"a.b.example.co.uk", "co.uk.", "example.co.uk.", true, false},
	    {"co.uk", "co.uk.", "none", true, true},
	    {"www.city.kobe.jp", "kobe.jp.", "city.kobe.jp.", true, false},
	    {"a.b.c.kobe.jp", "c.kobe.jp.", "b.c.kobe.jp.", true, false},
	    {"host.corp", "corp.", "host.corp.", false, false},
	    {"printer", "printer.", "none", false, true},
	    {"a.xn--fiqs8s", "xn--fiqs8s.", "a.xn--fiqs8s.", true, false},
	    {"a\\.b.com", "com.", "a\\.b.com.", true, false},
	    {"_dmarc.x.example.org", "org.", "example.org.", true, false},
	    {".", ".", "none", false, false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct name n;
		if (name_of_text(rows[i].name, &n) < 0)
			ok(false, "'%s' is a name", rows[i].name);
		struct bytes b = name_bytes(&n);
		is_str(text_of(psl_suffix(b)), rows[i].suffix, rows[i].name);
		is_str(text_of(psl_registered(b)), rows[i].registered, rows[i].name);
		ok(psl_is_listed(b) == rows[i].listed, "%s: listed", rows[i].name);
		ok(psl_is_suffix(b) == rows[i].is_suffix, "%s: a suffix", rows[i].name);
	}
}

int main(void)
{
	test_table();
	ok(strncmp(psl_version(), "Public Suffix List of 20", 24) == 0, "version: %s",
	   psl_version());
	return tap_done();
}
