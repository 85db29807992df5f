/*
 * Answers, pulled one result at a time; nothing is read ahead of what is asked for
 * unless a sort wants it.
 *
 *     struct answer *a;
 *     int r = answer_open(store, &q, &fault, &a);
 *     while ((r = answer_next(a, &result)) == 1)
 *             ...
 *     answer_counters(a)   whether it was complete, and what it cost
 *     answer_close(a);
 *
 * Without a sort the order is that of the terms and then of storage (owner by labels
 * from the right, type, ...) and is the same from call to call. A sort holds what it
 * needs within query.memory and query.budget; with a limit it keeps the best rows only.
 * Where that does not fit either, it lets go of them, says so (sort_given_up), begins
 * anew and gives everything in the order of storage.
 *
 * What two terms both find is given once. Damage in the store does not end an answer:
 * it is counted, and answer_fault says where.
 */
#ifndef YORE_QUERY_RUN_H
#define YORE_QUERY_RUN_H

#include "query/query.h"
#include "store/store.h"

struct month_seen {
	int32_t month;
	uint32_t days; /* bit d-1 */
	uint64_t count;
	int64_t first_s, last_s;
};

struct stated { /* an interval as somebody stated it; WHEN_UNKNOWN: an end not said */
	int64_t first_s, last_s;
};

/* Everything is borrowed until the next call of answer_next. */
struct result {
	struct rrset set; /* rdata always packed, also of a single record */
	bool single;	  /* a single record, not a set */
	bool zone_times;  /* from zone files: first and last are zone times */
	enum side side;	  /* SIDE_RRNAME or SIDE_RDATA: how it was found */
	int32_t month; /* VIEW_MONTH: of this row; 0: an interval row, or other views */
	struct span span; /* of the whole record; days only in VIEW_MONTH */
	const struct month_seen *months; /* months really seen, ascending; empty for */
	size_t month_count;		 /* records known from intervals only */
	const struct stated *stated; /* its intervals, when they are several (months */
	size_t stated_count;	     /* of DNSDB, sets with it in common); else none */
	size_t term;		     /* which term found it (lowest index); hop 0 only */
	unsigned hop;		     /* 0: found by a term; n: by following n aliases */
	struct bytes via; /* hop > 0: the name it was reached from, wire form: the owner
			     of the alias, or looking backwards its target */
};

/* Zone times are those of SOURCE_ZONE and of sources whose name ends in ".zone". */
bool source_is_zone(uint16_t source);

#define DAMAGE_TOLD 32
struct answer_counters {
	uint64_t rows;		    /* rows of the store that were read */
	uint64_t names;		    /* names a pattern was tried on */
	uint64_t results;	    /* given so far */
	uint64_t passed;	    /* found, but before the offset: not given */
	uint64_t damaged;	    /* stretches of the store that could not be read */
	uint64_t told[DAMAGE_TOLD]; /* hashes of what was said of the first of them: a
				       shelf that is lost counts once, however often it
				       was asked */
	uint64_t pattern_limit;	    /* names on which a pattern gave up */
	uint64_t follow_limit;	    /* aliases not followed because of a ceiling */
	uint64_t merge_limit;	    /* owners whose records did not fit in memory: their
				       single records may come in several parts */
	bool limited;		    /* the limit ended it and there was more */
	bool sort_given_up;
};

struct answer;

/* EUSAGE: a question that cannot be asked (a range by owner, ...), fault says which. */
int answer_open(struct store *s, const struct query *q, struct fault *f,
		struct answer **ret) YORE_MUST_CHECK;
int answer_next(struct answer *a, struct result *ret); /* 1, 0 at the end, or negative */
void answer_close(struct answer *a);

/*
 * A cursor for going on behind the row that was given last, as text: for query.after.
 * EUSAGE: there is none, since the answer is sorted, or follows aliases, or has not
 * begun.
 */
int answer_cursor(const struct answer *a, struct buf *out);

const struct answer_counters *answer_counters(const struct answer *a);
/* What failed or, after damage, the first place that could not be read. */
const struct fault *answer_fault(const struct answer *a);
/* Nothing is missing but what the limit cut off. */
bool answer_is_whole(const struct answer *a);

/*
 * What a question would have to read at most, without asking it: estimated from the
 * indices. sample: rows of each stretch and shelf that are read for the number of rows
 * (0: octets only). A pattern reads names; the rows of those that match come on top.
 */
struct query_cost {
	uint64_t rows, names, octets;
	unsigned shelves;
};
int query_cost(struct store *s, const struct query *q, unsigned sample,
	       struct query_cost *ret, struct fault *f);

/*
 * How many rows the same question finds among what was not believed (at most `most`).
 * For "and N records that were not believed".
 */
int64_t query_count_unbelieved(struct store *s, const struct query *q, uint64_t most,
			       struct fault *f);

/*
 * Were names collapsed, so that what is asked for may have been seen and yet is not
 * there: a name below such a zone, an address or name that such a row may have held (a
 * tunnel's keeps only the type), any of them for a pattern? 1 and the collapsed owner, 0,
 * or negative. Time, types and sources are those of the question.
 */
int query_collapsed(struct store *s, const struct query *q, struct name *ret,
		    struct fault *f);

#endif
