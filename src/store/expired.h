/*
 * What was removed for its age, so that nobody takes its absence for "was not seen":
 * DIR/expired, a heading (store/heading.h), then a line for each type, source and shelf;
 * of a year that was dropped one of all types and sources and its shelf.
 */
#ifndef YORE_STORE_EXPIRED_H
#define YORE_STORE_EXPIRED_H

#include "store/store.h"

/* Before rows go. A later time for the same type and source takes the place of one. The
   list as it was, into old. */
int expired_note(const char *folder, const struct expiring *x, struct buf *old,
		 struct fault *f) YORE_MUST_CHECK;
/* There was no such row: the list is again what it was. */
int expired_take_back(const char *folder, struct bytes old,
		      struct fault *f) YORE_MUST_CHECK;

/* What was removed from another history is missing from this one once it has the rest:
   its notes (but of private shelves) come to these. */
int expired_unite(const char *into, const char *from, struct fault *f) YORE_MUST_CHECK;

/* Can it be read? ECORRUPT: a line makes no sense, or it is cut or empty; EVERSION: a
   newer program wrote it. So all that read it; nothing is noted in such a list. */
int expired_check(const char *folder, struct fault *f) YORE_MUST_CHECK;

/* Calls back with each until it returns something else than 0, and returns that. */
typedef int (*expired_fn)(const struct expiring *x, void *arg);
int store_expired(struct store *s, expired_fn each, void *arg, struct fault *f);

#endif
