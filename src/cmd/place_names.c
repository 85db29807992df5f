#include <stdlib.h>

#include "cmd/place_names.h"

static int compare(const void *a, const void *b)
{
	const struct place_name *x = a, *y = b;
	if (x->input != y->input)
		return x->input < y->input ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int on_entry(const char *shelf, const struct ledger_entry *e, void *arg)
{
	struct place_names *n = arg;
	if (n->count == PLACE_NAMES_MAX)
		return 0;
	if (n->count == n->room) {
		size_t room = n->room ? 2 * n->room : 64;
		void *at = realloc(n->at, room * sizeof(*n->at));
		if (at == NULL)
			return YORE_ENOMEM;
		n->at = at;
		n->room = room;
	}
	struct place_name *p = &n->at[n->count];
	*p = (struct place_name){load_u32be(e->input.octets), e->from, e->to.packets,
				 strdup(e->name)};
	if (p->name == NULL)
		return YORE_ENOMEM;
	n->count++;
	return 0;
}

int place_names_load(struct place_names *n, struct store *s, struct fault *f)
{
	*n = (struct place_names){NULL, 0, 0};
	int r = store_ledger(s, NULL, on_entry, n, f);
	if (n->count > 1)
		qsort(n->at, n->count, sizeof(*n->at), compare);
	return r;
}

void place_names_release(struct place_names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->at[i].name);
	free(n->at);
	*n = (struct place_names){NULL, 0, 0};
}

/* The first commit that ends at or behind the packet. */
const char *place_names_find(const struct span_place *at, void *names)
{
	const struct place_names *n = names;
	size_t low = 0, high = n->count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct place_name *p = &n->at[mid];
		if (p->input < at->input || (p->input == at->input && p->to < at->number))
			low = mid + 1;
		else
			high = mid;
	}
	return low < n->count && n->at[low].input == at->input &&
		       n->at[low].from < at->number
		   ? n->at[low].name
		   : NULL;
}
