/*
 * Several threads on the same interfaces. The kernel divides the frames among them
 * (live_open_shared); each drains its rings, decodes what needs no memory of other
 * frames, and hands over in batches. One reader takes everything in the order of the
 * kernel's times, so what it makes of it is the same however frames were divided: nothing
 * here is believed, matched or counted as a record.
 *
 * What a frame needs that belongs to others (TCP, fragments, and everything when the same
 * frame twice counts once) is handed over as the frame it was, for the reader's decoder.
 *
 * Queues are bounded (CREW_BATCHES of CREW_BATCH octets a thread). When the reader does
 * not keep up the threads wait, the rings fill, and the kernel counts what it drops.
 */
#ifndef YORE_CAPTURE_LIVE_CREW_H
#define YORE_CAPTURE_LIVE_CREW_H

#include "capture/live.h"
#include "net/decode.h"

#define CREW_MOST 16
#define CREW_BATCH ((size_t)512 << 10)
#define CREW_BATCHES 4
#define CREW_MEMORY (CREW_BATCH * CREW_BATCHES) /* of one thread */

enum crew_kind { CREW_COUNT, CREW_DATAGRAM, CREW_FRAME };

/* One message, or one frame, and the frames of its interface since the one before. */
struct crew_item {
	int64_t time_ns;
	uint32_t size; /* of the item with what follows it */
	uint16_t interface;
	uint8_t kind;	 /* enum crew_kind; COUNT: only the two below */
	uint64_t frames; /* this one among them */
	uint64_t octets;
	union {
		struct datagram datagram;
		struct frame frame;
	}; /* input and number are for the reader to fill in */
};

struct crew;

/* Opens the interfaces for o->threads threads; net as for the reader's decoder. */
int crew_open(const struct live_options *o, const struct decode_options *net,
	      struct fault *f, struct crew **ret) YORE_MUST_CHECK;
/* The threads begin: behind the sandbox, which they inherit. */
int crew_start(struct crew *c, struct fault *f) YORE_MUST_CHECK;
void crew_close(struct crew *c);

/* As live_next: 1 and *ret (until the next call), 0 nothing now, negative: one is gone.
 */
int crew_next(struct crew *c, struct crew_item **ret, struct fault *f);
/* To poll(2) for POLLIN. */
int crew_fd(const struct crew *c);
/* Whether a frame from before that moment may still come. */
bool crew_behind(struct crew *c, int64_t time_us);

void crew_count(struct crew *c, unsigned interface, struct live_counters *ret);
/* What its decoders have counted so far. */
void crew_decoded(struct crew *c, struct decode_counters *ret);

#endif
