/* What goes into a sorted file: the rows of a segment and of its ledger, in order. */
#ifndef YORE_STORE_FEED_H
#define YORE_STORE_FEED_H

#include "store/erased.h"

/*
 * The rows of a segment with its ledger rows at their place, in ascending order. `put`
 * tells a row that replaces from one that is merged. Borrowed until the next call.
 */
struct feed {
	struct segment_rows *rows;
	struct bytes key, value; /* held back row of the segment */
	bool held, ended, own_ledger;
	struct feed_row {
		struct bytes key, value;
	} * ledger; /* sorted */
	size_t ledger_count, ledger_at;
	struct buf room;
	uint64_t count;		     /* given so far, without ledger rows */
	const struct erased *erased; /* rows to leave out; NULL: none. Borrowed. */
	bool dated;
};
int feed_init(struct feed *f, const struct segment_meta *meta, struct segment_rows *rows,
	      const struct erased *erased, struct fault *fault) YORE_MUST_CHECK;
void feed_release(struct feed *f);
int feed_next(struct feed *f, struct bytes *key, struct bytes *value, bool *put);

#endif
