/* What came from interfaces and listeners, on its way into the chain. */
#include "sensor/sense_own.h"

#define TURN 8192 /* frames of one input before the others have a turn */

/* Who waits for an answer while nothing comes; at the end everybody who does. They are
   told of with the latest frame of an input that has begun. */
int sense_late_questions(struct sense *s, int64_t now_us, bool end)
{
	for (unsigned i = 0; s->who_asked && i < s->input_count; i++) {
		const struct sense_input *in = &s->inputs[i];
		if (!in->begun || in->at.packets == in->told_packets)
			continue;
		struct observer *ob = s->chain.observer;
		return end ? observer_end(ob, in->number, in->at.packets)
			   : observer_late(ob, now_us, in->number, in->at.packets);
	}
	return 0;
}

int sense_commit(struct sense *s, int64_t now_us, bool silence_too, struct fault *f)
{
	int r = sense_late_questions(s, now_us, false);
	if (r < 0)
		return r;
	sense_progress(s, now_us, silence_too);
	s->committed_us = now_us;
	return gather_hand_over(s->chain.gather, f);
}

/* As in import: a window goes in front of a frame, so a position covers whole frames. */
static int advance(struct sense *s, struct sense_input *in, uint64_t frames,
		   uint64_t octets, int64_t now_us, struct fault *f)
{
	int r = sense_input_begin(s, in, now_us);
	if (r == 0 && gather_due(s->chain.gather, now_us))
		r = sense_commit(s, now_us, false, f);
	if (r < 0)
		return r;
	in->at.packets += frames;
	in->at.octets += octets;
	in->frames += frames;
	return 0;
}

static int take(struct sense *s, struct sense_input *in, struct frame *frame,
		int64_t now_us, struct fault *f)
{
	int r = advance(s, in, 1, frame->octets.len, now_us, f);
	if (r < 0)
		return r;
	frame->input = in->number;
	frame->number = in->at.packets;
	if (in->is_dnstap && (frame->time_us < SENSE_EARLIEST_US ||
			      frame->time_us > now_us + SENSE_DAY_US)) {
		in->bad_date++; /* the producer's clock, not ours */
		return 0;
	}
	return chain_frame(&s->chain, frame);
}

static int take_item(struct sense *s, struct crew_item *item, int64_t now_us,
		     struct fault *f)
{
	struct sense_input *in = &s->inputs[item->interface];
	int r = advance(s, in, item->frames, item->octets, now_us, f);
	if (r < 0 || item->kind == CREW_COUNT)
		return r;
	if (item->kind == CREW_FRAME) {
		item->frame.input = in->number;
		item->frame.number = in->at.packets;
		return chain_frame(&s->chain, &item->frame);
	}
	item->datagram.input = in->number;
	item->datagram.number = in->at.packets;
	return chain_datagram(&s->chain, &item->datagram);
}

static int take_live(struct sense *s, int64_t now_us, uint64_t *count, struct fault *f)
{
	struct crew_item *item;
	struct frame frame;
	int r = 0;
	for (unsigned n = 0; n < TURN && r >= 0; n++) {
		r = s->crew ? crew_next(s->crew, &item, f)
			    : live_next(s->live, now_us, &frame, f);
		if (r != 1)
			break;
		++*count;
		r = s->crew ? take_item(s, item, now_us, f)
			    : take(s, &s->inputs[frame.input], &frame, now_us, f);
	}
	return r;
}

static int take_dnstap(struct sense *s, struct sense_input *in, int64_t now_us,
		       uint64_t *count, struct fault *f)
{
	struct dnstap_listen *l = sense_listener(s, in);
	struct frame frame;
	int r = 0;
	for (unsigned n = 0; n < TURN && r >= 0; n++) {
		if (dnstap_listen_next(l, now_us, &frame) != 1)
			break;
		++*count;
		r = take(s, in, &frame, now_us, f);
	}
	sense_input_look(s, in, now_us);
	return r;
}

int sense_take(struct sense *s, int64_t now_us, struct fault *f)
{
	uint64_t count = 0;
	int r = s->live_count > 0 ? take_live(s, now_us, &count, f) : 0;
	for (unsigned i = s->live_count; i < s->input_count && r >= 0; i++)
		r = take_dnstap(s, &s->inputs[i], now_us, &count, f);
	return r < 0 ? r : count > 0;
}
