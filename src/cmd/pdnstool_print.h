/*
 * pdnstool's eight outputs, as that tool writes them where what it writes is right.
 * docs/providers.md lists what is put right: quoted CSV, times of XML in UTC, an XML
 * element name that parsers take, quoted YAML and GDF where it is needed, addresses of
 * both families as addresses, each node and edge of a graph once.
 */
#ifndef YORE_CMD_PDNSTOOL_PRINT_H
#define YORE_CMD_PDNSTOOL_PRINT_H

#include "base/buf.h"
#include "format/pdnstool_row.h"

struct pdns_rows { /* owned text */
	struct pdns_row *at;
	size_t count, room;
};

int pdns_rows_add(struct pdns_rows *r, const struct pdns_row *row) YORE_MUST_CHECK;
void pdns_rows_release(struct pdns_rows *r);

/* format: "text", "csv", "json", "xml", "yaml", "gdf", "graphviz", "graphml" */
void pdns_print(struct buf *out, const char *format, const char *separator,
		const struct pdns_rows *rows);
/* Graphs (pdnstool_graph.c). */
void pdns_print_gdf(struct buf *out, const struct pdns_rows *rows);
void pdns_print_graphviz(struct buf *out, const struct pdns_rows *rows);
void pdns_print_graphml(struct buf *out, const struct pdns_rows *rows);

#endif
