/*
 * A circular list whose links live in the things listed: for queues by age. A ring head
 * and an element that is in no ring both point at themselves.
 */
#ifndef YORE_NET_RING_H
#define YORE_NET_RING_H

#include <stdbool.h>
#include <stddef.h>

struct ring {
	struct ring *prev, *next;
};

/* The structure of type `type` whose member `member` the link is. */
#define RING_OF(link, type, member) ((type *)((char *)(link)-offsetof(type, member)))

static inline void ring_init(struct ring *r)
{
	r->prev = r->next = r;
}

static inline bool ring_empty(const struct ring *r)
{
	return r->next == r;
}

static inline void ring_remove(struct ring *e)
{
	e->prev->next = e->next;
	e->next->prev = e->prev;
	ring_init(e);
}

/* Puts e last (youngest), taking it out of wherever it was. */
static inline void ring_append(struct ring *r, struct ring *e)
{
	e->prev->next = e->next;
	e->next->prev = e->prev;
	e->prev = r->prev;
	e->next = r;
	r->prev->next = e;
	r->prev = e;
}

#endif
