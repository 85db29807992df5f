/*
 * Shipping: a spool and a thread that brings it to the centre, behind the calls that a
 * command needs. `yore import --to` and `yore sense --to` do
 *
 *     ship_open(&options, &fault, &ship);
 *     ... gather into ship_sink(ship), asking ship_ledger(ship) for positions ...
 *     ship_finish(ship, patience_s, &fault);
 *     ship_close(ship);
 *
 * The thread goes on through refused connections, 429 and 503 (waiting as told), so a
 * link may be down for hours. ship_close leaves what is not sent in the spool; the next
 * ship_open goes on with it.
 */
#ifndef YORE_EXCHANGE_SHIP_H
#define YORE_EXCHANGE_SHIP_H

#include "exchange/spool.h"

struct ship;

struct ship_options {
	const char *url;     /* of the centre: http://host:port or https:// */
	const char *key;     /* API key with the scope `upload`; NULL: none */
	const char *dir;     /* of the spool; NULL: see ship_default_dir */
	const char *ca_file; /* PEM of the authorities trusted; NULL: the system's */
	const char *cert_file, *key_file;  /* PEM, for centres that ask for one; NULL */
	const struct share_policy *policy; /* see spool.h */
	uint64_t keep_octets, most_octets;
	/* Once for each change between reaching the centre and not; may be NULL. */
	void (*say)(bool trouble, const char *line, void *arg);
	void *say_arg;
};

int ship_open(const struct ship_options *o, struct fault *f,
	      struct ship **ret) YORE_MUST_CHECK;
struct segment_sink ship_sink(struct ship *s);
struct store *ship_ledger(struct ship *s);
uint64_t ship_waiting(struct ship *s);

/*
 * Waits until the centre has everything: 0. EAGAIN: after patience_s something still
 * waits; it stays in the spool. EREFUSED: the centre will not take it (the fault says
 * why: a key, a segment, a gap).
 */
int ship_finish(struct ship *s, int64_t patience_s, struct fault *f) YORE_MUST_CHECK;
void ship_close(struct ship *s);

/* $XDG_STATE_HOME/yore/spool, else ~/.local/state/yore/spool. */
int ship_default_dir(struct buf *ret) YORE_MUST_CHECK;

#endif
