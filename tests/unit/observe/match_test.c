/* Which responses are believed as messages. */
#include "base/hash.h"
#include "seen.h"

#define CLIENT "192.0.2.1"
#define SERVER "198.51.100.53"
#define SECOND 1000000

struct answer {
	const char *what;
	const char *name, *client, *server;
	uint16_t id, type;
	uint16_t server_port, client_port;
	uint8_t transport;
	int64_t later_us;
	bool believed;
};

static const struct answer answers[] = {
    {"the answer to the query", "www.Example.COM", CLIENT, SERVER, 7, TYPE_A, 53, 40000,
     TRANSPORT_UDP, 1000, true},
    {"another ID", "www.Example.COM", CLIENT, SERVER, 8, TYPE_A, 53, 40000, TRANSPORT_UDP,
     1000, false},
    {"another spelling (0x20)", "www.example.com", CLIENT, SERVER, 7, TYPE_A, 53, 40000,
     TRANSPORT_UDP, 1000, false},
    {"another name", "www.example.org", CLIENT, SERVER, 7, TYPE_A, 53, 40000,
     TRANSPORT_UDP, 1000, false},
    {"another type", "www.Example.COM", CLIENT, SERVER, 7, TYPE_AAAA, 53, 40000,
     TRANSPORT_UDP, 1000, false},
    {"another server", "www.Example.COM", CLIENT, "198.51.100.54", 7, TYPE_A, 53, 40000,
     TRANSPORT_UDP, 1000, false},
    {"another client", "www.Example.COM", "192.0.2.2", SERVER, 7, TYPE_A, 53, 40000,
     TRANSPORT_UDP, 1000, false},
    {"another port of the client", "www.Example.COM", CLIENT, SERVER, 7, TYPE_A, 53,
     40001, TRANSPORT_UDP, 1000, false},
    {"over TCP, asked over UDP", "www.Example.COM", CLIENT, SERVER, 7, TYPE_A, 53, 40000,
     TRANSPORT_TCP, 1000, false},
    {"59 s later", "www.Example.COM", CLIENT, SERVER, 7, TYPE_A, 53, 40000, TRANSPORT_UDP,
     59 * SECOND, true},
    {"61 s later", "www.Example.COM", CLIENT, SERVER, 7, TYPE_A, 53, 40000, TRANSPORT_UDP,
     61 * SECOND, false},
};

static void test_answers(void)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		const struct answer *a = &answers[i];
		struct observe_options o = {.suspicious_off = true};
		struct seen s;
		struct made m;
		seen_init(&s, &o);
		ask(&s, 7, "www.Example.COM", TYPE_A, CLIENT, SERVER, T0);
		made_question(&m, a->id, 0x8000, a->name, a->type);
		made_rr(&m, SECTION_ANSWER, a->name, 60, "A", "203.0.113.1");
		struct datagram d =
		    made_datagram(&m, a->client, a->server, T0 + a->later_us);
		d.src_port = a->server_port;
		d.dst_port = a->client_port;
		d.transport = a->transport;
		observer_datagram(&d, s.observer);
		const struct observe_counters *c = observer_counters(s.observer);
		ok((s.lines.len > 0) == a->believed, "%s: %s", a->what,
		   a->believed ? "believed" : "not believed");
		ok(c->unmatched == !a->believed && observe_counters_balance(c),
		   "%s: counted", a->what);
		buf_release(&m.b);
		seen_release(&s);
	}
}

static const char *answer(struct seen *s, const char *rdata, int64_t later_us)
{
	struct made m;
	made_question(&m, 7, 0x8000, "a.example", TYPE_A);
	made_rr(&m, SECTION_ANSWER, "a.example", 60, "A", rdata);
	return seen_of(s, &m, CLIENT, SERVER, T0 + later_us);
}

static void test_not_used_up(void)
{
	struct observe_options o = {.suspicious_off = true};
	struct seen s;
	seen_init(&s, &o);
	ask(&s, 7, "a.example", TYPE_A, CLIENT, SERVER, T0);
	is_str(answer(&s, "192.0.2.7", 1000), "a.example. A - above 192.0.2.7 60\n",
	       "the first answer");
	is_str(answer(&s, "192.0.2.7", 2000), "a.example. A - above 192.0.2.7 60\n",
	       "the same once more counts too");
	is_str(answer(&s, "192.0.2.8", 3000), "a.example. A - above 192.0.2.8 60\n",
	       "a different second one as well");
	const struct observe_counters *c = observer_counters(s.observer);
	is_int(c->duplicate, 1, "one was the same");
	is_int(c->conflicting, 1, "one was different");
	is_int(c->responses, 3, "three responses");
	ok(observe_counters_balance(c), "and the rows add up");
	seen_release(&s);
}

/* Only the ID differs, and any seed must do. */
static void test_many(uint64_t seed)
{
	enum { N = 5000 };
	struct observe_options o = {.suspicious_off = true,
				    .memory = 1 << 20}; /* 32768 slots */
	struct seen s;
	int believed = 0;
	seen_init(&s, &o);
	hash_set_seed(seed);
	for (int i = 0; i < N; i++)
		ask(&s, (uint16_t)i, "many.example", TYPE_A, CLIENT, SERVER, T0);
	for (int i = 0; i < N; i++) {
		struct made m;
		made_question(&m, (uint16_t)i, 0x8000, "many.example", TYPE_A);
		made_rr(&m, SECTION_ANSWER, "many.example", 60, "A", "192.0.2.1");
		believed += seen_of(&s, &m, CLIENT, SERVER, T0)[0] != '\0';
	}
	is_int(believed, N, "thousands of open queries, each answered");
	seen_release(&s);
}

static void test_flood(void)
{
	struct observe_options o = {.suspicious_off = true, .memory = 1 << 16};
	struct seen s;
	seen_init(&s, &o);
	for (int i = 0; i < 20000; i++)
		ask(&s, (uint16_t)i, "flood.example", TYPE_A, CLIENT, SERVER, T0 + i);
	const struct observe_counters *c = observer_counters(s.observer);
	ok(c->query_evicted > 10000, "a full table drops queries and says so (%d)",
	   (int)c->query_evicted);
	ask(&s, 7, "a.example", TYPE_A, CLIENT, SERVER, T0);
	ok(answer(&s, "192.0.2.7", 1000)[0] != '\0', "and still knows the latest");
	seen_release(&s);
}

struct refused {
	const char *what;
	uint16_t flags, src_port;
	int64_t time_us;
	bool snapped;
	size_t cut, counter;
};

#define COUNTER(name) offsetof(struct observe_counters, name)
static const struct refused refusals[] = {
    {"an update", 0xa800, 53, T0, false, 0, COUNTER(opcode)},
    {"a response from port 5353", 0x8000, 5353, T0, false, 0, COUNTER(not_dns_port)},
    {"a packet of 1970", 0x8000, 53, 5000000, false, 0, COUNTER(bad_date)},
    {"a packet of 2100", 0x8000, 53, 4102444800000000, false, 0, COUNTER(bad_date)},
    {"one that the capture cut", 0x8000, 53, T0, true, 0, COUNTER(snapped)},
    {"a response cut in a record", 0x8000, 53, T0, false, 3, COUNTER(malformed)},
    {"a query cut in its question", 0x0100, 40000, T0, false, 30, COUNTER(malformed)},
};

static void test_refused(void)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		const struct refused *f = &refusals[i];
		struct observe_options o = {.suspicious_off = true,
					    .latest_us = T0 + 86400 * (int64_t)SECOND};
		struct seen s;
		struct made m;
		seen_init(&s, &o);
		ask(&s, 7, "www.example", TYPE_A, CLIENT, SERVER, T0);
		made_question(&m, 7, f->flags, "www.example", TYPE_A);
		made_rr(&m, SECTION_ANSWER, "www.example", 60, "A", "203.0.113.1");
		made_rr(&m, SECTION_ADDITIONAL, "b.example", 60, "A", "203.0.113.2");
		struct datagram d = made_datagram(&m, CLIENT, SERVER, f->time_us);
		d.src_port = f->src_port;
		d.snapped = f->snapped;
		d.payload.len -= f->cut > 3 ? d.payload.len - 20 : f->cut;
		observer_datagram(&d, s.observer);
		const struct observe_counters *c = observer_counters(s.observer);
		uint64_t n;
		memcpy(&n, (const uint8_t *)c + f->counter, sizeof(n));
		ok(s.lines.len == 0 && n == 1 && observe_counters_balance(c),
		   "%s: nothing believed, counted", f->what);
		buf_release(&m.b);
		seen_release(&s);
	}
}

static void test_accept_all(void)
{
	struct observe_options o = {.suspicious_off = true, .accept_all = true};
	struct seen s;
	seen_init(&s, &o);
	is_str(answer(&s, "192.0.2.7", 0), "a.example. A - above 192.0.2.7 60\n",
	       "--accept all needs no query");
	seen_release(&s);
}

static void test_vouched(void)
{
	struct observe_options o = {.suspicious_off = true};
	struct seen s;
	struct made m;
	seen_init(&s, &o);
	made_question(&m, 7, 0x8180, "a.example", TYPE_A);
	made_rr(&m, SECTION_ANSWER, "a.example", 60, "A", "192.0.2.7");
	struct datagram d = made_datagram(&m, CLIENT, SERVER, T0);
	d.believed_pair = true;
	d.vantage = VANTAGE_AUTH;
	d.src_port = 5300;
	observer_datagram(&d, s.observer);
	is_str(buf_str(&s.lines), "a.example. A - auth 192.0.2.7 60\n",
	       "dnstap vouches for the query and says the vantage, whatever the port");
	buf_release(&m.b);
	seen_release(&s);
}

int main(void)
{
	test_answers();
	test_not_used_up();
	for (uint64_t seed = 1; seed < 60; seed += 2)
		test_many(seed << 40 | seed);
	test_flood();
	test_refused();
	test_accept_all();
	test_vouched();
	return tap_done();
}
