#include "cmd/query_outside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "cmd/batch.h"

static int open_store(struct query_call *c, const char *dir, struct store **ret)
{
	const struct query_options *o = c->options;
	struct store_options so = {.write = o->outside.keep, .create = o->outside.keep};
	struct store_options mem = {.write = true, .create = true};
	struct fault f = {0};
	if (o->outside.keep || o->database.dir || io_exists(dir) == 1)
		return database_open(c->in, &o->database, &so, ret);
	if (store_open("mem:", &mem, &f, ret) < 0)
		return command_failed(c->in, &f);
	return STATUS_OK;
}

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

static int add_selected(struct query_call *c)
{
	const struct query *q = &c->selection.query;
	int status = STATUS_OK;
	for (size_t i = 0; i < q->term_count && status == STATUS_OK; i++) {
		struct term t = q->terms[i];
		if (q->subdomains && t.kind == TERM_NAME)
			t.kind = TERM_ZONE;
		status = outside_add(&c->outside, &t, query_side(q, &q->terms[i]));
	}
	return status;
}

/* What providers that can are told of the time and type asked about. */
static void tell(struct query_call *c)
{
	const struct query *q = &c->selection.query;
	struct fence w = time_window(q);
	c->outside.narrow.last_after_s = w.from_s;
	c->outside.narrow.first_before_s = w.to_s;
	if (q->type_count == 1)
		c->outside.narrow.type = q->type[0];
}

/* Terms that --recurse came to are asked of the history as well. */
static int add_found(struct query_call *c)
{
	struct fault f = {0};
	struct buf text;
	int status = STATUS_OK;
	buf_init(&text, 8192);
	for (size_t i = 0; i < c->outside.found_count && status == STATUS_OK; i++) {
		const struct term *t = &c->outside.found_terms[i];
		char address[ADDR_TEXT_MAX];
		buf_clear(&text);
		if (t->kind == TERM_ADDR) {
			addr_text(&t->range.lo, address);
			buf_puts(&text, address);
		} else {
			name_put(&text, name_bytes(&t->name));
		}
		if (selection_add(&c->selection, buf_str(&text), &f) < 0)
			status = command_failed(c->in, &f);
	}
	buf_release(&text);
	return status;
}

int query_outside(struct query_call *c, struct store **ret, bool *done)
{
	const struct query_options *o = c->options;
	struct buf dir;
	buf_init(&dir, 16 << 10);
	int status = database_dir(c->in, &o->database, &dir);
	if (status == STATUS_OK) {
		tell(c);
		status = outside_open(c->in, &o->outside, o->show.quiet, buf_str(&dir),
				      &c->outside);
		c->asked = true;
	}
	if (status == STATUS_OK)
		status = open_store(c, buf_str(&dir), ret);
	if (status == STATUS_OK)
		status = o->file ? add_file(c) : add_selected(c);
	if (status == STATUS_OK)
		status = outside_run(&c->outside, *ret);
	if (status == STATUS_OK && !o->file)
		status = add_found(c);
	*done = o->outside.dry_run;
	buf_release(&dir);
	return status;
}
