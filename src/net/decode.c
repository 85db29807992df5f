#include "net/decode.h"

#include <stdlib.h>

#include "net/walk.h"

#define SWEEP_US 100000 /* how often the tables are looked through for what is old */

static const layer_fn layers[LAYER_COUNT] = {
    [LAYER_ETHERNET] = walk_ethernet, [LAYER_ETHERTYPE] = walk_ethertype,
    [LAYER_LLC] = walk_llc,	      [LAYER_PPP] = walk_ppp,
    [LAYER_MPLS] = walk_mpls,	      [LAYER_IP] = walk_ip,
    [LAYER_PROTOCOL] = walk_protocol, [LAYER_GRE] = walk_gre,
    [LAYER_VXLAN] = walk_vxlan,	      [LAYER_VXLAN_GPE] = walk_vxlan_gpe,
    [LAYER_GENEVE] = walk_geneve,     [LAYER_GTP] = walk_gtp,
    [LAYER_TEREDO] = walk_teredo,     [LAYER_L2TP] = walk_l2tp,
    [LAYER_LISP] = walk_lisp,	      [LAYER_TZSP] = walk_tzsp,
    [LAYER_NSH] = walk_nsh,	      [LAYER_LINK] = walk_link,
    [LAYER_ETHERIP] = walk_etherip,
};

static void set_defaults(struct decode_options *o)
{
	if (o->port_count == 0) {
		o->ports[0] = 53;
		o->port_count = 1;
	}
	if (o->depth == 0 || o->depth > 255)
		o->depth = 8;
	if (o->frag_octets == 0)
		o->frag_octets = (size_t)16 << 20;
	if (o->stream_octets == 0)
		o->stream_octets = (size_t)32 << 20;
	if (o->frag_sets == 0)
		o->frag_sets = 8192;
	if (o->streams == 0)
		o->streams = 65536;
	if (o->frag_age_us == 0)
		o->frag_age_us = 30 * 1000000;
	if (o->stream_age_us == 0)
		o->stream_age_us = 120 * 1000000;
	if (o->hole_age_us == 0)
		o->hole_age_us = 5 * 1000000;
	if (o->twin_window_us == 0)
		o->twin_window_us = 50 * 1000;
}

static int make_tables(struct decoder *d)
{
	const struct decode_options *o = &d->options;
	struct frag_limits frag = {o->frag_octets, o->frag_sets, o->frag_age_us};
	struct stream_limits stream = {o->stream_octets, o->streams, o->stream_age_us,
				       o->hole_age_us};
	int r = frags_new(&frag, &d->counters, &d->frags);
	if (r == 0)
		r = streams_new(&stream, &d->counters, d->sink, d->arg, &d->streams);
	if (r == 0 && o->deduplicate)
		r = twins_new(o->twin_window_us, &d->twins);
	return r;
}

int decoder_new(const struct decode_options *o, datagram_fn sink, void *arg,
		struct decoder **ret)
{
	struct decoder *d = calloc(1, sizeof(*d));
	if (d == NULL)
		return YORE_ENOMEM;
	if (o != NULL)
		d->options = *o;
	set_defaults(&d->options);
	d->sink = sink;
	d->arg = arg;
	d->swept_us = INT64_MIN;
	d->unknown_link = UINT32_MAX;
	for (unsigned i = 0; i < d->options.port_count; i++) {
		uint16_t port = d->options.ports[i];
		d->dns_ports[port >> 6] |= (uint64_t)1 << (port & 63);
	}
	if (!d->options.outer_only)
		tunnel_ports(d->tunnel_ports);
	int r = d->options.aside ? 0 : make_tables(d);
	if (r < 0) {
		decoder_free(d);
		return r;
	}
	*ret = d;
	return 0;
}

void decoder_free(struct decoder *d)
{
	if (d == NULL)
		return;
	frags_free(d->frags);
	streams_free(d->streams);
	twins_free(d->twins);
	free(d);
}

/* Time goes on for streams and fragments even when none of theirs come. */
static int sweep(struct decoder *d, const struct frame *f)
{
	d->swept_us = f->time_us;
	frags_expire(d->frags, f->time_us);
	return streams_expire(d->streams, f);
}

int decoder_clock(struct decoder *d, const struct frame *now)
{
	bool due = now->time_us - SWEEP_US >= d->swept_us || now->time_us < d->swept_us;
	return due && !d->options.aside ? sweep(d, now) : 0;
}

enum layer walk_aside(struct walk *w)
{
	w->d->counters.frames--; /* whoever takes it counts it */
	w->result = w->d->options.aside(w->frame, w->d->arg);
	return LAYER_DONE;
}

int decoder_frame(struct decoder *d, const struct frame *f)
{
	struct walk w = {.d = d,
			 .frame = f,
			 .at = f->octets.at,
			 .end = f->octets.at + f->octets.len,
			 .link = f->link};
	d->counters.frames++;
	int r = decoder_clock(d, f);
	if (r < 0)
		return r;
	enum layer next = f->link == 1 ? walk_ethernet(&w) : walk_link(&w);
	/* Ends: a layer that leads to another takes octets or counts against depth. */
	while (next != LAYER_DONE)
		next = layers[next](&w);
	return w.result;
}

int decoder_finish(struct decoder *d)
{
	if (d->options.aside)
		return 0;
	frags_drop_all(d->frags);
	return streams_drop_all(d->streams);
}

const struct decode_counters *decoder_counters(const struct decoder *d)
{
	return &d->counters;
}

void decode_counters_add(struct decode_counters *sum, const struct decode_counters *more)
{
#define X(name, text) sum->name += more->name;
	DECODE_COUNTERS(X)
#undef X
}

uint32_t decoder_unknown_link(const struct decoder *d)
{
	return d->unknown_link;
}
