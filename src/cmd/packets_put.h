/* Transactions kept until all are there, then shown in the order of their times. */
#ifndef YORE_CMD_PACKETS_PUT_H
#define YORE_CMD_PACKETS_PUT_H

#include "sensor/transactions.h"

struct kept_row {
	int64_t time_us;
	size_t at, len; /* of its text */
};

struct kept_rows {
	struct kept_row *at;
	size_t count, room, most; /* most: more are only counted */
	uint64_t more;
	struct buf text;
	bool json;
	bool clients; /* in clear; else each has a number of its own, from 1 */
	struct addr *numbered;
	size_t numbered_count, numbered_room;
};

void kept_rows_init(struct kept_rows *k, size_t most, bool json, bool clients);
void kept_rows_release(struct kept_rows *k);
int kept_rows_add(struct kept_rows *k, const struct transaction *t);
void kept_rows_sort(struct kept_rows *k);

#endif
