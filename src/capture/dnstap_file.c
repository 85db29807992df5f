/* dnstap files: a one-way frame stream. They often end without STOP: a server stopped. */
#include <stdlib.h>

#include "capture/dnstap.h"
#include "capture/format.h"
#include "capture/fstrm_step.h"

struct dnstap_file {
	struct fstrm_step step;
	struct dnstap *tap;
};

static void dnstap_file_close(struct source *s)
{
	struct dnstap_file *d = s->own;
	if (d == NULL)
		return;
	fstrm_step_release(&d->step);
	dnstap_free(d->tap);
	free(d);
}

static int dnstap_file_open(struct source *s, struct fault *f)
{
	struct dnstap_file *d = calloc(1, sizeof(*d));
	s->own = d;
	if (d == NULL || fstrm_step_init(&d->step) < 0 || dnstap_new(&d->tap) < 0)
		return fault_set(f, YORE_ENOMEM, "out of memory");
	return 0;
}

static const char *why(int code)
{
	switch (code) {
	case YORE_ELIMIT:
		return "a frame states an absurd length";
	case YORE_EUNSUPPORTED:
		return "the frame stream does not carry dnstap";
	case YORE_ENOMEM:
		return "out of memory";
	default:
		return "not a frame of a dnstap stream";
	}
}

static int end(struct source *s, uint64_t start)
{
	if (intake_left(&s->in) == 0 && s->in.broken[0] == '\0')
		return 0;
	return source_cut(s, start, "a frame");
}

static int dnstap_file_next(struct source *s, struct frame *ret)
{
	struct dnstap_file *d = s->own;
	size_t want = 4;
	for (;;) {
		if (d->step.state == FSTRM_OVER) /* files put behind one another */
			d->step.state = FSTRM_FRESH;
		uint64_t start = s->in.passed;
		const uint8_t *p = intake_peek(&s->in, want);
		if (p == NULL)
			return end(s, start);
		int r = fstrm_step(&d->step, BYTES(p, intake_left(&s->in)));
		if (r < 0)
			return source_damage(s, start, "%s", why(r));
		want = r == FSTRM_MORE ? d->step.want : 4;
		intake_pass(&s->in, d->step.used);
		if (r != FSTRM_DATA)
			continue;
		*ret = (struct frame){
		    .time_us = dnstap_time(d->tap, d->step.data),
		    .link = LINK_DNSTAP,
		    .wire_len = (uint32_t)d->step.data.len,
		    .octets = d->step.data,
		};
		return 1;
	}
}

static int dnstap_file_knows(struct bytes head)
{
	return fstrm_knows(head);
}

const struct format format_dnstap = {"dnstap", dnstap_file_knows, dnstap_file_open,
				     dnstap_file_next, dnstap_file_close};
