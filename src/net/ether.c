/* Ethernet and what shares its types: tags, PPPoE, LLC/SNAP, PPP, MPLS. */
#include "net/walk.h"

#define ETHERTYPE_LEAST 1536 /* below: a length, IEEE 802.3 3.2.6 */

/* What follows a type: octets to pass, and how to go on. */
static const struct ethertype {
	uint16_t type, pass;
	enum layer next;
	enum { INNER_NONE, INNER_TYPE_LAST } inner; /* the last two passed are a type */
} ethertypes[] = {
    {0x0800, 0, LAYER_IP, INNER_NONE},
    {0x86dd, 0, LAYER_IP, INNER_NONE},
    {0x8100, 4, LAYER_ETHERTYPE, INNER_TYPE_LAST}, /* 802.1Q */
    {0x88a8, 4, LAYER_ETHERTYPE, INNER_TYPE_LAST}, /* 802.1ad */
    {0x9100, 4, LAYER_ETHERTYPE, INNER_TYPE_LAST},
    {0x9200, 4, LAYER_ETHERTYPE, INNER_TYPE_LAST},
    {0x9300, 4, LAYER_ETHERTYPE, INNER_TYPE_LAST},
    {0x893f, 8, LAYER_ETHERTYPE, INNER_TYPE_LAST}, /* 802.1BR E-tag */
    {0x8903, 4, LAYER_ETHERTYPE, INNER_TYPE_LAST}, /* FabricPath-like tags */
    {0x8909, 8, LAYER_ETHERTYPE, INNER_TYPE_LAST}, /* Cisco metadata */
    {0x8847, 0, LAYER_MPLS, INNER_NONE},
    {0x8848, 0, LAYER_MPLS, INNER_NONE},
    {0x8864, 6, LAYER_PPP, INNER_NONE},	     /* PPPoE session, RFC 2516 */
    {0x880b, 0, LAYER_PPP, INNER_NONE},	     /* in GRE */
    {0x6558, 0, LAYER_ETHERNET, INNER_NONE}, /* transparent bridging, in GRE */
    {0x88e7, 4, LAYER_ETHERNET, INNER_NONE}, /* 802.1ah I-tag */
    {0x894f, 0, LAYER_NSH, INNER_NONE},
};

static const struct ethertype *ethertype_find(uint16_t type)
{
	for (size_t i = 0; i < sizeof(ethertypes) / sizeof(*ethertypes); i++)
		if (ethertypes[i].type == type)
			return &ethertypes[i];
	return NULL;
}

bool ethertype_known(uint16_t type)
{
	return type == 0x0806 || ethertype_find(type) != NULL;
}

enum layer walk_ethertype(struct walk *w)
{
	if (__builtin_expect(w->type == 0x0800, 1))
		return walk_ip4(w);
	if (w->type == 0x86dd)
		return walk_ip6(w);
	if (w->type < ETHERTYPE_LEAST)
		return LAYER_LLC;
	const struct ethertype *t = ethertype_find(w->type);
	if (t == NULL)
		return WALK_END(w, not_ip);
	if (walk_want(w, t->pass) == NULL)
		return WALK_END(w, malformed);
	if (!walk_deeper(w))
		return LAYER_DONE;
	w->at += t->pass;
	if (t->inner == INNER_TYPE_LAST)
		w->type = load_u16be(w->at - 2);
	return t->next;
}

enum layer walk_ethernet(struct walk *w)
{
	const uint8_t *h = walk_want(w, 14);
	if (h == NULL)
		return WALK_END(w, malformed);
	w->type = load_u16be(h + 12);
	w->at += 14;
	return walk_ethertype(w);
}

/* LLC, IEEE 802.2: IP directly, or SNAP (RFC 1042) with a type of its own. */
enum layer walk_llc(struct walk *w)
{
	const uint8_t *h = walk_want(w, 3);
	if (h == NULL)
		return WALK_END(w, malformed);
	if (h[0] == 0x06 && h[1] == 0x06) {
		w->at += 3;
		return LAYER_IP;
	}
	h = walk_want(w, 8);
	if (h == NULL || h[0] != 0xaa || h[1] != 0xaa || h[2] != 0x03)
		return WALK_END(w, not_ip);
	w->at += 8;
	w->type = load_u16be(h + 6);
	if (h[3] == 0 && h[4] == 0x80 && h[5] == 0xc2) { /* bridged: RFC 2684 5.2 */
		if ((w->type != 1 && w->type != 7) || walk_want(w, 2) == NULL)
			return WALK_END(w, not_ip);
		w->at += 2; /* padding */
		return walk_deeper(w) ? LAYER_ETHERNET : LAYER_DONE;
	}
	return w->type < ETHERTYPE_LEAST ? WALK_END(w, not_ip) : LAYER_ETHERTYPE;
}

/* PPP, RFC 1661: address and control, or the protocol's first octet, may be left out. */
enum layer walk_ppp(struct walk *w)
{
	const uint8_t *h = walk_want(w, 2);
	if (h != NULL && h[0] == 0xff && h[1] == 0x03) {
		w->at += 2;
		h = walk_want(w, 2);
	}
	if (h == NULL)
		return WALK_END(w, malformed);
	unsigned protocol = h[0] & 1 ? h[0] : load_u16be(h);
	w->at += h[0] & 1 ? 1 : 2;
	if (protocol == 0x21 || protocol == 0x57)
		return LAYER_IP;
	if (protocol == 0x281 || protocol == 0x283)
		return walk_deeper(w) ? LAYER_MPLS : LAYER_DONE;
	return WALK_END(w, not_ip);
}

/* Does an Ethernet header stand here, as far as one can tell? */
static bool ethernet_at(const struct walk *w, size_t pass)
{
	return walk_left(w) >= pass + 14 &&
	       ethertype_known(load_u16be(w->at + pass + 12));
}

/*
 * Behind the label stack nothing names what follows: the first nibble is IP's version,
 * 0 a control word of a pseudowire (RFC 4385), or all of it an address of Ethernet.
 */
static enum layer below_labels(struct walk *w)
{
	const uint8_t *h = walk_want(w, 4);
	if (h == NULL)
		return WALK_END(w, malformed);
	unsigned nibble = h[0] >> 4;
	bool ip4 = nibble == 4 && (h[0] & 15) >= 5 &&
		   (load_u16be(h + 2) >= 20 || load_u16be(h + 2) == 0);
	if (ip4 || (nibble == 6 && !ethernet_at(w, 0)))
		return LAYER_IP;
	if (nibble == 0 && ethernet_at(w, 4)) {
		w->at += 4;
		return LAYER_ETHERNET;
	}
	if (ethernet_at(w, 0))
		return LAYER_ETHERNET;
	return nibble == 6 ? LAYER_IP : WALK_END(w, not_ip);
}

enum layer walk_mpls(struct walk *w)
{
	const uint8_t *h;
	do { /* four octets each: ends with the frame */
		h = walk_want(w, 4);
		if (h == NULL)
			return WALK_END(w, malformed);
		w->at += 4;
	} while (!(h[2] & 1));
	return below_labels(w);
}
