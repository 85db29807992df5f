/*
 * pdnstool's state file: an SQLite database with its two tables, results and queue, as
 * that tool makes and reads them. What it does not store of a result (source, seconds,
 * count, colour) stands in a table of our own beside them, yore_results, by rowid.
 */
#ifndef YORE_FORMAT_PDNSTOOL_STATE_H
#define YORE_FORMAT_PDNSTOOL_STATE_H

#include "format/pdnstool_row.h"

struct pdns_state;

int pdns_state_open(const char *path, struct fault *f,
		    struct pdns_state **ret) YORE_MUST_CHECK;
void pdns_state_close(struct pdns_state *s);

/* Nothing when it is queued already. state: "pending", "queried", "failed". */
int pdns_state_queue(struct pdns_state *s, const char *query, unsigned level, double now,
		     struct fault *f) YORE_MUST_CHECK;
int pdns_state_mark(struct pdns_state *s, const char *query, const char *state,
		    struct fault *f) YORE_MUST_CHECK;
/* Calls back for what is pending below a level, in order of level. */
int pdns_state_pending(struct pdns_state *s, unsigned below,
		       int (*each)(const char *query, unsigned level, void *arg),
		       void *arg, struct fault *f) YORE_MUST_CHECK;

/* Several calls between these are one transaction. */
int pdns_state_begin(struct pdns_state *s, struct fault *f) YORE_MUST_CHECK;
int pdns_state_commit(struct pdns_state *s, struct fault *f) YORE_MUST_CHECK;

int pdns_state_add(struct pdns_state *s, const struct pdns_row *row, double now,
		   struct fault *f) YORE_MUST_CHECK;
int pdns_state_rows(struct pdns_state *s,
		    int (*each)(const struct pdns_row *row, void *arg), void *arg,
		    struct fault *f) YORE_MUST_CHECK;

#endif
