#include "api/forwarded.h"
#include "tap.h"

static const struct {
	const char *what, *peer, *header, *want;
} rows[] = {
    {"a client by itself", "198.51.100.9", NULL, "198.51.100.9"},
    {"a client that claims to be another", "198.51.100.9", "203.0.113.1", "198.51.100.9"},
    {"a client behind a proxy", "127.0.0.1", "203.0.113.1", "203.0.113.1"},
    {"who claims to be another", "127.0.0.1", "10.9.9.9, 203.0.113.1", "203.0.113.1"},
    {"behind two proxies", "127.0.0.1", "203.0.113.1,10.0.0.1", "203.0.113.1"},
    {"and a claim before them", "127.0.0.1", "8.8.8.8 , 203.0.113.1 ,\t10.0.0.1",
     "203.0.113.1"},
    {"a proxy that asks itself", "127.0.0.1", NULL, "127.0.0.1"},
    {"an empty header", "127.0.0.1", "", "127.0.0.1"},
    {"nothing but proxies", "127.0.0.1", "10.0.0.2,10.0.0.1", "10.0.0.2"},
    {"an unknown client", "127.0.0.1", "unknown", "127.0.0.1"},
    {"nonsense behind a proxy", "127.0.0.1", "x, 10.0.0.1", "10.0.0.1"},
    {"a comma at the end", "127.0.0.1", "203.0.113.1,", "127.0.0.1"},
    {"a port", "127.0.0.1", "203.0.113.1:4711", "203.0.113.1"},
    {"IPv6", "::1", "2001:db8::1", "2001:db8::1"},
    {"IPv6 in brackets with a port", "::1", "[2001:db8::1]:4711", "2001:db8::1"},
    {"IPv4 in IPv6", "127.0.0.1", "::ffff:203.0.113.1", "203.0.113.1"},
    {"a proxy as IPv4 in IPv6", "127.0.0.1", "203.0.113.1,::ffff:10.0.0.1",
     "203.0.113.1"},
    {"too long for an address", "127.0.0.1",
     "203.0.113.1000000000000000000000000000000000000000000000000000000000000000000",
     "127.0.0.1"},
};

int main(void)
{
	struct forwarded f = {0}, nobody = {0};
	struct addr peer, got;
	char text[ADDR_TEXT_MAX];
	is_int(forwarded_trust(&f, "127.0.0.0/8"), 0, "a prefix");
	is_int(forwarded_trust(&f, "::1"), 0, "an address");
	is_int(forwarded_trust(&f, "10.0.0.0-10.0.0.9"), 0, "a range");
	ok(forwarded_trust(&f, "proxy.example") < 0, "a name is none");
	ok(forwarded_trust(&f, "") < 0, "nor is nothing");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ok(addr_parse(rows[i].peer, &peer) == 0, "(%s)", rows[i].peer);
		got = forwarded_client(&f, &peer, rows[i].header);
		addr_text(&got, text);
		is_str(text, rows[i].want, rows[i].what);
		got = forwarded_client(&nobody, &peer, rows[i].header);
		ok(addr_equal(&got, &peer), "%s: nobody is trusted", rows[i].what);
	}
	while (forwarded_trust(&f, "192.0.2.1") == 0)
		;
	is_int(f.count, FORWARDED_PROXIES_MAX, "a ceiling");
	return tap_done();
}
