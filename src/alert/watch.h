/*
 * Watching for indicators: in everything that is committed, in the whole history when
 * the list is new or changed, and in single events (a client's question) when somebody
 * hands them over. One alert for each indicator and record, and, where a client is
 * known, for each indicator, client and day, so that a second victim of a known record
 * alerts. Nothing twice, nothing lost: see alert/journal.h.
 *
 * In a sensor it is one call: give watch_sink(w, &sink) where the sink of segments would
 * go. Alerts are durable before the segment they are about is committed; when the commit
 * then fails and is made again, they are known already.
 */
#ifndef YORE_ALERT_WATCH_H
#define YORE_ALERT_WATCH_H

#include "alert/indicators.h"
#include "query/run.h"
#include "store/store.h"

struct watcher;

struct watch_options {
	const char *list;    /* file of indicators */
	const char *journal; /* file of alerts; see watch_default_journal */
	const char *clients; /* file of alerts that name a client; NULL: the same */
	int64_t (*now)(void);
	bool syslog;	     /* also there, as authpriv.alert */
	const char *webhook; /* URL: POST of lines of JSON, at least once; NULL: none */
	/* Each alert as its line of JSON is made; may be NULL. */
	void (*raised)(struct bytes line, void *arg);
	void *raised_arg;
};

int watch_open(const struct watch_options *o, struct fault *f,
	       struct watcher **ret) YORE_MUST_CHECK;
void watch_close(struct watcher *w);

struct watch_event {
	struct bytes owner; /* of the record, or the name asked for */
	uint16_t type;
	struct bytes rdata; /* a single one; empty: a question or no data */
	int64_t first_s, last_s;
	uint64_t count;
	const char *outcome; /* "answered", "nxdomain", "unanswered", "rewritten", ... */
	const char *source;  /* may be NULL */
	const char *sensor;  /* may be NULL */
	const struct addr *client; /* may be NULL */
	bool pseudonym;		   /* its first 8 octets are one instead */
	bool retro;
};

/* How many alerts it raised. */
int watch_event(struct watcher *w, const struct watch_event *e, struct fault *f);

/* Everything that a segment holds is looked at before inner commits it. Both must live as
 * long as the sink is used. */
struct segment_sink watch_sink(struct watcher *w, const struct segment_sink *inner);

/* Hunts the history for indicators it was not hunted for yet (all: for every one). */
int watch_retro(struct watcher *w, struct store *s, bool all,
		struct fault *f) YORE_MUST_CHECK;
/* From another thread: a hunt that is under way ends soon; the next run does it again. */
void watch_stop(struct watcher *w);
/* 1: the file has changed and was read; 0: not. A broken list: the old one stays. */
int watch_reload(struct watcher *w, struct fault *f) YORE_MUST_CHECK;
/* Makes alerts durable, sends what was not sent. What cannot be sent stays for later;
 * the fault says why, and EAGAIN comes back. */
int watch_deliver(struct watcher *w, struct fault *f) YORE_MUST_CHECK;

/*
 * The same over who asked (query/who.h), before watch_retro: for each indicator, client
 * and day.
 */
int watch_retro_who(struct watcher *w, struct store *s, bool all,
		    struct fault *f) YORE_MUST_CHECK;
/* Alerts that name a client are kept from this second on only. How many went. */
int watch_expire(struct watcher *w, int64_t since_s, struct fault *f) YORE_MUST_CHECK;

struct watch_counters {
	uint64_t records, alerts, known, hunted, sent;
};
const struct watch_counters *watch_counters(const struct watcher *w);
size_t watch_indicators(const struct watcher *w);

#endif
