/*
 * Frames to DNS datagrams: link layers, tunnels, IPv4/IPv6, fragments, UDP and TCP
 * streams (RFC 7766 framing). Pushes each complete DNS message to a datagram_fn.
 *
 * State (fragments, streams) lives in the decoder and carries over from frame to frame
 * and file to file; its clock is the frames' own time. Everything kept is bounded in
 * number, octets and age, and what is dropped is counted. Copies inside ICMP errors are
 * never looked at. Ports: only those in the list (default 53).
 *
 * Link layers: Ethernet (with 802.1Q, 802.1ad, 9100.., 802.1ah, 802.1BR tags), LLC/SNAP,
 * PPP, PPPoE, Cisco HDLC, frame relay, FDDI, token ring, 802.11 (radiotap, PPI, Prism,
 * AVS), raw IP, null and loop, SLL and SLL2, NFLOG, PKTAP, pflog, DSA tags, SLIP.
 * Tunnels: MPLS (with and without a control word), IP in IP, GRE (also in UDP, PPTP,
 * ERSPAN I to III, WCCP), VXLAN and VXLAN-GPE, NSH, Geneve, GTP-U, Teredo, L2TP, LISP,
 * EtherIP, TZSP; AH. Each tag, label stack and tunnel is one of `depth`.
 *
 * A frame seen twice: corpora and fed files hold honest repetitions, so the same packet
 * counts once only with `deduplicate`, which live capture of mirror ports and of all
 * interfaces (and files made of them) sets. See net/twin.h for what "the same" is.
 * Segments of TCP and whole copies of a fragment are taken once in any case.
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
	int64_t hole_age_us;		    /* a TCP stream waits for it; 0: 5 s */
	bool deduplicate;
	/*
	 * Tunnels through IP are not entered. Whoever can send a packet past the sensor
	 * can put any packet into a tunnel's payload, so a sensor at a border that has
	 * no tunnels of its own should set this.
	 */
	bool outer_only;
	int64_t twin_window_us; /* how close two of the same frame are; 0: 50 ms */
	/*
	 * Several decoders for one traffic: with this set, a frame whose meaning depends
	 * on others (a TCP segment of ours, a fragment; with `deduplicate` all of ours)
	 * is handed over whole, with decoder_new's arg, and not counted. One more decoder
	 * without it takes these in the order of time. What the two say then is what one
	 * alone would have said, however frames were divided.
	 */
	int (*aside)(const struct frame *f, void *arg);
};

/*
 * What happened, by reason; the names are shown to people. Nothing vanishes between the
 * rows (decode_counters_balance, which tests assert): frames = messages_udp +
 * too_short_udp + tcp_segments + not_ip + other_port + icmp + link_unknown + malformed +
 * too_deep + duplicate + fragments - frag_done.
 */
#define DECODE_COUNTERS(X)                                                   \
	X(frames, "frames read")                                             \
	X(messages_udp, "DNS messages in UDP")                               \
	X(messages_tcp, "DNS messages in TCP")                               \
	X(not_ip, "frames without IP")                                       \
	X(other_port, "packets of other ports or protocols")                 \
	X(dot, "of these, connections begun to TCP 853 (DNS over TLS)")      \
	X(doq, "of these, connections begun to UDP 853 (DNS over QUIC)")     \
	X(icmp, "ICMP (copies inside are not looked at)")                    \
	X(link_unknown, "frames of a link type that is not known")           \
	X(malformed, "frames with a broken header")                          \
	X(too_deep, "frames nested too deep")                                \
	X(snapped, "DNS messages cut by the capture")                        \
	X(too_short_udp, "UDP datagrams of DNS ports without a DNS header")  \
	X(too_short_tcp, "messages in TCP without a DNS header")             \
	X(fragments, "IP fragments")                                         \
	X(frag_snapped, "IP fragments cut by the capture: not kept")         \
	X(frag_done, "datagrams put together from fragments")                \
	X(frag_overlap, "fragment sets dropped: they contradict themselves") \
	X(frag_expired, "fragment sets dropped: too old")                    \
	X(frag_full, "fragment sets dropped: table full")                    \
	X(tcp_segments, "TCP segments of DNS ports")                         \
	X(tcp_duplicate, "TCP segments seen before")                         \
	X(tcp_hole, "holes in TCP streams that were given up")               \
	X(tcp_expired, "TCP streams dropped: too old")                       \
	X(tcp_full, "TCP streams dropped: table full")                       \
	X(tcp_lost_octets, "octets of TCP streams given up")                 \
	X(duplicate, "frames that were the same packet once more")

struct decode_counters {
#define X(name, text) uint64_t name;
	DECODE_COUNTERS(X)
#undef X
};

static inline bool decode_counters_balance(const struct decode_counters *c)
{
	return c->frames + c->frag_done ==
	       c->messages_udp + c->too_short_udp + c->tcp_segments + c->not_ip +
		   c->other_port + c->icmp + c->link_unknown + c->malformed +
		   c->too_deep + c->duplicate + c->fragments;
}

struct decoder;
int decoder_new(const struct decode_options *o, datagram_fn sink, void *arg,
		struct decoder **ret) YORE_MUST_CHECK;
void decoder_free(struct decoder *d);

/*
 * One frame in. Returns 0, or what the sink returned when negative. A message behind a
 * hole comes out when the hole is given up: its time_us is that of the frame which
 * completed it, number and input are those of the frame now being decoded.
 */
int decoder_frame(struct decoder *d, const struct frame *f);
/* So late is it by now, without a frame: what is too old is given up. Returns as above.
 */
int decoder_clock(struct decoder *d, const struct frame *now);
/* The input is over: what is incomplete is given up (counted), messages behind holes
 * come out. */
int decoder_finish(struct decoder *d);
const struct decode_counters *decoder_counters(const struct decoder *d);
void decode_counters_add(struct decode_counters *sum, const struct decode_counters *more);
/* The latest link type that is not known, UINT32_MAX when all were. */
uint32_t decoder_unknown_link(const struct decoder *d);

#endif
