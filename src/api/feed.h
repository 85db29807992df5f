/*
 * Answers as octets, pulled. A feed is asked for "enough" octets at a time and never
 * holds a whole answer; it may be pulled from different threads, one after the other.
 *
 *     while ((r = feed->fill(feed, out, 64 << 10)) == 1)
 *             send and clear out
 *
 * fill appends to out until it has enough or the answer ends: 1 there is more, 0 that
 * was all, negative: cut here (what is in out may be sent; the connection is then
 * broken off, so that the client sees a cut and not an end).
 */
#ifndef YORE_API_FEED_H
#define YORE_API_FEED_H

#include <stdatomic.h>

#include "base/buf.h"

#define FEED_ENOUGH (48u << 10)
#define FEED_CEILING (64u << 20) /* one row may be large; no chunk is larger */

struct feed {
	int (*fill)(struct feed *f, struct buf *out, size_t enough);
	void (*close)(struct feed *f); /* frees it */
	uint64_t rows;		       /* given so far, for metrics and the audit log */
	bool passed;	 /* some were found, but before where this page begins */
	size_t first;	 /* octets to pull before the status is sent; 0: FEED_ENOUGH */
	bool heavy;	 /* may look at much of the store: not on a thread that serves
			    others */
	bool quick;	 /* heavy, but short by its estimate: not to wait behind others;
			    fill may change it */
	atomic_int stop; /* set by others: end soon, YORE_ETIMEOUT */
	struct fault fault;
};

/* Not that nothing is known: there is something, in this page or before it. */
static inline bool feed_found(const struct feed *f)
{
	return f->rows || f->passed;
}

#endif
