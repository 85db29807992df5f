/*
 * The writer's thread: takes a full window and what it covers, gives segments to the
 * sink, one shelf after the other. Internal to gather/.
 */
#ifndef YORE_GATHER_WRITER_H
#define YORE_GATHER_WRITER_H

#include <pthread.h>
#include <stdatomic.h>

#include "gather/gather.h"
#include "gather/collapse.h"
#include "gather/inputs.h"

/* A window on its way, with what it covers on each of its shelves. */
struct parcel {
	struct window *window;
	struct covered covered[WINDOW_SHELVES];
};

struct writer {
	struct segment_sink sink;
	uint32_t collapse; /* see gather_options */
	struct collapse_memory collapsed;
	const struct site *keeps; /* zones that are never collapsed; changed while idle */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct parcel parcel; /* window NULL: idle */
	bool stop, begun;
	atomic_bool busy; /* a parcel is under way: asked for each packet */
	int result;	  /* the first failure; nothing is written after it */
	struct fault fault;
	uint8_t origin[16];
	uint64_t sequence;
	struct gather_counters counters; /* written: under lock while busy */
};

int window_writer_init(struct writer *w, const struct segment_sink *sink,
		       uint32_t collapse) YORE_MUST_CHECK;
void window_writer_release(struct writer *w); /* waits for what is under way */
static inline bool window_writer_idle(const struct writer *w)
{
	return !atomic_load_explicit(&w->busy, memory_order_relaxed);
}
/* Waits until nothing is under way; the first failure of all. */
int window_writer_wait(struct writer *w, struct fault *f);
/* Takes the parcel, whose window it clears when done; the writer must be idle. */
void window_writer_give(struct writer *w, const struct parcel *p);

#endif
