#include "record/asked.h"

#include "dns/name.h"

#define VALUE_MORE 0x80

static bool client_len_good(unsigned n)
{
	return n == 4 || n == 16 || n == PSEUDONYM_LEN;
}

static void put_client(struct buf *out, const struct asked_client *c)
{
	buf_putc(out, c->len);
	buf_put(out, c->at, c->len);
}

static void put_name(struct buf *out, struct bytes name)
{
	uint8_t *p = buf_room(out, name.len);
	if (p)
		out->len += name_reverse(name, p);
}

void key_asked(struct buf *out, const struct asked_key *a)
{
	buf_putc(out, TABLE_ASKED);
	put_name(out, a->name);
	buf_u16be(out, a->type);
	buf_u16be(out, a->day);
	put_client(out, &a->client);
	buf_u16be(out, a->outcome);
}

void key_asked_client(struct buf *out, const struct asked_key *a)
{
	key_client_day_prefix(out, &a->client, a->day);
	put_name(out, a->name);
	buf_u16be(out, a->type);
	buf_u16be(out, a->outcome);
}

void key_client_day_prefix(struct buf *out, const struct asked_client *c, uint16_t day)
{
	key_client_prefix(out, c);
	buf_u16be(out, day);
}

void key_client_prefix(struct buf *out, const struct asked_client *c)
{
	buf_putc(out, TABLE_CLIENT);
	put_client(out, c);
}

static void read_client(struct reader *r, struct asked_client *c)
{
	c->len = reader_u8(r);
	struct bytes b = reader_take(r, client_len_good(c->len) ? c->len : SIZE_MAX);
	memset(c->at, 0, sizeof(c->at));
	if (r->err == 0)
		memcpy(c->at, b.at, b.len);
}

/* From the reversed form back into the caller's octets. */
static void read_name(struct reader *r, uint8_t name[255], struct bytes *ret)
{
	size_t n = key_name_octets(BYTES(r->at, reader_left(r)));
	struct bytes b = reader_take(r, n ? n : SIZE_MAX);
	if (r->err)
		return;
	*ret = BYTES(name, name_reverse(b, name));
}

int key_asked_read(struct bytes key, uint8_t name[255], struct asked_key *ret)
{
	struct reader r = reader_of(key);
	uint8_t table = reader_u8(&r);
	if (!table_is_asked(table))
		return YORE_EMALFORMED;
	if (table == TABLE_CLIENT) {
		read_client(&r, &ret->client);
		ret->day = reader_u16(&r);
	}
	read_name(&r, name, &ret->name);
	ret->type = reader_u16(&r);
	if (table == TABLE_ASKED) {
		ret->day = reader_u16(&r);
		read_client(&r, &ret->client);
	}
	ret->outcome = reader_u16(&r);
	return r.err ? r.err : reader_left(&r) ? YORE_EMALFORMED : 0;
}

int key_asked_day(struct bytes key, uint16_t *ret)
{
	if (key.len == 0 || !table_is_asked(key.at[0]))
		return YORE_EMALFORMED;
	struct reader r = reader_of(key);
	reader_skip(&r, 1);
	if (key.at[0] == TABLE_CLIENT) {
		struct asked_client c;
		read_client(&r, &c);
		*ret = reader_u16(&r);
		return r.err;
	}
	size_t n = key_name_octets(BYTES(r.at, reader_left(&r)));
	reader_skip(&r, n ? n + 2 : SIZE_MAX);
	*ret = reader_u16(&r);
	return r.err;
}

/* ---- values ---- */

void asked_value_add(struct asked_value *v, const struct addr *a)
{
	unsigned i = v->count;
	while (i > 0 && addr_compare(&v->addrs[i - 1], a) > 0)
		i--;
	if (i > 0 && addr_equal(&v->addrs[i - 1], a))
		return;
	if (v->count == ASKED_ADDRS)
		v->more = true;
	else
		v->count++;
	for (unsigned j = v->count; j-- > i + 1;)
		v->addrs[j] = v->addrs[j - 1];
	if (i < v->count)
		v->addrs[i] = *a;
}

void asked_value_merge(struct asked_value *into, const struct asked_value *other)
{
	span_merge(&into->span, &other->span);
	for (unsigned i = 0; i < other->count; i++)
		asked_value_add(into, &other->addrs[i]);
	into->more |= other->more;
}

size_t asked_value_encode(const struct asked_value *v, uint8_t out[ASKED_VALUE_MAX])
{
	size_t n = 0;
	out[n++] = (uint8_t)(v->count | (v->more ? VALUE_MORE : 0));
	for (unsigned i = 0; i < v->count; i++) {
		out[n++] = v->addrs[i].len;
		memcpy(out + n, v->addrs[i].at, v->addrs[i].len);
		n += v->addrs[i].len;
	}
	return n + span_encode(&v->span, 0, out + n);
}

/* The addresses, up to where the span begins. v NULL: they are only passed over. */
static void read_addrs(struct reader *r, struct asked_value *v)
{
	uint8_t head = reader_u8(r);
	unsigned n = head & ~VALUE_MORE;
	if (n > ASKED_ADDRS && r->err == 0)
		r->err = YORE_EMALFORMED;
	for (unsigned i = 0; i < n && r->err == 0; i++) {
		uint8_t len = reader_u8(r);
		struct bytes b = reader_take(r, len == 4 || len == 16 ? len : SIZE_MAX);
		if (r->err || v == NULL)
			continue;
		v->addrs[i] = addr_of(b.at, len);
		if (i && addr_compare(&v->addrs[i - 1], &v->addrs[i]) >= 0)
			r->err = YORE_EMALFORMED;
	}
	if (v) {
		v->count = (uint8_t)n;
		v->more = head & VALUE_MORE;
	}
}

bool asked_value_has(struct bytes wire, bool (*wants)(const struct addr *a, void *arg),
		     void *arg)
{
	struct reader r = reader_of(wire);
	unsigned n = reader_u8(&r) & ~VALUE_MORE & 0xff;
	for (unsigned i = 0; i < n && r.err == 0; i++) {
		uint8_t len = reader_u8(&r);
		struct bytes b = reader_take(&r, len == 4 || len == 16 ? len : SIZE_MAX);
		if (r.err)
			break;
		struct addr a = addr_of(b.at, len);
		if (wants(&a, arg))
			return true;
	}
	return false;
}

struct bytes asked_value_span(struct bytes wire)
{
	struct reader r = reader_of(wire);
	read_addrs(&r, NULL);
	return r.err ? BYTES(wire.at, 0) : BYTES(r.at, reader_left(&r));
}

int asked_value_read(struct bytes wire, struct asked_value *ret)
{
	struct reader r = reader_of(wire);
	struct asked_value v = {0};
	read_addrs(&r, &v);
	if (r.err == 0)
		r.err = span_read(BYTES(r.at, reader_left(&r)), 0, &v.span);
	if (r.err == 0)
		*ret = v;
	return r.err;
}

static size_t merge_asked(struct bytes a, struct bytes b, uint8_t *out)
{
	struct asked_value x, y;
	if (asked_value_read(a, &x) < 0 || asked_value_read(b, &y) < 0)
		return 0;
	asked_value_merge(&x, &y);
	return asked_value_encode(&x, out);
}

size_t row_value_merge(uint8_t table, struct bytes a, struct bytes b,
		       uint8_t out[ASKED_VALUE_MAX])
{
	struct span x, y;
	if (table_is_asked(table))
		return merge_asked(a, b, out);
	if (span_decode(a, 0, &x) < 0 || span_decode(b, 0, &y) < 0)
		return 0;
	span_merge(&x, &y);
	return span_encode(&x, 0, out);
}
