/*
 * Rows into records: the rows of one key, months and stated intervals, become one span.
 *
 * Sightings are summed. Interval rows are merged by maximum among themselves, and
 * against sightings of the same key by maximum too: both may tell of the same events, and
 * nothing may be counted twice.
 */
#ifndef YORE_QUERY_MERGE_H
#define YORE_QUERY_MERGE_H

#include "base/arena.h"
#include "query/run.h"

struct tally {
	struct span sightings, intervals;
	bool sighted, stated;
};

struct merged {
	struct tally whole, cut; /* cut: only what the fence's months hold */
	bool saw;		 /* really seen inside the fence */
	struct month_seen *months;
	size_t month_count, month_room;
	struct month_seen one; /* most records have a single month */
	struct stated *stated;
	size_t stated_count, stated_room;
};

struct dated { /* a row without its key */
	int32_t month;
	struct span span;
};

void merged_clear(struct merged *m);
/* Room for so many more months. ENOMEM: the arena is full. */
int merged_reserve(struct merged *m, size_t months, struct arena *arena) YORE_MUST_CHECK;
/* The same for an interval row, before it is added; others need none. */
int merged_reserve_stated(struct merged *m, const struct dated *row,
			  struct arena *arena) YORE_MUST_CHECK;
/* Adds one row; needs room for a month. Months come ascending or not. */
void merged_add(struct merged *m, const struct query *q, const struct dated *row);
/* The span to print: the whole record's, or with by_month what the fence holds of it. */
void merged_span(const struct merged *m, const struct query *q, struct span *ret);
/* Does the record pass fence, bounds and sensor? */
bool merged_passes(const struct merged *m, const struct query *q);
/* The same for a single row of the month view. */
bool dated_passes(const struct dated *row, const struct query *q);

/*
 * Single records of one owner and type, merged over the sets they stand in, by source
 * and rdata. Room is bounded by the arena's ceiling.
 */
struct gleaned {
	struct merged merged;
	struct bytes packed; /* the rdata as a set of one */
	uint16_t source;
	uint8_t bailiwick; /* ABSENT unless every set agrees */
};

struct gleaner {
	struct arena arena;
	struct gleaned **slots; /* open addressing; a power of two, kept between owners */
	size_t slot_count;
	struct gleaned **list;
	size_t count, room;
};

void gleaner_init(struct gleaner *g, size_t ceiling);
void gleaner_release(struct gleaner *g);
void gleaner_clear(struct gleaner *g);
/*
 * The rows of one set, added to each of its rdata from octet *from of the packed set on.
 * ELIMIT: full; *from is where to go on after what is there was taken and cleared.
 */
int gleaner_add(struct gleaner *g, const struct query *q, const struct rrset *set,
		const struct dated *rows, size_t count, size_t *from) YORE_MUST_CHECK;
/* In the order of rdata, then source; call once when all is added. */
void gleaner_sort(struct gleaner *g);

#endif
