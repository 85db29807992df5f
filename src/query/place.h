/*
 * Where in an answer somebody stopped, so that another one goes on behind it: in key
 * order, not by counting rows, so that it survives compaction, restarts and whatever
 * arrives in between. A row that was there before and is asked for again is given once;
 * a row that stopped being there is not missed; a new one is given if it comes behind.
 *
 * As text (hexadecimal) it travels in a cursor. It names the question it belongs to, and
 * is short (some 1,500 characters at most), whatever the row: of a long key or record it
 * keeps the beginning, the end and a digest of what was between. Whoever goes on looks,
 * among all that begin alike, for one that is alike between as well, and so has the whole
 * of it, also when the row itself was removed. When none is left that is alike between,
 * the answer goes on at the beginning: of those few some may be given again, none is
 * lost.
 */
#ifndef YORE_QUERY_PLACE_H
#define YORE_QUERY_PLACE_H

#include "query/run.h"

#define PLACE_END 96 /* octets kept of each end */
#define PLACE_DIGEST 16

struct gap { /* zeroes: it is whole */
	uint64_t octets;
	struct bytes digest, end;
};

struct place {
	uint32_t question;
	uint64_t step, bound; /* of the plan */
	struct bytes name;    /* N base: the walk over names; else empty */
	struct bytes row;     /* R or D base; R: to the type where records are merged */
	struct bytes set;     /* R base where sets are looked up from a D row */
	int32_t month;	      /* month view */
	int64_t first_s;      /* of its interval rows */
	struct bytes rdata, source; /* of records merged over the sets of an owner */
	struct gap row_gap, set_gap, rdata_gap; /* as read: behind these beginnings */
};

/* The same for the same terms, asked in the same way; the time asked about may move. */
uint32_t place_question(const struct query *q);

void place_put(struct buf *out, const struct place *p);
/* Into room, which the place borrows from. EUSAGE: not one of ours. */
int place_read(const char *text, struct buf *room, struct place *ret) YORE_MUST_CHECK;

/*
 * Closes the gap with what is in a like one: into room, to which begin then points and
 * which it is appended to. False: it is not alike.
 */
bool gap_close(const struct gap *g, struct bytes like, struct buf *room,
	       struct bytes *begin);

/* In the order of answers; of whole ones. */
int place_compare(const struct place *a, const struct place *b);

#endif
