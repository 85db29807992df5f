#include <stdlib.h>

#include "dns/rdata.h"
#include "query/find.h"

#define SET_MAX (16u << 20)

/* A row of a month that the fence touches is then wholly inside it. */
static bool whole_months(const struct fence *f)
{
	return (f->from_s == WHEN_UNKNOWN ||
		f->from_s == when_month_start(when_month(f->from_s))) &&
	       (f->to_s == WHEN_UNKNOWN ||
		f->to_s + 1 == when_month_start(when_month(f->to_s + 1)));
}

/*
 * Years that cannot matter: only where no row outside the fence changes what is shown.
 * One may, where the whole record decides if it overlaps a fence inside a month, and
 * where all sets of a single record have a say in its bailiwick.
 */
void find_years(const struct query *q, int *first, int *last)
{
	const struct bounds *b = &q->bounds;
	bool bounded =
	    b->first_before_s != WHEN_UNKNOWN || b->first_after_s != WHEN_UNKNOWN ||
	    b->last_before_s != WHEN_UNKNOWN || b->last_after_s != WHEN_UNKNOWN;
	bool by_row = q->view == VIEW_MONTH;
	bool cut = q->by_month && !q->fence.strict && !bounded && q->sensor == 0 &&
		   q->view != VIEW_RR && (q->fence.seen || whole_months(&q->fence));
	if ((!by_row && !cut) || fence_is_open(&q->fence))
		return;
	*first = q->fence.from_s == WHEN_UNKNOWN ? 1 : when_civil(q->fence.from_s).year;
	*last = q->fence.to_s == WHEN_UNKNOWN ? 9999 : when_civil(q->fence.to_s).year;
}

int find_open(struct find *d, struct store *s, const struct query *q, struct fault *f)
{
	size_t memory = q->memory ? q->memory : QUERY_MEMORY;
	memset(d, 0, sizeof(*d));
	d->query = q;
	d->options = (struct walk_options){.store = s,
					   .shelf = q->shelf,
					   .stop = q->stop,
					   .counters = &d->counters,
					   .fault = &d->fault};
	find_years(q, &d->options.year_first, &d->options.year_last);
	walk_init(&d->names, &d->options);
	walk_init(&d->rows, &d->options);
	walk_init(&d->sets, &d->options);
	arena_init(&d->arena, 0);
	arena_init(&d->merging, memory / 4);
	gleaner_init(&d->rr.gleaner, memory / 2);
	d->merging.budget = d->rr.gleaner.arena.budget = q->budget;
	buf_init(&d->packed, SET_MAX);
	buf_init(&d->scratch, SET_MAX);
	buf_init(&d->last_rdata, SET_MAX);
	buf_init(&d->verdict.owner, NAME_WIRE_MAX);
	chase_list_init(&d->chases, q->follow_names ? q->follow_names : 1000,
			q->follow_hops ? q->follow_hops : 16);
	int r = plan_init(&d->plan, q, f);
	if (r < 0) {
		find_close(d);
		return r;
	}
	d->step = SIZE_MAX; /* before the first */
	buf_init(&d->after_room, 1u << 20);
	buf_init(&d->after_row, SET_MAX);
	buf_init(&d->after_set, SET_MAX);
	buf_init(&d->after_rdata, SET_MAX);
	buf_init(&d->named, 1u << 10);
	buf_init(&d->here_row, 1u << 10);
	r = q->after && *q->after ? find_resume(d, f) : 0;
	if (r < 0)
		find_close(d);
	return r;
}

void find_close(struct find *d)
{
	search_close(d->search);
	d->search = NULL;
	walk_close(&d->names);
	walk_close(&d->rows);
	walk_close(&d->sets);
	arena_release(&d->arena);
	arena_release(&d->merging);
	gleaner_release(&d->rr.gleaner);
	buf_release(&d->packed);
	buf_release(&d->scratch);
	buf_release(&d->after_room);
	buf_release(&d->after_row);
	buf_release(&d->after_set);
	buf_release(&d->after_rdata);
	buf_release(&d->named);
	buf_release(&d->here_row);
	buf_release(&d->last_rdata);
	buf_release(&d->verdict.owner);
	chase_list_release(&d->chases);
	plan_release(&d->plan);
	free(d->dated);
	d->dated = NULL;
}

/* The next step or name to chase: its bounds. 1, 0 when there is nothing left. */
static int next_task(struct find *d)
{
	arena_reset(&d->arena);
	d->bound = 0;
	d->verdict.known = false;
	buf_clear(&d->last_rdata);
	if (!d->steps_done) {
		if (++d->step < d->plan.step_count) {
			const struct step *s = &d->plan.steps[d->step];
			d->by_rdata = s->by_rdata;
			int r = plan_bounds(&d->plan, s, &d->arena, &d->bounds);
			if (d->resuming && d->step == d->after.step)
				d->bound = d->after.bound < d->bounds.count
					       ? (size_t)d->after.bound
					       : d->bounds.count;
			return r < 0 ? r : 1;
		}
		d->steps_done = true;
		int r = chase_begin(d);
		if (r < 0)
			return r;
	}
	d->chase = chase_list_next(&d->chases);
	if (d->chase == NULL)
		return 0;
	d->by_rdata = d->chase->backwards;
	int r = chase_bounds(d, d->chase);
	return r < 0 ? r : 1;
}

/* The next name that table N offers and the term wants. 1, 0, negative. */
static int next_name(struct find *d, struct bytes *owner)
{
	int r;
	while (d->search) {
		r = search_next(d->search, owner);
		if (r <= 0)
			return r;
		buf_clear(&d->named);
		key_name(&d->named, *owner);
		if (!d->resuming ||
		    bytes_compare(buf_bytes(&d->named), d->after.name) >= 0)
			return 1;
	}
	while ((r = walk_base(&d->names)) == 1)
		if (accept_name(d, buf_bytes(&d->names.base), owner)) {
			buf_clear(&d->named);
			buf_put_bytes(&d->named, buf_bytes(&d->names.base));
			return 1;
		}
	return r;
}

/* A walk over the rows of that name. 1, 0, negative. */
static int next_named(struct find *d)
{
	struct bytes owner;
	struct bound b;
	int r = next_name(d, &owner);
	if (r <= 0) {
		search_close(d->search);
		d->search = NULL;
		walk_close(&d->names);
		return r;
	}
	struct arena arena;
	arena_init(&arena, 0);
	r = bound_owner(&arena, owner, 0, &b);
	if (r == 0 && bytes_equal(buf_bytes(&d->named), d->after.name) &&
	    !find_from(d, &b, false, &b))
		b.lo = b.hi; /* nothing of this one is left */
	if (r == 0)
		r = walk_open(&d->rows, &b);
	arena_release(&arena);
	return r < 0 ? r : 1;
}

/* All names are to be tried, by more than one thread. */
static bool wants_search(const struct find *d)
{
	return d->chase == NULL && d->bounds.names && d->bounds.verify &&
	       d->bounds.count == 1 && d->current->lo.len == 1 &&
	       search_threads(d->query->threads) > 1 &&
	       d->query->terms[d->plan.steps[d->step].term].pattern;
}

/* Opens the next walk over rows. 1, 0 when all is done. */
static int next_walk(struct find *d)
{
	d->in_base = false;
	for (;;) {
		bool named = d->search || walk_is_open(&d->names);
		int r = named ? next_named(d) : 0;
		if (r)
			return r;
		if (d->bound < d->bounds.count) {
			d->current = &d->bounds.at[d->bound++];
			if (wants_search(d)) {
				size_t term = d->plan.steps[d->step].term;
				r = search_open(&d->options, &d->query->terms[term],
						d->query->threads, &d->search);
				if (r < 0)
					return r;
				continue;
			}
			struct bound from;
			if (!find_from(d, d->current, d->bounds.names, &from))
				continue;
			buf_clear(&d->named);
			r = walk_open(d->bounds.names ? &d->names : &d->rows, &from);
			if (r < 0)
				return r;
			if (!d->bounds.names)
				return 1;
			continue;
		}
		r = next_task(d);
		if (r <= 0) {
			d->bounds.count = d->bound = 0;
			return r;
		}
	}
}

int find_next(struct find *d, struct result *ret)
{
	for (;;) {
		int r = 0;
		if (walk_is_open(&d->rows))
			r = d->by_rdata ? find_by_rdata(d, ret)
					: find_by_owner(d, &d->rows, ret);
		if (r == 1) {
			if (find_is_behind(d, ret))
				continue;
			int e = chase_results(d, ret);
			if (e == 0 && chase_was_given(d, ret))
				continue;
			return e < 0 ? e : 1;
		}
		if (r < 0)
			return r;
		walk_close(&d->rows);
		r = next_walk(d);
		if (r <= 0)
			return r;
	}
}
