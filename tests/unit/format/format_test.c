/* Every format, octet for octet on a few results that differ in what is known of them,
 * and by law on many random ones: printable, whole, and JSON where it says so. */
#include <stdlib.h>

#include "base/json_in.h"
#include "dns/name.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "format/format.h"
#include "tap.h"

struct made {
	struct name owner, via;
	struct buf rdata;
	struct month_seen months[2];
	struct result result;
};

static void name_it(struct name *n, const char *text)
{
	if (name_of_text(text, n) < 0)
		abort();
}

static void make(struct made *m, const char *owner, uint16_t type, struct bytes *rdata,
		 size_t count)
{
	memset(m, 0, sizeof(*m));
	name_it(&m->owner, owner);
	buf_init(&m->rdata, 1 << 20);
	if (rdataset_pack(rdata, count, &m->rdata) < 0)
		abort();
	m->result = (struct result){
	    .set = {.owner = name_bytes(&m->owner),
		    .type = type,
		    .source = SOURCE_ABOVE,
		    .bailiwick = 2,
		    .rdata = buf_bytes(&m->rdata)},
	    .side = SIDE_RRNAME,
	    .span = {.first_s = 1435708800,
		     .last_s = 1435795200,
		     .count = 3,
		     .ttl_min = 60,
		     .ttl_max = 300},
	    .months = m->months,
	    .month_count = 1,
	};
	m->months[0] = (struct month_seen){.month = 2015 * 12 + 6,
					   .days = 3,
					   .count = 3,
					   .first_s = 1435708800,
					   .last_s = 1435795200};
}

static const char *written(const char *format, struct format_options o,
			   const struct result *r, struct buf *out)
{
	struct writer w;
	buf_clear(out);
	if (writer_open(format_find(format), &o, out, &w) < 0)
		return "(not opened)";
	if (r && writer_row(&w, r) < 0)
		return "(no row)";
	if (writer_end(&w, NULL) < 0)
		return "(not ended)";
	writer_release(&w);
	return buf_str(out);
}

static const struct format_options plain = {.width = 80};

static void check_addresses(struct buf *out)
{
	struct made m;
	struct bytes two[] = {BYTES_LIT("\300\0\2\1"), BYTES_LIT("\300\0\2\2")};
	make(&m, "www.example.com", TYPE_A, two, 2);
	is_str(
	    written("cof", plain, &m.result, out),
	    "{\"rrname\":\"www.example.com\",\"rrtype\":\"A\",\"rdata\":[\"192.0.2.1\","
	    "\"192.0.2.2\"],\"time_first\":1435708800,\"time_last\":1435795200,"
	    "\"count\":3,\"bailiwick\":\"example.com\",\"source\":\"above\","
	    "\"ttl_min\":60,\"ttl_max\":300}\n",
	    "cof: a set");
	is_str(written("dnsdb", plain, &m.result, out),
	       "{\"count\":3,\"time_first\":1435708800,\"time_last\":1435795200,"
	       "\"rrname\":\"www.example.com.\",\"rrtype\":\"A\",\"bailiwick\":"
	       "\"example.com.\",\"rdata\":[\"192.0.2.1\",\"192.0.2.2\"]}\n",
	       "dnsdb: a set");
	is_str(written("csv", plain, &m.result, out),
	       "time_first,time_last,zone_first,zone_last,count,bailiwick,rrname,rrtype,"
	       "rdata,source,hop\r\n"
	       "\"2015-07-01 00:00:00\",\"2015-07-02 00:00:00\",,,3,\"example.com\","
	       "\"www.example.com\",\"A\",\"192.0.2.1\",\"above\",0\r\n"
	       "\"2015-07-01 00:00:00\",\"2015-07-02 00:00:00\",,,3,\"example.com\","
	       "\"www.example.com\",\"A\",\"192.0.2.2\",\"above\",0\r\n",
	       "csv: a line for each rdata");
	is_str(
	    written("text", plain, &m.result, out),
	    "www.example.com\n"
	    "FIRST SEEN           LAST SEEN            COUNT  TYPE  RDATA      SOURCE\n"
	    "2015-07-01 00:00:00  2015-07-02 00:00:00      3  A     192.0.2.1  above\n"
	    "                                                       192.0.2.2\n",
	    "text: a set");
	is_str(written("minimal", plain, &m.result, out), "192.0.2.1\n192.0.2.2\n",
	       "minimal: values");
	m.result.side = SIDE_RDATA;
	is_str(written("minimal", plain, &m.result, out), "www.example.com\n",
	       "minimal: the owner of what was asked by rdata");
	is_str(written("timeline", plain, &m.result, out),
	       "www.example.com\n"
	       "                        |2015-07-01     |07-09  |07-13  |07-17  |07-21  "
	       "|07-25\n"
	       "A 192.0.2.1, 192.0.2.2  ####\n"
	       "# seen  - not seen in between; a column is 0.5 days\n",
	       "timeline: two days, with all their columns");
	buf_release(&m.rdata);
}

/* What is not known is left out, never invented. */
static void check_unknown(struct buf *out)
{
	struct made m;
	struct bytes one[] = {BYTES_LIT("\0\12\4mail\7example\3com")};
	one[0].len++; /* the root label */
	make(&m, "example.com", TYPE_MX, one, 1);
	m.result.span = (struct span){.first_s = WHEN_UNKNOWN,
				      .last_s = 1435795200,
				      .ttl_min = 1,
				      .flags = SPAN_INTERVAL};
	m.result.set.bailiwick = BAILIWICK_ABSENT;
	m.result.set.source = SOURCE_BELOW;
	m.result.month_count = 0;
	is_str(written("cof", plain, &m.result, out),
	       "{\"rrname\":\"example.com\",\"rrtype\":\"MX\",\"rdata\":[\"10 "
	       "mail.example.com\"],\"time_last\":1435795200,\"source\":\"below\"}\n",
	       "cof: no first, no count, no bailiwick, no TTL");
	is_str(
	    written("tsv", (struct format_options){.separator = "|"}, &m.result, out),
	    "time_first|time_last|zone_first|zone_last|count|bailiwick|rrname|rrtype|"
	    "rdata|source|hop|via|ttl_min|ttl_max|month|days\n"
	    "|2015-07-02 00:00:00|||||example.com|MX|10 mail.example.com|below|0|||||\n",
	    "tsv: empty fields");
	is_str(written("text", plain, &m.result, out),
	       "example.com\n"
	       "FIRST SEEN        LAST SEEN         COUNT  TYPE  RDATA                "
	       "SOURCE\n"
	       "-                 2015-07-02 00:00      -  MX    10 mail.example.com  "
	       "below\n",
	       "text: a dash for what is not known");
	is_str(written("yaml", plain, &m.result, out),
	       "---\n- time_last: \"2015-07-02T00:00:00Z\"\n  rrname: \"example.com\"\n"
	       "  rrtype: \"MX\"\n  source: \"below\"\n  hop: 0\n  rdata:\n"
	       "  - \"10 mail.example.com\"\n",
	       "yaml: keys that are known");
	m.result.zone_times = true;
	m.result.span.first_s = 1435708800;
	m.result.hop = 2;
	name_it(&m.via, "alias.example.net");
	m.result.via = name_bytes(&m.via);
	is_str(
	    written("cof", plain, &m.result, out),
	    "{\"rrname\":\"example.com\",\"rrtype\":\"MX\",\"rdata\":[\"10 "
	    "mail.example.com\"],\"zone_time_first\":1435708800,\"zone_time_last\":"
	    "1435795200,\"source\":\"below\",\"hop\":2,\"via\":\"alias.example.net\"}\n",
	    "cof: times of a zone file, and a followed alias");
	buf_release(&m.rdata);
}

static void check_nothing(struct buf *out)
{
	static const struct {
		const char *format, *want;
	} empty[] = {
	    {"text", ""},	  {"timeline", ""},
	    {"cof", ""},	  {"array", "[\n]\n"},
	    {"dnsdb", ""},	  {"minimal", ""},
	    {"yaml", "--- []\n"}, {"dot", "digraph yore {\n  rankdir=LR;\n}\n"},
	};
	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++)
		is_str(written(empty[i].format, plain, NULL, out), empty[i].want,
		       empty[i].format);
}

/* ---- laws on random results ---- */

static uint32_t state = 2463534242u;

static uint32_t draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % below;
}

static void random_owner(struct name *n)
{
	static const uint8_t awkward[] = "\"'\\.,;=+-@<>&\0\x1b\n\r\t\x7f\x80\xff()$%";
	uint8_t at = 0;
	for (unsigned labels = draw(4); labels > 0; labels--) {
		uint8_t len = (uint8_t)(1 + draw(20));
		n->wire[at++] = len;
		while (len-- > 0)
			n->wire[at++] = draw(2) ? awkward[draw(sizeof(awkward))]
						: (uint8_t)('a' + draw(26));
	}
	n->wire[at++] = 0;
	n->len = at;
}

static bool printable(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if ((b.at[i] < 0x20 || b.at[i] > 0x7e) && !strchr("\n\r\t", b.at[i]))
			return false;
	return true;
}

static bool is_json_line(struct bytes line)
{
	json_t *value;
	if (json_in(line, 0, NULL, &value) < 0)
		return false;
	bool good = json_is_object(value) && json_in_str(value, "rrname") &&
		    json_in_array(value, "rdata");
	json_decref(value);
	return good;
}

static bool good_output(const char *format, struct buf *out)
{
	if (strcmp(format, "sqlite") == 0)
		return out->len > 100 && memcmp(out->at, "SQLite format 3", 16) == 0;
	if (!printable(buf_bytes(out)))
		return false;
	if (strcmp(format, "cof") == 0)
		return is_json_line(buf_bytes(out));
	return true;
}

static void random_result(struct made *m)
{
	static uint8_t octets[600];
	static const uint16_t types[] = {1,  2,	 5,  6,	 15, 16, 28, 33,  35,	 41,
					 46, 47, 48, 50, 64, 65, 99, 257, 65280, 65535};
	struct bytes one[3];
	size_t count = 1 + draw(3);
	for (size_t i = 0; i < count; i++) {
		size_t len = draw(200);
		for (size_t k = 0; k < len; k++)
			octets[200 * i + k] = (uint8_t)draw(draw(2) ? 256 : 8);
		one[i] = BYTES(octets + 200 * i, len);
	}
	make(m, "x", types[draw(sizeof(types) / sizeof(types[0]))], one, count);
	random_owner(&m->owner);
	m->result.set.owner = name_bytes(&m->owner);
	m->result.set.bailiwick = draw(2) ? BAILIWICK_ABSENT : 0;
	m->result.side = draw(2) ? SIDE_RDATA : SIDE_RRNAME;
	if (draw(4) == 0)
		m->result.span.first_s = WHEN_UNKNOWN;
	if (draw(8) == 0)
		m->result.span.last_s = INT64_MAX / 1000000;
	if (draw(8) == 0)
		m->result.span.count = INT64_MAX; /* jansson knows no more */
	m->result.month_count = draw(2);
}

static void check_laws(struct buf *out)
{
	const struct format *f;
	for (size_t i = 0; (f = format_at(i)) != NULL; i++) {
		size_t times = strcmp(f->name, "sqlite") == 0 ? 50 : 2000, bad = 0;
		for (size_t n = 0; n < times; n++) {
			struct made m;
			struct format_options o = {
			    .width = 20 + draw(100), .days = draw(2), .defang = draw(2)};
			random_result(&m);
			const char *text = written(f->name, o, &m.result, out);
			bad += *text == '(' || !good_output(f->name, out);
			buf_release(&m.rdata);
		}
		is_int(bad, 0, f->name);
	}
}

int main(void)
{
	struct buf out;
	buf_init(&out, 64u << 20);
	check_addresses(&out);
	check_unknown(&out);
	check_nothing(&out);
	check_laws(&out);
	buf_release(&out);
	return tap_done();
}
