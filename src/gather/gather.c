#include "gather/gather.h"

#include <stdlib.h>

#include "gather/inputs.h"
#include "gather/window.h"
#include "gather/writer.h"

#define MEMORY_DEFAULT ((size_t)256 << 20)

/* Sightings that wait for the memory they were asked to touch. */
#define PENDING 64
#define PENDING_OCTETS ((size_t)64 << 10)

/* Whoever can send packets past the sensor can make evidence: so much fits a window. */
#define SUSPICIOUS_ROWS 20000

struct pending {
	uint64_t hash;
	uint32_t key_at, key_len;
	unsigned shelf;
	struct window_sighting what;
};

/* The month and shelf of the latest sighting: nearly always those of the next one. */
struct place {
	int64_t start_s, end_s; /* of the month */
	int32_t month;
	int shelf;
};

struct gather {
	struct gather_options o;
	struct window windows[2];
	struct window *window; /* the one being filled */
	struct inputs inputs;
	struct writer writer;
	struct gather_counters c;
	struct place place;
	struct gather_source *source; /* the latest */
	uint32_t source_input;
	uint64_t mark; /* its mark on place.shelf */
	struct {
		int shelf;     /* of the window; -1: not yet looked for */
		uint64_t mark; /* of source */
	} private[SIGHTING_KINDS];
	struct pending pending[PENDING];
	unsigned pending_count;
	struct buf keys; /* theirs */
	struct buf key;	 /* of one row at a time */
	size_t early;	 /* handed over from here on when the writer has nothing to do */
	int64_t window_began_us;
};

/*
 * Of the memory, 3/16 are for the rows of each window and 10/16 for what is derived from
 * the one being written: measured, rows and derived rows stand about like 1 to 1.7.
 */
static int init_windows(struct gather *g)
{
	size_t unit = g->o.memory / 16;
	g->early = unit; /* the first: the writer has waited long enough */
	for (int i = 0; i < 2; i++) {
		int r = window_init(&g->windows[i], 3 * unit, 10 * unit, g->o.sensor);
		if (r < 0)
			return r;
	}
	g->window = &g->windows[0];
	return 0;
}

int gather_new(const struct segment_sink *sink, const struct gather_options *o,
	       struct gather **ret)
{
	struct gather *g = calloc(1, sizeof(*g));
	if (g == NULL)
		return YORE_ENOMEM;
	g->o = *o;
	if (g->o.memory == 0)
		g->o.memory = MEMORY_DEFAULT;
	g->place.shelf = -1;
	g->window_began_us = WHEN_UNKNOWN;
	buf_init(&g->keys, (size_t)64 << 20);
	buf_init(&g->key, 1 << 10);
	int r = init_windows(g);
	if (r == 0)
		r = window_writer_init(&g->writer, sink, o->collapse);
	if (r < 0) {
		gather_free(g);
		return r;
	}
	*ret = g;
	return 0;
}

void gather_free(struct gather *g)
{
	if (g == NULL)
		return;
	window_writer_release(&g->writer);
	window_release(&g->windows[0]);
	window_release(&g->windows[1]);
	inputs_release(&g->inputs);
	buf_release(&g->keys);
	buf_release(&g->key);
	free(g);
}

const struct gather_counters *gather_counters(const struct gather *g)
{
	/* what the writer counts is copied when somebody looks */
	struct gather *own = (struct gather *)g;
	pthread_mutex_lock(&own->writer.lock);
	struct gather_counters c = own->writer.counters;
	pthread_mutex_unlock(&own->writer.lock);
	c.sightings = g->c.sightings;
	c.already_there = g->c.already_there;
	c.suspicious_left_out = g->c.suspicious_left_out;
	own->c = c;
	return &own->c;
}

/* ---- inputs ---- */

int gather_input(struct gather *g, uint32_t input, const struct ledger_entry *start)
{
	struct gather_source *s = inputs_make(&g->inputs, input);
	if (s == NULL)
		return YORE_ENOMEM;
	g->source = NULL; /* they may have moved */
	s->entry = *start;
	s->entry.counters = BYTES(NULL, 0);
	return 0;
}

int gather_known(struct gather *g, uint32_t input, const char *shelf, uint64_t packets)
{
	struct gather_source *s = inputs_find(&g->inputs, input);
	g->source = NULL;
	return s ? source_set_mark(s, shelf, packets) : YORE_EUSAGE;
}

void gather_progress(struct gather *g, uint32_t input, const struct input_position *at,
		     int64_t first_us, int64_t last_us)
{
	struct gather_source *s = inputs_find(&g->inputs, input);
	if (s == NULL)
		return;
	s->entry.to = *at;
	s->moved = true;
	if (first_us == WHEN_UNKNOWN)
		return;
	if (s->first_us == WHEN_UNKNOWN || first_us < s->first_us)
		s->first_us = first_us;
	if (last_us > s->last_us)
		s->last_us = last_us;
	if (g->window_began_us == WHEN_UNKNOWN)
		g->window_began_us = first_us;
}

void gather_losses(struct gather *g, uint32_t input, struct bytes lines)
{
	struct gather_source *s = inputs_find(&g->inputs, input);
	if (s == NULL)
		return;
	s->losses_len = lines.len < INPUT_LOSSES_MAX ? lines.len : INPUT_LOSSES_MAX;
	if (s->losses_len > 0)
		memcpy(s->losses, lines.at, s->losses_len);
}

/* ---- sightings ---- */

static int settle(struct gather *g)
{
	int r = 0;
	for (unsigned i = 0; i < g->pending_count; i++)
		window_prefetch_row(g->window, g->pending[i].hash);
	for (unsigned i = 0; i < g->pending_count && r == 0; i++) {
		const struct pending *p = &g->pending[i];
		r = window_sight(g->window, p->hash, p->shelf,
				 BYTES(g->keys.at + p->key_at, p->key_len), &p->what);
	}
	g->pending_count = 0;
	buf_clear(&g->keys);
	return r;
}

static int find_place(struct gather *g, int64_t s)
{
	int32_t month = when_month(s);
	int shelf = window_shelf(g->window, when_month_year(month));
	g->source = NULL; /* its mark was for another shelf */
	if (shelf < 0)
		return shelf;
	g->place = (struct place){when_month_start(month), when_month_start(month + 1),
				  month, shelf};
	return 0;
}

static inline int go_to(struct gather *g, int64_t s)
{
	if (__builtin_expect(
		s < g->place.start_s || s >= g->place.end_s || g->place.shelf < 0, 0))
		return find_place(g, s);
	return 0;
}

static void forget_private(struct gather *g)
{
	for (int k = 0; k < SIGHTING_KINDS; k++)
		g->private[k].shelf = -1;
}

static int find_source(struct gather *g, uint32_t input, unsigned shelf)
{
	g->source = inputs_find(&g->inputs, input);
	if (g->source == NULL)
		return YORE_EUSAGE;
	g->source_input = input;
	g->mark = source_mark(g->source, g->window->shelves[shelf].name);
	forget_private(g);
	return 0;
}

/* 1: to be taken; 0: the shelf has it already. */
static inline int wanted(struct gather *g, uint32_t input, uint64_t number)
{
	unsigned shelf = (unsigned)g->place.shelf;
	if (g->source == NULL || g->source_input != input) {
		int r = find_source(g, input, shelf);
		if (r < 0)
			return r;
	}
	if (number <= g->mark) {
		g->c.already_there++;
		return 0;
	}
	g->source->touched |= 1ull << shelf;
	return 1;
}

static int find_private(struct gather *g, uint8_t kind)
{
	static const struct {
		const char *name;
		bool rdata;
	} shelves[] = {[SIGHTING_NEGATIVE] = {"negative", false},
		       [SIGHTING_SUSPICIOUS] = {"suspicious", true}};
	int shelf =
	    window_named_shelf(g->window, shelves[kind].name, shelves[kind].rdata);
	if (shelf < 0)
		return shelf;
	g->private[kind].shelf = shelf;
	g->private[kind].mark = source_mark(g->source, shelves[kind].name);
	return 0;
}

/* Which server said something suspicious of this name: a B row of that shelf. */
static int take_liar(struct gather *g, const struct sighting *s, unsigned shelf)
{
	struct window_sighting what = {.at_s = (uint32_t)s->time_s};
	buf_clear(&g->key);
	key_server(&g->key, s->server, s->set.owner);
	struct bytes key = buf_bytes(&g->key);
	if (g->key.err)
		return g->key.err;
	return window_sight(g->window, window_hash(key, shelf), shelf, key, &what);
}

/*
 * To a shelf that has no years: its keys end in the month's first second, and its times
 * are written as they are (store/shelf.h).
 */
static int take_private(struct gather *g, const struct sighting *s)
{
	int r = go_to(g, s->time_s);
	if (r == 0 && (g->source == NULL || g->source_input != s->input))
		r = find_source(g, s->input, (unsigned)g->place.shelf);
	if (r == 0 && g->private[s->kind].shelf < 0)
		r = find_private(g, s->kind);
	if (r < 0)
		return r;
	if (s->number <= g->private[s->kind].mark) {
		g->c.already_there++;
		return 0;
	}
	unsigned shelf = (unsigned)g->private[s->kind].shelf;
	g->source->touched |= 1ull << shelf;
	if (s->kind == SIGHTING_SUSPICIOUS) {
		if (g->window->shelves[shelf].rows >= SUSPICIOUS_ROWS) {
			g->c.suspicious_left_out++;
			return 0;
		}
		r = take_liar(g, s, shelf);
		if (r < 0)
			return r;
	}
	uint32_t day = (uint32_t)(s->time_s - g->place.start_s) / 86400;
	struct pending *p = &g->pending[g->pending_count++];
	p->key_at = (uint32_t)g->keys.len;
	key_rrset(&g->keys, &s->set);
	key_put_first(&g->keys, g->place.start_s);
	p->key_len = (uint32_t)(g->keys.len - p->key_at);
	p->shelf = shelf;
	p->hash = window_hash(BYTES(g->keys.at + p->key_at, p->key_len), shelf);
	p->what = (struct window_sighting){(uint32_t)s->time_s, 1u << day, s->ttl,
					   s->span_flags};
	window_prefetch(g->window, p->hash);
	return g->keys.err;
}

static inline int take(struct gather *g, const struct sighting *s)
{
	if (s->kind != SIGHTING_HISTORY)
		return take_private(g, s);
	int r = go_to(g, s->time_s);
	if (r == 0)
		r = wanted(g, s->input, s->number);
	if (r <= 0)
		return r;
	struct pending *p = &g->pending[g->pending_count++];
	uint32_t at_s = (uint32_t)(s->time_s - g->place.start_s);
	p->key_at = (uint32_t)g->keys.len;
	key_rrset(&g->keys, &s->set);
	key_put_month(&g->keys, g->place.month);
	if (g->keys.err)
		return g->keys.err;
	p->key_len = (uint32_t)(g->keys.len - p->key_at);
	p->shelf = (unsigned)g->place.shelf;
	p->hash = window_hash(BYTES(g->keys.at + p->key_at, p->key_len), p->shelf);
	p->what =
	    (struct window_sighting){at_s, 1u << at_s / 86400, s->ttl, s->span_flags};
	window_prefetch(g->window, p->hash);
	return 0;
}

int gather_sightings(const struct sighting *s, size_t count, void *arg)
{
	struct gather *g = arg;
	int r = 0;
	g->c.sightings += count;
	for (size_t i = 0; i < count && r == 0; i++) {
		if (g->pending_count == PENDING || g->keys.len > PENDING_OCTETS)
			r = settle(g);
		if (r == 0)
			r = take(g, &s[i]);
	}
	return r;
}

int gather_server(const struct addr *server, struct bytes zone, int64_t time_s,
		  uint32_t input, uint64_t number, void *arg)
{
	struct gather *g = arg;
	int r = settle(g);
	if (r == 0)
		r = go_to(g, time_s);
	if (r == 0)
		r = wanted(g, input, number);
	if (r <= 0)
		return r;
	unsigned shelf = (unsigned)g->place.shelf;
	struct window_sighting what = {
	    .at_s = (uint32_t)(time_s - g->window->shelves[shelf].year_s)};
	key_server(&g->keys, server, zone);
	struct bytes key = buf_bytes(&g->keys);
	r = g->keys.err;
	if (r == 0)
		r = window_sight(g->window, window_hash(key, shelf), shelf, key, &what);
	buf_clear(&g->keys);
	return r;
}

/* ---- records of others ---- */

static int merge_row(struct gather *g, const struct rrset *set, int32_t month,
		     const struct span *span, unsigned shelf)
{
	int r = settle(g);
	key_rrset(&g->keys, set);
	if (month == 0)
		key_put_first(&g->keys, span->first_s);
	else
		key_put_month(&g->keys, month);
	struct bytes key = buf_bytes(&g->keys);
	if (r == 0)
		r = g->keys.err;
	if (r == 0)
		r = window_merge(g->window, window_hash(key, shelf), shelf, key, span);
	buf_clear(&g->keys);
	return r;
}

static int interval_record(struct gather *g, const struct record *rec, uint32_t input,
			   uint64_t number)
{
	int shelf = window_shelf(g->window, 0);
	if (shelf < 0)
		return shelf;
	g->place = (struct place){.shelf = shelf};
	g->source = NULL;
	int r = wanted(g, input, number);
	struct span span = rec->span;
	span.flags |= SPAN_INTERVAL;
	span.days = 0;
	return r <= 0 ? r : merge_row(g, &rec->set, 0, &span, (unsigned)shelf);
}

/* One month's part of a span: the ends that lie in it, and its share of the count. */
static int month_part(struct gather *g, const struct record *rec, int64_t first_s,
		      int64_t last_s, uint64_t count, uint64_t number, uint32_t input)
{
	int r = go_to(g, first_s);
	if (r == 0)
		r = wanted(g, input, number);
	if (r <= 0)
		return r;
	struct span span = rec->span;
	span.first_s = first_s;
	span.last_s = last_s;
	span.count = count;
	span.flags &= (uint8_t)~SPAN_INTERVAL;
	span.days |= 1u << (when_day(first_s) - 1) | 1u << (when_day(last_s) - 1);
	if (g->o.sensor != 0)
		span_add_sensor(&span, g->o.sensor);
	return merge_row(g, &rec->set, g->place.month, &span, (unsigned)g->place.shelf);
}

int gather_record(struct gather *g, const struct record *rec, uint32_t input,
		  uint64_t number)
{
	g->c.sightings++;
	if (rec->month == 0)
		return interval_record(g, rec, input, number);
	int64_t first = rec->span.first_s, last = rec->span.last_s;
	if (first == WHEN_UNKNOWN || last == WHEN_UNKNOWN || first > last)
		return YORE_EMALFORMED;
	if (when_month(first) == when_month(last))
		return month_part(g, rec, first, last, rec->span.count, number, input);
	/* two instants are stated, what lies between is not: days as well */
	struct record ends = *rec;
	ends.span.days = 0;
	uint64_t rest = rec->span.count > 1 ? rec->span.count - 1 : 1;
	int r = month_part(g, &ends, first, first, 1, number, input);
	return r < 0 ? r : month_part(g, &ends, last, last, rest, number, input);
}

/* ---- handing over ---- */

bool gather_due(const struct gather *g, int64_t now_us)
{
	const struct window *w = g->window;
	if (w->full)
		return true;
	if (g->o.window_us > 0 && g->window_began_us != WHEN_UNKNOWN &&
	    now_us - g->window_began_us >= g->o.window_us)
		return true;
	return w->used >= g->early && window_writer_idle(&g->writer);
}

bool gather_idle(const struct gather *g)
{
	return window_writer_idle(&g->writer);
}

/* Where somebody watched, though nothing was seen: an empty segment says so. */
static int shelves_of_inputs(struct gather *g)
{
	int r = 0;
	for (uint32_t i = 0; i < g->inputs.count && r >= 0; i++) {
		const struct gather_source *s = &g->inputs.at[i];
		if (!s->used || !s->moved || s->first_us == WHEN_UNKNOWN)
			continue;
		int64_t ends[] = {s->first_us, s->last_us};
		for (int e = 0; e < 2 && r >= 0; e++)
			r = window_shelf(g->window,
					 when_month_year(when_month(ends[e] / 1000000)));
	}
	return r < 0 ? r : 0;
}

static int make_parcel(struct gather *g, struct parcel *p)
{
	struct window *w = g->window;
	*p = (struct parcel){.window = w};
	int r = shelves_of_inputs(g);
	for (unsigned i = 0; i < w->shelf_count && r == 0; i++)
		r = inputs_cover(&g->inputs, &w->shelves[i], i, &p->covered[i]);
	for (unsigned i = 0; i < w->shelf_count && r < 0; i++)
		covered_release(&p->covered[i]);
	return r;
}

int gather_hand_over(struct gather *g, struct fault *f)
{
	struct parcel p;
	int r = settle(g);
	if (r == 0)
		r = window_writer_wait(&g->writer, f);
	if (r < 0 || !inputs_moved(&g->inputs))
		return r;
	r = make_parcel(g, &p);
	if (r < 0)
		return fault_set(f, r, "handing over a window: %s", yore_strerror(r));
	inputs_begin(&g->inputs);
	g->early = g->o.memory / 8; /* fewer and larger segments are cheaper to keep */
	g->window = &g->windows[g->window == &g->windows[0]];
	g->place = (struct place){.shelf = -1};
	g->source = NULL;
	g->window_began_us = WHEN_UNKNOWN;
	window_writer_give(&g->writer, &p);
	return 0;
}

int gather_flush(struct gather *g, struct fault *f)
{
	int r = gather_hand_over(g, f);
	return r < 0 ? r : window_writer_wait(&g->writer, f);
}
