/* What is a negative answer, of which name, and what is none. */
#include "seen.h"

#define CLIENT "192.0.2.1"
#define SERVER "198.51.100.53"
#define SOA "ns.test. admin.test. 1 3600 600 86400 300"

struct record_in {
	enum section section;
	const char *owner;
	uint32_t ttl;
	const char *type, *rdata;
};

struct example {
	const char *what;
	uint16_t flags, type;
	struct record_in rr[5];
	const char *want; /* the line of the negative answer; "" none */
};

static const struct example examples[] = {
    {"a name that does not exist",
     0x8403,
     TYPE_A,
     {{SECTION_AUTHORITY, "test", 900, "SOA", SOA}},
     "x.test. A - above.nxdomain \\# 0 300\n"},
    {"the SOA's own TTL when it is less",
     0x8403,
     TYPE_A,
     {{SECTION_AUTHORITY, "test", 60, "SOA", SOA}},
     "x.test. A - above.nxdomain \\# 0 60\n"},
    {"no data of that type",
     0x8400,
     TYPE_AAAA,
     {{SECTION_AUTHORITY, "test", 900, "SOA", SOA}},
     "x.test. AAAA - above.nodata \\# 0 300\n"},
    {"nothing at all is no data, too",
     0x8400,
     TYPE_TXT,
     {{0}},
     "x.test. TXT - above.nodata \\# 0 0\n"},
    {"told to a stub",
     0x8183,
     TYPE_A,
     {{SECTION_AUTHORITY, "test", 900, "SOA", SOA}},
     "x.test. A - below.nxdomain \\# 0 300\n"},
    {"the end of the aliases is what does not exist",
     0x8403,
     TYPE_A,
     {{SECTION_ANSWER, "y.test", 60, "CNAME", "z.test."},
      {SECTION_ANSWER, "x.test", 60, "CNAME", "y.test."},
      {SECTION_AUTHORITY, "test", 900, "SOA", SOA}},
     "z.test. A - above.nxdomain \\# 0 300\n"},
    {"aliases in a ring end",
     0x8403,
     TYPE_A,
     {{SECTION_ANSWER, "y.test", 60, "CNAME", "x.test."},
      {SECTION_ANSWER, "x.test", 60, "CNAME", "y.test."}},
     "x.test. A - above.nxdomain \\# 0 0\n"},
    {"an alias whose end was not looked up: none",
     0x8400,
     TYPE_A,
     {{SECTION_ANSWER, "x.test", 60, "CNAME", "www.elsewhere."}},
     ""},
    {"an answer: none",
     0x8400,
     TYPE_A,
     {{SECTION_ANSWER, "x.test", 60, "A", "10.0.0.1"}},
     ""},
    {"the alias that was asked for: none",
     0x8400,
     TYPE_CNAME,
     {{SECTION_ANSWER, "x.test", 60, "CNAME", "y.test."}},
     ""},
    {"a referral: none",
     0x8000,
     TYPE_A,
     {{SECTION_AUTHORITY, "test", 900, "NS", "ns.test."}},
     ""},
    {"a failure: none", 0x8402, TYPE_A, {{0}}, ""},
    {"a message that was cut (TC): none", 0x8600, TYPE_A, {{0}}, ""},
    {"a question for everything (ANY): none", 0x8403, TYPE_ANY, {{0}}, ""},
};

/* Only the lines of negative answers. */
static const char *negatives(struct seen *s, struct buf *out)
{
	const char *lines = buf_str(&s->lines);
	buf_clear(out);
	while (*lines) {
		size_t n = strcspn(lines, "\n") + 1;
		char line[1024];
		snprintf(line, sizeof(line), "%.*s", (int)n, lines);
		if (strstr(line, ".nxdomain ") || strstr(line, ".nodata "))
			buf_puts(out, line);
		lines += n;
	}
	return buf_str(out);
}

static void test_examples(void)
{
	struct buf out;
	buf_init(&out, 1 << 16);
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		const struct example *e = &examples[i];
		struct observe_options o = {.suspicious_off = true};
		struct seen s;
		struct made m;
		seen_init(&s, &o);
		ask(&s, 7, "x.test", e->type, CLIENT, SERVER, T0);
		made_question(&m, 7, e->flags, "x.test", e->type);
		for (const struct record_in *r = e->rr; r->owner != NULL; r++)
			made_rr(&m, r->section, r->owner, r->ttl, r->type, r->rdata);
		seen_of(&s, &m, CLIENT, SERVER, T0);
		is_str(negatives(&s, &out), e->want, e->what);
		is_int(observer_counters(s.observer)->negative, *e->want != '\0',
		       "and counted");
		seen_release(&s);
	}
	buf_release(&out);
}

/* A server that is known for another zone cannot say that a name does not exist. */
static void test_bailiwick(void)
{
	struct observe_options o = {.suspicious_off = true};
	struct seen s;
	struct made m;
	struct addr server = made_addr(SERVER);
	seen_init(&s, &o);
	observer_teach(s.observer, &server, BYTES("\4test", 6));
	ask(&s, 7, "x.test", TYPE_A, CLIENT, SERVER, T0);
	made_question(&m, 7, 0x8403, "x.test", TYPE_A);
	is_str(seen_of(&s, &m, CLIENT, SERVER, T0),
	       "x.test. A 1 above.nxdomain \\# 0 0\n",
	       "in the zone it speaks for: proven");
	ask(&s, 8, "x.test", TYPE_A, CLIENT, SERVER, T0);
	made_question(&m, 8, 0x8403, "x.test", TYPE_A);
	made_rr(&m, SECTION_ANSWER, "x.test", 60, "CNAME", "www.bank.example.");
	is_str(seen_of(&s, &m, CLIENT, SERVER, T0),
	       "x.test. CNAME 1 above www.bank.example. 60\n",
	       "behind an alias into another zone: not believed");
	seen_release(&s);
}

int main(void)
{
	test_examples();
	test_bailiwick();
	return tap_done();
}
