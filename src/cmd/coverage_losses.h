/*
 * Losses by reason, summed over the ledger's entries that touch a coverage's window; and
 * what the same entries say of whom was asked below ("below.", cmd/coverage_below.h).
 */
#ifndef YORE_CMD_COVERAGE_LOSSES_H
#define YORE_CMD_COVERAGE_LOSSES_H

#include "query/coverage.h"

struct loss {
	const struct coverage_input *input;
	char reason[64];
	uint64_t count;
};

struct losses {
	struct loss *at;
	size_t count, room;
	uint32_t *slots; /* open addressing over at: index + 1 */
	size_t slot_count;
	uint64_t *seen; /* open addressing: entries that were counted */
	size_t seen_count, seen_room;
	const struct coverage *c;
};

int losses_gather(struct losses *l, struct store *s, const struct coverage *c,
		  struct fault *f) YORE_MUST_CHECK;
/* Those of one input: NULL begins and ends. below: only those that begin so, else none of
 * them. */
const struct loss *losses_next(const struct losses *l, const struct coverage_input *in,
			       bool below, const struct loss *after);
void losses_release(struct losses *l);

#endif
