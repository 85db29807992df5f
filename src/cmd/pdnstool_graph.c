/* Names and addresses as nodes, records as edges: GDF, Graphviz and GraphML. */
#include <stdlib.h>

#include "base/addr.h"
#include "base/hash.h"
#include "base/safe.h"
#include "cmd/pdnstool_print.h"
#include "format/graph.h"

/* Texts met so far; a hash decides, keyed per process. */
struct met {
	uint64_t *slots;
	size_t room;
};

static bool meet(struct met *m, const char *a, const char *b, const char *c)
{
	uint64_t h = hash_mix(hash_keyed(a, strlen(a)), hash_keyed(b, strlen(b)));
	h = hash_mix(h, hash_keyed(c, strlen(c))) | 1;
	size_t i = (size_t)(h >> 1) % m->room;
	while (m->slots[i] && m->slots[i] != h)
		i = (i + 1) % m->room;
	bool fresh = m->slots[i] == 0;
	m->slots[i] = h;
	return fresh;
}

static bool met_init(struct met *m, const struct pdns_rows *rows)
{
	m->room = rows->count * 8 + 16;
	m->slots = calloc(m->room, sizeof(*m->slots));
	return m->slots != NULL;
}

static bool is_address(const char *s)
{
	struct addr a;
	return addr_parse(s, &a) == 0;
}

static const char *colour_of(const char *type)
{
	static const struct {
		const char *type, *colour;
	} rows[] = {{"MX", "green"},  {"A", "blue"},	 {"CNAME", "pink"}, {"NS", "red"},
		    {"SOA", "white"}, {"PTR", "purple"}, {"TXT", "brown"}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(type, rows[i].type) == 0)
			return rows[i].colour;
	return "blue";
}

static void put_gdf(struct buf *out, const char *s)
{
	if (!strpbrk(s, ",'\" ")) {
		buf_puts(out, s);
		return;
	}
	buf_putc(out, '"');
	for (; *s; s++) /* the format has no escape for its quote */
		buf_putc(out, *s == '"' ? '\'' : *s);
	buf_putc(out, '"');
}

static void put_gdf_node(struct buf *out, const char *s)
{
	put_gdf(out, s);
	buf_puts(out, is_address(s) ? ",,white,1\n" : ",,gray,2\n");
}

void pdns_print_gdf(struct buf *out, const struct pdns_rows *rows)
{
	struct met m;
	if (!met_init(&m, rows)) {
		out->err = YORE_ENOMEM;
		return;
	}
	buf_puts(out, "nodedef> name,description VARCHAR(12),color,style\n");
	for (size_t i = 0; i < rows->count; i++) {
		const struct pdns_row *r = &rows->at[i];
		if (meet(&m, "node", r->query, ""))
			put_gdf_node(out, r->query);
		if (meet(&m, "node", r->answer, ""))
			put_gdf_node(out, r->answer);
	}
	buf_puts(out, "edgedef> node1,node2,color\n");
	for (size_t i = 0; i < rows->count; i++) {
		const struct pdns_row *r = &rows->at[i];
		if (!meet(&m, r->query, r->answer, r->rrtype))
			continue;
		put_gdf(out, r->query);
		buf_putc(out, ',');
		put_gdf(out, r->answer);
		buf_printf(out, ",%s\n", colour_of(r->rrtype));
	}
	free(m.slots);
}

static void put_dot_node(struct buf *out, const char *s)
{
	buf_puts(out, "  ");
	graph_put_dot(out, s);
	buf_puts(out, is_address(s) ? " [shape=box, style=filled, color=white];\n"
				    : " [shape=ellipse, style=filled, color=gray];\n");
}

void pdns_print_graphviz(struct buf *out, const struct pdns_rows *rows)
{
	struct met m;
	if (!met_init(&m, rows)) {
		out->err = YORE_ENOMEM;
		return;
	}
	buf_puts(out, "graph pdns {\n");
	for (size_t i = 0; i < rows->count; i++) {
		const struct pdns_row *r = &rows->at[i];
		if (meet(&m, "node", r->query, ""))
			put_dot_node(out, r->query);
		if (meet(&m, "node", r->answer, ""))
			put_dot_node(out, r->answer);
		if (!meet(&m, r->query, r->answer, r->rrtype))
			continue;
		buf_puts(out, "  ");
		graph_put_dot(out, r->query);
		buf_puts(out, " -- ");
		graph_put_dot(out, r->answer);
		buf_printf(out, " [color=%s];\n", colour_of(r->rrtype));
	}
	buf_puts(out, "}\n");
	free(m.slots);
}

static void put_graphml_node(struct buf *out, const char *s)
{
	buf_puts(out, "    <node id='");
	put_markup(out, s);
	buf_puts(out, "'/>\n");
}

void pdns_print_graphml(struct buf *out, const struct pdns_rows *rows)
{
	struct met m;
	if (!met_init(&m, rows)) {
		out->err = YORE_ENOMEM;
		return;
	}
	buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		      "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\"\n"
		      "    xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"\n"
		      "    xsi:schemaLocation=\"http://graphml.graphdrawing.org/xmlns\n"
		      "     http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd\">\n"
		      "  <graph id=\"G\" edgedefault=\"directed\">\n");
	for (size_t i = 0; i < rows->count; i++) {
		const struct pdns_row *r = &rows->at[i];
		if (meet(&m, "node", r->query, ""))
			put_graphml_node(out, r->query);
		if (meet(&m, "node", r->answer, ""))
			put_graphml_node(out, r->answer);
		if (!meet(&m, r->query, r->answer, ""))
			continue;
		buf_puts(out, "    <edge source='");
		put_markup(out, r->query);
		buf_puts(out, "' target='");
		put_markup(out, r->answer);
		buf_puts(out, "'/>\n");
	}
	buf_puts(out, "</graph></graphml>\n");
	free(m.slots);
}
