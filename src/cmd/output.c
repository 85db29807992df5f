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
