/* Bars of addresses and networks: many records become one bar. */
#include "base/addr.h"
#include "dns/type.h"
#include "format/timeline_own.h"

void timeline_put_network(struct buf *out, const struct result *r)
{
	struct reader in = reader_of(r->set.rdata);
	struct bytes one;
	char type[TYPE_TEXT_MAX], text[ADDR_TEXT_MAX];
	bool first = rdataset_next(&in, &one) == 1;
	struct addr_range range;
	unsigned bits = first && one.len == 4 ? 24 : 48;
	if (first && (r->set.type == TYPE_A || r->set.type == TYPE_AAAA)) {
		struct addr a = addr_of(one.at, (uint8_t)one.len);
		if (addr_range_of_prefix(&a, bits, &range) == 0) {
			addr_text(&range.lo, text);
			buf_printf(out, "%s/%u", text, bits);
			return;
		}
	}
	type_text(r->set.type, type);
	buf_puts(out, type);
}

struct bar *timeline_find(struct timeline *t, uint64_t hash, const char *name,
			  const char *label, uint16_t source)
{
	for (size_t i = 0; i < t->count; i++) {
		struct bar *b = &t->bars[i];
		if (b->hash == hash && b->source == source &&
		    strcmp(b->label, label) == 0 && strcmp(b->name, name) == 0)
			return b;
	}
	return NULL;
}

static int merge_months(struct timeline *t, struct bar *into, const struct bar *b)
{
	size_t n = 0, i = 0, k = 0;
	struct month_seen *to = arena_alloc(
	    &t->arena, (into->month_count + b->month_count + 1) * sizeof(*to));
	if (to == NULL)
		return YORE_ENOMEM;
	while (i < into->month_count || k < b->month_count) {
		const struct month_seen *x =
		    i < into->month_count ? &into->months[i] : NULL;
		const struct month_seen *y = k < b->month_count ? &b->months[k] : NULL;
		if (y == NULL || (x && x->month < y->month)) {
			to[n++] = into->months[i++];
		} else if (x == NULL || y->month < x->month) {
			to[n++] = b->months[k++];
		} else {
			to[n] = into->months[i++];
			to[n].days |= y->days;
			to[n++].count += y->count;
			k++;
		}
	}
	into->months = to;
	into->month_count = n;
	return 0;
}

/* A bar of one interval has it in its ends; beside others it has to be listed. */
static size_t put_stated(struct stated *to, const struct bar *b)
{
	if (b->stated_count == 0 && b->month_count == 0)
		to[0] = (struct stated){b->first_s, b->last_s};
	else if (b->stated_count)
		memcpy(to, b->stated, b->stated_count * sizeof(*to));
	return b->stated_count ? b->stated_count : b->month_count == 0;
}

static int merge_stated(struct timeline *t, struct bar *into, const struct bar *b)
{
	size_t most = into->stated_count + b->stated_count + 2;
	struct stated *to = arena_alloc(&t->arena, most * sizeof(*to));
	if (to == NULL)
		return YORE_ENOMEM;
	size_t n = put_stated(to, into);
	into->stated_count = n + put_stated(to + n, b);
	into->stated = to;
	return 0;
}

int timeline_merge(struct timeline *t, struct bar *into, const struct bar *b)
{
	int r = merge_stated(t, into, b);
	if (r == 0)
		r = merge_months(t, into, b);
	if (b->first_s != WHEN_UNKNOWN &&
	    (into->first_s == WHEN_UNKNOWN || b->first_s < into->first_s))
		into->first_s = b->first_s;
	if (b->last_s > into->last_s)
		into->last_s = b->last_s;
	return r;
}
