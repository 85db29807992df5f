/* Sets of types (RFC 4034 4.1.2, RFC 2535 5.2) and of ports (RFC 1035 3.4.2) as bits. */
#include "dns/rdata_form.h"
#include "dns/type.h"

#define BITS_OCTETS 8192 /* 65536 bits */

static void bits_set(uint8_t *bits, unsigned n)
{
	bits[n / 8] |= (uint8_t)(0x80 >> n % 8);
}

/* Octets up to the last that is not zero. */
static size_t bits_used(const uint8_t *bits, size_t n)
{
	while (n > 0 && bits[n - 1] == 0)
		n--;
	return n;
}

static void put_bit_type(struct put *p, unsigned type)
{
	char text[TYPE_TEXT_MAX];
	type_text((uint16_t)type, text);
	put_gap(p);
	buf_puts(p->out, text);
}

static void put_bits(struct put *p, struct bytes bits, unsigned first,
		     void (*each)(struct put *p, unsigned bit))
{
	for (unsigned i = 0; i < bits.len * 8; i++) {
		if (bits.at[i / 8] & 0x80 >> i % 8)
			each(p, first + i);
	}
}

/* Blocks in ascending order, 1 to 32 octets each. */
bool types_canon(struct canon *c)
{
	int last = -1;
	while (canon_left(c) > 0) {
		uint8_t window = canon_peek(c, 0), len = canon_peek(c, 1);
		if (window <= last || len < 1 || len > 32)
			return canon_fail(c);
		if (!canon_copy(c, 2u + len))
			return false;
		last = window;
	}
	return true;
}

bool types_put(struct put *p)
{
	int last = -1;
	while (reader_left(&p->in) > 0) {
		int window = reader_u8(&p->in);
		struct bytes bits = reader_take(&p->in, reader_u8(&p->in));
		/* zeros at the end would be lost on the way back */
		if (window <= last || bits.len == 0 || bits.len > 32 ||
		    bits.at[bits.len - 1] == 0)
			return false;
		put_bits(p, bits, (unsigned)window << 8, put_bit_type);
		last = window;
	}
	return true;
}

static bool parse_types(struct parse *p, uint8_t *bits, unsigned max)
{
	struct token t;
	uint16_t type;
	while (parse_token(p, &t)) {
		if (!token_type(&t, &type) || type > max)
			return parse_fail(p);
		bits_set(bits, type);
	}
	return p->err == 0;
}

bool types_parse(struct parse *p)
{
	uint8_t bits[BITS_OCTETS] = {0};
	if (!parse_types(p, bits, UINT16_MAX))
		return false;
	for (unsigned window = 0; window < 256; window++) {
		size_t n = bits_used(bits + window * 32, 32);
		if (n == 0)
			continue;
		buf_putc(p->out, (int)window);
		buf_putc(p->out, (int)n);
		buf_put(p->out, bits + window * 32, n);
	}
	return true;
}

bool nxt_canon(struct canon *c)
{
	return canon_copy(c, canon_left(c));
}

bool nxt_put(struct put *p)
{
	struct bytes bits = reader_take(&p->in, reader_left(&p->in));
	/* the first bit is for a format that was never defined */
	if (bits.len > 16 || (bits.len > 0 && (bits.at[0] & 0x80)) ||
	    bits_used(bits.at, bits.len) != bits.len)
		return false;
	put_bits(p, bits, 0, put_bit_type);
	return true;
}

bool nxt_parse(struct parse *p)
{
	uint8_t bits[16] = {0};
	if (!parse_types(p, bits, 127) || (bits[0] & 0x80))
		return parse_fail(p);
	buf_put(p->out, bits, bits_used(bits, sizeof(bits)));
	return true;
}

bool ports_canon(struct canon *c)
{
	if (canon_left(c) < 1 || canon_left(c) > 1 + BITS_OCTETS)
		return canon_fail(c);
	return canon_copy(c, canon_left(c));
}

static void put_port(struct put *p, unsigned port)
{
	put_number(p, port);
}

bool ports_put(struct put *p)
{
	put_number(p, reader_u8(&p->in));
	struct bytes bits = reader_take(&p->in, reader_left(&p->in));
	if (bits_used(bits.at, bits.len) != bits.len)
		return false;
	put_bits(p, bits, 0, put_port);
	return true;
}

static bool parse_protocol(struct parse *p)
{
	struct token t;
	uint64_t v;
	if (!parse_token(p, &t))
		return parse_fail(p);
	if (token_is(&t, "tcp"))
		v = 6;
	else if (token_is(&t, "udp"))
		v = 17;
	else if (!token_number(&t, UINT8_MAX, &v))
		return parse_fail(p);
	buf_putc(p->out, (int)v);
	return true;
}

bool ports_parse(struct parse *p)
{
	uint8_t bits[BITS_OCTETS] = {0};
	uint64_t port;
	if (!parse_protocol(p))
		return false;
	while (parse_more(p)) {
		if (!parse_number(p, UINT16_MAX, &port))
			return false;
		bits_set(bits, (unsigned)port);
	}
	buf_put(p->out, bits, bits_used(bits, sizeof(bits)));
	return true;
}
