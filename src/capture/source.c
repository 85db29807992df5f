#include "capture/source.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "capture/format.h"

static const struct format *const formats[] = {
    &format_pcap, &format_pcapng, &format_snoop, &format_dnstap, &format_lines,
};

int source_damage(struct source *s, uint64_t at, const char *what, ...)
{
	char why[160];
	va_list ap;
	va_start(ap, what);
	vsnprintf(why, sizeof(why), what, ap);
	va_end(ap);
	s->over = true;
	s->state.damaged = true;
	snprintf(s->state.damage, sizeof(s->state.damage),
		 "%s, at offset %llu, after packet %llu", why, (unsigned long long)at,
		 (unsigned long long)s->state.frames);
	return s->in.err;
}

int source_cut(struct source *s, uint64_t at, const char *record)
{
	if (s->in.broken[0] != '\0')
		return source_damage(s, at, "%s", s->in.broken);
	return source_damage(s, at, "cut inside %s (%zu octets of it are there)", record,
			     (size_t)(s->in.passed - at) + intake_left(&s->in));
}

static int refuse(struct source *s, const char *name, struct fault *f)
{
	struct bytes head = BYTES(s->in.at, intake_left(&s->in));
	const char *why = foreign_name(head);
	if (head.len == 0 && s->in.broken[0] != '\0')
		return fault_set(f, YORE_EUNSUPPORTED, "%s: nothing to read: %s", name,
				 s->in.broken);
	if (head.len == 0)
		return fault_set(f, YORE_EUNSUPPORTED, "%s: is empty, not a capture",
				 name);
	if (why == NULL)
		return fault_set(f, YORE_EUNSUPPORTED,
				 "%s: not a capture: neither pcap, pcapng, snoop nor "
				 "dnstap "
				 "(begins with %02x %02x %02x %02x)",
				 name, head.at[0], head.len > 1 ? head.at[1] : 0,
				 head.len > 2 ? head.at[2] : 0,
				 head.len > 3 ? head.at[3] : 0);
	return fault_set(f, YORE_EUNSUPPORTED, "%s: %s", name, why);
}

static int begin(struct source *s, const char *name, struct fault *f)
{
	intake_fill(&s->in, 512);
	struct bytes head = BYTES(s->in.at, intake_left(&s->in));
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		if (!formats[i]->knows(head))
			continue;
		s->format = formats[i];
		int r = s->format->open(s, f);
		if (r < 0 && f != NULL && f->code != 0) {
			struct fault inner = *f;
			return fault_set(f, r, "%s: %s", name, inner.text);
		}
		snprintf(s->state.format, sizeof(s->state.format), "%s%s%s%s",
			 s->format->name, s->in.filter[0] ? " (" : "", s->in.filter,
			 s->in.filter[0] ? ")" : "");
		return r;
	}
	return refuse(s, name, f);
}

int source_open_intake(struct intake *in, const char *name, uint32_t input,
		       struct fault *f, struct source **ret)
{
	struct source *s = calloc(1, sizeof(*s));
	if (s == NULL) {
		intake_close(in);
		return fault_set(f, YORE_ENOMEM, "%s: out of memory", name);
	}
	intake_move(in, &s->in);
	s->input = input;
	struct stat st;
	if (fstat(s->in.fd, &st) == 0 && S_ISREG(st.st_mode))
		s->state.file_size = (uint64_t)st.st_size;
	int r = begin(s, name, f);
	if (r < 0) {
		source_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

int source_open_fd(int fd, const char *name, uint32_t input, struct fault *f,
		   struct source **ret)
{
	struct intake in;
	struct fault inner = {0};
	int r = intake_open(&in, fd, false, &inner);
	if (r < 0)
		return fault_set(f, r, "%s: %s", name, inner.text);
	return source_open_intake(&in, name, input, f, ret);
}

int source_open_file(const char *path, uint32_t input, struct fault *f,
		     struct source **ret)
{
	struct intake in;
	int r = intake_open_file(&in, path, f);
	if (r < 0)
		return r;
	return source_open_intake(&in, strcmp(path, "-") ? path : "stdin", input, f, ret);
}

int source_next(struct source *s, struct frame *ret)
{
	if (s->over)
		return s->in.err;
	int r = s->format->next(s, ret);
	if (r == 1) {
		s->state.frames++;
		ret->number = s->state.frames;
		ret->input = s->input;
	} else {
		s->over = true;
	}
	return r;
}

const struct source_state *source_state(const struct source *s)
{
	/* the two figures that the intake keeps are copied when somebody looks */
	struct source_state *state = (struct source_state *)&s->state;
	state->octets = s->in.passed;
	state->file_octets = s->in.fetched;
	return state;
}

void source_close(struct source *s)
{
	if (s == NULL)
		return;
	if (s->format != NULL && s->format->close != NULL)
		s->format->close(s);
	if (s->in.room != NULL)
		intake_close(&s->in);
	free(s);
}

struct bytes source_head(const struct source *s)
{
	return BYTES(s->in.at, intake_left(&s->in));
}
