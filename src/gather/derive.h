/*
 * What follows from the RRset rows of a window when it is written: single records by
 * rdata (D), owner names (N), and the order of all of them. Internal to gather/.
 */
#ifndef YORE_GATHER_DERIVE_H
#define YORE_GATHER_DERIVE_H

#include "gather/sort.h"
#include "gather/window.h"

/* About how many octets writing a row of this key takes, everything derived included. */
size_t derive_octets(struct bytes key);

/* A growing array of octets or items; references into it stay good as numbers. */
struct heap {
	uint8_t *at;
	size_t used, room;
};

/* Room for n octets at its end, *ref in units of 8 from its start; NULL: no memory. */
void *heap_add(struct heap *h, size_t n, uint32_t *ref);

/* A D row: the key as it is sorted, and the row that its span comes from. */
struct derived {
	uint32_t row;
	uint32_t len : 31, proven : 1; /* in a known bailiwick */
	uint8_t key[];
};

/* An N row; several RRset rows make one. */
struct named {
	int64_t first_s, last_s;
	uint64_t count;
	uint32_t len;
	uint8_t flags;
	uint8_t key[];
};

/* Of one shelf, each sorted by key. */
struct order {
	const struct window *window;
	unsigned shelf;
	struct sort_item *servers, *rrsets, *rdata, *names; /* key: see *_key below */
	size_t server_count, rrset_count, rdata_count, name_count;
	struct heap rdata_heap, name_heap;
	uint64_t heads_left_out; /* see KEY_HEADS_MAX */
};

/*
 * order_init picks the rows and sorts the servers; then order_rrsets (and names) and
 * order_rdata may run beside each other.
 */
int window_order_init(struct order *o, const struct window *w,
		      unsigned shelf) YORE_MUST_CHECK;
int window_order_rrsets(struct order *o) YORE_MUST_CHECK;
int window_order_rdata(struct order *o) YORE_MUST_CHECK;
void window_order_release(struct order *o);

#define ORDER_AHEAD 8 /* so many rows ahead memory is asked for */

/* Rows in the order of keys lie anywhere. */
static inline void window_ask_ahead(const struct window *w, const struct sort_item *v,
				    size_t i, size_t n)
{
	if (i + ORDER_AHEAD < n) {
		const uint8_t *p = (const uint8_t *)window_row(w, v[i + ORDER_AHEAD].key);
		__builtin_prefetch(p);
		__builtin_prefetch(p + 64);
	}
}

static inline const struct derived *window_order_derived(const struct order *o, size_t i)
{
	return (const struct derived *)(o->rdata_heap.at + (size_t)o->rdata[i].key * 8);
}

static inline const struct named *window_order_named(const struct order *o, size_t i)
{
	return (const struct named *)(o->name_heap.at + (size_t)o->names[i].key * 8);
}

#endif
