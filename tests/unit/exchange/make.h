/* Segments for tests: a window with rows of our own making. */
#ifndef YORE_TESTS_EXCHANGE_MAKE_H
#define YORE_TESTS_EXCHANGE_MAKE_H

#include <stdlib.h>

#include "base/addr.h"
#include "dns/name.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "exchange/take.h"
#include "gather/rows.h"

static inline void make_row(struct window *w, int year, const char *owner, uint16_t type,
			    const char *rdata, int64_t s, uint64_t count)
{
	struct name n;
	struct buf octets, packed, key;
	struct bytes one;
	buf_init(&octets, 4096);
	buf_init(&packed, 4096);
	buf_init(&key, 8192);
	if (name_of_text(owner, &n) < 0 || rdata_of_text(type, rdata, &octets) < 0)
		abort();
	one = buf_bytes(&octets);
	if (rdataset_pack(&one, 1, &packed) < 0)
		abort();
	struct rrset set = {.owner = name_bytes(&n),
			    .type = type,
			    .source = SOURCE_ABOVE,
			    .bailiwick = 1,
			    .rdata = buf_bytes(&packed)};
	key_rrset(&key, &set);
	key_put_month(&key, when_month(s));
	struct span span = span_of_sighting(s, 300);
	span.count = count;
	span.first_at = span.last_at = (struct span_place){0x0badcafe, 7};
	int index = window_shelf(w, year);
	if (index < 0 || window_merge(w, window_hash(buf_bytes(&key), (unsigned)index),
				      (unsigned)index, buf_bytes(&key), &span) < 0)
		abort();
	buf_release(&octets);
	buf_release(&packed);
	buf_release(&key);
}

static inline void make_server(struct window *w, int year, const char *server,
			       const char *zone, int64_t s)
{
	struct name n;
	struct addr a;
	struct buf key;
	buf_init(&key, 1024);
	if (name_of_text(zone, &n) < 0 || addr_parse(server, &a) < 0)
		abort();
	key_server(&key, &a, name_bytes(&n));
	struct span span = span_of_sighting(s, 0);
	span.days = 0;
	int index = window_shelf(w, year);
	if (index < 0 || window_merge(w, window_hash(buf_bytes(&key), (unsigned)index),
				      (unsigned)index, buf_bytes(&key), &span) < 0)
		abort();
	buf_release(&key);
}

static inline struct ledger_entry make_entry(uint8_t id, uint64_t from, uint64_t to)
{
	struct ledger_entry e = {.from = from,
				 .to = {.packets = to, .octets = 100 * to, .chain = to},
				 .first_us = 1435708800000000,
				 .last_us = 1435708900000000,
				 .name = "a.pcap",
				 .sensor = "edge",
				 .kind = "pcap",
				 .version = "1"};
	memset(e.input.octets, id, sizeof(e.input.octets));
	return e;
}

/* Everything of a window's first shelf as a wire segment. */
static inline void make_segment(struct window *w, const struct ledger_entry *e,
				uint64_t sequence, struct buf *out)
{
	struct segment_meta meta = {
	    .origin = {1, 2, 3}, .sequence = sequence, .entries = e, .entry_count = 1};
	struct rows rows;
	uint64_t n;
	struct fault f = {0};
	memcpy(meta.shelf, w->shelves[0].name, SHELF_MAX);
	if (rows_init(&rows, w, 0) < 0 ||
	    wire_write(&meta, NULL, &rows.pull, out, &n, &f) < 0)
		abort();
	rows_release(&rows);
}

/* The same straight into a store. */
static inline int make_commit(struct window *w, const struct ledger_entry *e,
			      uint64_t sequence, struct store *s)
{
	struct segment_meta meta = {
	    .origin = {1, 2, 3}, .sequence = sequence, .entries = e, .entry_count = 1};
	struct rows rows;
	struct fault f = {0};
	memcpy(meta.shelf, w->shelves[0].name, SHELF_MAX);
	if (rows_init(&rows, w, 0) < 0)
		abort();
	int r = store_commit(s, &meta, &rows.pull, &f);
	rows_release(&rows);
	return r;
}

static inline struct store *make_store(void)
{
	struct store *s;
	struct store_options o = {.write = true, .create = true};
	struct fault f = {0};
	if (store_open("mem:", &o, &f, &s) < 0)
		abort();
	return s;
}

/* All rows of a table in one line each, to compare. */
static inline size_t make_dump(struct store *s, uint8_t table, struct buf *out)
{
	struct scan scan = {.table = table, .lo = BYTES(&table, 1), .intervals = true};
	struct cursor *c;
	struct store_row row;
	uint8_t wire[SPAN_WIRE_MAX];
	size_t n = 0;
	struct fault f = {0};
	if (store_scan(s, &scan, &f, &c) < 0)
		abort();
	while (cursor_next(c, &row) == 1) {
		buf_hex(out, row.base);
		buf_printf(out, " %d ", (int)row.month);
		buf_hex(out, BYTES(wire, span_encode(&row.span, 0, wire)));
		buf_putc(out, '\n');
		n++;
	}
	cursor_close(c);
	return n;
}

#endif
