/* GraphML (graphml.graphdrawing.org), written by libxml2. */
#include <inttypes.h>
#include <libxml/xmlwriter.h>
#include <stdio.h>

#include "dns/type.h"
#include "format/formats.h"
#include "format/graph.h"

struct graphml {
	struct graph graph;
	xmlBufferPtr buffer;
	xmlTextWriterPtr x;
	int err;
};

static const struct {
	const char *id, *of, *type;
} keys[] = {
    {"label", "node", "string"},  {"kind", "node", "string"}, {"type", "edge", "string"},
    {"first", "edge", "string"},  {"last", "edge", "string"}, {"count", "edge", "long"},
    {"source", "edge", "string"},
};

static int begin(struct writer *w)
{
	struct graphml *m = w->state;
	graph_init(&m->graph);
	m->buffer = xmlBufferCreate();
	m->x = m->buffer ? xmlNewTextWriterMemory(m->buffer, 0) : NULL;
	return m->x ? 0 : YORE_ENOMEM;
}

static int row(struct writer *w, const struct result *r)
{
	struct graphml *m = w->state;
	return graph_add(&m->graph, r);
}

static void check(struct graphml *m, int result)
{
	if (result < 0)
		m->err = YORE_ENOMEM;
}

static void open_element(struct graphml *m, const char *name)
{
	check(m, xmlTextWriterStartElement(m->x, BAD_CAST name));
}

static void attribute(struct graphml *m, const char *name, const char *value)
{
	check(m, xmlTextWriterWriteAttribute(m->x, BAD_CAST name, BAD_CAST value));
}

static void close_element(struct graphml *m)
{
	check(m, xmlTextWriterEndElement(m->x));
}

static void put_data(struct graphml *m, const char *key, const char *text)
{
	if (*text == '\0')
		return;
	open_element(m, "data");
	attribute(m, "key", key);
	check(m, xmlTextWriterWriteString(m->x, BAD_CAST text));
	close_element(m);
}

static void put_keys(struct graphml *m)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		open_element(m, "key");
		attribute(m, "id", keys[i].id);
		attribute(m, "for", keys[i].of);
		attribute(m, "attr.name", keys[i].id);
		attribute(m, "attr.type", keys[i].type);
		close_element(m);
	}
}

static void put_node(struct graphml *m, size_t i)
{
	char id[32];
	snprintf(id, sizeof(id), "n%zu", i);
	open_element(m, "node");
	attribute(m, "id", id);
	put_data(m, "label", m->graph.nodes[i].label);
	put_data(m, "kind", node_kind_text(m->graph.nodes[i].kind));
	close_element(m);
}

static void put_edge(struct graphml *m, const struct graph_edge *e)
{
	char text[WHEN_TEXT_MAX], type[TYPE_TEXT_MAX];
	open_element(m, "edge");
	snprintf(text, sizeof(text), "n%u", e->from);
	attribute(m, "source", text);
	snprintf(text, sizeof(text), "n%u", e->to);
	attribute(m, "target", text);
	type_text(e->type, type);
	put_data(m, "type", type);
	put_data(m, "first", graph_time(e->first_s, text));
	put_data(m, "last", graph_time(e->last_s, text));
	/* a long of GraphML has a sign */
	snprintf(text, sizeof(text), "%" PRIu64,
		 e->count > INT64_MAX ? INT64_MAX : e->count);
	put_data(m, "count", e->count ? text : "");
	put_data(m, "source", source_name(e->source));
	close_element(m);
}

static int end(struct writer *w, const struct answer_counters *c)
{
	struct graphml *m = w->state;
	xmlTextWriterSetIndent(m->x, 1);
	check(m, xmlTextWriterStartDocument(m->x, NULL, "UTF-8", NULL));
	open_element(m, "graphml");
	attribute(m, "xmlns", "http://graphml.graphdrawing.org/xmlns");
	put_keys(m);
	open_element(m, "graph");
	attribute(m, "id", "yore");
	attribute(m, "edgedefault", "directed");
	for (size_t i = 0; i < m->graph.node_count; i++)
		put_node(m, i);
	for (size_t i = 0; i < m->graph.edge_count; i++)
		put_edge(m, &m->graph.edges[i]);
	check(m, xmlTextWriterEndDocument(m->x));
	check(m, xmlTextWriterFlush(m->x));
	buf_put(w->out, xmlBufferContent(m->buffer), (size_t)xmlBufferLength(m->buffer));
	return m->err;
}

static void release(struct writer *w)
{
	struct graphml *m = w->state;
	if (m->x)
		xmlFreeTextWriter(m->x);
	if (m->buffer)
		xmlBufferFree(m->buffer);
	graph_release(&m->graph);
}

const struct format format_graphml = {
    .name = "graphml",
    .about = "a graph in GraphML",
    .mime = "application/graphml+xml",
    .extension = "graphml",
    .state = sizeof(struct graphml),
    .begin = begin,
    .row = row,
    .end = end,
    .release = release,
};
