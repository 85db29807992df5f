/* Bailiwick, learnt from the root down, and poison of every kind against it. */
#include "observe/bailiwick.h"
#include "seen.h"

#define RESOLVER "192.0.2.1"
#define ROOT "198.41.0.4"
#define GTLD "192.5.6.30"
#define EVIL "203.0.113.66"
#define GOOD "198.51.100.53"

static uint16_t next_id = 1;

/* One exchange of the resolver; the records are put by the caller between. */
static void begin(struct seen *s, struct made *m, const char *name, const char *server)
{
	ask(s, ++next_id, name, TYPE_A, RESOLVER, server, T0);
	made_question(m, next_id, 0x8000, name, TYPE_A);
}

static const char *end(struct seen *s, struct made *m, const char *server)
{
	return seen_of(s, m, RESOLVER, server, T0 + 1000);
}

/* The referrals of a cold resolver down to evil.com and bank.com. */
static void walk_down(struct seen *s)
{
	struct made m;
	begin(s, &m, "www.bank.com", ROOT);
	made_rr(&m, SECTION_AUTHORITY, "com", 172800, "NS", "a.gtld-servers.net.");
	made_rr(&m, SECTION_ADDITIONAL, "a.gtld-servers.net", 172800, "A", GTLD);
	is_str(end(s, &m, ROOT),
	       "com. NS 0 above a.gtld-servers.net. 172800\n"
	       "a.gtld-servers.net. A 0 above " GTLD " 172800\n",
	       "a root server speaks for all");
	is_str(buf_str(&s->servers), GTLD " com.\n", "and teaches who speaks for com");
	begin(s, &m, "www.bank.com", GTLD);
	made_rr(&m, SECTION_AUTHORITY, "bank.com", 172800, "NS", "ns.bank.com.");
	made_rr(&m, SECTION_ADDITIONAL, "ns.bank.com", 172800, "A", GOOD);
	is_str(end(s, &m, GTLD),
	       "bank.com. NS 1 above ns.bank.com. 172800\n"
	       "ns.bank.com. A 1 above " GOOD " 172800\n",
	       "the server of com speaks for what is below");
	begin(s, &m, "x.evil.com", GTLD);
	made_rr(&m, SECTION_AUTHORITY, "evil.com", 172800, "NS", "ns.evil.com.");
	made_rr(&m, SECTION_ADDITIONAL, "ns.evil.com", 172800, "A", EVIL);
	end(s, &m, GTLD);
	is_str(buf_str(&s->servers), EVIL " evil.com.\n", "evil.com's server is learnt");
}

static void test_poison(struct seen *s)
{
	struct made m;
	begin(s, &m, "x.evil.com", EVIL);
	made_rr(&m, SECTION_ANSWER, "x.evil.com", 60, "A", "203.0.113.1");
	made_rr(&m, SECTION_ADDITIONAL, "www.bank.com", 60, "A", EVIL);
	is_str(end(s, &m, EVIL), "x.evil.com. A 2 above 203.0.113.1 60\n",
	       "another zone's name in additional: outside");
	begin(s, &m, "x.evil.com", EVIL);
	made_rr(&m, SECTION_ANSWER, "x.evil.com", 60, "CNAME", "www.bank.com.");
	made_rr(&m, SECTION_ANSWER, "www.bank.com", 60, "A", EVIL);
	is_str(end(s, &m, EVIL), "x.evil.com. CNAME 2 above www.bank.com. 60\n",
	       "behind an alias into another zone: outside");
	begin(s, &m, "x.evil.com", EVIL);
	made_rr(&m, SECTION_AUTHORITY, "com", 60, "NS", "ns.evil.com.");
	made_rr(&m, SECTION_AUTHORITY, ".", 60, "NS", "ns.evil.com.");
	made_rr(&m, SECTION_ADDITIONAL, "ns.evil.com", 60, "A", EVIL);
	is_str(end(s, &m, EVIL), "ns.evil.com. A 2 above " EVIL " 60\n",
	       "a child that claims its parent and the root: outside");
	is_str(buf_str(&s->servers), "", "and nothing is learnt from it");
	begin(s, &m, "x.evil.com", EVIL);
	made_rr(&m, SECTION_AUTHORITY, "bank.com", 60, "NS", "ns.evil.com.");
	is_str(end(s, &m, EVIL), "", "a sibling's NS (Kashpureff, Kaminsky): outside");
	begin(s, &m, "y.evil.com", EVIL);
	made_rr(&m, SECTION_AUTHORITY, "sub.evil.com", 60, "NS", "ns.bank.com.");
	made_rr(&m, SECTION_ADDITIONAL, "ns.bank.com", 60, "A", EVIL);
	is_str(end(s, &m, EVIL), "sub.evil.com. NS 2 above ns.bank.com. 60\n",
	       "glue for a name of another zone: outside");
	is_str(buf_str(&s->servers), GOOD " sub.evil.com.\n",
	       "only the real address of that name is combined with it");
	begin(s, &m, "www.bank.com", EVIL);
	made_rr(&m, SECTION_ANSWER, "www.bank.com", 60, "A", EVIL);
	is_str(end(s, &m, EVIL), "www.bank.com. A - above " EVIL " 60\n",
	       "asked for a zone it is not known for: unproven, never inside");
	is_int(observer_counters(s->observer)->outside, 6, "each outside is counted");
	ok(observe_counters_balance(observer_counters(s->observer)), "rows add up");
}

static void test_aa_teaches_nothing(void)
{
	struct observe_options o = {.suspicious_off = true};
	struct seen s;
	struct made m;
	seen_init(&s, &o);
	ask(&s, 7, "www.bank.com", TYPE_A, RESOLVER, EVIL, T0);
	made_question(&m, 7, 0x8400, "www.bank.com", TYPE_A);
	made_rr(&m, SECTION_ANSWER, "www.bank.com", 60, "A", EVIL);
	made_rr(&m, SECTION_AUTHORITY, "bank.com", 60, "NS", "ns.evil.com.");
	made_rr(&m, SECTION_ADDITIONAL, "ns.evil.com", 60, "A", EVIL);
	is_str(seen_of(&s, &m, RESOLVER, EVIL, T0),
	       "www.bank.com. A - above " EVIL
	       " 60\nbank.com. NS - above ns.evil.com. 60\n"
	       "ns.evil.com. A - above " EVIL " 60\n",
	       "AA of a server nobody knows: unproven");
	is_str(buf_str(&s.servers), "", "and teaches nothing");
	is_int(observer_counters(s.observer)->unproven, 3, "counted as unproven");
	seen_release(&s);
}

/* The address came first, the NS record later; then one more zone on the same name. */
static void test_order(struct seen *s)
{
	struct made m;
	begin(s, &m, "ns1.host.com", GTLD);
	made_rr(&m, SECTION_AUTHORITY, "host.com", 60, "NS", "ns1.host.com.");
	made_rr(&m, SECTION_ADDITIONAL, "ns1.host.com", 60, "A", "198.51.100.1");
	made_rr(&m, SECTION_ADDITIONAL, "ns1.host.com", 60, "AAAA", "2001:db8::1");
	end(s, &m, GTLD);
	is_str(buf_str(&s->servers), "198.51.100.1 host.com.\n2001:db8::1 host.com.\n",
	       "both addresses of a server");
	begin(s, &m, "www.shop.com", GTLD);
	made_rr(&m, SECTION_AUTHORITY, "shop.com", 60, "NS", "ns1.host.com.");
	end(s, &m, GTLD);
	is_str(buf_str(&s->servers), "2001:db8::1 shop.com.\n198.51.100.1 shop.com.\n",
	       "a zone without glue on a server that is known");
	begin(s, &m, "www.shop.com", "198.51.100.1");
	made_rr(&m, SECTION_ANSWER, "www.shop.com", 60, "A", "203.0.113.9");
	is_str(end(s, &m, "198.51.100.1"), "www.shop.com. A 2 above 203.0.113.9 60\n",
	       "is inside");
}

static void test_off(void)
{
	struct observe_options o = {.suspicious_off = true, .bailiwick_off = true};
	struct seen s;
	struct made m;
	seen_init(&s, &o);
	observer_teach(s.observer, &(struct addr){4, {203, 0, 113, 66}},
		       BYTES("\4evil\3com", 10));
	begin(&s, &m, "x.evil.com", EVIL);
	made_rr(&m, SECTION_ANSWER, "x.evil.com", 60, "A", "203.0.113.1");
	made_rr(&m, SECTION_ADDITIONAL, "www.bank.com", 60, "A", EVIL);
	is_str(end(&s, &m, EVIL),
	       "x.evil.com. A 2 above 203.0.113.1 60\nwww.bank.com. A - above " EVIL
	       " 60\n",
	       "--bailiwick off: nothing is outside, what is known still shows");
	is_str(buf_str(&s.servers), "", "what was taught is not told again");
	seen_release(&s);
}

static void test_below(void)
{
	struct observe_options o = {.suspicious_off = true};
	struct seen s;
	struct made m;
	seen_init(&s, &o);
	ask(&s, 7, "www.bank.com", TYPE_A, RESOLVER, ROOT, T0);
	made_question(&m, 7, 0x8180, "www.bank.com", TYPE_A);
	made_rr(&m, SECTION_AUTHORITY, "com", 60, "NS", "ns.evil.com.");
	made_rr(&m, SECTION_ADDITIONAL, "ns.evil.com", 60, "A", EVIL);
	is_str(seen_of(&s, &m, RESOLVER, ROOT, T0),
	       "com. NS - below ns.evil.com. 60\nns.evil.com. A - below " EVIL " 60\n",
	       "below the resolver bailiwick is not known");
	is_str(buf_str(&s.servers), "", "and nothing is learnt");
	seen_release(&s);
}

/* Tables that are full learn no more and judge what they know as before. */
static void test_full(void)
{
	struct bailiwick b;
	struct name zone;
	char text[64];
	ok(bailiwick_init(&b, 1 << 15, NULL, NULL) == 0, "a small one");
	bailiwick_root_hints(&b);
	struct addr server = made_addr(GOOD);
	for (int i = 0; i < 20000; i++) {
		snprintf(text, sizeof(text), "z%d.test", i);
		if (name_of_text(text, &zone) == 0)
			bailiwick_teach(&b, &server, name_bytes(&zone));
	}
	ok(b.full > 10000, "fills up and says so");
	const struct bailiwick_server *s = bailiwick_find(&b, bailiwick_key(&server));
	ok(name_of_text("www.z1.test", &zone) == 0, "a name");
	is_int(s ? bailiwick_of(&b, s, name_bytes(&zone)) : -2, 2,
	       "the early one is known");
	ok(name_of_text("www.z19999.test", &zone) == 0, "another");
	is_int(s ? bailiwick_of(&b, s, name_bytes(&zone)) : -2, -1,
	       "the late one is not");
	bailiwick_release(&b);
}

int main(void)
{
	struct observe_options o = {.suspicious_off = true};
	struct seen s;
	seen_init(&s, &o);
	walk_down(&s);
	test_poison(&s);
	test_order(&s);
	seen_release(&s);
	test_aa_teaches_nothing();
	test_off();
	test_below();
	test_full();
	return tap_done();
}
