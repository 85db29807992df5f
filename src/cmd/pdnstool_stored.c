/* pdnstool with a state file: its queue is asked level by level, its history printed. */
#include <stdlib.h>

#include "cmd/outside_say.h"
#include "cmd/pdnstool_own.h"

static double now_of(const struct tool *t)
{
	return (double)t->in->now_s;
}

static int queue_text(struct tool *t, const char *text)
{
	struct fault f = {0};
	if (pdns_state_queue(t->state, text, 0, now_of(t), &f) < 0)
		return command_failed(t->in, &f);
	return STATUS_OK;
}

struct pending {
	struct tool *tool;
	char **query;
	unsigned *level;
	size_t count, room;
};

static int on_pending(const char *query, unsigned level, void *arg)
{
	struct pending *p = arg;
	if (p->count == p->room) {
		size_t room = p->room ? p->room * 2 : 64;
		char **q = realloc(p->query, room * sizeof(*q));
		if (q)
			p->query = q;
		unsigned *l = realloc(p->level, room * sizeof(*l));
		if (l)
			p->level = l;
		if (!q || !l)
			return YORE_ENOMEM;
		p->room = room;
	}
	p->query[p->count] = strdup(query);
	if (p->query[p->count] == NULL)
		return YORE_ENOMEM;
	p->level[p->count++] = level;
	return 0;
}

static void pending_release(struct pending *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->query[i]);
	free(p->query);
	free(p->level);
}

/* One of the pairs of a term that was asked: did anything answer? */
static bool answered(const struct tool *t, uint32_t about)
{
	size_t n = t->outside.ask.with_count;
	for (size_t i = 0; i < n; i++)
		if (outcome_is_whole(
			asking_at(t->outside.asking, (size_t)about * n + i)->outcome))
			return true;
	return false;
}

static int queue_found(struct tool *t, const char *text, unsigned level, struct fault *f)
{
	struct term term;
	char why[160];
	if (term_parse(text, NULL, &term) < 0)
		return 0;
	bool may = discretion_term(&t->outside.discretion, &term, why) &&
		   (term.kind == TERM_NAME || term.kind == TERM_ADDR);
	term_release(&term);
	return may ? pdns_state_queue(t->state, text, level, now_of(t), f) : 0;
}

#define SHARED_ABOVE 50

/* Rows of one round: stored, and what they lead to queued one level further. */
static int store_round(struct tool *t, const struct pdns_rows *rows, unsigned level,
		       struct fault *f)
{
	int r = pdns_state_begin(t->state, f);
	for (size_t i = 0; i < rows->count && r == 0; i++) {
		const struct pdns_row *row = &rows->at[i];
		r = pdns_state_add(t->state, row, now_of(t), f);
		if (r == 0 && rows->count <= SHARED_ABOVE &&
		    strcmp(row->rrtype, "SOA") != 0)
			r = queue_found(t, row->answer, level + 1, f);
		if (r == 0 && rows->count <= SHARED_ABOVE)
			r = queue_found(t, row->query, level + 1, f);
	}
	return r == 0 ? pdns_state_commit(t->state, f) : r;
}

static int ask_one(struct tool *t, const char *query, unsigned level)
{
	struct pdns_rows rows = {0};
	struct fault f = {0};
	struct term term;
	int about = -1, r = 0;
	if (term_parse(query, &f, &term) == 0) {
		about = asking_add(t->outside.asking, &term,
				   term.kind == TERM_ADDR ? SIDE_RDATA : SIDE_RRNAME,
				   NULL, &f);
		r = about < 0 ? about : asking_run(t->outside.asking, &f);
		term_release(&term);
	} else {
		command_say(t->in, "%s", f.text);
		t->incomplete = true;
	}
	if (r == 0 && about >= 0)
		r = tool_take(t, &rows);
	if (r == 0)
		r = store_round(t, &rows, level, &f);
	bool good = about >= 0 && answered(t, (uint32_t)about);
	if (r == 0)
		r = pdns_state_mark(t->state, query, good ? "queried" : "failed", &f);
	pdns_rows_release(&rows);
	if (r < 0 && f.code == 0)
		fault_set(&f, r, "%s", yore_strerror(r));
	return r < 0 ? command_failed(t->in, &f) : STATUS_OK;
}

static int on_row(const struct pdns_row *row, void *arg)
{
	struct tool *t = arg;
	struct pdns_row r = *row;
	if (!r.query)
		r.query = "";
	if (!r.answer)
		r.answer = "";
	if (!r.rrtype)
		r.rrtype = "";
	return pdns_rows_add(&t->rows, &r);
}

int tool_ask_stored(struct tool *t)
{
	struct fault f = {0};
	if (pdns_state_open(t->o->file, &f, &t->state) < 0)
		return command_failed(t->in, &f);
	int status = t->o->recurse ? tool_each_argument(t, queue_text) : STATUS_OK;
	for (bool more = true; more && status == STATUS_OK;) {
		struct pending p = {.tool = t};
		if (pdns_state_pending(t->state, (unsigned)t->o->recurse, on_pending, &p,
				       &f) < 0)
			status = command_failed(t->in, &f);
		more = p.count > 0;
		for (size_t i = 0; i < p.count && status == STATUS_OK; i++)
			status = ask_one(t, p.query[i], p.level[i]);
		pending_release(&p);
	}
	if (asking_count(t->outside.asking))
		outside_say(&t->outside);
	if (status == STATUS_OK && pdns_state_rows(t->state, on_row, t, &f) < 0)
		status = command_failed(t->in, &f);
	return status;
}
