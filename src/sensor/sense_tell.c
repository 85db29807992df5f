/* How a sensor is doing, as lines "NUMBER NAME". */
#include <inttypes.h>

#include "sensor/sense_own.h"

static void put(struct buf *out, uint64_t n, const char *stage, const char *name,
		const char *of)
{
	if (n > 0)
		buf_printf(out, "%12" PRIu64 " %s.%s%s%s\n", n, stage, name,
			   *of ? " " : "", of);
}

static void tell_inputs(struct sense *s, struct buf *out)
{
	for (unsigned i = 0; i < s->input_count; i++) {
		const struct sense_input *in = &s->inputs[i];
		const char *of = in->name;
		if (in->is_dnstap) {
			const struct dnstap_listen_counters *c =
			    dnstap_listen_counters(sense_listener(s, in));
#define X(name, text) put(out, c->name, "dnstap", #name, of);
			DNSTAP_LISTEN_COUNTERS(X)
#undef X
			put(out, c->connected, "dnstap", "connected", of);
			put(out, in->frames, "dnstap", "frames", of);
			put(out, in->bad_date, "dnstap", "bad_date", of);
			continue;
		}
		struct live_counters c;
		sense_live_count(s, i, &c);
		put(out, c.frames, "live", "frames", of);
		put(out, c.dropped, "live", "dropped", of);
		put(out, c.freezes, "live", "freezes", of);
		put(out, c.interface_dropped, "live", "interface_dropped", of);
		put(out, c.link_unknown, "live", "link_unknown", of);
	}
}

void sense_tell(struct sense *s, struct buf *out)
{
	tell_inputs(s, out);
	if (!s->started)
		return;
	const struct dnstap_counters *tap = dnstap_counters(s->chain.dnstap);
	struct decode_counters sum, *net = &sum;
	const struct observe_counters *seen = observer_counters(s->chain.observer);
	const struct gather_counters *g = gather_counters(s->chain.gather);
	if (s->crew)
		crew_decoded(s->crew, &s->chain.beside);
	chain_decoded(&s->chain, &sum);
#define X(name, text) put(out, tap->name, "dnstap", #name, "");
	DNSTAP_COUNTERS(X)
#undef X
#define X(name, text) put(out, net->name, "net", #name, "");
	DECODE_COUNTERS(X)
#undef X
#define X(name, text) put(out, seen->name, "observe", #name, "");
	OBSERVE_COUNTERS(X)
#undef X
	put(out, g->sightings, "gather", "sightings", "");
	put(out, g->rrsets, "gather", "rrsets", "");
	put(out, g->rrs, "gather", "rrs", "");
	put(out, g->suspicious_left_out, "gather", "suspicious_left_out", "");
	put(out, g->segments, "gather", "segments", "");
	put(out, g->rows, "gather", "rows", "");
	put(out, g->heads_left_out, "gather", "heads_left_out", "");
	put(out, g->suspicious_left_out, "gather", "suspicious_left_out", "");
}

void sense_sums(struct sense *s, uint64_t *frames, uint64_t *lost)
{
	*frames = *lost = 0;
	for (unsigned i = 0; i < s->input_count; i++) {
		*frames += s->inputs[i].frames;
		if (s->inputs[i].is_dnstap)
			continue;
		struct live_counters c;
		sense_live_count(s, i, &c);
		*lost += c.dropped + c.interface_dropped;
	}
}
