/* Fragments: any order, copies, contradictions, what is late and what is too much. */
#include "net/frag.h"
#include "tap.h"
#include "unit/net/pack.h"

static struct heard heard;
static uint8_t message[60000];

/* A UDP message, 53 to 4000, of `len` octets: the IP payload that gets cut up. */
static struct pack whole;

static struct bytes datagram_of(size_t len)
{
	pack_begin(&whole, BYTES(message, len));
	pack_udp(&whole, 53, 4000);
	return pack_bytes(&whole);
}

struct cut {
	size_t at, len;
};

static void send(struct decoder *d, bool six, struct bytes all, struct cut c, uint32_t id,
		 int64_t time_us)
{
	static struct pack p;
	bool more = c.at + c.len < all.len;
	pack_begin(&p, BYTES(all.at + c.at, c.len));
	if (six) {
		uint8_t *h = pack_front(&p, 8);
		h[0] = 17;
		store_u16be(h + 2, (uint16_t)(c.at | more));
		store_u32be(h + 4, id);
		pack_ip6(&p, 44);
	} else {
		pack_ip4_full(&p, SERVER4, CLIENT4, 17, (uint16_t)id,
			      (uint16_t)(c.at / 8 | (more ? 0x2000 : 0)));
	}
	pack_ethernet(&p, six ? 0x86dd : 0x0800);
	pack_feed(d, &p, time_us);
}

/* Random cuts at multiples of eight; returns how many. */
static unsigned cut_up(size_t len, struct cut *cuts, unsigned most)
{
	unsigned n = 0;
	for (size_t at = 0; at < len;) {
		size_t step = 8 * (1 + below(n + 1 < most ? 80 : 1));
		if (n + 1 == most || at + step > len)
			step = len - at;
		cuts[n++] = (struct cut){at, step};
		at += step;
	}
	return n;
}

static void shuffle(struct cut *cuts, unsigned n)
{
	for (unsigned i = n; i > 1; i--) {
		unsigned j = below(i);
		struct cut c = cuts[j];
		cuts[j] = cuts[i - 1];
		cuts[i - 1] = c;
	}
}

static bool heard_message(size_t len)
{
	return heard.len == len && memcmp(heard.octets, message, len) == 0 &&
	       heard.last.src_port == 53 && !heard.last.snapped;
}

static void test_orders(void)
{
	struct cut cuts[200];
	int bad = 0;
	struct decoder *d = decoder_of(NULL, &heard);
	for (unsigned round = 0; round < 3000; round++) {
		bool six = round & 1;
		size_t len = 12 + below(below(50) ? 4000 : 50000);
		struct bytes all = datagram_of(len);
		unsigned n = cut_up(all.len, cuts, 2 + below(100)), before = heard.count;
		if (round % 3)
			shuffle(cuts, n);
		for (unsigned i = 0; i < n; i++) {
			send(d, six, all, cuts[i], round, 1000000 + round * 100);
			if (i + 1 < n && below(3) == 0) /* copies are taken once */
				send(d, six, all, cuts[below(i + 1)], round,
				     1000000 + round * 100);
		}
		bad += heard.count - before != (n > 0) || !heard_message(len);
	}
	is_int(bad, 0,
	       "3000 datagrams cut up, in any order, with copies, come out whole");
	const struct decode_counters *c = decoder_counters(d);
	ok(decode_counters_balance(c), "all counted");
	ok(c->frag_overlap == 0 && c->frag_full == 0 && c->frag_expired == 0,
	   "nothing was dropped");
	decoder_free(d);
}

/* Sends fragments of a datagram of 2008 octets (8 UDP) as listed; how many come out. */
static unsigned run(struct decoder *d, bool six, const struct cut *cuts, unsigned n,
		    uint32_t id)
{
	struct bytes all = datagram_of(2000);
	unsigned before = heard.count;
	for (unsigned i = 0; i < n; i++)
		send(d, six, all, cuts[i], id, 1000000);
	return heard.count - before;
}

static void test_overlaps(void)
{
	static const struct {
		const char *what;
		struct cut cuts[5];
		unsigned n, come;
	} cases[] = {
	    {"in order", {{0, 1000}, {1000, 1008}}, 2, 1},
	    {"from behind", {{1000, 1008}, {0, 1000}}, 2, 1},
	    {"a copy of the first", {{0, 1000}, {0, 1000}, {1000, 1008}}, 3, 1},
	    {"an overlap at the end", {{0, 1008}, {1000, 1008}}, 2, 0},
	    {"an overlap in front", {{1000, 1008}, {0, 1008}}, 2, 0},
	    {"one inside another", {{0, 1000}, {8, 16}, {1000, 1008}}, 3, 0},
	    {"one around another", {{8, 16}, {0, 1000}, {1000, 1008}}, 3, 0},
	    {"the same begin, another length", {{0, 1000}, {0, 800}, {1000, 1008}}, 3, 0},
	    {"dropped: the rest is swallowed",
	     {{0, 1008}, {1000, 1008}, {0, 1000}, {1000, 1008}},
	     4,
	     0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (int six = 0; six < 2; six++) {
			struct decoder *d = decoder_of(NULL, &heard);
			is_int(run(d, six, cases[i].cuts, cases[i].n, 7), cases[i].come,
			       cases[i].what);
			const struct decode_counters *c = decoder_counters(d);
			is_int(c->frag_overlap, 1 - cases[i].come, "dropped once");
			ok(decode_counters_balance(c), "all counted");
			decoder_free(d);
		}
	}
	/* the same place, other octets */
	struct decoder *d = decoder_of(NULL, &heard);
	struct bytes all = datagram_of(2000);
	send(d, false, all, (struct cut){0, 1000}, 7, 1000000);
	whole.room[whole.at + 500] ^= 1;
	send(d, false, all, (struct cut){0, 1000}, 7, 1000000);
	send(d, false, all, (struct cut){1000, 1008}, 7, 1000000);
	ok(heard.count == 0 && decoder_counters(d)->frag_overlap == 1,
	   "a copy with other octets contradicts");
	decoder_free(d);
}

/* Two ends, and data behind the end. */
static void test_ends(void)
{
	struct decoder *d = decoder_of(NULL, &heard);
	struct bytes all = datagram_of(2000);
	send(d, false, BYTES(all.at, 1600), (struct cut){800, 800}, 7, 1000000);
	send(d, false, all, (struct cut){1600, 408}, 7, 1000000);
	send(d, false, all, (struct cut){0, 800}, 7, 1000000);
	ok(heard.count == 0 && decoder_counters(d)->frag_overlap == 1, "two ends");
	send(d, false, BYTES(all.at, 1600), (struct cut){800, 800}, 8, 1000000);
	send(d, false, all, (struct cut){1600, 400}, 8, 1000000);
	ok(heard.count == 0 && decoder_counters(d)->frag_overlap == 2,
	   "data past the end");
	send(d, false, all, (struct cut){1600, 400}, 9, 1000000);
	send(d, false, BYTES(all.at, 1600), (struct cut){800, 800}, 9, 1000000);
	ok(heard.count == 0 && decoder_counters(d)->frag_overlap == 3,
	   "an end in front of data");
	decoder_free(d);

	/* RFC 791: all but the last are multiples of eight; none reaches past 65535 */
	d = decoder_of(NULL, &heard);
	send(d, false, all, (struct cut){0, 1001}, 7, 1000000);
	is_int(decoder_counters(d)->malformed, 1,
	       "a length that is no multiple of eight");
	static struct pack p;
	pack_begin(&p, BYTES(message, 100));
	pack_ip4_full(&p, SERVER4, CLIENT4, 17, 9, 0x1fff);
	pack_ethernet(&p, 0x0800);
	pack_feed(d, &p, 1000000);
	is_int(decoder_counters(d)->malformed, 2, "a fragment past 65535");
	pack_begin(&p, BYTES("", 0));
	pack_ip4_full(&p, SERVER4, CLIENT4, 17, 9, 0x2000);
	pack_ethernet(&p, 0x0800);
	pack_feed(d, &p, 1000000);
	is_int(decoder_counters(d)->malformed, 3, "an empty fragment");
	ok(decode_counters_balance(decoder_counters(d)), "all counted");
	decoder_free(d);
}

static void test_keys(void)
{
	struct decoder *d = decoder_of(NULL, &heard);
	struct bytes all = datagram_of(2000);
	send(d, false, all, (struct cut){0, 1000}, 7, 1000000);
	send(d, false, all, (struct cut){1000, 1008}, 8, 1000000);
	send(d, true, all, (struct cut){1000, 1008}, 7, 1000000);
	is_int(heard.count, 0, "another ID or version is another datagram");
	send(d, false, all, (struct cut){1000, 1008}, 7, 1000000);
	is_int(heard.count, 1, "the right one completes it");
	is_int(heard.last.time_us, 1000000, "at the time of the last fragment");
	send(d, false, all, (struct cut){1000, 1008}, 7, 1000000);
	send(d, false, all, (struct cut){0, 1000}, 7, 1000000);
	is_int(heard.count, 2, "an ID used again is a new datagram");
	decoder_free(d);
}

static void test_age(void)
{
	struct decode_options o = {.frag_age_us = 5000000};
	struct decoder *d = decoder_of(&o, &heard);
	struct bytes all = datagram_of(2000);
	send(d, false, all, (struct cut){0, 1000}, 7, 1000000);
	send(d, false, all, (struct cut){1000, 1008}, 7, 6000000);
	is_int(heard.count, 1, "five seconds later is in time");
	send(d, false, all, (struct cut){0, 1000}, 7, 11000000);
	send(d, false, all, (struct cut){1000, 1008}, 7, 16000001);
	is_int(heard.count, 1, "a microsecond more is too late");
	is_int(decoder_counters(d)->frag_expired, 1, "counted");
	decoder_finish(d);
	is_int(decoder_counters(d)->frag_expired, 2, "and so is what waits at the end");
	decoder_free(d);
}

static void test_full(void)
{
	struct decode_options o = {.frag_sets = 4};
	struct decoder *d = decoder_of(&o, &heard);
	struct bytes all = datagram_of(2000);
	for (uint32_t id = 0; id < 5; id++)
		send(d, false, all, (struct cut){0, 1000}, id, 1000000);
	is_int(decoder_counters(d)->frag_full, 1,
	       "the fifth of four displaces the oldest");
	send(d, false, all, (struct cut){1000, 1008}, 4, 1000000);
	send(d, false, all, (struct cut){1000, 1008}, 1, 1000000);
	is_int(heard.count, 2, "the others are there");
	send(d, false, all, (struct cut){1000, 1008}, 0, 1000000);
	is_int(heard.count, 2, "the oldest is not");
	decoder_free(d);

	struct decode_counters c = {0};
	struct frag_limits l = {.octets = 20000, .sets = 100, .age_us = 1000000};
	struct frags *t;
	struct frag_whole w;
	int bad = 0;
	if (frags_new(&l, &c, &t) < 0)
		return;
	for (uint32_t id = 0; id < 3000; id++) {
		struct fragment f = {.time_us = 1000 + id,
				     .src = (const uint8_t *)SERVER4,
				     .dst = (const uint8_t *)CLIENT4,
				     .addr_len = 4,
				     .protocol = 17,
				     .id = id / 20,
				     .offset = id % 20 * 1208,
				     .more = true,
				     .wanted = true,
				     .octets = BYTES(message, 8 + 8 * below(150))};
		frags_add(t, &f, &w);
		bad += frags_octets(t) > l.octets || frags_sets(t) > l.sets;
	}
	is_int(bad, 0, "the ceilings hold at every step");
	ok(c.frag_full > 0, "by dropping: %d", (int)c.frag_full);
	frags_drop_all(t);
	ok(frags_octets(t) == 0 && frags_sets(t) == 0, "nothing is kept at the end");
	frags_free(t);
	frags_free(NULL);
}

static void test_unwanted(void)
{
	static struct pack p;
	struct decoder *d = decoder_of(NULL, &heard);
	pack_begin(&p, BYTES(message, 2000));
	pack_udp(&p, 5000, 4000);
	uint8_t copy[2008];
	memcpy(copy, pack_bytes(&p).at, 2008);
	struct bytes all = BYTES(copy, 2008);
	send(d, false, all, (struct cut){1000, 1008}, 7, 1000000);
	send(d, false, all, (struct cut){0, 1000}, 7, 1000000);
	const struct decode_counters *c = decoder_counters(d);
	ok(heard.count == 0 && c->fragments == 2 && c->frag_done == 0,
	   "fragments of other ports are not put together");
	decoder_finish(d);
	is_int(c->frag_expired, 0, "and not called lost");
	ok(decode_counters_balance(c), "all counted");
	decoder_free(d);
}

/* A fragment that the capture cut leaves a hole that nothing fills. */
static void test_snapped(void)
{
	static struct pack p;
	struct decoder *d = decoder_of(NULL, &heard);
	struct bytes all = datagram_of(2000);
	pack_begin(&p, BYTES(all.at, 1000));
	pack_ip4_full(&p, SERVER4, CLIENT4, 17, 7, 0x2000);
	feed_at(d, 101, BYTES(p.room + p.at, 500), 1020, 1000000, 1);
	send(d, false, all, (struct cut){1000, 1008}, 7, 1000000);
	ok(heard.count == 0 && decoder_counters(d)->frag_snapped == 1,
	   "a fragment that was cut is not kept");
	decoder_free(d);
}

/* Fragments inside a tunnel, whose packets are in fragments again. */
static void test_nested(void)
{
	static struct pack p;
	struct decoder *d = decoder_of(NULL, &heard);
	struct bytes all = datagram_of(2000);
	for (int i = 0; i < 2; i++) {
		struct cut c = i ? (struct cut){1000, 1008} : (struct cut){0, 1000};
		pack_begin(&p, BYTES(all.at + c.at, c.len));
		pack_ip4_full(&p, SERVER4, CLIENT4, 17, 7,
			      (uint16_t)(c.at / 8 | (i ? 0 : 0x2000)));
		uint8_t inner[1100];
		size_t n = pack_len(&p);
		memcpy(inner, pack_bytes(&p).at, n);
		for (int j = 0; j < 2; j++) {
			size_t half = n / 16 * 8;
			pack_begin(&p, j ? BYTES(inner + half, n - half)
					 : BYTES(inner, half));
			pack_ip4_full(&p, "\12\0\0\1", "\12\0\0\2", 4, (uint16_t)(70 + i),
				      (uint16_t)(j ? half / 8 : 0x2000));
			pack_ethernet(&p, 0x0800);
			pack_feed(d, &p, 1000000);
		}
	}
	ok(heard.count == 1 && heard_message(2000), "fragments of fragments in a tunnel");
	ok(decode_counters_balance(decoder_counters(d)), "all counted");
	decoder_free(d);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)below(256);
	test_orders();
	test_overlaps();
	test_ends();
	test_keys();
	test_age();
	test_full();
	test_unwanted();
	test_snapped();
	test_nested();
	return tap_done();
}
