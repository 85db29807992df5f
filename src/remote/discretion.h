/*
 * What may leave this machine. Judged for every term and provider before a request is
 * even built; what is refused is said with its reason and never sent.
 *
 * By kind of term ([local] never-send; all kinds by default), unless the provider is
 * configured as the site's own:
 *   single     names of one label
 *   special    special-use names: .local, .internal, .test, .onion, home.arpa, ...
 *              (RFC 6761 and after), and .lan, .home, .corp and the like
 *   unlisted   names under no suffix of the Public Suffix List
 *   private    addresses that are reachable only here (RFC 6890), prefixes that touch
 *              them, and their reverse names; documentation prefixes are not private
 *   own        [local] zones: names at or below, addresses and prefixes inside
 * Patterns and raw octets cannot be judged and never leave.
 *
 * By mark: the TLP of the term (unmarked counts as [local] tlp, amber) must not be above
 * the provider's ceiling (amber unless configured).
 *
 * By side effect: without live, providers that look names up because they are asked are
 * not asked; those that can be told not to are told.
 */
#ifndef YORE_REMOTE_DISCRETION_H
#define YORE_REMOTE_DISCRETION_H

#include "conf/conf.h"
#include "remote/provider.h"

enum {
	NEVER_SINGLE = 1,
	NEVER_SPECIAL = 2,
	NEVER_UNLISTED = 4,
	NEVER_PRIVATE = 8,
	NEVER_OWN = 16,
	NEVER_ALL = 31
};

#define OWN_MAX 256

struct discretion {
	unsigned never;
	enum tlp unmarked;
	bool live;
	struct name *zones;
	size_t zone_count;
	struct addr_range *networks;
	size_t network_count;
};

/* From [local]. EMALFORMED with file:line. */
int discretion_load(struct discretion *d, struct conf *c,
		    struct fault *f) YORE_MUST_CHECK;
void discretion_release(struct discretion *d);

/*
 * May this question go to this account? True, or false with the reason in `why`.
 * tlp: NULL when the term carries no mark.
 */
bool discretion_allows(const struct discretion *d, const struct account *a,
		       const struct inquiry *q, const enum tlp *tlp, char why[160]);
/* The same for the term alone: may it go to anybody outside? */
bool discretion_term(const struct discretion *d, const struct term *t, char why[160]);

#endif
