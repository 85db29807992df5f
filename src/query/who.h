/*
 * Who asked for what: rows of the shelves "who-2015-07" (record/asked.h), by names and
 * patterns or by client. The right to ask and the reason for it are the caller's business
 * (query/who_audit.h).
 *
 * A list of names and zones is a list of stretches, sought one by one; patterns, stems
 * and addresses (who was sent there?) need one reading of all rows, whatever their
 * number. A client is a stretch of its own order.
 */
#ifndef YORE_QUERY_WHO_H
#define YORE_QUERY_WHO_H

#include "query/coverage.h"
#include "query/term.h"
#include "record/pseudonym.h"

/* Distinct names a day from which on a client is marked as a forwarder. */
#define WHO_FORWARDER 5000

struct who_query {
	const struct term *terms; /* none: whatever was asked */
	size_t term_count;
	const uint16_t *types; /* only of these; type_count 0: of all */
	size_t type_count;
	bool client; /* only of these clients */
	struct addr_range clients;
	struct asked_client pseudonym; /* or of this one; len 0: none */
	struct pseudonyms *keys; /* to find an address among pseudonyms; NULL: none */
	struct fence fence;
	uint64_t forwarder; /* 0: WHO_FORWARDER */
	bool unmarked;	    /* nobody wants to know who forwards */
	uint64_t limit;	    /* 0: none */
	int64_t now_s;
};

struct who_row {
	struct asked_key key; /* borrowed during the call */
	struct asked_value value;
	struct addr asked; /* the address that was asked for, where the client is the
			      pseudonym of it; len 0: none */
	bool forwarder;
};
typedef int (*who_fn)(const struct who_row *row, void *arg);

struct who_about {
	bool kept;	     /* it is kept here at all */
	int64_t retention_s; /* as stated; 0: not known */
	int64_t begins_s;    /* nothing is known from before; WHEN_UNKNOWN: of nothing */
	uint64_t rows, found;
	uint64_t damaged, pattern_limit;
	struct fault first; /* the first stretch that could not be read */
	bool limited;
	bool pseudonyms; /* there are some and no key was given */
	bool erased; /* nothing found, and of what was asked for something was erased */
	struct coverage watched;
};

/* ret is released with who_about_release whatever comes back. */
int who_ask(struct store *s, const struct who_query *q, who_fn each, void *arg,
	    struct who_about *ret, struct fault *f) YORE_MUST_CHECK;
void who_about_release(struct who_about *a);

/* "10.0.0.7", "10.0.0.0/24", "~0123456789abcdef". EMALFORMED. */
int who_client_parse(const char *text, struct who_query *q,
		     struct fault *f) YORE_MUST_CHECK;

/*
 * The terms as stretches of the order by name, ascending and apart from each other; loose
 * ones (patterns, stems, addresses) are not among them. For who_ask, and tests.
 */
struct who_stretch {
	struct buf lo, hi;
};
struct who_plan {
	struct who_stretch *at;
	size_t count;
	const struct term **loose;
	size_t loose_count;
};
int who_plan(const struct who_query *q, struct who_plan *ret) YORE_MUST_CHECK;
void who_plan_release(struct who_plan *p);

#endif
