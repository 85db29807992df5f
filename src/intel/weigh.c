/* Whose is the address of a line? The neighbours there in the window are asked for. */
#include <stdlib.h>

#include "dns/psl.h"
#include "dns/type.h"
#include "intel/inquiry.h"

#define AGES_MOST 64

struct circle {
	struct neighbour *at;
	size_t count, room;
};

static bool is_related(const struct investigation *q, struct bytes domain)
{
	for (size_t i = 0; i < q->subject_count; i++)
		if (bytes_equal(name_bytes(&q->subjects[i].domain), domain))
			return true;
	return false;
}

static void widen(struct neighbour *n, const struct row *r)
{
	int64_t f = r->span.first_s, l = r->span.last_s;
	if (f != WHEN_UNKNOWN && (n->first_s == WHEN_UNKNOWN || f < n->first_s))
		n->first_s = f;
	if (l != WHEN_UNKNOWN && (n->last_s == WHEN_UNKNOWN || l > n->last_s))
		n->last_s = l;
}

static int add_neighbour(const struct investigation *q, struct circle *c,
			 const struct row *r)
{
	struct bytes d = psl_registered(r->owner);
	if (d.len == 0)
		d = r->owner;
	for (size_t i = c->count; i-- > 0;)
		if (bytes_equal(name_bytes(&c->at[i].domain), d)) {
			widen(&c->at[i], r);
			return 0;
		}
	if (c->count == c->room) {
		size_t room = c->room ? c->room * 2 : 64;
		struct neighbour *at = realloc(c->at, room * sizeof(*at));
		if (at == NULL)
			return YORE_ENOMEM;
		c->at = at;
		c->room = room;
	}
	struct neighbour *n = &c->at[c->count++];
	*n = (struct neighbour){.first_s = WHEN_UNKNOWN,
				.last_s = WHEN_UNKNOWN,
				.born_s = WHEN_UNKNOWN,
				.related = is_related(q, d)};
	n->domain.len = (uint8_t)d.len;
	memcpy(n->domain.wire, d.at, d.len);
	widen(n, r);
	return 0;
}

/* Only worth asking when there are enough strangers to make hosting, or a farm. */
static int ask_ages(struct investigation *q, struct circle *c, struct fault *f)
{
	size_t unrelated = 0, asked = 0;
	for (size_t i = 0; i < c->count; i++)
		unrelated += !c->at[i].related;
	if (unrelated < q->options.whose.shared_at)
		return 0;
	for (size_t i = 0; i < c->count && asked < AGES_MOST; i++) {
		struct neighbour *n = &c->at[i];
		struct inquest a = {.kind = ASK_ZONE,
				    .name = n->domain,
				    .fence = FENCE_OPEN,
				    .limit = 500};
		const struct answered *rows;
		if (n->related)
			continue;
		asked++;
		int r = evidence_ask(q->evidence, &a, f, &rows);
		if (r < 0)
			return r;
		for (size_t k = 0; k < rows->count; k++) {
			int64_t s = rows->rows[k].span.first_s;
			if (s != WHEN_UNKNOWN &&
			    (n->born_s == WHEN_UNKNOWN || s < n->born_s))
				n->born_s = s;
		}
		if (rows->truncated) /* the oldest may be among what was cut off */
			n->born_s = WHEN_UNKNOWN;
	}
	return 0;
}

/* A provider said so itself; of a stored source the user says that it sees far, and it
 * must know the address at all for its silence about others to mean something. */
static bool seen_wide(const struct investigation *q, const struct answered *a)
{
	if (a->wide)
		return true;
	for (size_t i = 0; i < INQUIRY_WIDE_MAX && q->options.wide[i]; i++)
		for (size_t k = 0; k < a->count; k++)
			if (strcmp(source_name(a->rows[k].source), q->options.wide[i]) ==
			    0)
				return true;
	return false;
}

static bool is_named(const struct investigation *q, const struct addr_range *at)
{
	for (size_t i = 0; i < q->subject_count; i++) {
		const struct ioc *o = q->subjects[i].ioc;
		if (o->kind == IOC_ADDR && o->class == IOC_INDICATOR &&
		    addr_range_has(&o->range, &at->lo) &&
		    addr_range_has(&o->range, &at->hi))
			return true;
	}
	return false;
}

static bool only_single_dates(const struct line *l)
{
	for (size_t i = 0; i < l->part_count; i++)
		if (!l->parts[i].timed.single_date)
			return false;
	return l->part_count > 0;
}

/* Nobody but our own resolvers put the address there. */
static bool only_rewritten(const struct line *l)
{
	for (size_t i = 0; i < l->part_count; i++)
		if (!source_is_rewriting(l->parts[i].source))
			return false;
	return l->part_count > 0;
}

static const struct network rewriting = {.special = SPECIAL_REWRITTEN,
					 .label = "seen below, by our own resolvers only",
					 .origin = "query --suspicious"};

int inquiry_weigh(struct investigation *q, struct line *l, struct fault *f)
{
	struct inquest ask = {.kind = ASK_NEIGHBOURS,
			      .range = l->at,
			      .limit = q->options.address_most,
			      .fence = inquiry_reach(q)};
	struct circle c = {0};
	const struct answered *a;
	int r = evidence_ask(q->evidence, &ask, f, &a);
	for (size_t i = 0; i < (r == 0 ? a->count : 0) && r == 0; i++)
		if (a->rows[i].type == TYPE_A || a->rows[i].type == TYPE_AAAA)
			r = add_neighbour(q, &c, &a->rows[i]);
	if (r == 0)
		r = ask_ages(q, &c, f);
	if (r == 0) {
		struct whose_input in = {.neighbours = c.at,
					 .count = c.count,
					 .truncated = a->truncated,
					 .wide = seen_wide(q, a),
					 .history_begins_s = q->begins_s,
					 .network = networks_find(q->networks, &l->at.lo),
					 .through = l->through};
		if (only_rewritten(l))
			in.network = &rewriting;
		networks_asn(q->networks, &l->at.lo, &in.asn);
		l->whose = whose_judge(&in, &q->options.window, &q->options.whose);
		l->facts = (struct case_facts){.timing = l->timed.timing,
					       .ownership = l->whose.ownership,
					       .special = l->whose.special,
					       .named = is_named(q, &l->at),
					       .single_date = only_single_dates(l),
					       .no_record = l->part_count == 0};
	}
	free(c.at);
	return r;
}
