#include "dns/rdata_code.h"

void base64_put(struct buf *out, struct bytes v)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t n = (v.len + 2) / 3 * 4;
	uint8_t *to = buf_room(out, n);
	if (!to)
		return;
	for (size_t i = 0; i < v.len; i += 3) {
		uint32_t b = (uint32_t)v.at[i] << 16;
		if (i + 1 < v.len)
			b |= (uint32_t)v.at[i + 1] << 8;
		if (i + 2 < v.len)
			b |= v.at[i + 2];
		*to++ = (uint8_t)digits[b >> 18];
		*to++ = (uint8_t)digits[b >> 12 & 63];
		*to++ = i + 1 < v.len ? (uint8_t)digits[b >> 6 & 63] : '=';
		*to++ = i + 2 < v.len ? (uint8_t)digits[b & 63] : '=';
	}
	out->len += n;
}

void base32hex_put(struct buf *out, struct bytes v)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
	uint32_t hold = 0;
	unsigned held = 0;
	for (size_t i = 0; i < v.len; i++) {
		hold = hold << 8 | v.at[i];
		for (held += 8; held >= 5; held -= 5)
			buf_putc(out, digits[hold >> (held - 5) & 31]);
	}
	if (held > 0)
		buf_putc(out, digits[hold << (5 - held) & 31]);
}

static int digit4(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 32);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int digit5(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 32);
	return c >= 'a' && c <= 'v' ? c - 'a' + 10 : -1;
}

static int digit6(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool code_read(struct code *c, const char *at, const char *end, struct buf *out)
{
	for (; at < end; at++) {
		if (*at == '=' && c->bits == 6) {
			c->pads++;
			continue;
		}
		int d = c->bits == 4   ? digit4(*at)
			: c->bits == 5 ? digit5(*at)
				       : digit6(*at);
		if (d < 0 || c->pads > 0)
			return false;
		c->digits++;
		c->hold = (c->hold << c->bits | (uint32_t)d) & 0xfff;
		c->held += c->bits;
		if (c->held >= 8) {
			c->held -= 8;
			buf_putc(out, (uint8_t)(c->hold >> c->held));
		}
	}
	return true;
}

bool code_end(const struct code *c)
{
	/* what is left is less than a character, and zero */
	if (c->held >= c->bits || (c->hold & ((1u << c->held) - 1)) != 0)
		return false;
	if (c->bits == 6)
		return (c->digits + c->pads) % 4 == 0 && c->pads < 3;
	return true;
}
