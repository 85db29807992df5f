/*
 * A list of indicators made ready for being matched on every record: names, zones,
 * addresses, prefixes, ranges and patterns, each with an optional time of validity.
 *
 * One term a line (query/term.h, defanged forms too), then optionally from=TIME and
 * to=TIME, and behind # what people shall be told of it:
 *
 *     bad.example.com
 *     *.bad-zone.net      from=2015-07-01 to=2015-08-31   # operation mirror
 *     192.0.2.0/24
 *     /^mail[0-9]+\./     # looks like theirs
 *
 * Exact names, zones and prefixes are looked up by hash behind a filter of two octets an
 * entry that fits into the processor's caches, so a million of them cost under 100 ns a
 * record. Patterns are tried one by one and cost what they cost. One thread.
 */
#ifndef YORE_ALERT_INDICATORS_H
#define YORE_ALERT_INDICATORS_H

#include "base/arena.h"
#include "query/term.h"

struct indicator {
	struct term term;
	int64_t from_s, to_s; /* WHEN_UNKNOWN: open */
	const char *text;     /* as it stands in the list */
	const char *label;    /* "" */
	uint64_t id;	      /* of the term itself: stays when the list is edited */
};

struct indicators {
	struct arena arena;
	struct indicator *at;
	size_t count, room;
	struct indicator_slot *slots;
	size_t slot_count;
	uint64_t *filter; /* blocks of 64 octets */
	size_t block_count;
	uint64_t zone_depths[2]; /* label counts for which there are zones */
	uint64_t lengths4;	 /* prefix lengths */
	uint64_t lengths6[3];
	size_t *patterns; /* indices */
	size_t pattern_count;
	uint64_t seed;
};

/* EMALFORMED with the line's number. */
int indicators_read(struct indicators *s, struct bytes text, int64_t now_s,
		    struct fault *f) YORE_MUST_CHECK;
int indicators_load(struct indicators *s, const char *path, int64_t now_s,
		    struct fault *f) YORE_MUST_CHECK;
void indicators_release(struct indicators *s);

/* Negative ends the matching with that. time_s WHEN_UNKNOWN: validity does not matter. */
typedef int (*indicator_fn)(const struct indicator *i, void *arg);
int indicators_name(struct indicators *s, struct bytes name, int64_t time_s,
		    indicator_fn each, void *arg);
int indicators_addr(struct indicators *s, const struct addr *a, int64_t time_s,
		    indicator_fn each, void *arg);
/* The owner, and every name and address in the rdata. */
int indicators_record(struct indicators *s, struct bytes owner, uint16_t type,
		      struct bytes rdata, int64_t time_s, indicator_fn each, void *arg);

#endif
