/* The rows of one segment, pulled in key order: B, D, N, R. Internal to gather/. */
#ifndef YORE_GATHER_ROWS_H
#define YORE_GATHER_ROWS_H

#include <pthread.h>

#include "gather/derive.h"

struct rows {
	struct segment_rows pull; /* first: what the sink gets */
	struct order order;
	size_t at[4];
	uint8_t value[SPAN_WIRE_MAX];
	pthread_t sorter; /* orders the RRsets while single records are derived */
	bool sorting;
	int sorted; /* what it returned */
	uint64_t rdata, octets, rows;
};

int rows_init(struct rows *r, const struct window *w, unsigned shelf) YORE_MUST_CHECK;
void rows_release(struct rows *r);

#endif
