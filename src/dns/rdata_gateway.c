/*
 * Fields whose form depends on an octet before them: IPSECKEY (RFC 4025), AMTRELAY (RFC
 * 8777), HIP (RFC 8005), A6 (RFC 2874) and APL (RFC 3123).
 */
#include "base/addr.h"
#include "dns/rdata_code.h"
#include "dns/rdata_form.h"

enum gateway { GATEWAY_NONE, GATEWAY_IP4, GATEWAY_IP6, GATEWAY_NAME };

static void put_addr(struct put *p, struct bytes b)
{
	char text[ADDR_TEXT_MAX];
	struct addr a = addr_of(b.at, (uint8_t)b.len);
	put_gap(p);
	buf_put(p->out, text, addr_text(&a, text));
}

static bool parse_addr(const struct token *t, struct addr *ret)
{
	char text[ADDR_TEXT_MAX + 8];
	return token_plain(t, text, sizeof(text)) && addr_parse(text, ret) == 0;
}

/* A kind nobody defined takes the rest as it is. */
static bool gateway_canon(struct canon *c, uint8_t kind)
{
	switch (kind) {
	case GATEWAY_NONE:
		return true;
	case GATEWAY_IP4:
		return canon_copy(c, 4);
	case GATEWAY_IP6:
		return canon_copy(c, 16);
	case GATEWAY_NAME:
		return canon_name(c, false);
	default:
		return canon_copy(c, canon_left(c));
	}
}

static bool gateway_put(struct put *p, uint8_t kind)
{
	struct bytes b;
	switch (kind) {
	case GATEWAY_NONE:
		put_gap(p);
		buf_putc(p->out, '.');
		return true;
	case GATEWAY_IP4:
	case GATEWAY_IP6:
		b = reader_take(&p->in, kind == GATEWAY_IP4 ? 4 : 16);
		if (b.len)
			put_addr(p, b);
		return b.len > 0;
	case GATEWAY_NAME:
		return put_name(p);
	default:
		return false;
	}
}

static bool gateway_parse(struct parse *p, uint64_t kind)
{
	struct token t;
	struct addr a;
	if (kind == GATEWAY_NAME)
		return parse_name(p, false);
	if (!parse_token(p, &t))
		return parse_fail(p);
	if (kind == GATEWAY_NONE)
		return token_is(&t, ".") ? true : parse_fail(p);
	if (kind > GATEWAY_NAME || !parse_addr(&t, &a) ||
	    a.len != (kind == GATEWAY_IP4 ? 4 : 16))
		return parse_fail(p);
	buf_put(p->out, a.at, a.len);
	return true;
}

static void gateway_part(struct parts *p, uint8_t kind)
{
	struct bytes b = {0};
	if (kind == GATEWAY_IP4)
		b = reader_take(&p->in, 4);
	else if (kind == GATEWAY_IP6)
		b = reader_take(&p->in, 16);
	else if (kind == GATEWAY_NAME)
		b = reader_name(&p->in);
	if (b.len)
		p->each(kind == GATEWAY_IP4   ? RDATA_ADDR4
			: kind == GATEWAY_IP6 ? RDATA_ADDR6
					      : RDATA_NAME,
			b, p->arg);
}

/* --- IPSECKEY: precedence, kind, algorithm, gateway, key (may be absent) --- */

bool ipseckey_canon(struct canon *c)
{
	uint8_t kind = canon_peek(c, 1);
	return canon_copy(c, 3) && gateway_canon(c, kind) && canon_copy(c, canon_left(c));
}

bool ipseckey_put(struct put *p)
{
	uint8_t precedence = reader_u8(&p->in), kind = reader_u8(&p->in);
	put_number(p, precedence);
	put_number(p, kind);
	put_number(p, reader_u8(&p->in));
	if (!gateway_put(p, kind))
		return false;
	struct bytes key = reader_take(&p->in, reader_left(&p->in));
	if (key.len) {
		put_gap(p);
		base64_put(p->out, key);
	}
	return true;
}

static bool parse_key(struct parse *p)
{
	struct code code = {.bits = 6};
	struct token t;
	while (parse_token(p, &t)) {
		if (!code_read(&code, t.at, t.end, p->out))
			return parse_fail(p);
	}
	return code_end(&code) ? p->err == 0 : parse_fail(p);
}

bool ipseckey_parse(struct parse *p)
{
	uint64_t precedence, kind, algorithm;
	if (!parse_number(p, 255, &precedence) || !parse_number(p, 255, &kind) ||
	    !parse_number(p, 255, &algorithm))
		return false;
	buf_putc(p->out, (int)precedence);
	buf_putc(p->out, (int)kind);
	buf_putc(p->out, (int)algorithm);
	return gateway_parse(p, kind) && parse_key(p);
}

void parts_ipseckey(struct parts *p)
{
	reader_skip(&p->in, 1);
	uint8_t kind = reader_u8(&p->in);
	reader_skip(&p->in, 1);
	gateway_part(p, kind);
}

/* --- AMTRELAY: precedence, discovery bit and kind, relay --- */

bool amtrelay_canon(struct canon *c)
{
	uint8_t kind = canon_peek(c, 1) & 0x7f;
	return canon_copy(c, 2) && gateway_canon(c, kind);
}

bool amtrelay_put(struct put *p)
{
	uint8_t precedence = reader_u8(&p->in), kind = reader_u8(&p->in);
	put_number(p, precedence);
	put_number(p, kind >> 7);
	put_number(p, kind & 0x7f);
	return gateway_put(p, kind & 0x7f);
}

bool amtrelay_parse(struct parse *p)
{
	uint64_t precedence, optional, kind;
	if (!parse_number(p, 255, &precedence) || !parse_number(p, 1, &optional) ||
	    !parse_number(p, 127, &kind))
		return false;
	buf_putc(p->out, (int)precedence);
	buf_putc(p->out, (int)(optional << 7 | kind));
	return gateway_parse(p, kind);
}

void parts_amtrelay(struct parts *p)
{
	reader_skip(&p->in, 1);
	gateway_part(p, reader_u8(&p->in) & 0x7f);
}

/* --- HIP: two lengths and an algorithm, identity tag, key, rendezvous servers --- */

bool hip_canon(struct canon *c)
{
	size_t hit = canon_peek(c, 0);
	size_t key = (size_t)canon_peek(c, 2) << 8 | canon_peek(c, 3);
	return canon_copy(c, 4) && canon_copy(c, hit + key) &&
	       field_kinds[F_NAMES].canon(c);
}

bool hip_put(struct put *p)
{
	uint8_t hit_len = reader_u8(&p->in), algorithm = reader_u8(&p->in);
	uint16_t key_len = reader_u16(&p->in);
	struct bytes hit = reader_take(&p->in, hit_len);
	struct bytes key = reader_take(&p->in, key_len);
	put_number(p, algorithm);
	put_gap(p);
	buf_hex(p->out, hit);
	put_gap(p);
	base64_put(p->out, key);
	return hit.len > 0 && key.len > 0 && field_kinds[F_NAMES].put(p);
}

static bool parse_digits(struct parse *p, unsigned bits, size_t max, size_t *len)
{
	struct code code = {.bits = bits};
	struct token t;
	size_t before = p->out->len;
	if (!parse_token(p, &t) || !code_read(&code, t.at, t.end, p->out) ||
	    !code_end(&code))
		return parse_fail(p);
	*len = p->out->len - before;
	return *len > 0 && *len <= max ? true : parse_fail(p);
}

bool hip_parse(struct parse *p)
{
	uint64_t algorithm;
	size_t at = p->out->len, hit, key;
	if (!parse_number(p, 255, &algorithm))
		return false;
	buf_u32be(p->out, (uint32_t)algorithm << 16);
	if (!parse_digits(p, 4, 255, &hit) || !parse_digits(p, 6, 65535, &key))
		return false;
	if (p->out->err == 0) {
		p->out->at[at] = (uint8_t)hit;
		store_u16be(p->out->at + at + 2, (uint16_t)key);
	}
	return field_kinds[F_NAMES].parse(p);
}

void parts_hip(struct parts *p)
{
	size_t hit = reader_u8(&p->in);
	reader_skip(&p->in, 1);
	size_t key = reader_u16(&p->in);
	reader_skip(&p->in, hit + key);
	while (p->in.err == 0 && reader_left(&p->in) > 0) {
		struct bytes name = reader_name(&p->in);
		if (name.len)
			p->each(RDATA_NAME, name, p->arg);
	}
}

/* --- A6: prefix length, the octets that are not prefix, the prefix's name --- */

static size_t suffix_octets(unsigned prefix)
{
	return (128 - prefix + 7) / 8;
}

bool a6_canon(struct canon *c)
{
	uint8_t prefix = canon_peek(c, 0);
	if (prefix > 128)
		return canon_fail(c);
	return canon_copy(c, 1 + suffix_octets(prefix)) &&
	       (prefix == 0 || canon_name(c, true));
}

bool a6_put(struct put *p)
{
	uint8_t prefix = reader_u8(&p->in), octets[16] = {0};
	if (prefix > 128)
		return false;
	size_t n = suffix_octets(prefix);
	struct bytes suffix = reader_take(&p->in, n);
	/* padding in the first octet must be zero (RFC 2874 3.1) */
	if (suffix.len != n || (n > 0 && prefix % 8 && suffix.at[0] >> (8 - prefix % 8)))
		return false;
	put_number(p, prefix);
	if (n > 0) {
		memcpy(octets + 16 - n, suffix.at, n);
		put_addr(p, BYTES(octets, 16));
	}
	return prefix == 0 || put_name(p);
}

bool a6_parse(struct parse *p)
{
	uint64_t prefix;
	struct token t;
	struct addr a;
	if (!parse_number(p, 128, &prefix))
		return false;
	size_t n = suffix_octets((unsigned)prefix);
	buf_putc(p->out, (int)prefix);
	if (n > 0) {
		if (!parse_token(p, &t) || !parse_addr(&t, &a) || a.len != 16)
			return parse_fail(p);
		if (prefix % 8)
			a.at[16 - n] &= (uint8_t)(0xff >> prefix % 8);
		buf_put(p->out, a.at + 16 - n, n);
	}
	return prefix == 0 || parse_name(p, true);
}

/* --- APL: family, prefix, negation and length, octets without zeros at the end --- */

bool apl_canon(struct canon *c)
{
	while (canon_left(c) > 0) {
		if (!canon_copy(c, 4u + (canon_peek(c, 3) & 0x7f)))
			return false;
	}
	return true;
}

static bool apl_item_put(struct put *p)
{
	uint16_t family = reader_u16(&p->in);
	uint8_t prefix = reader_u8(&p->in), n = reader_u8(&p->in);
	struct bytes part = reader_take(&p->in, n & 0x7f);
	uint8_t octets[16] = {0}, len = family == 1 ? 4 : 16;
	char text[ADDR_TEXT_MAX];

	if (p->in.err || family < 1 || family > 2 || prefix > len * 8 || part.len > len ||
	    (part.len > 0 && part.at[part.len - 1] == 0))
		return false;
	memcpy(octets, part.at, part.len);
	struct addr a = addr_of(octets, len);
	addr_text(&a, text);
	put_gap(p);
	buf_printf(p->out, "%s%u:%s/%u", n & 0x80 ? "!" : "", family, text, prefix);
	return true;
}

bool apl_put(struct put *p)
{
	while (reader_left(&p->in) > 0) {
		if (!apl_item_put(p))
			return false;
	}
	return true;
}

/* Splits "address/prefix" behind the family. */
static bool apl_read(const struct token *t, struct addr *a, uint64_t *prefix)
{
	const char *slash = memchr(t->at, '/', (size_t)(t->end - t->at));
	if (!slash)
		return false;
	struct token addr = {t->at, slash, false}, bits = {slash + 1, t->end, false};
	return parse_addr(&addr, a) && token_number(&bits, a->len * 8u, prefix);
}

static bool apl_item_parse(struct parse *p)
{
	struct token t;
	struct addr a;
	uint64_t prefix;
	if (!parse_token(p, &t))
		return parse_fail(p);
	bool negated = t.at < t.end && *t.at == '!';
	t.at += negated;
	if (t.end - t.at < 2 || t.at[1] != ':')
		return parse_fail(p);
	int family = t.at[0] - '0';
	t.at += 2;
	if (!apl_read(&t, &a, &prefix) || family != (a.len == 4 ? 1 : 2))
		return parse_fail(p);
	size_t n = a.len;
	while (n > 0 && a.at[n - 1] == 0)
		n--;
	buf_u16be(p->out, (uint16_t)family);
	buf_putc(p->out, (int)prefix);
	buf_putc(p->out, (int)(n | (negated ? 0x80 : 0)));
	buf_put(p->out, a.at, n);
	return true;
}

bool apl_parse(struct parse *p)
{
	while (parse_more(p)) {
		if (!apl_item_parse(p))
			return false;
	}
	return p->err == 0;
}
