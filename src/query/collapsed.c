#include "query/run.h"

/* The same question about another name. Bounds are left away: one name's times say
   little about those of all that became one with it. */
static struct query question_about(const struct query *q, const struct term *t)
{
	struct query ask = QUERY_ALL;
	ask.terms = t;
	ask.term_count = 1;
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
	ask.limit = 1;
	return ask;
}

static int is_there(struct store *s, const struct query *q, const struct name *owner,
		    struct fault *f)
{
	struct term t;
	struct answer *a;
	struct result result;
	int r = term_of_name(name_bytes(owner), &t);
	if (r < 0)
		return r;
	struct query ask = question_about(q, &t);
	r = answer_open(s, &ask, f, &a);
	if (r == 0) {
		r = answer_next(a, &result);
		answer_close(a);
	}
	term_release(&t);
	return r;
}

int query_collapsed(struct store *s, const struct query *q, struct bytes name,
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
		int r = is_there(s, q, &owner, f);
		if (r == 1)
			*ret = owner;
		if (r != 0)
			return r;
	}
	return 0;
}
