/*
 * Keeping who asked: options that import and sense share, the same from the
 * configuration ([who]), and the calls around a run.
 */
#ifndef YORE_CMD_KEEPING_WHO_H
#define YORE_CMD_KEEPING_WHO_H

#include "alert/watch.h"
#include "cmd/command.h"
#include "conf/rule.h"
#include "record/pseudonym.h"
#include "store/who.h"

struct keeping_who_options {
	bool on;
	int64_t retention_s;
	const char *pseudonyms; /* folder of keys */
};
extern const struct option_row keeping_who_rows[];
extern const struct conf_rule keeping_who_rules[];

struct keeping_who {
	bool on;
	int64_t retention_s;
	int64_t since_s; /* from when on it may be kept */
	char folder[4096];
	struct pseudonyms *pseudonyms; /* NULL: clients are kept as they are */
};

/* Before anything is opened. elsewhere: nothing is kept here (--to). A status, said. */
int keeping_who_resolve(const struct invocation *in, const struct keeping_who_options *o,
			bool elsewhere, struct keeping_who *ret);
/* With the database open (for writing). */
int keeping_who_begin(const struct invocation *in, struct keeping_who *k,
		      struct store *store);
/* Removes what is too old by now, alerts of clients too, whether or not this run keeps
   any. watcher: who has their file open; NULL: nobody. */
int keeping_who_expire(const struct invocation *in, struct store *store,
		       struct watcher *watcher);
/* Of the alerts alone. */
int keeping_who_expire_alerts(struct store *store, int64_t now_s, struct watcher *watcher,
			      struct fault *f);
void keeping_who_end(struct keeping_who *k);

#endif
