/*
 * Asking: many terms, many providers, in parallel, and what became of each.
 *
 *     asking_new(&options, &fault, &a);
 *     asking_add(a, &term, SIDE_RRNAME, NULL, &fault);    as often as there are terms
 *     asking_run(a, &fault);
 *     asking_count, asking_at      a status for each term and provider
 *     asking_findings(a, i)            the records of the i-th account of options.with
 *
 * Every pair of term and provider ends with an outcome, also one that was never asked.
 * After a provider refused the key or said that the quota is used up it is asked nothing
 * more; what was left is NOT_ASKED with that reason. Rows carry the index of their pair
 * as `question`. More terms may be added after a run, and asking_run called again.
 */
#ifndef YORE_REMOTE_ASK_H
#define YORE_REMOTE_ASK_H

#include "remote/account.h"
#include "remote/departure.h"
#include "remote/discretion.h"
#include "remote/replies.h"
#include "remote/resume.h"

#define ASKED_MAX 2000000

struct ask_options {
	struct account *const *with; /* borrowed while the asking lives */
	size_t with_count;
	const struct discretion *discretion;
	struct departure *departure;   /* NULL: nothing is written down (tests) */
	const struct replies *replies; /* answers are looked for and kept here; or NULL */
	bool keep;		       /* every answer is kept, not only for max_age */
	int64_t max_age_s;     /* answers so young are not asked for again; 0: all */
	struct resume *resume; /* or NULL */
	uint64_t limit;	       /* records of each answer; 0: as many as there are */
	uint16_t type;	       /* 0: any */
	int64_t last_after_s, first_before_s; /* told to providers that can; or unknown */
	bool months;	     /* each month apart, of providers that can say it */
	struct buf *dry_run; /* requests are described here and nothing is sent */
	int64_t (*now)(void);
	/* Called when a pair is done; may be NULL. */
	void (*progress)(size_t done, size_t all, void *arg);
	void *progress_arg;
};

struct asked {
	char *term;	/* as it was put */
	uint32_t about; /* the caller's number of the term (order of asking_add) */
	enum side side;
	size_t account; /* index in options.with */
	enum tlp tlp;
	enum outcome outcome;
	uint64_t records, unread;
	unsigned pages;
	int64_t asked_s;    /* when; of a kept answer: when it was asked then */
	int64_t elapsed_us; /* of all its requests */
	bool cached;	    /* nothing was sent: the answer was kept */
	char text[300];	    /* beside the outcome; may be empty */
	char sha256[65];    /* of the last raw reply kept; "" */
};

struct asking;

int asking_new(const struct ask_options *o, struct fault *f,
	       struct asking **ret) YORE_MUST_CHECK;
void asking_free(struct asking *a);

/* The term is copied (names and addresses only). tlp: NULL when it carries no mark.
 * Returns the number of the term. */
int asking_add(struct asking *a, const struct term *t, enum side side,
	       const enum tlp *tlp, struct fault *f) YORE_MUST_CHECK;
/* A failure of our own (log, disk, memory) ends it: what was not asked says so. */
int asking_run(struct asking *a, struct fault *f) YORE_MUST_CHECK;

size_t asking_count(const struct asking *a);
const struct asked *asking_at(const struct asking *a, size_t i);
struct findings *asking_findings(struct asking *a, size_t account);
/* Nothing is missing, of whatever was asked. */
bool asking_is_whole(const struct asking *a);
uint64_t asking_records(const struct asking *a);

#endif
