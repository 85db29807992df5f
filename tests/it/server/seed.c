/*
 * Records from lines to a segment, for tests of the server:
 *
 *     seed YEAR INPUT FROM TO <lines >segment
 *
 * A line is OWNER TYPE SOURCE BAILIWICK FIRST LAST COUNT RDATA[|RDATA...], parted by
 * tabs; bailiwick a count of labels or '-'; YEAR 0: the intervals. A line that begins
 * with '?' is left out when its rdata does not fit the type.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "dns/name.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "exchange/wire.h"
#include "gather/rows.h"

static void die(const char *what)
{
	fprintf(stderr, "seed: %s\n", what);
	exit(1);
}

static char *field(char **line)
{
	char *at = strsep(line, "\t\n");
	if (at == NULL)
		die("a field is missing");
	return at;
}

static bool take_set(char *text, uint16_t type, struct buf *packed, bool maybe)
{
	struct buf octets[64];
	struct bytes list[64];
	size_t n = 0;
	char *one;
	bool good = true;
	while (good && (one = strsep(&text, "|")) != NULL && n < 64) {
		buf_init(&octets[n], 65536);
		good = rdata_of_text(type, one, &octets[n]) >= 0;
		if (!good && !maybe)
			die(one);
		list[n] = buf_bytes(&octets[n]);
		n++;
	}
	if (good && rdataset_pack(list, n, packed) < 0)
		die("rdata");
	while (n-- > 0)
		buf_release(&octets[n]);
	return good;
}

static void take_line(char *line, struct window *w, int year)
{
	struct rrset set = {0};
	struct name owner;
	struct buf packed, key;
	struct span span = {0};
	buf_init(&packed, 1 << 20);
	buf_init(&key, 1 << 20);
	bool maybe = *line == '?';
	line += maybe;
	if (name_of_text(field(&line), &owner) < 0)
		die("owner");
	set.owner = name_bytes(&owner);
	if (type_of_text(field(&line), &set.type) < 0)
		die("type");
	if (source_of_name(field(&line), &set.source) < 0)
		die("source");
	const char *bailiwick = field(&line);
	set.bailiwick = *bailiwick == '-' ? BAILIWICK_ABSENT : (uint8_t)atoi(bailiwick);
	span.first_s = atoll(field(&line));
	span.last_s = atoll(field(&line));
	span.count = strtoull(field(&line), NULL, 10);
	span.ttl_min = span.ttl_max = 300;
	if (year) {
		span.days = 1u << (when_day(span.first_s) - 1);
		span.days |= 1u << (when_day(span.last_s) - 1);
		span_add_sensor(&span, sensor_hash("edge"));
	} else {
		span.flags = SPAN_INTERVAL;
	}
	if (!take_set(field(&line), set.type, &packed, maybe)) {
		buf_release(&packed);
		buf_release(&key);
		return;
	}
	set.rdata = buf_bytes(&packed);
	key_rrset(&key, &set);
	if (year)
		key_put_month(&key, when_month(span.first_s));
	else
		key_put_first(&key, span.first_s);
	int index = window_shelf(w, year);
	if (index < 0 || window_merge(w, window_hash(buf_bytes(&key), (unsigned)index),
				      (unsigned)index, buf_bytes(&key), &span) < 0)
		die("no room");
	buf_release(&packed);
	buf_release(&key);
}

int main(int argc, char **argv)
{
	char line[65536];
	struct window w;
	struct rows rows;
	struct buf out;
	struct fault f = {0};
	uint64_t n;
	if (argc != 5)
		die("seed YEAR INPUT FROM TO");
	if (window_init(&w, 256 << 20, 256 << 20, 0) < 0)
		die("memory");
	int year = atoi(argv[1]);
	while (fgets(line, sizeof(line), stdin))
		take_line(line, &w, year);
	struct ledger_entry e = {.from = strtoull(argv[3], NULL, 10),
				 .first_us = (int64_t)1420070400 * 1000000,
				 .last_us = (int64_t)1451606399 * 1000000,
				 .name = "seed.pcap",
				 .sensor = "edge",
				 .kind = "pcap",
				 .version = "1"};
	e.to.packets = strtoull(argv[4], NULL, 10);
	memset(e.input.octets, atoi(argv[2]), sizeof(e.input.octets));
	struct segment_meta meta = {.entries = &e, .entry_count = 1};
	meta.origin[0] = (uint8_t)atoi(argv[2]);
	meta.sequence = e.from;
	if (year)
		snprintf(meta.shelf, sizeof(meta.shelf), "y%04d", year);
	else
		strcpy(meta.shelf, "intervals");
	buf_init(&out, 256 << 20);
	if (window_shelf(&w, year) < 0 || rows_init(&rows, &w, 0) < 0 ||
	    wire_write(&meta, NULL, &rows.pull, &out, &n, &f) < 0)
		die(f.text);
	fwrite(out.at, 1, out.len, stdout);
	rows_release(&rows);
	window_release(&w);
	buf_release(&out);
	return fflush(stdout) ? 1 : 0;
}
