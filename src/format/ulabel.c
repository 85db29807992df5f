/* U-labels for the eye: Punycode (RFC 3492) read back, and shown only when harmless. */
#include "format/put.h"

#define LABEL_POINTS 63

/* RFC 3492 5 */
enum { BASE = 36, TMIN = 1, TMAX = 26, SKEW = 38, DAMP = 700, BIAS = 72, FIRST = 128 };

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;
	delta = first ? delta / DAMP : delta / 2;
	delta += delta / points;
	for (; delta > ((BASE - TMIN) * TMAX) / 2; k += BASE)
		delta /= BASE - TMIN;
	return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

static int digit_of(uint8_t c)
{
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	return c >= '0' && c <= '9' ? c - '0' + 26 : -1;
}

/* One variable-length integer of the input, added to *i with its weights. */
static bool read_delta(struct bytes in, size_t *at, uint32_t bias, uint32_t *i)
{
	uint32_t w = 1;
	for (uint32_t k = BASE; *at < in.len; k += BASE) {
		int digit = digit_of(in.at[(*at)++]);
		if (digit < 0 || (uint32_t)digit > (UINT32_MAX / 4 - *i) / w)
			return false;
		*i += (uint32_t)digit * w;
		uint32_t t = k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;
		if ((uint32_t)digit < t)
			return true;
		if (w > UINT32_MAX / 4 / (BASE - t))
			return false;
		w *= BASE - t;
	}
	return false;
}

/* Code points of a label without its "xn--"; how many, 0 when it is none. */
static size_t decode(struct bytes in, uint32_t out[LABEL_POINTS])
{
	size_t basic = 0, n = 0, at = 0;
	for (size_t j = 0; j < in.len; j++)
		if (in.at[j] == '-')
			basic = j;
	for (; n < basic; n++)
		out[n] = in.at[n];
	if (basic)
		at = basic + 1;
	uint32_t point = FIRST, i = 0, bias = BIAS;
	while (at < in.len) {
		uint32_t old = i;
		if (n == LABEL_POINTS || !read_delta(in, &at, bias, &i))
			return 0;
		bias = adapt(i - old, (uint32_t)n + 1, old == 0);
		point += i / ((uint32_t)n + 1);
		i %= (uint32_t)n + 1;
		if (point > 0x10ffff)
			return 0;
		memmove(out + i + 1, out + i, (n - i) * sizeof(*out));
		out[i++] = point;
		n++;
	}
	return n;
}

/*
 * What a terminal may be shown: no controls, no direction or joining marks, no spaces,
 * no private use, no surrogates, nothing that is not a character.
 */
static bool is_harmless(uint32_t c)
{
	static const uint32_t bad[][2] = {
	    {0x00, 0x2c},     {0x2e, 0x2f},	{0x3a, 0x60},	    {0x7b, 0xbf},
	    {0xd7, 0xd7},     {0xf7, 0xf7},	{0x2b0, 0x36f},	    {0x61c, 0x61c},
	    {0x115f, 0x1160}, {0x1680, 0x1680}, {0x17b4, 0x17b5},   {0x180b, 0x180f},
	    {0x2000, 0x2bff}, {0x2e00, 0x2e7f}, {0x3000, 0x3004},   {0x3164, 0x3164},
	    {0xd800, 0xf8ff}, {0xfe00, 0xfe2f}, {0xfeff, 0xfeff},   {0xff00, 0xff20},
	    {0xffa0, 0xffa0}, {0xfff0, 0xffff}, {0x1d000, 0x1d3ff}, {0xe0000, 0x10ffff}};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (c >= bad[i][0] && c <= bad[i][1])
			return false;
	return true;
}

static void put_point(struct buf *out, uint32_t c)
{
	if (c < 0x80) {
		buf_putc(out, (int)c);
	} else if (c < 0x800) {
		buf_putc(out, (int)(0xc0 | c >> 6));
		buf_putc(out, (int)(0x80 | (c & 63)));
	} else if (c < 0x10000) {
		buf_putc(out, (int)(0xe0 | c >> 12));
		buf_putc(out, (int)(0x80 | (c >> 6 & 63)));
		buf_putc(out, (int)(0x80 | (c & 63)));
	} else {
		buf_putc(out, (int)(0xf0 | c >> 18));
		buf_putc(out, (int)(0x80 | (c >> 12 & 63)));
		buf_putc(out, (int)(0x80 | (c >> 6 & 63)));
		buf_putc(out, (int)(0x80 | (c & 63)));
	}
}

static bool put_label(struct buf *out, struct bytes label, bool *converted)
{
	uint32_t points[LABEL_POINTS + 1];
	if (label.len > 4 && memcmp(label.at, "xn--", 4) == 0) {
		size_t n = decode(BYTES(label.at + 4, label.len - 4), points);
		for (size_t i = 0; i < n; i++)
			if (!is_harmless(points[i]))
				return false;
		for (size_t i = 0; i < n; i++)
			put_point(out, points[i]);
		*converted = true;
		return n > 0;
	}
	for (size_t i = 0; i < label.len; i++) {
		uint8_t c = label.at[i];
		if (c <= 0x20 || c >= 0x7f || c == '.' || c == '\\')
			return false;
		buf_putc(out, c);
	}
	return true;
}

bool put_unicode(struct buf *out, struct bytes name)
{
	size_t before = out->len;
	bool converted = false, good = true;
	for (size_t i = 0; i < name.len && name.at[i] && good;) {
		size_t n = name.at[i++];
		if (n > name.len - i)
			good = false;
		if (good && out->len > before)
			buf_putc(out, '.');
		good = good && put_label(out, BYTES(name.at + i, n), &converted);
		i += n;
	}
	if ((!good || !converted) && out->err == 0)
		out->len = before;
	return good && converted;
}
