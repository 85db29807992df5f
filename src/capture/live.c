#include "capture/live.h"

#include <poll.h>
#include <stdlib.h>

#include "capture/live_ring.h"

struct live {
	unsigned ring_count;
	/* a frame older than this is the oldest of all: no block is held longer */
	int64_t hold_us;
	uint32_t nanoseconds; /* of the frame given last, beyond its microseconds */
	struct ring rings[];
};

#define RETIRE_USUAL_MS 20
/* The kernel's timer that retires blocks is a jiffy or two late. */
#define HOLD_SLACK_US 20000

/* `groups`: a fanout group for each interface, or NULL. */
static int open_rings(const struct live_options *o, int *groups, struct fault *f,
		      struct live **ret)
{
	struct live *l = calloc(1, sizeof(*l) + o->interface_count * sizeof(struct ring));
	if (l == NULL)
		return fault_set(f, YORE_ENOMEM, "no memory for live capture");
	l->hold_us = (o->retire_ms ? o->retire_ms : RETIRE_USUAL_MS) * INT64_C(1000) +
		     HOLD_SLACK_US;
	int r = 0;
	for (unsigned i = 0; r == 0 && i < o->interface_count; i++) {
		l->ring_count = i + 1;
		r = ring_open(&l->rings[i], o->interfaces[i], o, f);
		if (r == 0 && groups != NULL)
			r = ring_join(&l->rings[i], &groups[i], f);
	}
	*ret = l; /* what there is, on failure as well */
	return r;
}

static int let_in(struct live *l, const struct live_filter *filter, struct fault *f)
{
	int r = 0;
	for (unsigned i = 0; r == 0 && i < l->ring_count; i++)
		r = ring_let_in(&l->rings[i], filter, f);
	return r;
}

/* The gates open when all are there: before that a part's frames would go to others. */
int live_open_shared(const struct live_options *o, unsigned count, struct fault *f,
		     struct live **ret)
{
	static const uint16_t dns[] = {53};
	struct live_filter filter;
	struct live_options part = *o;
	int groups[LIVE_INTERFACES_MOST];
	int r = live_filter_make(o->port_count ? o->ports : dns,
				 o->port_count ? o->port_count : 1, o->tunnels, &filter);
	if (r < 0)
		return fault_set(f, r, "too many ports for the kernel's filter");
	for (unsigned i = 0; i < LIVE_INTERFACES_MOST; i++)
		groups[i] = RING_NO_GROUP;
	part.ring = (o->ring ? o->ring : RING_USUAL) / count;
	for (unsigned i = 0; i < count; i++)
		ret[i] = NULL;
	for (unsigned i = 0; r == 0 && i < count; i++)
		r = open_rings(&part, count > 1 ? groups : NULL, f, &ret[i]);
	for (unsigned i = 0; r == 0 && i < count; i++)
		r = let_in(ret[i], &filter, f);
	for (unsigned i = 0; r < 0 && i < count; i++) {
		live_close(ret[i]);
		ret[i] = NULL;
	}
	return r;
}

int live_open(const struct live_options *o, struct fault *f, struct live **ret)
{
	struct live *one;
	int r = live_open_shared(o, 1, f, &one);
	if (r == 0)
		*ret = one;
	return r;
}

void live_close(struct live *l)
{
	if (l == NULL)
		return;
	for (unsigned i = 0; i < l->ring_count; i++)
		ring_close(&l->rings[i]);
	free(l);
}

/*
 * The ring whose next frame is oldest. While another ring shows nothing, a frame waits
 * until whatever the kernel holds back of that ring must be younger.
 */
static struct ring *oldest(struct live *l, int64_t now_us)
{
	struct ring *best = NULL;
	int64_t best_us = 0, at_us;
	bool all = true;
	for (unsigned i = 0; i < l->ring_count; i++) {
		if (!ring_peek(&l->rings[i], &at_us)) {
			all = false;
		} else if (best == NULL || at_us < best_us) {
			best = &l->rings[i];
			best_us = at_us;
		}
	}
	if (best != NULL && !all && best_us > now_us - l->hold_us)
		return NULL;
	return best;
}

static int look_for_gone(struct live *l, struct fault *f)
{
	for (unsigned i = 0; i < l->ring_count; i++)
		if (ring_gone(&l->rings[i]))
			return fault_set(f, YORE_EIO, "%s: the interface has gone",
					 l->rings[i].counters.name);
	return 0;
}

int live_next(struct live *l, int64_t now_us, struct frame *ret, struct fault *f)
{
	struct ring *r;
	while ((r = oldest(l, now_us)) != NULL)
		if (ring_take(r, ret, &l->nanoseconds) == 1) {
			ret->input = (uint32_t)(r - l->rings);
			return 1;
		}
	return look_for_gone(l, f);
}

uint32_t live_nanoseconds(const struct live *l)
{
	return l->nanoseconds;
}

int64_t live_hold_us(const struct live *l)
{
	return l->hold_us;
}

unsigned live_poll(const struct live *l, struct pollfd *ret, unsigned room)
{
	unsigned n = l->ring_count < room ? l->ring_count : room;
	for (unsigned i = 0; i < n; i++)
		ret[i] = (struct pollfd){.fd = l->rings[i].fd, .events = POLLIN};
	return n;
}

void live_count(struct live *l, unsigned interface, struct live_counters *ret)
{
	struct live_counters *c = &l->rings[interface].counters;
	ring_count(&l->rings[interface]);
	*ret = (struct live_counters){.dropped = c->dropped,
				      .freezes = c->freezes,
				      .interface_dropped = c->interface_dropped};
	memcpy(ret->name, c->name, sizeof(ret->name));
	live_taken(l, interface, &ret->frames, &ret->link_unknown);
}

void live_taken(const struct live *l, unsigned interface, uint64_t *ret_frames,
		uint64_t *ret_link_unknown)
{
	const struct live_counters *c = &l->rings[interface].counters;
	*ret_frames = __atomic_load_n(&c->frames, __ATOMIC_RELAXED);
	*ret_link_unknown = __atomic_load_n(&c->link_unknown, __ATOMIC_RELAXED);
}

unsigned live_interfaces(const struct live *l)
{
	return l->ring_count;
}
