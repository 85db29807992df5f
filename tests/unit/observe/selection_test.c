/* Lists at the door. */
#include "observe/selection.h"
#include "seen.h"

struct wish {
	const char *what, *skip, *only, *owner, *type;
	bool wanted;
};

static const struct wish questions[] = {
    {"no rules", "", "", "www.example.com", "A", true},
    {"a name skipped", "name www.example.com", "", "www.example.com", "A", false},
    {"not what is below a name", "name example.com", "", "www.example.com", "A", true},
    {"a zone skipped", "zone example.com", "", "a.b.example.com", "A", false},
    {"the zone itself", "zone example.com", "", "example.com", "NS", false},
    {"not what only ends alike", "zone example.com", "", "badexample.com", "A", true},
    {"a bare word is a name", "example.com", "", "example.com", "A", false},
    {"with a star it is a zone", "*.example.com", "", "www.example.com", "A", false},
    {"any case", "zone EXAMPLE.com", "", "www.example.com", "A", false},
    {"an IDN",
     "name b\xc3\xbc"
     "cher.example",
     "", "xn--bcher-kva.example", "A", false},
    {"everything", "zone .", "", "www.example.com", "A", false},
    {"a type skipped", "type TXT", "", "example.com", "TXT", false},
    {"another type", "type TXT", "", "example.com", "A", true},
    {"a type by number", "type TYPE65280", "", "example.com", "TYPE65280", false},
    {"only a zone", "", "zone example.com", "www.example.com", "A", true},
    {"only another zone", "", "zone example.org", "www.example.com", "A", false},
    {"only a type", "", "type A\ntype AAAA", "example.com", "AAAA", true},
    {"only other types", "", "type A\ntype AAAA", "example.com", "MX", false},
    {"only with name and type", "", "zone example.com\ntype A", "www.example.com", "MX",
     false},
    {"skipping wins", "name www.example.com", "zone example.com", "www.example.com", "A",
     false},
    {"comments and empty lines", "# zone example.com\n\n  # x\ntype TXT # no text\n", "",
     "www.example.com", "A", true},
};

static struct selection *lists(const char *skip, const char *only)
{
	struct selection *s = selection_new();
	struct fault f = {0};
	ok(selection_parse(s, SELECTION_SKIP, BYTES_STR(skip), "skip", &f) == 0 &&
	       selection_parse(s, SELECTION_ONLY, BYTES_STR(only), "only", &f) == 0,
	   "the lists are read %s", f.text);
	return s;
}

static void test_sets(void)
{
	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++) {
		const struct wish *q = &questions[i];
		struct selection *s = lists(q->skip, q->only);
		struct name owner;
		uint16_t type = 0;
		ok(name_of_text(q->owner, &owner) == 0 &&
		       type_of_text(q->type, &type) == 0 &&
		       selection_wants_set(s, name_bytes(&owner), type) == q->wanted,
		   "%s: %s", q->what, q->wanted ? "taken" : "left out");
		selection_free(s);
	}
}

static void test_addresses(void)
{
	struct selection *s =
	    lists("server 192.0.2.0/24\nserver 192.0.2.128/25\nclient 2001:db8::/32",
		  "client 10.0.0.0/8\nclient 10.1.0.0/16\nclient 2001:db8::/16");
	static const struct {
		const char *server, *client;
		bool wanted;
	} rows[] = {
	    {"198.51.100.1", "10.2.3.4", true},
	    {"192.0.2.200", "10.2.3.4", false},
	    {"198.51.100.1", "11.0.0.1", false},
	    {"198.51.100.1", "10.255.255.255", true},
	    {"2001:db8::1", "2001:db8::1", false},
	    {"2001:db8::1", "2001:aaaa::1", true},
	    {"192.0.1.255", "10.0.0.0", true},
	    {"192.0.3.0", "9.255.255.255", false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct addr server = made_addr(rows[i].server),
			    client = made_addr(rows[i].client);
		ok(selection_wants_message(s, &server, &client) == rows[i].wanted,
		   "server %s, client %s: %s", rows[i].server, rows[i].client,
		   rows[i].wanted ? "taken" : "left out");
	}
	selection_free(s);
}

static void test_bad(void)
{
	static const char *const bad[] = {"type NOSUCHTYPE", "server 300.1.2.3",
					  "zone a..b", "color red", "name a b"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct selection *s = selection_new();
		struct fault f = {0};
		char text[100];
		struct name owner;
		snprintf(text, sizeof(text), "name good.example\n%s\n", bad[i]);
		ok(selection_parse(s, SELECTION_SKIP, BYTES_STR(text), "list", &f) < 0 &&
		       strstr(f.text, "list: line 2") != NULL,
		   "%s: %s", bad[i], f.text);
		ok(name_of_text("good.example", &owner) == 0 &&
		       selection_wants_set(s, name_bytes(&owner), TYPE_A),
		   "and nothing of the file is added");
		selection_free(s);
	}
}

static void test_many(void)
{
	struct selection *s = selection_new();
	struct buf text;
	struct fault f;
	struct name owner;
	char name[64];
	int wrong = 0;
	buf_init(&text, 16 << 20);
	for (int i = 0; i < 50000; i += 2)
		buf_printf(&text, "zone z%d.example\n", i);
	ok(selection_parse(s, SELECTION_SKIP, buf_bytes(&text), "many", &f) == 0,
	   "25,000 zones");
	for (int i = 0; i < 50000; i++) {
		snprintf(name, sizeof(name), "www.z%d.example", i);
		wrong += name_of_text(name, &owner) < 0 ||
			 selection_wants_set(s, name_bytes(&owner), TYPE_A) != i % 2;
	}
	is_int(wrong, 0, "each found, and no other");
	buf_release(&text);
	selection_free(s);
}

/* In the observer: left out, counted, and what is left out teaches all the same. */
static void test_observer(void)
{
	struct selection *lists_of =
	    lists("type AAAA", "zone bank.com\nserver 0.0.0.0/0");
	struct observe_options o = {.accept_all = true,
				    .negative_off = true,
				    .suspicious_off = true,
				    .selection = lists_of};
	struct seen s;
	struct made m;
	seen_init(&s, &o);
	made_question(&m, 1, 0x8000, "www.bank.com", TYPE_A);
	made_rr(&m, SECTION_AUTHORITY, "com", 60, "NS", "a.gtld-servers.net.");
	made_rr(&m, SECTION_ADDITIONAL, "a.gtld-servers.net", 60, "A", "192.5.6.30");
	is_str(seen_of(&s, &m, "192.0.2.1", "198.41.0.4", T0), "", "no set of the list");
	is_str(buf_str(&s.servers), "192.5.6.30 com.\n", "but it taught");
	made_question(&m, 2, 0x8000, "www.bank.com", TYPE_A);
	made_rr(&m, SECTION_ANSWER, "www.bank.com", 60, "A", "192.0.2.7");
	made_rr(&m, SECTION_ANSWER, "www.bank.com", 60, "AAAA", "2001:db8::7");
	is_str(seen_of(&s, &m, "192.0.2.1", "192.5.6.30", T0),
	       "www.bank.com. A 1 above 192.0.2.7 60\n", "what the list names is taken");
	made_question(&m, 3, 0x8000, "www.bank.com", TYPE_A);
	seen_of(&s, &m, "2001:db8::1", "2001:db8::53", T0);
	const struct observe_counters *c = observer_counters(s.observer);
	ok(c->skipped == 3 && c->rrsets == 1 && c->not_selected == 1 &&
	       observe_counters_balance(c),
	   "all of it counted");
	observer_select(s.observer, NULL);
	made_question(&m, 4, 0x8000, "x.test", TYPE_A);
	made_rr(&m, SECTION_ANSWER, "x.test", 60, "A", "192.0.2.7");
	ok(seen_of(&s, &m, "192.0.2.1", "192.0.2.2", T0)[0] != '\0',
	   "another selection from then on");
	seen_release(&s);
	selection_free(lists_of);
}

int main(void)
{
	test_sets();
	test_addresses();
	test_bad();
	test_many();
	test_observer();
	return tap_done();
}
