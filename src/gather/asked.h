/*
 * Who asked in a window, and its segments. Internal to gather/.
 *
 * In the window a question is the row of its key by name and an octet 0; each address
 * that was handed out is a row of the same key and the address (its length, its octets),
 * and an octet ff says that there were more. Written, they become one row, twice: by
 * client and by name (record/asked.h).
 */
#ifndef YORE_GATHER_ASKED_H
#define YORE_GATHER_ASKED_H

#include "gather/derive.h"
#include "gather/gather.h"
#include "record/asked.h"

#define ASKED_END 0
#define ASKED_MORE 0xff

/* Where the latest question went: nearly always the next one's place. */
struct asked_place {
	int64_t start_s, end_s; /* of the month */
	int32_t month;
	int shelf; /* of the window; -1: not yet looked for */
	struct gather_source *source;
	uint32_t input;
	uint64_t mark;
};

struct asked_rows {
	struct segment_rows pull; /* first: what the sink gets */
	const struct window *window;
	struct sort_item *rows; /* of the window, by key */
	size_t row_count;
	struct sort_item *clients; /* of clients_heap; note: its row in rows */
	size_t client_count;
	struct heap heap;
	size_t client_at, row_at;
	struct buf key;
	uint8_t value[ASKED_VALUE_MAX];
	uint64_t given, octets; /* rows */
};

int asked_rows_init(struct asked_rows *a, const struct window *w,
		    unsigned shelf) YORE_MUST_CHECK;
void asked_rows_release(struct asked_rows *a);

#endif
