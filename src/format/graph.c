#include <stdlib.h>

#include "base/addr.h"
#include "base/hash.h"
#include "dns/name.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "format/graph.h"
#include "format/put.h"

void graph_init(struct graph *g)
{
	memset(g, 0, sizeof(*g));
	arena_init(&g->arena, GRAPH_OCTETS);
	buf_init(&g->text, 1 << 20);
}

void graph_release(struct graph *g)
{
	free(g->nodes);
	free(g->edges);
	free(g->node_slots);
	free(g->edge_slots);
	arena_release(&g->arena);
	buf_release(&g->text);
}

const char *node_kind_text(enum node_kind k)
{
	static const char *const texts[] = {"name", "address", "text"};
	return texts[k];
}

const char *graph_time(int64_t s, char out[WHEN_TEXT_MAX])
{
	*out = '\0';
	if (s != WHEN_UNKNOWN)
		when_text(s, out);
	return out;
}

void graph_put_dot(struct buf *out, const char *s)
{
	buf_putc(out, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			buf_putc(out, '\\');
		buf_putc(out, *s);
	}
	buf_putc(out, '"');
}

/* ---- nodes ---- */

static uint64_t node_hash(const char *label, enum node_kind kind)
{
	return hash_mix(hash_keyed(label, strlen(label)), (uint64_t)kind);
}

static size_t node_slot(const struct graph *g, const char *label, enum node_kind kind)
{
	size_t i = node_hash(label, kind) & (g->node_slot_count - 1);
	for (; g->node_slots[i]; i = (i + 1) & (g->node_slot_count - 1)) {
		const struct graph_node *n = &g->nodes[g->node_slots[i] - 1];
		if (n->kind == kind && strcmp(n->label, label) == 0)
			break;
	}
	return i;
}

static int grow_node_slots(struct graph *g)
{
	size_t n = g->node_slot_count ? 2 * g->node_slot_count : 256;
	uint32_t *slots = calloc(n, sizeof(*slots));
	if (slots == NULL)
		return YORE_ENOMEM;
	free(g->node_slots);
	g->node_slots = slots;
	g->node_slot_count = n;
	for (size_t i = 0; i < g->node_count; i++)
		slots[node_slot(g, g->nodes[i].label, g->nodes[i].kind)] =
		    (uint32_t)i + 1;
	return 0;
}

static int grow(void **at, size_t *room, size_t each)
{
	size_t n = *room ? 2 * *room : 128;
	if (n * each > GRAPH_OCTETS)
		return YORE_ELIMIT;
	void *p = realloc(*at, n * each);
	if (p == NULL)
		return YORE_ENOMEM;
	*at = p;
	*room = n;
	return 0;
}

static int node_of(struct graph *g, const char *label, enum node_kind kind, uint32_t *ret)
{
	int r = 0;
	if (2 * g->node_count >= g->node_slot_count)
		r = grow_node_slots(g);
	if (r < 0)
		return r;
	size_t slot = node_slot(g, label, kind);
	if (g->node_slots[slot] == 0) {
		if (g->node_count == g->node_room)
			r = grow((void **)&g->nodes, &g->node_room, sizeof(*g->nodes));
		char *copy = r == 0 ? arena_strdup(&g->arena, label) : NULL;
		if (copy == NULL)
			return r < 0 ? r : YORE_ELIMIT;
		g->nodes[g->node_count++] = (struct graph_node){copy, kind};
		g->node_slots[slot] = (uint32_t)g->node_count;
	}
	*ret = g->node_slots[slot] - 1;
	return 0;
}

/* ---- edges ---- */

static bool same_edge(const struct graph_edge *a, const struct graph_edge *b)
{
	return a->from == b->from && a->to == b->to && a->type == b->type &&
	       a->source == b->source;
}

static size_t edge_slot(const struct graph *g, const struct graph_edge *e)
{
	uint64_t h = hash_mix((uint64_t)e->from << 32 | e->to,
			      hash_seed() ^ ((uint64_t)e->type << 16 | e->source));
	size_t i = h & (g->edge_slot_count - 1);
	while (g->edge_slots[i] && !same_edge(&g->edges[g->edge_slots[i] - 1], e))
		i = (i + 1) & (g->edge_slot_count - 1);
	return i;
}

static int grow_edge_slots(struct graph *g)
{
	size_t n = g->edge_slot_count ? 2 * g->edge_slot_count : 256;
	uint32_t *slots = calloc(n, sizeof(*slots));
	if (slots == NULL)
		return YORE_ENOMEM;
	free(g->edge_slots);
	g->edge_slots = slots;
	g->edge_slot_count = n;
	for (size_t i = 0; i < g->edge_count; i++)
		slots[edge_slot(g, &g->edges[i])] = (uint32_t)i + 1;
	return 0;
}

static void merge_edge(struct graph_edge *into, const struct graph_edge *e)
{
	if (into->first_s == WHEN_UNKNOWN ||
	    (e->first_s != WHEN_UNKNOWN && e->first_s < into->first_s))
		into->first_s = e->first_s;
	if (e->last_s != WHEN_UNKNOWN && e->last_s > into->last_s)
		into->last_s = e->last_s;
	if (__builtin_add_overflow(into->count, e->count, &into->count))
		into->count = UINT64_MAX;
}

static int add_edge(struct graph *g, const struct graph_edge *e)
{
	int r = 0;
	if (2 * g->edge_count >= g->edge_slot_count)
		r = grow_edge_slots(g);
	if (r < 0)
		return r;
	size_t slot = edge_slot(g, e);
	if (g->edge_slots[slot]) {
		merge_edge(&g->edges[g->edge_slots[slot] - 1], e);
		return 0;
	}
	if (g->edge_count == g->edge_room)
		r = grow((void **)&g->edges, &g->edge_room, sizeof(*g->edges));
	if (r < 0)
		return r;
	g->edges[g->edge_count++] = *e;
	g->edge_slots[slot] = (uint32_t)g->edge_count;
	return 0;
}

/* ---- records ---- */

struct adding {
	struct graph *graph;
	struct graph_edge edge;
	unsigned targets;
	int err;
};

static void add_target(struct adding *a, const char *label, enum node_kind kind)
{
	if (a->err < 0)
		return;
	a->err = node_of(a->graph, label, kind, &a->edge.to);
	if (a->err == 0)
		a->err = add_edge(a->graph, &a->edge);
	a->targets++;
}

static void on_part(enum rdata_part part, struct bytes value, void *arg)
{
	struct adding *a = arg;
	char text[NAME_TEXT_MAX];
	if (part == RDATA_NAME && value.len > 1) {
		struct buf *b = &a->graph->text;
		buf_clear(b);
		name_put_chomped(b, value);
		add_target(a, buf_str(b), NODE_NAME);
	} else if (part == RDATA_ADDR4 || part == RDATA_ADDR6) {
		struct addr addr = addr_of(value.at, (uint8_t)value.len);
		addr_text(&addr, text);
		add_target(a, text, NODE_ADDRESS);
	}
}

int graph_add(struct graph *g, const struct result *r)
{
	struct adding a = {.graph = g,
			   .edge = {.type = r->set.type,
				    .source = r->set.source,
				    .first_s = r->span.first_s,
				    .last_s = r->span.last_s,
				    .count = r->span.count}};
	struct reader in = reader_of(r->set.rdata);
	struct bytes one;
	buf_clear(&g->text);
	name_put_chomped(&g->text, r->set.owner);
	a.err = node_of(g, buf_str(&g->text), NODE_NAME, &a.edge.from);
	while (a.err == 0 && rdataset_next(&in, &one)) {
		a.targets = 0;
		rdata_parts(r->set.type, one, on_part, &a);
		if (a.targets || a.err < 0)
			continue;
		buf_clear(&g->text);
		put_rdata(&g->text, r->set.type, one, true);
		add_target(&a, buf_str(&g->text), NODE_TEXT);
	}
	return a.err < 0 ? a.err : g->text.err;
}

/* ---- formats that are a graph ---- */

int graph_writer_begin(struct writer *w)
{
	graph_init(w->state);
	return 0;
}

int graph_writer_row(struct writer *w, const struct result *r)
{
	return graph_add(w->state, r);
}

void graph_writer_release(struct writer *w)
{
	graph_release(w->state);
}
