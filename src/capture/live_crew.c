#include "capture/live_crew.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define TURN 256      /* frames between two looks at the clock */
#define POLL_MS 20    /* a thread without frames says so this often */
#define ITEM_ALIGN 16 /* of items in a batch */

struct batch {
	uint8_t *octets;
	size_t used;
};

/* One thread, and its queue. */
struct hand {
	struct crew *crew;
	struct live *live;
	struct decoder *decoder;
	pthread_t thread;
	bool started;

	/* the thread's own: the batch being filled, what passed since the last item */
	struct batch *filling;
	unsigned filled;
	const struct frame *frame;
	struct {
		uint64_t frames, octets;
	} passed[LIVE_INTERFACES_MOST];

	/* behind the lock */
	pthread_mutex_t lock;
	pthread_cond_t room;
	unsigned queued;  /* batches that wait for the reader */
	int64_t clear_ns; /* nothing older will come */
	bool ended;
	struct fault fault; /* why, when that was not asked for */
	struct decode_counters decoded;
	uint64_t frames[LIVE_INTERFACES_MOST], link_unknown[LIVE_INTERFACES_MOST];

	/* the reader's own */
	unsigned reading; /* which batch */
	size_t at;
	bool open; /* that batch is ours to read */

	struct batch batches[CREW_BATCHES];
};

struct crew {
	unsigned count;
	int event;
	bool stop;	    /* atomic */
	struct hand *given; /* whose item the reader has */
	unsigned interfaces;
	struct hand hands[];
};

static int64_t wall_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- the threads ---- */

static bool stopped(const struct crew *c)
{
	return __atomic_load_n(&c->stop, __ATOMIC_ACQUIRE);
}

static void publish(struct hand *h, int64_t clear_ns)
{
	h->decoded = *decoder_counters(h->decoder);
	for (unsigned i = 0; i < h->crew->interfaces; i++)
		live_taken(h->live, i, &h->frames[i], &h->link_unknown[i]);
	if (clear_ns > h->clear_ns)
		h->clear_ns = clear_ns;
}

static void wake(struct crew *c)
{
	uint64_t one = 1;
	ssize_t ignored = write(c->event, &one, sizeof(one));
	(void)ignored; /* full: the reader has enough to wake for */
}

/* What is filled goes to the reader; waits until there is room for more. */
static void hand_over(struct hand *h, int64_t clear_ns)
{
	pthread_mutex_lock(&h->lock);
	publish(h, clear_ns);
	if (h->filling->used > 0) {
		h->queued++;
		h->filled = (h->filled + 1) % CREW_BATCHES;
	}
	wake(h->crew);
	while (h->queued == CREW_BATCHES && !stopped(h->crew))
		pthread_cond_wait(&h->room, &h->lock);
	h->filling = &h->batches[h->filled];
	if (h->queued < CREW_BATCHES)
		h->filling->used = 0;
	pthread_mutex_unlock(&h->lock);
}

static size_t aligned(size_t n)
{
	return (n + ITEM_ALIGN - 1) & ~(size_t)(ITEM_ALIGN - 1);
}

/* An item with a copy of `content` behind it, the octets of which are *at. */
static int put(struct hand *h, const struct crew_item *item, struct bytes content,
	       int64_t time_ns, struct crew_item **ret)
{
	size_t size = aligned(sizeof(*item)) + aligned(content.len);
	if (CREW_BATCH - h->filling->used < size)
		hand_over(h, time_ns);
	if (stopped(h->crew) || CREW_BATCH - h->filling->used < size)
		return YORE_ELIMIT; /* asked to end while there was no room */
	uint8_t *at = h->filling->octets + h->filling->used;
	struct crew_item *to = (struct crew_item *)at;
	*to = *item;
	to->time_ns = time_ns;
	to->size = (uint32_t)size;
	to->frames = h->passed[to->interface].frames;
	to->octets = h->passed[to->interface].octets;
	h->passed[to->interface].frames = h->passed[to->interface].octets = 0;
	if (content.len > 0)
		memcpy(at + aligned(sizeof(*item)), content.at, content.len);
	h->filling->used += size;
	if (ret != NULL)
		*ret = to;
	return 0;
}

static struct bytes content_of(const struct crew_item *item, size_t len)
{
	return BYTES((const uint8_t *)item + aligned(sizeof(*item)), len);
}

static int64_t time_ns(const struct hand *h)
{
	return h->frame->time_us * 1000 + live_nanoseconds(h->live);
}

static int put_datagram(const struct datagram *d, void *arg)
{
	struct hand *h = arg;
	struct crew_item item = {.kind = CREW_DATAGRAM,
				 .interface = (uint16_t)h->frame->input,
				 .datagram = *d};
	struct crew_item *at;
	int r = put(h, &item, d->payload, time_ns(h), &at);
	if (r == 0)
		at->datagram.payload = content_of(at, d->payload.len);
	return r;
}

static int put_frame(const struct frame *f, void *arg)
{
	struct hand *h = arg;
	struct crew_item item = {
	    .kind = CREW_FRAME, .interface = (uint16_t)f->input, .frame = *f};
	struct crew_item *at;
	int r = put(h, &item, f->octets, time_ns(h), &at);
	if (r == 0)
		at->frame.octets = content_of(at, f->octets.len);
	return r;
}

/* Frames that gave nothing are a part of the positions, too. */
static void put_rest(struct hand *h, int64_t at_ns)
{
	for (unsigned i = 0; i < h->crew->interfaces; i++) {
		struct crew_item item = {.kind = CREW_COUNT, .interface = (uint16_t)i};
		if (h->passed[i].frames > 0 &&
		    put(h, &item, BYTES("", 0), at_ns, NULL) < 0)
			return;
	}
}

/* Up to TURN frames: 1 when there were any, 0 none, negative. */
static int drain(struct hand *h, int64_t now_us)
{
	struct frame frame;
	int r = 0;
	unsigned n = 0;
	for (; n < TURN; n++) {
		r = live_next(h->live, now_us, &frame, &h->fault);
		if (r != 1)
			break;
		h->frame = &frame;
		h->passed[frame.input].frames++;
		h->passed[frame.input].octets += frame.octets.len;
		r = decoder_frame(h->decoder, &frame);
		if (r < 0)
			break;
	}
	return r < 0 ? r : n > 0;
}

static void *work(void *arg)
{
	struct hand *h = arg;
	struct pollfd fds[LIVE_INTERFACES_MOST];
	unsigned n = live_poll(h->live, fds, LIVE_INTERFACES_MOST);
	int r = 0;
	while (r >= 0 && !stopped(h->crew)) {
		int64_t now_us = wall_us();
		int64_t clear_ns = (now_us - live_hold_us(h->live)) * 1000;
		r = drain(h, now_us);
		if (r == 1)
			continue;
		put_rest(h, clear_ns);
		hand_over(h, clear_ns);
		if (r == 0)
			poll(fds, n, POLL_MS);
	}
	pthread_mutex_lock(&h->lock);
	publish(h, INT64_MIN);
	h->ended = true;
	pthread_mutex_unlock(&h->lock);
	wake(h->crew);
	return NULL;
}

/* ---- beginning and end ---- */

static int hand_init(struct hand *h, const struct decode_options *net)
{
	struct decode_options o = *net;
	o.aside = put_frame;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->room, NULL);
	h->clear_ns = INT64_MIN;
	for (unsigned i = 0; i < CREW_BATCHES; i++) {
		h->batches[i].octets = aligned_alloc(ITEM_ALIGN, CREW_BATCH);
		if (h->batches[i].octets == NULL)
			return YORE_ENOMEM;
	}
	h->filling = &h->batches[0];
	return decoder_new(&o, put_datagram, h, &h->decoder);
}

int crew_open(const struct live_options *o, const struct decode_options *net,
	      struct fault *f, struct crew **ret)
{
	struct live *lives[CREW_MOST];
	unsigned count = o->threads < CREW_MOST ? o->threads : CREW_MOST;
	struct crew *c = calloc(1, sizeof(*c) + count * sizeof(struct hand));
	if (c == NULL)
		return fault_set(f, YORE_ENOMEM, "no memory for live capture");
	c->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	c->interfaces = o->interface_count;
	int r = c->event < 0 ? fault_set(f, YORE_EIO, "eventfd: %s", strerror(errno)) : 0;
	if (r == 0)
		r = live_open_shared(o, count, f, lives);
	c->count = r == 0 ? count : 0;
	for (unsigned i = 0; i < c->count; i++) {
		c->hands[i].crew = c;
		c->hands[i].live = lives[i];
	}
	for (unsigned i = 0; i < c->count && r == 0; i++)
		if ((r = hand_init(&c->hands[i], net)) < 0)
			fault_set(f, r, "no memory for live capture");
	if (r < 0) {
		crew_close(c);
		return r;
	}
	*ret = c;
	return 0;
}

int crew_start(struct crew *c, struct fault *f)
{
	for (unsigned i = 0; i < c->count; i++) {
		int err = pthread_create(&c->hands[i].thread, NULL, work, &c->hands[i]);
		if (err)
			return fault_set(f, YORE_EIO, "a thread for the capture: %s",
					 strerror(err));
		c->hands[i].started = true;
	}
	return 0;
}

static void hand_release(struct hand *h)
{
	if (h->started) {
		pthread_mutex_lock(&h->lock);
		pthread_cond_broadcast(&h->room);
		pthread_mutex_unlock(&h->lock);
		pthread_join(h->thread, NULL);
	}
	decoder_free(h->decoder);
	live_close(h->live);
	for (unsigned i = 0; i < CREW_BATCHES; i++)
		free(h->batches[i].octets);
}

void crew_close(struct crew *c)
{
	if (c == NULL)
		return;
	__atomic_store_n(&c->stop, true, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < c->count; i++)
		hand_release(&c->hands[i]);
	if (c->event >= 0)
		close(c->event);
	free(c);
}

/* ---- the reader ---- */

static struct crew_item *head(const struct hand *h)
{
	return (struct crew_item *)(h->batches[h->reading].octets + h->at);
}

static void give_back(struct hand *h)
{
	pthread_mutex_lock(&h->lock);
	h->queued--;
	pthread_cond_signal(&h->room);
	pthread_mutex_unlock(&h->lock);
	h->reading = (h->reading + 1) % CREW_BATCHES;
	h->open = false;
}

/* An item is at hand: true; else until when none will come. */
static bool ready(struct hand *h, int64_t *ret_clear_ns)
{
	if (!h->open) {
		pthread_mutex_lock(&h->lock);
		h->open = h->queued > 0;
		*ret_clear_ns = h->ended ? INT64_MAX : h->clear_ns;
		pthread_mutex_unlock(&h->lock);
		h->at = 0;
	}
	return h->open;
}

/* The hand with the oldest item, unless another may still come with an older one. */
static struct hand *oldest(struct crew *c)
{
	struct hand *best = NULL;
	int64_t clear_ns = INT64_MAX, upto_ns;
	for (unsigned i = 0; i < c->count; i++) {
		struct hand *h = &c->hands[i];
		if (!ready(h, &upto_ns))
			clear_ns = upto_ns < clear_ns ? upto_ns : clear_ns;
		else if (best == NULL || head(h)->time_ns < head(best)->time_ns)
			best = h;
	}
	return best != NULL && head(best)->time_ns <= clear_ns ? best : NULL;
}

static int look_for_gone(struct crew *c, struct fault *f)
{
	int code = 0;
	for (unsigned i = 0; i < c->count && code == 0; i++) {
		struct hand *h = &c->hands[i];
		pthread_mutex_lock(&h->lock);
		if (h->ended && h->queued == 0 && h->fault.code < 0) {
			*f = h->fault;
			code = f->code;
		}
		pthread_mutex_unlock(&h->lock);
	}
	return code;
}

static void done_with(struct crew *c)
{
	struct hand *h = c->given;
	if (h == NULL)
		return;
	c->given = NULL;
	h->at += head(h)->size;
	if (h->at >= h->batches[h->reading].used)
		give_back(h);
}

int crew_next(struct crew *c, struct crew_item **ret, struct fault *f)
{
	uint64_t woken;
	done_with(c);
	struct hand *h = oldest(c);
	/* forgotten before looking once more, so that nothing is slept over */
	if (h == NULL && read(c->event, &woken, sizeof(woken)) == sizeof(woken))
		h = oldest(c);
	if (h == NULL)
		return look_for_gone(c, f);
	c->given = h;
	*ret = head(h);
	return 1;
}

int crew_fd(const struct crew *c)
{
	return c->event;
}

bool crew_behind(struct crew *c, int64_t time_us)
{
	bool behind = false;
	for (unsigned i = 0; i < c->count; i++) {
		struct hand *h = &c->hands[i];
		pthread_mutex_lock(&h->lock);
		behind |= h->queued > 0 || (!h->ended && h->clear_ns < time_us * 1000);
		pthread_mutex_unlock(&h->lock);
	}
	return behind;
}

void crew_count(struct crew *c, unsigned interface, struct live_counters *ret)
{
	*ret = (struct live_counters){0};
	for (unsigned i = 0; i < c->count; i++) {
		struct hand *h = &c->hands[i];
		struct live_counters part;
		live_count(h->live, interface, &part);
		/* the thread writes its own two: as of its last hand-over */
		pthread_mutex_lock(&h->lock);
		part.frames = h->frames[interface] + ret->frames;
		part.link_unknown = h->link_unknown[interface] + ret->link_unknown;
		pthread_mutex_unlock(&h->lock);
		part.dropped += ret->dropped;
		part.freezes += ret->freezes;
		*ret = part; /* the interface's own losses are not divided */
	}
}

void crew_decoded(struct crew *c, struct decode_counters *ret)
{
	*ret = (struct decode_counters){0};
	for (unsigned i = 0; i < c->count; i++) {
		struct hand *h = &c->hands[i];
		pthread_mutex_lock(&h->lock);
		decode_counters_add(ret, &h->decoded);
		pthread_mutex_unlock(&h->lock);
	}
}
