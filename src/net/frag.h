/*
 * IP fragments to datagrams: RFC 791 (as RFC 815 does it), RFC 8200 4.5, RFC 5722.
 *
 * A set that contradicts itself (fragments that overlap without being the same, two
 * ends, data past the end) is dropped whole, and so are its later fragments until it is
 * too old. Identical copies of a fragment are taken once. Sets whose first fragment
 * shows that nobody wants them (caller: `wanted`) keep no octets.
 */
#ifndef YORE_NET_FRAG_H
#define YORE_NET_FRAG_H

#include "base/bytes.h"

#define FRAG_DATAGRAM_MOST 65535

struct decode_counters;

struct frag_limits {
	size_t octets; /* kept in fragments, with their overhead */
	unsigned sets;
	int64_t age_us;
};

struct fragment {
	int64_t time_us;
	const uint8_t *src, *dst;
	uint8_t addr_len; /* 4 or 16 */
	uint8_t protocol; /* of what the fragments carry */
	uint32_t id;
	uint32_t offset; /* octets */
	bool more;
	bool wanted; /* false: the first fragment tells that it is not for us */
	struct bytes octets;
};

/* A datagram that became whole; everything is good until the next frags_add. */
struct frag_whole {
	uint8_t src[16], dst[16];
	uint8_t protocol;
	struct bytes octets;
};

struct frags;
int frags_new(const struct frag_limits *l, struct decode_counters *c,
	      struct frags **ret) YORE_MUST_CHECK;
void frags_free(struct frags *t);

/* 1 and *ret when this fragment made its datagram whole, 0 otherwise. */
int frags_add(struct frags *t, const struct fragment *f, struct frag_whole *ret);

void frags_expire(struct frags *t, int64_t now_us);
void frags_drop_all(struct frags *t); /* the input is over: counted as too old */
size_t frags_octets(const struct frags *t);
unsigned frags_sets(const struct frags *t);

#endif
