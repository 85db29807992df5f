/*
 * Any octets in names and rdata: every format stays what it is. JSON parses, XML and YAML
 * are well-formed, CSV splits into its columns and no cell is a formula, and nothing that
 * goes to a terminal holds a control character.
 */
#include <libxml/parser.h>
#include <stdlib.h>
#include <yaml.h>

#include "base/json_in.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "format/format.h"
#include "tap.h"

static uint64_t state = 88172645463325252u;

static unsigned below(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return n ? (unsigned)(state >> 16) % n : 0;
}

static uint8_t any_octet(void)
{
	static const char nasty[] =
	    "=+-@\t\r\n\"'<>&,;:\\[]{}#|`$%\x1b\x7f\x9b\xc3\xa4\xff\0";
	return below(3) ? (uint8_t)nasty[below(sizeof(nasty))] : (uint8_t)below(256);
}

static struct name any_name(void)
{
	struct name n = {0};
	for (unsigned labels = below(4); labels > 0; labels--) {
		unsigned len = 1 + below(below(4) ? 6 : 50);
		n.wire[n.len++] = (uint8_t)len;
		while (len-- > 0) {
			uint8_t c = any_octet();
			n.wire[n.len++] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
		}
	}
	n.len++;
	return n;
}

static struct name owner, via;
static struct buf packed;
static struct month_seen months[2];

static struct result any_result(void)
{
	static const uint16_t types[] = {TYPE_TXT, TYPE_NS, TYPE_MX, 65280, TYPE_A, 257};
	struct result r = {.single = below(2),
			   .zone_times = below(5) == 0,
			   .side = below(2) ? SIDE_RRNAME : SIDE_RDATA};
	struct bytes rdata[3];
	uint8_t room[3][200];
	uint16_t type = types[below(6)];
	unsigned count = r.single ? 1 : 1 + below(3);
	owner = any_name();
	via = any_name();
	for (unsigned i = 0; i < count; i++) {
		size_t n = 0;
		struct name target = any_name();
		if (type == TYPE_TXT || type == 257) {
			if (type == 257) {
				memcpy(room[i], "\0\5issue", 7);
				n = 7;
			}
			unsigned len = below(80);
			if (type == TYPE_TXT)
				room[i][n++] = (uint8_t)len;
			while (len-- > 0)
				room[i][n++] = any_octet();
		} else if (type == TYPE_A) {
			memcpy(room[i], "\xc0\0\2\1", n = 4);
		} else if (type == 65280) {
			while (n < 8)
				room[i][n++] = any_octet();
		} else {
			n = type == TYPE_MX ? 2 : 0;
			memset(room[i], 0, 2);
			size_t most = target.len < 150 ? target.len : 1;
			memcpy(room[i] + n, most == 1 ? (const uint8_t *)"" : target.wire,
			       most);
			n += most;
		}
		rdata[i] = BYTES(room[i], n);
	}
	buf_clear(&packed);
	if (rdataset_pack(rdata, count, &packed) < 0)
		printf("# no set\n");
	r.set = (struct rrset){.owner = name_bytes(&owner),
			       .type = type,
			       .source = below(2) ? SOURCE_ABOVE : SOURCE_ZONE,
			       .bailiwick = below(2) ? BAILIWICK_ABSENT : 0,
			       .rdata = buf_bytes(&packed)};
	r.span = span_of_sighting(1435708800 + below(1000000), below(1000));
	r.span.last_s += below(10000000);
	r.span.count = below(4) ? below(1000000) : 0;
	if (below(10) == 0)
		r.span.first_s = WHEN_UNKNOWN;
	months[0] =
	    (struct month_seen){2015 * 12 + 6, 5, 3, r.span.first_s, r.span.last_s};
	months[1] =
	    (struct month_seen){2015 * 12 + 8, 9, 3, r.span.first_s, r.span.last_s};
	r.months = months;
	r.month_count = below(3);
	if (below(4) == 0) {
		r.hop = 1 + below(3);
		r.via = name_bytes(&via);
	}
	return r;
}

/* --- what each format has to be --- */

static bool is_printable(struct bytes b, bool colour, bool utf8)
{
	for (size_t i = 0; i < b.len; i++) {
		uint8_t c = b.at[i];
		if (c == '\n' || (c >= ' ' && c < 0x7f) || (utf8 && c >= 0x80))
			continue;
		if (colour && c == 0x1b && i + 1 < b.len && b.at[i + 1] == '[') {
			for (i += 2; i < b.len && (b.at[i] == ';' ||
						   (b.at[i] >= '0' && b.at[i] <= '9'));
			     i++)
				;
			if (i < b.len && b.at[i] == 'm')
				continue;
		}
		printf("# octet %02x at %zu\n", c, i);
		return false;
	}
	return true;
}

static bool is_json_lines(struct bytes b)
{
	while (b.len > 0) {
		const uint8_t *nl = memchr(b.at, '\n', b.len);
		size_t n = nl ? (size_t)(nl - b.at) : b.len;
		json_t *v = NULL;
		struct fault f = {0};
		if (nl == NULL || json_in(BYTES(b.at, n), 0, &f, &v) < 0) {
			printf("# %s: %.*s\n", f.text, n > 200 ? 200 : (int)n,
			       (const char *)b.at);
			return false;
		}
		json_decref(v);
		b = BYTES(b.at + n + 1, b.len - n - 1);
	}
	return true;
}

static bool is_json(struct bytes b)
{
	json_t *v = NULL;
	struct fault f = {0};
	int r = json_in(b, 0, &f, &v);
	json_decref(v);
	if (r < 0)
		printf("# %s\n", f.text);
	return r == 0;
}

static void say_nothing(void *ctx, const char *msg, ...)
{
}

static bool is_xml(struct bytes b)
{
	xmlSetGenericErrorFunc(NULL, say_nothing);
	xmlDoc *doc =
	    xmlReadMemory((const char *)b.at, (int)b.len, "x.xml", NULL,
			  XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	bool good = doc != NULL;
	xmlFreeDoc(doc);
	return good;
}

static bool is_yaml(struct bytes b)
{
	yaml_parser_t p;
	yaml_event_t e;
	bool good, end = false;
	yaml_parser_initialize(&p);
	yaml_parser_set_input_string(&p, b.at, b.len);
	do {
		good = yaml_parser_parse(&p, &e);
		end = good && e.type == YAML_STREAM_END_EVENT;
		if (good)
			yaml_event_delete(&e);
	} while (good && !end);
	if (!good)
		printf("# yaml: %s\n", p.problem ? p.problem : "?");
	yaml_parser_delete(&p);
	return good;
}

/* RFC 4180: every line has as many cells as the first, and none is a formula. */
static bool is_csv(struct bytes b)
{
	unsigned cells = 0, want = 0, lines = 0;
	size_t i = 0;
	while (i < b.len) {
		uint8_t first = 0;
		if (b.at[i] == '"') {
			for (i++; i < b.len; i++) {
				if (b.at[i] == '"' && i + 1 < b.len &&
				    b.at[i + 1] == '"') {
					first = first ? first : '"';
					i++;
				} else if (b.at[i] == '"') {
					break;
				} else {
					first = first ? first : b.at[i];
				}
			}
			if (i >= b.len)
				return false;
			i++;
		} else {
			if (b.at[i] != ',' && b.at[i] != '\r')
				first = b.at[i];
			while (i < b.len && b.at[i] != ',' && b.at[i] != '\r')
				if (b.at[i++] == '"')
					return false;
		}
		cells++;
		if (first && strchr("=+-@\t\r", first)) {
			printf("# a cell begins with %c\n", first);
			return false;
		}
		if (i < b.len && b.at[i] == ',') {
			i++;
			if (i < b.len && b.at[i] == '\r')
				cells++; /* an empty last cell */
			else
				continue;
		}
		if (i + 1 >= b.len || b.at[i] != '\r' || b.at[i + 1] != '\n')
			return false;
		i += 2;
		want = lines++ ? want : cells;
		if (cells != want) {
			printf("# line %u has %u cells of %u\n", lines, cells, want);
			return false;
		}
		cells = 0;
	}
	return lines > 1;
}

static bool is_good(const char *name, struct bytes b, const struct format_options *o)
{
	if (strcmp(name, "cof") == 0 || strcmp(name, "dnsdb") == 0)
		return is_json_lines(b) && is_printable(b, false, false);
	if (strcmp(name, "array") == 0)
		return is_json(b);
	if (strcmp(name, "csv") == 0)
		return is_csv(b);
	if (strcmp(name, "xml") == 0 || strcmp(name, "graphml") == 0)
		return is_xml(b);
	if (strcmp(name, "yaml") == 0)
		return is_yaml(b);
	if (strcmp(name, "sqlite") == 0)
		return b.len > 100 && memcmp(b.at, "SQLite format 3", 16) == 0;
	if (strcmp(name, "tsv") == 0) {
		for (size_t i = 0; i < b.len; i++)
			if ((b.at[i] < ' ' && b.at[i] != '\t' && b.at[i] != '\n') ||
			    b.at[i] > 0x7e)
				return false;
		return true;
	}
	return is_printable(b, o->colour, o->unicode);
}

static void test_format(const struct format *f)
{
	int bad = 0, empty = 0;
	for (int round = 0; round < 150 && bad < 3; round++) {
		struct format_options o = {.view = (enum view)below(4),
					   .width = below(2) ? 0 : 20 + below(200),
					   .colour = below(2),
					   .unicode = below(2),
					   .days = below(2),
					   .defang = below(3) == 0,
					   .array = below(2),
					   .human_times = below(2),
					   .string = below(4) == 0};
		struct buf out;
		struct writer w;
		buf_init(&out, 64 << 20);
		if (writer_open(f, &o, &out, &w) < 0) {
			bad++;
			continue;
		}
		for (unsigned n = 1 + below(20); n > 0; n--) {
			struct result r = any_result();
			if (o.view == VIEW_MONTH)
				r.month = below(2) ? 2015 * 12 + 6 : 0;
			bad += writer_row(&w, &r) < 0;
		}
		bad += writer_end(&w, NULL) < 0;
		empty += out.len == 0;
		if (!is_good(f->name, buf_bytes(&out), &o)) {
			bad++;
			printf("# round %d of %s is broken\n", round, f->name);
			if (out.len < 3000 && strcmp(f->name, "sqlite") != 0)
				for (const char *at = buf_str(&out); *at;) {
					size_t n = strcspn(at, "\n");
					printf("# | %.*s\n", (int)n, at);
					at += n + (at[n] == '\n');
				}
		}
		writer_release(&w);
		buf_release(&out);
	}
	is_int(bad, 0, f->name);
	ok(empty == 0, "%s: never nothing", f->name);
}

/* An answer without a result is still a document. */
static void test_empty(const struct format *f)
{
	struct format_options o = {0};
	struct buf out;
	struct writer w;
	buf_init(&out, 1 << 20);
	int r = writer_open(f, &o, &out, &w);
	if (r == 0) {
		r = writer_end(&w, NULL);
		bool good = strcmp(f->name, "csv") == 0 ||
			    is_good(f->name, buf_bytes(&out), &o) || out.len == 0;
		ok(r == 0 && good, "%s: nothing found", f->name);
		writer_release(&w);
	}
	/* no room is told */
	buf_release(&out);
	buf_init(&out, 10);
	struct result one = any_result();
	r = writer_open(f, &o, &out, &w);
	if (r == 0) {
		for (int i = 0; i < 100 && r == 0; i++)
			r = writer_row(&w, &one);
		if (r == 0)
			r = writer_end(&w, NULL);
		writer_release(&w);
	}
	ok(r < 0, "%s: no room is told", f->name);
	buf_release(&out);
}

int main(void)
{
	buf_init(&packed, 4096);
	for (size_t i = 0; format_at(i); i++) {
		test_format(format_at(i));
		test_empty(format_at(i));
	}
	buf_release(&packed);
	xmlCleanupParser();
	return tap_done();
}
