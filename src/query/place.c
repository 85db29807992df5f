#include "query/place.h"

#include "base/hash.h"

#define VERSION 1
#define PARTS 5

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

void place_put(struct buf *out, const struct place *p)
{
	struct buf b;
	buf_init(&b, 1u << 20);
	buf_putc(&b, VERSION);
	buf_u32be(&b, p->question);
	buf_varint(&b, p->step);
	buf_varint(&b, p->bound);
	buf_varint(&b, (uint64_t)(uint32_t)p->month);
	buf_u64be(&b, (uint64_t)p->first_s);
	const struct bytes parts[PARTS] = {p->name, p->row, p->set, p->rdata, p->source};
	for (int i = 0; i < PARTS; i++)
		put_part(&b, parts[i]);
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
	struct bytes *parts[PARTS] = {&p.name, &p.row, &p.set, &p.rdata, &p.source};
	for (int i = 0; i < PARTS; i++)
		*parts[i] = reader_take(&in, reader_varint(&in));
	if (in.err || reader_left(&in))
		return YORE_EUSAGE;
	*ret = p;
	return 0;
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
