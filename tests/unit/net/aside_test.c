/* One decoder, or several that hand aside what they cannot know alone: the same. */
#include "tap.h"
#include "unit/net/pack.h"

#define FRAMES 6000
#define PARTS 3

/* All that came out, in order, as one sum. */
struct sum {
	uint64_t hash;
	unsigned count;
};

static int add(const struct datagram *d, void *arg)
{
	struct sum *s = arg;
	s->hash = (s->hash ^ d->payload.len ^ d->src_port) * 0x100000001b3u;
	for (size_t i = 0; i < d->payload.len; i++)
		s->hash = (s->hash ^ d->payload.at[i]) * 0x100000001b3u;
	s->hash ^= (uint64_t)d->time_us ^ d->number << 40;
	s->count++;
	return 0;
}

/* The decoder for what the parts hand aside; its clock is every message's. */
struct last {
	struct decoder *decoder;
	struct sum sum;
};

static int pass(const struct frame *f, void *arg)
{
	return decoder_frame(((struct last *)arg)->decoder, f);
}

static int take(const struct datagram *d, void *arg)
{
	struct last *l = arg;
	const struct frame now = {.time_us = d->time_us, .number = d->number};
	int r = decoder_clock(l->decoder, &now);
	return r < 0 ? r : add(d, &l->sum);
}

static void udp_frame(struct pack *p, unsigned i)
{
	char text[32] = "\0\0\x81\x80\0\1\0\0\0\0\0\0";
	store_u16be((uint8_t *)text, (uint16_t)i);
	pack_begin(p, BYTES(text, 12 + i % 16));
	pack_udp(p, i % 7 ? 53 : 54, (uint16_t)(1024 + i % 50));
}

static unsigned tcp_count;

/* Twenty connections by turns, each message in two segments, of which some are lost. */
static void tcp_frame(struct pack *p)
{
	unsigned n = tcp_count;
	char text[40] = "\0\x10\0\0\x81\x80\0\1";
	tcp_count = n += below(20) ? 1 : 2;
	unsigned half = n & 1, port = n / 2 % 20, turn = n / 40;
	bool first = turn == 0 && half == 0;
	pack_begin(p, BYTES(text + 9 * half, 9));
	pack_tcp(p, 53, (uint16_t)(1024 + port), 1000 + turn * 18 + 9 * half - first,
		 first ? 0x1a : 0x18);
}

static void frame(struct pack *p, unsigned i)
{
	unsigned what = below(10);
	if (what < 2)
		tcp_frame(p);
	else
		udp_frame(p, below(2) ? i : i - below(3)); /* some of them twice */
	bool six = what == 3;
	if (six)
		pack_ip6(p, 17);
	else if (what == 4) /* a piece of something larger */
		pack_ip4_full(p, SERVER4, CLIENT4, 17, (uint16_t)(i / 4), 0x2000);
	else
		pack_ip4_full(p, SERVER4, CLIENT4, what < 2 ? 6 : 17, (uint16_t)i, 0);
	pack_ethernet(p, six ? 0x86dd : what == 5 ? 0x0806 : 0x0800);
}

static void test_parts(bool deduplicate)
{
	struct decode_options o = {.deduplicate = deduplicate, .frag_sets = 64};
	struct decode_options part = o;
	struct sum whole = {0};
	struct last last = {0};
	struct decoder *one, *parts[PARTS];
	struct decode_counters sum = {0};
	tcp_count = 0;
	part.aside = pass;
	if (decoder_new(&o, add, &whole, &one) < 0 ||
	    decoder_new(&o, add, &last.sum, &last.decoder) < 0)
		return;
	for (int i = 0; i < PARTS; i++)
		if (decoder_new(&part, take, &last, &parts[i]) < 0)
			return;
	for (unsigned i = 0; i < FRAMES; i++) {
		struct pack p;
		frame(&p, i + 10);
		struct frame f = {.time_us = 1000000 + i * 5000,
				  .link = 1,
				  .wire_len = (uint32_t)pack_len(&p),
				  .octets = pack_bytes(&p),
				  .number = i};
		decoder_frame(one, &f);
		decoder_frame(parts[below(PARTS)], &f);
	}
	decoder_finish(one);
	decoder_finish(last.decoder);
	decode_counters_add(&sum, decoder_counters(last.decoder));
	for (int i = 0; i < PARTS; i++) {
		is_int(decoder_finish(parts[i]), 0, "a part keeps nothing");
		decode_counters_add(&sum, decoder_counters(parts[i]));
		ok(decode_counters_balance(decoder_counters(parts[i])), "part balanced");
		decoder_free(parts[i]);
	}
	ok(whole.count > FRAMES / 4, "messages come out: %u", whole.count);
	is_int(last.sum.count, whole.count, "as many of them from parts");
	ok(last.sum.hash == whole.hash, "the same in the same order");
	ok(memcmp(&sum, decoder_counters(one), sizeof(sum)) == 0,
	   "the counters add up to the same");
	ok(sum.tcp_segments > 0 && sum.fragments > 0 && sum.not_ip > 0 &&
	       sum.messages_tcp > 0 && (sum.duplicate > 0) == deduplicate,
	   "of every kind");
	decoder_free(one);
	decoder_free(last.decoder);
}

int main(void)
{
	test_parts(false);
	test_parts(true);
	return tap_done();
}
