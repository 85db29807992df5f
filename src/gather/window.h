/*
 * One window: rows merged by key. Internal to gather/.
 *
 * Rows lie one behind the other in one stretch of memory, each with its whole key (base
 * and suffix) behind it; a table of slots finds them. R rows (RRsets) and B rows
 * (servers) are kept here; D and N rows follow from the R rows and are made when the
 * window is written, and what they will take is counted beforehand.
 */
#ifndef YORE_GATHER_WINDOW_H
#define YORE_GATHER_WINDOW_H

#include "store/store.h"

#define WINDOW_SHELVES 64

struct shelf {
	char name[SHELF_MAX];
	int32_t year;	     /* 0: no year's (see store/shelf.h) */
	bool rdata;	     /* single records by rdata follow from its rows */
	int64_t year_s;	     /* the year's first second */
	int64_t month_s[12]; /* the months' */
	uint64_t rows;	     /* of this window */
};

/* A span, packed for rows that are sightings of this process. */
struct row {
	uint32_t first, last; /* seconds behind the base: of the month; B: of the year */
	uint64_t count;
	uint32_t days;
	uint32_t ttl_min, ttl_max;
	uint32_t key_len;
	uint16_t shelf;
	uint8_t flags; /* SPAN_* */
	bool wide;     /* it says more: window.spans[first] holds it instead */
	uint8_t key[];
};

struct window_slot {
	uint32_t tag; /* of the hash; the rest of it chose the place */
	uint32_t row; /* unit; 0: free */
};

struct window {
	uint8_t *at; /* rows, in units of WINDOW_UNIT; unit 0 is never used */
	size_t used, room, limit;
	struct window_slot *slots;
	uint64_t mask;
	uint64_t row_count;
	struct span *spans; /* of rows that state more than sightings */
	uint32_t span_count, span_room;
	size_t derived, derived_limit; /* octets that writing it will take */
	struct shelf shelves[WINDOW_SHELVES];
	unsigned shelf_count;
	uint32_t sensor;
	bool full;
};

#define WINDOW_UNIT 8

/* octets for rows and slots, and for what is derived; both are kept but for one message.
 */
int window_init(struct window *w, size_t octets, size_t derived_octets,
		uint32_t sensor) YORE_MUST_CHECK;
void window_release(struct window *w);
void window_clear(struct window *w);

static inline struct row *window_row(const struct window *w, uint32_t unit)
{
	return (struct row *)(w->at + (size_t)unit * WINDOW_UNIT);
}

/* The next row in memory, from 0 on; 0 at the end. */
uint32_t window_next(const struct window *w, uint32_t unit);

/* Index of the shelf of a year (0: intervals), or of one by name; ELIMIT: too many. */
int window_shelf(struct window *w, int32_t year);
int window_named_shelf(struct window *w, const char *name, bool rdata);

/* The least second of the row's base. */
int64_t window_base(const struct window *w, const struct row *r);
void window_span(const struct window *w, const struct row *r, struct span *ret);

uint64_t window_hash(struct bytes key, unsigned shelf);
static inline void window_prefetch(const struct window *w, uint64_t hash)
{
	__builtin_prefetch(&w->slots[hash & w->mask]);
}
/* Asks for the row that the hash seems to mean. */
void window_prefetch_row(const struct window *w, uint64_t hash);

struct window_sighting {
	uint32_t at_s; /* behind the base */
	uint32_t day_bit, ttl;
	uint8_t flags;
};

/*
 * Merges a sighting, or a stated span, into the row of this key. ENOMEM or ELIMIT when
 * one message was larger than anything that a message can be.
 */
int window_sight(struct window *w, uint64_t hash, unsigned shelf, struct bytes key,
		 const struct window_sighting *s);
int window_merge(struct window *w, uint64_t hash, unsigned shelf, struct bytes key,
		 const struct span *s);

#endif
