/* Terms as stretches of the order by name; see query/who.h. */
#include <stdlib.h>

#include "query/who.h"

#define BOUND_MAX 512

static int add(struct who_plan *p, struct bytes name, bool zone)
{
	struct who_stretch *s = &p->at[p->count++];
	buf_init(&s->lo, BOUND_MAX);
	buf_init(&s->hi, BOUND_MAX);
	key_owner_prefix(&s->lo, TABLE_ASKED, name, zone);
	buf_put_bytes(&s->hi, buf_bytes(&s->lo));
	if (s->lo.err || s->hi.err)
		return YORE_ENOMEM;
	key_after(&s->hi);
	return 0;
}

static int by_begin(const void *a, const void *b)
{
	const struct who_stretch *x = a, *y = b;
	int r = bytes_compare(buf_bytes(&x->lo), buf_bytes(&y->lo));
	/* the longer one first: it holds the other */
	return r ? r : -bytes_compare(buf_bytes(&x->hi), buf_bytes(&y->hi));
}

static void stretch_release(struct who_stretch *s)
{
	buf_release(&s->lo);
	buf_release(&s->hi);
}

/* Names of a zone that is asked for anyway. Stretches hold each other or are apart. */
static void drop_held(struct who_plan *p)
{
	size_t n = 0;
	for (size_t i = 0; i < p->count; i++) {
		struct who_stretch *s = &p->at[i];
		if (n &&
		    bytes_compare(buf_bytes(&s->lo), buf_bytes(&p->at[n - 1].hi)) < 0)
			stretch_release(s);
		else
			p->at[n++] = *s;
	}
	p->count = n;
}

int who_plan(const struct who_query *q, struct who_plan *ret)
{
	struct who_plan p = {0};
	p.at = calloc(q->term_count + 1, sizeof(*p.at));
	p.loose = calloc(q->term_count + 1, sizeof(*p.loose));
	int r = p.at && p.loose ? 0 : YORE_ENOMEM;
	for (size_t i = 0; i < q->term_count && r == 0; i++) {
		const struct term *t = &q->terms[i];
		if (t->kind == TERM_NAME || t->kind == TERM_ZONE)
			r = add(&p, name_bytes(&t->name), t->kind == TERM_ZONE);
		else
			p.loose[p.loose_count++] = t;
	}
	if (r < 0) {
		who_plan_release(&p);
		return r;
	}
	qsort(p.at, p.count, sizeof(*p.at), by_begin);
	drop_held(&p);
	*ret = p;
	return 0;
}

void who_plan_release(struct who_plan *p)
{
	for (size_t i = 0; i < p->count; i++)
		stretch_release(&p->at[i]);
	free(p->at);
	free(p->loose);
	*p = (struct who_plan){0};
}
