/*
 * dnstap messages: what a DNS server itself says it sent and received.
 *
 * Every way a dnstap message comes in (a file, a socket) gives it as a struct frame of
 * link type LINK_DNSTAP whose octets are the message as the producer wrote it, so that
 * identity, chain and ledger of an input need no second path. This module turns such a
 * frame into a datagram.
 *
 * The type of the message tells the vantage: resolver and forwarder messages are above,
 * client, stub and tool messages below, auth messages at the server itself. A response
 * is vouched for by its producer (believed_pair): only a server that asked, or was
 * asked, logs one.
 */
#ifndef YORE_CAPTURE_DNSTAP_H
#define YORE_CAPTURE_DNSTAP_H

#include "net/datagram.h"
#include "net/frame.h"

/* No link layer: a dnstap message. Above the 16 bits of the pcap registry's values. */
#define LINK_DNSTAP 0x10000u

#define DNSTAP_COUNTERS(X)                                           \
	X(messages, "dnstap messages")                               \
	X(queries, "of them queries")                                \
	X(responses, "of them responses")                            \
	X(empty, "dnstap messages without the DNS message")          \
	X(other_kind, "dnstap messages of a type that is not known") \
	X(malformed, "dnstap messages that do not decode")           \
	X(no_address, "dnstap messages without addresses: not used")

struct dnstap_counters {
#define X(name, text) uint64_t name;
	DNSTAP_COUNTERS(X)
#undef X
};

struct dnstap; /* scratch memory of fixed size, and the counters */
int dnstap_new(struct dnstap **ret) YORE_MUST_CHECK;
void dnstap_free(struct dnstap *t);

/*
 * 1 and *ret (payload borrowed until the next call), or 0: nothing to use in it, and a
 * counter says why. A message without any time gets the frame's.
 */
int dnstap_datagram(struct dnstap *t, const struct frame *f, struct datagram *ret);

/* When it happened: the response's time, else the query's; 0 when it says neither. */
int64_t dnstap_time(struct dnstap *t, struct bytes message);

const struct dnstap_counters *dnstap_counters(const struct dnstap *t);

#endif
