/*
 * The ledger's rows, and the rule that makes every commit exact.
 *
 *   L input(16) 00                     the last commit of the input (replaced each time)
 *   L input(16) 01 from(8) to(8)       every commit
 *
 * Both hold the same value (docs/design/store.md): who made the segment, and the entry.
 */
#ifndef YORE_STORE_LEDGER_H
#define YORE_STORE_LEDGER_H

#include "store/engine.h"

#define LEDGER_VALUE_MAX 4096 /* counters beyond that are cut at a line's end */

struct segment_name {
	uint8_t origin[16];
	uint64_t sequence;
};

void ledger_key_last(struct buf *out, const struct input_id *id);
void ledger_key_commit(struct buf *out, const struct ledger_entry *e);
bool ledger_key_is_last(struct bytes key);
void ledger_value(struct buf *out, const struct segment_name *by,
		  const struct ledger_entry *e);
/* e->counters is borrowed from value. */
int ledger_read(struct bytes key, struct bytes value, struct segment_name *by,
		struct ledger_entry *ret) YORE_MUST_CHECK;

/* The last entry of an input on a shelf: 1, 0 or negative. ret->counters is empty. */
int ledger_last(struct engine *e, const char *shelf, const struct input_id *id,
		struct segment_name *by, struct ledger_entry *ret, struct fault *f);

/* Who made the commit with this input, from and to: 1, 0 (there is none) or negative. */
int ledger_commit_by(struct engine *e, const char *shelf,
		     const struct ledger_entry *commit, struct segment_name *by,
		     struct fault *f);

/*
 * Two neighbouring commits to one (fold.c): sum reaches to next's end, times are widened,
 * counters (what sum->counters borrows) added up by name. False, and nothing was changed:
 * another input, no neighbour, another day or description, or too many counters.
 */
bool ledger_join(struct ledger_entry *sum, struct buf *counters,
		 const struct ledger_entry *next);

/*
 * May this segment go in? 0: yes. EEXIST: it is in already, as a whole. ESTALE: an
 * input is not at its `from`, the fault says which.
 */
int ledger_check(struct engine *e, const struct segment_meta *meta, struct fault *f);

#endif
