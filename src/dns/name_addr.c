/* The reverse trees: in-addr.arpa (RFC 1035 3.5) and ip6.arpa (RFC 3596 2.5). */
#include "dns/name.h"

static const struct bytes arpa4 = {(const uint8_t *)"\7in-addr\4arpa", 14};
static const struct bytes arpa6 = {(const uint8_t *)"\3ip6\4arpa", 10};

static size_t put_decimal(uint8_t *out, unsigned v)
{
	size_t n = v > 99 ? 3 : v > 9 ? 2 : 1;
	out[0] = (uint8_t)n;
	for (size_t i = n; i > 0; i--, v /= 10)
		out[i] = (uint8_t)('0' + v % 10);
	return n + 1;
}

static size_t put_nibble(uint8_t *out, unsigned v)
{
	out[0] = 1;
	out[1] = (uint8_t) "0123456789abcdef"[v & 15];
	return 2;
}

void name_of_addr(const struct addr *a, struct name *ret)
{
	struct bytes tree = a->len == 4 ? arpa4 : arpa6;
	size_t at = 0;

	for (size_t i = a->len; i > 0; i--) {
		unsigned v = a->at[i - 1];
		if (a->len == 4) {
			at += put_decimal(ret->wire + at, v);
		} else {
			at += put_nibble(ret->wire + at, v);
			at += put_nibble(ret->wire + at, v >> 4);
		}
	}
	memcpy(ret->wire + at, tree.at, tree.len);
	ret->len = (uint8_t)(at + tree.len);
}

/* 0..255 without leading zeros, or -1. */
static int decimal_label(const uint8_t *label)
{
	int v = 0;
	if (label[0] < 1 || label[0] > 3 || (label[0] > 1 && label[1] == '0'))
		return -1;
	for (unsigned i = 1; i <= label[0]; i++) {
		if (label[i] < '0' || label[i] > '9')
			return -1;
		v = v * 10 + label[i] - '0';
	}
	return v < 256 ? v : -1;
}

static int nibble_label(const uint8_t *label)
{
	uint8_t c = label[1];
	if (label[0] != 1)
		return -1;
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int read4(struct bytes wire, struct addr *ret)
{
	struct addr a = {.len = 4};
	size_t at = 0;
	for (int i = 3; i >= 0; i--) {
		int v = decimal_label(wire.at + at);
		if (v < 0)
			return YORE_EMALFORMED;
		a.at[i] = (uint8_t)v;
		at += (size_t)wire.at[at] + 1;
	}
	*ret = a;
	return 0;
}

static int read6(struct bytes wire, struct addr *ret)
{
	struct addr a = {.len = 16};
	for (int i = 0; i < 32; i++) {
		int v = nibble_label(wire.at + i * 2);
		if (v < 0)
			return YORE_EMALFORMED;
		a.at[15 - i / 2] |= (uint8_t)(i & 1 ? v << 4 : v);
	}
	*ret = a;
	return 0;
}

int name_to_addr(struct bytes wire, struct addr *ret)
{
	if (name_labels(wire) == 6 && name_within(wire, arpa4))
		return read4(wire, ret);
	if (wire.len == 64 + arpa6.len && name_labels(wire) == 34 &&
	    name_within(wire, arpa6))
		return read6(wire, ret);
	return YORE_EMALFORMED;
}
