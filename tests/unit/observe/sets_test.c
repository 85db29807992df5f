/* What RRsets a response makes, and from which vantage. */
#include "seen.h"

#define CLIENT "192.0.2.1"
#define SERVER "198.51.100.53"

struct record_in {
	enum section section;
	const char *owner;
	uint32_t ttl;
	const char *type, *rdata;
	uint16_t class;
};

struct example {
	const char *what;
	uint16_t flags;
	struct record_in rr[8];
	const char *want;
};

#define SIG_A "A 13 2 60 20300101000000 20200101000000 1 x.test. AAAA"
#define SIG_NS "NS 13 2 60 20300101000000 20200101000000 1 x.test. AAAA"

static const struct example examples[] = {
    {"a set is sorted, whatever the order on the wire",
     0x8000,
     {{SECTION_ANSWER, "x.test", 60, "A", "10.0.0.2", 1},
      {SECTION_ANSWER, "x.test", 60, "A", "10.0.0.1", 1}},
     "x.test. A - above 10.0.0.1,10.0.0.2 60\n"},
    {"the highest TTL of a set",
     0x8000,
     {{SECTION_ANSWER, "x.test", 60, "A", "10.0.0.1", 1},
      {SECTION_ANSWER, "x.test", 90, "A", "10.0.0.2", 1},
      {SECTION_ANSWER, "x.test", 30, "A", "10.0.0.3", 1}},
     "x.test. A - above 10.0.0.1,10.0.0.2,10.0.0.3 90\n"},
    {"a TTL with its first bit set is 0",
     0x8000,
     {{SECTION_ANSWER, "x.test", 0x80000001, "A", "10.0.0.1", 1}},
     "x.test. A - above 10.0.0.1 0\n"},
    {"a record counts once in a section",
     0x8000,
     {{SECTION_ANSWER, "x.test", 60, "A", "10.0.0.1", 1},
      {SECTION_ANSWER, "x.test", 60, "A", "10.0.0.1", 1}},
     "x.test. A - above 10.0.0.1 60\n"},
    {"and once over all sections",
     0x8000,
     {{SECTION_ANSWER, "x.test", 60, "A", "10.0.0.1", 1},
      {SECTION_ADDITIONAL, "X.TEST", 60, "A", "10.0.0.1", 1}},
     "x.test. A - above 10.0.0.1 60\n"},
    {"all three sections",
     0x8000,
     {{SECTION_ANSWER, "x.test", 60, "A", "10.0.0.1", 1},
      {SECTION_AUTHORITY, "test", 60, "NS", "ns.test.", 1},
      {SECTION_ADDITIONAL, "ns.test", 60, "A", "10.0.0.3", 1}},
     "x.test. A - above 10.0.0.1 60\ntest. NS - above ns.test. 60\n"
     "ns.test. A - above 10.0.0.3 60\n"},
    {"signatures by the type they cover",
     0x8000,
     {{SECTION_ANSWER, "x.test", 60, "RRSIG", SIG_A, 1},
      {SECTION_ANSWER, "x.test", 60, "RRSIG", SIG_NS, 1},
      {SECTION_ANSWER, "x.test", 60, "RRSIG", SIG_A, 1}},
     "x.test. RRSIG - above A 13 2 60 20300101000000 20200101000000 1 x.test. AAAA 60\n"
     "x.test. RRSIG - above NS 13 2 60 20300101000000 20200101000000 1 x.test. AAAA "
     "60\n"},
    {"class IN only",
     0x8000,
     {{SECTION_ANSWER, "version.bind", 0, "TXT", "\"9.18\"", 3},
      {SECTION_ANSWER, "x.test", 60, "A", "10.0.0.1", 1}},
     "x.test. A - above 10.0.0.1 60\n"},
    {"pseudo-records never",
     0x8000,
     {{SECTION_ADDITIONAL, ".", 0, "TYPE41", "\\# 0", 1232},
      {SECTION_ANSWER, "x.test", 60, "TYPE250", "\\# 2 0001", 1}},
     ""},
    {"TC=1 marks the set",
     0x8200,
     {{SECTION_ANSWER, "x.test", 60, "A", "10.0.0.1", 1}},
     "x.test. A - above 10.0.0.1 60 partial\n"},
    {"asked with RD, answered with RA: below the resolver",
     0x8180,
     {{SECTION_ANSWER, "x.test", 60, "A", "10.0.0.1", 1}},
     "x.test. A - below 10.0.0.1 60\n"},
    {"asked with RD, no RA: an authoritative server",
     0x8500,
     {{SECTION_ANSWER, "x.test", 60, "A", "10.0.0.1", 1}},
     "x.test. A - above 10.0.0.1 60\n"},
    {"asked without RD: above, though the server gives recursion",
     0x8080,
     {{SECTION_ANSWER, "x.test", 60, "A", "10.0.0.1", 1}},
     "x.test. A - above 10.0.0.1 60\n"},
};

static void make_example(struct made *m, const struct example *e)
{
	made_question(m, 7, e->flags, "x.test", TYPE_A);
	for (const struct record_in *r = e->rr; r->owner != NULL; r++)
		made_rr_class(m, r->section, r->owner, r->class, r->ttl, r->type,
			      r->rdata);
}

static void test_examples(void)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		struct observe_options o = {.suspicious_off = true, .negative_off = true};
		struct seen s;
		struct made m;
		seen_init(&s, &o);
		ask(&s, 7, "x.test", TYPE_A, CLIENT, SERVER, T0);
		make_example(&m, &examples[i]);
		is_str(seen_of(&s, &m, CLIENT, SERVER, T0), examples[i].want,
		       examples[i].what);
		seen_release(&s);
	}
}

/* As many records as fit, owners alternating: the table of large messages. */
static void test_large(void)
{
	struct observe_options o = {
	    .suspicious_off = true, .negative_off = true, .accept_all = true};
	struct seen s;
	struct made m;
	char rdata[32];
	seen_init(&s, &o);
	made_question(&m, 7, 0x8000, "x.test", TYPE_A);
	for (int i = 0; i < 600; i++) {
		snprintf(rdata, sizeof(rdata), "10.0.%d.%d", i / 200, i % 200);
		made_rr(&m, SECTION_ANSWER, i % 2 ? "odd.test" : "even.test", 60, "A",
			rdata);
	}
	const char *lines = seen_of(&s, &m, CLIENT, SERVER, T0);
	int sets = 0, commas = 0;
	for (const char *p = lines; *p; p++) {
		sets += *p == '\n';
		commas += *p == ',';
	}
	is_int(sets, 2, "600 records of two owners are two sets");
	is_int(commas, 598, "with all of them");
	is_int(observer_counters(s.observer)->rrsets, 2, "counted");
	seen_release(&s);
}

static void test_counted(void)
{
	struct observe_options o = {
	    .suspicious_off = true, .negative_off = true, .accept_all = true};
	struct seen s;
	struct made m;
	seen_init(&s, &o);
	make_example(&m, &examples[7]);
	seen_of(&s, &m, CLIENT, SERVER, T0);
	make_example(&m, &examples[8]);
	seen_of(&s, &m, CLIENT, SERVER, T0);
	const struct observe_counters *c = observer_counters(s.observer);
	is_int(c->class_other, 1, "the record of class CH is counted");
	is_int(c->meta, 2, "and the pseudo-records");
	seen_release(&s);
}

static void test_forced(void)
{
	struct observe_options o = {
	    .negative_off = true, .accept_all = true, .vantage = VANTAGE_BELOW};
	struct seen s;
	struct made m;
	seen_init(&s, &o);
	make_example(&m, &examples[0]);
	is_str(seen_of(&s, &m, CLIENT, SERVER, T0),
	       "x.test. A - below 10.0.0.1,10.0.0.2 60\n", "the vantage can be forced");
	seen_release(&s);
}

int main(void)
{
	test_examples();
	test_large();
	test_counted();
	test_forced();
	return tap_done();
}
