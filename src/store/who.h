/*
 * Who asked is kept for as long as was stated and not a day longer: what goes with the
 * shelves "who-2015-07" of a database, in a folder of its own, "who" (mode 0700):
 *
 *   retention   seconds, as stated last
 *   expired     the day from which on rows were kept when they were last looked through
 *   audit       who asked for what, and why (query/who_audit.h)
 *   keys/       of pseudonyms, unless they are elsewhere
 *
 * A row is as old as the first second of its day. Months that are too old as a whole are
 * removed as folders; the one at the border is written anew without the rows that go.
 */
#ifndef YORE_STORE_WHO_H
#define YORE_STORE_WHO_H

#include "store/shelf.h"

#define WHO_RETENTION_LEAST 86400

/* From now on this holds; makes the folder. EUSAGE: an in-memory store. */
int store_who_state(struct store *s, int64_t retention_s, struct fault *f);
/* 1: who asked is kept here, for so long; 0: it is not. */
int store_who_retention(struct store *s, int64_t *ret_s, struct fault *f);
/* DB/who/NAME, appended. False: an in-memory store. */
bool store_who_path(struct store *s, const char *name, struct buf *ret);
/* The first second that may be kept now. */
int64_t store_who_since(int64_t retention_s, int64_t now_s);

/*
 * Removes what is older than that. Once a day is enough and more often costs nothing;
 * with `all` the shelf at the border is looked through in any case. Returns rows and
 * shelves that went (each is said), 0 where nothing is kept; ELOCKED while another
 * process writes: that one does it.
 */
int64_t store_who_expire(struct store *s, int64_t now_s, bool all, say_fn say, void *arg,
			 struct fault *f);
/* Says what would go, and needs no lock. */
int64_t store_who_would_expire(struct store *s, int64_t now_s, say_fn say, void *arg,
			       struct fault *f);

#endif
