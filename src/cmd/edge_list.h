/*
 * Rows of a few words each, for the commands that answer with something else than
 * records: an aligned table for people, or with --json one object a line.
 */
#ifndef YORE_CMD_EDGE_LIST_H
#define YORE_CMD_EDGE_LIST_H

#include "cmd/command.h"

#define EDGE_COLUMNS 8

struct edge_list {
	struct invocation *in;
	const char *const
	    *names;		/* of the columns, for JSON and the heading; NULL ends */
	const unsigned *widths; /* of the table; the last column is not padded */
	bool json, headed;
	uint64_t rows;
};

/* One cell for each column; NULL is an empty one (left out in JSON). */
void edge_row(struct edge_list *e, const char *const *cells);
/* Texts of times: "2015-07-01T00:00:00Z" in JSON, a day in the table; "" unknown. */
const char *edge_time(const struct edge_list *e, int64_t s, char out[WHEN_TEXT_MAX]);

#endif
