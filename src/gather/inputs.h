/*
 * What a window covers of each input, and from where on each shelf. Internal to gather/.
 */
#ifndef YORE_GATHER_INPUTS_H
#define YORE_GATHER_INPUTS_H

#include "gather/window.h"

#define INPUT_LOSSES_MAX 3072

/* How far one shelf's ledger has an input. */
struct shelf_mark {
	char shelf[SHELF_MAX];
	uint64_t packets;
};

struct gather_source {
	bool used;
	struct ledger_entry entry; /* to: how far the reader is; counters: of losses */
	int64_t first_us, last_us; /* of the packets since the last hand-over */
	bool moved;		   /* there were any */
	bool asks;		   /* clients below a resolver were seen in it */
	uint64_t touched;	   /* bit n: a row of the window's shelf n came of it */
	struct shelf_mark *marks;
	unsigned mark_count;
	char losses[INPUT_LOSSES_MAX];
	size_t losses_len;
};

struct inputs {
	struct gather_source *at;
	uint32_t count;
};

void inputs_release(struct inputs *in);
/* NULL: no memory, or a number that cannot be. */
struct gather_source *inputs_make(struct inputs *in, uint32_t input);
static inline struct gather_source *inputs_find(const struct inputs *in, uint32_t input)
{
	return input < in->count && in->at[input].used ? &in->at[input] : NULL;
}

uint64_t source_mark(const struct gather_source *s, const char *shelf);
int source_set_mark(struct gather_source *s, const char *shelf, uint64_t packets);

/*
 * What the window in hand covers of its inputs on one shelf: `from` is where the shelf's
 * ledger was, and the marks move to where the reader is.
 */
struct covered {
	struct ledger_entry *entries;
	size_t count;
	char *losses; /* what entries[].counters borrow from */
};

int inputs_cover(struct inputs *in, const struct shelf *shelf, unsigned index,
		 struct covered *ret) YORE_MUST_CHECK;
void covered_release(struct covered *c);
/* Once all shelves have been covered: the next window begins. */
void inputs_begin(struct inputs *in);
bool inputs_moved(const struct inputs *in);

#endif
