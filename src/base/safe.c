#include "base/safe.h"

/* The octets of one character of valid, printable UTF-8 at text; 0: none. */
static size_t printable(struct bytes text)
{
	uint8_t c = text.at[0];
	size_t n = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	uint32_t v = n == 1 ? c : c & (0x7fu >> n);
	if (c < 0x20 || c == 0x7f || (c >= 0x80 && c < 0xc2) || c > 0xf4 || n > text.len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((text.at[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (text.at[i] & 0x3f);
	}
	bool c1 = v >= 0x80 && v < 0xa0, surrogate = v >= 0xd800 && v < 0xe000;
	bool turns = (v >= 0x200b && v <= 0x200f) || (v >= 0x2028 && v <= 0x202e) ||
		     (v >= 0x2060 && v <= 0x206f) || v == 0xfeff;
	bool overlong = (n == 3 && v < 0x800) || (n == 4 && v < 0x10000) || v > 0x10ffff;
	return c1 || surrogate || turns || overlong ? 0 : n;
}

void put_safe(struct buf *out, struct bytes text)
{
	while (text.len > 0) {
		size_t n = printable(text);
		if (n == 0) {
			buf_printf(out, "\\%03u", text.at[0]);
			n = 1;
		} else {
			buf_put(out, text.at, n);
		}
		text.at += n;
		text.len -= n;
	}
}

void put_markup(struct buf *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			buf_puts(out, "&lt;");
			break;
		case '>':
			buf_puts(out, "&gt;");
			break;
		case '&':
			buf_puts(out, "&amp;");
			break;
		case '"':
			buf_puts(out, "&quot;");
			break;
		case '\'':
			buf_puts(out, "&apos;");
			break;
		case '\n':
		case '\t':
			buf_putc(out, *text);
			break;
		default:
			buf_putc(out, (unsigned char)*text < 0x20 ? '?' : *text);
		}
	}
}
