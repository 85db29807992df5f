/*
 * Finding: from the plan of a question to its results in the order of storage, one at a
 * time. What run.h gives after sorting, offset and limit.
 */
#ifndef YORE_QUERY_FIND_H
#define YORE_QUERY_FIND_H

#include "query/alias.h"
#include "query/place.h"
#include "query/search.h"
#include "query/walk.h"

struct verdict { /* on the owner looked at last; owners come in runs */
	struct buf owner;
	bool known, good;
};

struct gathering_rr { /* single records of one owner and type */
	struct gleaner gleaner;
	struct name owner;
	uint16_t type;
	bool draining;
	size_t next;
	bool pending;  /* the set in hand is not or not wholly added */
	size_t offset; /* of its first rdata to add */
	size_t stuck;  /* offset at the last time it was full */
};

struct find {
	const struct query *query;
	struct walk_options options;
	struct plan plan;
	struct answer_counters counters;
	struct fault fault;

	/* where we are: step or chase, its bounds, and the walks over them */
	size_t step;
	bool steps_done;
	struct chase_list chases;
	const struct chase *chase;
	struct arena arena; /* of the bounds */
	struct bounds_list bounds;
	size_t bound;
	const struct bound *current;
	bool by_rdata;
	struct walk names, rows, sets;
	struct search *search; /* instead of the walk over names: in several threads */

	/* the base in hand */
	bool in_base; /* month view: rows of it are being given */
	struct key_rrset_parts owner_key;
	struct key_rdata_parts rdata_key;
	struct buf packed; /* a single rdata as a set */
	struct merged merged;
	struct arena merging;
	struct dated *dated;
	size_t dated_count, dated_room;
	struct month_seen month;
	struct gathering_rr rr;
	struct verdict verdict;
	struct buf last_rdata; /* type and rdata verified last */
	bool last_rdata_good;
	struct buf scratch;

	/* going on behind a cursor, until the first row behind it was found */
	bool resuming;
	struct place after;
	struct buf after_room, after_row, after_set, after_rdata;
	struct buf named;  /* N base of the name whose rows are walked */
	struct place here; /* of the result given last */
	struct buf here_row;
	bool has_place;
};

int find_open(struct find *d, struct store *s, const struct query *q,
	      struct fault *f) YORE_MUST_CHECK;
void find_close(struct find *d);
int find_next(struct find *d, struct result *ret); /* 1, 0, negative */

int find_cursor(const struct find *d, struct buf *out);

/* ---- within the module ---- */

/* Years that may matter; left as they are: all. */
void find_years(const struct query *q, int *first, int *last);

enum view find_view(const struct find *d);
bool find_looks_back(const struct find *d);

/* find_place.c */
int find_resume(struct find *d, struct fault *f);
/* The stretch from the cursor on; false: all of it lies before. */
bool find_from(const struct find *d, const struct bound *b, bool names,
	       struct bound *ret);
/* Notes where the result stands; true: the cursor is behind it. */
bool find_is_behind(struct find *d, const struct result *r);

/* Results of the walk at hand (find->rows), by table. 0: the walk has ended. */
int find_by_owner(struct find *d, struct walk *w, struct result *ret);
int find_by_rdata(struct find *d, struct result *ret);

/* find_accept.c: is the base in hand one that was asked for? Before its rows are read. */
bool accept_rrset(struct find *d, struct bytes base);
bool accept_rdata(struct find *d, struct bytes base);
/* Looking back from a single record to the sets it stands in. */
bool accept_looked_back(struct find *d, struct bytes base);
int accept_name(struct find *d, struct bytes base, struct bytes *owner);
/* A DNAME that leads on from here, too, and was given by a term or from another name. */
bool chase_was_given(const struct find *d, const struct result *r);

/* find_chase.c */
int chase_results(struct find *d, const struct result *r);
int chase_bounds(struct find *d, const struct chase *c);
int chase_begin(struct find *d); /* when the steps are done */

#endif
