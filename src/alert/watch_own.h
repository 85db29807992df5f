/* What the parts of alert/watch.h share; internal to alert/. */
#ifndef YORE_ALERT_WATCH_OWN_H
#define YORE_ALERT_WATCH_OWN_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "alert/deliver.h"
#include "alert/journal.h"
#include "alert/watch.h"

struct hunted { /* ids of indicators that the history was hunted for; sorted */
	uint64_t *at;
	size_t count;
};

/*
 * Commits come from the writer's thread, everything else from the owner's, or from one
 * that the owner has for hunting. The lock is held for each record looked at, and while
 * the list is exchanged or hunted with a pattern (which belongs to one thread at a time);
 * never while something is sent. A list is exchanged between two commits and not within
 * one: what was looked at with the old list is in the history when it is hunted with the
 * new one.
 */
struct watcher {
	pthread_mutex_t lock, committing;
	atomic_bool stopped;
	struct watch_options o;
	char list[4096];
	struct indicators set;
	struct timespec changed;
	off_t size;
	struct journal journal;
	struct delivery delivery;
	bool apart; /* alerts of clients have a file of their own: */
	struct journal clients;
	struct delivery clients_delivery;
	struct hunted hunted;
	struct watch_counters n;
	const struct segment_sink *inner;
	struct buf line;
};

int watch_sync(struct watcher *w, struct fault *f);
int watch_load_hunted(struct watcher *w, const char *path);
bool watch_was_hunted(const struct watcher *w, uint64_t id);

/* watch_who.c: a row of who asked, as it is committed. */
int watch_asked(struct watcher *w, struct bytes key, struct bytes value, struct fault *f);

#endif
