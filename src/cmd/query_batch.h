/* What query.c shares with its batch mode. */
#ifndef YORE_CMD_QUERY_BATCH_H
#define YORE_CMD_QUERY_BATCH_H

#include "cmd/ask.h"
#include "cmd/database.h"
#include "cmd/outside.h"

struct query_who_options {
	bool on;
	const char *client, *reason, *pseudonyms;
	uint64_t forwarder;
};

struct query_options {
	struct database_options database;
	struct select_options select;
	struct time_options time;
	struct show_options show;
	struct outside_options outside;
	struct query_who_options who;
	bool follow, no_follow, coverage, count, estimate;
	uint64_t hops;
	const char *file, *status;
};

struct query_call {
	struct invocation *in;
	const struct query_options *options;
	struct selection selection;
	struct show show;
	struct asker asker;
	struct outside outside;
	bool asked; /* others were asked: outside is in use */
};

/*
 * Every line of options->file on its own. The status: a failure ends it; 3 when any line
 * is incomplete, bad or was never asked; else 0 when anything was found; else 4 when any
 * line was not wholly watched; else 1.
 */
int query_batch(struct query_call *c);

#endif
