/*
 * The sensor's side: finished segments on disk until the centre has them.
 *
 *   DIR/out/     waiting, named SERIAL-SHA256, sent in this order
 *   DIR/sent/    what the centre has, kept within a ceiling: a centre that was restored
 *                from a backup asks for them again
 *   DIR/refused/ what the centre will never take, each with the reason
 *   DIR/ledger/  a database without records: how far each input is, and the servers
 *                learnt, so that a re-run emits only what lies behind
 *   DIR/LOCK     one process at a time
 *
 * A segment is on disk, fsynced, before the ledger moves; a crash between the two is
 * made good when the spool is opened. One thread commits, one other sends.
 */
#ifndef YORE_EXCHANGE_SPOOL_H
#define YORE_EXCHANGE_SPOOL_H

#include "exchange/share.h"

#define SPOOL_FILE_MAX (20 + 1 + WIRE_NAME_LEN + 1)

struct spool;

struct spool_options {
	const char *dir;
	uint64_t keep_octets;		   /* of sent/; 0: 1 GiB */
	const struct share_policy *policy; /* for another site: only what may leave is
					      written; NULL: everything; borrowed */
	uint64_t most_octets; /* of out/, then commits fail (EFULL); 0: no ceiling */
};

int spool_open(const struct spool_options *o, struct fault *f,
	       struct spool **ret) YORE_MUST_CHECK;
void spool_close(struct spool *s);

/*
 * Forgets names and addresses (store_erase): in what waits, which is written anew; in
 * what was sent and is kept, or was refused, which goes; among the servers learnt; and in
 * all that comes. How many segments were changed or removed; ELOCKED while it is in use.
 */
int64_t spool_erase(const char *dir, const struct erasure *what, size_t count,
		    struct fault *f);

/* Where `gather` writes, and whom it asks for positions. */
struct segment_sink spool_sink(struct spool *s);
struct store *spool_ledger(struct spool *s);

/* ---- for whoever sends ---- */

struct spooled {
	char file[SPOOL_FILE_MAX]; /* within out/ */
	char name[WIRE_NAME_LEN + 1];
	struct buf octets;
};

uint64_t spool_waiting(struct spool *s); /* segments in out/ */
/* The oldest one, read whole: 1, 0 there is none. octets is the caller's to release. */
int spool_first(struct spool *s, struct spooled *ret, struct fault *f) YORE_MUST_CHECK;
int spool_sent(struct spool *s, const struct spooled *g, struct fault *f);
int spool_refused(struct spool *s, const struct spooled *g, const char *why,
		  struct fault *f);
/*
 * The centre has this input up to `packets` only: what was sent since then waits again.
 * How many segments; 0: they are not here any more.
 */
int spool_back(struct spool *s, const char *shelf, const struct input_id *input,
	       uint64_t packets, struct fault *f);
/*
 * Looking whether the centre still has what was sent: the head of the n-th newest (from
 * 0) of what was sent. 1, 0: there are no more. Release the head; its counters are empty.
 */
int spool_sent_head(struct spool *s, size_t n, struct wire_head *ret,
		    char file[SPOOL_FILE_MAX], struct fault *f) YORE_MUST_CHECK;
/* This file and all sent after it wait again; how many. */
int spool_back_from(struct spool *s, const char *file, struct fault *f);
/* Until there is something to send, or so long: true there is. */
bool spool_await(struct spool *s, unsigned most_ms);

#endif
