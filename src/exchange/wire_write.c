#include <stdlib.h>
#include <zstd.h>

#include "base/hash.h"
#include "base/num.h"
#include "exchange/wire_own.h"

#define LEVEL 6

int wire_base_of(const char *shelf, struct wire_base *ret)
{
	uint64_t year;
	*ret = (struct wire_base){.interval = strcmp(shelf, "intervals") == 0};
	if (ret->interval)
		return 0;
	if (shelf[0] != 'y' || strlen(shelf) != 5 || num_u64(shelf + 1, 9999, &year) < 0)
		return YORE_EUNSUPPORTED;
	ret->january = (int32_t)year * 12;
	return 0;
}

int64_t wire_base_s(const struct wire_base *b, struct bytes key)
{
	if (b->interval)
		return 0;
	bool dated = key.at[0] == TABLE_RRSET;
	int32_t month = dated ? (key.at[key.len - 1] - 1) % 12 : 0;
	return when_month_start(b->january + month);
}

static void put_text(struct buf *out, const char *s)
{
	size_t n = strlen(s);
	buf_varint(out, n);
	buf_put(out, s, n);
}

static void put_entry(struct buf *out, const struct ledger_entry *e)
{
	unsigned points = 0;
	while (points < INPUT_CHECKPOINTS && e->to.checkpoints[points])
		points++;
	buf_put(out, e->input.octets, sizeof(e->input.octets));
	buf_varint(out, e->from);
	buf_varint(out, e->to.packets);
	buf_varint(out, e->to.octets);
	buf_u64be(out, e->to.chain);
	buf_putc(out, (int)points);
	for (unsigned i = 0; i < points; i++)
		buf_u64be(out, e->to.checkpoints[i]);
	buf_u64be(out, (uint64_t)e->first_us);
	buf_u64be(out, (uint64_t)e->last_us);
	put_text(out, e->name);
	put_text(out, e->sensor);
	put_text(out, e->kind);
	put_text(out, e->version);
	buf_varint(out, e->counters.len);
	buf_put_bytes(out, e->counters);
}

static void put_head(struct buf *out, const struct segment_meta *meta,
		     const struct wire_terms *terms)
{
	static const struct wire_terms none;
	const struct wire_terms *t = terms ? terms : &none;
	put_text(out, meta->shelf);
	buf_put(out, meta->origin, sizeof(meta->origin));
	buf_varint(out, meta->sequence);
	put_text(out, t->tlp);
	put_text(out, t->licence);
	buf_varint(out, meta->entry_count);
	for (size_t i = 0; i < meta->entry_count; i++)
		put_entry(out, &meta->entries[i]);
}

/* ---- rows through the compressor ---- */

struct packer {
	ZSTD_CCtx *zstd;
	struct buf plain, last; /* rows not yet compressed; the key before */
	struct buf *out;
	uint64_t rows, octets;
};

static int compress(struct packer *p, ZSTD_EndDirective how)
{
	ZSTD_inBuffer in = {p->plain.at, p->plain.len, 0};
	size_t left;
	do {
		size_t room = 64 << 10;
		uint8_t *at = buf_room(p->out, room);
		if (at == NULL)
			return p->out->err;
		ZSTD_outBuffer to = {at, room, 0};
		left = ZSTD_compressStream2(p->zstd, &to, &in, how);
		if (ZSTD_isError(left))
			return YORE_ENOMEM;
		p->out->len += to.pos;
	} while (in.pos < in.size || (how == ZSTD_e_end && left));
	buf_clear(&p->plain);
	return 0;
}

static int put_row(struct packer *p, struct bytes key, struct bytes value)
{
	size_t same = 0;
	while (same < key.len && same < p->last.len && key.at[same] == p->last.at[same])
		same++;
	buf_varint(&p->plain, same + 1); /* 0 ends the rows */
	buf_varint(&p->plain, key.len - same);
	buf_put(&p->plain, key.at + same, key.len - same);
	buf_varint(&p->plain, value.len);
	buf_put_bytes(&p->plain, value);
	p->last.len = same;
	buf_put(&p->last, key.at + same, key.len - same);
	p->rows++;
	p->octets += key.len + value.len;
	if (p->octets > WIRE_ROWS_MAX || key.len > WIRE_KEY_MAX)
		return YORE_ELIMIT;
	if (p->plain.err < 0 || p->last.err < 0)
		return p->plain.err < 0 ? p->plain.err : p->last.err;
	return p->plain.len > (128u << 10) ? compress(p, ZSTD_e_continue) : 0;
}

static int put_rows(struct packer *p, struct segment_rows *rows)
{
	struct bytes key, value;
	int r;
	while ((r = rows->next(rows, &key, &value)) == 1) {
		if (key.at[0] != TABLE_RRSET && key.at[0] != TABLE_SERVER)
			continue;
		r = put_row(p, key, value);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	buf_varint(&p->plain, 0);
	buf_varint(&p->plain, p->rows);
	return compress(p, ZSTD_e_end);
}

int wire_write(const struct segment_meta *meta, const struct wire_terms *terms,
	       struct segment_rows *rows, struct buf *out, uint64_t *ret_rows,
	       struct fault *f)
{
	struct packer p = {.out = out, .zstd = ZSTD_createCCtx()};
	struct wire_base base;
	struct buf head;
	buf_init(&head, WIRE_HEAD_MAX);
	buf_init(&p.plain, 4u << 20);
	buf_init(&p.last, WIRE_KEY_MAX + 16);
	int r = p.zstd ? wire_base_of(meta->shelf, &base) : YORE_ENOMEM;
	if (r == 0) {
		ZSTD_CCtx_setParameter(p.zstd, ZSTD_c_compressionLevel, LEVEL);
		ZSTD_CCtx_setParameter(p.zstd, ZSTD_c_checksumFlag, 1);
		put_head(&head, meta, terms);
		buf_put(out, WIRE_MAGIC, WIRE_MAGIC_LEN);
		buf_varint(out, head.len);
		buf_put_bytes(out, buf_bytes(&head));
		r = head.err < 0 ? head.err : out->err;
	}
	if (r == 0)
		r = put_rows(&p, rows);
	if (r == 0 && out->len > WIRE_OCTETS_MAX)
		r = YORE_ELIMIT;
	if (r == 0)
		*ret_rows = p.rows;
	ZSTD_freeCCtx(p.zstd);
	buf_release(&head);
	buf_release(&p.plain);
	buf_release(&p.last);
	return r < 0 ? fault_set(f, r, "segment of %s: %s", meta->shelf, yore_strerror(r))
		     : 0;
}

void wire_name(struct bytes segment, char out[WIRE_NAME_LEN + 1])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t hash[32];
	hash_wide(segment.at, segment.len, hash);
	for (size_t i = 0; i < sizeof(hash); i++) {
		out[2 * i] = digits[hash[i] >> 4];
		out[2 * i + 1] = digits[hash[i] & 15];
	}
	out[WIRE_NAME_LEN] = '\0';
}

bool wire_name_good(const char *name)
{
	return strlen(name) == WIRE_NAME_LEN &&
	       strspn(name, "0123456789abcdef") == WIRE_NAME_LEN;
}
