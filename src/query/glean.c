#include <stdlib.h>

#include "base/hash.h"
#include "query/merge.h"

void gleaner_init(struct gleaner *g, size_t ceiling)
{
	memset(g, 0, sizeof(*g));
	arena_init(&g->arena, ceiling);
}

static size_t table_octets(size_t slots)
{
	return slots * sizeof(struct gleaned *) + slots / 2 * sizeof(struct gleaned *);
}

void gleaner_release(struct gleaner *g)
{
	budget_change(g->arena.budget, table_octets(g->slot_count), 0);
	arena_release(&g->arena);
	free(g->slots);
	free(g->list);
	g->slots = NULL;
	g->list = NULL;
	g->slot_count = g->count = g->room = 0;
}

void gleaner_clear(struct gleaner *g)
{
	/* a table that one owner blew up would make clearing dear for all that follow */
	if (g->slot_count > 4096 && g->count < g->slot_count / 64) {
		budget_change(g->arena.budget, table_octets(g->slot_count), 0);
		free(g->slots);
		free(g->list);
		g->slots = NULL;
		g->list = NULL;
		g->slot_count = g->room = 0;
	}
	if (g->slots)
		memset(g->slots, 0, g->slot_count * sizeof(*g->slots));
	g->count = 0;
	arena_reset(&g->arena);
}

static uint64_t hash_of(uint16_t source, struct bytes packed)
{
	return hash_mix(hash_keyed(packed.at, packed.len), source);
}

static struct gleaned **slot_of(struct gleaner *g, uint16_t source, struct bytes packed)
{
	size_t i = hash_of(source, packed) & (g->slot_count - 1);
	while (g->slots[i] && !(g->slots[i]->source == source &&
				bytes_equal(g->slots[i]->packed, packed)))
		i = (i + 1) & (g->slot_count - 1);
	return &g->slots[i];
}

static int grow(struct gleaner *g)
{
	size_t slots = g->slot_count ? g->slot_count * 2 : 32;
	/* the tables count against the same ceiling as what they point at */
	if (g->arena.ceiling && slots * 2 * sizeof(*g->slots) > g->arena.ceiling / 2)
		return YORE_ENOMEM;
	size_t before = table_octets(g->slot_count), after = table_octets(slots);
	if (!budget_change(g->arena.budget, before, after))
		return YORE_ENOMEM;
	struct gleaned **more = calloc(slots, sizeof(*more));
	struct gleaned **list = more ? realloc(g->list, slots / 2 * sizeof(*list)) : NULL;
	if (list == NULL) {
		budget_change(g->arena.budget, after, before);
		free(more);
		return YORE_ENOMEM;
	}
	free(g->slots);
	g->slots = more;
	g->slot_count = slots;
	g->list = list;
	g->room = slots / 2;
	for (size_t i = 0; i < g->count; i++)
		*slot_of(g, list[i]->source, list[i]->packed) = list[i];
	return 0;
}

static struct gleaned *entry_of(struct gleaner *g, const struct rrset *set,
				struct bytes packed)
{
	if (g->count >= g->room || g->slot_count == 0)
		if (grow(g) < 0)
			return NULL;
	struct gleaned **slot = slot_of(g, set->source, packed);
	if (*slot) {
		if ((*slot)->bailiwick != set->bailiwick)
			(*slot)->bailiwick = BAILIWICK_ABSENT;
		return *slot;
	}
	struct gleaned *e = arena_alloc(&g->arena, sizeof(*e));
	struct bytes copy = e ? arena_copy(&g->arena, packed) : BYTES(NULL, 0);
	if (copy.at == NULL)
		return NULL;
	merged_clear(&e->merged);
	e->packed = copy;
	e->source = set->source;
	e->bailiwick = set->bailiwick;
	*slot = e;
	g->list[g->count++] = e;
	return e;
}

int gleaner_add(struct gleaner *g, const struct query *q, const struct rrset *set,
		const struct dated *rows, size_t count, size_t *from)
{
	struct reader r = reader_of(set->rdata);
	struct bytes rdata;
	reader_skip(&r, *from);
	while (rdataset_next(&r, &rdata)) {
		struct bytes packed = BYTES(rdata.at - 2, rdata.len + 2);
		struct gleaned *e = entry_of(g, set, packed);
		if (e == NULL || merged_reserve(&e->merged, count, &g->arena) < 0)
			return YORE_ELIMIT;
		for (size_t i = 0; i < count; i++) {
			struct dated row = rows[i];
			if (merged_reserve_stated(&e->merged, &row, &g->arena) < 0)
				return YORE_ELIMIT;
			if (set->bailiwick != BAILIWICK_ABSENT)
				row.span.flags |= SPAN_PROVEN;
			merged_add(&e->merged, q, &row);
		}
		*from = reader_offset(&r);
	}
	return 0;
}

static int by_rdata(const void *a, const void *b)
{
	const struct gleaned *x = *(struct gleaned *const *)a;
	const struct gleaned *y = *(struct gleaned *const *)b;
	int r = bytes_compare(BYTES(x->packed.at + 2, x->packed.len - 2),
			      BYTES(y->packed.at + 2, y->packed.len - 2));
	return r ? r : strcmp(source_name(x->source), source_name(y->source));
}

void gleaner_sort(struct gleaner *g)
{
	if (g->count > 1)
		qsort(g->list, g->count, sizeof(*g->list), by_rdata);
}
