#include <stdlib.h>

#include "api/answer_feed.h"
#include "api/service.h"
#include "dns/type.h"

static void close_feed(struct feed *feed)
{
	struct answer_feed *f = (struct answer_feed *)feed;
	if (f->shape->release && f->state)
		f->shape->release(f);
	answer_close(f->answer);
	ask_free(f->ask);
	free(f->state);
	free(f);
}

/* Rows up to and with the one a cursor names are behind us. */
static bool is_behind(struct answer_feed *f, const struct result *r)
{
	if (f->ask->after == 0 || f->found_after)
		return false;
	f->found_after = ask_cursor_of(r) == f->ask->after;
	return true;
}

static bool is_left_out(struct answer_feed *f, const struct result *r)
{
	const struct ask *a = f->ask;
	if (is_behind(f, r) || ask_hides(a, r->set.source) ||
	    (a->leaves_out && a->leaves_out(r->set.type)))
		return true;
	if (!a->has_exclude)
		return false;
	if (r->side == SIDE_RRNAME)
		return term_wants_owner(&a->exclude, r->set.owner) == 1;
	struct reader in = reader_of(r->set.rdata);
	struct bytes rdata;
	return rdataset_next(&in, &rdata) &&
	       term_wants_rdata(&a->exclude, r->set.type, rdata) == 1;
}

/* 1: *ret is the next row to give; 0: none. */
static int next_row(struct answer_feed *f, struct result *ret)
{
	int r;
	do {
		if (atomic_load_explicit(&f->feed.stop, memory_order_relaxed))
			return fault_set(&f->feed.fault, YORE_ETIMEOUT,
					 "the answer took too long");
		r = answer_next(f->answer, ret);
	} while (r == 1 && is_left_out(f, ret));
	return r;
}

static void conclude(struct answer_feed *f, int r)
{
	const struct answer_counters *c = answer_counters(f->answer);
	struct fault *fault = &f->feed.fault;
	const struct ask *a = f->ask;
	f->ended = true;
	if (r < 0) {
		f->end = END_FAILED;
		if (fault->code == 0)
			*fault = *answer_fault(f->answer);
	} else if (f->end == END_LIMITED || c->limited) {
		f->end = END_LIMITED;
	} else if (f->ask->after && !f->found_after) {
		f->end = END_FAILED;
		fault_set(fault, YORE_ENOENT,
			  "the row this cursor stood at is gone; start again");
	} else if (!answer_is_whole(f->answer)) {
		f->end = END_FAILED;
		if (c->damaged)
			fault_set(fault, YORE_ECORRUPT,
				  "parts of the history could not be read");
		else
			fault_set(fault, YORE_ELIMIT,
				  "the pattern or the answer went beyond a ceiling");
	}
	f->feed.passed = f->end != END_FAILED &&
			 (c->passed || a->after || (a->query.after && *a->query.after));
}

static int step(struct answer_feed *f, struct buf *out)
{
	struct result result;
	int r = next_row(f, &result);
	if (r == 1 && f->feed.rows >= f->limit) {
		f->end = END_LIMITED;
		r = 0;
	}
	if (r == 1) {
		f->feed.rows++;
		f->cursor = ask_cursor_of(&result);
		r = f->shape->row(f, out, &result);
		if (r != ROW_STOP)
			return r < 0 ? r : out->err < 0 ? out->err : 1;
		f->end = END_LIMITED;
		r = 0;
	}
	conclude(f, r);
	r = f->shape->end(f, out);
	return r < 0 ? r : out->err;
}

static int fill(struct feed *feed, struct buf *out, size_t enough)
{
	struct answer_feed *f = (struct answer_feed *)feed;
	int r = 1;
	if (!f->began) {
		f->began = true;
		r = f->shape->begin(f, out);
		if (r < 0)
			return r;
		r = 1;
	}
	while (r == 1 && !f->ended && out->len < enough)
		r = step(f, out);
	if (r < 0)
		return r;
	return f->ended ? 0 : 1;
}

struct answer_feed *answer_feed_new(struct call *c, struct ask *a,
				    const struct shape *shape)
{
	struct fault fault = {0};
	struct answer_feed *f = calloc(1, sizeof(*f));
	if (f)
		f->state = calloc(1, shape->state ? shape->state : 1);
	if (f == NULL || f->state == NULL) {
		free(f);
		ask_free(a);
		call_error(c, 503, "out of memory");
		return NULL;
	}
	f->feed =
	    (struct feed){.fill = fill, .close = close_feed, .heavy = ask_is_heavy(a)};
	f->ask = a;
	f->store = c->service->store;
	f->feed.quick = f->feed.heavy && ask_is_short(f->store, &a->query);
	a->query.stop = &f->feed.stop;
	f->shape = shape;
	f->limit = shape->own_limit ? UINT64_MAX : a->limit;
	/* a sort keeps only the best rows; what is left out afterwards it cannot know */
	if (a->after == 0 && !a->leaves_out && !a->has_exclude && !shape->own_limit)
		a->query.limit = a->limit;
	if (answer_open(f->store, &a->query, &fault, &f->answer) < 0) {
		call_fault(c, &fault);
		free(f->state);
		free(f);
		ask_free(a);
		return NULL;
	}
	return f;
}

void call_answer(struct call *c, struct ask *a, const struct shape *shape,
		 const char *mime)
{
	struct answer_feed *f = answer_feed_new(c, a, shape);
	if (f)
		call_feed(c, &f->feed, mime);
}
