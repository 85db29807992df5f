/*
 * How much evidence a day may add. Whoever can send packets past a sensor can make
 * evidence (store shelf "suspicious"), so each UTC day of packets has room for so many
 * new rows of each reason, and of each zone (the owner's last two labels) a tenth of
 * that; the servers behind them, whatever the reason, have as much again; a month has
 * room for half a million. What has a row in the month costs nothing to be seen again.
 * What finds no room is counted by the caller.
 *
 * What the history already holds is asked for once, with the first evidence, so neither
 * a restart nor a new process for each file makes more room.
 */
#ifndef YORE_GATHER_BUDGET_H
#define YORE_GATHER_BUDGET_H

#include "base/when.h"
#include "record/record.h"

#define BUDGET_DAY 5000 /* new rows of a reason */
#define BUDGET_ZONE 500 /* of these, of one zone */

struct budget;

/* Tells of every row that is there (budget_known), at the latest when it returns. */
typedef void (*budget_fill_fn)(struct budget *b, void *arg);

int budget_new(budget_fill_fn fill, void *arg, struct budget **ret) YORE_MUST_CHECK;
void budget_free(struct budget *b);

struct budget_row {
	struct bytes base; /* key without its end */
	uint16_t source;   /* why, and seen from where */
	bool server;	   /* who said it, not what was said */
	struct bytes owner;
	int64_t time_s;
};

/* Is there room, or a row already? Takes what it needs. */
bool budget_take(struct budget *b, const struct budget_row *row);
void budget_known(struct budget *b, const struct budget_row *row);

#endif
