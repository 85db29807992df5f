/* What is kept as evidence, and what is none. */
#include "observe/suspect.h"
#include "seen.h"

#define CLIENT "192.0.2.1"
#define SERVER "198.51.100.53"

static const char *tell(struct seen *s, uint16_t id, uint16_t flags, const char *owner,
			const char *type, const char *rdata)
{
	struct made m;
	made_question(&m, id, flags, "x.evil.com", TYPE_A);
	made_rr(&m, SECTION_ANSWER, owner, 60, type, rdata);
	return seen_of(s, &m, CLIENT, SERVER, T0 + 1000);
}

static void begin(struct seen *s, const struct observe_options *o)
{
	struct addr server = made_addr(SERVER);
	seen_init(s, o);
	observer_teach(s->observer, &server, BYTES("\4evil\3com", 10));
	ask(s, 7, "x.evil.com", TYPE_A, CLIENT, SERVER, T0);
}

static void test_reasons(void)
{
	struct observe_options o = {.negative_off = true};
	struct seen s;
	begin(&s, &o);
	is_str(tell(&s, 7, 0x8400, "www.bank.com", "A", "203.0.113.66"),
	       "www.bank.com. A - above.outside 203.0.113.66 60\n",
	       "outside its bailiwick: evidence and nothing else");
	is_str(tell(&s, 8, 0x8400, "x.evil.com", "A", "203.0.113.66"),
	       "x.evil.com. A - above.unmatched 203.0.113.66 60\n",
	       "nobody asked: evidence and nothing else");
	is_str(tell(&s, 7, 0x8400, "x.evil.com", "A", "203.0.113.67"),
	       "x.evil.com. A 2 above 203.0.113.67 60\n"
	       "x.evil.com. A - above.conflicting 203.0.113.67 60\n",
	       "a second answer that differs: believed, and evidence");
	seen_release(&s);
}

static void test_private(void)
{
	struct observe_options o = {.negative_off = true};
	struct seen s;
	begin(&s, &o);
	is_str(tell(&s, 7, 0x8400, "x.evil.com", "A", "192.168.1.1"),
	       "x.evil.com. A 2 above 192.168.1.1 60\n"
	       "x.evil.com. A - above.private 192.168.1.1 60\n",
	       "a public name at a private address: believed, and evidence");
	seen_release(&s);
}

static void test_off(void)
{
	struct observe_options o = {.negative_off = true, .suspicious_off = true};
	struct seen s;
	begin(&s, &o);
	is_str(tell(&s, 7, 0x8400, "www.bank.com", "A", "203.0.113.66"), "",
	       "switched off: no evidence");
	seen_release(&s);
}

struct place {
	const char *owner, *type, *rdata;
	bool suspicious;
};

static const struct place places[] = {
    {"www.example", "A", "10.1.2.3", true},
    {"www.example", "A", "172.16.0.1", true},
    {"www.example", "A", "172.32.0.1", false},
    {"www.example", "A", "192.168.255.255", true},
    {"www.example", "A", "127.0.0.1", true},
    {"www.example", "A", "169.254.169.254", true},
    {"www.example", "A", "100.64.0.1", true},
    {"www.example", "A", "100.128.0.1", false},
    {"www.example", "A", "8.8.8.8", false},
    {"www.example", "AAAA", "fd00::1", true},
    {"www.example", "AAAA", "fe80::1", true},
    {"www.example", "AAAA", "::1", true},
    {"www.example", "AAAA", "2001:4860::1", false},
    {"nas.local", "A", "192.168.1.1", false},
    {"printer.home.arpa", "A", "192.168.1.1", false},
    {"db.internal", "A", "10.0.0.1", false},
    {"www.example", "TXT", "\"10.1.2.3\"", false},
};

static void test_places(void)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		const struct place *p = &places[i];
		struct name owner;
		struct buf rdata, set;
		uint16_t type = 0;
		buf_init(&rdata, 1 << 16);
		buf_init(&set, 1 << 16);
		ok(name_of_text(p->owner, &owner) == 0 &&
		       type_of_text(p->type, &type) == 0 &&
		       rdata_of_text(type, p->rdata, &rdata) == 0,
		   "%s %s", p->owner, p->rdata);
		struct bytes one = buf_bytes(&rdata);
		ok(rdataset_pack(&one, 1, &set) == 0, "a set");
		struct rrset s = {
		    .owner = name_bytes(&owner), .type = type, .rdata = buf_bytes(&set)};
		ok(suspect_private(&s) == p->suspicious, "%s at %s: %s", p->owner,
		   p->rdata, p->suspicious ? "suspicious" : "not");
		buf_release(&rdata);
		buf_release(&set);
	}
}

int main(void)
{
	test_reasons();
	test_private();
	test_off();
	test_places();
	return tap_done();
}
