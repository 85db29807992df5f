/* Link layers by their LINKTYPE_ value: tcpdump.org/linktypes. */
#include "net/walk.h"

static uint32_t load_u32le(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static enum layer pass(struct walk *w, size_t n, enum layer next)
{
	if (walk_want(w, n) == NULL)
		return WALK_END(w, malformed);
	w->at += n;
	return next;
}

static enum layer pass_to_type(struct walk *w, size_t type_at, size_t n)
{
	if (walk_want(w, n) == NULL)
		return WALK_END(w, malformed);
	w->type = load_u16be(w->at + type_at);
	w->at += n;
	return LAYER_ETHERTYPE;
}

static enum layer raw_ip(struct walk *w)
{
	return walk_ip(w);
}

/* BSD null and loop: an address family in whose order? Zero octets tell; IP does. */
static enum layer null_loop(struct walk *w)
{
	const uint8_t *h = walk_want(w, 4);
	if (h == NULL)
		return WALK_END(w, malformed);
	uint32_t big = load_u32be(h), little = load_u32le(h);
	uint32_t family = big < little ? big : little;
	static const uint8_t families[] = {2, 10, 23, 24, 26, 28, 30};
	for (size_t i = 0; i < sizeof(families); i++)
		if (family == families[i])
			return pass(w, 4, LAYER_IP);
	return WALK_END(w, not_ip);
}

static enum layer sll(struct walk *w)
{
	enum layer next = pass_to_type(w, 14, 16);
	if (next == LAYER_ETHERTYPE && w->type < 1536 && w->type != 4)
		return WALK_END(w, not_ip);
	return next;
}

static enum layer sll2(struct walk *w)
{
	enum layer next = pass_to_type(w, 0, 20);
	if (next == LAYER_ETHERTYPE && w->type < 1536 && w->type != 4)
		return WALK_END(w, not_ip);
	return next;
}

/* FDDI: frame control, two addresses, LLC; MAC and SMT frames carry no data. */
static enum layer fddi(struct walk *w)
{
	const uint8_t *h = walk_want(w, 13);
	if (h == NULL)
		return WALK_END(w, malformed);
	if ((h[0] & 0x30) != 0x10) /* format bits: LLC */
		return WALK_END(w, not_ip);
	return pass(w, 13, LAYER_LLC);
}

static enum layer token_ring(struct walk *w)
{
	const uint8_t *h = walk_want(w, 14);
	if (h == NULL)
		return WALK_END(w, malformed);
	if ((h[1] & 0xc0) != 0x40)
		return WALK_END(w, not_ip);
	size_t n = 14;
	if ((h[8] & 0x80) && walk_want(w, 15) != NULL) /* source routed */
		n += h[14] & 0x1f;
	return pass(w, n, LAYER_LLC);
}

static enum layer cisco_hdlc(struct walk *w)
{
	return pass_to_type(w, 2, 4);
}

/* PPP in HDLC-like framing, or Cisco's where the address says so. */
static enum layer ppp_hdlc(struct walk *w)
{
	const uint8_t *h = walk_want(w, 4);
	if (h != NULL && (h[0] == 0x0f || h[0] == 0x8f))
		return cisco_hdlc(w);
	return LAYER_PPP;
}

static enum layer pppoe_link(struct walk *w)
{
	return pass(w, 6, LAYER_PPP);
}

static enum layer ppp_with_direction(struct walk *w)
{
	return pass(w, 1, LAYER_PPP);
}

/* Frame relay: Q.922 address of 2 to 4 octets, then RFC 2427 or an Ethernet type. */
static enum layer frame_relay(struct walk *w)
{
	size_t n = 0;
	const uint8_t *h;
	do {
		h = walk_want(w, n + 1);
		if (h == NULL || n == 4)
			return WALK_END(w, malformed);
	} while (!(h[n++] & 1));
	h = walk_want(w, n + 3);
	if (n < 2 || h == NULL)
		return WALK_END(w, malformed);
	if (h[n] != 0x03)
		return pass_to_type(w, n, n + 2);
	size_t padding = h[n + 1] == 0 ? 1 : 0;
	uint8_t nlpid = h[n + 1 + padding];
	if (nlpid == 0xcc || nlpid == 0x8e)
		return pass(w, n + 2 + padding, LAYER_IP);
	if (nlpid != 0x80)
		return WALK_END(w, not_ip);
	n += 2 + padding; /* SNAP: organisation and type */
	h = walk_want(w, n + 5);
	if (h == NULL)
		return WALK_END(w, malformed);
	if (h[n] == 0 && h[n + 1] == 0x80 && h[n + 2] == 0xc2)
		return pass(w, n + 5, LAYER_ETHERNET);
	return pass_to_type(w, n + 3, n + 5);
}

/* NFLOG: a header, then attributes in the capturing machine's byte order. */
static enum layer nflog(struct walk *w)
{
	enum { PAYLOAD = 9 };
	if (walk_want(w, 4) == NULL)
		return WALK_END(w, malformed);
	w->at += 4;
	while (walk_left(w) >= 4) { /* each takes 4 octets or more */
		const uint8_t *h = w->at;
		bool big = h[0] == 0 && h[2] == 0; /* lengths and types are small */
		size_t len = big ? load_u16be(h) : (size_t)(h[1] << 8 | h[0]);
		unsigned type = big ? load_u16be(h + 2) : (unsigned)(h[3] << 8 | h[2]);
		if (len < 4)
			break;
		if ((type & 0x7fff) == PAYLOAD) {
			if (len < walk_left(w))
				w->end = w->at + len;
			return pass(w, 4, LAYER_IP);
		}
		len = (len + 3) & ~(size_t)3;
		if (len > walk_left(w))
			break;
		w->at += len;
	}
	return WALK_END(w, not_ip);
}

static enum layer linked(struct walk *w, size_t n, uint32_t link)
{
	if (walk_want(w, n) == NULL)
		return WALK_END(w, malformed);
	if (!walk_deeper(w))
		return LAYER_DONE;
	w->at += n;
	w->link = link;
	return LAYER_LINK;
}

/* Apple's packet tap: header length, kind and the link type inside, little-endian. */
static enum layer pktap(struct walk *w)
{
	const uint8_t *h = walk_want(w, 12);
	if (h == NULL || load_u32le(h) < 12 || load_u32le(h + 4) > 1)
		return WALK_END(w, malformed);
	return linked(w, load_u32le(h), load_u32le(h + 8));
}

/* DLT_USER2 belongs to everybody; Apple writes its packet tap there. */
static enum layer user2(struct walk *w)
{
	const uint8_t *h = walk_want(w, 12);
	if (h == NULL || load_u32le(h) < 108 || load_u32le(h) > 512 ||
	    load_u32le(h + 4) > 1)
		return WALK_END(w, link_unknown);
	return pktap(w);
}

/* Per-Packet Information: flags, length and link type are little-endian. */
static enum layer ppi(struct walk *w)
{
	const uint8_t *h = walk_want(w, 8);
	size_t len = h ? (size_t)(h[3] << 8 | h[2]) : 0;
	if (len < 8)
		return WALK_END(w, malformed);
	return linked(w, len, load_u32le(h + 4));
}

static enum layer prism(struct walk *w)
{
	const uint8_t *h = walk_want(w, 8);
	if (h != NULL && (load_u32be(h) & 0xfffff000) == 0x80211000) /* AVS inside */
		return linked(w, load_u32be(h + 4), 105);
	return linked(w, 144, 105);
}

static enum layer avs(struct walk *w)
{
	const uint8_t *h = walk_want(w, 8);
	return h ? linked(w, load_u32be(h + 4), 105) : WALK_END(w, malformed);
}

/* OpenBSD's packet filter log: the first octet is the header's length. */
static enum layer pflog(struct walk *w)
{
	const uint8_t *h = walk_want(w, 1);
	size_t len = h ? ((size_t)h[0] + 3) & ~(size_t)3 : 0;
	return len < 48 ? WALK_END(w, malformed) : pass(w, len, LAYER_IP);
}

static enum layer bsd_enc(struct walk *w)
{
	return pass(w, 12, LAYER_IP);
}

static enum layer slip(struct walk *w)
{
	return pass(w, 16, LAYER_IP);
}

static enum layer rfc1483(struct walk *w)
{
	return LAYER_LLC;
}

/* Switches' own tags: before the frame, or between addresses and type. */
static enum layer tag_before(struct walk *w)
{
	return pass(w, w->link == 282 ? 4 : 8, LAYER_ETHERNET);
}

static enum layer tag_inside(struct walk *w)
{
	size_t tag = w->link == 285 ? 8 : 4;
	return pass_to_type(w, 12 + tag, 14 + tag);
}

static const struct link {
	uint32_t value;
	layer_fn walk;
} links[] = {
    {0, null_loop},
    {1, walk_ethernet},
    {6, token_ring},
    {8, slip},
    {9, ppp_hdlc},
    {10, fddi},
    {12, raw_ip},
    {14, raw_ip},
    {50, ppp_hdlc},
    {51, pppoe_link},
    {100, rfc1483},
    {101, raw_ip},
    {104, cisco_hdlc},
    {105, walk_wifi},
    {107, frame_relay},
    {108, null_loop},
    {109, bsd_enc},
    {113, sll},
    {117, pflog},
    {119, prism},
    {127, walk_radiotap},
    {149, user2},
    {163, avs},
    {192, ppi},
    {204, ppp_with_direction},
    {228, raw_ip},
    {229, raw_ip},
    {239, nflog},
    {258, pktap},
    {274, tag_before}, /* Ethernet with its preamble */
    {276, sll2},
    {281, tag_inside},
    {282, tag_before},
    {284, tag_inside},
    {285, tag_inside},
};

enum layer walk_link(struct walk *w)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		if (links[i].value == w->link)
			return links[i].walk(w);
	w->d->unknown_link = w->link;
	return WALK_END(w, link_unknown);
}
