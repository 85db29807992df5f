#include "query/place.h"

#include "base/hash.h"

#define VERSION 2
#define WHOLE_MAX (2 * (size_t)PLACE_END)

/* ---- which question ---- */

static uint64_t add(uint64_t h, const void *p, size_t n)
{
	return hash_fixed(p, n, h);
}

static uint64_t add_term(uint64_t h, const struct term *t)
{
	uint8_t kind = (uint8_t)t->kind;
	h = add(h, &kind, 1);
	h = add(h, name_bytes(&t->name).at, t->name.len);
	h = add(h, t->range.lo.at, t->range.lo.len);
	h = add(h, t->range.hi.at, t->range.hi.len);
	h = add(h, t->raw, t->raw_len);
	const char *text = t->pattern ? pattern_source(t->pattern) : "";
	return add(h, text, strlen(text));
}

uint32_t place_question(const struct query *q)
{
	uint8_t how[] = {(uint8_t)q->side, q->subdomains, (uint8_t)q->view};
	uint64_t h = add(q->term_count, how, sizeof(how));
	for (size_t i = 0; i < q->term_count; i++)
		h = add_term(h, &q->terms[i]);
	h = q->shelf ? add(h, q->shelf, strlen(q->shelf)) : h;
	/* they choose the stretches of the plan */
	for (size_t i = 0; q->types == TYPES_LISTED && i < q->type_count; i++)
		h = hash_mix(h, q->type[i]);
	return (uint32_t)h;
}

/* ---- as text ---- */

static void put_part(struct buf *b, struct bytes part)
{
	buf_varint(b, part.len);
	buf_put_bytes(b, part);
}

static void put_gap(struct buf *b, const struct gap *g)
{
	buf_varint(b, g->octets);
	if (g->octets == 0)
		return;
	buf_put_bytes(b, g->digest);
	buf_put_bytes(b, g->end);
}

static void digest_of(struct bytes between, uint8_t ret[PLACE_DIGEST])
{
	uint8_t whole[32];
	hash_wide(between.at, between.len, whole);
	memcpy(ret, whole, PLACE_DIGEST);
}

/* g: the gap that it has already. */
static void put_long(struct buf *b, struct bytes part, const struct gap *g)
{
	uint8_t digest[PLACE_DIGEST];
	struct gap made = *g;
	if (g->octets == 0 && part.len > WHOLE_MAX) {
		made.octets = part.len - WHOLE_MAX;
		made.digest = BYTES(digest, PLACE_DIGEST);
		made.end = BYTES(part.at + part.len - PLACE_END, PLACE_END);
		digest_of(BYTES(part.at + PLACE_END, made.octets), digest);
		part.len = PLACE_END;
	}
	put_part(b, part);
	put_gap(b, &made);
}

void place_put(struct buf *out, const struct place *p)
{
	struct buf b;
	buf_init(&b, 1u << 12);
	buf_putc(&b, VERSION);
	buf_u32be(&b, p->question);
	buf_varint(&b, p->step);
	buf_varint(&b, p->bound);
	buf_varint(&b, (uint64_t)(uint32_t)p->month);
	buf_u64be(&b, (uint64_t)p->first_s);
	put_part(&b, p->name);
	put_long(&b, p->row, &p->row_gap);
	put_long(&b, p->set, &p->set_gap);
	put_long(&b, p->rdata, &p->rdata_gap);
	put_part(&b, p->source);
	buf_u32be(&b, (uint32_t)hash_fixed(b.at, b.len, VERSION));
	if (b.err && out->err == 0)
		out->err = b.err;
	buf_hex(out, buf_bytes(&b));
	buf_release(&b);
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int to_octets(const char *text, struct buf *room)
{
	buf_clear(room);
	for (; *text; text += 2) {
		int hi = digit(text[0]), lo = hi < 0 ? -1 : digit(text[1]);
		if (lo < 0)
			return YORE_EUSAGE;
		buf_putc(room, hi << 4 | lo);
	}
	return room->err;
}

static struct bytes read_part(struct reader *in)
{
	return reader_take(in, reader_varint(in));
}

/* A gap is only where an end of each side was kept: whoever looks it up reads little. */
static struct bytes read_long(struct reader *in, struct gap *ret)
{
	struct bytes part = read_part(in);
	*ret = (struct gap){.octets = reader_varint(in)};
	if (ret->octets == 0)
		return part;
	ret->digest = reader_take(in, PLACE_DIGEST);
	ret->end = reader_take(in, PLACE_END);
	if (part.len != PLACE_END)
		in->err = YORE_EMALFORMED;
	return part;
}

int place_read(const char *text, struct buf *room, struct place *ret)
{
	int r = to_octets(text, room);
	if (r < 0)
		return r;
	if (room->len < 4 || load_u32be(room->at + room->len - 4) !=
				 (uint32_t)hash_fixed(room->at, room->len - 4, VERSION))
		return YORE_EUSAGE;
	struct reader in = reader_of(BYTES(room->at, room->len - 4));
	struct place p = {0};
	if (reader_u8(&in) != VERSION)
		return YORE_EUSAGE;
	p.question = reader_u32(&in);
	p.step = reader_varint(&in);
	p.bound = reader_varint(&in);
	p.month = (int32_t)(uint32_t)reader_varint(&in);
	p.first_s = (int64_t)reader_u64(&in);
	p.name = read_part(&in);
	p.row = read_long(&in, &p.row_gap);
	p.set = read_long(&in, &p.set_gap);
	p.rdata = read_long(&in, &p.rdata_gap);
	p.source = read_part(&in);
	if (in.err || reader_left(&in))
		return YORE_EUSAGE;
	*ret = p;
	return 0;
}

bool gap_close(const struct gap *g, struct bytes like, struct buf *room,
	       struct bytes *begin)
{
	uint8_t digest[PLACE_DIGEST];
	if (!bytes_begins(like, *begin) || like.len - begin->len < g->octets)
		return false;
	digest_of(BYTES(like.at + begin->len, g->octets), digest);
	if (memcmp(digest, g->digest.at, PLACE_DIGEST) != 0)
		return false;
	buf_clear(room);
	buf_put(room, like.at, begin->len + g->octets);
	buf_put_bytes(room, g->end);
	*begin = buf_bytes(room);
	return room->err == 0;
}

/* ---- order ---- */

int place_compare(const struct place *a, const struct place *b)
{
	if (a->step != b->step)
		return a->step < b->step ? -1 : 1;
	if (a->bound != b->bound)
		return a->bound < b->bound ? -1 : 1;
	const struct bytes keys[3][2] = {
	    {a->name, b->name}, {a->row, b->row}, {a->set, b->set}};
	for (int i = 0; i < 3; i++) {
		int r = bytes_compare(keys[i][0], keys[i][1]);
		if (r)
			return r;
	}
	if (a->month != b->month)
		return a->month < b->month ? -1 : 1;
	if (a->first_s != b->first_s)
		return a->first_s < b->first_s ? -1 : 1;
	int r = bytes_compare(a->rdata, b->rdata);
	return r ? r : bytes_compare(a->source, b->source);
}
