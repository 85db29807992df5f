/*
 * Frames to DNS datagrams: link layers, tunnels, IPv4/IPv6, fragments, UDP and TCP
 * streams (RFC 7766 framing). Pushes each complete DNS message to a datagram_fn.
 *
 * State (fragments, streams) lives in the decoder and carries over from frame to frame
 * and file to file; its clock is the frames' own time. Everything kept is bounded in
 * number, octets and age, and what is dropped is counted. Copies inside ICMP errors are
 * never looked at. Ports: only those in the list (default 53).
 */
#ifndef YORE_NET_DECODE_H
#define YORE_NET_DECODE_H

#include "net/datagram.h"
#include "net/frame.h"

struct decode_options {
	uint16_t ports[16]; /* server ports; empty (count 0): 53 */
	unsigned port_count;
	unsigned depth;			    /* nested tunnels and tags; 0: 8 */
	size_t frag_octets, stream_octets;  /* memory ceilings; 0: 16 MiB, 32 MiB */
	unsigned frag_sets, streams;	    /* 0: 8192, 65536 */
	int64_t frag_age_us, stream_age_us; /* 0: 30 s, 120 s */
};

/*
 * What happened, by reason. frames = datagrams' frames + the others; a test asserts that
 * nothing vanishes between the rows. Add rows freely; the names are shown to people.
 */
#define DECODE_COUNTERS(X)                                                   \
	X(frames, "frames read")                                             \
	X(messages_udp, "DNS messages in UDP")                               \
	X(messages_tcp, "DNS messages in TCP")                               \
	X(not_ip, "frames without IP")                                       \
	X(other_port, "packets of other ports or protocols")                 \
	X(icmp, "ICMP (copies inside are not looked at)")                    \
	X(link_unknown, "frames of a link type that is not known")           \
	X(malformed, "frames with a broken header")                          \
	X(too_deep, "frames nested too deep")                                \
	X(snapped, "DNS messages cut by the capture")                        \
	X(fragments, "IP fragments")                                         \
	X(frag_done, "datagrams put together from fragments")                \
	X(frag_overlap, "fragment sets dropped: they contradict themselves") \
	X(frag_expired, "fragment sets dropped: too old")                    \
	X(frag_full, "fragment sets dropped: table full")                    \
	X(tcp_segments, "TCP segments of DNS ports")                         \
	X(tcp_duplicate, "TCP segments seen before")                         \
	X(tcp_hole, "TCP streams with a hole")                               \
	X(tcp_expired, "TCP streams dropped: too old")                       \
	X(tcp_full, "TCP streams dropped: table full")                       \
	X(tcp_lost_octets, "octets of TCP streams given up")                 \
	X(duplicate, "frames that were the same packet once more")

struct decode_counters {
#define X(name, text) uint64_t name;
	DECODE_COUNTERS(X)
#undef X
};

struct decoder;
int decoder_new(const struct decode_options *o, datagram_fn sink, void *arg,
		struct decoder **ret) YORE_MUST_CHECK;
void decoder_free(struct decoder *d);

/* One frame in. Returns 0, or what the sink returned when negative. */
int decoder_frame(struct decoder *d, const struct frame *f);
/* The input is over: gives up what is incomplete (counted). */
int decoder_finish(struct decoder *d);
const struct decode_counters *decoder_counters(const struct decoder *d);

#endif
