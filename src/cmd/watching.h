/*
 * Watching for a list of indicators while something is taken in: options that import and
 * sense share, and the one call that puts the watcher between them and the store.
 */
#ifndef YORE_CMD_WATCHING_H
#define YORE_CMD_WATCHING_H

#include <pthread.h>
#include <stdatomic.h>

#include "alert/watch.h"
#include "cmd/command.h"

struct watching_options {
	const char *list, *journal;
};
extern const struct option_row watching_rows[];

struct watching {
	struct watcher *watcher; /* NULL: nothing is watched for */
	struct segment_sink inner;
	const struct invocation *in;
	struct store *store;
	/* A hunt through the history takes its time, and frames do not wait: the sensor's
	 * thread begins it and goes on. */
	pthread_t hunter;
	bool hunted;	   /* there is a hunter to join */
	atomic_int wanted; /* lists to be hunted for; the hunter ends at 0 */
	bool who_asked;
};

/* The file of alerts when none is named: DATABASE/watch/alerts.ndjson; its folder is
 * made. */
int watching_journal(const struct invocation *in, const char *named, const char *dir,
		     struct buf *ret);
/*
 * STATUS_OK (also when no list was named), or said. Hunts the history for what is new on
 * the list (in the background: while others go on), and puts the watcher before *sink.
 * who_asked: alerts for clients, too, in a file of their own, DATABASE/who/alerts.ndjson,
 * which is kept as long as who asked.
 */
int watching_begin(const struct invocation *in, const struct watching_options *o,
		   const char *dir, bool who_asked, struct store *store,
		   struct segment_sink *sink, bool background, struct watching *ret);
/* The list again when it has changed, in the background; says what is wrong with it. */
void watching_reload(struct watching *w);
/* Makes alerts durable; says how many there were unless quiet. */
int watching_end(const struct invocation *in, struct watching *w, bool quiet);

#endif
