/*
 * GDF, as GUESS and Gephi read it: a table of nodes, then one of edges. The format has no
 * escape for its quote, so a double quote in a text becomes a single one.
 */
#include <inttypes.h>

#include "dns/type.h"
#include "format/formats.h"
#include "format/graph.h"

static void put_quoted(struct buf *out, const char *s)
{
	buf_putc(out, '"');
	for (; *s; s++)
		buf_putc(out, *s == '"' ? '\'' : *s);
	buf_putc(out, '"');
}

static void put_edge(struct buf *out, const struct graph_edge *e)
{
	char type[TYPE_TEXT_MAX], first[WHEN_TEXT_MAX], last[WHEN_TEXT_MAX];
	type_text(e->type, type);
	buf_printf(out, "n%u,n%u,true,%s,%s,%s,%" PRIu64 ",%s\n", e->from, e->to, type,
		   graph_time(e->first_s, first), graph_time(e->last_s, last), e->count,
		   source_name(e->source));
}

static int end(struct writer *w, const struct answer_counters *c)
{
	static const char *const colours[] = {"gray", "white", "brown"};
	const struct graph *g = w->state;
	struct buf *out = w->out;
	buf_puts(out, "nodedef>name VARCHAR,label VARCHAR,kind VARCHAR,color VARCHAR\n");
	for (size_t i = 0; i < g->node_count; i++) {
		const struct graph_node *n = &g->nodes[i];
		buf_printf(out, "n%zu,", i);
		put_quoted(out, n->label);
		buf_printf(out, ",%s,%s\n", node_kind_text(n->kind), colours[n->kind]);
	}
	buf_puts(out, "edgedef>node1 VARCHAR,node2 VARCHAR,directed BOOLEAN,label "
		      "VARCHAR,first VARCHAR,last VARCHAR,count BIGINT,source VARCHAR\n");
	for (size_t i = 0; i < g->edge_count; i++)
		put_edge(out, &g->edges[i]);
	return 0;
}

const struct format format_gdf = {
    .name = "gdf",
    .about = "a graph for GUESS and Gephi",
    .mime = "text/csv; charset=utf-8",
    .extension = "gdf",
    .state = sizeof(struct graph),
    .begin = graph_writer_begin,
    .row = graph_writer_row,
    .end = end,
    .release = graph_writer_release,
};
