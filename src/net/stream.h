/*
 * TCP segments to DNS messages: each direction of a connection is one stream of octets,
 * framed by RFC 1035 4.2.2 (RFC 7766 8). Only segments of DNS ports come here.
 *
 * In order, octets are framed as they come and only an unfinished message is kept.
 * Segments ahead of a hole wait for it: until it is filled, or is older than hole_age_us,
 * or more waits than a ceiling allows; then the missing octets are given up (counted)
 * and framing goes on at the next segment that begins like a message. A stream whose
 * beginning was not seen starts in the same way. What was retransmitted is taken once,
 * also after FIN and RST: a closed stream is remembered until it is too old.
 *
 * Law: however a stream is cut into segments, and in whatever order and how often they
 * come after its SYN, as long as the ceilings are not reached the same messages come out.
 *
 * A SYN alone makes a small entry of a queue of its own, so a flood of them displaces
 * only its like.
 */
#ifndef YORE_NET_STREAM_H
#define YORE_NET_STREAM_H

#include "net/datagram.h"
#include "net/frame.h"

struct decode_counters;

struct stream_limits {
	size_t octets; /* kept of all streams, with their overhead */
	unsigned streams;
	int64_t age_us, hole_age_us;
};

enum segment_flags { SEGMENT_FIN = 1, SEGMENT_SYN = 2, SEGMENT_RST = 4 };

struct segment {
	int64_t time_us;
	uint64_t number;
	uint32_t input;
	const uint8_t *src, *dst;
	uint8_t addr_len;
	uint8_t flags; /* the low octet of the header's */
	uint16_t src_port, dst_port;
	bool src_serves, dst_serves; /* the port is a server's */
	uint32_t sequence;
	struct bytes octets;
	uint32_t missing; /* octets behind these which the capture cut off */
};

struct streams;
int streams_new(const struct stream_limits *l, struct decode_counters *c,
		datagram_fn sink, void *arg, struct streams **ret) YORE_MUST_CHECK;
void streams_free(struct streams *t);

/* These return 0, or what the sink returned when negative. */
int streams_add(struct streams *t, const struct segment *s);
int streams_expire(struct streams *t, const struct frame *now);
int streams_drop_all(struct streams *t); /* the input is over */

size_t streams_octets(const struct streams *t);
unsigned streams_count(const struct streams *t);

#endif
