#include "query/find.h"

static int add_bound(struct store *s, const struct query *q, const struct bound *b,
		     unsigned sample, struct scan_cost *add, struct fault *f)
{
	struct scan scan = {.table = b->lo.at[0],
			    .lo = b->lo,
			    .hi = b->hi,
			    .exact_owner = b->exact,
			    .intervals = true,
			    .shelf = q->shelf};
	find_years(q, &scan.year_first, &scan.year_last);
	return store_estimate(s, &scan, sample, add, f);
}

static int add_step(const struct plan *p, const struct step *step, struct store *s,
		    unsigned sample, struct query_cost *ret, struct fault *f)
{
	struct arena arena;
	struct bounds_list list;
	arena_init(&arena, 0);
	int r = plan_bounds(p, step, &arena, &list);
	for (size_t i = 0; i < list.count && r == 0; i++) {
		struct scan_cost c = {0};
		r = add_bound(s, p->query, &list.at[i], sample, &c, f);
		ret->octets += c.octets;
		*(list.names ? &ret->names : &ret->rows) += c.rows;
		if (c.shelves > ret->shelves)
			ret->shelves = c.shelves;
	}
	arena_release(&arena);
	return r;
}

int query_cost(struct store *s, const struct query *q, unsigned sample,
	       struct query_cost *ret, struct fault *f)
{
	struct plan p;
	struct query_cost c = {0};
	int r = plan_init(&p, q, f);
	if (r < 0)
		return r;
	for (size_t i = 0; i < p.step_count && r == 0; i++)
		r = add_step(&p, &p.steps[i], s, sample, &c, f);
	plan_release(&p);
	if (r == 0)
		*ret = c;
	return r;
}
