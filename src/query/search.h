/*
 * A pattern tried on every name there is, by several threads: the names of table N are
 * cut into tasks in the order of storage, each worker takes the next one, and what they
 * find comes out in that order, as one thread would have given it.
 *
 * Memory is bounded: a worker that has found SEARCH_KEPT octets of names waits until
 * those in front of it were taken.
 */
#ifndef YORE_QUERY_SEARCH_H
#define YORE_QUERY_SEARCH_H

#include "query/walk.h"

#define SEARCH_KEPT ((size_t)256 << 10)
#define SEARCH_THREADS_MOST 16

struct search;

/* threads 0: as many as there are cores. The options' counters and fault are added to
 * when names are taken and at the end; term is borrowed. */
int search_open(const struct walk_options *o, const struct term *term, unsigned threads,
		struct search **ret) YORE_MUST_CHECK;
int search_next(struct search *s, struct bytes *owner); /* 1, 0, negative; borrowed */
void search_close(struct search *s);

unsigned search_threads(unsigned wanted); /* how many that would be */

#endif
