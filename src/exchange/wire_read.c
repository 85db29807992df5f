#include <inttypes.h>
#include <stdlib.h>
#include <zstd.h>

#include "dns/name.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "exchange/wire_own.h"
#include "record/key_older.h"

/* ---- the head ---- */

/* Printable text, without controls: it is shown to people. */
static void take_text(struct reader *r, char *out, size_t room)
{
	uint64_t n = reader_varint(r);
	if (n >= room && r->err == 0)
		r->err = YORE_EMALFORMED;
	struct bytes b = reader_take(r, r->err ? 0 : (size_t)n);
	for (size_t i = 0; i < b.len; i++)
		if (b.at[i] < 0x20 || b.at[i] == 0x7f)
			r->err = YORE_EMALFORMED;
	if (r->err)
		return;
	if (b.len)
		memcpy(out, b.at, b.len);
	out[b.len] = '\0';
}

static void take_octets(struct reader *r, uint8_t *out, size_t n)
{
	struct bytes b = reader_take(r, n);
	if (b.len == n)
		memcpy(out, b.at, n);
}

static void take_entry(struct reader *r, struct ledger_entry *e, struct bytes *counters)
{
	take_octets(r, e->input.octets, sizeof(e->input.octets));
	e->from = reader_varint(r);
	e->to.packets = reader_varint(r);
	e->to.octets = reader_varint(r);
	e->to.chain = reader_u64(r);
	unsigned points = reader_u8(r);
	if (points > INPUT_CHECKPOINTS || e->from > e->to.packets)
		r->err = YORE_EMALFORMED;
	for (unsigned i = 0; i < points && r->err == 0; i++)
		e->to.checkpoints[i] = reader_u64(r);
	e->first_us = (int64_t)reader_u64(r);
	e->last_us = (int64_t)reader_u64(r);
	take_text(r, e->name, sizeof(e->name));
	take_text(r, e->sensor, sizeof(e->sensor));
	take_text(r, e->kind, sizeof(e->kind));
	take_text(r, e->version, sizeof(e->version));
	uint64_t n = reader_varint(r);
	*counters = reader_take(r, n <= WIRE_HEAD_MAX ? (size_t)n : SIZE_MAX);
}

static int take_entries(struct reader *r, struct wire_head *h, uint64_t count)
{
	h->entries = calloc(count, sizeof(*h->entries));
	if (h->entries == NULL)
		return YORE_ENOMEM;
	for (uint64_t i = 0; i < count && r->err == 0; i++) {
		struct bytes counters = {0};
		take_entry(r, &h->entries[i], &counters);
		/* borrowed from the segment, which outlives the head */
		h->entries[i].counters = counters;
	}
	h->meta.entries = h->entries;
	h->meta.entry_count = count;
	return r->err;
}

static int read_head(struct reader *r, struct wire_head *h)
{
	struct bytes magic = reader_take(r, WIRE_MAGIC_LEN);
	if (r->err || memcmp(magic.at, WIRE_MAGIC, WIRE_MAGIC_LEN - 1) != 0)
		return YORE_EMALFORMED;
	uint8_t version = magic.at[WIRE_MAGIC_LEN - 1];
	h->before = version == WIRE_BEFORE;
	if (version == 0 || version > WIRE_VERSION)
		return version ? YORE_EVERSION : YORE_EMALFORMED;
	uint64_t n = reader_varint(r);
	struct bytes text = reader_take(r, n <= WIRE_HEAD_MAX ? (size_t)n : SIZE_MAX);
	struct reader in = reader_of(text);
	struct wire_base base;
	if (r->err)
		return r->err;
	take_text(&in, h->meta.shelf, sizeof(h->meta.shelf));
	take_octets(&in, h->meta.origin, sizeof(h->meta.origin));
	h->meta.sequence = reader_varint(&in);
	take_text(&in, h->terms.tlp, sizeof(h->terms.tlp));
	take_text(&in, h->terms.licence, sizeof(h->terms.licence));
	uint64_t count = reader_varint(&in);
	if (in.err || count == 0 || count > WIRE_ENTRIES_MAX)
		return YORE_EMALFORMED;
	int e = take_entries(&in, h, count);
	if (e < 0)
		return e;
	return reader_left(&in) ? YORE_EMALFORMED : wire_base_of(h->meta.shelf, &base);
}

void wire_head_release(struct wire_head *h)
{
	if (h == NULL)
		return;
	free(h->entries);
	h->entries = NULL;
}

static int head_failed(struct bytes segment, int e, struct fault *f)
{
	if (e != YORE_EVERSION)
		return fault_set(f, e, "segment: its head: %s", yore_strerror(e));
	return fault_set(f, e,
			 "segment: it is of version %u, and this program reads up to %d; "
			 "a newer one is needed here",
			 segment.at[WIRE_MAGIC_LEN - 1], WIRE_VERSION);
}

int wire_read_head(struct bytes segment, struct wire_head *ret, struct fault *f)
{
	struct reader r = reader_of(segment);
	memset(ret, 0, sizeof(*ret));
	int e = read_head(&r, ret);
	return e < 0 ? head_failed(segment, e, f) : 0;
}

/* ---- rows ---- */

struct wire_reader {
	struct wire_head head;
	struct wire_base base;
	ZSTD_DCtx *zstd;
	ZSTD_inBuffer in;
	struct buf plain, key;
	struct buf renewed; /* the key of a row of version 1 as it is now */
	size_t at;	    /* of plain */
	uint64_t rows, octets;
	size_t frame_left; /* 0: the compressed frame has ended */
	bool ended;
};

int wire_open(struct bytes segment, struct fault *f, struct wire_reader **ret)
{
	struct wire_reader *w = calloc(1, sizeof(*w));
	if (w == NULL)
		return fault_set(f, YORE_ENOMEM, "segment: out of memory");
	struct reader r = reader_of(segment);
	buf_init(&w->plain, 8u << 20);
	buf_init(&w->key, WIRE_KEY_MAX + 16);
	buf_init(&w->renewed, WIRE_KEY_MAX + 16);
	w->zstd = ZSTD_createDCtx();
	int e = w->zstd ? read_head(&r, &w->head) : YORE_ENOMEM;
	if (e == 0)
		e = wire_base_of(w->head.meta.shelf, &w->base);
	if (e < 0) {
		wire_close(w);
		return head_failed(segment, e, f);
	}
	/* no window larger than what we write needs */
	ZSTD_DCtx_setParameter(w->zstd, ZSTD_d_windowLogMax, 24);
	w->in = (ZSTD_inBuffer){r.at, reader_left(&r), 0};
	w->frame_left = 1;
	*ret = w;
	return 0;
}

void wire_close(struct wire_reader *w)
{
	if (w == NULL)
		return;
	wire_head_release(&w->head);
	ZSTD_freeDCtx(w->zstd);
	buf_release(&w->plain);
	buf_release(&w->key);
	buf_release(&w->renewed);
	free(w);
}

const struct wire_head *wire_head(const struct wire_reader *w)
{
	return &w->head;
}

/* More plain octets behind those not yet read: 1, 0 the frame has ended. */
static int unpack(struct wire_reader *w)
{
	if (w->at && (w->at > (1u << 20) || w->at == w->plain.len)) {
		memmove(w->plain.at, w->plain.at + w->at, w->plain.len - w->at);
		w->plain.len -= w->at;
		w->at = 0;
	}
	if (w->frame_left == 0)
		return 0;
	size_t room = 128 << 10;
	uint8_t *at = buf_room(&w->plain, room);
	if (at == NULL)
		return w->plain.err;
	ZSTD_outBuffer to = {at, room, 0};
	size_t before = w->in.pos;
	size_t left = ZSTD_decompressStream(w->zstd, &to, &w->in);
	if (ZSTD_isError(left))
		return YORE_EMALFORMED;
	if (to.pos == 0 && w->in.pos == before && left)
		return YORE_ETRUNCATED;
	w->frame_left = left;
	w->plain.len += to.pos;
	w->octets += to.pos;
	return w->octets > 2 * WIRE_ROWS_MAX ? YORE_ELIMIT : 1;
}

/* The next row's parts, borrowed from plain. 1, 0 the end of rows, EAGAIN. */
static int parse_row(struct reader *r, uint64_t *same, struct bytes *rest,
		     struct bytes *value)
{
	*same = reader_varint(r);
	if (r->err == 0 && *same == 0) {
		*same = reader_varint(r); /* how many there were */
		return r->err ? r->err : 0;
	}
	*same -= 1;
	uint64_t n = reader_varint(r);
	if (r->err == 0 && (n > WIRE_KEY_MAX || *same > WIRE_KEY_MAX))
		return YORE_ELIMIT;
	*rest = reader_take(r, (size_t)n);
	n = reader_varint(r);
	if (r->err == 0 && n > SPAN_WIRE_MAX)
		return YORE_ELIMIT;
	*value = reader_take(r, (size_t)n);
	return r->err ? r->err : 1;
}

/* Ascending, and what was cut off the front is there. */
static int next_key(struct wire_reader *w, uint64_t same, struct bytes rest)
{
	if (same > w->key.len)
		return YORE_EMALFORMED;
	struct bytes old = BYTES(w->key.at, w->key.len);
	if (same) /* then there was a key before */
		old = BYTES(w->key.at + same, w->key.len - same);
	if (w->rows && bytes_compare(rest, old) <= 0)
		return YORE_EMALFORMED;
	w->key.len = same;
	buf_put_bytes(&w->key, rest);
	return w->key.err;
}

/* ---- is it a row that can have been seen? ---- */

static int check_set(const struct key_rrset_parts *p)
{
	struct reader r = reader_of(p->set.rdata);
	struct bytes rdata;
	if (!name_wire_valid(p->set.owner) || type_is_meta(p->set.type) ||
	    !rdataset_valid(p->set.rdata) || p->set.rdata.len == 0)
		return YORE_EMALFORMED;
	if (p->set.bailiwick != BAILIWICK_ABSENT &&
	    p->set.bailiwick > name_labels(p->set.owner))
		return YORE_EMALFORMED;
	while (rdataset_next(&r, &rdata))
		if (!rdata_valid(p->set.type, rdata))
			return YORE_EMALFORMED;
	return 0;
}

static int check_span(const struct wire_reader *w, struct bytes key, const struct span *s)
{
	if (s->first_s != WHEN_UNKNOWN && s->last_s != WHEN_UNKNOWN &&
	    s->first_s > s->last_s)
		return YORE_EMALFORMED;
	if (w->base.interval)
		return s->flags & SPAN_INTERVAL ? 0 : YORE_EMALFORMED;
	if (s->flags & SPAN_INTERVAL || s->first_s == WHEN_UNKNOWN ||
	    s->last_s == WHEN_UNKNOWN)
		return YORE_EMALFORMED;
	if (key.at[0] != TABLE_RRSET)
		return when_month(s->first_s) / 12 * 12 == w->base.january &&
			       when_month(s->last_s) / 12 * 12 == w->base.january
			   ? 0
			   : YORE_EMALFORMED;
	int32_t month = w->base.january + key.at[key.len - 1] - 1;
	return s->count && when_month(s->first_s) == month &&
		       when_month(s->last_s) == month
		   ? 0
		   : YORE_EMALFORMED;
}

/* The key that came last, as it is written today. */
static struct bytes key_of_today(struct wire_reader *w)
{
	struct bytes key = buf_bytes(&w->key);
	if (!w->head.before || key.len == 0 || key.at[0] != TABLE_RRSET)
		return key;
	size_t suffix = key_suffix_len(key.at[0], w->base.interval);
	buf_clear(&w->renewed);
	return key_renewed(key, suffix, 0, &w->renewed) == 1 ? buf_bytes(&w->renewed)
							     : key;
}

static int check_row(struct wire_reader *w, struct bytes key, struct bytes value,
		     struct span *ret)
{
	struct key_rrset_parts set;
	struct addr server;
	uint8_t zone[255];
	size_t zone_len, suffix;
	int r = YORE_EMALFORMED;
	if (key.len == 0)
		return r;
	suffix = key_suffix_len(key.at[0], w->base.interval);
	if (key.len <= suffix)
		return r;
	struct bytes base = BYTES(key.at, key.len - suffix);
	if (key.at[0] == TABLE_RRSET) {
		uint8_t month = key.at[key.len - 1];
		if (!w->base.interval && (month < 1 || month > 12))
			return r;
		r = key_rrset_read(base, &set);
		if (r == 0)
			r = check_set(&set);
	} else if (key.at[0] == TABLE_SERVER) {
		r = key_server_read(base, &server, zone, &zone_len);
	}
	if (r == 0)
		r = span_decode(value, wire_base_s(&w->base, key), ret);
	return r < 0 ? r : check_span(w, key, ret);
}

static int next(struct wire_reader *w, struct bytes *key, struct span *ret)
{
	uint64_t same;
	struct bytes rest, value;
	int r;
	if (w->ended)
		return 0;
	for (;;) {
		size_t left = w->plain.len - w->at;
		struct reader in =
		    reader_of(left ? BYTES(w->plain.at + w->at, left) : BYTES("", 0));
		r = parse_row(&in, &same, &rest, &value);
		if (r >= 0) {
			w->at += reader_offset(&in);
			break;
		}
		/* not a whole row yet? */
		if (r != YORE_EMALFORMED || w->plain.len - w->at > 4 * WIRE_KEY_MAX)
			return r;
		r = unpack(w);
		if (r <= 0)
			return r < 0 ? r : YORE_ETRUNCATED;
	}
	if (r == 0) {
		w->ended = true;
		bool whole = same == w->rows && w->at == w->plain.len;
		while (whole && w->frame_left) {
			r = unpack(w);
			if (r < 0)
				return r;
			whole = w->at == w->plain.len;
		}
		return whole && w->in.pos == w->in.size ? 0 : YORE_EMALFORMED;
	}
	r = next_key(w, same, rest);
	if (r < 0)
		return r;
	*key = key_of_today(w);
	r = check_row(w, *key, value, ret);
	if (r < 0)
		return r;
	w->rows++;
	return 1;
}

int wire_next(struct wire_reader *w, struct bytes *key, struct span *ret, struct fault *f)
{
	int r = next(w, key, ret);
	if (r < 0)
		return fault_set(f, r, "segment: row %" PRIu64 " of %s: %s", w->rows + 1,
				 w->head.meta.shelf, yore_strerror(r));
	return r;
}
