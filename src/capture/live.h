/*
 * Frames from network interfaces as they pass: a TPACKET_V3 ring for each interface that
 * the kernel fills and we read in place, with the kernel's own times.
 *
 * A kernel filter keeps what can be DNS: the ports asked for, IP fragments (the ports
 * stand only in the first), the same behind up to three VLAN tags, and unless `tunnels`
 * is off everything that the decoder would look into. The kernel takes the outermost tag
 * off before it hands a frame over; nothing here needs it.
 *
 * Interfaces are named; "any" is all of them in one ring, each frame with the link type
 * of its interface. With several rings frames come in the order of their times, as far
 * as the kernel's hold on a block (`retire_ms`) lets one know it.
 *
 * Packets sent are captured as well as those received; of the loopback interface, where
 * every packet is seen both ways, only the received ones.
 */
#ifndef YORE_CAPTURE_LIVE_H
#define YORE_CAPTURE_LIVE_H

#include "net/frame.h"

#define LIVE_INTERFACES_MOST 32
#define LIVE_ANY "any"

struct live_options {
	const char *interfaces[LIVE_INTERFACES_MOST];
	unsigned interface_count;
	bool promiscuous;
	bool tunnels;	    /* let everything pass that may carry DNS inside */
	uint16_t ports[16]; /* none: 53 */
	unsigned port_count;
	size_t ring;	    /* octets for each interface; 0: 64 MiB */
	unsigned threads;   /* see capture/live_crew.h; live_open does not look at it */
	unsigned retire_ms; /* the kernel hands over a block at the latest; 0: 20 */
};

/* Losses of one interface, since live_open. */
struct live_counters {
	char name[64];		    /* of the interface */
	uint64_t frames;	    /* given out */
	uint64_t dropped;	    /* passed the filter and found the ring full */
	uint64_t freezes;	    /* how often the ring was full */
	uint64_t interface_dropped; /* never reached the kernel: counters of the driver */
	uint64_t link_unknown;	    /* of an interface whose link layer is not known */
};

struct live;

/* EACCES (needs CAP_NET_RAW), ENOENT (no such interface), EIO. */
int live_open(const struct live_options *o, struct fault *f,
	      struct live **ret) YORE_MUST_CHECK;
/*
 * The same interfaces for `count` readers, of which each gets a part of the frames: the
 * kernel's fanout by a hash of addresses, protocol and ports that is the same both ways
 * (fragments: without ports). The ring's octets are divided among them. All or none.
 */
int live_open_shared(const struct live_options *o, unsigned count, struct fault *f,
		     struct live **ret) YORE_MUST_CHECK;
void live_close(struct live *l);

/*
 * The next frame that has already arrived: 1 and *ret (borrowed until the next call,
 * input = index of the interface, number from 1 within it), 0 when there is none now,
 * negative when an interface has gone for good. now_us is the wall clock.
 */
int live_next(struct live *l, int64_t now_us, struct frame *ret, struct fault *f);
/* Nanoseconds of that frame's time beyond its time_us; how long the kernel may keep a
 * frame before live_next can give it. */
uint32_t live_nanoseconds(const struct live *l);
int64_t live_hold_us(const struct live *l);

/* Descriptors to poll(2) for POLLIN; `room` of them at most, returns how many. */
struct pollfd;
unsigned live_poll(const struct live *l, struct pollfd *ret, unsigned room);

/* Reads the kernel's counters and gives the sums. */
void live_count(struct live *l, unsigned interface, struct live_counters *ret);
unsigned live_interfaces(const struct live *l);
/* What live_next itself has counted; only live_count may be called by another thread. */
void live_taken(const struct live *l, unsigned interface, uint64_t *ret_frames,
		uint64_t *ret_link_unknown);

#endif
