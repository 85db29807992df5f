/*
 * The same packet seen twice within a moment: a mirror port that copies both ways, or
 * every interface of a machine sniffed at once (`-i any`).
 *
 * Two packets are the same when addresses, IP identification (IPv6: flow label) and all
 * octets behind the IP header are; TTL and header checksum may differ, so both sides of
 * a router count once. A server's or client's own retransmission carries another
 * identification; in IPv6, where there is none, it is only the time that tells it apart:
 * no resolver asks again as fast as this. The table has a fixed size and forgets.
 */
#ifndef YORE_NET_TWIN_H
#define YORE_NET_TWIN_H

#include "base/bytes.h"

struct twins;
int twins_new(int64_t window_us, struct twins **ret) YORE_MUST_CHECK;
void twins_free(struct twins *t);

/* Was this packet (IP header and what follows, no link layer) just seen? Remembers it. */
bool twins_seen(struct twins *t, const uint8_t *header, uint8_t addr_len,
		struct bytes payload, int64_t time_us);

#endif
