/*
 * A segment that came from elsewhere, into the history: every row is checked, the other
 * tables are derived from the RRsets, and it is committed at the ledger's position and
 * no other.
 */
#ifndef YORE_EXCHANGE_TAKE_H
#define YORE_EXCHANGE_TAKE_H

#include "exchange/wire.h"

enum take_result {
	TAKE_ADDED,
	TAKE_KNOWN,  /* everything in it is in the history already */
	TAKE_BEHIND, /* the history lacks what comes before: send that first */
	TAKE_PARTLY  /* some of it is there and some is not: it can never go in */
};

struct take_position { /* of the first input that is not where the segment begins */
	struct input_id input;
	uint64_t at, from, to; /* the ledger; the segment */
};

/*
 * 0 and *ret, or an error: EMALFORMED, ELIMIT, EUNSUPPORTED (the segment will never be
 * taken), EVERSION (not by this program), others (come again). position is filled in for
 * BEHIND and PARTLY.
 */
int take_segment(struct store *s, struct bytes segment, enum take_result *ret,
		 struct take_position *position, struct fault *f) YORE_MUST_CHECK;

#endif
