#include "sensor/sense.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "sensor/sense_own.h"
#include "sys/signals.h"

#define COMMIT_USUAL_US ((int64_t)10 * 1000000)
#define BEAT_US ((int64_t)1000000)
#define SILENCE_US ((int64_t)60 * 1000000) /* a quiet wire is told of this often */
#define MEMORY_USUAL ((size_t)320 << 20)
#define DRAIN_US ((int64_t)2 * 1000000) /* for what has arrived when asked to end */

static int64_t wall_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- beginning and end ---- */

/* A twentieth of what is left beside the queues of several threads. */
static size_t memory_unit(const struct sense_options *o)
{
	size_t all = o->memory ? o->memory : MEMORY_USUAL;
	size_t queues = o->live.threads > 1 ? o->live.threads * CREW_MEMORY : 0;
	return (all > 2 * queues ? all - queues : all / 2) / 20;
}

static int open_listeners(struct sense *s, struct fault *f)
{
	int r = 0;
	for (unsigned i = 0; i < s->o.dnstap_count && r == 0; i++) {
		s->inputs[s->input_count] =
		    (struct sense_input){.name = s->o.dnstap[i], .is_dnstap = true};
		r = dnstap_listen_open(s->o.dnstap[i], (gid_t)s->o.dnstap_group,
				       s->input_count, f, &s->listeners[i]);
		s->input_count++;
	}
	return r;
}

static void set_net(const struct sense_options *o, struct decode_options *net)
{
	size_t unit = memory_unit(o);
	*net = (struct decode_options){.port_count = o->live.port_count,
				       .frag_octets = unit,
				       .stream_octets = 2 * unit,
				       .deduplicate = o->deduplicate,
				       .outer_only = !o->live.tunnels};
	memcpy(net->ports, o->live.ports, sizeof(net->ports));
}

static int open_interfaces(struct sense *s, struct fault *f)
{
	struct decode_options net;
	if (s->o.live.threads <= 1)
		return live_open(&s->o.live, f, &s->live);
	set_net(&s->o, &net);
	return crew_open(&s->o.live, &net, f, &s->crew);
}

int sense_open(const struct sense_options *o, struct fault *f, struct sense **ret)
{
	struct sense *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return fault_set(f, YORE_ENOMEM, "no memory to begin with");
	s->o = *o;
	buf_init(&s->losses, 1 << 16);
	int r = 0;
	if (getrandom(s->run, sizeof(s->run), 0) != sizeof(s->run))
		r = fault_set(f, YORE_EIO, "no random numbers: %s", strerror(errno));
	if (r == 0 && o->live.interface_count > 0)
		r = open_interfaces(s, f);
	for (unsigned i = 0; r == 0 && i < o->live.interface_count; i++)
		s->inputs[s->input_count++].name = o->live.interfaces[i];
	s->live_count = s->input_count;
	if (r == 0)
		r = open_listeners(s, f);
	if (r < 0) {
		sense_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

void sense_keep_who(struct sense *s, int64_t since_s, struct pseudonyms *pseudonyms)
{
	s->who_asked = true;
	s->asked_since_s = since_s;
	s->pseudonyms = pseudonyms;
}

int sense_start(struct sense *s, struct store *store, const struct segment_sink *sink,
		struct fault *f)
{
	const struct sense_options *o = &s->o;
	size_t unit = memory_unit(o);
	struct chain_options c = {
	    .observe = {.accept_all = o->accept_all,
			.bailiwick_off = o->bailiwick_off,
			.vantage = o->vantage,
			.port_count = o->live.port_count,
			.selection = o->selection,
			.site = o->site,
			.negative_off = o->negative_off,
			.suspicious_off = o->suspicious_off,
			.memory = 3 * unit},
	    .who_asked = s->who_asked,
	    .gather = {.memory = 14 * unit,
		       .asked_since_s = s->asked_since_s,
		       .pseudonyms = s->pseudonyms,
		       .sensor = o->sensor ? sensor_hash(o->sensor) : 0},
	    .store = store,
	};
	set_net(o, &c.net);
	memcpy(c.observe.ports, o->live.ports, sizeof(c.observe.ports));
	struct segment_sink own = sink ? *sink : store_sink(store);
	int r = chain_init(&s->chain, &c, &own, f);
	s->started = r == 0;
	return r;
}

void sense_select(struct sense *s, const struct selection *selection)
{
	s->o.selection = selection;
	if (s->started)
		observer_select(s->chain.observer, selection);
}

void sense_know(struct sense *s, const struct site *site)
{
	s->o.site = site;
	if (s->started)
		observer_know(s->chain.observer, site);
	if (s->started) /* what failed there is told at the next commit */
		(void)!gather_know(s->chain.gather, site, NULL);
}

void sense_close(struct sense *s)
{
	if (s == NULL)
		return;
	if (s->started)
		chain_release(&s->chain);
	live_close(s->live);
	crew_close(s->crew);
	for (unsigned i = 0; i < SENSE_DNSTAP_MOST; i++)
		dnstap_listen_close(s->listeners[i]);
	buf_release(&s->losses);
	free(s);
}

/* ---- the loop ---- */

static bool due(const struct sense *s, int64_t now_us)
{
	int64_t every = s->o.commit_us ? s->o.commit_us : COMMIT_USUAL_US;
	return now_us - s->committed_us >= every && gather_idle(s->chain.gather);
}

static void beat(struct sense *s, const struct sense_hooks *h, int64_t now_us)
{
	if (now_us - s->beat_us < BEAT_US && now_us >= s->beat_us)
		return;
	s->beat_us = now_us;
	if (h->beat != NULL)
		h->beat(h->arg);
}

static int obey(struct sense *s, const struct sense_hooks *h, unsigned asked,
		int64_t now_us, struct fault *f)
{
	int r = 0;
	if ((asked & SIGNAL_TELL) && h->tell != NULL)
		h->tell(h->arg);
	if (asked & SIGNAL_RELOAD)
		r = sense_commit(s, now_us, true, f);
	if (r == 0 && (asked & SIGNAL_RELOAD) && h->reload != NULL)
		r = h->reload(h->arg);
	return r;
}

static unsigned fill_polls(const struct sense *s, const struct sense_hooks *h,
			   struct pollfd *fds)
{
	unsigned n = s->live ? live_poll(s->live, fds, LIVE_INTERFACES_MOST) : 0;
	if (s->crew)
		fds[n++] = (struct pollfd){.fd = crew_fd(s->crew), .events = POLLIN};
	for (unsigned i = 0; i < s->o.dnstap_count; i++)
		fds[n++] = (struct pollfd){.fd = dnstap_listen_fd(s->listeners[i]),
					   .events = POLLIN};
	if (h->asked_fd >= 0)
		fds[n++] = (struct pollfd){.fd = h->asked_fd, .events = POLLIN};
	return n;
}

/* What the kernel has taken in before the end was asked for. */
static int drain(struct sense *s, struct fault *f)
{
	int64_t asked_us = wall_us(), quiet_us = asked_us, now_us = asked_us;
	int r = 0;
	/* the kernel holds a block back for as long as that */
	while (r >= 0 && now_us - asked_us <= DRAIN_US &&
	       (now_us - quiet_us <= 100000 ||
		(s->crew && crew_behind(s->crew, asked_us)))) {
		r = sense_take(s, now_us, f);
		if (r > 0)
			quiet_us = now_us;
		if (r == 0)
			poll(NULL, 0, 5);
		now_us = wall_us();
	}
	return r < 0 ? r : 0;
}

/* Their frames may be committed already: the end is a moment more in which somebody
   watched, and they belong to it. */
static int end_questions(struct sense *s)
{
	if (!s->who_asked)
		return 0;
	for (unsigned i = 0; i < s->input_count; i++)
		if (s->inputs[i].begun) {
			s->inputs[i].at.packets++;
			break;
		}
	return sense_late_questions(s, wall_us(), true);
}

static int finish(struct sense *s, struct fault *f)
{
	int r = drain(s, f);
	int first = decoder_finish(s->chain.decoder);
	if (r == 0)
		r = first;
	if (r == 0)
		r = end_questions(s);
	sense_progress(s, wall_us(), true);
	if (r == 0)
		r = gather_flush(s->chain.gather, f);
	return r;
}

static int begin_watching(struct sense *s, int64_t now_us, struct fault *f)
{
	int r = 0;
	s->committed_us = now_us;
	if (s->crew)
		r = crew_start(s->crew, f);
	for (unsigned i = 0; i < s->live_count && r == 0; i++)
		r = sense_input_begin(s, &s->inputs[i], now_us);
	return r;
}

static int one_round(struct sense *s, const struct sense_hooks *h, int64_t now_us,
		     int64_t *quiet_since_us, struct fault *f)
{
	int r = sense_take(s, now_us, f);
	int e = 0;
	if (r >= 0 && due(s, now_us)) {
		bool silence = now_us - *quiet_since_us >= SILENCE_US;
		e = sense_commit(s, now_us, silence, f);
		if (silence)
			*quiet_since_us = now_us;
	}
	beat(s, h, now_us);
	return e < 0 ? e : r;
}

int sense_run(struct sense *s, const struct sense_hooks *h, struct fault *f)
{
	struct pollfd fds[LIVE_INTERFACES_MOST + SENSE_DNSTAP_MOST + 1];
	struct fault own = {0};
	int64_t now_us = wall_us(), quiet_since_us = now_us;
	unsigned n = fill_polls(s, h, fds), asked = 0;
	int r = begin_watching(s, now_us, &own);
	while (r >= 0 && !(asked & SIGNAL_END)) {
		if (r == 0)
			poll(fds, n, 50);
		now_us = wall_us();
		r = one_round(s, h, now_us, &quiet_since_us, &own);
		asked = h->asked ? h->asked(h->arg) : 0;
		int o = r < 0 ? r : obey(s, h, asked, now_us, &own);
		r = o < 0 ? o : r;
	}
	if (r >= 0) {
		r = finish(s, &own);
	} else { /* an interface has gone: what was seen before is worth keeping */
		struct fault ignored = {0};
		sense_progress(s, now_us, true);
		gather_flush(s->chain.gather, &ignored);
	}
	if (r < 0 && f != NULL) {
		*f = own;
		if (own.code == 0)
			fault_set(f, r, "watching ended: %s", yore_strerror(r));
	}
	return r < 0 ? r : 0;
}
