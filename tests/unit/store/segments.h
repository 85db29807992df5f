/* Rows and segments for tests of the store: made up, sorted, committed. */
#ifndef YORE_TESTS_STORE_SEGMENTS_H
#define YORE_TESTS_STORE_SEGMENTS_H

#include <stdio.h>
#include <stdlib.h>

#include "dns/name.h"
#include "store/shelf.h"

struct made_row {
	uint8_t key[96];
	size_t key_len;
	uint8_t value[SPAN_WIRE_MAX];
	size_t value_len;
};

struct made {
	struct segment_rows rows;
	struct made_row at[600];
	size_t count, given;
	int fail_after; /* > 0: an error after so many rows */
};

static uint64_t made_state = 1;

static inline uint32_t made_random(uint32_t below)
{
	made_state = made_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(made_state >> 33) % below;
}

static inline int made_next(struct segment_rows *self, struct bytes *key,
			    struct bytes *value)
{
	struct made *m = (struct made *)self;
	if (m->fail_after && (int)m->given >= m->fail_after)
		return YORE_EMALFORMED;
	if (m->given == m->count)
		return 0;
	struct made_row *r = &m->at[m->given++];
	*key = BYTES(r->key, r->key_len);
	*value = BYTES(r->value, r->value_len);
	return 1;
}

static inline int made_compare(const void *a, const void *b)
{
	const struct made_row *x = a, *y = b;
	return bytes_compare(BYTES(x->key, x->key_len), BYTES(y->key, y->key_len));
}

/* Sorts, drops rows with the same key. */
static inline void made_ready(struct made *m)
{
	size_t n = 0;
	qsort(m->at, m->count, sizeof(m->at[0]), made_compare);
	for (size_t i = 0; i < m->count; i++)
		if (n == 0 || made_compare(&m->at[n - 1], &m->at[i]) != 0)
			m->at[n++] = m->at[i];
	m->count = n;
	m->given = 0;
	m->rows.next = made_next;
}

/* The owner "hN.zM." and an address from a small pool. */
static inline size_t made_owner(uint8_t out[32], unsigned n)
{
	int len = snprintf((char *)out, 32, "%ch%02u%cz%u", 3, n % 100, 2, n % 7);
	return (size_t)len + 1; /* the NUL is the root */
}

static inline void made_base(struct buf *b, uint8_t table, unsigned pick)
{
	uint8_t owner[32], rdata[6] = {0, 4, 192, 0, 2, (uint8_t)(pick % 5)};
	struct rrset set = {.owner = BYTES(owner, made_owner(owner, pick)),
			    .type = 1,
			    .source = pick % 3 ? SOURCE_ABOVE : SOURCE_BELOW,
			    .bailiwick = BAILIWICK_ABSENT,
			    .rdata = BYTES(rdata, 6)};
	struct addr a = addr_of(rdata + 2, 4);
	switch (table) {
	case TABLE_RRSET:
		key_rrset(b, &set);
		break;
	case TABLE_NAME:
		key_name(b, set.owner);
		break;
	case TABLE_SERVER:
		key_server(b, &a, set.owner);
		break;
	case TABLE_RDATA:
		key_rdata_addr_prefix(b, &a);
		b->len += name_reverse(set.owner, buf_room(b, set.owner.len));
		buf_u16be(b, 1);
		source_put_key(b, set.source);
		buf_u16be(b, 0);
		break;
	}
}

static inline void made_add(struct made *m, const char *shelf, uint8_t table,
			    unsigned pick, unsigned when)
{
	struct shelf_form form;
	struct made_row *r = &m->at[m->count++];
	struct buf b;
	shelf_form_init(&form, shelf);
	buf_init(&b, sizeof(r->key));
	made_base(&b, table, pick);
	int32_t month = 0;
	int64_t at = 1000000000 + when % 5;
	if (form.dated) {
		month = form.month + (int32_t)(when % 12);
		at = when_month_start(month) + (int64_t)(when * 7919 % (27 * 86400));
	}
	struct span s = span_of_sighting(at, 60 + when % 3);
	s.last_s += when % 4 * 50000;
	s.days |= 1u << (when_day(s.last_s) - 1);
	s.count = 1 + when % 9;
	if (when % 5 == 0)
		span_add_sensor(&s, 100 + when % 11);
	if (form.interval) {
		s.flags |= SPAN_INTERVAL;
		s.days = 0;
	}
	size_t suffix = key_suffix_len(table, !form.dated);
	if (suffix == 1)
		key_put_month(&b, month);
	else if (suffix)
		key_put_first(&b, at);
	memcpy(r->key, b.at, b.len);
	r->key_len = b.len;
	r->value_len = span_encode(&s, shelf_base(&form, table, month), r->value);
	buf_release(&b);
}

static inline void made_fill(struct made *m, const char *shelf, unsigned rows)
{
	static const uint8_t tables[] = {TABLE_RRSET, TABLE_RRSET, TABLE_RDATA,
					 TABLE_NAME, TABLE_SERVER};
	m->count = 0;
	m->fail_after = 0;
	for (unsigned i = 0; i < rows; i++)
		made_add(m, shelf, tables[made_random(5)], made_random(200),
			 made_random(1000));
	made_ready(m);
}

static inline struct ledger_entry made_entry(uint8_t input, uint64_t from, uint64_t to)
{
	struct ledger_entry e = {
	    .from = from,
	    .to = {.packets = to, .octets = to * 100, .chain = to * 7},
	    .first_us = (int64_t)from * 1000,
	    .last_us = (int64_t)to * 1000,
	    .name = "test.pcap",
	    .sensor = "s1",
	    .kind = "pcap",
	    .counters = BYTES_LIT("lost=3\n"),
	    .version = "0"};
	e.input.octets[0] = input;
	e.to.checkpoints[0] = 11;
	e.to.checkpoints[3] = 33;
	return e;
}

static inline struct segment_meta made_meta(const char *shelf, uint64_t sequence,
					    const struct ledger_entry *e, size_t n)
{
	struct segment_meta m = {.sequence = sequence, .entries = e, .entry_count = n};
	snprintf(m.shelf, sizeof(m.shelf), "%s", shelf);
	m.origin[0] = 0xab;
	return m;
}

#endif
