#include "remote/discretion.h"

#include "reading.h"

static struct conf *conf;
static struct discretion d;

static void load(const char *text)
{
	struct fault f = {0};
	discretion_release(&d);
	conf_free(conf);
	conf = NULL;
	if (conf_new(&conf) < 0 ||
	    conf_read_text(conf, "test.conf", BYTES_STR(text), 0, &f) < 0 ||
	    discretion_load(&d, conf, &f) < 0)
		ok(false, "loads: %s", f.text);
}

static void test_terms(void)
{
	static const struct {
		const char *term, *why; /* NULL: may leave */
	} rows[] = {
	    {"www.example.com", NULL},
	    {"*.example.org", NULL},
	    {"xn--bcher-kva.ch", NULL},
	    {"printer", "single label"},
	    {"host.corp", "special-use"},
	    {"db.home.arpa", "special-use"},
	    {"x.local", "special-use"},
	    {"hidden.onion", "special-use"},
	    {"a.test", "special-use"},
	    {"host.branch", "no listed public suffix"},
	    {"*.branch", "no listed public suffix"},
	    {"192.0.2.1", NULL},
	    {"198.41.0.4", NULL},
	    {"10.1.2.3", "private address"},
	    {"172.16.0.0/16", "private address"},
	    {"8.0.0.0-11.0.0.0", "private address"},
	    {"127.0.0.1", "private address"},
	    {"fd00::1", "private address"},
	    {"fe80::/64", "private address"},
	    {"2001:db8::1", NULL},
	    {"4.0.41.198.in-addr.arpa", NULL},
	    {"3.2.1.10.in-addr.arpa", "private address"},
	    {"*.10.in-addr.arpa", "private address"},
	    {"x.64-26.1.168.192.in-addr.arpa", "private address"},
	    {"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa",
	     "private address"},
	    {"d.f.ip6.arpa", "private address"},
	    {"own.example.net", "name of this site"},
	    {"deep.own.example.net", "name of this site"},
	    {"*.example.net", "name of this site"},
	    {"other.example.net", NULL},
	    {"203.0.113.77", "address of this site"},
	    {"203.0.112.0/20", "address of this site"},
	    {"203.0.114.1", NULL},
	    {"77.113.0.203.in-addr.arpa", "address of this site"},
	    {"/secret/", "local history only"},
	    {"a*.example.com", "local history only"},
	    {"raw:0102", "local history only"},
	    {"*", "name of this site"},
	};
	load("[local]\nzones = own.example.net 203.0.113.0/24\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char why[160] = "";
		struct term t;
		struct fault f;
		if (term_parse(rows[i].term, &f, &t) < 0) {
			ok(false, "'%s' is a term: %s", rows[i].term, f.text);
			continue;
		}
		bool may = discretion_term(&d, &t, why);
		if (!ok(may == (rows[i].why == NULL) && (may || strstr(why, rows[i].why)),
			"%s: %s", rows[i].term, rows[i].why ? rows[i].why : "may leave"))
			printf("# got %s '%s'\n", may ? "may leave" : "no", why);
		term_release(&t);
	}
}

static bool allows(const struct account *a, const enum tlp *tlp, char why[160])
{
	why[0] = '\0';
	return discretion_allows(&d, a, &asked_question, tlp, why);
}

static void test_marks(void)
{
	struct account a = account_of(&provider_circl, "https://x.example");
	enum tlp red = TLP_RED, green = TLP_GREEN;
	char why[160];
	load("");
	ask_for("www.example.com", SIDE_RRNAME);
	a.ceiling = TLP_AMBER;
	ok(allows(&a, NULL, why), "unmarked is amber, the ceiling is amber");
	ok(!allows(&a, &red, why), "red stays: %s", why);
	a.ceiling = TLP_GREEN;
	ok(!allows(&a, NULL, why) && strstr(why, "not marked"), "unmarked: %s", why);
	ok(allows(&a, &green, why), "green goes");
	load("[local]\ntlp = green\n");
	ok(allows(&a, NULL, why), "unmarked counts as configured");
	ask_for("printer", SIDE_RRNAME);
	ok(!allows(&a, NULL, why), "a single label stays");
	a.own = true;
	ok(allows(&a, NULL, why), "unless it is our own server");
	free(a.url);
}

static void test_live(void)
{
	struct provider p = provider_circl;
	char why[160];
	p.lookup = LOOKUP_ALWAYS;
	struct account a = account_of(&p, "https://x.example");
	a.ceiling = TLP_AMBER;
	load("");
	ask_for("www.example.com", SIDE_RRNAME);
	ok(!allows(&a, NULL, why) && strstr(why, "live"), "would look it up: %s", why);
	d.live = true;
	ok(allows(&a, NULL, why), "allowed by --live");
	free(a.url);
}

static void test_configured(void)
{
	struct fault f = {0};
	char why[160];
	load("[local]\nnever-send = private\n");
	ask_for("printer", SIDE_RRNAME);
	ok(discretion_term(&d, &asked_term, why), "only what is listed");
	load("[local]\nnever-send = nothing\n");
	ask_for("10.0.0.1", SIDE_RDATA);
	ok(discretion_term(&d, &asked_term, why), "nothing is listed");
	conf_free(conf);
	if (conf_new(&conf) < 0 ||
	    conf_read_text(conf, "test.conf", BYTES_LIT("[local]\nnever-send = typo\n"),
			   0, &f) < 0)
		ok(false, "reads");
	discretion_release(&d);
	is_int(discretion_load(&d, conf, &f), YORE_EMALFORMED, "a slip of the pen");
	ok(strstr(f.text, "test.conf:2:") != NULL, "is named: %s", f.text);
}

int main(void)
{
	test_terms();
	test_marks();
	test_live();
	test_configured();
	discretion_release(&d);
	conf_free(conf);
	reading_end();
	return tap_done();
}
