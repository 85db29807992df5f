/*
 * Inside of net/: one frame on its way through the layers.
 *
 * Every layer looks at walk.at .. walk.end, moves them on and says what comes next;
 * decoder_frame() loops until LAYER_DONE, so nesting costs no stack and has one bound.
 * A layer that ends the walk has counted why, exactly once.
 */
#ifndef YORE_NET_WALK_H
#define YORE_NET_WALK_H

#include "net/decode.h"
#include "net/frag.h"
#include "net/stream.h"
#include "net/twin.h"

/* What stands at walk.at. ETHERTYPE and PROTOCOL say more in walk.type. */
enum layer {
	LAYER_DONE,
	LAYER_ETHERNET,
	LAYER_ETHERTYPE,
	LAYER_LLC,
	LAYER_PPP,
	LAYER_MPLS,
	LAYER_IP, /* either version: the first nibble tells */
	LAYER_PROTOCOL,
	LAYER_GRE,
	LAYER_ETHERIP,
	LAYER_VXLAN,
	LAYER_VXLAN_GPE,
	LAYER_GENEVE,
	LAYER_GTP,
	LAYER_TEREDO,
	LAYER_L2TP,
	LAYER_LISP,
	LAYER_TZSP,
	LAYER_NSH,
	LAYER_LINK, /* the link type in walk.link */
	LAYER_COUNT
};

struct walk {
	struct decoder *d;
	const struct frame *frame;
	const uint8_t *at, *end;
	uint32_t link;
	uint16_t type;
	uint8_t depth;
	uint8_t addr_len;
	const uint8_t *src, *dst; /* of the innermost IP header */
	const uint8_t *header;	  /* that header; NULL behind fragments */
	uint32_t missing;	  /* octets of that which the capture cut off */
	int result;		  /* the sink's, when negative */
};

typedef enum layer (*layer_fn)(struct walk *w);

struct decoder {
	struct decode_options options;
	datagram_fn sink;
	void *arg;
	struct decode_counters counters;
	struct frags *frags;
	struct streams *streams;
	struct twins *twins;   /* NULL unless options.deduplicate */
	int64_t swept_us;      /* when what is too old was last looked for */
	uint32_t unknown_link; /* the latest, UINT32_MAX: none */
	uint8_t frag_src[16], frag_dst[16];
	uint64_t dns_ports[65536 / 64], tunnel_ports[65536 / 64];
};

static inline bool port_in(const uint64_t *set, uint16_t port)
{
	return set[port >> 6] >> (port & 63) & 1;
}

static inline size_t walk_left(const struct walk *w)
{
	return (size_t)(w->end - w->at);
}

/* The next n octets, or NULL. */
static inline const uint8_t *walk_want(struct walk *w, size_t n)
{
	if (__builtin_expect(walk_left(w) < n, 0))
		return NULL;
	return w->at;
}

#define WALK_END(w, reason) ((w)->d->counters.reason++, LAYER_DONE)

/* One nesting deeper; false (counted) when that is too deep. */
static inline bool walk_deeper(struct walk *w)
{
	if (w->depth >= w->d->options.depth) {
		w->d->counters.too_deep++;
		return false;
	}
	w->depth++;
	return true;
}

/* link.c, ether.c, wifi.c: link layers by LINKTYPE_ value, and what they share */
enum layer walk_link(struct walk *w);
enum layer walk_ethernet(struct walk *w);
enum layer walk_ethertype(struct walk *w);
enum layer walk_llc(struct walk *w);
enum layer walk_ppp(struct walk *w);
enum layer walk_mpls(struct walk *w);
enum layer walk_wifi(struct walk *w);
enum layer walk_radiotap(struct walk *w);
bool ethertype_known(uint16_t type);

/* The frame belongs to another decoder: decode_options.aside, which must be there. */
enum layer walk_aside(struct walk *w);

/* ip.c, transport.c */
enum layer walk_ip(struct walk *w);
enum layer walk_ip4(struct walk *w);
enum layer walk_ip6(struct walk *w);
enum layer walk_protocol(struct walk *w);
enum layer walk_etherip(struct walk *w);
enum layer walk_udp(struct walk *w);
enum layer walk_tcp(struct walk *w);

/* tunnel.c */
enum layer walk_gre(struct walk *w);
enum layer walk_vxlan(struct walk *w);
enum layer walk_vxlan_gpe(struct walk *w);
enum layer walk_geneve(struct walk *w);
enum layer walk_gtp(struct walk *w);
enum layer walk_teredo(struct walk *w);
enum layer walk_l2tp(struct walk *w);
enum layer walk_lisp(struct walk *w);
enum layer walk_tzsp(struct walk *w);
enum layer walk_nsh(struct walk *w);
enum layer tunnel_of_port(uint16_t port); /* LAYER_DONE: none */
void tunnel_ports(uint64_t *set);

#endif
