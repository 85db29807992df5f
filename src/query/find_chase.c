#include "dns/type.h"
#include "query/find.h"

static int add(struct find *d, const struct chase *c)
{
	int r = chase_list_add(&d->chases, c);
	if (r == YORE_ELIMIT)
		d->counters.follow_limit++;
	return r == YORE_ENOMEM ? r : 0;
}

static int forwards(struct find *d, const struct result *r)
{
	struct chase next = {.hop = r->hop + 1};
	struct reader in = reader_of(r->set.rdata);
	struct bytes rdata;
	if (name_of_wire(r->set.owner, &next.via) < 0)
		return 0;
	while (rdataset_next(&in, &rdata)) {
		struct name target;
		if (!alias_target(r->set.type, rdata, &target))
			continue;
		next.name = target;
		/* a DNAME leads on only from the name below it that was asked for */
		if (r->set.type == TYPE_DNAME &&
		    !(d->chase && alias_replace(name_bytes(&d->chase->name), r->set.owner,
						name_bytes(&target), &next.name)))
			continue;
		int e = add(d, &next);
		if (e < 0)
			return e;
	}
	return 0;
}

static int backwards(struct find *d, const struct result *r)
{
	struct chase next = {.hop = r->hop + 1, .backwards = true};
	struct reader in = reader_of(r->set.rdata);
	struct bytes rdata;
	struct name target;
	uint16_t type = r->set.type;
	if (type != TYPE_A && type != TYPE_AAAA && !alias_type(type))
		return 0;
	if (name_of_wire(r->set.owner, &next.name) < 0)
		return 0;
	if (type == TYPE_DNAME) {
		/* the names below the owner that the one chased stands for */
		if (!d->chase || !rdataset_next(&in, &rdata) ||
		    !alias_target(type, rdata, &target) ||
		    !alias_replace(name_bytes(&d->chase->name), name_bytes(&target),
				   r->set.owner, &next.name))
			return 0;
	}
	next.via = next.name;
	return add(d, &next);
}

int chase_results(struct find *d, const struct result *r)
{
	if (!d->query->follow)
		return 0;
	if (r->side == SIDE_RDATA)
		return backwards(d, r);
	return alias_type(r->set.type) ? forwards(d, r) : 0;
}

static int put_bound(struct find *d, const struct bound *b)
{
	struct bounds_list *l = &d->bounds;
	if (l->count == l->room) {
		size_t room = l->room ? l->room * 2 : 8;
		struct bound *at = arena_alloc(&d->arena, room * sizeof(*at));
		if (at == NULL)
			return YORE_ENOMEM;
		if (l->count)
			memcpy(at, l->at, l->count * sizeof(*at));
		l->at = at;
		l->room = room;
	}
	l->at[l->count++] = *b;
	return 0;
}

/* Its DNAMEs lead on from each name below them, but are given with the first one. */
static int put_telling(struct find *d, struct bytes name, bool backwards, struct bound *b)
{
	int r = chase_list_told(&d->chases, name, backwards);
	b->told = r == 1;
	return r < 0 ? r : put_bound(d, b);
}

/* DNAMEs at the names above: one look-up each, never at the root. */
static int put_ancestors(struct find *d, const struct chase *c)
{
	struct bytes name = name_bytes(&c->name);
	for (unsigned labels = name_labels(name); labels-- > 1;) {
		struct bound b = {0};
		struct bytes above = name_suffix(name, labels);
		int r = c->backwards ? bound_target(&d->arena, above, &b)
				     : bound_owner(&d->arena, above, TYPE_DNAME, &b);
		b.only = TYPE_DNAME;
		if (r == 0)
			r = put_telling(d, above, c->backwards, &b);
		if (r < 0)
			return r;
	}
	return 0;
}

int chase_bounds(struct find *d, const struct chase *c)
{
	struct bound b = {0};
	memset(&d->bounds, 0, sizeof(d->bounds));
	if (!c->ancestors_only) {
		int r = c->backwards
			    ? bound_target(&d->arena, name_bytes(&c->name), &b)
			    : bound_owner(&d->arena, name_bytes(&c->name), 0, &b);
		if (r == 0)
			r = c->backwards
				? put_bound(d, &b)
				: put_telling(d, name_bytes(&c->name), false, &b);
		if (r < 0)
			return r;
	}
	return put_ancestors(d, c);
}

/* Names that were asked for may lie under a DNAME themselves. */
int chase_begin(struct find *d)
{
	if (!d->query->follow)
		return 0;
	for (size_t i = 0; i < d->plan.step_count; i++) {
		const struct step *s = &d->plan.steps[i];
		if (s->term == STEP_ALL || d->query->terms[s->term].kind != TERM_NAME)
			continue;
		struct chase c = {.hop = 1,
				  .ancestors_only = true,
				  .backwards = s->by_rdata,
				  .name = d->query->terms[s->term].name};
		c.via = c.name;
		int r = add(d, &c);
		if (r < 0)
			return r;
	}
	return 0;
}
