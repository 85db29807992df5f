/*
 * A frame stream of dnstap as a socket gives it: first octet the size of pieces. In
 * pieces or whole it must come out the same, and every frame's fate is counted.
 */
#include "capture/dnstap.h"
#include "capture/fstrm_step.h"

#include "law.h"

#define EVENTS_MOST 100000

struct outcome {
	unsigned events, data, replies;
	size_t used, data_octets;
	int err;
	bool over;
};

static struct outcome take(struct bytes in, size_t piece, struct dnstap *tap)
{
	struct outcome o = {0};
	struct fstrm_step s;
	size_t have = 0;
	if (fstrm_step_init(&s) < 0)
		return o;
	while (s.state != FSTRM_OVER && o.events++ < EVENTS_MOST) {
		int r = fstrm_step(&s, BYTES(in.at + o.used, have));
		LAW(s.used <= have, "used more than there was");
		if (r < 0) {
			o.err = r;
			break;
		}
		if (r == FSTRM_MORE) {
			LAW(s.want > have && s.used == 0, "wants what it has");
			LAW(s.want <= FSTRM_FRAME_MOST + 12, "wants %zu", s.want);
			o.events--;
			size_t left = in.len - o.used - have;
			if (left == 0)
				break;
			have += left < piece ? left : piece;
			continue;
		}
		if (r == FSTRM_DATA) {
			o.data++;
			o.data_octets += s.data.len;
			struct frame f = {.link = LINK_DNSTAP, .octets = s.data};
			struct datagram d;
			if (tap != NULL && dnstap_datagram(tap, &f, &d) == 1) {
				LAW(d.src.len == d.dst.len && d.payload.len > 0,
				    "addresses of two families, or nothing said");
				volatile uint8_t last = d.payload.at[d.payload.len - 1];
				(void)last;
			}
		} else if (r == FSTRM_REPLY) {
			o.replies++;
			LAW(s.reply.len >= 12 && s.reply.len <= 64, "a reply's length");
		}
		LAW(s.used > 0, "an event of nothing");
		o.used += s.used;
		have -= s.used;
	}
	o.over = s.state == FSTRM_OVER;
	fstrm_step_release(&s);
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dnstap *tap;
	if (size < 1 || dnstap_new(&tap) < 0)
		return 0;
	struct bytes in = BYTES(data + 1, size - 1);
	struct outcome whole = take(in, in.len + 1, tap);
	struct outcome parts = take(in, (size_t)data[0] + 1, NULL);
	LAW(whole.data == parts.data && whole.data_octets == parts.data_octets &&
		whole.replies == parts.replies && whole.err == parts.err &&
		whole.used == parts.used && whole.over == parts.over,
	    "in pieces of %u octets another stream", data[0] + 1u);
	const struct dnstap_counters *c = dnstap_counters(tap);
	LAW(c->messages == whole.data, "a frame vanished");
	LAW(c->messages == c->queries + c->responses + c->malformed + c->other_kind,
	    "fates");
	dnstap_free(tap);
	return 0;
}
