/* A digraph for Graphviz; names are ellipses, addresses boxes, texts notes. */
#include "dns/type.h"
#include "format/formats.h"
#include "format/graph.h"

static void put_edge(struct buf *out, const struct graph_edge *e)
{
	char type[TYPE_TEXT_MAX], a[WHEN_TEXT_MAX], b[WHEN_TEXT_MAX];
	type_text(e->type, type);
	graph_time(e->first_s, a);
	graph_time(e->last_s, b);
	a[*a ? 10 : 0] = b[*b ? 10 : 0] = '\0'; /* the day is enough on paper */
	buf_printf(out, "  n%u -> n%u [label=\"%s\\n%s\\n%s\"];\n", e->from, e->to, type,
		   a, b);
}

static int end(struct writer *w, const struct answer_counters *c)
{
	static const char *const shapes[] = {"ellipse", "box", "note"};
	const struct graph *g = w->state;
	struct buf *out = w->out;
	buf_puts(out, "digraph yore {\n  rankdir=LR;\n");
	for (size_t i = 0; i < g->node_count; i++) {
		buf_printf(out, "  n%zu [shape=%s, label=", i, shapes[g->nodes[i].kind]);
		graph_put_dot(out, g->nodes[i].label);
		buf_puts(out, "];\n");
	}
	for (size_t i = 0; i < g->edge_count; i++)
		put_edge(out, &g->edges[i]);
	buf_puts(out, "}\n");
	return 0;
}

const struct format format_dot = {
    .name = "dot",
    .about = "a graph for Graphviz (also: graphviz)",
    .mime = "text/vnd.graphviz",
    .extension = "dot",
    .state = sizeof(struct graph),
    .begin = graph_writer_begin,
    .row = graph_writer_row,
    .end = end,
    .release = graph_writer_release,
};
