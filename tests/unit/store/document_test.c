/* The worked examples of docs/design/store.md are what the program writes. */
#include "base/io.h"
#include "record/key_older.h"
#include "store/ledger.h"
#include "store/segment.h"
#include "tap.h"
#include "unit/store/segments.h"

static struct buf page;

/* The octets of "example NAME: ..." as hexadecimal without spaces. */
static bool find_example(const char *name, char *ret, size_t room)
{
	char mark[80];
	snprintf(mark, sizeof(mark), "example %s:", name);
	const char *at = strstr(buf_str(&page), mark);
	size_t n = 0;
	if (at == NULL)
		return false;
	for (at += strlen(mark); *at && *at != '\n' && n + 1 < room; at++)
		if (*at != ' ')
			ret[n++] = *at;
	ret[n] = 0;
	return true;
}

static void check(const char *name, struct bytes got)
{
	char want[1000] = "";
	struct buf hex;
	buf_init(&hex, 4096);
	buf_hex(&hex, got);
	ok(find_example(name, want, sizeof(want)), "the page has %s", name);
	is_str(buf_str(&hex), want, name);
	buf_release(&hex);
}

static const uint8_t www[] = "\3www\7example\3com";
static const uint8_t zone[] = "\7example\3com";

static void test_keys(struct buf *b)
{
	static const uint8_t address[] = {192, 0, 2, 1}, server[] = {192, 0, 2, 53};
	struct rrset set = {.owner = BYTES(www, sizeof(www)),
			    .type = 1,
			    .source = SOURCE_ABOVE,
			    .bailiwick = 2,
			    .rdata = BYTES_LIT("\0\4\300\0\2\1")};
	struct addr a = addr_of(address, 4), s = addr_of(server, 4);
	key_rrset(b, &set);
	check("key-rrset", buf_bytes(b));
	buf_clear(b);
	key_rdata_addr_prefix(b, &a);
	buf_put_bytes(b, BYTES_LIT("\3com\7example\3www\0"));
	buf_u16be(b, 1);
	source_put_key(b, SOURCE_ABOVE);
	buf_u16be(b, 0);
	check("key-rdata", buf_bytes(b));
	struct key_rdata_parts parts;
	is_int(key_rdata_read(buf_bytes(b), &parts), 0, "and that is one");
	buf_clear(b);
	key_name(b, set.owner);
	check("key-name", buf_bytes(b));
	buf_clear(b);
	key_server(b, &s, BYTES(zone, sizeof(zone)));
	check("key-server", buf_bytes(b));
	buf_clear(b);
	uint16_t source = SOURCE_NONE;
	is_int(source_of_name("mylist", &source), 0, "a source of its own");
	struct rrset other = {.owner = BYTES_LIT("\3com\0"),
			      .type = 2,
			      .source = source,
			      .bailiwick = BAILIWICK_ABSENT,
			      .rdata = BYTES_LIT("\0\4\1a\1a")};
	key_rrset(b, &other);
	check("key-source", buf_bytes(b));
	buf_clear(b);
	key_put_month(b, 2015 * 12 + 6);
	check("suffix-july", buf_bytes(b));
	buf_clear(b);
	key_put_first(b, 1435708800);
	check("suffix-interval", buf_bytes(b));
}

static void test_older(struct buf *b)
{
	uint8_t text[1026] = {4, 0};
	for (size_t i = 2; i < sizeof(text); i++)
		text[i] = (i - 2) % 256 ? 'x' : 255;
	buf_clear(b);
	buf_put_bytes(b, BYTES_LIT("R\3com\0\0\20\1\1\4\2"));
	buf_put(b, text, 1026);
	struct bytes all = buf_bytes(b);
	struct buf now;
	buf_init(&now, 8192);
	check("older-set", BYTES(all.at, all.len - 1026));
	is_int(key_renewed(all, 0, 0, &now), 1, "it has another key now");
	check("newer-set", BYTES(now.at, now.len - 1026));
	struct key_rrset_parts set;
	is_int(key_rrset_read(buf_bytes(&now), &set), 0, "which is one");
	buf_clear(b);
	buf_put_bytes(b, BYTES_LIT("Dr\0\20\4\0"));
	buf_put(b, text + 2, 1024);
	check("older-raw", BYTES(b->at, 6));
	buf_put_bytes(b, BYTES_LIT("\3com\0\0\20\1\0\0"));
	is_int(key_renewed(buf_bytes(b), 0, 0, &now), 1, "a record of its own octets");
	check("newer-raw", BYTES(now.at, now.len - 1024));
	struct key_rdata_parts one;
	is_int(key_rdata_read(buf_bytes(&now), &one), 0, "which is one");
	buf_clear(b);
	buf_put_bytes(b, BYTES_LIT("C\4\12\0\0\1\3com\0\0\1\x40\xe9\0\0"));
	check("older-client", buf_bytes(b));
	is_int(key_renewed(buf_bytes(b), 0, 2015 * 12 + 6, &now), 1, "who asked");
	check("newer-client", buf_bytes(&now));
	buf_release(&now);
}

static void test_spans(void)
{
	uint8_t out[SPAN_WIRE_MAX];
	int64_t july = 1435708800;
	struct span s = span_of_sighting(july + 38531, 3596 + 16);
	s.flags = SPAN_PROVEN;
	check("span-once", BYTES(out, span_encode(&s, july, out)));
	s.flags = 0;
	s.last_s += 86400 - 0;
	s.count = 12;
	s.days = 3;
	span_add_sensor(&s, 0xa1b2c3d4);
	check("span-month", BYTES(out, span_encode(&s, july, out)));
	struct span i = {.first_s = july,
			 .last_s = july + 1306880,
			 .count = 42,
			 .ttl_min = 1,
			 .flags = SPAN_INTERVAL};
	check("span-interval", BYTES(out, span_encode(&i, 0, out)));
}

static void test_ledger(struct buf *b)
{
	struct ledger_entry e = made_entry(0, 100, 200);
	struct segment_meta m = made_meta("y2015", 7, &e, 1);
	char folder[] = "/tmp/yore-document-XXXXXX", path[64];
	struct made made = {.rows = {made_next}};
	struct fault f = {0};
	struct buf header;
	for (uint8_t i = 0; i < 16; i++)
		e.input.octets[i] = m.origin[i] = i;
	buf_clear(b);
	ledger_key_last(b, &e.input);
	check("ledger-last", buf_bytes(b));
	buf_clear(b);
	ledger_key_commit(b, &e);
	check("ledger-commit", buf_bytes(b));
	if (mkdtemp(folder) == NULL ||
	    segment_write(folder, &m, &made.rows, NULL, &f) < 0) {
		ok(false, "a segment: %s", f.text);
		return;
	}
	snprintf(path, sizeof(path), "%s/%s", folder, SEGMENT_HEADER);
	if (io_read_file(path, 65536, &header, &f) == 0) {
		check("segment-header", BYTES(header.at, 38));
		buf_release(&header);
	}
	io_remove_tree(folder, NULL);
}

int main(void)
{
	static const char here[] = __FILE__, tail[] = "tests/unit/store/document_test.c";
	char path[4096];
	struct fault f = {0};
	struct buf b;
	snprintf(path, sizeof(path), "%.*sdocs/design/store.md",
		 (int)(sizeof(here) - sizeof(tail)), here);
	if (io_read_file(path, 1u << 20, &page, &f) < 0)
		return tap_skip(f.text);
	buf_init(&b, 4096);
	test_keys(&b);
	test_older(&b);
	test_spans();
	test_ledger(&b);
	buf_release(&b);
	buf_release(&page);
	return tap_done();
}
