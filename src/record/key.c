#include "record/key.h"

#include "base/hash.h"
#include "dns/name.h"
#include "dns/rdata.h"
#include "dns/type.h"

#define HEAD_ADDR4 4
#define HEAD_ADDR6 6
#define HEAD_NAME 'n'
#define HEAD_RAW 'r'
#define LEN_LARGE 0xffff

/* A record with many heads may fill so many octets of keys before it gets but a few:
 * twenty hints of IPv6 in one record are more than honest ones have. */
#define HEADS_OCTETS (8u << 10)
#define HEADS_MIN 4

static void put_reversed(struct buf *out, struct bytes name)
{
	uint8_t *p = buf_room(out, name.len);
	if (p)
		out->len += name_reverse(name, p);
}

/* A length; of a large one with its digest. */
static void put_size(struct buf *out, struct bytes v)
{
	uint8_t digest[32];
	if (v.len < KEY_LARGE) {
		buf_u16be(out, (uint16_t)v.len);
		return;
	}
	hash_wide(v.at, v.len, digest);
	buf_u16be(out, LEN_LARGE);
	buf_put(out, digest, KEY_DIGEST);
	buf_u32be(out, (uint32_t)v.len);
}

static void put_sized(struct buf *out, struct bytes v)
{
	put_size(out, v);
	buf_put_bytes(out, v);
}

/* The same octets in one go: this is done for every set that is seen. */
static bool put_rrset_fast(struct buf *out, const struct rrset *s)
{
	if (s->source >= SOURCE_FIRST_NAMED || s->rdata.len >= KEY_LARGE)
		return false;
	uint8_t *p = buf_room(out, s->owner.len + s->rdata.len + 7);
	if (p == NULL)
		return false;
	*p = TABLE_RRSET;
	size_t n = 1 + name_reverse(s->owner, p + 1);
	store_u16be(p + n, s->type);
	p[n + 2] = s->bailiwick;
	p[n + 3] = (uint8_t)s->source;
	store_u16be(p + n + 4, (uint16_t)s->rdata.len);
	if (s->rdata.len)
		memcpy(p + n + 6, s->rdata.at, s->rdata.len);
	out->len += n + 6 + s->rdata.len;
	return true;
}

void key_rrset(struct buf *out, const struct rrset *s)
{
	if (put_rrset_fast(out, s))
		return;
	buf_putc(out, TABLE_RRSET);
	put_reversed(out, s->owner);
	buf_u16be(out, s->type);
	buf_putc(out, s->bailiwick);
	source_put_key(out, s->source);
	put_sized(out, s->rdata);
}

void key_name(struct buf *out, struct bytes owner)
{
	buf_putc(out, TABLE_NAME);
	buf_put_bytes(out, owner);
}

void key_server(struct buf *out, const struct addr *server, struct bytes zone)
{
	buf_putc(out, TABLE_SERVER);
	buf_putc(out, server->len);
	buf_put(out, server->at, server->len);
	put_reversed(out, zone);
}

/* ---- by rdata ---- */

/* The parts of one rdata that rows stand under. */
struct parts {
	uint16_t type;
	rdata_part_fn each;
	void *arg;
	struct bytes seen[KEY_HEADS_MAX]; /* borrowed from rdata */
	enum rdata_part kind[KEY_HEADS_MAX];
	size_t used, limit, left_out;
};

struct heads {
	const struct rrset *set;
	struct bytes rdata;
	struct buf *scratch;
	key_fn each;
	void *arg;
	bool any;
};

static void put_head(struct buf *out, enum rdata_part part, struct bytes v)
{
	struct name lower;
	buf_putc(out, TABLE_RDATA);
	switch (part) {
	case RDATA_ADDR4:
		buf_putc(out, HEAD_ADDR4);
		buf_put_bytes(out, v);
		return;
	case RDATA_ADDR6:
		buf_putc(out, HEAD_ADDR6);
		buf_put_bytes(out, v);
		return;
	case RDATA_NAME:
		buf_putc(out, HEAD_NAME);
		if (name_of_wire(v, &lower) == 0)
			put_reversed(out, name_bytes(&lower));
		return;
	}
}

static void put_raw_head(struct buf *out, uint16_t type, struct bytes rdata)
{
	buf_putc(out, TABLE_RDATA);
	buf_putc(out, HEAD_RAW);
	buf_u16be(out, type);
	put_size(out, rdata);
	if (rdata.len < KEY_LARGE)
		buf_put_bytes(out, rdata);
}

static bool is_lower(struct bytes v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.at[i] >= 'A' && v.at[i] <= 'Z')
			return false;
	return true;
}

static bool head_says_all(uint16_t type, enum rdata_part part, struct bytes v,
			  struct bytes rdata)
{
	if (v.len != rdata.len)
		return false;
	switch (part) {
	case RDATA_ADDR4:
		return type == TYPE_A;
	case RDATA_ADDR6:
		return type == TYPE_AAAA;
	case RDATA_NAME:
		/* Label lengths are below 64, so this sees letters only. */
		return rdata_is_name(type) && is_lower(v);
	}
	return false;
}

static void put_tail(struct heads *h, bool rdata_too)
{
	put_reversed(h->scratch, h->set->owner);
	buf_u16be(h->scratch, h->set->type);
	source_put_key(h->scratch, h->set->source);
	put_sized(h->scratch, rdata_too ? h->rdata : BYTES(NULL, 0));
	if (h->scratch->err == 0)
		h->each(buf_bytes(h->scratch), h->arg);
}

static bool part_is_new(const struct parts *p, enum rdata_part part, struct bytes v)
{
	for (size_t i = 0; i < p->used; i++)
		if (p->kind[i] == part && bytes_equal(p->seen[i], v))
			return false;
	return true;
}

/* "." as a target names nothing, but where it is the whole rdata it is the head. */
static bool part_is_void(uint16_t type, enum rdata_part part, struct bytes v)
{
	return part == RDATA_NAME && v.len == 1 && !rdata_is_name(type);
}

static void one_part(enum rdata_part part, struct bytes v, void *arg)
{
	struct parts *p = arg;
	if (part_is_void(p->type, part, v) || !part_is_new(p, part, v))
		return;
	if (p->used == p->limit) {
		p->left_out++;
		return;
	}
	p->kind[p->used] = part;
	p->seen[p->used++] = v;
	p->each(part, v, p->arg);
}

static void one_head(enum rdata_part part, struct bytes v, void *arg)
{
	struct heads *h = arg;
	h->any = true;
	buf_clear(h->scratch);
	put_head(h->scratch, part, v);
	put_tail(h, !head_says_all(h->set->type, part, v, h->rdata));
}

size_t key_heads_limit(size_t rdata_len)
{
	size_t n = HEADS_OCTETS / (rdata_len + 1);
	return n < HEADS_MIN ? HEADS_MIN : n > KEY_HEADS_MAX ? KEY_HEADS_MAX : n;
}

size_t key_rdata_parts(uint16_t type, struct bytes rdata, rdata_part_fn each, void *arg)
{
	struct parts p;
	p.type = type;
	p.each = each;
	p.arg = arg;
	p.used = p.left_out = 0;
	p.limit = key_heads_limit(rdata.len);
	rdata_parts(type, rdata, one_part, &p);
	return p.left_out;
}

size_t key_rdata_each(const struct rrset *s, struct bytes rdata, struct buf *scratch,
		      key_fn each, void *arg)
{
	struct heads h = {s, rdata, scratch, each, arg, false};
	size_t left_out = key_rdata_parts(s->type, rdata, one_head, &h);
	if (!h.any) {
		buf_clear(scratch);
		put_raw_head(scratch, s->type, rdata);
		put_tail(&h, rdata.len >= KEY_LARGE);
	}
	return left_out;
}

/* ---- suffixes ---- */

void key_put_month(struct buf *out, int32_t month)
{
	buf_putc(out, month % 12 + 1);
}

void key_put_first(struct buf *out, int64_t first_s)
{
	if (first_s < 0) /* not known, or before 1970 */
		first_s = 0;
	if (first_s > 0xffffffffff)
		first_s = 0xffffffffff;
	buf_putc(out, (int)(first_s >> 32));
	buf_u32be(out, (uint32_t)first_s);
}

/* ---- bounds ---- */

void key_owner_prefix(struct buf *out, uint8_t table, struct bytes name, bool zone)
{
	buf_putc(out, table);
	if (table == TABLE_NAME)
		buf_put_bytes(out, name);
	else
		put_reversed(out, name);
	if (zone && out->err == 0)
		out->len--; /* without the final zero: everything that begins so */
}

void key_rdata_addr_prefix(struct buf *out, const struct addr *a)
{
	put_head(out, a->len == 4 ? RDATA_ADDR4 : RDATA_ADDR6, BYTES(a->at, a->len));
}

void key_rdata_name_prefix(struct buf *out, struct bytes name, bool zone)
{
	put_head(out, RDATA_NAME, name);
	if (zone && out->err == 0)
		out->len--;
}

struct first_head {
	struct buf *out;
	uint16_t type;
	bool done;
};

static void put_first_head(enum rdata_part part, struct bytes v, void *arg)
{
	struct first_head *f = arg;
	if (f->done || part_is_void(f->type, part, v))
		return;
	f->done = true;
	put_head(f->out, part, v);
}

void key_rdata_raw_prefix(struct buf *out, uint16_t type, struct bytes rdata)
{
	struct first_head f = {out, type, false};
	rdata_parts(type, rdata, put_first_head, &f);
	if (!f.done)
		put_raw_head(out, type, rdata);
}

int key_after(struct buf *prefix)
{
	size_t n = prefix->len;
	while (n > 0 && prefix->at[n - 1] == 0xff)
		n--;
	if (n == 0)
		return 0;
	prefix->len = n;
	prefix->at[n - 1]++;
	return 1;
}
