#include <errno.h>
#include <unistd.h>

#include "cmd/output.h"

#define OUTPUT_ENOUGH (64u << 10)
#define OUTPUT_CEILING (256u << 20) /* a single row is far below it */

void output_init(struct output *o, int fd)
{
	*o = (struct output){.fd = fd};
	buf_init(&o->buf, OUTPUT_CEILING);
}

void output_release(struct output *o)
{
	buf_release(&o->buf);
}

bool output_done(const struct output *o)
{
	return o->gone || o->fault.code < 0;
}

static int write_out(struct output *o)
{
	const uint8_t *p = o->buf.at;
	size_t left = o->buf.len;
	while (left > 0) {
		ssize_t n = write(o->fd, p, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EPIPE) {
			o->gone = true;
			return 0;
		}
		if (n < 0) {
			int code = yore_error_of_errno(errno);
			return fault_set(&o->fault, code, "standard output: %s",
					 strerror(errno));
		}
		p += n;
		left -= (size_t)n;
	}
	return 0;
}

int output_ready(struct output *o, bool now)
{
	if (o->buf.err < 0 && o->fault.code == 0)
		fault_set(&o->fault, o->buf.err, "standard output: %s",
			  yore_strerror(o->buf.err));
	if (!now && o->buf.len < OUTPUT_ENOUGH)
		return o->fault.code;
	if (!output_done(o))
		write_out(o);
	buf_clear(&o->buf);
	return o->fault.code;
}

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
