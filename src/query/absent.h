/*
 * Why an empty answer proves nothing, whatever was watched: what is asked for was erased
 * here and is left out, or may be of the names that became one row, or rows of its kind
 * were removed for their age.
 */
#ifndef YORE_QUERY_ABSENT_H
#define YORE_QUERY_ABSENT_H

#include "query/query.h"
#include "store/store.h"

enum absence {
	ABSENCE_NONE,
	ABSENCE_ERASED,
	ABSENCE_EXPIRED,
	ABSENCE_COLLAPSED,
	ABSENCE_UNKNOWN /* the lists cannot be read: it may be any of these; or the
			   history is a copy that is not finished */
};
#define ABSENCE_LAST ABSENCE_UNKNOWN

struct absent {
	enum absence why;
	struct expiring expired; /* ABSENCE_EXPIRED */
	struct name collapsed;	 /* ABSENCE_COLLAPSED: the owner to ask for */
	struct fault fault;	 /* ABSENCE_UNKNOWN */
};

/* For an answer without a row. 0 or negative; ret says what, also then. Nothing is said
   of what was not asked for by itself (a zone of which a part was erased). */
int query_absent(struct store *s, const struct query *q, struct absent *ret,
		 struct fault *f);

/* The same of a client's addresses, for who asked: 1, 0 or negative. */
int addrs_erased(struct store *s, const struct addr_range *range, struct fault *f);

/* "erased", "expired", "collapsed", "unknown"; for ABSENCE_NONE NULL. */
const char *absence_name(enum absence why);
/* "it was erased from this history, ..."; for ABSENCE_NONE nothing. */
void absent_put(struct buf *out, const struct absent *a);

#endif
