/*
 * The way of a frame, wired once for import and sense: link layers to messages (or a
 * dnstap message as it is), to believed sightings, to the window. One thread.
 */
#ifndef YORE_SENSOR_CHAIN_H
#define YORE_SENSOR_CHAIN_H

#include "capture/dnstap.h"
#include "gather/gather.h"
#include "net/decode.h"

struct chain_options {
	struct decode_options net;
	struct observe_options observe;
	struct gather_options gather;
	struct store *store; /* its servers (B rows) are taught; may be NULL */
	bool who_asked;	     /* questions of clients are kept */
};

/* What can be told of all stages at once; what is no loss has no row here. */
#define CHAIN_LOSSES(X)           \
	X(net, link_unknown)      \
	X(net, malformed)         \
	X(net, too_deep)          \
	X(net, snapped)           \
	X(net, too_short_udp)     \
	X(net, too_short_tcp)     \
	X(net, frag_snapped)      \
	X(net, frag_overlap)      \
	X(net, frag_expired)      \
	X(net, frag_full)         \
	X(net, tcp_hole)          \
	X(net, tcp_expired)       \
	X(net, tcp_full)          \
	X(observe, unmatched)     \
	X(observe, malformed)     \
	X(observe, bad_date)      \
	X(observe, no_question)   \
	X(observe, bomb)          \
	X(observe, outside)       \
	X(observe, query_evicted) \
	X(observe, server_full)   \
	X(gather, suspicious_left_out)

struct chain {
	struct decoder *decoder;
	struct dnstap *dnstap;
	struct observer *observer;
	struct gather *gather;
	struct decode_counters beside; /* of decoders elsewhere, see chain_datagram */
	struct {
#define X(stage, name) uint64_t stage##_##name;
		CHAIN_LOSSES(X)
#undef X
		uint64_t dot, doq;
	} told; /* what chain_losses has told of already */
};

/* On failure nothing is left to be released. */
int chain_init(struct chain *c, const struct chain_options *o,
	       const struct segment_sink *sink, struct fault *f) YORE_MUST_CHECK;
void chain_release(struct chain *c);

/* One frame in; negative: what a stage said, nothing more should come. */
int chain_frame(struct chain *c, const struct frame *f);

/* A message that was decoded elsewhere (capture/live_crew.h), in its place among the
 * frames; `beside` is what was counted there. */
int chain_datagram(struct chain *c, const struct datagram *d);
void chain_decoded(const struct chain *c, struct decode_counters *ret); /* both */

/*
 * Appends what was lost since the last call, lines "net.malformed=12", and of whom was
 * asked below, "below.asked.192.0.2.53=7" (observe/below.h), "below.dot=1".
 */
void chain_losses(struct chain *c, struct buf *out);

#endif
