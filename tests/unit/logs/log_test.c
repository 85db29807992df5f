/* Every log that is read: what its lines become, and what is said of those that do not.
 */
#include <stdlib.h>

#include "dns/name.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "logs/log.h"
#include "tap.h"

/* One record as text: "example.com. A 192.0.2.1,192.0.2.2 below 1420070400 +0 x3 ttl 60"
 */
static void put_record(struct buf *out, const struct log_record *r)
{
	char type[TYPE_TEXT_MAX];
	struct reader set = reader_of(r->set.rdata);
	struct bytes rdata;
	name_put(out, r->set.owner);
	type_text(r->set.type, type);
	buf_printf(out, " %s ", type);
	for (bool more = false; rdataset_next(&set, &rdata); more = true) {
		if (more)
			buf_putc(out, ',');
		rdata_put(out, r->set.type, rdata);
	}
	buf_printf(out, " %s", source_name(r->set.source));
	if (r->span.first_s == WHEN_UNKNOWN)
		buf_puts(out, " ?");
	else
		buf_printf(out, " %lld", (long long)r->span.first_s);
	if (r->span.last_s == WHEN_UNKNOWN)
		buf_puts(out, "..?");
	else
		buf_printf(out, "..%lld", (long long)r->span.last_s);
	buf_printf(out, " x%llu", (unsigned long long)r->span.count);
	if (r->span.ttl_min <= r->span.ttl_max)
		buf_printf(out, " ttl %u", r->span.ttl_max);
	if (r->set.bailiwick != BAILIWICK_ABSENT)
		buf_printf(out, " bw %u", r->set.bailiwick);
	buf_puts(out, r->interval ? " i\n" : "\n");
}

/* A log with this content, read whole: its records, and "LINE: why" of the bad ones. */
static const char *read_log(const char *text, const struct log_options *o,
			    struct log_counters *counters, struct buf *out)
{
	struct fault f = {0};
	struct log *l;
	struct log_line line;
	buf_clear(out);
	if (log_new(BYTES_STR(text), "log", o, &f, &l) < 0) {
		buf_puts(out, f.text);
		return buf_str(out);
	}
	for (unsigned number = 1; *text; number++) {
		size_t n = strcspn(text, "\n");
		log_read(l, BYTES(text, n), n > 100000, &line);
		text += n + (text[n] != 0);
		if (line.bad)
			buf_printf(out, "%u: %s\n", number, line.bad);
		for (size_t i = 0; i < line.count; i++)
			put_record(out, &line.records[i]);
	}
	*counters = *log_counters(l);
	log_free(l);
	return buf_str(out);
}

static const struct {
	const char *what, *text, *want;
	struct log_options options;
} cases[] = {
    {"passivedns: a record with its count and TTL",
     "1420070400.250000||10.0.0.1||8.8.8.8||IN||WWW.example.com.||A||192.0.2.1||60||3\n",
     "www.example.com. A 192.0.2.1 below 1420070400..1420070400 x3 ttl 60\n",
     {0}},
    {"passivedns: what was not found is no record, what is cut is named",
     "1420070400||10.0.0.1||8.8.8.8||IN||x.example.||A||NXDOMAIN||0||1\n"
     "1420070400||10.0.0.1||8.8.8.8||IN||x.example.\n",
     "2: fewer fields than there should be\n",
     {0}},
    {"passivedns: another delimiter and order of fields",
     "example.com A 192.0.2.7 1420070400\n",
     "example.com. A 192.0.2.7 above 1420070400..1420070400 x1\n",
     {.format = "passivedns",
      .delimiter = " ",
      .fields = "query,type,answer,timestamp",
      .sightings = SOURCE_ABOVE}},
    {"passivedns: JSON",
     "{\"timestamp_s\":1420070400,\"timestamp_ms\":12,\"client\":\"10.0.0.1\","
     "\"server\":\"8.8.8.8\",\"class\":\"IN\",\"query\":\"a.example.\",\"type\":\"NS\","
     "\"answer\":\"ns.example.\",\"ttl\":5,\"count\":2}\n",
     "a.example. NS ns.example. below 1420070400..1420070400 x2 ttl 5\n",
     {0}},
    {"zeek: aliases in front of addresses become CNAMEs",
     "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n"
     "#path\tdns\n#fields\tts\tid.resp_p\tquery\tqclass\tqtype\tRD\tanswers\tTTLs\n"
     "1420070400.5\t53\twww.example.com\t1\t1\tT\tcdn.example.net,192.0.2.1,192.0.2.2\t"
     "300.0,60.0,60.0\n"
     "1420070401.5\t5353\tprinter.local\t1\t1\tT\t192.168.0.1\t1.0\n"
     "1420070402.5\t53\ttxt.example\t1\t16\tF\tTXT 4 a\\x2c b TXT 1 c\t9.0\n"
     "#close\n",
     "www.example.com. CNAME cdn.example.net. below 1420070400..1420070400 x1 ttl 300\n"
     "cdn.example.net. A 192.0.2.1,192.0.2.2 below 1420070400..1420070400 x1 ttl 60\n"
     "txt.example. TXT \"a, b\" \"c\" above 1420070402..1420070402 x1 ttl 9\n",
     {0}},
    {"zeek: JSON",
     "{\"ts\":1420070400.1,\"id.resp_p\":53,\"proto\":\"udp\",\"trans_id\":1,\"query\":"
     "\"1.2.0.192.in-addr.arpa\",\"qclass\":1,\"qtype\":12,\"RD\":true,\"answers\":"
     "[\"1.0-7.2.0.192.in-addr.arpa\",\"host.example\"],\"TTLs\":[7.0,8.0]}\n",
     "1.2.0.192.in-addr.arpa. CNAME 1.0-7.2.0.192.in-addr.arpa. below "
     "1420070400..1420070400 x1 ttl 7\n"
     "1.0-7.2.0.192.in-addr.arpa. PTR host.example. below 1420070400..1420070400 x1 ttl "
     "8\n",
     {0}},
    {"suricata: version 2, all sections, whole objects; an MX lacks its preference",
     "{\"timestamp\":\"2015-01-01T01:00:00.000001+0100\",\"event_type\":\"dns\","
     "\"src_port\":53,\"dest_port\":40000,\"dns\":{\"version\":2,\"type\":\"answer\","
     "\"rd\":true,\"rrname\":\"a.example\",\"rrtype\":\"A\",\"answers\":[{\"rrname\":"
     "\"a.example\",\"rrtype\":\"A\",\"ttl\":5,\"rdata\":\"192.0.2.1\"},{\"rrname\":"
     "\"a.example\",\"rrtype\":\"A\",\"ttl\":5,\"rdata\":\"192.0.2.2\"},{\"rrname\":"
     "\"a.example\",\"rrtype\":\"MX\",\"ttl\":5,\"rdata\":\"m.example\"}],"
     "\"authorities\":"
     "[{\"rrname\":\"example\",\"rrtype\":\"SOA\",\"ttl\":9,\"soa\":{\"mname\":\"n.e\","
     "\"rname\":\"r.e\",\"serial\":1,\"refresh\":2,\"retry\":3,\"expire\":4,\"minimum\":"
     "5}}"
     "]}}\n{\"timestamp\":\"2015-01-01T01:00:00+0100\",\"event_type\":\"flow\"}\n",
     "a.example. A 192.0.2.1,192.0.2.2 below 1420070400..1420070400 x1 ttl 5\n"
     "example. SOA n.e. r.e. 1 2 3 4 5 below 1420070400..1420070400 x1 ttl 9\n",
     {0}},
    {"suricata: version 1, one record an event",
     "{\"timestamp\":\"2015-01-01T00:00:00.000001+0000\",\"event_type\":\"dns\","
     "\"src_port\":53,\"dest_port\":4,\"dns\":{\"type\":\"answer\",\"id\":1,\"rcode\":"
     "\"NOERROR\",\"rrname\":\"a.example\",\"rrtype\":\"CNAME\",\"ttl\":5,\"rdata\":"
     "\"b.example\"}}\n",
     "a.example. CNAME b.example. below 1420070400..1420070400 x1 ttl 5\n",
     {0}},
    {"suricata: version 3, grouped by type",
     "{\"timestamp\":\"2015-01-01T00:00:00.000001+0000\",\"event_type\":\"dns\","
     "\"src_port\":53,\"dest_port\":4,\"dns\":{\"version\":3,\"type\":\"response\","
     "\"queries\":[{\"rrname\":\"a.example\",\"rrtype\":\"A\"}],\"grouped\":{\"A\":["
     "\"192.0.2.1\"],\"CNAME\":[\"b.example\"]}}}\n",
     "a.example. CNAME b.example. below 1420070400..1420070400 x1 ttl 0\n"
     "b.example. A 192.0.2.1 below 1420070400..1420070400 x1 ttl 0\n",
     {0}},
    {"COF: sets, single strings, numbers as types, zone times",
     "{\"rrname\":\"A.example\",\"rrtype\":\"A\",\"rdata\":[\"192.0.2.2\",\"192.0.2.1\"],"
     "\"time_first\":10,\"time_last\":20,\"count\":3,\"bailiwick\":\"example\"}\n"
     "{\"rrname\":\"b.example.\",\"rrtype\":257,\"rdata\":\"0 issue \\\"ca\\\"\","
     "\"zone_time_first\":5,\"zone_time_last\":6}\n"
     "{\"rrname\":\"c.example.\",\"rrtype\":\"A\",\"rdata\":\"no address\","
     "\"time_first\":5,\"time_last\":6}\n"
     "not JSON\n"
     "{\"rrname\":\"d.example.\",\"rrtype\":\"A\",\n"
     "{\"rrname\":\"d.example.\",\"rrtype\":\"A\",\"rdata\":\"192.0.2.1\",\"time_last\":"
     "6}\n",
     "a.example. A 192.0.2.1,192.0.2.2 partner 10..20 x3 bw 1 i\n"
     "b.example. CAA 0 issue \"ca\" partner.zone 5..6 x0 i\n"
     "3: rdata is not of its type's form\n4: no JSON object\n5: no JSON object\n"
     "d.example. A 192.0.2.1 partner ?..6 x0 i\n",
     {.source = "partner"}},
    {"COF: times turned round are refused, zone times as well",
     "{\"rrname\":\"a.\",\"rrtype\":\"A\",\"rdata\":\"192.0.2.1\",\"time_first\":9,"
     "\"time_last\":8}\n{\"rrname\":\"a.\",\"rrtype\":\"A\",\"rdata\":\"192.0.2.1\","
     "\"zone_time_first\":9,\"zone_time_last\":8}\n",
     "1: a first time is after its last\n2: a first time is after its last\n",
     {0}},
    {"DNSDB: stream framing",
     "{\"cond\":\"begin\"}\n{\"obj\":{\"count\":2,\"time_first\":1,\"time_last\":2,"
     "\"rrname\":\"a.example.\",\"rrtype\":\"NS\",\"bailiwick\":\"example.\",\"rdata\":"
     "[\"ns.example.\"]}}\n{\"cond\":\"limited\",\"msg\":\"Result limit reached\"}\n",
     "a.example. NS ns.example. dnsdb 1..2 x2 bw 1 i\n",
     {0}},
    {"zone: origins, entries over lines, owners left out, TTLs, other classes",
     "; a comment\n$ORIGIN example.com.\n$TTL 1h\n"
     "@ IN SOA ns1 host.master ( 1 ; serial\n 2 3\n 4 5 )\n"
     "   NS ns1\n"
     "ns1 300 IN A 192.0.2.1\n"
     "www IN 1d CNAME @\n"
     "x CH TXT \"no\"\n"
     "t TXT \"a;b\" (\n\"c\" )\n"
     "$ORIGIN sub\nmail MX 10 mx.example.net.\n"
     "y IN A bad\n$INCLUDE other\n",
     "example.com. SOA ns1.example.com. host.master.example.com. 1 2 3 4 5 zone 99..99 "
     "x1 "
     "ttl 3600 i\n"
     "example.com. NS ns1.example.com. zone 99..99 x1 ttl 3600 i\n"
     "ns1.example.com. A 192.0.2.1 zone 99..99 x1 ttl 300 i\n"
     "www.example.com. CNAME example.com. zone 99..99 x1 ttl 86400 i\n"
     "t.example.com. TXT \"a;b\" \"c\" zone 99..99 x1 ttl 3600 i\n"
     "mail.sub.example.com. MX 10 mx.example.net. zone 99..99 x1 ttl 3600 i\n"
     "15: rdata is not of its type's form\n"
     "16: $INCLUDE is not followed: give that file too\n",
     {.now_s = 99}},
    {"text that is no log is refused",
     "hello\nworld\n",
     "log: neither a capture nor a log that is known here by how it begins; --format "
     "NAME "
     "says what it is",
     {0}},
    {"a data set has a plain name",
     "{\"rrname\":\"A.example\",\"rrtype\":\"A\",\"rdata\":[],\"time_first\":1}\n",
     "log: 'Data Set' cannot name a data set (a-z 0-9 . _ -, at most 32)",
     {.source = "Data Set"}},
};

static void long_lines(void)
{
	static char text[3u << 20];
	struct log_counters c;
	struct buf out;
	buf_init(&out, 1 << 20);
	const char *good = "1420070400||1||2||IN||a.example||A||192.0.2.1||60||3\n";
	size_t n = strlen(good);
	memcpy(text, good, n);
	memset(text + n, 'x', 2u << 20);
	strcpy(text + n + (2u << 20), "\n");
	strcat(text + n + (2u << 20), good);
	struct log_options o = {0};
	const char *got = read_log(text, &o, &c, &out);
	ok(strstr(got, "2: longer than a line may be\na.example.") != NULL,
	   "a line of megabytes is passed over, the next one read");
	is_int(c.lines, 3, "and counts as one");
	is_int(c.bad, 1, "and as bad");
	is_int(c.records, 2, "the others are records");
	buf_release(&out);
}

int main(void)
{
	struct buf out;
	struct log_counters c;
	buf_init(&out, 1 << 20);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is_str(read_log(cases[i].text, &cases[i].options, &c, &out),
		       cases[i].want, cases[i].what);
	read_log(cases[6].text, &cases[6].options, &c, &out);
	is_int(c.incomplete, 1, "the MX without its preference is counted");
	is_int(c.other, 1, "and so is the flow");
	buf_release(&out);
	long_lines();
	return tap_done();
}
