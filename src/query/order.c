#include <stdlib.h>

#include "dns/name.h"
#include "dns/type.h"
#include "query/order.h"

static size_t ceiling_of(const struct query *q)
{
	size_t most = q->memory ? q->memory : QUERY_MEMORY;
	size_t share = q->budget ? budget_left(q->budget) / 4 : most;
	share = share < BUDGET_SMALL ? BUDGET_SMALL : share;
	return share < most ? share : most;
}

void order_init(struct order *o, const struct query *q)
{
	memset(o, 0, sizeof(*o));
	arena_init(&o->arena, ceiling_of(q));
	o->arena.budget = q->budget;
	o->query = q;
	o->best = UINT64_MAX;
	if (q->limit && __builtin_add_overflow(q->limit, q->offset, &o->best))
		o->best = UINT64_MAX;
}

/* The list has room for so many. False: that is too much. */
static bool claim_list(struct order *o, size_t room)
{
	return budget_change(o->arena.budget, o->room * sizeof(*o->list),
			     room * sizeof(*o->list));
}

void order_release(struct order *o)
{
	claim_list(o, 0);
	arena_release(&o->arena);
	free(o->list);
	o->list = NULL;
	o->count = o->room = 0;
}

/* ---- comparing ---- */

static int64_t first_of(const struct span *s)
{
	return s->first_s != WHEN_UNKNOWN ? s->first_s : s->last_s;
}

static int64_t last_of(const struct span *s)
{
	return s->last_s != WHEN_UNKNOWN ? s->last_s : s->first_s;
}

static int cmp_i64(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int cmp_u64(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int no_address(const struct result *r)
{
	return r->set.type != TYPE_A && r->set.type != TYPE_AAAA;
}

static struct bytes bailiwick_of(const struct result *r)
{
	if (r->set.bailiwick == BAILIWICK_ABSENT)
		return BYTES("", 1);
	return name_suffix(r->set.owner, r->set.bailiwick);
}

/* By octets of the first record, not by its length, which stands in front. */
static int cmp_rdata(struct bytes a, struct bytes b)
{
	if (a.len < 2 || b.len < 2)
		return bytes_compare(a, b);
	int r = bytes_compare(BYTES(a.at + 2, load_u16be(a.at)),
			      BYTES(b.at + 2, load_u16be(b.at)));
	return r ? r : bytes_compare(a, b);
}

static int cmp_key(enum sort_key key, const struct result *a, const struct result *b)
{
	switch (key) {
	case SORT_NONE:
		return 0;
	case SORT_ADDRESS:
		return no_address(a) - no_address(b);
	case SORT_FIRST:
		return cmp_i64(first_of(&a->span), first_of(&b->span));
	case SORT_LAST:
		return cmp_i64(last_of(&a->span), last_of(&b->span));
	case SORT_COUNT:
		return cmp_u64(a->span.count, b->span.count);
	case SORT_DURATION:
		return cmp_u64((uint64_t)last_of(&a->span) - (uint64_t)first_of(&a->span),
			       (uint64_t)last_of(&b->span) -
				   (uint64_t)first_of(&b->span));
	case SORT_RRNAME:
		return name_compare(a->set.owner, b->set.owner);
	case SORT_TYPE:
		return (int)a->set.type - (int)b->set.type;
	case SORT_RDATA:
		return cmp_rdata(a->set.rdata, b->set.rdata);
	case SORT_BAILIWICK:
		return name_compare(bailiwick_of(a), bailiwick_of(b));
	case SORT_SOURCE:
		return strcmp(source_name(a->set.source), source_name(b->set.source));
	case SORT_HOP:
		return (int)a->hop - (int)b->hop;
	}
	return 0;
}

static int by_keys(const void *a, const void *b, void *arg)
{
	const struct kept *x = *(struct kept *const *)a, *y = *(struct kept *const *)b;
	const struct query *q = arg;
	for (unsigned i = 0; i < SORT_KEYS_MAX && q->sort[i].key != SORT_NONE; i++) {
		int r = cmp_key(q->sort[i].key, &x->result, &y->result);
		if (r)
			return q->sort[i].descending ? -r : r;
	}
	return cmp_u64(x->sequence, y->sequence); /* stable */
}

void order_sort(struct order *o)
{
	if (o->count > 1)
		qsort_r(o->list, o->count, sizeof(*o->list), by_keys,
			(void *)(uintptr_t)o->query);
}

/* ---- keeping ---- */

static bool copy_into(struct arena *arena, struct bytes *b)
{
	if (b->len == 0)
		return true;
	*b = arena_copy(arena, *b);
	return b->at != NULL;
}

static struct kept *copy_result(struct arena *arena, const struct result *r)
{
	struct kept *k = arena_alloc(arena, sizeof(*k));
	if (k == NULL)
		return NULL;
	k->result = *r;
	struct result *to = &k->result;
	if (!copy_into(arena, &to->set.owner) || !copy_into(arena, &to->set.rdata) ||
	    !copy_into(arena, &to->via))
		return NULL;
	if (r->month_count) {
		struct month_seen *m = arena_alloc(arena, r->month_count * sizeof(*m));
		if (m == NULL)
			return NULL;
		memcpy(m, r->months, r->month_count * sizeof(*m));
		to->months = m;
	}
	if (r->stated_count) {
		struct stated *s = arena_alloc(arena, r->stated_count * sizeof(*s));
		if (s == NULL)
			return NULL;
		memcpy(s, r->stated, r->stated_count * sizeof(*s));
		to->stated = s;
	}
	return k;
}

/* Keeps the best only, and gives back the memory of the rest. */
static bool let_go(struct order *o)
{
	if (o->best >= o->count)
		return false;
	order_sort(o);
	struct kept **list = malloc(((size_t)o->best + 1) * sizeof(*list));
	struct arena fresh;
	arena_init(&fresh, o->arena.ceiling);
	fresh.budget = o->arena.budget;
	size_t n = 0;
	while (list && n < o->best) {
		list[n] = copy_result(&fresh, &o->list[n]->result);
		if (list[n] == NULL)
			break;
		list[n]->sequence = o->list[n]->sequence;
		n++;
	}
	if (n < o->best) {
		free(list);
		arena_release(&fresh);
		return false;
	}
	arena_release(&o->arena);
	claim_list(o, n + 1);
	free(o->list);
	o->arena = fresh;
	o->list = list;
	o->count = n;
	o->room = n + 1;
	return true;
}

static int room_for_one(struct order *o)
{
	if (o->count < o->room)
		return 0;
	size_t room = o->room ? o->room * 2 : 256;
	if (o->arena.ceiling && room * sizeof(*o->list) > o->arena.ceiling / 4)
		return YORE_ELIMIT;
	if (!claim_list(o, room))
		return YORE_ELIMIT;
	struct kept **list = realloc(o->list, room * sizeof(*list));
	if (list == NULL) {
		budget_change(o->arena.budget, room * sizeof(*list),
			      o->room * sizeof(*list));
		return YORE_ELIMIT;
	}
	o->list = list;
	o->room = room;
	return 0;
}

int order_add(struct order *o, const struct result *r)
{
	if (o->best < SIZE_MAX / 4 && o->count >= 2 * o->best + 512)
		let_go(o);
	if (room_for_one(o) < 0 && !let_go(o))
		return YORE_ELIMIT;
	struct kept *k = copy_result(&o->arena, r);
	if (k == NULL && let_go(o))
		k = copy_result(&o->arena, r);
	if (k == NULL)
		return YORE_ELIMIT;
	k->sequence = o->sequence++;
	o->list[o->count++] = k;
	o->offered++;
	return 0;
}
