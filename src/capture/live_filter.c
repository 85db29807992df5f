#include "capture/live_filter.h"

#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>

/*
 * A program is drafted with labels; at the end each jump gets its distance. A jump goes
 * forward by 255 instructions at most, and the whole is checked to stay below that.
 */
enum label {
	NEXT,
	ETHERNET,
	TYPE,
	TAG_1,
	TAG_2,
	TAG_3,
	IPV4,
	IPV6,
	PROTOCOL,
	PORTS,
	TUNNEL_PORTS,
	ENCRYPTED,
	ENCRYPTED_UDP,
	ACCEPT,
	DROP,
	LABELS
};

/* Memory cells: where the network and transport headers begin, a type and a protocol kept
 * aside. */
enum cell { NETWORK_AT, TRANSPORT_AT, TYPE_KEPT, PROTOCOL_KEPT };

#define TYPE_IEEE_9100 0x9100 /* older equipment's outer tags */
#define FRAME_WHOLE 262144    /* what the program returns: octets to keep */

struct draft {
	struct live_filter *out;
	uint8_t yes[LIVE_FILTER_MOST], no[LIVE_FILTER_MOST]; /* labels of jumps */
	unsigned at[LABELS];
	bool full;
};

static void put(struct draft *d, uint16_t code, uint32_t k, enum label yes, enum label no)
{
	if (d->out->len >= LIVE_FILTER_MOST) {
		d->full = true;
		return;
	}
	d->yes[d->out->len] = (uint8_t)yes;
	d->no[d->out->len] = (uint8_t)no;
	d->out->code[d->out->len++] = (struct sock_filter){code, 0, 0, k};
}

static void op(struct draft *d, uint16_t code, uint32_t k)
{
	put(d, code, k, NEXT, NEXT);
}

static void here(struct draft *d, enum label l)
{
	d->at[l] = d->out->len;
}

static void if_equal(struct draft *d, uint32_t k, enum label yes, enum label no)
{
	put(d, BPF_JMP | BPF_JEQ | BPF_K, k, yes, no);
}

static void go(struct draft *d, enum label to)
{
	put(d, BPF_JMP | BPF_JGE | BPF_K, 0, to, to);
}

/* What the kernel knows of the frame beside its octets. */
static void load_known(struct draft *d, int what)
{
	op(d, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + what));
}

static void load_behind(struct draft *d, uint16_t size, enum cell base, uint32_t k)
{
	op(d, BPF_LDX | BPF_MEM, base);
	op(d, BPF_LD | size | BPF_IND, k);
}

static void network_at(struct draft *d, uint32_t k)
{
	op(d, BPF_LD | BPF_IMM, k);
	op(d, BPF_ST, NETWORK_AT);
}

/* The loopback's own echo is dropped; link layers that are not known here pass. */
static void link_layer(struct draft *d)
{
	static const uint16_t bare[] = {ARPHRD_NONE,   ARPHRD_RAWIP,   ARPHRD_PPP,
					ARPHRD_TUNNEL, ARPHRD_TUNNEL6, ARPHRD_SIT};
	network_at(d, 0);
	load_known(d, SKF_AD_PROTOCOL);
	op(d, BPF_ST, TYPE_KEPT);
	load_known(d, SKF_AD_PKTTYPE);
	op(d, BPF_MISC | BPF_TAX, 0);
	load_known(d, SKF_AD_HATYPE);
	if_equal(d, ARPHRD_ETHER, ETHERNET, NEXT);
	for (size_t i = 0; i < sizeof(bare) / sizeof(*bare); i++)
		if_equal(d, bare[i], TYPE, NEXT);
	if_equal(d, ARPHRD_LOOPBACK, NEXT, ACCEPT);
	op(d, BPF_MISC | BPF_TXA, 0);
	if_equal(d, PACKET_OUTGOING, DROP, ETHERNET);
	here(d, ETHERNET);
	network_at(d, ETH_HLEN);
	op(d, BPF_LD | BPF_H | BPF_ABS, ETH_HLEN - 2);
	op(d, BPF_ST, TYPE_KEPT);
}

static void branch_on_type(struct draft *d, enum label tag)
{
	if_equal(d, ETH_P_IP, IPV4, NEXT);
	if_equal(d, ETH_P_IPV6, IPV6, NEXT);
	if_equal(d, ETH_P_8021Q, tag, NEXT);
	if_equal(d, ETH_P_8021AD, tag, NEXT);
	if_equal(d, TYPE_IEEE_9100, tag, NEXT);
	/* PPPoE, MPLS, LLC, ... have no ports to look for: the decoder looks inside */
	if_equal(d, ETH_P_ARP, DROP, ACCEPT);
}

/* Tags that are still in the frame: the kernel has taken one off already. */
static void tags(struct draft *d)
{
	here(d, TYPE);
	op(d, BPF_LD | BPF_MEM, TYPE_KEPT);
	for (enum label tag = TAG_1; tag <= TAG_3; tag++) {
		branch_on_type(d, tag);
		here(d, tag);
		op(d, BPF_LD | BPF_MEM, NETWORK_AT);
		op(d, BPF_ALU | BPF_ADD | BPF_K, 4);
		op(d, BPF_ST, NETWORK_AT);
		op(d, BPF_MISC | BPF_TAX, 0);
		op(d, BPF_LD | BPF_H | BPF_IND, (uint32_t)-2);
	}
	branch_on_type(d, ACCEPT);
}

static void ip_headers(struct draft *d)
{
	here(d, IPV4);
	load_behind(d, BPF_H, NETWORK_AT, 6);
	put(d, BPF_JMP | BPF_JSET | BPF_K, 0x3fff, ACCEPT, NEXT); /* a fragment */
	op(d, BPF_LD | BPF_B | BPF_IND, 0);
	op(d, BPF_ALU | BPF_AND | BPF_K, 0x0f);
	op(d, BPF_ALU | BPF_LSH | BPF_K, 2);
	op(d, BPF_ALU | BPF_ADD | BPF_X, 0);
	op(d, BPF_ST, TRANSPORT_AT);
	op(d, BPF_LD | BPF_B | BPF_IND, 9);
	go(d, PROTOCOL);
	here(d, IPV6);
	op(d, BPF_LD | BPF_MEM, NETWORK_AT);
	op(d, BPF_ALU | BPF_ADD | BPF_K, 40);
	op(d, BPF_ST, TRANSPORT_AT);
	load_behind(d, BPF_B, NETWORK_AT, 6);
}

/* Extension headers and AH are left to the decoder: they are rare. */
static void protocols(struct draft *d, bool tunnels)
{
	static const uint8_t walked[] = {IPPROTO_HOPOPTS, IPPROTO_ROUTING,
					 IPPROTO_FRAGMENT, IPPROTO_AH, IPPROTO_DSTOPTS};
	static const uint8_t inner[] = {
	    IPPROTO_IPIP,   IPPROTO_IPV6, IPPROTO_GRE, 97 /* EtherIP */,
	    115 /* L2TP */, IPPROTO_MPLS, 143 /* Ethernet */};
	here(d, PROTOCOL);
	op(d, BPF_ST, PROTOCOL_KEPT);
	if_equal(d, IPPROTO_UDP, tunnels ? TUNNEL_PORTS : PORTS, NEXT);
	if_equal(d, IPPROTO_TCP, PORTS, NEXT);
	for (size_t i = 0; i < sizeof(walked); i++)
		if_equal(d, walked[i], ACCEPT, NEXT);
	for (size_t i = 0; tunnels && i < sizeof(inner); i++)
		if_equal(d, inner[i], ACCEPT, NEXT);
	go(d, DROP);
}

static void either_port(struct draft *d, const uint16_t *ports, unsigned count)
{
	for (uint32_t side = 0; side <= 2; side += 2) {
		load_behind(d, BPF_H, TRANSPORT_AT, side);
		for (unsigned i = 0; i < count; i++)
			if_equal(d, ports[i], ACCEPT, NEXT);
	}
}

/*
 * Whoever begins to ask in TLS or QUIC is counted (net/transport.c), nothing more: of TCP
 * to port 853 the SYN comes in, of UDP what has QUIC's long header.
 */
static void encrypted(struct draft *d)
{
	enum { PORT = 853, FLAGS_AT = 13, SYN = 0x02, SYN_OR_ACK = 0x12, LONG = 0xc0 };
	load_behind(d, BPF_H, TRANSPORT_AT, 2);
	if_equal(d, PORT, ENCRYPTED, DROP);
	here(d, ENCRYPTED);
	op(d, BPF_LD | BPF_MEM, PROTOCOL_KEPT);
	if_equal(d, IPPROTO_TCP, NEXT, ENCRYPTED_UDP);
	op(d, BPF_LD | BPF_B | BPF_IND, FLAGS_AT);
	op(d, BPF_ALU | BPF_AND | BPF_K, SYN_OR_ACK);
	if_equal(d, SYN, ACCEPT, DROP);
	here(d, ENCRYPTED_UDP);
	op(d, BPF_LD | BPF_B | BPF_IND, 8);
	op(d, BPF_ALU | BPF_AND | BPF_K, LONG);
	if_equal(d, LONG, ACCEPT, DROP);
}

static void transports(struct draft *d, const uint16_t *ports, unsigned count,
		       bool tunnels)
{
	/* the ones of net/tunnel.c */
	static const uint16_t inner[] = {1701, 2152, 3544, 4341, 4754, 4789,
					 4790, 6081, 6635, 8472, 37008};
	here(d, TUNNEL_PORTS);
	if (tunnels)
		either_port(d, inner, sizeof(inner) / sizeof(*inner));
	here(d, PORTS);
	either_port(d, ports, count);
	encrypted(d);
	here(d, DROP);
	op(d, BPF_RET | BPF_K, 0);
	here(d, ACCEPT);
	op(d, BPF_RET | BPF_K, FRAME_WHOLE);
}

static int resolve(struct draft *d)
{
	if (d->full)
		return YORE_ELIMIT;
	for (unsigned i = 0; i < d->out->len; i++) {
		struct sock_filter *c = &d->out->code[i];
		if (BPF_CLASS(c->code) != BPF_JMP)
			continue;
		unsigned yes = d->yes[i] == NEXT ? i + 1 : d->at[d->yes[i]];
		unsigned no = d->no[i] == NEXT ? i + 1 : d->at[d->no[i]];
		if (yes <= i || no <= i || yes - i > 256 || no - i > 256)
			return YORE_ELIMIT;
		c->jt = (uint8_t)(yes - i - 1);
		c->jf = (uint8_t)(no - i - 1);
	}
	return 0;
}

int live_filter_make(const uint16_t *ports, unsigned port_count, bool tunnels,
		     struct live_filter *ret)
{
	struct draft d = {.out = ret};
	ret->len = 0;
	link_layer(&d);
	tags(&d);
	ip_headers(&d);
	protocols(&d, tunnels);
	transports(&d, ports, port_count, tunnels);
	return resolve(&d);
}
