#include "reading.h"

static void is_reading(const struct account *a, const char *what, long status,
		       const char *head, const char *body, enum outcome outcome,
		       const char *findings)
{
	struct reading r = read_reply(a, status, head, body);
	if (!ok(r.outcome == outcome, "%s: %s", what, outcome_text(outcome)))
		printf("# got %s: %s\n", outcome_text(r.outcome), r.text);
	is_str(buf_str(&dump), findings, what);
}

static void test_circl(void)
{
	struct account a = account_of(&provider_circl, "https://c.example/pdns/query");
	struct page next = {.number = 1, .cursor = "77"};
	a.user = (char[]){"me"};
	a.password = (char[]){"secret"};
	ask_for("Example.COM", SIDE_RRNAME);
	asked_question.type = TYPE_MX;
	is_str(request_of(&a, &next, true),
	       "GET https://c.example/pdns/query/example.com\n"
	       "  Accept: application/x-ndjson, application/json\n"
	       "  dribble-disable-active-query: 1\n"
	       "  dribble-paginate-count: 1000\n"
	       "  dribble-paginate-cursor: 77\n"
	       "  dribble-filter-rrtype: MX\n"
	       "  Authorization: Basic (not-shown)\n",
	       "the request, without the password");
	asked_question.live = true;
	ok(!strstr(request_of(&a, NULL, false), "disable-active"), "--live says so");
	ask_for("2001:db8::1", SIDE_RDATA);
	ok(strstr(request_of(&a, NULL, false), "/query/2001:db8::1\n") != NULL,
	   "an IPv6 address keeps its colons");

	is_reading(
	    &a, "records", 200, "X-Dribble-Cursor: 12\r\n",
	    "{\"rrtype\":\"A\",\"rrname\":\"www.example.com\",\"rdata\":\"192.0.2.10\","
	    "\"count\":19,\"time_first\":1435708800,\"time_last\":1438387199,"
	    "\"origin\":\"https://c.example/\"}\r\n"
	    "{\"rrtype\":\"TXT\",\"rrname\":\"example.com\",\"rdata\":\"v=spf1 -all\","
	    "\"time_first\":\"1435708800\",\"time_last\":\"1438387199\","
	    "\"count\":\"2\",\"sensor_id\":\"Lab 7\"}\n\n",
	    OUTCOME_FOUND,
	    "www.example.com A 192.0.2.10 2015-07-01 00:00:00 2015-07-31 23:59:59 19 "
	    "circl\n"
	    "example.com TXT \"v=spf1 -all\" 2015-07-01 00:00:00 2015-07-31 23:59:59 "
	    "2 circl.lab-7\n");
	struct reading r = read_reply(&a, 200, "x-dribble-cursor: 12\r\n", "");
	ok(r.more && strcmp(r.next.cursor, "12") == 0, "the cursor of the next page");
	is_reading(
	    &a, "columns exchanged", 200, "",
	    "{\"rrtype\":\"A\",\"rrname\":\"192.0.2.14\",\"rdata\":\"circl.example\"}\n"
	    "{\"rrtype\":\"MX\",\"rrname\":\"10 mx.example.net\",\"rdata\":"
	    "\"circl.example\"}\n",
	    OUTCOME_FOUND,
	    "circl.example A 192.0.2.14 ? ? 0 circl\n"
	    "circl.example MX 10 mx.example.net. ? ? 0 circl\n");
	is_reading(&a, "nothing", 200, "", "", OUTCOME_NONE, "");
	is_reading(&a, "too fast", 200, "", "Rate Limit Exceeded", OUTCOME_QUOTA, "");
	is_reading(&a, "no key", 401, "", "no", OUTCOME_REFUSED, "");
	is_reading(&a, "no right", 403, "", "no", OUTCOME_REFUSED, "");
	is_reading(&a, "429", 429, "", "", OUTCOME_QUOTA, "");
	is_reading(&a, "500", 500, "", "", OUTCOME_FAILED, "");
	is_reading(&a, "HTML", 200, "", "<html>hello</html>", OUTCOME_FAILED, "");
	is_reading(&a, "its own word for cut", 200,
		   "x-dribble-errors: {\"limit\": \"reached\"}\r\n", "",
		   OUTCOME_TRUNCATED, "");
	is_reading(
	    &a, "hostile content", 200, "",
	    "{\"rrtype\":\"A\",\"rrname\":\"a.example\",\"rdata\":\"1.2.3.4.5\"}\n"
	    "{\"rrtype\":\"ANY\",\"rrname\":\"a.example\",\"rdata\":\"1.2.3.4\"}\n"
	    "{\"rrtype\":\"A\",\"rrname\":\"a..example\",\"rdata\":\"1.2.3.4\"}\n"
	    "{\"rrtype\":\"A\",\"rrname\":\"a.example\",\"rdata\":[]}\n"
	    "{\"rrtype\":70000,\"rrname\":\"a.example\",\"rdata\":\"1.2.3.4\"}\n"
	    "{\"rrtype\":\"A\",\"rrname\":\"a.example\",\"rdata\":\"1.2.3.4\","
	    "\"time_first\":9,\"time_last\":8}\n"
	    "{\"rrtype\":\"A\",\"rrname\":\"a.example\",\"rdata\":\"1.2.3.4\","
	    "\"count\":-1}\n"
	    "[1]\n{\"rrtype\":\"A\",\"rrname\":\"good.example\",\"rdata\":\"1.2.3.4\"}\n"
	    "{\"rrtype\":\"A\",\"rrname\":\"cut.ex",
	    OUTCOME_FOUND, "good.example A 1.2.3.4 ? ? 0 circl\n");
	is_int(said.unread, 9, "what could not be read is counted");
	free(a.url);
}

static void test_cof(void)
{
	struct account a = account_of(&provider_cof, "https://h.example/q");
	ask_for("a.example", SIDE_RRNAME);
	is_reading(
	    &a, "the whole draft", 200, "",
	    "{\"rrtype\":1,\"rrname\":\"a.example.\",\"rdata\":[\"192.0.2.2\","
	    "\"192.0.2.1\"],\"time_first\":1,\"time_last\":2,\"zone_time_first\":3,"
	    "\"zone_time_last\":4,\"count\":5,\"bailiwick\":\"example.\"}\n"
	    "{\"rrtype\":65280,\"rrname\":\"a.example.\",\"rdata\":\"\\\\# 2 abcd\","
	    "\"time_first_ms\":1500,\"time_last_ms\":2500}\n"
	    "{\"rrtype\":\"TYPE65281\",\"rrname\":\"a.example.\",\"rdata\":"
	    "\"\\\\# 1 ff\",\"zone_time_first\":7,\"zone_time_last\":8}\n"
	    "{\"rrtype\":\"HTTPS\",\"rrname\":\"xn--bcher-kva.example\",\"rdata\":"
	    "\"1 . alpn=h2\",\"source\":\"above\"}\n",
	    OUTCOME_FOUND,
	    "a.example A 192.0.2.1|192.0.2.2 1970-01-01 00:00:01 1970-01-01 00:00:02 5 "
	    "cof bw 1\n"
	    "a.example A 192.0.2.1|192.0.2.2 1970-01-01 00:00:03 1970-01-01 00:00:04 0 "
	    "cof.zone bw 1\n"
	    "a.example TYPE65280 \\# 2 abcd 1970-01-01 00:00:01 1970-01-01 00:00:02 0 "
	    "cof\n"
	    "a.example TYPE65281 \\# 1 ff 1970-01-01 00:00:07 1970-01-01 00:00:08 0 "
	    "cof.zone\n"
	    "xn--bcher-kva.example HTTPS 1 . alpn=\"h2\" ? ? 0 cof.above\n");
	is_reading(&a, "404 of balboa", 404, "", "", OUTCOME_NONE, "");
	free(a.url);
}

#define BEGIN "{\"cond\":\"begin\"}\n"
#define RECORD                                                                           \
	"{\"obj\":{\"count\":5,\"time_first\":1435708800,\"time_last\":1438387199,"      \
	"\"rrname\":\"example.com.\",\"rrtype\":\"A\",\"bailiwick\":\"com.\",\"rdata\":" \
	"[\"192.0.2.10\"]}}\n"
#define FOUND                                                                          \
	"example.com A 192.0.2.10 2015-07-01 00:00:00 2015-07-31 23:59:59 5 dnsdb bw " \
	"1\n"

static void test_dnsdb(void)
{
	struct account a = account_of(&provider_dnsdb, "https://d.example/dnsdb/v2");
	a.key = (char[]){"abc"};
	ask_for("*.Example.com", SIDE_RRNAME);
	asked_question.limit = 7;
	asked_question.type = TYPE_NS;
	asked_question.last_after_s = 100;
	asked_question.first_before_s = 200;
	is_str(request_of(&a, NULL, false),
	       "GET "
	       "https://d.example/dnsdb/v2/lookup/rrset/name/%2A.example.com/"
	       "NS?swclient=yore"
	       "&version=" YORE_VERSION
	       "&limit=7&time_last_after=100&time_first_before=200"
	       "\n  Accept: application/x-ndjson\n  X-API-Key: abc\n",
	       "a zone");
	ok(!strstr(request_of(&a, NULL, true), "abc"), "masked: no key");
	ask_for("192.0.2.0/24", SIDE_RDATA);
	ok(strstr(request_of(&a, NULL, true), "/rdata/ip/192.0.2.0,24?swclient"),
	   "a prefix");
	ask_for("2001:db8::1", SIDE_RDATA);
	ok(strstr(request_of(&a, NULL, true), "/rdata/ip/2001%3Adb8%3A%3A1?"), "IPv6");
	ask_for("ns1.example.net", SIDE_RDATA);
	ok(strstr(request_of(&a, NULL, true), "/rdata/name/ns1.example.net?"),
	   "who points");
	is_reading(&a, "whole", 200, "", BEGIN RECORD "{\"cond\":\"succeeded\"}\n",
		   OUTCOME_FOUND, FOUND);
	is_reading(&a, "keepalives", 200, "",
		   BEGIN "{}\n{\"cond\":\"ongoing\"}\n" RECORD "{\"cond\":\"succeeded\"}",
		   OUTCOME_FOUND, FOUND);
	is_reading(&a, "nothing", 200, "", BEGIN "{\"cond\":\"succeeded\"}\n",
		   OUTCOME_NONE, "");
	is_reading(&a, "limited", 200, "",
		   BEGIN RECORD
		   "{\"cond\":\"limited\",\"msg\":\"Result limit reached\"}\n",
		   OUTCOME_TRUNCATED, FOUND);
	is_reading(&a, "failed", 200, "",
		   BEGIN RECORD "{\"cond\":\"failed\",\"msg\":\"no\"}\n", OUTCOME_FAILED,
		   FOUND);
	is_reading(&a, "no last line", 200, "", BEGIN RECORD, OUTCOME_TRUNCATED, FOUND);
	is_reading(&a, "no framing at all", 200, "", RECORD, OUTCOME_FAILED, FOUND);
	is_reading(&a, "nothing at all", 200, "", "", OUTCOME_FAILED, "");
	is_reading(&a, "404 is an error here", 404, "", "", OUTCOME_FAILED, "");
	is_reading(
	    &a, "zone files", 200, "",
	    BEGIN "{\"obj\":{\"count\":3,\"zone_time_first\":1,\"zone_time_last\":2,"
		  "\"rrname\":\"example.com.\",\"rrtype\":\"NS\",\"rdata\":"
		  "\"ns1.example.com.\"}}\n{\"cond\":\"succeeded\"}\n",
	    OUTCOME_FOUND,
	    "example.com NS ns1.example.com. 1970-01-01 00:00:01 1970-01-01 00:00:02 3 "
	    "dnsdb.zone\n");
	a.provider = &provider_dnsdb1;
	is_reading(&a, "version 1: 404 is nothing", 404, "", "Error: no results",
		   OUTCOME_NONE, "");
	free(a.url);
}

static void test_dnsdb_quota(void)
{
	struct http_reply reply = {.status = 200};
	struct quota q;
	reply.body = BYTES_LIT("{\"rate\":{\"reset\":1700000000,\"limit\":1000,"
			       "\"remaining\":999}}");
	is_int(provider_dnsdb.quota_read(&reply, &q), 0, "a quota");
	ok(q.limit == 1000 && q.remaining == 999 && q.reset_s == 1700000000,
	   "its numbers");
	reply.body = BYTES_LIT(
	    "{\"rate\":{\"reset\":\"n/a\",\"limit\":\"unlimited\",\"remaining\":"
	    "\"n/a\"}}");
	is_int(provider_dnsdb.quota_read(&reply, &q), 0, "no limit");
	ok(q.unlimited && q.remaining == -1, "says so");
	reply.body = BYTES_LIT("[]");
	is_int(provider_dnsdb.quota_read(&reply, &q), YORE_EMALFORMED, "nonsense");
}

static void test_virustotal(void)
{
	struct account a = account_of(&provider_virustotal, "https://v.example/api/v3");
	struct page next = {.cursor = "a/b=="};
	a.key = (char[]){"k1"};
	ask_for("example.com", SIDE_RRNAME);
	is_str(request_of(&a, &next, false),
	       "GET "
	       "https://v.example/api/v3/domains/example.com/resolutions?limit=40&cursor="
	       "a%2Fb%3D%3D\n  Accept: application/json\n  x-apikey: k1\n",
	       "a name, second page");
	ask_for("192.0.2.10", SIDE_RDATA);
	ok(strstr(request_of(&a, NULL, true), "/ip_addresses/192.0.2.10/resolutions"),
	   "an address");
	is_reading(
	    &a, "one date is the last; the first is not invented", 200, "",
	    "{\"data\":[{\"type\":\"resolution\",\"attributes\":{\"date\":1438387199,"
	    "\"host_name\":\"example.com\",\"ip_address\":\"192.0.2.10\"}},"
	    "{\"attributes\":{\"host_name\":\"example.com\",\"ip_address\":"
	    "\"2001:db8::1\"}},{\"attributes\":{\"host_name\":\"x.example\","
	    "\"ip_address\":\"nonsense\"}}],\"meta\":{\"cursor\":\"more\"}}",
	    OUTCOME_FOUND,
	    "example.com A 192.0.2.10 ? 2015-07-31 23:59:59 0 virustotal\n"
	    "example.com AAAA 2001:db8::1 ? ? 0 virustotal\n");
	is_int(said.unread, 1, "one could not be read");
	struct reading r =
	    read_reply(&a, 200, "", "{\"data\":[],\"meta\":{\"cursor\":\"m\"}}");
	ok(r.more && strcmp(r.next.cursor, "m") == 0, "goes on");
	is_reading(&a, "unknown name", 404, "", "{}", OUTCOME_NONE, "");
	is_reading(&a, "quota", 429, "", "{}", OUTCOME_QUOTA, "");
	is_reading(&a, "an error in JSON", 200, "", "{\"error\":{\"code\":\"X\"}}",
		   OUTCOME_FAILED, "");
	is_reading(&a, "no JSON", 200, "", "{\"data\":[", OUTCOME_FAILED, "");
	free(a.url);
}

static void test_mnemonic(void)
{
	struct account a = account_of(&provider_mnemonic, "https://m.example/pdns/v3");
	ask_for("example.com", SIDE_RRNAME);
	ok(strstr(request_of(&a, NULL, false), "/pdns/v3/example.com?"), "a name");
	is_reading(
	    &a, "milliseconds, TTLs and colours", 200, "",
	    "{\"responseCode\":200,\"count\":3,\"size\":2,\"data\":[{\"rrclass\":\"in\","
	    "\"rrtype\":\"a\",\"query\":\"example.com\",\"answer\":\"192.0.2.10\","
	    "\"maxTtl\":300,\"minTtl\":60,\"firstSeenTimestamp\":1435708800000,"
	    "\"lastSeenTimestamp\":1438387199999,\"times\":5,\"tlp\":\"white\"},"
	    "{\"rrclass\":\"ch\",\"rrtype\":\"txt\",\"query\":\"version.bind\","
	    "\"answer\":\"9\"}]}",
	    OUTCOME_FOUND,
	    "example.com A 192.0.2.10 2015-07-01 00:00:00 2015-07-31 23:59:59 5 "
	    "mnemonic ttl 60-300 clear\n");
	struct reading r =
	    read_reply(&a, 200, "", "{\"responseCode\":200,\"count\":9,\"data\":[{}]}");
	ok(r.more && r.next.offset == 1, "the next page");
	r = read_reply(&a, 200, "", "{\"responseCode\":200,\"count\":9,\"data\":[]}");
	is_int(r.outcome, OUTCOME_TRUNCATED, "fewer than there are");
	is_reading(&a, "refused in the body", 200, "", "{\"responseCode\":403}",
		   OUTCOME_REFUSED, "");
	is_reading(&a, "over the allowance", 412, "", "{}", OUTCOME_TRUNCATED, "");
	free(a.url);
}

static void test_passivetotal(void)
{
	struct account a = account_of(&provider_passivetotal, "https://p.example/v2/x");
	a.user = (char[]){"u"};
	a.key = (char[]){"k"};
	ask_for("example.com", SIDE_RRNAME);
	ok(strstr(request_of(&a, NULL, false), "/v2/x?query=example.com\n"), "a name");
	is_reading(
	    &a, "a row for each of its sources", 200, "",
	    "{\"queryValue\":\"example.com\",\"totalRecords\":2,\"results\":[{"
	    "\"firstSeen\":\"2015-07-01 00:00:00\",\"lastSeen\":\"None\",\"resolve\":"
	    "\"192.0.2.10\",\"recordType\":\"A\",\"value\":\"example.com\","
	    "\"source\":[\"riskiq\",\"pingly\"]},{\"firstSeen\":\"2015-07-01 00:00:00\","
	    "\"lastSeen\":\"2015-07-31 23:59:59\",\"resolve\":\"other.example\","
	    "\"value\":\"192.0.2.11\"}]}",
	    OUTCOME_FOUND,
	    "example.com A 192.0.2.10 2015-07-01 00:00:00 ? 0 passivetotal.riskiq\n"
	    "example.com A 192.0.2.10 2015-07-01 00:00:00 ? 0 passivetotal.pingly\n"
	    "other.example A 192.0.2.11 2015-07-01 00:00:00 2015-07-31 23:59:59 0 "
	    "passivetotal\n");
	is_reading(&a, "a message", 200, "", "{\"message\":\"quota\"}", OUTCOME_FAILED,
		   "");
	free(a.url);
}

static void test_cn360(void)
{
	struct account a = account_of(&provider_cn360, "https://n.example");
	a.user = (char[]){"id"};
	a.key = (char[]){"somekey"};
	ask_for("example.com", SIDE_RRNAME);
	is_str(request_of(&a, NULL, false),
	       "GET https://n.example/api/rrset/keyword/example.com/count/10000/\n"
	       "  Accept: application/json\n  X-BashTokid: id\n"
	       "  X-BashToken: aefdc149fa436bdfc6639f38300b490b\n",
	       "the token of the path");
	is_reading(&a, "joined rdata", 200, "",
		   "[{\"rrname\":\"example.com\",\"rrtype\":\"A\",\"rdata\":\"192.0.2.10;"
		   "192.0.2.11;\",\"time_first\":1435708800,\"time_last\":1438387199,"
		   "\"count\":5}]",
		   OUTCOME_FOUND,
		   "example.com A 192.0.2.10|192.0.2.11 2015-07-01 00:00:00 2015-07-31 "
		   "23:59:59 5 cn360\n");
	is_reading(&a, "an error", 200, "", "{\"err\":\"no such token\"}", OUTCOME_FAILED,
		   "");
	free(a.url);
}

static void test_sources(void)
{
	const char *one = "192.0.2.1";
	char name[16];
	struct said s = SAID_NOTHING;
	s.owner = "a.example";
	s.type = "A";
	s.rdata = &one;
	s.rdata_count = 1;
	findings_release(&said);
	findings_init(&said, "circl", 0);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "S%d", i);
		s.subsource = name;
		findings_say(&said, &s);
	}
	is_str(source_name(said.at[63].record.set.source), "circl.s63",
	       "names of sensors");
	is_str(source_name(said.at[99].record.set.source), "circl", "but not any number");
	s.subsource = "a sensor with a name that is much too long 1";
	findings_release(&said);
	findings_init(&said, "circl", 0);
	findings_say(&said, &s);
	s.subsource = "a sensor with a name that is much too long 2";
	findings_say(&said, &s);
	ok(said.at[0].record.set.source != said.at[1].record.set.source,
	   "long names stay apart: %s", source_name(said.at[0].record.set.source));
	s.type = "RRSIG";
	s.subsource = NULL;
	const char *two[] = {"A 8 2 300 20150801000000 20150701000000 1 example. AA==",
			     "NS 8 2 300 20150801000000 20150701000000 1 example. AA=="};
	s.rdata = two;
	s.rdata_count = 2;
	findings_say(&said, &s);
	is_int(said.count, 4, "signatures stand alone");
}

int main(void)
{
	test_circl();
	test_cof();
	test_dnsdb();
	test_dnsdb_quota();
	test_virustotal();
	test_mnemonic();
	test_passivetotal();
	test_cn360();
	test_sources();
	reading_end();
	return tap_done();
}
