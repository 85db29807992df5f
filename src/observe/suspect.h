/*
 * Why a set is kept as evidence beside the history. The row says it by its source:
 * "above.outside", "below.private", ...
 *
 * outside      the server has no say about the name (bailiwick): not believed
 * unmatched    nobody asked: not believed
 * conflicting  a second answer to one query that differs from the first: believed, too
 * private      a public name at an address of a private network (rebinding): believed
 * rewritten    the site's own resolver put it there (observe/site.h, policy_answered of
 *              observe/rewriting.h): not of the world, so not believed. Of a name or type
 *              that the resolver denied for itself it is a set of one record without
 *              octets
 * redirected   denied above, answered below by the same resolver: not believed
 */
#ifndef YORE_OBSERVE_SUSPECT_H
#define YORE_OBSERVE_SUSPECT_H

#include "record/record.h"

#define SUSPICIONS(X)                 \
	X(OUTSIDE, "outside")         \
	X(UNMATCHED, "unmatched")     \
	X(CONFLICTING, "conflicting") \
	X(PRIVATE, "private")         \
	X(REWRITTEN, "rewritten")     \
	X(REDIRECTED, "redirected")

enum suspicion {
#define X(name, text) SUSPICION_##name,
	SUSPICIONS(X)
#undef X
	    SUSPICION_COUNT
};

/* One of the set's addresses is of a private network, and the name is not local. */
bool suspect_private(const struct rrset *s);

#endif
