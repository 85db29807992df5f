#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/num.h"

int addr_compare(const struct addr *a, const struct addr *b)
{
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return memcmp(a->at, b->at, sizeof(a->at));
}

int addr_parse(const char *text, struct addr *ret)
{
	struct addr a = {0};
	if (inet_pton(AF_INET, text, a.at) == 1)
		a.len = 4;
	else if (inet_pton(AF_INET6, text, a.at) == 1)
		a.len = 16;
	else
		return YORE_EMALFORMED;
	*ret = a;
	return 0;
}

/* The longest run of two or more zero groups, first of equals (RFC 5952 4.2). */
static unsigned longest_run(const struct addr *a, unsigned *start)
{
	unsigned best = 1, run = 0;
	*start = 8;
	for (unsigned g = 0; g < 8; g++) {
		run = load_u16be(a->at + 2 * g) ? 0 : run + 1;
		if (run > best) {
			best = run;
			*start = g + 1 - run;
		}
	}
	return *start < 8 ? best : 0;
}

static bool is_mapped(const struct addr *a)
{
	static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};
	return memcmp(a->at, prefix, sizeof(prefix)) == 0;
}

static size_t text6(const struct addr *a, char *out)
{
	if (is_mapped(a)) /* RFC 5952 5 */
		return (size_t)snprintf(out, ADDR_TEXT_MAX, "::ffff:%u.%u.%u.%u",
					a->at[12], a->at[13], a->at[14], a->at[15]);
	unsigned start, n = longest_run(a, &start);
	size_t len = 0;
	for (unsigned g = 0; g < 8; g++) {
		if (g == start) {
			out[len++] = ':';
			out[len++] = ':';
			g += n - 1;
			continue;
		}
		if (g && g != start + n)
			out[len++] = ':';
		len += (size_t)snprintf(out + len, 5, "%x", load_u16be(a->at + 2 * g));
	}
	out[len] = 0;
	return len;
}

size_t addr_text(const struct addr *a, char out[ADDR_TEXT_MAX])
{
	out[0] = 0;
	if (a->len == 4)
		return (size_t)snprintf(out, ADDR_TEXT_MAX, "%u.%u.%u.%u", a->at[0],
					a->at[1], a->at[2], a->at[3]);
	return a->len == 16 ? text6(a, out) : 0;
}

int addr_range_of_prefix(const struct addr *a, unsigned bits, struct addr_range *ret)
{
	if (a->len == 0 || bits > a->len * 8u)
		return YORE_EMALFORMED;
	struct addr_range r = {*a, *a};
	for (unsigned i = 0; i < a->len; i++) {
		unsigned kept = bits > 8 * i ? bits - 8 * i : 0;
		uint8_t host = kept >= 8 ? 0 : (uint8_t)(0xff >> kept);
		r.lo.at[i] &= (uint8_t)~host;
		r.hi.at[i] |= host;
	}
	*ret = r;
	return 0;
}

int addr_range_parse(const char *text, struct addr_range *ret)
{
	char head[ADDR_TEXT_MAX];
	struct addr_range r;
	size_t n = strcspn(text, "/,-");
	if (n >= sizeof(head))
		return YORE_EMALFORMED;
	memcpy(head, text, n);
	head[n] = 0;
	int e = addr_parse(head, &r.lo);
	if (e < 0)
		return e;
	r.hi = r.lo;
	if (text[n] == '-') {
		e = addr_parse(text + n + 1, &r.hi);
		if (e < 0 || r.hi.len != r.lo.len || addr_compare(&r.lo, &r.hi) > 0)
			return YORE_EMALFORMED;
	} else if (text[n]) {
		uint64_t bits;
		if (num_u64(text + n + 1, 128, &bits) < 0)
			return YORE_EMALFORMED;
		struct addr a = r.lo;
		e = addr_range_of_prefix(&a, (unsigned)bits, &r);
		if (e < 0)
			return e;
	}
	*ret = r;
	return 0;
}

/* One more than a, in place; false past the last. */
static bool next_addr(struct addr *a)
{
	for (size_t i = a->len; i-- > 0;)
		if (++a->at[i])
			return true;
	return false;
}

int addr_range_split(struct addr_range *left, struct addr_range *prefix, unsigned *bits)
{
	struct addr_range wider;
	if (left->lo.len == 0)
		return 0;
	*prefix = (struct addr_range){left->lo, left->lo};
	*bits = left->lo.len * 8u;
	while (*bits > 0 && addr_range_of_prefix(&left->lo, *bits - 1, &wider) == 0 &&
	       addr_equal(&wider.lo, &left->lo) &&
	       addr_compare(&wider.hi, &left->hi) <= 0) {
		*prefix = wider;
		--*bits;
	}
	left->lo = prefix->hi;
	if (!next_addr(&left->lo) || addr_compare(&left->lo, &left->hi) > 0)
		*left = (struct addr_range){0};
	return 1;
}

void addr_range_put(struct buf *out, const struct addr_range *r)
{
	char text[ADDR_TEXT_MAX];
	addr_text(&r->lo, text);
	buf_puts(out, text);
	if (addr_equal(&r->lo, &r->hi))
		return;
	addr_text(&r->hi, text);
	buf_printf(out, "-%s", text);
}

bool addr_range_has(const struct addr_range *r, const struct addr *a)
{
	return a->len == r->lo.len && addr_compare(&r->lo, a) <= 0 &&
	       addr_compare(a, &r->hi) <= 0;
}

/* RFC 6890 tables 1 to 20, with RFC 6598, RFC 5737, RFC 3849, RFC 9637 and multicast. */
static const struct {
	uint8_t len, bits;
	uint8_t at[16];
} special[] = {
    {4, 8, {0}},
    {4, 8, {10}},
    {4, 10, {100, 64}},
    {4, 8, {127}},
    {4, 16, {169, 254}},
    {4, 12, {172, 16}},
    {4, 24, {192, 0, 0}},
    {4, 24, {192, 0, 2}},
    {4, 16, {192, 168}},
    {4, 15, {198, 18}},
    {4, 24, {198, 51, 100}},
    {4, 24, {203, 0, 113}},
    {4, 4, {224}},
    {4, 4, {240}},
    {16, 12, {0}}, /* ::, ::1, ::ffff:0:0/96: reserved by RFC 4291 */
    {16, 64, {0x01}},
    {16, 48, {0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}},
    {16, 32, {0x20, 0x01, 0x0d, 0xb8}},
    {16, 48, {0x20, 0x01, 0x00, 0x02}},
    {16, 20, {0x3f, 0xff}},
    {16, 7, {0xfc}},
    {16, 10, {0xfe, 0x80}},
    {16, 8, {0xff}},
};

static bool in_prefix(const uint8_t *a, const uint8_t *prefix, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;
	if (memcmp(a, prefix, whole))
		return false;
	return rest == 0 || ((a[whole] ^ prefix[whole]) >> (8 - rest)) == 0;
}

bool addr_is_special(const struct addr *a)
{
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (special[i].len == a->len &&
		    in_prefix(a->at, special[i].at, special[i].bits))
			return true;
	return false;
}
