/*
 * One question asked of the store and shown, with everything that a person must know
 * beside the rows: what was cut off, what could not be read, and when nothing was found,
 * whether anybody was watching.
 */
#ifndef YORE_CMD_ASK_H
#define YORE_CMD_ASK_H

#include "cmd/place_names.h"
#include "cmd/select.h"
#include "cmd/sensor_names.h"
#include "cmd/show.h"
#include "query/absent.h"
#include "query/coverage.h"

struct asker {
	struct invocation *in;
	struct store *store;
	struct show *show;
	bool quiet;	/* say nothing but failures */
	bool alone;	/* the answer is the whole output: end the writer with it */
	bool empty_too; /* with alone: also when there was no row */
	bool count;	/* rows are counted and not shown */
	bool coverage;	/* say what was watched also when something was found */
	/* Rows that are not wanted are neither shown nor found; may be NULL. */
	bool (*wanted)(const struct result *row, void *arg);
	void *wanted_arg;
	struct sensor_names sensors;
	struct place_names places;
	/* the coverage measured last, and for which time */
	bool measured;
	struct fence window;
	struct coverage watched;
};

struct reply {
	uint64_t found;
	int64_t unbelieved;   /* when nothing was found: rows that were not believed */
	enum watched watched; /* the same */
	struct absent absent; /* the same: it proves nothing, and why */
	int status;
};

/* For --sensors and --places: looks up names, once, before anything is asked. A status.
 */
int asker_names(struct asker *a, const struct show_options *o);

/*
 * Asks, shows the rows, ends the writer (when alone, or a table of its own), then says
 * what there is to say. about: what was asked, for messages ("www.example.com"), "" when
 * it needs no naming.
 */
void ask(struct asker *a, const struct query *q, const char *about, struct reply *ret);
void asker_release(struct asker *a);

/* About how much the question would have to read, on stdout. A status. */
int ask_cost(struct asker *a, const struct query *q);
/* One line on stderr, to a person, before much is read. */
void ask_warn(const struct asker *a, const struct query *q);

/* Says so where nothing can be said about what was asked: see query/absent.h. */
void ask_say_absent(const struct invocation *in, const struct absent *why,
		    const char *about, const char *after);
bool ask_absent(const struct invocation *in, struct store *s, const struct query *q,
		const char *about);

/* The fence as understood, on stderr; nothing when no time was asked about. */
void ask_say_fence(const struct asker *a, const struct query *q);

#endif
