#include "reading.h"
#include "remote/json_path.h"
#include "remote/mapping.h"

static struct conf *conf;
static struct accounts accounts;

static const struct account *account(const char *name)
{
	struct account *a = accounts_find(&accounts, name);
	if (!ok(a != NULL, "%s is there", name))
		exit(1);
	return a;
}

static void load(const char *text)
{
	struct fault f = {0};
	accounts_release(&accounts);
	conf_free(conf);
	conf = NULL;
	if (conf_new(&conf) < 0 ||
	    conf_read_text(conf, "test.conf", BYTES_STR(text), 0, &f) < 0 ||
	    accounts_load(&accounts, conf, &f) < 0)
		ok(false, "loads: %s", f.text);
}

static const char *complaint(const char *text)
{
	static struct fault f;
	f = (struct fault){0};
	accounts_release(&accounts);
	conf_free(conf);
	conf = NULL;
	if (conf_new(&conf) < 0 ||
	    conf_read_text(conf, "test.conf", BYTES_STR(text), 0, &f) < 0 ||
	    accounts_load(&accounts, conf, &f) < 0)
		return f.text;
	return "none";
}

static void test_securitytrails(void)
{
	load("[provider securitytrails]\nkey = k\n");
	const struct account *a = account("securitytrails");
	struct page second = {.part = 2, .offset = 1};
	ok(a->configured, "configured by its key");
	ask_for("example.com", SIDE_RRNAME);
	is_str(request_of(a, NULL, true),
	       "GET https://api.securitytrails.com/v1/history/example.com/dns/a?page=1\n"
	       "  APIKEY: (not-shown)\n  Accept: application/json\n",
	       "the first part");
	ok(strstr(request_of(a, &second, true), "/dns/mx?page=2\n"),
	   "another part and page");
	struct reading r = read_reply(
	    a, 200, "",
	    "{\"type\":\"a/ipv4\",\"pages\":2,\"records\":[{\"values\":[{\"ip\":"
	    "\"192.0.2.10\",\"ip_count\":1}],\"first_seen\":\"2015-07-01\",\"last_seen\":"
	    "\"2015-07-31\"},{\"values\":{\"ip\":\"192.0.2.11\"},\"first_seen\":null}]}");
	is_str(buf_str(&dump),
	       "example.com A 192.0.2.10 2015-07-01 00:00:00 2015-07-31 23:59:59 0 "
	       "securitytrails\n"
	       "example.com A 192.0.2.11 ? ? 0 securitytrails\n",
	       "days, nested values, one without brackets");
	ok(r.more && r.next.offset == 1 && r.next.part == 0, "the second page");
	r = read_reply(a, 200, "", "{\"pages\":1,\"records\":[]}");
	ok(r.more && r.next.part == 1, "then the next part");
	r = read_reply(a, 404, "", "{}");
	ok(r.outcome == OUTCOME_NONE && r.more && r.next.part == 1, "also after a 404");
	r = read_reply(a, 200, "", "{\"message\":\"no such thing\"}");
	is_int(r.outcome, OUTCOME_FAILED, "its message");
	ask_for("192.0.2.10", SIDE_RDATA);
	is_str(request_of(a, NULL, true),
	       "POST https://api.securitytrails.com/v1/domains/list\n"
	       "  APIKEY: (not-shown)\n  Accept: application/json\n"
	       "  Content-Type: application/json\n"
	       "  {\"filter\":{\"ipv4\":\"192.0.2.10\"}}\n",
	       "by address it is a POST");
	read_reply(a, 200, "", "{\"records\":[{\"hostname\":\"a.example\"}]}");
	is_str(buf_str(&dump), "a.example A 192.0.2.10 ? ? 0 securitytrails\n",
	       "names without dates");
}

static void test_others(void)
{
	load("");
	const struct account *a = account("otx");
	ok(a->configured, "otx works without a key");
	ask_for("example.com", SIDE_RRNAME);
	read_reply(
	    a, 200, "",
	    "{\"passive_dns\":[{\"record_type\":\"A\",\"hostname\":\"example.com\","
	    "\"address\":\"192.0.2.10\",\"first\":\"2015-07-01T10:00:00\",\"last\":"
	    "\"2015-07-31T12:00:00\"},{\"hostname\":\"b.example\",\"address\":"
	    "\"2001:db8::2\"}]}");
	is_str(buf_str(&dump),
	       "example.com A 192.0.2.10 2015-07-01 10:00:00 2015-07-31 12:00:00 0 otx\n"
	       "b.example AAAA 2001:db8::2 ? ? 0 otx\n",
	       "OTX");
	ask_for("example.com", SIDE_RRNAME);
	read_reply(
	    account("validin"), 200, "",
	    "{\"records\":{\"A\":[{\"value\":\"192.0.2.10\",\"value_type\":\"ip4\","
	    "\"first_seen\":1435708800,\"last_seen\":1438387199}],\"NS\":[{\"value\":"
	    "\"ns1.example.com\",\"first_seen\":1435708800}]}}");
	is_str(
	    buf_str(&dump),
	    "example.com A 192.0.2.10 2015-07-01 00:00:00 2015-07-31 23:59:59 0 validin\n"
	    "example.com NS ns1.example.com. 2015-07-01 00:00:00 ? 0 validin\n",
	    "Validin: the type is the member's name");
	read_reply(
	    account("riskiq"), 200, "",
	    "{\"recordCount\":1,\"records\":[{\"name\":\"example.com.\",\"rrtype\":\"A\","
	    "\"firstSeen\":\"2015-07-01T00:00:00.000-0000\",\"lastSeen\":"
	    "\"2015-07-31T23:59:59.000-0000\",\"count\":5,\"data\":[\"192.0.2.10\","
	    "\"192.0.2.11\"]}]}");
	is_str(
	    buf_str(&dump),
	    "example.com A 192.0.2.10 2015-07-01 00:00:00 2015-07-31 23:59:59 5 riskiq\n"
	    "example.com A 192.0.2.11 2015-07-01 00:00:00 2015-07-31 23:59:59 5 riskiq\n",
	    "RiskIQ: bare elements of a list");
	struct reading r =
	    read_reply(account("riskiq"), 200, "", "{\"message\":\"quota_exceeded\"}");
	is_int(r.outcome, OUTCOME_QUOTA, "its word for the quota");
	read_reply(
	    account("osc"), 200, "",
	    "{\"results\":[{\"qtype\":1,\"domain\":\"example.com\",\"value\":"
	    "\"192.0.2.10\",\"date\":\"2015-07-01\",\"last_seen\":\"2015-07-31\"},"
	    "{\"type\":\"soa_email\",\"domain\":\"example.com\",\"value\":\"x@y\"}]}");
	is_str(buf_str(&dump),
	       "example.com A 192.0.2.10 2015-07-01 00:00:00 2015-07-31 23:59:59 0 osc\n",
	       "OSC: types as numbers");
	is_int(said.unread, 1, "what is no record is counted");
	read_reply(
	    account("spamhaus"), 200, "",
	    "{\"error\":false,\"hits\":1,\"records\":[{\"rrname\":\"example.com\","
	    "\"rrtype\":\"MX\",\"rdata\":\"10 mx.example.com\",\"time_last\":1438387199}"
	    "]}");
	is_str(buf_str(&dump),
	       "example.com MX 10 mx.example.com. ? 2015-07-31 23:59:59 0 spamhaus\n",
	       "Spamhaus: a first time that is not shown is not invented");
}

static void test_own(void)
{
	load("[mapping mine]\nurl = https://own.example\nneeds = key\n"
	     "header = X: a {key}\nname = GET {url}/q/{name}?k={key}&o={offset}\n"
	     "records = a.b[]\nowner = h | @name\ntype = t\nrdata = r | {p} {q}\n"
	     "rdata-MX = {p} {r}\nfirst = f\nlast = l\ndate = ms\ncount = n\nttl = ttl\n"
	     "source = s\ntlp = colour\nnext = total /x.total\nfull = 9\n"
	     "[provider mine]\nkey = k&1\nurl = http://127.0.0.1:1/base/\n"
	     "[provider second]\ntype = mine\nkey = k2\n");
	const struct account *a = account("mine");
	ask_for("x.example", SIDE_RRNAME);
	is_str(request_of(a, NULL, false),
	       "GET http://127.0.0.1:1/base/q/x.example?k=k%261&o=0\n  X: a k&1\n",
	       "a user's own words, url and key");
	ok(!strstr(request_of(a, NULL, true), "k&1") &&
	       !strstr(request_of(a, NULL, true), "k%261"),
	   "masked");
	read_reply(
	    a, 200, "",
	    "{\"a\":{\"b\":[{\"t\":\"MX\",\"p\":10,\"r\":\"mx.example\",\"f\":1000,"
	    "\"l\":\"2000\",\"n\":3,\"ttl\":60,\"s\":\"S one\",\"colour\":\"green\"},"
	    "{\"h\":\"y.example\",\"t\":\"SRV\",\"p\":\"1 2 3\",\"q\":\"z.example\"},"
	    "{\"t\":\"MX\",\"r\":\"no priority\"}]}}");
	is_str(buf_str(&dump),
	       "x.example MX 10 mx.example. 1970-01-01 00:00:01 1970-01-01 00:00:02 3 "
	       "mine.s-one ttl 60-60 green\n"
	       "y.example SRV 1 2 3 z.example. ? ? 0 mine\n",
	       "every field");
	is_int(said.unread, 1, "text whose fields are missing is no rdata");
	a = account("second");
	read_reply(a, 200, "", "{\"a\":{\"b\":[{\"t\":\"A\",\"r\":\"192.0.2.1\"}]}}");
	is_str(buf_str(&dump), "x.example A 192.0.2.1 ? ? 0 second\n",
	       "another account of the same kind is another source");
}

static void test_complaints(void)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
	    {"[provider nobody]\nkey = k\n", "[provider nobody]: no such provider"},
	    {"[provider circl]\ntlp = blue\n", "test.conf:2: [provider circl] tlp"},
	    {"[provider circl]\nurl = ftp://x/\n", "test.conf:2: [provider circl] url"},
	    {"[provider circl]\ngap = soon\n", "test.conf:2: [provider circl] gap"},
	    {"[provider Bad!]\ntype = cof\n", "not a name"},
	    {"[mapping circl]\nname = GET x\n", "the name is taken"},
	    {"[mapping x]\nurl = https://x/\n", "neither name nor address"},
	    {"[mapping x]\nname = FETCH x\n", "test.conf:2: [mapping x] name: wants GET"},
	    {"[mapping x]\nname = GET x\nowner = @nome\n",
	     "test.conf:3: [mapping x] owner"},
	    {"[mapping x]\nname = GET x\nrecords = a[\n",
	     "test.conf:3: [mapping x] records"},
	    {"[mapping x]\nname = GET x\nnext = maybe\n",
	     "test.conf:3: [mapping x] next"},
	    {"[mapping x]\nname = GET x\nnone-status = no\n", "HTTP status"},
	    {"[mapping x]\nname = GET x\nowner = a\n", "owner, type and rdata"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *got = complaint(rows[i].text);
		if (!ok(strstr(got, rows[i].says) != NULL, "says: %s", rows[i].says))
			printf("# got '%s'\n", got);
	}
}

static void test_accounts(void)
{
	load("[provider passivetotal]\nuser = u\nkey = k\n"
	     "[provider hq]\ntype = yore\nurl = https://hq.example/\nown = yes\n");
	ok(!account("dnsdb")->configured, "without a key");
	is_str(account("dnsdb")->lacks, "key", "what it lacks");
	ok(!account("passivetotal")->configured, "retired needs a mirror");
	ok(account("hq")->configured && account("hq")->ceiling == TLP_RED,
	   "our own server");
	ok(accounts_letter(&accounts, '3') == account("cn360"), "by letter");
	ok(accounts_letter(&accounts, 'o') == account("osc"), "also mapped ones");
	ok(accounts_letter(&accounts, 'q') == NULL, "no such letter");
	load("[provider passivetotal]\nuser = u\nkey = k\nurl = "
	     "https://mirror.example/x\n");
	ok(account("passivetotal")->configured, "a mirror is one");
}

int main(void)
{
	test_securitytrails();
	test_others();
	test_own();
	test_complaints();
	test_accounts();
	accounts_release(&accounts);
	conf_free(conf);
	reading_end();
	return tap_done();
}
