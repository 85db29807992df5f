/*
 * Why an empty answer proves nothing, whatever was watched: what is asked for was erased
 * here and is left out, or rows of its kind were removed for their age.
 */
#ifndef YORE_QUERY_ABSENT_H
#define YORE_QUERY_ABSENT_H

#include "query/query.h"
#include "store/store.h"

enum absence { ABSENCE_NONE, ABSENCE_ERASED, ABSENCE_EXPIRED };

struct absent {
	enum absence why;
	struct expiring expired; /* ABSENCE_EXPIRED */
};

/* For an answer without a row. 0 or negative; ret says what, also then. Nothing is said
   of what was not asked for by itself (a zone of which a part was erased). */
int query_absent(struct store *s, const struct query *q, struct absent *ret,
		 struct fault *f);

/* The same of a client's addresses, for who asked: 1, 0 or negative. */
int addrs_erased(struct store *s, const struct addr_range *range, struct fault *f);

/* "it was erased from this history, ..."; for ABSENCE_NONE nothing. */
void absent_put(struct buf *out, const struct absent *a);

#endif
