#include <stdlib.h>

#include "query/find.h"

#define DATED_MAX (1u << 20)

enum view find_view(const struct find *d)
{
	if (d->query->view != VIEW_DEFAULT)
		return d->query->view;
	return d->by_rdata ? VIEW_RR : VIEW_RRSET;
}

static void fill(struct find *d, const struct rrset *set, struct result *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->set = *set;
	ret->side = d->by_rdata ? SIDE_RDATA : SIDE_RRNAME;
	ret->zone_times = source_is_zone(set->source);
	ret->term = d->chase ? STEP_ALL : d->plan.steps[d->step].term;
	if (d->chase) {
		ret->hop = d->chase->hop;
		ret->via = name_bytes(&d->chase->via);
	}
}

static void fill_merged(struct find *d, const struct merged *m, struct result *ret)
{
	merged_span(m, d->query, &ret->span);
	ret->months = m->months;
	ret->month_count = m->month_count;
	if (m->stated_count > 1) {
		ret->stated = m->stated;
		ret->stated_count = m->stated_count;
	}
}

static void fill_dated(struct find *d, const struct dated *row, struct result *ret)
{
	const struct span *s = &row->span;
	ret->month = row->month;
	ret->span = *s;
	if (row->month == 0)
		return;
	d->month =
	    (struct month_seen){row->month, s->days, s->count, s->first_s, s->last_s};
	ret->months = &d->month;
	ret->month_count = 1;
}

/* All rows of the base in hand, into d->merged. */
static int merge_base(struct find *d, struct walk *w)
{
	struct dated row;
	int r;
	if (d->merged.month_room > 1 || d->merged.stated_room)
		arena_reset(&d->merging);
	merged_clear(&d->merged);
	while ((r = walk_row(w, &row)) == 1) {
		r = merged_reserve(&d->merged, 1, &d->merging);
		if (r == 0)
			r = merged_reserve_stated(&d->merged, &row, &d->merging);
		if (r < 0)
			return r;
		merged_add(&d->merged, d->query, &row);
	}
	return r;
}

/* All rows of the base in hand, as they are, into d->dated. */
static int read_base(struct find *d, struct walk *w)
{
	int r;
	d->dated_count = 0;
	for (;;) {
		if (d->dated_count == d->dated_room) {
			size_t room = d->dated_room ? d->dated_room * 2 : 64;
			if (room > DATED_MAX)
				return YORE_ELIMIT;
			struct dated *more = realloc(d->dated, room * sizeof(*more));
			if (more == NULL)
				return YORE_ENOMEM;
			d->dated = more;
			d->dated_room = room;
		}
		r = walk_row(w, &d->dated[d->dated_count]);
		if (r <= 0)
			return r;
		d->dated_count++;
	}
}

/* ---- sets ---- */

typedef bool (*accept_fn)(struct find *d, struct bytes base);

static int next_set(struct find *d, struct walk *w, accept_fn accept, struct result *ret)
{
	for (;;) {
		int r = walk_base(w);
		if (r <= 0)
			return r;
		if (!accept(d, buf_bytes(&w->base)))
			continue;
		r = merge_base(d, w);
		if (r < 0)
			return r;
		if (!merged_passes(&d->merged, d->query))
			continue;
		fill(d, &d->owner_key.set, ret);
		fill_merged(d, &d->merged, ret);
		return 1;
	}
}

static int next_set_month(struct find *d, struct walk *w, accept_fn accept,
			  struct result *ret)
{
	struct dated row;
	for (;;) {
		int r = d->in_base ? walk_row(w, &row) : 0;
		if (r < 0)
			return r;
		if (r == 1) {
			if (!dated_passes(&row, d->query))
				continue;
			fill(d, &d->owner_key.set, ret);
			fill_dated(d, &row, ret);
			return 1;
		}
		r = walk_base(w);
		d->in_base = r == 1 && accept(d, buf_bytes(&w->base));
		if (r <= 0)
			return r;
	}
}

/* ---- single records by owner ---- */

static bool same_owner(const struct find *d)
{
	const struct rrset *set = &d->owner_key.set;
	return d->rr.type == set->type &&
	       bytes_equal(name_bytes(&d->rr.owner), set->owner);
}

static void start_draining(struct gathering_rr *rr)
{
	gleaner_sort(&rr->gleaner);
	rr->draining = true;
	rr->next = 0;
}

static int drain(struct find *d, struct result *ret)
{
	struct gathering_rr *rr = &d->rr;
	while (rr->next < rr->gleaner.count) {
		const struct gleaned *e = rr->gleaner.list[rr->next++];
		if (!merged_passes(&e->merged, d->query))
			continue;
		struct rrset set = {.owner = name_bytes(&rr->owner),
				    .type = rr->type,
				    .source = e->source,
				    .bailiwick = e->bailiwick,
				    .rdata = e->packed};
		fill(d, &set, ret);
		fill_merged(d, &e->merged, ret);
		ret->single = true;
		return 1;
	}
	rr->draining = false;
	gleaner_clear(&rr->gleaner);
	return 0;
}

/* The set in hand, into the single records of its owner and type. */
static int add_set(struct find *d)
{
	struct gathering_rr *rr = &d->rr;
	const struct rrset *set = &d->owner_key.set;
	if (rr->gleaner.count == 0) {
		if (name_of_wire(set->owner, &rr->owner) < 0)
			return YORE_ECORRUPT;
		rr->type = set->type;
	}
	int r = gleaner_add(&rr->gleaner, d->query, set, d->dated, d->dated_count,
			    &rr->offset);
	if (r == 0) {
		rr->pending = false;
		return 0;
	}
	if (rr->stuck == rr->offset) /* not even one fits into all the room there is */
		return YORE_ENOMEM;
	rr->stuck = rr->offset;
	d->counters.merge_limit++;
	start_draining(rr);
	return 0;
}

static int next_single(struct find *d, struct walk *w, struct result *ret)
{
	struct gathering_rr *rr = &d->rr;
	for (;;) {
		int r;
		if (rr->draining) {
			r = drain(d, ret);
			if (r)
				return r;
		}
		if (rr->pending) {
			if (rr->gleaner.count && !same_owner(d))
				start_draining(rr);
			else if ((r = add_set(d)) < 0)
				return r;
			continue;
		}
		r = walk_base(w);
		if (r < 0 || (r == 0 && rr->gleaner.count == 0))
			return r;
		if (r == 0) {
			start_draining(rr);
			continue;
		}
		if (!accept_rrset(d, buf_bytes(&w->base)))
			continue;
		r = read_base(d, w);
		if (r < 0)
			return r;
		rr->pending = true;
		rr->offset = 0;
		rr->stuck = SIZE_MAX;
	}
}

int find_by_owner(struct find *d, struct walk *w, struct result *ret)
{
	switch (find_view(d)) {
	case VIEW_MONTH:
		return next_set_month(d, w, accept_rrset, ret);
	case VIEW_RR:
		return next_single(d, w, ret);
	default:
		return next_set(d, w, accept_rrset, ret);
	}
}

/* ---- by rdata ---- */

/* The record whose rdata d->rdata_key has; a result has rdata as sets have them. */
static int fill_single(struct find *d, struct rrset *set, struct result *ret)
{
	struct bytes rdata = d->rdata_key.set.rdata;
	if (rdata.len > UINT16_MAX)
		return YORE_ECORRUPT;
	buf_clear(&d->packed);
	buf_u16be(&d->packed, (uint16_t)rdata.len);
	buf_put_bytes(&d->packed, rdata);
	if (d->packed.err)
		return d->packed.err;
	set->rdata = buf_bytes(&d->packed);
	fill(d, set, ret);
	ret->single = true;
	return 0;
}

/* Table D knows no bailiwick and no sets: those are looked up from what it gives. */
bool find_looks_back(const struct find *d)
{
	return d->chase == NULL &&
	       (d->query->view == VIEW_RRSET || d->query->bailiwick.len);
}

static int open_sets(struct find *d)
{
	const struct rrset *set = &d->rdata_key.set;
	struct bound b;
	struct arena arena;
	arena_init(&arena, 0);
	int r = bound_owner(&arena, set->owner, set->type, &b);
	if (r == 0)
		r = walk_open(&d->sets, &b);
	arena_release(&arena);
	d->in_base = false;
	return r;
}

/* A single record over all the sets of the right bailiwick that it stands in. */
static int merge_looked_back(struct find *d, struct result *ret)
{
	int r;
	uint8_t bailiwick = BAILIWICK_ABSENT;
	if (d->merged.month_room > 1 || d->merged.stated_room)
		arena_reset(&d->merging);
	merged_clear(&d->merged);
	while ((r = walk_base(&d->sets)) == 1) {
		struct dated row;
		if (!accept_looked_back(d, buf_bytes(&d->sets.base)))
			continue;
		bailiwick = d->owner_key.set.bailiwick;
		while ((r = walk_row(&d->sets, &row)) == 1) {
			r = merged_reserve(&d->merged, 1, &d->merging);
			if (r == 0)
				r = merged_reserve_stated(&d->merged, &row, &d->merging);
			if (r < 0)
				return r;
			row.span.flags |= SPAN_PROVEN;
			merged_add(&d->merged, d->query, &row);
		}
		if (r < 0)
			return r;
	}
	if (r < 0 || !merged_passes(&d->merged, d->query))
		return r;
	struct rrset set = d->rdata_key.set;
	set.bailiwick = bailiwick;
	r = fill_single(d, &set, ret);
	if (r < 0)
		return r;
	fill_merged(d, &d->merged, ret);
	return 1;
}

static int look_back(struct find *d, struct result *ret)
{
	switch (find_view(d)) {
	case VIEW_RRSET:
		return next_set(d, &d->sets, accept_looked_back, ret);
	case VIEW_MONTH:
		return next_set_month(d, &d->sets, accept_looked_back, ret);
	default:
		return merge_looked_back(d, ret);
	}
}

static int next_looked_back(struct find *d, struct result *ret)
{
	for (;;) {
		int r = walk_is_open(&d->sets) ? look_back(d, ret) : 0;
		if (r)
			return r;
		walk_close(&d->sets);
		r = walk_base(&d->rows);
		if (r <= 0)
			return r;
		if (accept_rdata(d, buf_bytes(&d->rows.base)) && (r = open_sets(d)) < 0)
			return r;
	}
}

static int next_record(struct find *d, struct result *ret)
{
	for (;;) {
		int r = walk_base(&d->rows);
		if (r <= 0)
			return r;
		if (!accept_rdata(d, buf_bytes(&d->rows.base)))
			continue;
		r = merge_base(d, &d->rows);
		if (r < 0)
			return r;
		if (!merged_passes(&d->merged, d->query))
			continue;
		struct rrset set = d->rdata_key.set;
		r = fill_single(d, &set, ret);
		if (r < 0)
			return r;
		fill_merged(d, &d->merged, ret);
		return 1;
	}
}

static int next_record_month(struct find *d, struct result *ret)
{
	struct dated row;
	for (;;) {
		int r = d->in_base ? walk_row(&d->rows, &row) : 0;
		if (r < 0)
			return r;
		if (r == 1) {
			if (!dated_passes(&row, d->query))
				continue;
			struct rrset set = d->rdata_key.set;
			r = fill_single(d, &set, ret);
			if (r < 0)
				return r;
			fill_dated(d, &row, ret);
			return 1;
		}
		r = walk_base(&d->rows);
		d->in_base = r == 1 && accept_rdata(d, buf_bytes(&d->rows.base));
		if (r <= 0)
			return r;
	}
}

int find_by_rdata(struct find *d, struct result *ret)
{
	if (find_looks_back(d))
		return next_looked_back(d, ret);
	if (find_view(d) == VIEW_MONTH)
		return next_record_month(d, ret);
	return next_record(d, ret);
}
