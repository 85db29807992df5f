/* What the parts of sense share; internal to sensor/. */
#ifndef YORE_SENSOR_SENSE_OWN_H
#define YORE_SENSOR_SENSE_OWN_H

#include "capture/dnstap_listen.h"
#include "capture/live_crew.h"
#include "sensor/chain.h"
#include "sensor/sense.h"

#define SENSE_EARLIEST_US 631152000000000 /* 1990-01-01 */
#define SENSE_DAY_US ((int64_t)86400 * 1000000)

/* One interface or listener. */
struct sense_input {
	const char *name;
	bool is_dnstap;
	uint32_t number; /* of the input that it is at present */
	bool begun;	 /* that is known to gather */
	struct input_position at;
	uint64_t told_packets;	   /* how many of these gather was told of */
	int64_t since_us;	   /* watched since, not told of yet */
	int64_t left_us;	   /* a listener: the last producer left then; 0: no */
	uint64_t frames, bad_date; /* over all of its inputs */
	struct live_counters told;
	struct dnstap_listen_counters told_dnstap;
	struct dnstap_counters told_messages;
};

struct sense {
	struct sense_options o;
	struct live *live; /* one thread for everything; NULL: no interface, or */
	struct crew *crew; /* several on the interfaces */
	struct dnstap_listen *listeners[SENSE_DNSTAP_MOST];
	struct sense_input inputs[LIVE_INTERFACES_MOST + SENSE_DNSTAP_MOST];
	unsigned input_count, live_count; /* the interfaces come first */
	uint32_t next_number;
	struct chain chain;
	bool started;
	uint8_t run[8]; /* tells this run's inputs from any other's */
	struct buf losses;
	bool who_asked;
	int64_t asked_since_s;
	struct pseudonyms *pseudonyms;
	int64_t committed_us, beat_us;
};

static inline void sense_live_count(const struct sense *s, unsigned interface,
				    struct live_counters *ret)
{
	if (s->crew)
		crew_count(s->crew, interface, ret);
	else
		live_count(s->live, interface, ret);
}

static inline struct dnstap_listen *sense_listener(const struct sense *s,
						   const struct sense_input *in)
{
	return s->listeners[in - s->inputs - s->live_count];
}

/* What came, of each input a bounded number: 1 when there was any, 0, negative. */
int sense_take(struct sense *s, int64_t now_us, struct fault *f);
/* Everything watched so far is handed over to be written. */
int sense_commit(struct sense *s, int64_t now_us, bool silence_too, struct fault *f);

/* Tells of questions that wait for too long, or (at the end) of all that wait. */
int sense_late_questions(struct sense *s, int64_t now_us, bool end);

/* Makes it known to gather when it is not: from now on it is watched. */
int sense_input_begin(struct sense *s, struct sense_input *in, int64_t now_us);
/* Whether a listener has somebody to listen to; a long absence ends the input. */
void sense_input_look(struct sense *s, struct sense_input *in, int64_t now_us);
/* Everything watched so far, and what was lost, to gather: before a hand-over. */
void sense_progress(struct sense *s, int64_t now_us, bool silence_too);

#endif
