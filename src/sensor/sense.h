/*
 * Watching: interfaces and dnstap producers into the history, as it happens. One thread
 * reads, decodes, believes and gathers; another writes segments.
 *
 * Each interface and each dnstap listener is an input of its own in the ledger, and
 * each run another one ("live", "dnstap"), since nothing that has passed can be offered
 * again. Its position counts frames and, where none came for a while, the moments at
 * which somebody was watching all the same: silence is a finding, too. A listener to
 * which nobody was connected was not watching; when somebody connects again after more
 * than a minute, that is a new input. Losses of kernel, interface and tables go to the
 * ledger with each commit.
 *
 * In this order: sense_open (sockets, with privileges), the sandbox, sense_start (the
 * database), sense_run.
 */
#ifndef YORE_SENSOR_SENSE_H
#define YORE_SENSOR_SENSE_H

#include "capture/live.h"
#include "gather/gather.h"

#define SENSE_DNSTAP_MOST 8

struct sense_options {
	struct live_options live;	       /* interface_count 0: none */
	const char *dnstap[SENSE_DNSTAP_MOST]; /* see capture/dnstap_listen.h */
	unsigned dnstap_count;
	int dnstap_group;   /* whose the unix sockets are; -1: ours */
	const char *sensor; /* or NULL */
	bool accept_all, bailiwick_off, deduplicate;
	bool negative_off, suspicious_off; /* see observe/observe.h */
	const struct selection *selection; /* lists at the door; NULL: none */
	const struct site *site;	   /* see observe/site.h; NULL: nothing known */
	uint8_t vantage;
	size_t memory;	   /* of everything here but store and rings; 0: 320 MiB */
	int64_t commit_us; /* 0: 10 s */
};

struct sense;
int sense_open(const struct sense_options *o, struct fault *f,
	       struct sense **ret) YORE_MUST_CHECK;
/* Before the start: who asked is kept, too, from this second on; as these pseudonyms, or
   (NULL) as they are. */
void sense_keep_who(struct sense *s, int64_t since_s, struct pseudonyms *pseudonyms);
/* sink NULL: the store itself. */
int sense_start(struct sense *s, struct store *store, const struct segment_sink *sink,
		struct fault *f) YORE_MUST_CHECK;

/* What the caller does when a signal asks for it; each may be NULL. */
struct sense_hooks {
	unsigned (*asked)(void *arg); /* bits of enum signal_asked; called often */
	int asked_fd;		      /* to poll; -1: none */
	void (*tell)(void *arg);
	int (*reload)(void *arg); /* negative: ends with it */
	void (*beat)(void *arg);  /* about once a second */
	void *arg;
};

/* Until asked to end: then what has arrived is taken, everything is committed, and 0
 * comes back. Negative: something failed; what is committed stays. */
int sense_run(struct sense *s, const struct sense_hooks *hooks,
	      struct fault *f) YORE_MUST_CHECK;

/* Another selection from now on; the one before may be freed. */
void sense_select(struct sense *s, const struct selection *selection);
void sense_know(struct sense *s, const struct site *site);

/* How it goes: lines "NUMBER NAME", every counter that is not 0. */
void sense_tell(struct sense *s, struct buf *out);
/* Frames so far, frames lost by kernel and interfaces: for a status line. */
void sense_sums(struct sense *s, uint64_t *frames, uint64_t *lost);
void sense_close(struct sense *s);

#endif
