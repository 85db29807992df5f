/*
 * What was erased must not come back: a list beside the shelves ("suppressed"), and the
 * question whether a row speaks of anything on it. Every segment that is written leaves
 * such rows out; one that was written before the list grew is refused.
 *
 * A set that contains an erased name or address goes as a whole, whoever owns it; the
 * other records of it stay by rdata.
 */
#ifndef YORE_STORE_ERASED_H
#define YORE_STORE_ERASED_H

#include "store/store.h"

struct erased {
	struct erased_one *at;
	size_t count;
	uint64_t version; /* changes with the content; 0: nothing is erased */
};

void erased_release(struct erased *e);
/* A heading "yore suppressed 1" (EVERSION: a newer one), then lines as "name
 * www.example.com.", "zone example.com.", "range 192.0.2.0-192.0.2.7". */
int erased_read(struct bytes text, struct erased *ret) YORE_MUST_CHECK;
/* The list and what comes to it, as text; what is on it already is not written again. */
int erased_put(struct buf *out, struct bytes text, const struct erasure *what,
	       size_t count) YORE_MUST_CHECK;
/* What is on the list and not on the other one, to be freed; names are borrowed. */
int erased_more(const struct erased *e, const struct erased *than, struct erasure **ret,
		size_t *count) YORE_MUST_CHECK;
/* Is the name on the list, by itself or under a zone, or as the address it stands for? */
bool erased_has_name(const struct erased *e, struct bytes name);
bool erased_has_addr(const struct erased *e, const struct addr *a);
/* Is the whole zone on it; does any address of the range stand on it? */
bool erased_has_zone(const struct erased *e, struct bytes zone);
bool erased_meets_range(const struct erased *e, const struct addr_range *r);
/* Does this row (a whole key) speak of something on the list? value: of rows of who
   asked, for the addresses that were handed out; else not looked at. */
bool erased_has(const struct erased *e, struct bytes key, struct bytes value,
		size_t suffix_len);

#endif
