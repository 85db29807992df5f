/*
 * Service parameters of SVCB and HTTPS (RFC 9460): key, length, value, in ascending
 * order of keys. The keys of RFC 9460 itself must be as it says or the record is
 * malformed (2.2), but for lists without an item, which are sent and which decoders let
 * pass; later keys that do not fit their form print as keyNNN.
 */
#include <stdio.h>

#include "base/addr.h"
#include "dns/name_text.h"
#include "dns/rdata_code.h"
#include "dns/rdata_form.h"

enum {
	KEY_MANDATORY,
	KEY_ALPN,
	KEY_NO_DEFAULT_ALPN,
	KEY_PORT,
	KEY_IPV4HINT,
	KEY_ECH,
	KEY_IPV6HINT,
	KEY_DOHPATH,
	KEY_OHTTP,
	KEY_GROUPS,
	KEY_DOCPATH,
	KEYS
};

static bool any_ok(struct bytes v)
{
	return true;
}

static bool empty_ok(struct bytes v)
{
	return v.len == 0;
}

static bool port_ok(struct bytes v)
{
	return v.len == 2;
}

static bool u16s_ok(struct bytes v)
{
	return v.len > 0 && v.len % 2 == 0;
}

static bool ip4s_ok(struct bytes v)
{
	return v.len % 4 == 0;
}

static bool ip6s_ok(struct bytes v)
{
	return v.len % 16 == 0;
}

/* RFC 9460 8: ascending, without itself. */
static bool mandatory_ok(struct bytes v)
{
	unsigned last = 0;
	if (v.len % 2 != 0)
		return false;
	for (size_t i = 0; i < v.len; i += 2) {
		if (load_u16be(v.at + i) <= last)
			return false;
		last = load_u16be(v.at + i);
	}
	return true;
}

static bool list_ok(struct bytes v)
{
	size_t at = 0;
	while (at < v.len && v.at[at] != 0)
		at += (size_t)v.at[at] + 1;
	return at == v.len;
}

/* --- printing values (inside quotes) --- */

static void put_escaped(struct buf *out, uint8_t c)
{
	char text[4];
	buf_put(out, text, text_put_octet(text, c, false));
}

static void put_text(struct buf *out, struct bytes v)
{
	for (size_t i = 0; i < v.len; i++)
		put_escaped(out, v.at[i]);
}

/* A comma inside an item is escaped twice: in the list, then in the text (A.1). */
static void put_list(struct buf *out, struct bytes v)
{
	for (size_t at = 0; at < v.len;) {
		size_t end = at + 1 + v.at[at];
		if (at > 0)
			buf_putc(out, ',');
		for (at++; at < end; at++) {
			if (v.at[at] == ',' || v.at[at] == '\\')
				buf_puts(out, "\\\\");
			put_escaped(out, v.at[at]);
		}
	}
}

static void put_u16s(struct buf *out, struct bytes v)
{
	for (size_t i = 0; i < v.len; i += 2) {
		if (i > 0)
			buf_putc(out, ',');
		buf_u64(out, load_u16be(v.at + i));
	}
}

static void put_key(struct buf *out, uint16_t key);

static void put_keys(struct buf *out, struct bytes v)
{
	for (size_t i = 0; i < v.len; i += 2) {
		if (i > 0)
			buf_putc(out, ',');
		put_key(out, load_u16be(v.at + i));
	}
}

static void put_addrs(struct buf *out, struct bytes v, uint8_t len)
{
	char text[ADDR_TEXT_MAX];
	for (size_t i = 0; i < v.len; i += len) {
		struct addr a = addr_of(v.at + i, len);
		if (i > 0)
			buf_putc(out, ',');
		buf_put(out, text, addr_text(&a, text));
	}
}

static void put_ip4s(struct buf *out, struct bytes v)
{
	put_addrs(out, v, 4);
}

static void put_ip6s(struct buf *out, struct bytes v)
{
	put_addrs(out, v, 16);
}

/* --- reading values: text is the octets inside the quotes, escapes undone once --- */

static int key_of_text(const char *at, const char *end);

static bool read_text(struct bytes text, struct buf *out)
{
	buf_put_bytes(out, text);
	return true;
}

static bool read_list_item(const uint8_t **at, const uint8_t *end, struct buf *out)
{
	uint8_t item[255];
	size_t n = 0;
	for (; *at < end && **at != ','; ++*at) {
		if (**at == '\\' && ++*at == end)
			return false;
		if (n == sizeof(item))
			return false;
		item[n++] = **at;
	}
	buf_putc(out, (int)n);
	buf_put(out, item, n);
	return n > 0;
}

static bool read_list(struct bytes text, struct buf *out)
{
	const uint8_t *at = text.at, *end = at + text.len;
	while (at < end) {
		if (!read_list_item(&at, end, out))
			return false;
		if (at < end && ++at == end)
			return false; /* nothing behind the comma */
	}
	return true;
}

/* Calls each for every piece between commas. */
static bool read_pieces(struct bytes text, struct buf *out,
			bool (*each)(const struct token *t, struct buf *out))
{
	const char *at = (const char *)text.at, *end = at + text.len;
	while (text.len > 0) {
		const char *stop = memchr(at, ',', (size_t)(end - at));
		struct token t = {at, stop ? stop : end, false};
		if (!each(&t, out))
			return false;
		if (!stop)
			return true;
		at = stop + 1;
	}
	return true;
}

static bool read_u16(const struct token *t, struct buf *out)
{
	uint64_t v;
	if (!token_number(t, UINT16_MAX, &v))
		return false;
	buf_u16be(out, (uint16_t)v);
	return true;
}

static bool read_u16s(struct bytes text, struct buf *out)
{
	return read_pieces(text, out, read_u16);
}

static bool read_addr(const struct token *t, uint8_t len, struct buf *out)
{
	char text[ADDR_TEXT_MAX + 8];
	struct addr a;
	if (!token_plain(t, text, sizeof(text)) || addr_parse(text, &a) < 0 ||
	    a.len != len)
		return false;
	buf_put(out, a.at, a.len);
	return true;
}

static bool read_ip4(const struct token *t, struct buf *out)
{
	return read_addr(t, 4, out);
}

static bool read_ip6(const struct token *t, struct buf *out)
{
	return read_addr(t, 16, out);
}

static bool read_ip4s(struct bytes text, struct buf *out)
{
	return read_pieces(text, out, read_ip4);
}

static bool read_ip6s(struct bytes text, struct buf *out)
{
	return read_pieces(text, out, read_ip6);
}

static bool read_base64(struct bytes text, struct buf *out)
{
	struct code code = {.bits = 6};
	const char *at = (const char *)text.at;
	return code_read(&code, at, at + text.len, out) && code_end(&code);
}

/* Keys may be listed in any order and are kept in ascending order. */
static bool read_keys(struct bytes text, struct buf *out)
{
	size_t first = out->len;
	const char *at = (const char *)text.at, *end = at + text.len;
	for (; text.len > 0 && at <= end; at++) {
		const char *stop = at;
		while (stop < end && *stop != ',')
			stop++;
		int key = key_of_text(at, stop);
		if (key < 0 || !buf_room(out, 2))
			return false;
		size_t to = out->len;
		for (; to > first && load_u16be(out->at + to - 2) > key; to -= 2)
			memmove(out->at + to, out->at + to - 2, 2);
		store_u16be(out->at + to, (uint16_t)key);
		out->len += 2;
		at = stop;
	}
	return true;
}

static const struct {
	const char *name;
	bool (*ok)(struct bytes v);
	void (*put)(struct buf *out, struct bytes v); /* NULL: never has a value */
	bool (*read)(struct bytes text, struct buf *out);
} keys[KEYS] = {
    [KEY_MANDATORY] = {"mandatory", mandatory_ok, put_keys, read_keys},
    [KEY_ALPN] = {"alpn", list_ok, put_list, read_list},
    [KEY_NO_DEFAULT_ALPN] = {"no-default-alpn", empty_ok, NULL, NULL},
    [KEY_PORT] = {"port", port_ok, put_u16s, read_u16s},
    [KEY_IPV4HINT] = {"ipv4hint", ip4s_ok, put_ip4s, read_ip4s},
    [KEY_ECH] = {"ech", any_ok, base64_put, read_base64},
    [KEY_IPV6HINT] = {"ipv6hint", ip6s_ok, put_ip6s, read_ip6s},
    [KEY_DOHPATH] = {"dohpath", any_ok, put_text, read_text}, /* RFC 9461 */
    [KEY_OHTTP] = {"ohttp", empty_ok, NULL, NULL},	      /* RFC 9540 */
    [KEY_GROUPS] = {"tls-supported-groups", u16s_ok, put_u16s, read_u16s},
    [KEY_DOCPATH] = {"docpath", list_ok, put_list, read_list}, /* RFC 9953 */
};

static void put_key(struct buf *out, uint16_t key)
{
	if (key < KEYS)
		buf_puts(out, keys[key].name);
	else
		buf_printf(out, "key%u", key);
}

static int key_of_text(const char *at, const char *end)
{
	struct token t = {at, end, false};
	uint64_t v;
	for (int i = 0; i < KEYS; i++) {
		if (token_is(&t, keys[i].name))
			return i;
	}
	if (end - at < 4 || (at[3] == '0' && end - at > 4))
		return -1;
	struct token word = {at, at + 3, false}, number = {at + 3, end, false};
	if (!token_is(&word, "key") || !token_number(&number, UINT16_MAX, &v))
		return -1;
	return (int)v;
}

/* --- the list of parameters --- */

struct param {
	uint16_t key;
	struct bytes value;
};

static bool next_param(struct reader *r, struct param *ret)
{
	if (r->err || reader_left(r) == 0)
		return false;
	ret->key = reader_u16(r);
	ret->value = reader_take(r, reader_u16(r));
	return r->err == 0;
}

static bool has_key(struct bytes params, uint16_t key)
{
	struct reader r = reader_of(params);
	struct param p;
	while (next_param(&r, &p)) {
		if (p.key >= key)
			return p.key == key;
	}
	return false;
}

static bool all_present(struct bytes params, struct bytes wanted)
{
	struct reader r = reader_of(params);
	struct param p = {0};
	for (size_t i = 0; i < wanted.len; i += 2) { /* both ascend */
		uint16_t key = load_u16be(wanted.at + i);
		while (p.key < key) {
			if (!next_param(&r, &p))
				return false;
		}
		if (p.key != key)
			return false;
	}
	return true;
}

static bool params_ok(struct bytes params)
{
	struct reader r = reader_of(params);
	struct param p;
	int last = -1;
	while (next_param(&r, &p)) {
		if (p.key <= last || (p.key <= KEY_IPV6HINT && !keys[p.key].ok(p.value)))
			return false;
		if (p.key == KEY_MANDATORY && !all_present(params, p.value))
			return false;
		if (p.key == KEY_NO_DEFAULT_ALPN && !has_key(params, KEY_ALPN))
			return false;
		last = p.key;
	}
	return r.err == 0;
}

bool svc_params_canon(struct canon *c)
{
	struct bytes params = BYTES(c->msg.at + c->at, canon_left(c));
	return params_ok(params) ? canon_copy(c, params.len) : canon_fail(c);
}

static void put_param(struct put *p, const struct param *param)
{
	bool plain = param->key < KEYS && keys[param->key].ok(param->value);
	put_gap(p);
	if (!plain) {
		buf_printf(p->out, "key%u", param->key);
		if (param->value.len) {
			buf_putc(p->out, '=');
			put_quoted(p->out, param->value);
		}
		return;
	}
	put_key(p->out, param->key);
	if (keys[param->key].put) {
		buf_puts(p->out, "=\"");
		keys[param->key].put(p->out, param->value);
		buf_putc(p->out, '"');
	}
}

bool svc_params_put(struct put *p)
{
	struct param param;
	if (!params_ok(BYTES(p->in.at, reader_left(&p->in))))
		return false;
	while (next_param(&p->in, &param))
		put_param(p, &param);
	return true;
}

/* The value's octets with quotes and escapes undone, behind what out holds. */
static int value_octets(struct token t, struct buf *out)
{
	size_t n = (size_t)(t.end - t.at);
	if (n >= 2 && t.at[0] == '"' && t.end[-1] == '"') {
		t.at++;
		t.end--;
	}
	uint8_t *room = buf_room(out, n + 1);
	return room ? token_octets(&t, room, n) : -1;
}

static bool read_value(int key, bool named, struct bytes text, struct buf *out)
{
	if (!named || key >= KEYS)
		return read_text(text, out);
	return keys[key].read ? keys[key].read(text, out) : text.len == 0;
}

/* Appends one parameter; its place is found by settle_param. */
static bool read_param(struct parse *p, const struct token *t, struct buf *text)
{
	const char *equals = memchr(t->at, '=', (size_t)(t->end - t->at));
	const char *stop = equals ? equals : t->end;
	int key = key_of_text(t->at, stop);
	bool named = key >= 0 && !(stop[-1] >= '0' && stop[-1] <= '9');
	int n = 0;

	if (key < 0)
		return parse_fail(p);
	buf_clear(text);
	if (equals)
		n = value_octets((struct token){equals + 1, t->end, false}, text);
	if (n < 0)
		return parse_fail(p);
	/* a key whose form is never empty cannot stand without a value */
	if (named && !equals && keys[key].read && key != KEY_DOCPATH)
		return parse_fail(p);
	buf_u16be(p->out, (uint16_t)key);
	buf_u16be(p->out, 0);
	size_t at = p->out->len;
	if (!read_value(key, named, n ? BYTES(text->at, n) : BYTES("", 0), p->out) ||
	    p->out->len - at > UINT16_MAX)
		return parse_fail(p);
	if (p->out->err == 0)
		store_u16be(p->out->at + at - 2, (uint16_t)(p->out->len - at));
	return p->out->err == 0;
}

static void reverse(uint8_t *from, uint8_t *to)
{
	while (from < to) {
		uint8_t c = *from;
		*from++ = *--to;
		*to = c;
	}
}

/* Moves the last parameter (at `last`) to its place by rotating what follows it. */
static bool settle_param(struct buf *out, size_t first, size_t last)
{
	struct reader r = reader_of(BYTES(out->at + first, last - first));
	struct param p;
	uint16_t key = load_u16be(out->at + last);
	size_t place = first;

	while (next_param(&r, &p)) {
		if (p.key == key)
			return false;
		if (p.key > key)
			break;
		place = first + reader_offset(&r);
	}
	if (place < last) {
		reverse(out->at + place, out->at + last);
		reverse(out->at + last, out->at + out->len);
		reverse(out->at + place, out->at + out->len);
	}
	return true;
}

bool svc_params_parse(struct parse *p)
{
	struct buf text;
	struct token t;
	size_t first = p->out->len, highest = first;
	bool good = true;

	buf_init(&text, 4 * RDATA_MAX + 16);
	while (good && parse_token(p, &t)) {
		size_t last = p->out->len;
		good = read_param(p, &t, &text) && last - first <= RDATA_MAX;
		if (!good || last == first)
			continue;
		/* in order, as nearly all are, nothing has to be searched */
		if (load_u16be(p->out->at + last) > load_u16be(p->out->at + highest)) {
			highest = last;
		} else {
			good = settle_param(p->out, first, last) || parse_fail(p);
			highest += p->out->len - last;
		}
	}
	buf_release(&text);
	return good && p->err == 0;
}

static void parts_addrs(struct parts *p, enum rdata_part part, struct bytes v, size_t len)
{
	for (size_t i = 0; i + len <= v.len; i += len)
		p->each(part, BYTES(v.at + i, len), p->arg);
}

void parts_svc_params(struct parts *p)
{
	struct param param;
	while (next_param(&p->in, &param)) {
		if (param.key == KEY_IPV4HINT)
			parts_addrs(p, RDATA_ADDR4, param.value, 4);
		else if (param.key == KEY_IPV6HINT)
			parts_addrs(p, RDATA_ADDR6, param.value, 16);
	}
}
