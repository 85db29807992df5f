/*
 * What a provider said, as records: interval rows (month 0) under the provider's source.
 *
 * Providers speak text; here it becomes names, types and canonical rdata, or it is
 * counted with the reason of the first that could not be read. Nothing is invented: a
 * date that was not said is WHEN_UNKNOWN, a count that was not said is 0.
 *
 * Sources. Rows of provider `circl` have the source `circl`. Where the provider names
 * its own source of a record (a sensor, a data set), the row's source is `circl.NAME`,
 * with NAME in lower case, other characters than [a-z0-9._-] as '-', and cut to fit 32
 * characters in all; after SUBSOURCES_MAX different ones it is the plain name again.
 * A record with a mark of its own (TLP) that is stricter than what the provider's answers
 * usually are has `circl.tlp-red` (`circl.tlp-red.NAME`): kept, it is known by that.
 * Zone file data has the source `dnsdb.zone`, which the query takes for zone times.
 */
#ifndef YORE_REMOTE_FINDINGS_H
#define YORE_REMOTE_FINDINGS_H

#include "base/arena.h"
#include "record/record.h"
#include "remote/tlp.h"

#define SUBSOURCES_MAX 64
#define FINDINGS_MAX 2000000
#define RDATA_PER_ROW 4096

struct finding {
	struct record record; /* borrowed from the arena of its rows */
	enum tlp tlp;
	uint32_t question; /* the caller's: who asked for it */
};

struct findings {
	struct arena arena;
	struct finding *at;
	size_t count, room;
	char provider[SOURCE_NAME_MAX + 1];
	uint16_t subsources[SUBSOURCES_MAX];
	size_t subsource_count;
	enum tlp tlp;	   /* of rows that say nothing */
	uint32_t question; /* given to rows as they are added */
	uint64_t unread;   /* records that could not be taken */
	char why[200];	   /* the first of them */
	int err;	   /* ELIMIT, ENOMEM: no room for more */
};

/* One statement, in the provider's words. All borrowed for the call. */
struct said {
	const char *owner;
	const char *type; /* mnemonic, TYPEnnn or digits; or NULL and type_number */
	uint16_t type_number;
	const char *const *rdata; /* presentation form */
	size_t rdata_count;
	int64_t first_s, last_s; /* WHEN_UNKNOWN: not said */
	uint64_t count;		 /* 0: not said */
	const char *bailiwick;	 /* NULL: not said */
	const char *subsource;	 /* NULL: not said */
	bool has_ttl;
	uint32_t ttl_min, ttl_max;
	const enum tlp *tlp; /* NULL: that of the rows */
};

#define SAID_NOTHING ((struct said){.first_s = WHEN_UNKNOWN, .last_s = WHEN_UNKNOWN})

void findings_init(struct findings *r, const char *provider, size_t ceiling);
void findings_release(struct findings *r);

/* Takes it, or counts it as unread; only ELIMIT and ENOMEM (sticky) are errors. */
int findings_say(struct findings *r, const struct said *s);
/* Counts a record that was not even understood so far. */
void findings_unread(struct findings *r, const char *why);

#endif
