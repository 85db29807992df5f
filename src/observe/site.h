/*
 * What a site says of itself, since no packet shows it: what its own resolvers put in
 * the place of the world's answers, which resolvers are watched, which zones are to be
 * kept in another way than usual, and (a list that the program brings) which names belong
 * to servers of DNS over HTTPS.
 *
 * It is filled before it is used and only read afterwards.
 */
#ifndef YORE_OBSERVE_SITE_H
#define YORE_OBSERVE_SITE_H

#include "base/addr.h"
#include "record/record.h"

#define SITE_WORDS_MOST 4096 /* of each kind */

struct site;
struct site *site_new(void); /* NULL: no memory */
void site_free(struct site *s);

/*
 * "192.0.2.10", "198.51.100.0/24", "a-b", or a name with all that is below it: addresses
 * of the walled garden, targets of the aliases that a response policy zone hands out.
 * EUSAGE: none of these; ELIMIT: too many.
 */
int site_add_rewrite(struct site *s, const char *text, struct fault *f) YORE_MUST_CHECK;
/* An address, prefix or range: resolvers whose other side is watched. */
int site_add_resolver(struct site *s, const char *text, struct fault *f) YORE_MUST_CHECK;
/*
 * Zones, with all that is below them, as "example.com" or "*.example.com": whose sets are
 * kept as single records (pools that rotate make a set of every selection), and whose
 * names are never collapsed (gather/collapse.h). EUSAGE: no name; ELIMIT: too many.
 */
int site_add_single(struct site *s, const char *text, struct fault *f) YORE_MUST_CHECK;
int site_add_keep(struct site *s, const char *text, struct fault *f) YORE_MUST_CHECK;
bool site_has_singles(const struct site *s);
bool site_has_keeps(const struct site *s);
bool site_is_single(const struct site *s, struct bytes name);
bool site_keeps(const struct site *s, struct bytes name);

/* A name, with all that is below it. */
int site_add_doh(struct site *s, const char *text, struct fault *f) YORE_MUST_CHECK;

/*
 * Does one of the set's addresses, or the alias's target, belong to the rewriting? The
 * garden's own names do not count: they are where they say.
 */
bool site_rewrites(const struct site *s, uint16_t type, struct bytes owner,
		   struct bytes packed);
bool site_is_resolver(const struct site *s, const struct addr *a);

/* The listed name that it is or lies below; -1: none. */
int site_doh(const struct site *s, struct bytes name);
size_t site_doh_count(const struct site *s);
struct bytes site_doh_name(const struct site *s, int index);

#endif
