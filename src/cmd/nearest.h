/*
 * The word that somebody may have meant: of those offered, the one that the least changes
 * (a letter added, missing, another one, or two turned round) lead to.
 */
#ifndef YORE_CMD_NEAREST_H
#define YORE_CMD_NEAREST_H

#include <stddef.h>

struct nearest {
	const char *word; /* what was typed */
	const char *best; /* NULL: nothing near */
	size_t changes;	  /* of best */
};

/* Begins a search; the word must outlive it. */
struct nearest nearest_to(const char *word);

/* Offers one; kept if it is nearer than those before, and near enough to be meant. */
void nearest_offer(struct nearest *n, const char *offered);

/* Two words' distance; words of more than 31 octets are far from everything. */
size_t nearest_changes(const char *a, const char *b);

#endif
