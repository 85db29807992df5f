/* IPv4 (RFC 791) and IPv6 (RFC 8200) headers, extension headers, fragments. */
#include "net/walk.h"

#define EXTENSIONS_MOST 32 /* of one IPv6 packet */

enum protocol {
	PROTOCOL_HOP_BY_HOP = 0,
	PROTOCOL_ICMP = 1,
	PROTOCOL_IPIP = 4,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_IPV6 = 41,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_GRE = 47,
	PROTOCOL_AH = 51,
	PROTOCOL_ICMPV6 = 58,
	PROTOCOL_DESTINATION = 60,
	PROTOCOL_ETHERIP = 97,
	PROTOCOL_MOBILITY = 135,
	PROTOCOL_MPLS = 137,
	PROTOCOL_HIP = 139,
	PROTOCOL_SHIM6 = 140,
	PROTOCOL_ETHERNET = 143,
};

/* Protocols in which DNS may stand; fragments of others are not kept. */
static bool protocol_wanted(uint8_t p)
{
	switch (p) {
	case PROTOCOL_UDP:
	case PROTOCOL_TCP:
	case PROTOCOL_IPIP:
	case PROTOCOL_IPV6:
	case PROTOCOL_GRE:
	case PROTOCOL_AH:
	case PROTOCOL_DESTINATION:
	case PROTOCOL_ETHERIP:
	case PROTOCOL_MPLS:
	case PROTOCOL_ETHERNET:
		return true;
	default:
		return false;
	}
}

/* EtherIP, RFC 3378: two octets of version, then Ethernet. */
enum layer walk_etherip(struct walk *w)
{
	const uint8_t *h = walk_want(w, 2);
	if (h == NULL || h[0] >> 4 != 3)
		return WALK_END(w, malformed);
	w->at += 2;
	return LAYER_ETHERNET;
}

static enum layer inside(struct walk *w, enum layer next)
{
	if (w->d->options.outer_only)
		return WALK_END(w, other_port);
	return walk_deeper(w) ? next : LAYER_DONE;
}

static enum layer authentication(struct walk *w) /* AH, RFC 4302: in words minus 2 */
{
	const uint8_t *h = walk_want(w, 12);
	size_t len = h ? ((size_t)h[1] + 2) * 4 : 0;
	if (h == NULL || walk_want(w, len) == NULL || len < 12)
		return WALK_END(w, malformed);
	w->type = h[0];
	w->at += len;
	return walk_deeper(w) ? LAYER_PROTOCOL : LAYER_DONE;
}

enum layer walk_protocol(struct walk *w)
{
	switch (w->type) {
	case PROTOCOL_UDP:
		return walk_udp(w);
	case PROTOCOL_TCP:
		return walk_tcp(w);
	case PROTOCOL_ICMP:
	case PROTOCOL_ICMPV6:
		return WALK_END(w, icmp);
	case PROTOCOL_IPIP:
	case PROTOCOL_IPV6:
		return inside(w, LAYER_IP);
	case PROTOCOL_GRE:
		return inside(w, LAYER_GRE);
	case PROTOCOL_AH:
		return authentication(w);
	case PROTOCOL_ETHERIP:
		return inside(w, LAYER_ETHERIP);
	case PROTOCOL_MPLS:
		return inside(w, LAYER_MPLS);
	case PROTOCOL_ETHERNET:
		return inside(w, LAYER_ETHERNET);
	default:
		return WALK_END(w, other_port);
	}
}

/* Could the datagram that begins here be for us? Ports are in the first fragment. */
static bool first_wanted(const struct walk *w, uint8_t protocol)
{
	const struct decoder *d = w->d;
	if ((protocol != PROTOCOL_UDP && protocol != PROTOCOL_TCP) || walk_left(w) < 4)
		return true;
	uint16_t src = load_u16be(w->at), dst = load_u16be(w->at + 2);
	return port_in(d->dns_ports, src) || port_in(d->dns_ports, dst) ||
	       (protocol == PROTOCOL_UDP &&
		(port_in(d->tunnel_ports, dst) || port_in(d->tunnel_ports, src)));
}

struct fragment_field {
	uint32_t id, offset;
	bool more;
	uint8_t protocol;
};

static enum layer fragment(struct walk *w, const struct fragment_field *field)
{
	struct decoder *d = w->d;
	size_t len = walk_left(w);
	if (d->options.aside)
		return walk_aside(w);
	if (len == 0 || (field->more && len % 8 != 0 && w->missing == 0) ||
	    field->offset + len > FRAG_DATAGRAM_MOST)
		return WALK_END(w, malformed);
	/* IPv6 names a fragment in the eight octets before it, IPv4 in its header */
	size_t named = w->addr_len == 16 ? 8 : 0;
	if (d->twins != NULL && w->header != NULL &&
	    twins_seen(d->twins, w->header, w->addr_len,
		       BYTES(w->at - named, len + named), w->frame->time_us))
		return WALK_END(w, duplicate);
	d->counters.fragments++;
	if (!protocol_wanted(field->protocol))
		return LAYER_DONE;
	if (w->missing > 0) { /* a hole that nothing fills: not kept */
		d->counters.frag_snapped++;
		return LAYER_DONE;
	}
	struct fragment f = {
	    .time_us = w->frame->time_us,
	    .src = w->src,
	    .dst = w->dst,
	    .addr_len = w->addr_len,
	    .protocol = field->protocol,
	    .id = field->id,
	    .offset = field->offset,
	    .more = field->more,
	    .wanted = field->offset > 0 || first_wanted(w, field->protocol),
	    .octets = BYTES(w->at, len),
	};
	struct frag_whole whole;
	if (frags_add(d->frags, &f, &whole) == 0)
		return LAYER_DONE;
	memcpy(d->frag_src, whole.src, 16);
	memcpy(d->frag_dst, whole.dst, 16);
	w->src = d->frag_src;
	w->dst = d->frag_dst;
	w->header = NULL; /* each fragment was looked at for twins */
	w->at = whole.octets.at;
	w->end = whole.octets.at + whole.octets.len;
	w->type = whole.protocol;
	return LAYER_PROTOCOL;
}

/* The octets the header claims: the rest (Ethernet's padding) is cut off, what the
 * capture left out is noted. */
static void claim(struct walk *w, size_t len)
{
	size_t left = walk_left(w);
	w->missing = len > left ? (uint32_t)(len - left) : 0;
	if (len < left)
		w->end = w->at + len;
}

enum layer walk_ip4(struct walk *w)
{
	const uint8_t *h = walk_want(w, 20);
	if (h == NULL || h[0] >> 4 != 4)
		return WALK_END(w, malformed);
	size_t header = (size_t)(h[0] & 15) * 4, total = load_u16be(h + 2);
	if (total == 0) /* segmentation offload: as long as the capture has it */
		total = walk_left(w);
	if (header < 20 || total < header || walk_left(w) < header)
		return WALK_END(w, malformed);
	w->header = h;
	w->src = h + 12;
	w->dst = h + 16;
	w->addr_len = 4;
	w->at = h + header;
	claim(w, total - header);
	uint16_t field = load_u16be(h + 6);
	w->type = h[9];
	if (__builtin_expect((field & 0x3fff) != 0, 0)) {
		struct fragment_field f = {.id = load_u16be(h + 4),
					   .offset = (field & 0x1fffu) * 8,
					   .more = field & 0x2000,
					   .protocol = h[9]};
		return fragment(w, &f);
	}
	return __builtin_expect(w->type == PROTOCOL_UDP, 1) ? walk_udp(w)
							    : walk_protocol(w);
}

static enum layer fragment6(struct walk *w)
{
	const uint8_t *h = w->at; /* eight octets, seen by the caller */
	uint16_t field = load_u16be(h + 2);
	struct fragment_field f = {.id = load_u32be(h + 4),
				   .offset = field & 0xfff8u,
				   .more = field & 1,
				   .protocol = h[0]};
	w->at += 8;
	return fragment(w, &f);
}

static bool is_extension(uint16_t type)
{
	return type == PROTOCOL_HOP_BY_HOP || type == PROTOCOL_ROUTING ||
	       type == PROTOCOL_DESTINATION || type == PROTOCOL_MOBILITY ||
	       type == PROTOCOL_HIP || type == PROTOCOL_SHIM6 ||
	       type == PROTOCOL_FRAGMENT;
}

/* Passes extension headers; a fragment that is more than atomic (RFC 6946) ends it. */
static enum layer extensions(struct walk *w)
{
	for (unsigned i = 0; is_extension(w->type); i++) {
		if (i == EXTENSIONS_MOST)
			return WALK_END(w, too_deep);
		const uint8_t *h = walk_want(w, 8);
		if (h == NULL)
			return WALK_END(w, malformed);
		if (w->type == PROTOCOL_FRAGMENT) {
			if ((load_u16be(h + 2) & 0xfff9) != 0)
				return fragment6(w);
			w->type = h[0];
			w->at += 8;
			continue;
		}
		size_t len = ((size_t)h[1] + 1) * 8;
		if (walk_want(w, len) == NULL)
			return WALK_END(w, malformed);
		w->type = h[0];
		w->at += len;
	}
	return LAYER_PROTOCOL;
}

enum layer walk_ip6(struct walk *w)
{
	const uint8_t *h = walk_want(w, 40);
	if (h == NULL || h[0] >> 4 != 6)
		return WALK_END(w, malformed);
	size_t len = load_u16be(h + 4);
	w->header = h;
	w->src = h + 8;
	w->dst = h + 24;
	w->addr_len = 16;
	w->type = h[6];
	w->at = h + 40;
	claim(w, len == 0 ? walk_left(w) : len); /* 0: offload, as for IPv4 */
	if (__builtin_expect(w->type == PROTOCOL_UDP, 1))
		return walk_udp(w);
	if (!is_extension(w->type))
		return walk_protocol(w);
	return extensions(w);
}

enum layer walk_ip(struct walk *w)
{
	const uint8_t *h = walk_want(w, 1);
	if (h != NULL && h[0] >> 4 == 4)
		return walk_ip4(w);
	if (h != NULL && h[0] >> 4 == 6)
		return walk_ip6(w);
	return WALK_END(w, malformed);
}
