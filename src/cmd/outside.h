/*
 * Asking others beside the history: --with and what goes with it. For a command:
 *
 *     struct outside w;
 *     status = outside_open(in, &o->outside, database_dir, &w);
 *     outside_add(&w, &term, side)                    for each term
 *     status = outside_run(&w, store);                asks, says what became of each
 *     ... query w.store instead of store ...
 *     status = outside_status(&w, status);            3 when anything is missing
 *     outside_release(&w);
 *
 * w.store holds the history and the answers as one (with --keep they are in the history
 * itself). After --recurse, w.found_terms are what was asked on top.
 */
#ifndef YORE_CMD_OUTSIDE_H
#define YORE_CMD_OUTSIDE_H

#include "cmd/command.h"
#include "query/query.h"
#include "remote/ask.h"
#include "remote/pivot.h"
#include "store/store.h"

struct outside_options {
	struct option_list with, set;
	const char *tlp, *resume, *config;
	bool keep, dry_run, live, no_live;
	uint64_t recurse, most;
	int64_t max_age_s;
};
extern const struct option_row outside_rows[];

/* What goes with --with only was given without it: a status, said. */
int outside_without(const struct invocation *in, const struct outside_options *o);

struct outside_narrow { /* told to providers that can; set before outside_open */
	int64_t last_after_s, first_before_s; /* WHEN_UNKNOWN: not */
	uint16_t type;			      /* 0: any */
	uint64_t limit;			      /* records of an answer; 0: all */
	bool months;			      /* each month apart, of who can say it */
};

struct outside_line {
	unsigned long number;
	size_t first; /* question */
};

struct outside {
	struct outside_narrow narrow;
	struct invocation *in;
	const struct outside_options *o;
	bool quiet;
	struct conf *conf;
	struct accounts accounts;
	struct account *chosen[ACCOUNTS_MAX];
	struct discretion discretion;
	struct departure departure;
	struct replies replies;
	struct resume *resume;
	struct ask_options ask;
	struct asking *asking;
	struct pivot *pivot;
	struct buf dry;
	enum tlp tlp;
	struct term *found_terms;
	size_t found_count;
	struct outside_line *lines; /* of a list, by their first question */
	size_t line_count, line_room, line_at, listed;
	struct store *answers, *store; /* store: what to query */
	bool joined;
};

static inline bool outside_wanted(const struct outside_options *o)
{
	return o->with.count > 0;
}

/* Statuses, said when not OK. database: the folder, for --keep; may be NULL. ret->narrow
 * is read, the rest of ret is written; release it whatever came of it. */
int outside_open(struct invocation *in, const struct outside_options *o, bool quiet,
		 const char *database, struct outside *ret);
int outside_add(struct outside *w, const struct term *t, enum side side);
/*
 * Lists: what is added from here on is of this line; and then, line by line in the same
 * order: is nothing missing of what was asked for it? True for lines not marked.
 */
int outside_mark(struct outside *w, unsigned long number);
bool outside_line_whole(struct outside *w, unsigned long number);
int outside_run(struct outside *w, struct store *local);
/* Asks only: for commands that take the findings themselves. */
int outside_ask(struct outside *w);
/* The local status and ours, together. */
int outside_status(const struct outside *w, int status);
void outside_release(struct outside *w);

/* The configuration with --config and --set, for other commands; a status. */
int outside_configuration(const struct invocation *in, const char *path,
			  const struct option_list *set, struct conf **ret);

#endif
