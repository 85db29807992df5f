/* The site's own rewriting is evidence, not history; what is not its own stays. */
#include "observe/rewriting.h"
#include "observe/site.h"
#include "seen.h"

#define CLIENT "192.0.2.1"
#define RESOLVER "192.0.2.53"
#define ABOVE "198.51.100.53"
#define BELOW_FLAGS 0x8180 /* QR RD RA */

static struct site *a_site(void)
{
	struct site *s = site_new();
	struct fault f;
	ok(site_add_rewrite(s, "10.9.9.9", &f) == 0 &&
	       site_add_rewrite(s, "203.0.113.0/28", &f) == 0 &&
	       site_add_rewrite(s, "2001:db8::1", &f) == 0 &&
	       site_add_rewrite(s, "*.garden.example", &f) == 0 &&
	       site_add_resolver(s, "192.0.2.53", &f) == 0 &&
	       site_add_doh(s, "dns.google", &f) == 0,
	   "a site");
	ok(site_add_rewrite(s, "10.9.9.999", &f) == YORE_EUSAGE &&
	       site_add_rewrite(s, "10.9.9.0/40", &f) == YORE_EUSAGE &&
	       site_add_rewrite(s, ".", &f) == YORE_EUSAGE &&
	       site_add_resolver(s, "dns.example", &f) == YORE_EUSAGE,
	   "what is none of these is refused");
	return s;
}

struct told {
	const char *owner, *type, *rdata, *expected;
};

static const struct told below[] = {
    {"evil.test", "A", "10.9.9.9", "evil.test. A - below.rewritten 10.9.9.9 60\n"},
    {"evil.test", "A", "203.0.113.15",
     "evil.test. A - below.rewritten 203.0.113.15 60\n"},
    {"evil.test", "A", "203.0.113.16", "evil.test. A - below 203.0.113.16 60\n"},
    {"evil.test", "AAAA", "2001:db8::1",
     "evil.test. AAAA - below.rewritten 2001:db8::1 60\n"},
    {"evil.test", "CNAME", "a.garden.example",
     "evil.test. CNAME - below.rewritten a.garden.example. 60\n"},
    {"evil.test", "CNAME", "garden.example.net",
     "evil.test. CNAME - below garden.example.net. 60\n"},
    {"a.garden.example", "A", "203.0.113.1",
     "a.garden.example. A - below 203.0.113.1 60\n"},
};

static void test_configured(void)
{
	struct site *site = a_site();
	struct observe_options o = {
	    .accept_all = true, .negative_off = true, .site = site};
	struct seen s;
	seen_init(&s, &o);
	for (size_t i = 0; i < sizeof(below) / sizeof(*below); i++) {
		const struct told *t = &below[i];
		struct made m;
		made_question(&m, 7, BELOW_FLAGS, t->owner, TYPE_A);
		made_rr(&m, SECTION_ANSWER, t->owner, 60, t->type, t->rdata);
		is_str(seen_of(&s, &m, CLIENT, RESOLVER, T0), t->expected, t->rdata);
	}
	ok(observer_counters(s.observer)->rewritten == 4, "counted");
	seen_release(&s);
	site_free(site);
}

/* An alias to the garden and the garden's own address in one answer. */
static void test_garden_itself(void)
{
	struct site *site = a_site();
	struct observe_options o = {.accept_all = true, .site = site};
	struct seen s;
	struct made m;
	seen_init(&s, &o);
	made_question(&m, 7, BELOW_FLAGS, "evil.test", TYPE_A);
	made_rr(&m, SECTION_ANSWER, "evil.test", 5, "CNAME", "garden.example");
	made_rr(&m, SECTION_ANSWER, "garden.example", 60, "A", "10.9.9.9");
	is_str(seen_of(&s, &m, CLIENT, RESOLVER, T0),
	       "garden.example. A - below 10.9.9.9 60\n"
	       "evil.test. CNAME - below.rewritten garden.example. 5\n"
	       "garden.example. A - below.private 10.9.9.9 60\n",
	       "the garden is where it says, what was led there is not");
	seen_release(&s);
	site_free(site);
}

static void test_above(void)
{
	struct site *site = a_site();
	struct observe_options o = {
	    .accept_all = true, .negative_off = true, .site = site};
	struct addr server = made_addr(ABOVE);
	struct seen s;
	struct made m;
	seen_init(&s, &o);
	made_question(&m, 7, 0x8400, "x.evil.com", TYPE_A);
	made_rr(&m, SECTION_ANSWER, "x.evil.com", 60, "A", "203.0.113.1");
	is_str(seen_of(&s, &m, CLIENT, ABOVE, T0),
	       "x.evil.com. A - above.rewritten 203.0.113.1 60\n",
	       "above, of a server that proves nothing: a forwarder's rewriting");
	ok(observer_counters(s.observer)->unproven == 0, "not counted as kept");
	observer_teach(s.observer, &server, BYTES("\4evil\3com", 10));
	made_question(&m, 7, 0x8400, "x.evil.com", TYPE_A);
	made_rr(&m, SECTION_ANSWER, "x.evil.com", 60, "A", "203.0.113.1");
	is_str(seen_of(&s, &m, CLIENT, ABOVE, T0),
	       "x.evil.com. A 2 above 203.0.113.1 60\n",
	       "its own server names the garden's address: the world says so");
	seen_release(&s);
	site_free(site);
}

static void add_ede(struct made *m, uint16_t code)
{
	buf_putc(&m->b, 0);
	buf_u16be(&m->b, TYPE_OPT);
	buf_u16be(&m->b, 1232);
	buf_u32be(&m->b, 0);
	buf_u16be(&m->b, 6);
	buf_u16be(&m->b, 15);
	buf_u16be(&m->b, 2);
	buf_u16be(&m->b, code);
	uint8_t *count = m->b.at + 10;
	store_u16be(count, (uint16_t)(load_u16be(count) + 1));
}

static const struct {
	uint16_t code;
	bool policy;
} errors[] = {{4, true},  {15, true},  {16, true}, {17, true},
	      {3, false}, {14, false}, {18, false}};

static void test_errors(void)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		struct observe_options o = {.accept_all = true};
		struct seen s;
		struct made m;
		seen_init(&s, &o);
		made_question(&m, 7, BELOW_FLAGS, "evil.test", TYPE_A);
		made_rr(&m, SECTION_ANSWER, "evil.test", 60, "A", "192.0.2.77");
		add_ede(&m, errors[i].code);
		is_str(seen_of(&s, &m, CLIENT, RESOLVER, T0),
		       errors[i].policy ? "evil.test. A - below.rewritten 192.0.2.77 60\n"
					: "evil.test. A - below 192.0.2.77 60\n",
		       "an extended error below");
		made_question(&m, 7, 0x8400, "evil.test", TYPE_A);
		made_rr(&m, SECTION_ANSWER, "evil.test", 60, "A", "192.0.2.77");
		add_ede(&m, errors[i].code);
		is_str(seen_of(&s, &m, CLIENT, ABOVE, T0),
		       "evil.test. A - above 192.0.2.77 60\n",
		       "the same above: anybody may say so");
		seen_release(&s);
	}
}

static void test_policy_zone(void)
{
	struct observe_options o = {.accept_all = true};
	struct seen s;
	struct made m;
	seen_init(&s, &o);
	made_question(&m, 7, BELOW_FLAGS | 3, "evil.test", TYPE_A);
	made_rr(&m, SECTION_ADDITIONAL, "rpz.local", 60, "SOA",
		"localhost. root.localhost. 1 3600 600 86400 60");
	is_str(seen_of(&s, &m, CLIENT, RESOLVER, T0),
	       "evil.test. A - below.rewritten \\# 0 0\n"
	       "rpz.local. SOA - below.rewritten localhost. root.localhost. 1 3600 600 "
	       "86400 "
	       "60 60\n",
	       "denied by a policy zone: no denial by the world, and no zone of it");
	made_question(&m, 8, BELOW_FLAGS | 3, "gone.test", TYPE_A);
	made_rr(&m, SECTION_AUTHORITY, "test", 60, "SOA",
		"localhost. root.localhost. 1 3600 600 86400 60");
	is_str(seen_of(&s, &m, CLIENT, RESOLVER, T0),
	       "test. SOA - below localhost. root.localhost. 1 3600 600 86400 60 60\n"
	       "gone.test. A - below.nxdomain \\# 0 60\n",
	       "denied with the SOA where it belongs: the world's");
	made_question(&m, 9, BELOW_FLAGS | 0x0400 | 3, "evil.test", TYPE_A);
	is_str(seen_of(&s, &m, CLIENT, RESOLVER, T0),
	       "evil.test. A - below.rewritten \\# 0 0\n",
	       "denied with authority, and no zone behind it: the resolver itself");
	made_question(&m, 10, BELOW_FLAGS | 3, "gone.test", TYPE_A);
	is_str(seen_of(&s, &m, CLIENT, RESOLVER, T0),
	       "gone.test. A - below.nxdomain \\# 0 0\n",
	       "without authority it may be anybody's");
	ok(observer_counters(s.observer)->rewritten == 3 &&
	       observer_counters(s.observer)->negative == 2,
	   "counted");
	seen_release(&s);
}

static const char *denied(struct seen *s, const char *resolver, int64_t at_us)
{
	struct made m;
	made_question(&m, 7, 0x8400 | 3, "wwww.example.com", TYPE_A);
	made_rr(&m, SECTION_AUTHORITY, "example.com", 60, "SOA",
		"ns. root. 1 3600 600 86400 60");
	return seen_of(s, &m, resolver, ABOVE, at_us);
}

static const char *answered(struct seen *s, const char *resolver, int64_t at_us)
{
	struct made m;
	made_question(&m, 7, BELOW_FLAGS, "wwww.example.com", TYPE_A);
	made_rr(&m, SECTION_ANSWER, "wwww.example.com", 30, "A", "192.0.2.99");
	return seen_of(s, &m, CLIENT, resolver, at_us);
}

static void test_redirection(void)
{
	static const char *const believed = "wwww.example.com. A - below 192.0.2.99 30\n";
	static const char *const evidence =
	    "wwww.example.com. A - below.redirected 192.0.2.99 30\n";
	struct observe_options o = {.accept_all = true, .negative_off = true};
	struct seen s;
	seen_init(&s, &o);
	is_str(answered(&s, RESOLVER, T0), believed, "nothing is known");
	denied(&s, RESOLVER, T0 + 1000000);
	is_str(answered(&s, RESOLVER, T0 + 2000000), evidence,
	       "denied above, answered below: redirected");
	is_str(answered(&s, "192.0.2.54", T0 + 2000000), believed,
	       "another resolver may know more");
	is_str(answered(&s, RESOLVER, T0 + 62000000), believed,
	       "when the denial is too old to be kept nothing follows of it");
	seen_release(&s);
}

static void test_lists(void)
{
	struct site *site = a_site();
	struct name a, b;
	struct addr r = made_addr("192.0.2.53"), other = made_addr("192.0.2.54");
	ok(name_of_text("x.dns.google", &a) == 0 && name_of_text("google", &b) == 0 &&
	       site_doh(site, name_bytes(&a)) == 0 && site_doh(site, name_bytes(&b)) < 0,
	   "names of DNS over HTTPS, with all below them");
	ok(site_is_resolver(site, &r) && !site_is_resolver(site, &other), "resolvers");
	site_free(site);
}

int main(void)
{
	test_configured();
	test_garden_itself();
	test_above();
	test_errors();
	test_policy_zone();
	test_redirection();
	test_lists();
	return tap_done();
}
