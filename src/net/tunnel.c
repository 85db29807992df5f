/* Packets in packets: GRE, and tunnels that are known by their UDP port. */
#include "net/walk.h"

static const struct tunnel_port {
	uint16_t port;
	enum layer layer;
} tunnels[] = {
    {1701, LAYER_L2TP},	     {2152, LAYER_GTP},	   {3544, LAYER_TEREDO},
    {4341, LAYER_LISP},	     {4754, LAYER_GRE},	   {4789, LAYER_VXLAN},
    {4790, LAYER_VXLAN_GPE}, {6081, LAYER_GENEVE}, {6635, LAYER_MPLS},
    {8472, LAYER_VXLAN},     {37008, LAYER_TZSP},
};

enum layer tunnel_of_port(uint16_t port)
{
	for (size_t i = 0; i < sizeof(tunnels) / sizeof(*tunnels); i++)
		if (tunnels[i].port == port)
			return tunnels[i].layer;
	return LAYER_DONE;
}

void tunnel_ports(uint64_t *set)
{
	for (size_t i = 0; i < sizeof(tunnels) / sizeof(*tunnels); i++)
		set[tunnels[i].port >> 6] |= (uint64_t)1 << (tunnels[i].port & 63);
}

/* What stands on a tunnel's port and does not look like it is somebody else's packet. */
static enum layer not_ours(struct walk *w)
{
	return WALK_END(w, other_port);
}

/* ERSPAN (draft-foschiano-erspan): type III has a longer header, perhaps a subheader. */
static enum layer erspan(struct walk *w, bool sequence, bool three)
{
	size_t n = three ? 12 : sequence ? 8 : 0; /* type I: no header at all */
	const uint8_t *h = walk_want(w, n);
	if (h == NULL)
		return WALK_END(w, malformed);
	if (three && (h[11] & 1))
		n += 8;
	if (walk_want(w, n) == NULL)
		return WALK_END(w, malformed);
	w->at += n;
	return LAYER_ETHERNET;
}

/* RFC 1701 routing: entries until an empty one. */
static bool pass_routes(struct walk *w)
{
	for (;;) { /* four octets or more each */
		const uint8_t *h = walk_want(w, 4);
		if (h == NULL)
			return false;
		size_t len = 4u + h[3];
		bool last = load_u16be(h) == 0 && h[3] == 0;
		if (walk_want(w, len) == NULL)
			return false;
		w->at += len;
		if (last)
			return true;
	}
}

/* GRE: RFC 2784, 2890 (key, sequence), 1701 (routing), 2637 (version 1, PPTP). */
enum layer walk_gre(struct walk *w)
{
	enum {
		CHECKSUM = 0x8000,
		ROUTING = 0x4000,
		KEY = 0x2000,
		SEQUENCE = 0x1000,
		ACK = 0x0080,
		VERSION = 7
	};
	const uint8_t *h = walk_want(w, 4);
	if (h == NULL)
		return WALK_END(w, malformed);
	uint16_t flags = load_u16be(h);
	unsigned version = flags & VERSION;
	if (version > 1)
		return not_ours(w);
	w->type = load_u16be(h + 2);
	size_t n = 4;
	n += version == 0 && (flags & (CHECKSUM | ROUTING)) ? 4 : 0;
	n += flags & KEY ? 4 : 0;
	n += flags & SEQUENCE ? 4 : 0;
	n += version == 1 && (flags & ACK) ? 4 : 0;
	if (walk_want(w, n) == NULL)
		return WALK_END(w, malformed);
	w->at += n;
	if (version == 0 && (flags & ROUTING) && !pass_routes(w))
		return WALK_END(w, malformed);
	if (version == 1 && walk_left(w) == 0)
		return not_ours(w); /* an acknowledgement alone */
	if (w->type == 0x88be || w->type == 0x22eb)
		return erspan(w, flags & SEQUENCE, w->type == 0x22eb);
	if (w->type == 0x883e) { /* WCCP: IP, in its version 2 behind four octets */
		const uint8_t *p = walk_want(w, 5);
		w->at += p != NULL && p[0] >> 4 != 4 ? 4 : 0;
		return LAYER_IP;
	}
	return w->type < 1536 ? not_ours(w) : LAYER_ETHERTYPE;
}

enum layer walk_vxlan(struct walk *w) /* RFC 7348 5 */
{
	const uint8_t *h = walk_want(w, 8);
	if (h == NULL || !(h[0] & 0x08) || (h[0] & 0x30))
		return not_ours(w);
	w->at += 8;
	return LAYER_ETHERNET;
}

/* Next protocols of VXLAN-GPE and NSH (RFC 8300 2.2) are numbered alike. */
static enum layer gpe_next(struct walk *w, uint8_t protocol)
{
	switch (protocol) {
	case 1:
	case 2:
		return LAYER_IP;
	case 3:
		return LAYER_ETHERNET;
	case 4:
		return walk_deeper(w) ? LAYER_NSH : LAYER_DONE;
	case 5:
		return LAYER_MPLS;
	default:
		return not_ours(w);
	}
}

enum layer walk_vxlan_gpe(struct walk *w) /* draft-ietf-nvo3-vxlan-gpe */
{
	const uint8_t *h = walk_want(w, 8);
	if (h == NULL || (h[0] & 0x30))
		return not_ours(w);
	w->at += 8;
	return h[0] & 0x04 ? gpe_next(w, h[3]) : LAYER_ETHERNET;
}

enum layer walk_nsh(struct walk *w) /* RFC 8300 2.2: length in words, in six bits */
{
	const uint8_t *h = walk_want(w, 8);
	size_t len = h ? (size_t)(h[1] & 0x3f) * 4 : 0;
	if (len < 8 || walk_want(w, len) == NULL)
		return WALK_END(w, malformed);
	w->at += len;
	return gpe_next(w, h[3]);
}

enum layer walk_geneve(struct walk *w) /* RFC 8926 3.4 */
{
	const uint8_t *h = walk_want(w, 8);
	if (h == NULL || h[0] >> 6 != 0)
		return not_ours(w);
	size_t len = 8 + (size_t)(h[0] & 0x3f) * 4;
	if (walk_want(w, len) == NULL)
		return WALK_END(w, malformed);
	w->type = load_u16be(h + 2);
	w->at += len;
	return ethertype_known(w->type) ? LAYER_ETHERTYPE : not_ours(w);
}

/* GTP-U, 3GPP TS 29.281 5: only user data (message 255), extension headers passed. */
enum layer walk_gtp(struct walk *w)
{
	const uint8_t *h = walk_want(w, 8);
	if (h == NULL || (h[0] & 0xf0) != 0x30 || h[1] != 255)
		return not_ours(w);
	size_t n = h[0] & 7 ? 12 : 8;
	if (walk_want(w, n) == NULL)
		return WALK_END(w, malformed);
	uint8_t next = h[0] & 4 ? h[11] : 0;
	w->at += n;
	while (next != 0) { /* four octets or more each */
		h = walk_want(w, 4);
		size_t len = h ? (size_t)h[0] * 4 : 0;
		if (len == 0 || walk_want(w, len) == NULL)
			return WALK_END(w, malformed);
		next = h[len - 1];
		w->at += len;
	}
	h = walk_want(w, 1);
	return h != NULL && (h[0] >> 4 == 4 || h[0] >> 4 == 6) ? LAYER_IP : not_ours(w);
}

/* Teredo, RFC 4380 5.1.1: an authentication and an origin header may come first. */
enum layer walk_teredo(struct walk *w)
{
	const uint8_t *h = walk_want(w, 4);
	if (h != NULL && load_u16be(h) == 1) {
		size_t len = 4u + h[2] + h[3] + 9u;
		w->at += walk_want(w, len) ? len : 0;
		h = walk_want(w, 4);
	}
	if (h != NULL && load_u16be(h) == 0) {
		w->at += walk_want(w, 8) ? 8 : 0;
		h = walk_want(w, 1);
	}
	return h != NULL && w->at[0] >> 4 == 6 ? LAYER_IP : not_ours(w);
}

/* L2TP version 2, RFC 2661 3.1: data messages carry PPP. */
enum layer walk_l2tp(struct walk *w)
{
	const uint8_t *h = walk_want(w, 6);
	if (h == NULL || (h[0] & 0x80) || (h[1] & 15) != 2)
		return not_ours(w);
	size_t n = 6;
	n += h[0] & 0x40 ? 2 : 0; /* length */
	n += h[0] & 0x08 ? 4 : 0; /* sequence numbers */
	if (h[0] & 0x02) {	  /* offset */
		if (walk_want(w, n + 2) == NULL)
			return WALK_END(w, malformed);
		n += 2u + load_u16be(h + n);
	}
	if (walk_want(w, n) == NULL)
		return WALK_END(w, malformed);
	w->at += n;
	return LAYER_PPP;
}

enum layer walk_lisp(struct walk *w) /* RFC 9300 5.3 */
{
	const uint8_t *h = walk_want(w, 9);
	if (h == NULL || (h[8] >> 4 != 4 && h[8] >> 4 != 6))
		return not_ours(w);
	w->at += 8;
	return LAYER_IP;
}

/* TZSP: tags until the one that ends them, then the frame of the named link layer. */
enum layer walk_tzsp(struct walk *w)
{
	const uint8_t *h = walk_want(w, 4);
	if (h == NULL || h[0] != 1)
		return not_ours(w);
	uint16_t kind = load_u16be(h + 2);
	w->at += 4;
	for (;;) { /* an octet or more each */
		h = walk_want(w, 1);
		if (h == NULL)
			return WALK_END(w, malformed);
		size_t len = h[0] <= 1 ? 1 : walk_want(w, 2) ? 2u + h[1] : SIZE_MAX;
		if (len > walk_left(w))
			return WALK_END(w, malformed);
		w->at += len;
		if (h[0] == 1)
			break;
	}
	w->link = kind == 0x12 ? 105 : kind;
	return kind == 1 || kind == 0x12 ? LAYER_LINK : not_ours(w);
}
