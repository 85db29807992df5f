/*
 * Packets made from the inside out: the payload first, then each header in front of it.
 * Checksums are left zero; nobody here looks at them.
 */
#ifndef YORE_TESTS_NET_PACK_H
#define YORE_TESTS_NET_PACK_H

#include <stdlib.h>

#include "net/decode.h"

struct pack {
	uint8_t room[70000 + 2048];
	size_t at, end;
};

static inline void pack_begin(struct pack *p, struct bytes payload)
{
	p->end = sizeof(p->room);
	p->at = p->end - payload.len;
	memcpy(p->room + p->at, payload.at, payload.len);
}

static inline uint8_t *pack_front(struct pack *p, size_t n)
{
	p->at -= n;
	memset(p->room + p->at, 0, n);
	return p->room + p->at;
}

static inline size_t pack_len(const struct pack *p)
{
	return p->end - p->at;
}

static inline struct bytes pack_bytes(const struct pack *p)
{
	return BYTES(p->room + p->at, pack_len(p));
}

/* Octets written as hex, blanks between allowed. */
static inline void pack_hex(struct pack *p, const char *hex)
{
	uint8_t out[512];
	size_t n = 0;
	for (; hex[0] && hex[1]; hex += hex[0] == ' ' ? 1 : 2) {
		char two[3] = {hex[0], hex[1], 0};
		if (hex[0] != ' ')
			out[n++] = (uint8_t)strtoul(two, NULL, 16);
	}
	memcpy(pack_front(p, n), out, n);
}

static inline void pack_udp(struct pack *p, uint16_t src, uint16_t dst)
{
	size_t len = pack_len(p) + 8;
	uint8_t *h = pack_front(p, 8);
	store_u16be(h, src);
	store_u16be(h + 2, dst);
	store_u16be(h + 4, (uint16_t)len);
}

static inline void pack_tcp(struct pack *p, uint16_t src, uint16_t dst, uint32_t sequence,
			    uint8_t flags)
{
	uint8_t *h = pack_front(p, 20);
	store_u16be(h, src);
	store_u16be(h + 2, dst);
	store_u32be(h + 4, sequence);
	h[12] = 5 << 4;
	h[13] = flags;
}

static inline void pack_ip4_full(struct pack *p, const char src[4], const char dst[4],
				 uint8_t protocol, uint16_t id, uint16_t field)
{
	size_t len = pack_len(p) + 20;
	uint8_t *h = pack_front(p, 20);
	h[0] = 0x45;
	store_u16be(h + 2, (uint16_t)len);
	store_u16be(h + 4, id);
	store_u16be(h + 6, field);
	h[8] = 64;
	h[9] = protocol;
	memcpy(h + 12, src, 4);
	memcpy(h + 16, dst, 4);
}

#define SERVER4 "\xc0\0\2\x35"
#define CLIENT4 "\xc6\x33\x64\7"

static inline void pack_ip4(struct pack *p, uint8_t protocol)
{
	pack_ip4_full(p, SERVER4, CLIENT4, protocol, 1, 0);
}

static inline void pack_ip6(struct pack *p, uint8_t next)
{
	size_t len = pack_len(p);
	uint8_t *h = pack_front(p, 40);
	h[0] = 0x60;
	store_u16be(h + 4, (uint16_t)len);
	h[6] = next;
	h[7] = 64;
	memcpy(h + 8, " \1\r\xb8\0\0\0\0\0\0\0\0\0\0\0\x35", 16);
	memcpy(h + 24, " \1\r\xb8\0\0\0\0\0\0\0\0\0\0\0\7", 16);
}

static inline void pack_ethernet(struct pack *p, uint16_t type)
{
	uint8_t *h = pack_front(p, 14);
	memset(h, 2, 12);
	store_u16be(h + 12, type);
}

/* --- what comes out --- */

struct heard {
	unsigned count;
	struct datagram last; /* without its payload */
	uint8_t octets[70000];
	size_t len;
	int result;
};

static inline int heard_add(const struct datagram *d, void *arg)
{
	struct heard *h = arg;
	h->count++;
	h->last = *d;
	h->len = d->payload.len;
	memcpy(h->octets, d->payload.at, d->payload.len);
	return h->result;
}

static inline struct decoder *decoder_of(const struct decode_options *o, struct heard *h)
{
	struct decoder *d;
	memset(h, 0, sizeof(*h));
	return decoder_new(o, heard_add, h, &d) < 0 ? NULL : d;
}

/* A frame in, from a copy of exactly its length, so that a sanitizer sees one more. */
static inline int feed_at(struct decoder *d, uint32_t link, struct bytes octets,
			  uint32_t wire_len, int64_t time_us, uint64_t number)
{
	uint8_t *copy = malloc(octets.len + 1);
	memcpy(copy, octets.at, octets.len);
	struct frame f = {.time_us = time_us,
			  .link = link,
			  .wire_len = wire_len,
			  .octets = BYTES(copy, octets.len),
			  .number = number};
	int r = decoder_frame(d, &f);
	free(copy);
	return r;
}

static inline int feed(struct decoder *d, uint32_t link, struct bytes octets)
{
	return feed_at(d, link, octets, (uint32_t)octets.len, 1000000, 1);
}

static inline void pack_feed(struct decoder *d, const struct pack *p, int64_t time_us)
{
	feed_at(d, 1, pack_bytes(p), (uint32_t)pack_len(p), time_us, 1);
}

/* --- repeatable chance --- */

static uint64_t pack_state = 88172645463325252u;

static inline unsigned below(unsigned n)
{
	pack_state ^= pack_state << 13;
	pack_state ^= pack_state >> 7;
	pack_state ^= pack_state << 17;
	return n ? (unsigned)(pack_state >> 16) % n : 0;
}

#endif
