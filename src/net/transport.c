/* UDP (RFC 768) and TCP (RFC 9293) headers: what is DNS goes out, tunnels go on. */
#include "net/walk.h"

#define DNS_HEADER 12

static enum layer udp_message(struct walk *w, uint16_t src, uint16_t dst, size_t missing)
{
	struct decoder *d = w->d;
	size_t len = walk_left(w);
	if (d->options.aside && d->options.deduplicate)
		return walk_aside(w);
	if (d->twins != NULL && w->header != NULL &&
	    twins_seen(d->twins, w->header, w->addr_len, BYTES(w->at - 8, len + 8),
		       w->frame->time_us))
		return WALK_END(w, duplicate);
	if (len < DNS_HEADER)
		return missing ? WALK_END(w, malformed) : WALK_END(w, too_short_udp);
	d->counters.messages_udp++;
	d->counters.snapped += missing > 0;
	struct datagram out = {
	    .time_us = w->frame->time_us,
	    .src = addr_of(w->src, w->addr_len),
	    .dst = addr_of(w->dst, w->addr_len),
	    .src_port = src,
	    .dst_port = dst,
	    .transport = TRANSPORT_UDP,
	    .snapped = missing > 0,
	    .input = w->frame->input,
	    .number = w->frame->number,
	    .payload = BYTES(w->at, len),
	};
	w->result = d->sink(&out, d->arg);
	return LAYER_DONE;
}

static enum layer udp_tunnel(struct walk *w, uint16_t src, uint16_t dst)
{
	enum layer next = tunnel_of_port(dst);
	if (next == LAYER_DONE)
		next = tunnel_of_port(src); /* some answer from the port itself */
	if (next == LAYER_DONE)
		return WALK_END(w, other_port);
	return walk_deeper(w) ? next : LAYER_DONE;
}

/*
 * DNS in TLS (RFC 7858) and in QUIC (RFC 9250): nothing can be read, but that somebody
 * begins to ask past the resolver shows. Of a connection over TCP it is the SYN; of QUIC
 * the client's first packets, a long header in a datagram of 1200 octets at least
 * (RFC 9000 14.1).
 */
#define PORT_ENCRYPTED 853

static bool is_twin(struct walk *w, const uint8_t *h)
{
	return w->d->twins != NULL && w->header != NULL &&
	       twins_seen(w->d->twins, w->header, w->addr_len, BYTES(h, walk_left(w)),
			  w->frame->time_us);
}

static enum layer encrypted_udp(struct walk *w, const uint8_t *h)
{
	struct decoder *d = w->d;
	size_t left = walk_left(w);
	bool begins = left > 8 && (h[8] & 0xc0) == 0xc0 && load_u16be(h + 4) >= 8 + 1200;
	if (!begins)
		return WALK_END(w, other_port);
	if (d->options.aside && d->options.deduplicate)
		return walk_aside(w);
	if (is_twin(w, h))
		return WALK_END(w, duplicate);
	d->counters.doq++;
	return WALK_END(w, other_port);
}

static enum layer encrypted_tcp(struct walk *w, const uint8_t *h)
{
	enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };
	struct decoder *d = w->d;
	if (walk_left(w) < 14 || (h[13] & (FIN | SYN | RST | ACK)) != SYN)
		return WALK_END(w, other_port);
	if (d->options.aside && d->options.deduplicate)
		return walk_aside(w);
	if (is_twin(w, h))
		return WALK_END(w, duplicate);
	d->counters.dot++;
	return WALK_END(w, other_port);
}

enum layer walk_udp(struct walk *w)
{
	const struct decoder *d = w->d;
	const uint8_t *h = walk_want(w, 8);
	if (h == NULL)
		return WALK_END(w, malformed);
	uint16_t src = load_u16be(h), dst = load_u16be(h + 2);
	bool dns = port_in(d->dns_ports, src) || port_in(d->dns_ports, dst);
	if (!dns && !port_in(d->tunnel_ports, dst) && !port_in(d->tunnel_ports, src))
		return dst == PORT_ENCRYPTED ? encrypted_udp(w, h)
					     : WALK_END(w, other_port);
	size_t len = load_u16be(h + 4), left = walk_left(w), missing = 0;
	if (len == 0) { /* longer than the field holds, or offload: all there is */
		missing = w->missing;
		len = left;
	}
	if (len < 8)
		return WALK_END(w, malformed);
	if (len > left)
		missing = len - left;
	else
		w->end = w->at + len;
	w->at += 8;
	return dns ? udp_message(w, src, dst, missing) : udp_tunnel(w, src, dst);
}

enum layer walk_tcp(struct walk *w)
{
	struct decoder *d = w->d;
	const uint8_t *h = walk_want(w, 4);
	if (h == NULL)
		return WALK_END(w, malformed);
	uint16_t src = load_u16be(h), dst = load_u16be(h + 2);
	bool src_serves = port_in(d->dns_ports, src);
	bool dst_serves = port_in(d->dns_ports, dst);
	if (!src_serves && !dst_serves)
		return dst == PORT_ENCRYPTED ? encrypted_tcp(w, h)
					     : WALK_END(w, other_port);
	if (d->options.aside)
		return walk_aside(w);
	h = walk_want(w, 20);
	size_t header = h ? (size_t)(h[12] >> 4) * 4 : 0;
	if (header < 20 || walk_left(w) < header)
		return WALK_END(w, malformed);
	w->at += header;
	d->counters.tcp_segments++;
	struct segment s = {
	    .time_us = w->frame->time_us,
	    .number = w->frame->number,
	    .input = w->frame->input,
	    .src = w->src,
	    .dst = w->dst,
	    .addr_len = w->addr_len,
	    .flags = h[13],
	    .src_port = src,
	    .dst_port = dst,
	    .src_serves = src_serves,
	    .dst_serves = dst_serves,
	    .sequence = load_u32be(h + 4),
	    .octets = BYTES(w->at, walk_left(w)),
	    .missing = w->missing,
	};
	w->result = streams_add(d->streams, &s);
	return LAYER_DONE;
}
