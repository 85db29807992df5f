#include "gather/rows.h"

/* Fewer rows than this are not worth a thread. */
#define WORTH_A_THREAD 20000

static void *sort_beside(void *arg)
{
	struct rows *r = arg;
	r->sorted = window_order_rrsets(&r->order);
	return NULL;
}

static int sorted(struct rows *r)
{
	if (r->sorting)
		pthread_join(r->sorter, NULL);
	r->sorting = false;
	return r->sorted;
}

static struct bytes encode(struct rows *r, const struct span *s, int64_t base_s)
{
	return BYTES(r->value, span_encode(s, base_s, r->value));
}

static int give_row(struct rows *r, uint32_t unit, struct bytes *key, struct bytes *value)
{
	const struct window *w = r->order.window;
	const struct row *row = window_row(w, unit);
	struct span span;
	window_span(w, row, &span);
	*key = BYTES(row->key, row->key_len);
	*value = encode(r, &span, window_base(w, row));
	return 1;
}

static void derived_span(const struct window *w, const struct derived *d,
			 struct span *ret)
{
	window_span(w, window_row(w, d->row), ret);
	if (d->proven)
		ret->flags |= SPAN_PROVEN;
}

/* A derived row, and then the row it comes from, lie anywhere. */
static inline void ask_ahead(const struct order *o, size_t at)
{
	if (at + 2 * ORDER_AHEAD >= o->rdata_count)
		return;
	const uint8_t *far =
	    (const uint8_t *)window_order_derived(o, at + 2 * ORDER_AHEAD);
	const struct derived *near = window_order_derived(o, at + ORDER_AHEAD);
	__builtin_prefetch(far);
	__builtin_prefetch(far + 64);
	__builtin_prefetch(window_row(o->window, near->row));
}

/* All rows with the same key are one: sets that share a record, and bailiwicks. */
static int give_rdata(struct rows *r, size_t *at, struct bytes *key, struct bytes *value)
{
	const struct order *o = &r->order;
	const struct window *w = o->window;
	const struct derived *d = window_order_derived(o, *at);
	struct span all, one;
	ask_ahead(o, *at);
	*key = BYTES(d->key, d->len);
	derived_span(w, d, &all);
	while (++*at < o->rdata_count) {
		const struct derived *next = window_order_derived(o, *at);
		if (!bytes_equal(*key, BYTES(next->key, next->len)))
			break;
		ask_ahead(o, *at);
		derived_span(w, next, &one);
		span_merge(&all, &one);
	}
	*value = encode(r, &all, window_base(w, window_row(w, d->row)));
	r->rdata++;
	return 1;
}

static int give_name(struct rows *r, size_t at, struct bytes *key, struct bytes *value)
{
	const struct order *o = &r->order;
	const struct named *n = window_order_named(o, at);
	struct span s = {.first_s = n->first_s,
			 .last_s = n->last_s,
			 .count = n->count,
			 .ttl_min = UINT32_MAX,
			 .flags = n->flags};
	*key = BYTES(n->key, n->len);
	*value = encode(r, &s, o->window->shelves[o->shelf].year_s);
	return 1;
}

static int give_rrset(struct rows *r, size_t at, struct bytes *key, struct bytes *value)
{
	const struct order *o = &r->order;
	window_ask_ahead(o->window, o->rrsets, at, o->rrset_count);
	return give_row(r, o->rrsets[at].key, key, value);
}

static int give(struct rows *r, struct bytes *key, struct bytes *value)
{
	struct order *o = &r->order;
	if (r->at[0] < o->server_count)
		return give_row(r, o->servers[r->at[0]++].key, key, value);
	if (r->at[1] < o->rdata_count)
		return give_rdata(r, &r->at[1], key, value);
	int e = sorted(r);
	if (e < 0)
		return e;
	if (r->at[2] < o->name_count)
		return give_name(r, r->at[2]++, key, value);
	if (r->at[3] < o->rrset_count)
		return give_rrset(r, r->at[3]++, key, value);
	return 0;
}

static int next(struct segment_rows *self, struct bytes *key, struct bytes *value)
{
	struct rows *r = (struct rows *)self;
	int e = give(r, key, value);
	if (e == 1) {
		r->rows++;
		r->octets += key->len + value->len;
	}
	return e;
}

int rows_init(struct rows *r, const struct window *w, unsigned shelf)
{
	*r = (struct rows){.pull = {next}};
	int e = window_order_init(&r->order, w, shelf);
	if (e == 0 && w->shelves[shelf].rows >= WORTH_A_THREAD)
		r->sorting = pthread_create(&r->sorter, NULL, sort_beside, r) == 0;
	if (e == 0 && !r->sorting)
		sort_beside(r);
	if (e == 0)
		e = window_order_rdata(&r->order);
	if (e < 0)
		rows_release(r);
	return e;
}

void rows_release(struct rows *r)
{
	(void)sorted(r);
	window_order_release(&r->order);
}
