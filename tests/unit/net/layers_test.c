/* Link layers and tunnels: one DNS message in each of them, whole, cut and miscounted. */
#include "tap.h"
#include "unit/net/pack.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static const char message[] = "\x12\x34\x81\x80\0\1\0\0\0\0\0\0\3www\7example\0\0\1\0\1";
#define MESSAGE BYTES(message, sizeof(message) - 1)

/* What stands in front of the packet that holds the message, from the outside in. */
static const struct row {
	const char *what;
	uint32_t link;
	const char *outer; /* link layer's octets; then for tunnels an IPv4 header, */
	int protocol;	   /* of this protocol (0: no tunnel), */
	int port;	   /* for UDP to this port, */
	const char *inner; /* and these octets */
	bool six;	   /* the message's own packet is IPv6 */
} rows[] = {
#define E "020202020202 020202020203 "
    {"Ethernet, IPv4", 1, E "0800"},
    {"Ethernet, IPv6", 1, E "86dd", 0, 0, "", true},
    {"802.1Q", 1, E "8100 0064 0800"},
    {"802.1ad over 802.1Q", 1, E "88a8 0001 8100 0002 86dd", 0, 0, "", true},
    {"QinQ of old", 1, E "9100 0001 8100 0002 0800"},
    {"802.1BR", 1, E "893f 0000000000 00 0800"},
    {"802.1ah", 1, E "88e7 00000001 " E "0800"},
    {"LLC and SNAP", 1, E "0040 aaaa03 000000 0800"},
    {"LLC with IP of its own", 1, E "0040 060603"},
    {"PPPoE", 1, E "8864 11 00 0001 0040 0021"},
    {"PPPoE, IPv6", 1, E "8864 11 00 0001 0040 0057", 0, 0, "", true},
    {"MPLS", 1, E "8847 000101 40"},
    {"MPLS, two labels", 1, E "8847 00010040 00011140"},
    {"MPLS, a pseudowire with a control word", 1, E "8847 00011140 00000000 " E "0800"},
    {"MPLS, a pseudowire without", 1, E "8847 00011140 " E "0800"},
    {"NSH", 1, E "894f 00 06 01 01 000000ff 00000000000000000000000000000000"},
    {"null, little-endian", 0, "02000000"},
    {"null, big-endian", 0, "00000002"},
    {"null, IPv6 of FreeBSD", 0, "1c000000", 0, 0, "", true},
    {"null, IPv6 of macOS", 0, "0000001e", 0, 0, "", true},
    {"loop", 108, "00000002"},
    {"raw IP", 101, ""},
    {"raw IP, version 6", 101, "", 0, 0, "", true},
    {"raw IP as OpenBSD numbers it", 14, ""},
    {"raw IP as BSD numbers it", 12, ""},
    {"IPv4 only", 228, ""},
    {"IPv6 only", 229, "", 0, 0, "", true},
    {"SLL", 113, "0000 0001 0006 020202020202 0000 0800"},
    {"SLL with a tag", 113, "0000 0001 0006 020202020202 0000 8100 0005 0800"},
    {"SLL2", 276, "86dd 0000 00000002 0001 00 06 0202020202020000", 0, 0, "", true},
    {"PPP in HDLC", 9, "ff03 0021"},
    {"PPP with the protocol in an octet", 9, "ff03 21"},
    {"PPP without address and control", 50, "0021"},
    {"PPP with a direction", 204, "00 ff03 0021"},
    {"PPPoE as a link", 51, "1100 0001 0040 0021"},
    {"Cisco HDLC", 104, "0f00 0800"},
    {"Cisco HDLC under PPP's number", 50, "0f00 0800"},
    {"frame relay, RFC 2427", 107, "1841 03 cc"},
    {"frame relay, padded", 107, "1841 03 00 cc"},
    {"frame relay, SNAP", 107, "1841 03 00 80 000000 0800"},
    {"frame relay, Ethernet type", 107, "1841 0800"},
    {"FDDI", 10, "50 020202020202 020202020203 aaaa03 000000 0800"},
    {"token ring", 6, "10 40 020202020202 020202020203 aaaa03 000000 0800"},
    {"token ring, source routed", 6,
     "10 40 020202020202 820202020203 0630 0011 0020 aaaa03 000000 0800"},
    {"802.11", 105,
     "0802 0000 020202020202 020202020203 020202020204 0000 aaaa03 000000 0800"},
    {"802.11 QoS", 105,
     "8802 0000 020202020202 020202020203 020202020204 0000 0000 aaaa03 000000 0800"},
    {"radiotap", 127,
     "00 00 0800 00000000 0802 0000 020202020202 020202020203 020202020204 0000 aaaa03 "
     "000000 0800"},
    {"PPI", 192, "00 00 0800 01000000 " E "0800"},
    {"NFLOG", 239, "02 00 0000 0800 0100 08000000 3d00 0900"},
    {"pktap", 258, "0c000000 01000000 01000000 " E "0800"},
    {"pflog", 117,
     "3d 02 00 00 656d3000000000000000000000000000 00000000000000000000000000000000 "
     "00000000 00000000 00000000 00000000 00000000 00000000 01 000000"},
    {"BSD enc", 109, "02000000 00000000 00000000"},
    {"SLIP of BSD", 8, "00000000000000000000000000000000"},
    {"RFC 1483", 100, "aaaa03 000000 0800"},
    {"DSA tag", 284, E "40000000 0800"},
    {"EDSA tag", 285, E "dada 0000 40000000 0800"},
    {"a preamble", 274, "55555555555555d5 " E "0800"},

    {"IP in IP", 1, E "0800", 4, 0, ""},
    {"IPv6 in IPv4", 1, E "0800", 41, 0, "", true},
    {"GRE", 1, E "0800", 47, 0, "0000 0800"},
    {"GRE with checksum, key and sequence", 1, E "0800", 47, 0,
     "b000 0800 00000000 00000001 00000002"},
    {"GRE, Ethernet", 1, E "0800", 47, 0, "2000 6558 00000001 " E "0800"},
    {"PPTP", 1, E "0800", 47, 0, "3081 880b 00400001 00000001 00000002 ff03 0021"},
    {"ERSPAN I", 1, E "0800", 47, 0, "0000 88be " E "0800"},
    {"ERSPAN II", 1, E "0800", 47, 0, "1000 88be 00000001 1000000100000000 " E "0800"},
    {"ERSPAN III", 1, E "0800", 47, 0,
     "1000 22eb 00000001 200000010000000000000000 " E "0800"},
    {"ERSPAN III with a subheader", 1, E "0800", 47, 0,
     "1000 22eb 00000001 200000010000000000000001 0000000000000000 " E "0800"},
    {"WCCP", 1, E "0800", 47, 0, "0000 883e 00000000"},
    {"EtherIP", 1, E "0800", 97, 0, "3000 " E "0800"},
    {"MPLS in IP", 1, E "0800", 137, 0, "00011140"},
    {"AH", 1, E "0800", 51, 0, "04 04 0000 00000001 00000001 000000000000000000000000"},
    {"VXLAN", 1, E "0800", 17, 4789, "08000000 00000100 " E "0800"},
    {"VXLAN on Linux' port", 1, E "0800", 17, 8472, "08000000 00000100 " E "0800"},
    {"VXLAN-GPE", 1, E "0800", 17, 4790, "0c000001 00000100"},
    {"Geneve", 1, E "0800", 17, 6081, "0200 6558 00000100 0000000000000000 " E "0800"},
    {"GTP-U", 1, E "0800", 17, 2152, "30 ff 0040 00000001"},
    {"GTP-U with an extension", 1, E "0800", 17, 2152,
     "34 ff 0040 00000001 0000 00 85 01 1000 00"},
    {"Teredo", 1, E "0800", 17, 3544, "", true},
    {"Teredo with an origin", 1, E "0800", 17, 3544, "0000 1234 c6336407", true},
    {"L2TP", 1, E "0800", 17, 1701, "4002 0040 0001 0001 ff03 0021"},
    {"LISP", 1, E "0800", 17, 4341, "8000000000000000"},
    {"GRE in UDP", 1, E "0800", 17, 4754, "0000 0800"},
    {"MPLS in UDP", 1, E "0800", 17, 6635, "00011140"},
    {"TZSP", 1, E "0800", 17, 37008, "01 00 0001 01 " E "0800"},
    {"VXLAN in a VLAN in MPLS", 1, E "8100 0001 8847 00011140", 17, 4789,
     "08000000 00000100 " E "8100 0002 0800"},
};

static void build(struct pack *p, const struct row *r)
{
	pack_begin(p, MESSAGE);
	pack_udp(p, 53, 4000);
	if (r->six)
		pack_ip6(p, 17);
	else
		pack_ip4(p, 17);
	if (r->protocol) {
		pack_hex(p, r->inner);
		if (r->port)
			pack_udp(p, 50000, (uint16_t)r->port);
		pack_ip4_full(p, "\12\0\0\1", "\12\0\0\2", (uint8_t)r->protocol, 2, 0);
	}
	pack_hex(p, r->outer);
}

static struct heard heard; /* large */

static bool heard_whole(const struct row *r)
{
	const struct datagram *d = &heard.last;
	bool from = r->six
			? d->src.len == 16 && d->src.at[15] == 0x35 && d->dst.at[15] == 7
			: d->src.len == 4 && memcmp(d->src.at, SERVER4, 4) == 0 &&
			      memcmp(d->dst.at, CLIENT4, 4) == 0;
	return heard.count == 1 && from && d->src_port == 53 && d->dst_port == 4000 &&
	       d->transport == TRANSPORT_UDP && !d->snapped && d->number == 1 &&
	       d->time_us == 1000000 &&
	       bytes_equal(BYTES(heard.octets, heard.len), MESSAGE);
}

static void test_row(const struct row *r)
{
	struct pack p;
	build(&p, r);
	struct decoder *d = decoder_of(NULL, &heard);
	feed(d, r->link, pack_bytes(&p));
	ok(heard_whole(r), "%s", r->what);
	if (heard.count != 1) {
		const struct decode_counters *c = decoder_counters(d);
#define X(name, text) \
	if (c->name)  \
		printf("# %s: %llu\n", text, (unsigned long long)c->name);
		DECODE_COUNTERS(X)
#undef X
	}
	decoder_free(d);

	/* padding behind is not part of it; what is cut off is never made up */
	size_t whole = pack_len(&p);
	int bad = 0;
	d = decoder_of(NULL, &heard);
	for (size_t len = 0; len < whole; len++) {
		unsigned before = heard.count;
		feed_at(d, r->link, BYTES(p.room + p.at, len), (uint32_t)whole, 1000000,
			1);
		if (heard.count > before &&
		    (!heard.last.snapped || heard.len >= MESSAGE.len))
			bad++;
	}
	bad += !decode_counters_balance(decoder_counters(d));
	is_int(bad, 0, "cut anywhere: marked as cut, or not there; all counted");
	decoder_free(d);

	struct decode_options outer = {.outer_only = true};
	d = decoder_of(&outer, &heard);
	feed(d, r->link, pack_bytes(&p));
	is_int(heard.count, r->protocol == 0,
	       "seen with outer_only only when in no tunnel");
	decoder_free(d);
}

static void test_padding(void)
{
	struct pack p;
	uint8_t padded[200] = {0};
	build(&p, &rows[0]);
	memcpy(padded, p.room + p.at, pack_len(&p));
	struct decoder *d = decoder_of(NULL, &heard);
	feed(d, 1, BYTES(padded, sizeof(padded)));
	ok(heard_whole(&rows[0]), "Ethernet's padding is not part of the message");
	decoder_free(d);

	/* nor of a TCP stream: the message in two segments, both padded */
	uint8_t stream[sizeof(message) + 1];
	store_u16be(stream, (uint16_t)MESSAGE.len);
	memcpy(stream + 2, message, MESSAGE.len);
	d = decoder_of(NULL, &heard);
	for (int i = 0; i < 3; i++) {
		struct bytes part = i == 0   ? BYTES(stream, 0)
				    : i == 1 ? BYTES(stream, 2)
					     : BYTES(stream + 2, MESSAGE.len);
		pack_begin(&p, part);
		pack_tcp(&p, 53, 4000, i == 0 ? 999 : i == 1 ? 1000 : 1002, i ? 0x10 : 2);
		pack_ip4(&p, 6);
		pack_ethernet(&p, 0x0800);
		memset(padded, 0xee, sizeof(padded));
		memcpy(padded, p.room + p.at, pack_len(&p));
		feed(d, 1, BYTES(padded, sizeof(padded)));
	}
	ok(heard.count == 1 && bytes_equal(BYTES(heard.octets, heard.len), MESSAGE),
	   "nor of a TCP stream");
	decoder_free(d);
}

/* --- IPv6 extension headers --- */

static void test_extensions(void)
{
	static const struct {
		const char *what, *headers;
		uint8_t first;
		unsigned count;
	} cases[] = {
	    {"hop by hop", "11 00 000000000000", 0, 1},
	    {"hop by hop of sixteen octets", "11 01 0000000000000000 000000000000", 0, 1},
	    {"routing, then destination", "3c 00 000000000000 11 00 000000000000", 43, 1},
	    {"an atomic fragment (RFC 6946)", "11 00 0000 12345678", 44, 1},
	    {"mobility", "11 00 000000000000", 135, 1},
	    {"no next header", "", 59, 0},
	    {"ESP", "", 50, 0},
	    {"ICMPv6", "", 58, 0},
	    {"a length past the end", "11 ff 000000000000", 0, 0},
	};
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct pack p;
		pack_begin(&p, MESSAGE);
		pack_udp(&p, 53, 4000);
		pack_hex(&p, cases[i].headers);
		pack_ip6(&p, cases[i].first);
		struct decoder *d = decoder_of(NULL, &heard);
		feed(d, 101, pack_bytes(&p));
		is_int(heard.count, cases[i].count, cases[i].what);
		ok(decode_counters_balance(decoder_counters(d)), "all counted");
		decoder_free(d);
	}
	struct pack p;
	pack_begin(&p, MESSAGE);
	pack_udp(&p, 53, 4000);
	for (int i = 0; i < 40; i++)
		pack_hex(&p, i ? "3c00000000000000" : "1100000000000000");
	pack_ip6(&p, 60);
	struct decoder *d = decoder_of(NULL, &heard);
	feed(d, 101, pack_bytes(&p));
	is_int(decoder_counters(d)->too_deep, 1, "forty extension headers are too many");
	decoder_free(d);
}

/* --- each reason, once --- */

struct reason {
	const char *what;
	uint32_t link;
	const char *frame;
	size_t counter; /* offset in struct decode_counters */
};
#define C(name) offsetof(struct decode_counters, name)
#define IP4 "4500 0040 0001 0000 40 "
#define ADDRS " 0000 c0000235 c6336407 "
static const struct reason reasons[] = {
    {"ARP", 1, E "0806 0001 0800 06 04 0001", C(not_ip)},
    {"spanning tree", 1, E "0026 424203 0000", C(not_ip)},
    {"an empty frame", 1, "", C(malformed)},
    {"half an Ethernet header", 1, "020202", C(malformed)},
    {"a tag that ends", 1, E "8100 00", C(malformed)},
    {"IPv4 without its header", 1, E "0800 4500", C(malformed)},
    {"IPv4 with a short header length", 1,
     E "0800 44"
       "00 0040 0001 0000 40 11" ADDRS,
     C(malformed)},
    {"IPv4 type, IPv6 inside", 1,
     E "0800 6"
       "500 0040 0001 0000 40 11" ADDRS,
     C(malformed)},
    {"IPv4 shorter than its header", 1, E "0800 4500 0010 0001 0000 40 11" ADDRS,
     C(malformed)},
    {"raw IP of version 5", 101, "5500000000", C(malformed)},
    {"a family nobody knows", 0, "63000000 45", C(not_ip)},
    {"a link type nobody knows", 4242, "45000000", C(link_unknown)},
    {"UDP of another port", 1, E "0800 " IP4 "11" ADDRS "1000 2000 0010 0000",
     C(other_port)},
    {"UDP cut", 1, E "0800 " IP4 "11" ADDRS "0035", C(malformed)},
    {"UDP of length 7", 1, E "0800 " IP4 "11" ADDRS "0035 2000 0007 0000 0000",
     C(malformed)},
    {"UDP too short for DNS", 1,
     E "0800 4500 0026 0001 0000 40 11" ADDRS "0035 2000 0012 0000 "
       "12348180 000100000000",
     C(too_short_udp)},
    {"TCP of another port", 1, E "0800 " IP4 "06" ADDRS "1000 2000", C(other_port)},
    {"TCP cut", 1, E "0800 " IP4 "06" ADDRS "0035 2000 00", C(malformed)},
    {"TCP with a header of four octets", 1,
     E "0800 " IP4 "06" ADDRS "0035 2000 00000000 00000000 1000 0000 0000 0000",
     C(malformed)},
    {"TCP", 1,
     E "0800 4500 0028 0001 0000 40 06" ADDRS
       "0035 2000 00000000 00000000 5002 0000 0000 0000",
     C(tcp_segments)},
    {"OSPF", 1, E "0800 " IP4 "59" ADDRS "00000000", C(other_port)},
    {"ICMP", 1, E "0800 " IP4 "01" ADDRS "00000000", C(icmp)},
};

static void test_reasons(void)
{
	for (size_t i = 0; i < ROWS(reasons); i++) {
		struct pack p;
		pack_begin(&p, BYTES("", 0));
		pack_hex(&p, reasons[i].frame);
		struct decoder *d = decoder_of(NULL, &heard);
		feed(d, reasons[i].link, pack_bytes(&p));
		const struct decode_counters *c = decoder_counters(d);
		uint64_t n;
		memcpy(&n, (const char *)c + reasons[i].counter, sizeof(n));
		is_int(n, 1, reasons[i].what);
		ok(heard.count == 0 && c->frames == 1 && decode_counters_balance(c),
		   "and nothing else");
		decoder_free(d);
	}
	struct decoder *d = decoder_of(NULL, &heard);
	is_int(decoder_unknown_link(d), UINT32_MAX, "no unknown link type yet");
	feed(d, 4242, BYTES_LIT("x"));
	is_int(decoder_unknown_link(d), 4242, "the unknown one is told");
	decoder_free(d);
}

static void test_icmp_copy(void)
{
	struct pack p;
	pack_begin(&p, MESSAGE);
	pack_udp(&p, 53, 4000);
	pack_ip4(&p, 17);
	pack_hex(&p, "0303 0000 00000000");
	pack_ip4(&p, 1);
	pack_ethernet(&p, 0x0800);
	struct decoder *d = decoder_of(NULL, &heard);
	pack_feed(d, &p, 1000000);
	ok(heard.count == 0 && decoder_counters(d)->icmp == 1,
	   "a copy in an ICMP error is not looked at");
	decoder_free(d);
}

static void test_depth(void)
{
	for (unsigned depth = 0; depth < 12; depth++) {
		struct pack p;
		pack_begin(&p, MESSAGE);
		pack_udp(&p, 53, 4000);
		pack_ip4(&p, 17);
		for (unsigned i = 0; i < depth; i++)
			pack_ip4_full(&p, "\12\0\0\1", "\12\0\0\2", 4, 3, 0);
		struct decoder *d = decoder_of(NULL, &heard);
		feed(d, 101, pack_bytes(&p));
		ok(heard.count == (depth <= 8) &&
		       decoder_counters(d)->too_deep == (depth > 8),
		   "%u tunnels in each other", depth);
		decoder_free(d);
	}
	struct decode_options o = {.depth = 1};
	struct pack p;
	build(&p, &rows[3]);
	struct decoder *d = decoder_of(&o, &heard);
	feed(d, 1, pack_bytes(&p));
	is_int(heard.count, 0, "depth is what the options say, tags count");
	decoder_free(d);
}

static void test_ports(void)
{
	struct decode_options o = {.ports = {5353, 5300}, .port_count = 2};
	static const struct {
		uint16_t src, dst;
		unsigned count;
	} cases[] = {{53, 4000, 0}, {4000, 5353, 1}, {5300, 1, 1}, {5301, 5354, 0}};
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct pack p;
		pack_begin(&p, MESSAGE);
		pack_udp(&p, cases[i].src, cases[i].dst);
		pack_ip4(&p, 17);
		struct decoder *d = decoder_of(&o, &heard);
		feed(d, 101, pack_bytes(&p));
		ok(heard.count == cases[i].count, "%u to %u is %slooked at", cases[i].src,
		   cases[i].dst, cases[i].count ? "" : "not ");
		decoder_free(d);
	}
}

/* Offload leaves lengths zero. */
static void test_offload(void)
{
	struct pack p;
	pack_begin(&p, MESSAGE);
	pack_udp(&p, 53, 4000);
	pack_ip4(&p, 17);
	store_u16be(p.room + p.at + 2, 0);
	struct decoder *d = decoder_of(NULL, &heard);
	feed(d, 101, pack_bytes(&p));
	ok(heard_whole(&rows[0]), "a total length of zero");
	store_u16be(p.room + p.at + 24, 0);
	heard.count = 0;
	feed(d, 101, pack_bytes(&p));
	ok(heard_whole(&rows[0]), "a UDP length of zero as well");
	decoder_free(d);
}

static void test_sink_error(void)
{
	struct pack p;
	build(&p, &rows[0]);
	struct decoder *d = decoder_of(NULL, &heard);
	heard.result = -77;
	is_int(feed(d, 1, pack_bytes(&p)), -77, "what the sink says is handed up");
	decoder_free(d);
	decoder_free(NULL);
}

/* --- the same packet twice --- */

static void test_twins(void)
{
	struct decode_options o = {.deduplicate = true};
	struct pack p;
	for (int six = 0; six < 2; six++) {
		build(&p, &rows[six]);
		uint8_t *ip = p.room + p.at + 14;
		struct decoder *d = decoder_of(&o, &heard);
		pack_feed(d, &p, 1000000);
		pack_feed(d, &p, 1000000 + 50000);
		is_int(heard.count, 1, "twice within 50 ms counts once");
		is_int(decoder_counters(d)->duplicate, 1, "and is counted");
		ip[six ? 7 : 8]--;
		pack_feed(d, &p, 1000000);
		is_int(heard.count, 1, "also behind a router");
		if (six) {
			ip[0] |= 0x0f; /* the traffic class, in two octets */
			ip[1] |= 0xf0;
			pack_feed(d, &p, 1000000);
			is_int(heard.count, 1, "that marks its class");
		}
		pack_feed(d, &p, 1000000 + 200001);
		is_int(heard.count, 2, "later it is another one");
		ip[six ? 3 : 4] ^= 1;
		pack_feed(d, &p, 1000000 + 200001);
		is_int(heard.count, 3,
		       "another identification or flow is another packet");
		ip[six ? 40 + 8 : 20 + 8] ^= 1;
		pack_feed(d, &p, 1000000 + 200001);
		is_int(heard.count, 4, "another content as well");
		ok(decode_counters_balance(decoder_counters(d)), "all counted");
		decoder_free(d);
		d = decoder_of(NULL, &heard);
		pack_feed(d, &p, 1000000);
		pack_feed(d, &p, 1000000);
		is_int(heard.count, 2, "without the option both count");
		decoder_free(d);
	}
}

/* --- anything at all --- */

static void test_noise(void)
{
	struct decode_options o = {.deduplicate = true, .frag_sets = 16, .streams = 16};
	struct decoder *d = decoder_of(&o, &heard);
	for (int i = 0; i < 60000; i++) {
		struct pack p;
		const struct row *r = &rows[below(ROWS(rows))];
		build(&p, r);
		for (unsigned n = below(5); n > 0; n--)
			p.room[p.at + below((unsigned)pack_len(&p))] =
			    (uint8_t)below(256);
		size_t len = below(3) ? pack_len(&p) : below((unsigned)pack_len(&p));
		feed_at(d, r->link, BYTES(p.room + p.at, len), (uint32_t)pack_len(&p),
			1000000 + i * 1000, (uint64_t)i);
	}
	decoder_finish(d);
	ok(decode_counters_balance(decoder_counters(d)), "nothing vanishes in noise");
	ok(heard.count > 10000, "and much still comes out: %u", heard.count);
	decoder_free(d);
}

int main(void)
{
	for (size_t i = 0; i < ROWS(rows); i++)
		test_row(&rows[i]);
	test_padding();
	test_extensions();
	test_reasons();
	test_icmp_copy();
	test_depth();
	test_ports();
	test_offload();
	test_sink_error();
	test_twins();
	test_noise();
	return tap_done();
}
