/* Frames: options, then for each frame two octets of length, one of time, its octets. */
#include "net/decode.h"

#include "law.h"

static const uint32_t links[] = {1,   101, 0, 113, 276, 105, 127, 9,   192, 107,
				 239, 10,  6, 117, 258, 284, 229, 104, 51,  228};

struct heard {
	uint64_t udp, tcp, snapped;
	uint64_t sum;		 /* of all of them, in order */
	struct decoder *decoder; /* of parts: the one for what they hand aside */
};

static int hear(const struct datagram *d, void *arg)
{
	struct heard *h = arg;
	LAW(d->payload.len >= 12 && d->payload.len <= 65535, "%zu octets",
	    d->payload.len);
	LAW(d->src.len == d->dst.len && (d->src.len == 4 || d->src.len == 16),
	    "addresses");
	LAW(d->src_port == 53 || d->dst_port == 53, "ports");
	volatile uint8_t last = d->payload.at[d->payload.len - 1];
	(void)last;
	h->udp += d->transport == TRANSPORT_UDP;
	h->tcp += d->transport == TRANSPORT_TCP;
	h->snapped += d->snapped;
	for (size_t i = 0; i < d->payload.len; i++)
		h->sum = (h->sum ^ d->payload.at[i]) * 0x100000001b3u;
	h->sum = (h->sum ^ (uint64_t)d->time_us ^ d->number << 48 ^ d->src_port) *
		 0x100000001b3u;
	return 0;
}

static int hand_aside(const struct frame *f, void *arg)
{
	return decoder_frame(((struct heard *)arg)->decoder, f);
}

/* Two parts and one for what they hand aside: the same messages, the same counts. */
struct parts {
	struct heard heard;
	struct decoder *part[2];
};

static void parts_open(struct parts *p, const struct decode_options *o)
{
	struct decode_options aside = *o;
	aside.aside = hand_aside;
	LAW(decoder_new(o, hear, &p->heard, &p->heard.decoder) == 0 &&
		decoder_new(&aside, hear, &p->heard, &p->part[0]) == 0 &&
		decoder_new(&aside, hear, &p->heard, &p->part[1]) == 0,
	    "no memory");
}

static void parts_frame(struct parts *p, const struct frame *f)
{
	LAW(decoder_clock(p->heard.decoder, f) == 0, "the sink never fails");
	LAW(decoder_frame(p->part[f->number % 2], f) == 0, "the sink never fails");
}

static void parts_close(struct parts *p, const struct decode_counters *want, uint64_t sum)
{
	struct decode_counters c = {0};
	decoder_finish(p->heard.decoder);
	decode_counters_add(&c, decoder_counters(p->heard.decoder));
	for (int i = 0; i < 2; i++) {
		decode_counters_add(&c, decoder_counters(p->part[i]));
		decoder_free(p->part[i]);
	}
	decoder_free(p->heard.decoder);
	LAW(memcmp(&c, want, sizeof(c)) == 0, "parts count otherwise");
	LAW(sum == p->heard.sum, "parts give other messages");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input f = {data, size};
	uint8_t choice = feed_u8(&f);
	struct decode_options o = {.frag_sets = 8,
				   .streams = 8,
				   .frag_octets = 8192,
				   .stream_octets = 65536,
				   .deduplicate = choice & 1,
				   .outer_only = choice & 2};
	struct heard h = {0};
	struct decoder *d;
	struct parts parts = {0};
	if (decoder_new(&o, hear, &h, &d) < 0)
		return 0;
	parts_open(&parts, &o);
	uint32_t link = links[(choice >> 2) % (sizeof(links) / sizeof(*links))];
	int64_t time_us = 1000000;
	uint64_t number = 0;
	while (f.left > 0) {
		uint16_t len = feed_u16(&f);
		time_us += (int64_t)(int8_t)feed_u8(&f) * 100000;
		struct bytes b = feed_bytes(&f, len);
		uint8_t *copy = malloc(b.len + 1);
		memcpy(copy, b.at, b.len);
		struct frame frame = {.time_us = time_us,
				      .link = link,
				      .wire_len = (uint32_t)b.len,
				      .octets = BYTES(copy, b.len),
				      .number = ++number};
		LAW(decoder_frame(d, &frame) == 0, "the sink never fails");
		parts_frame(&parts, &frame);
		free(copy);
		LAW(decode_counters_balance(decoder_counters(d)), "frames vanished");
	}
	decoder_finish(d);
	const struct decode_counters *c = decoder_counters(d);
	LAW(decode_counters_balance(c), "frames vanished at the end");
	LAW(c->messages_udp == h.udp && c->messages_tcp == h.tcp &&
		c->snapped == h.snapped,
	    "messages are counted");
	LAW(c->frag_done <= c->fragments, "fragments");
	parts_close(&parts, c, h.sum);
	decoder_free(d);
	return 0;
}
