#include "dns/type.h"
#include "query/run.h"

/* The same question about another name. Bounds are left away: one name's times say
   little about those of all that became one with it. */
static struct query question_about(const struct query *q, const struct term *t)
{
	struct query ask = QUERY_ALL;
	ask.terms = t;
	ask.term_count = 1;
	ask.side = SIDE_RRNAME;
	ask.types = q->types;
	ask.type = q->type;
	ask.type_count = q->type_count;
	ask.sources = q->sources;
	ask.source_count = q->source_count;
	ask.without_sources = q->without_sources;
	ask.without_source_count = q->without_source_count;
	ask.sensor = q->sensor;
	ask.fence = q->fence;
	ask.shelf = q->shelf;
	ask.stop = q->stop;
	return ask;
}

/* Rows of which only the type was kept, and may have been this one. */
static bool may_have_held(const struct term *t, const struct rrset *set)
{
	if (set->rdata.len != 2)
		return false;
	switch (set->type) {
	case TYPE_A:
		return t->kind == TERM_ADDR && t->range.lo.len == 4;
	case TYPE_AAAA:
		return t->kind == TERM_ADDR && t->range.lo.len == 16;
	case TYPE_HTTPS:
	case TYPE_SVCB:
		return true;
	case TYPE_TXT:
		return t->kind == TERM_RAW;
	default:
		return t->kind != TERM_ADDR;
	}
}

static bool may_have_been(const struct term *t, struct bytes zone)
{
	struct name under;
	if (t->kind != TERM_REGEX && t->kind != TERM_GLOB)
		return true;
	pattern_zone(t->pattern, t->final_dot, &under);
	return name_within(zone, name_bytes(&under)) ||
	       name_within(name_bytes(&under), zone);
}

static bool is_among(const struct term *t, bool by_rdata, const struct rrset *set)
{
	unsigned labels = name_labels(set->owner);
	if (labels <= COLLAPSED_ZONE_MIN)
		return false;
	return by_rdata ? may_have_held(t, set)
			: may_have_been(t, name_suffix(set->owner, labels - 1));
}

/* The owner of the first row that `rows` finds and the term may be among (NULL: any). */
static int first_row(struct store *s, const struct query *q, const struct term *rows,
		     const struct term *t, bool by_rdata, struct name *ret,
		     struct fault *f)
{
	struct query ask = question_about(q, rows);
	struct answer *a;
	struct result result;
	int r = answer_open(s, &ask, f, &a);
	if (r < 0)
		return r;
	while ((r = answer_next(a, &result)) == 1)
		if (t == NULL || is_among(t, by_rdata, &result.set))
			break;
	if (r == 1)
		r = name_of_wire(result.set.owner, ret) < 0 ? YORE_ECORRUPT : 1;
	answer_close(a);
	return r;
}

/* A name, or all below it: the rows of its zones. */
static int below_zone(struct store *s, const struct query *q, struct bytes name,
		      struct name *ret, struct fault *f)
{
	static const char label[] = COLLAPSED_LABEL;
	unsigned labels = name_labels(name);
	unsigned n = labels <= COLLAPSED_ZONE_MAX ? labels : COLLAPSED_ZONE_MAX + 1;
	while (n-- > COLLAPSED_ZONE_MIN) {
		struct bytes zone = name_suffix(name, n);
		struct name owner;
		if (zone.len + sizeof(label) > NAME_WIRE_MAX)
			continue;
		owner.wire[0] = sizeof(label) - 1;
		memcpy(owner.wire + 1, label, sizeof(label) - 1);
		memcpy(owner.wire + sizeof(label), zone.at, zone.len);
		owner.len = (uint8_t)(sizeof(label) + zone.len);
		struct term t;
		int r = term_of_name(name_bytes(&owner), &t);
		if (r == 0)
			r = first_row(s, q, &t, NULL, false, ret, f);
		if (r != 0)
			return r;
	}
	return 0;
}

/* Anything else may be of any collapsed row there is. */
static int any_at_all(struct store *s, const struct query *q, const struct term *t,
		      bool by_rdata, struct name *ret, struct fault *f)
{
	struct term all;
	int r = term_parse(COLLAPSED_LABEL ".*", f, &all);
	if (r < 0)
		return r;
	r = first_row(s, q, &all, t, by_rdata, ret, f);
	term_release(&all);
	return r;
}

static int by_owner(struct store *s, const struct query *q, const struct term *t,
		    struct name *ret, struct fault *f)
{
	struct name reverse;
	switch (t->kind) {
	case TERM_NAME:
	case TERM_ZONE:
		return below_zone(s, q, name_bytes(&t->name), ret, f);
	case TERM_ADDR:
		if (!addr_equal(&t->range.lo, &t->range.hi))
			return 0;
		name_of_addr(&t->range.lo, &reverse);
		return below_zone(s, q, name_bytes(&reverse), ret, f);
	case TERM_RAW:
		return name_of_wire(BYTES(t->raw, t->raw_len), &reverse) < 0
			   ? 0
			   : below_zone(s, q, name_bytes(&reverse), ret, f);
	default:
		return any_at_all(s, q, t, false, ret, f);
	}
}

int query_collapsed(struct store *s, const struct query *q, struct name *ret,
		    struct fault *f)
{
	int r = 0;
	for (size_t i = 0; i < q->term_count && r == 0; i++) {
		const struct term *t = &q->terms[i];
		enum side side = query_side(q, t);
		if (side != SIDE_RDATA)
			r = by_owner(s, q, t, ret, f);
		if (r == 0 && side != SIDE_RRNAME)
			r = any_at_all(s, q, t, true, ret, f);
	}
	return r;
}
