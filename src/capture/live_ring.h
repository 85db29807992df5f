/* Inside of live capture: the ring of one interface (packet(7), TPACKET_V3). */
#ifndef YORE_CAPTURE_LIVE_RING_H
#define YORE_CAPTURE_LIVE_RING_H

#include "capture/live.h"
#include "capture/live_filter.h"

struct tpacket_block_desc;
struct tpacket3_hdr;

#define DROPS 3
#define RING_USUAL ((size_t)64 << 20)
#define RING_NO_GROUP (-1)

struct ring {
	int fd;
	int drops_fd[DROPS];   /* statistics of the driver under /sys, -1: none */
	uint64_t drops_before; /* what they said at the start */
	uint8_t *map;
	size_t block_octets;
	unsigned blocks, block; /* how many; the one being read */
	unsigned left;		/* packets of it not given out yet */
	const struct tpacket3_hdr *next;
	struct live_counters counters;
	uint64_t number;
};

/* Nothing comes in before ring_let_in. */
int ring_open(struct ring *r, const char *name, const struct live_options *o,
	      struct fault *f) YORE_MUST_CHECK;
/* Into the fanout group, which the first one founds (*group RING_NO_GROUP before). */
int ring_join(struct ring *r, int *group, struct fault *f) YORE_MUST_CHECK;
int ring_let_in(struct ring *r, const struct live_filter *filter,
		struct fault *f) YORE_MUST_CHECK;
void ring_close(struct ring *r);

/* The next frame is at hand: true and *ret_us, its time. Gives a finished block back. */
bool ring_peek(struct ring *r, int64_t *ret_us);
/* That frame, and on; 0 when it is of no use (counted). Only after ring_peek. */
int ring_take(struct ring *r, struct frame *ret, uint32_t *ret_nanoseconds);
/* The interface was removed: nothing comes any more. */
bool ring_gone(const struct ring *r);
void ring_count(struct ring *r);

#endif
