/*
 * Memory that many owners, on any threads, take from one ceiling. What one of them has
 * of a thing (an arena, a table) is not counted while it is small, so that small things
 * go on when the ceiling is reached.
 */
#ifndef YORE_BASE_BUDGET_H
#define YORE_BASE_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define BUDGET_SMALL ((size_t)16 << 10) /* octets of one thing that are not counted */

struct budget {
	size_t most; /* octets; set once */
	atomic_size_t taken;
	atomic_size_t given_back; /* ever; it wraps */
};

/* A thing of `from` octets is to have `to`. False: there is no room, and nothing has
 * changed; never when it shrinks. b NULL: no ceiling. */
bool budget_change(struct budget *b, size_t from, size_t to);
size_t budget_left(struct budget *b);

#endif
