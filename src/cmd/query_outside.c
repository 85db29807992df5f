#include "cmd/query_outside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "cmd/batch.h"
#include "cmd/outside_history.h"

/* The file is read twice: what comes by a pipe is held in memory. */
static int hold_stdin(struct query_call *c)
{
	struct buf text;
	struct fault f = {0};
	if (strcmp(c->options->file, "-") != 0 || lseek(0, 0, SEEK_CUR) >= 0)
		return STATUS_OK;
	int fd = memfd_create("terms", MFD_CLOEXEC), r = fd < 0 ? YORE_EIO : 0;
	buf_init(&text, 64 << 10);
	while (r == 0) {
		uint8_t *at = buf_room(&text, 32 << 10);
		ssize_t n = io_read(0, at, 32 << 10, "standard input", &f);
		if (n <= 0) {
			r = n < 0 ? f.code : 1;
			break;
		}
		r = io_write_all(fd, at, (size_t)n, "memory", &f);
		buf_clear(&text);
	}
	buf_release(&text);
	if (r < 0 || lseek(fd, 0, SEEK_SET) < 0 || dup2(fd, 0) < 0) {
		command_say(c->in, "the terms cannot be held: %s",
			    f.code ? f.text : strerror(errno));
		return STATUS_FAILED;
	}
	close(fd);
	return STATUS_OK;
}

static int add_line(struct query_call *c, const struct batch_line *l)
{
	struct term t;
	struct fault f = {0};
	enum side side = c->selection.query.side;
	if (term_parse(l->term, &f, &t) < 0)
		return STATUS_OK; /* the second reading says so */
	if (l->side)
		side = l->side == 'r' ? SIDE_RRNAME : SIDE_RDATA;
	if (c->selection.query.subdomains && t.kind == TERM_NAME)
		t.kind = TERM_ZONE;
	int status = outside_mark(&c->outside, l->number);
	if (status == STATUS_OK)
		status = outside_add(&c->outside, &t, side);
	term_release(&t);
	return status;
}

static int add_file(struct query_call *c)
{
	struct batch *lines;
	struct batch_line line;
	struct fault f = {0};
	int status = hold_stdin(c), r = 0;
	off_t at = lseek(0, 0, SEEK_CUR);
	if (status == STATUS_OK && batch_open(c->options->file, &f, &lines) < 0)
		return command_failed(c->in, &f);
	while (status == STATUS_OK && (r = batch_next(lines, &line, &f)) == 1)
		status = add_line(c, &line);
	if (status == STATUS_OK && r < 0)
		status = command_failed(c->in, &f);
	batch_close(lines);
	if (strcmp(c->options->file, "-") == 0) {
		clearerr(stdin);
		rewind(stdin);
		if (at > 0)
			lseek(0, at, SEEK_SET);
	}
	return status;
}

int query_outside(struct query_call *c, struct store **ret, bool *done)
{
	const struct query_options *o = c->options;
	struct selection *s = &c->selection;
	c->asked = true;
	int status = outside_begin(&c->outside, c->in, &o->outside, &o->database,
				   &s->query, o->show.quiet, ret);
	if (status == STATUS_OK)
		status =
		    o->file ? add_file(c) : outside_add_selected(&c->outside, &s->query);
	if (status == STATUS_OK)
		status = outside_run(&c->outside, *ret);
	if (status == STATUS_OK && !o->file)
		status = outside_add_found(&c->outside, s);
	*done = o->outside.dry_run;
	return status;
}
