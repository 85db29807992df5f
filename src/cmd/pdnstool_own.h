/* What the files of pdnstool share. */
#ifndef YORE_CMD_PDNSTOOL_OWN_H
#define YORE_CMD_PDNSTOOL_OWN_H

#include "cmd/outside.h"
#include "cmd/pdnstool_print.h"
#include "format/pdnstool_state.h"

struct pdnstool_options {
	struct option_list databases, set;
	const char *format, *separator, *file, *config;
	uint64_t recurse, wait, limit;
	bool debug;
};

struct tool {
	struct invocation *in;
	const struct pdnstool_options *o;
	struct outside_options outside_options;
	struct outside outside;
	struct pdns_rows rows;
	struct pdns_state *state;
	size_t from[ACCOUNTS_MAX];     /* findings made into rows already */
	uint64_t left_out;	       /* records of types that pdnstool does not show */
	char *texts[ACCOUNTS_MAX * 8]; /* what outside_options point at */
	size_t text_count;
	bool incomplete;
};

/* Calls back for what is asked: arguments, else lines of stdin. A status. */
int tool_each_argument(struct tool *t, int (*each)(struct tool *t, const char *text));
/* pdnstool_rows.c: findings since the last call, as rows. ENOMEM. */
int tool_take(struct tool *t, struct pdns_rows *to) YORE_MUST_CHECK;
/* pdnstool_stored.c: everything with -f. A status. */
int tool_ask_stored(struct tool *t);

#endif
