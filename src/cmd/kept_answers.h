/*
 * What providers answered and was kept (--keep): it tells what was investigated, so it
 * goes nowhere by itself. Which sources these are stands in the ledger.
 */
#ifndef YORE_CMD_KEPT_ANSWERS_H
#define YORE_CMD_KEPT_ANSWERS_H

#include "store/store.h"

enum { KEPT_ANSWERS_MAX = 256 };

struct kept_answers {
	char names[KEPT_ANSWERS_MAX][SOURCE_NAME_MAX + 1]; /* of providers */
	size_t count;
	bool all; /* more than that, or unreadable: every named source counts as one */
};

void kept_answers_load(struct store *s, struct kept_answers *ret);
/* Is it a provider's, or one of its own sources? */
bool kept_answers_has(const struct kept_answers *k, uint16_t source);

#endif
