/*
 * A question to the history, as a value. Everything the command line, the HTTP dialects,
 * the investigation and the providers' client can ask fits in here; all zero with
 * fence and bounds open (QUERY_ALL) asks for everything there is.
 *
 * Sides. A record is found by its owner (SIDE_RRNAME) or by what it points at
 * (SIDE_RDATA: addresses, and every name inside the rdata). A bare name asks by owner
 * and a bare address by rdata, as dnsdbq does (SIDE_DEFAULT); SIDE_BOTH asks both. An
 * address asked by owner means its reverse name; raw octets are rdata unless SIDE_RRNAME
 * makes them a wire-form name.
 *
 * Views. VIEW_RRSET gives sets as they were answered together, VIEW_RR single records
 * with the spans of all sets they stood in merged, VIEW_MONTH the rows of the history
 * itself (DNSDB's aggr=f). VIEW_DEFAULT is sets by owner and single records by rdata, as
 * DNSDB does. A single record names a bailiwick only when every set it stood in agrees
 * on it. Rows of different sources are never put together.
 */
#ifndef YORE_QUERY_QUERY_H
#define YORE_QUERY_QUERY_H

#include <stdatomic.h>

#include "base/budget.h"
#include "query/fence.h"
#include "query/term.h"

enum side { SIDE_DEFAULT, SIDE_RRNAME, SIDE_RDATA, SIDE_BOTH };
enum view { VIEW_DEFAULT, VIEW_RRSET, VIEW_RR, VIEW_MONTH };

enum types {
	TYPES_ALL,    /* every type */
	TYPES_ANY,    /* DNSDB's ANY: all but the DNSSEC types */
	TYPES_DNSSEC, /* DNSDB's ANY-DNSSEC: only those */
	TYPES_LISTED  /* query.types */
};

enum sort_key {
	SORT_NONE,
	SORT_ADDRESS, /* A and AAAA before the rest */
	SORT_FIRST,
	SORT_LAST,
	SORT_COUNT,
	SORT_DURATION,
	SORT_RRNAME, /* by labels from the right (RFC 4034 6.1) */
	SORT_TYPE,
	SORT_RDATA,
	SORT_BAILIWICK,
	SORT_SOURCE,
	SORT_HOP
};

#define SORT_KEYS_MAX 8
#define QUERY_MEMORY ((size_t)64 << 20)
struct sort {
	enum sort_key key;
	bool descending;
};

struct query {
	const struct term *terms; /* any of them; borrowed as long as the answer lives */
	size_t term_count;	  /* 0: everything */
	enum side side;
	bool subdomains; /* a name means its zone */

	enum types types;
	const uint16_t *type; /* TYPES_LISTED */
	size_t type_count;

	struct name bailiwick;	 /* len 0: any, also none; else exactly this one */
	const uint16_t *sources; /* only these; NULL: all */
	size_t source_count;
	const uint16_t *without_sources; /* never these (what an API key may not see) */
	size_t without_source_count;
	uint32_t sensor; /* sensor_hash(); 0: any. Rows whose sensor set overflowed pass.
			  */

	struct fence fence;
	struct bounds bounds;

	enum view view;
	bool by_month; /* cut counts, times and days to the fence's months */

	struct sort sort[SORT_KEYS_MAX]; /* SORT_NONE ends it; none: order of storage */
	uint64_t limit;			 /* rows; 0: none */
	uint64_t offset;
	/* A cursor, as answer_cursor gave it for the same terms: go on behind that row.
	   NULL or "": from the beginning. Without sort and follow only. */
	const char *after;
	size_t memory;	       /* octets for sorting and merging; 0: QUERY_MEMORY */
	struct budget *budget; /* what all answers take it from; NULL: no such ceiling */

	bool follow;	       /* chase CNAME, DNAME, HTTPS, SVCB inside the fence */
	unsigned follow_hops;  /* 0: 16 */
	unsigned follow_names; /* 0: 1000 */

	unsigned
	    threads; /* for a pattern over all names; 0: as many as there are cores */
	const char *shelf; /* NULL: the history; else one private shelf */
	/* When not NULL and set by another thread: the answer ends soon, ETIMEOUT. */
	const atomic_int *stop;
};

#define QUERY_ALL ((struct query){.fence = FENCE_OPEN, .bounds = BOUNDS_OPEN})

/* Addresses first, last seen descending: how a person wants it. */
void query_sort_default(struct query *q);
/* "first", "last", "count", "duration", "name", "type", "data", "bailiwick", "source",
 * "hop", "address"; a leading '-' or trailing ":desc" turns it. Appends to q->sort. */
int query_sort_parse(struct query *q, const char *text, struct fault *f) YORE_MUST_CHECK;

/*
 * "A,AAAA", "ANY", "ANY-DNSSEC", "ALL" in any case into q->types; listed types are
 * written to room[0..max). ELIMIT when there are more.
 */
int query_types_parse(struct query *q, const char *text, uint16_t *room, size_t max,
		      struct fault *f) YORE_MUST_CHECK;

bool query_wants_type(const struct query *q, uint16_t type);
bool query_wants_source(const struct query *q, uint16_t source);
/* The side a term is asked on: SIDE_RRNAME, SIDE_RDATA or SIDE_BOTH. */
enum side query_side(const struct query *q, const struct term *t);

#endif
