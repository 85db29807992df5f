#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "cmd/batch.h"
#include "cmd/query_batch.h"

struct batch_run {
	struct query_call *call;
	FILE *status;
	const char *path;
	uint64_t found;
	unsigned long lines, incomplete, unwatched, bad;
	int failed;
	struct query plain; /* the question without a line's own wishes */
	uint16_t types[SELECT_TYPES_MAX];
};

static const char *word_of(const struct reply *r)
{
	switch (r->status) {
	case STATUS_OK:
		return "found";
	case STATUS_NONE:
		return "none";
	case STATUS_INCOMPLETE:
		return "incomplete";
	case STATUS_UNWATCHED:
		if (r->absent.why != ABSENCE_NONE)
			return absence_name(r->absent.why);
		return r->watched == WATCHED_PARTLY ? "partly" : "unwatched";
	}
	return "failed";
}

static void put_status(struct batch_run *b, const char *word, uint64_t found,
		       const char *term)
{
	struct buf line;
	if (b->status == stderr && b->call->options->show.quiet)
		return;
	buf_init(&line, 1 << 20);
	buf_printf(&line, "%s\t%" PRIu64 "\t", word, found);
	put_safe(&line, BYTES_STR(term));
	buf_putc(&line, '\n');
	progress_end();
	fwrite(line.at, 1, line.len, b->status);
	buf_release(&line);
}

/* The line's own fence and type, over the question of the command line. */
static int apply_line(struct batch_run *b, const struct batch_line *l, struct fault *f)
{
	struct selection *s = &b->call->selection;
	struct query *q = &s->query;
	selection_clear(s);
	*q = b->plain;
	int r = selection_add(s, l->term, f);
	if (l->side)
		q->side = l->side == 'r' ? SIDE_RRNAME : SIDE_RDATA;
	if (r == 0 && l->type)
		r = query_types_parse(q, l->type, b->types, SELECT_TYPES_MAX, f);
	if (r == 0 && l->from) {
		struct fence own = q->fence;
		r = time_fence(&b->call->options->time, l->from, l->to,
			       b->call->in->now_s, f, &own);
		own.strict = q->fence.strict;
		own.seen = q->fence.seen;
		q->fence = own;
	}
	return r;
}

static void put_heading(struct batch_run *b, const char *term)
{
	struct buf *out = &b->call->in->out->buf;
	if (!show_is_table(&b->call->show))
		return;
	if (b->lines > 1)
		buf_putc(out, '\n');
	buf_puts(out, "# ");
	put_safe(out, BYTES_STR(term));
	buf_putc(out, '\n');
}

static void count(struct batch_run *b, const struct reply *r)
{
	b->found += r->found;
	b->incomplete += r->status == STATUS_INCOMPLETE;
	b->unwatched += r->status == STATUS_UNWATCHED;
	if (r->status >= STATUS_FAILED)
		b->failed = r->status;
}

static void ask_line(struct batch_run *b, const struct batch_line *l)
{
	struct query_call *c = b->call;
	struct fault f = {0};
	struct reply reply;
	b->lines++;
	if (apply_line(b, l, &f) < 0) {
		b->bad++;
		command_say(c->in, "line %lu: %s", l->number, f.text);
		put_status(b, "bad", 0, l->term);
		return;
	}
	put_heading(b, l->term);
	ask(&c->asker, &c->selection.query, l->term, &reply);
	if (c->asked && reply.status < STATUS_FAILED &&
	    !outside_line_whole(&c->outside, l->number))
		reply.status = STATUS_INCOMPLETE;
	count(b, &reply);
	put_status(b, word_of(&reply), reply.found, l->term);
	if (progress_due())
		progress_show("%lu lines asked, %" PRIu64 " records found", b->lines,
			      b->found);
}

static int settle(struct batch_run *b)
{
	struct query_call *c = b->call;
	struct answer_counters counters = {.results = b->found};
	if (!show_is_table(&c->show) && b->failed == 0)
		show_end(&c->show, &counters);
	if (b->failed)
		return b->failed;
	if (b->incomplete || b->bad)
		return STATUS_INCOMPLETE;
	if (b->found)
		return STATUS_OK;
	return b->unwatched || b->lines == 0 ? STATUS_UNWATCHED : STATUS_NONE;
}

static int ask_lines(struct batch_run *b)
{
	struct query_call *c = b->call;
	struct batch *lines;
	struct batch_line line;
	struct fault f = {0};
	int r = batch_open(c->options->file, &f, &lines);
	if (r < 0)
		return command_failed(c->in, &f);
	while (b->failed == 0 && !output_done(c->in->out) &&
	       (r = batch_next(lines, &line, &f)) == 1)
		ask_line(b, &line);
	batch_close(lines);
	if (r < 0)
		b->failed = command_failed(c->in, &f);
	return settle(b);
}

int query_batch(struct query_call *c)
{
	struct batch_run b = {.call = c, .status = stderr, .plain = c->selection.query};
	const char *path = c->options->status;
	if (path && (b.status = fopen(path, "we")) == NULL) {
		command_say(c->in, "%s: %s", path, strerror(errno));
		return STATUS_OUTPUT;
	}
	ask_say_fence(&c->asker, &c->selection.query);
	c->asker.quiet = true; /* each line has its status */
	int status = ask_lines(&b);
	if (path && (fclose(b.status) != 0 && status < STATUS_FAILED)) {
		command_say(c->in, "%s: %s", path, strerror(errno));
		status = STATUS_OUTPUT;
	}
	return status;
}
