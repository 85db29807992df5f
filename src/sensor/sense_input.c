/* Inputs of a sensor: who they are, since when they are watched, what they lost. */
#include <inttypes.h>
#include <stdio.h>

#include "base/hash.h"
#include "sensor/identity.h"
#include "sensor/sense_own.h"

/* Producers that come back this soon carry on where they were. */
#define ABSENCE_US ((int64_t)60 * 1000000)

/* An identity of its own: nobody can offer these packets again. */
static void name_it(const struct sense *s, const struct sense_input *in, int64_t now_us,
		    struct ledger_entry *e)
{
	char text[320];
	int n = snprintf(text, sizeof(text), "%s %s %u", in->name,
			 in->is_dnstap ? "dnstap" : "live", in->number);
	uint64_t run;
	memcpy(&run, s->run, sizeof(run));
	struct frame first = {.time_us = now_us ^ (int64_t)run,
			      .octets = BYTES(text, (size_t)n)};
	identity_of(s->o.sensor ? s->o.sensor : "", &first, &e->input);
	snprintf(e->name, sizeof(e->name), "%s", in->name);
	snprintf(e->sensor, sizeof(e->sensor), "%s", s->o.sensor ? s->o.sensor : "");
	snprintf(e->kind, sizeof(e->kind), "%s", in->is_dnstap ? "dnstap" : "live");
	snprintf(e->version, sizeof(e->version), "%s", YORE_VERSION);
}

int sense_input_begin(struct sense *s, struct sense_input *in, int64_t now_us)
{
	struct ledger_entry start = {0};
	if (in->begun)
		return 0;
	in->number = s->next_number++;
	in->at = (struct input_position){0};
	in->told_packets = 0;
	in->since_us = now_us;
	name_it(s, in, now_us, &start);
	in->begun = true;
	return gather_input(s->chain.gather, in->number, &start);
}

void sense_input_look(struct sense *s, struct sense_input *in, int64_t now_us)
{
	if (!in->is_dnstap)
		return;
	bool there = dnstap_listen_counters(sense_listener(s, in))->connected > 0;
	if (there) {
		in->left_us = 0;
	} else if (in->begun && in->left_us == 0) {
		in->left_us = now_us;
	} else if (in->begun && now_us - in->left_us > ABSENCE_US) {
		in->begun = false;
	}
}

static void put_loss(struct buf *out, const char *name, uint64_t now, uint64_t told)
{
	if (now > told)
		buf_printf(out, "%s=%" PRIu64 "\n", name, now - told);
}

static void interface_losses(struct sense *s, struct sense_input *in)
{
	struct live_counters now;
	sense_live_count(s, (unsigned)(in - s->inputs), &now);
	put_loss(&s->losses, "live.dropped", now.dropped, in->told.dropped);
	put_loss(&s->losses, "live.interface_dropped", now.interface_dropped,
		 in->told.interface_dropped);
	put_loss(&s->losses, "live.link_unknown", now.link_unknown,
		 in->told.link_unknown);
	in->told = now;
}

static void listener_losses(struct sense *s, struct sense_input *in)
{
	struct dnstap_listen_counters now =
	    *dnstap_listen_counters(sense_listener(s, in));
	const struct dnstap_listen_counters *told = &in->told_dnstap;
	put_loss(&s->losses, "dnstap.broken_off", now.broken_off, told->broken_off);
	put_loss(&s->losses, "dnstap.not_streams", now.malformed, told->malformed);
	put_loss(&s->losses, "dnstap.absurd", now.absurd, told->absurd);
	put_loss(&s->losses, "dnstap.other_content", now.other_content,
		 told->other_content);
	put_loss(&s->losses, "dnstap.full", now.full, told->full);
	in->told_dnstap = now;
}

/* Of messages inside of all listeners together: the first one tells. */
static void message_losses(struct sense *s, struct sense_input *in)
{
	const struct dnstap_counters *now = dnstap_counters(s->chain.dnstap);
	const struct dnstap_counters *told = &in->told_messages;
	put_loss(&s->losses, "dnstap.malformed", now->malformed, told->malformed);
	put_loss(&s->losses, "dnstap.no_address", now->no_address, told->no_address);
	put_loss(&s->losses, "dnstap.other_kind", now->other_kind, told->other_kind);
	in->told_messages = *now;
}

static void tell_losses(struct sense *s, struct sense_input *in, bool first)
{
	buf_clear(&s->losses);
	if (in->is_dnstap)
		listener_losses(s, in);
	else
		interface_losses(s, in);
	if (first) { /* the tables are everybody's */
		message_losses(s, in);
		if (s->crew)
			crew_decoded(s->crew, &s->chain.beside);
		chain_losses(&s->chain, &s->losses);
	}
	gather_losses(s->chain.gather, in->number, buf_bytes(&s->losses));
}

/* A moment in which nothing came is one step of the position: it was watched. */
static bool anything(struct sense_input *in, bool silence_too, int64_t until_us)
{
	if (!in->begun)
		return false;
	if (in->told_packets != in->at.packets)
		return true;
	if (!silence_too || until_us <= in->since_us)
		return false;
	in->at.packets++;
	return true;
}

void sense_progress(struct sense *s, int64_t now_us, bool silence_too)
{
	bool first = true;
	for (unsigned i = 0; i < s->input_count; i++) {
		struct sense_input *in = &s->inputs[i];
		int64_t until_us = in->left_us ? in->left_us : now_us;
		if (!anything(in, silence_too, until_us))
			continue;
		in->told_packets = in->at.packets;
		if (until_us < in->since_us)
			until_us = in->since_us;
		gather_progress(s->chain.gather, in->number, &in->at, in->since_us,
				until_us);
		tell_losses(s, in, first);
		in->since_us = until_us;
		first = false;
	}
}
