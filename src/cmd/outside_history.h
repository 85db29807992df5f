/*
 * The history with what others say, for commands that ask about a selection:
 *
 *     status = outside_begin(&w, in, &o->outside, &o->database, &s.query, quiet, &store);
 *     outside_add_selected(&w, &s.query);
 *     status = outside_run(&w, store);
 *     outside_add_found(&w, &s);
 *     ... unless o->outside.dry_run, ask w.store ...
 *     status = outside_status(&w, status);
 *     outside_release(&w), store_close(store);        whatever came of it
 */
#ifndef YORE_CMD_OUTSIDE_HISTORY_H
#define YORE_CMD_OUTSIDE_HISTORY_H

#include "cmd/database.h"
#include "cmd/outside.h"
#include "cmd/select.h"

/* The history; one in memory when there is none, others are asked and nothing is kept. */
int outside_history(struct invocation *in, const struct outside_options *o,
		    const struct database_options *db, struct store **ret);
/*
 * Opens both. Providers that can are told of the time, the type and whether months are
 * wanted; q may be NULL.
 */
int outside_begin(struct outside *w, struct invocation *in,
		  const struct outside_options *o, const struct database_options *db,
		  const struct query *q, bool quiet, struct store **ret);
int outside_add_selected(struct outside *w, const struct query *q);
/* Terms that --recurse came to are asked of the history as well. */
int outside_add_found(const struct outside *w, struct selection *s);

#endif
