/*
 * What may leave the site: a policy, and its judgement of every record. Everything that
 * is not certainly fit to be given away stays; a set stays as a whole when a part of it
 * does.
 *
 * A policy is a file of `name = value` lines, '#' begins a comment:
 *
 *   tlp = amber              written into what is given away (clear, green, amber,
 *                            amber+strict, red)
 *   licence = CC-BY-4.0      the same
 *   zone = corp.example      the site's own zones: nothing in or below them, nor what
 *                            points there; may be repeated
 *   sensors = 2              only what so many sensors saw (0: any)
 *   types = A,AAAA,CNAME     only these types; else all but TXT and its like, which may
 *                            hold anything
 *
 * Always: only sightings above the resolver in a proven bailiwick, names under a public
 * suffix, no special-use names, no addresses that are not globally reachable, nothing of
 * sensors (names of inputs, hashes) and nothing of clients (which no record holds).
 */
#ifndef YORE_EXCHANGE_SHARE_H
#define YORE_EXCHANGE_SHARE_H

#include "dns/name.h"
#include "exchange/wire.h"

#define SHARE_ZONES_MAX 256
#define SHARE_TYPES_MAX 64

/* Why a record stays, in the order in which it is asked. */
#define SHARE_LIST(X)                                                    \
	X(GIVEN, "given")                                                \
	X(SOURCE, "not seen above the resolver")                         \
	X(UNPROVEN, "bailiwick not proven")                              \
	X(TYPE, "of a type that is not given")                           \
	X(SUFFIX, "owner under no public suffix, or a special-use name") \
	X(OWN, "owner in a zone of ours")                                \
	X(TARGET, "points at a name of ours or one that is not public")  \
	X(ADDRESS, "holds an address that is not globally reachable")    \
	X(SENSORS, "seen by too few sensors")

enum share_verdict {
#define X(name, text) SHARE_##name,
	SHARE_LIST(X)
#undef X
	    SHARE_VERDICTS
};
const char *share_verdict_text(enum share_verdict v);

struct share_policy {
	struct wire_terms terms;
	struct name zones[SHARE_ZONES_MAX];
	size_t zone_count;
	uint64_t sensors;
	uint16_t types[SHARE_TYPES_MAX];
	size_t type_count; /* 0: the default */
};

int share_policy_read(const char *path, struct share_policy *ret,
		      struct fault *f) YORE_MUST_CHECK;
int share_policy_parse(struct bytes text, const char *path, struct share_policy *ret,
		       struct fault *f) YORE_MUST_CHECK;

enum share_verdict share_judge(const struct share_policy *p, const struct rrset *set,
			       const struct span *span);

/* Rows of a segment that may leave, without sensors; counts[] by verdict. */
struct share_filter {
	struct segment_rows pull; /* first: what the next one pulls from */
	const struct share_policy *policy;
	struct segment_rows *from;
	char shelf[SHELF_MAX];
	uint64_t counts[SHARE_VERDICTS];
	uint8_t value[SPAN_WIRE_MAX];
};
void share_filter_init(struct share_filter *s, const struct share_policy *p,
		       const struct segment_meta *meta, struct segment_rows *from);
/* The meta as it may leave; entries is room for as many. */
void share_meta(const struct segment_meta *meta, struct ledger_entry *entries,
		struct segment_meta *ret);

#endif
