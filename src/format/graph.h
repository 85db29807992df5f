/*
 * Records as a graph: owners, addresses, names in rdata and other rdata are nodes, each
 * once; a single record is an edge from its owner to every address or name in it, or to
 * its text when there is none. Edges of one record, source and target are merged by
 * keeping the least first, the greatest last and the sum of counts.
 *
 * The three graph formats collect here and write at their end.
 */
#ifndef YORE_FORMAT_GRAPH_H
#define YORE_FORMAT_GRAPH_H

#include "base/arena.h"
#include "format/format.h"

#define GRAPH_OCTETS (256u << 20)

enum node_kind { NODE_NAME, NODE_ADDRESS, NODE_TEXT };

struct graph_node {
	const char *label; /* printable ASCII */
	enum node_kind kind;
};

struct graph_edge {
	uint32_t from, to; /* indexes of nodes */
	uint16_t type, source;
	int64_t first_s, last_s;
	uint64_t count;
};

struct graph {
	struct arena arena;
	struct graph_node *nodes;
	struct graph_edge *edges;
	size_t node_count, node_room, edge_count, edge_room;
	uint32_t *node_slots, *edge_slots; /* index + 1 */
	size_t node_slot_count, edge_slot_count;
	struct buf text;
};

void graph_init(struct graph *g);
void graph_release(struct graph *g);
/* ELIMIT when the graph does not fit in GRAPH_OCTETS, ENOMEM. */
int graph_add(struct graph *g, const struct result *r);

/* begin, row and release of a format whose state is a struct graph and nothing else. */
int graph_writer_begin(struct writer *w);
int graph_writer_row(struct writer *w, const struct result *r);
void graph_writer_release(struct writer *w);

const char *node_kind_text(enum node_kind k);
/* "2015-07-01T00:00:00Z", or "" when not known. */
const char *graph_time(int64_t s, char out[WHEN_TEXT_MAX]);
/* A quoted string of DOT: the quote is special there, the backslash in labels. */
void graph_put_dot(struct buf *out, const char *s);

#endif
