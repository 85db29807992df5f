/* Windows in turn: made, filled up to here, handed over; see gather/gather.h. */
#include <stdlib.h>

#include "gather/gather_own.h"

#define MEMORY_DEFAULT ((size_t)256 << 20)

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

static void know(struct gather *g, const struct site *site)
{
	g->o.site = site;
	g->singles = site && site_has_singles(site);
	g->writer.keeps = site && site_has_keeps(site) ? site : NULL;
}

int gather_know(struct gather *g, const struct site *site, struct fault *f)
{
	int r = window_writer_wait(&g->writer, f);
	know(g, site); /* also after a failure: the old one may go */
	return r;
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
	g->asked.shelf = -1;
	g->window_began_us = WHEN_UNKNOWN;
	buf_init(&g->keys, (size_t)64 << 20);
	buf_init(&g->key, 1 << 10);
	int r = init_windows(g);
	if (r == 0)
		r = budget_new(o->evidence_there, o->evidence_arg, &g->budget);
	if (r == 0)
		r = window_writer_init(&g->writer, sink, o->collapse);
	if (r == 0)
		know(g, o->site);
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
	budget_free(g->budget);
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
	c.questions = g->c.questions;
	c.questions_too_old = g->c.questions_too_old;
	own->c = c;
	return &own->c;
}

const struct fault *gather_fault(const struct gather *g)
{
	return &g->asked_fault;
}

/* ---- inputs ---- */

int gather_input(struct gather *g, uint32_t input, const struct ledger_entry *start)
{
	struct gather_source *s = inputs_make(&g->inputs, input);
	if (s == NULL)
		return YORE_ENOMEM;
	g->source = g->asked.source = NULL; /* they may have moved */
	s->entry = *start;
	s->entry.counters = BYTES(NULL, 0);
	return 0;
}

int gather_known(struct gather *g, uint32_t input, const char *shelf, uint64_t packets)
{
	struct gather_source *s = inputs_find(&g->inputs, input);
	g->source = g->asked.source = NULL;
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
	while (s->losses_len < lines.len && s->losses_len > 0 &&
	       lines.at[s->losses_len - 1] != '\n')
		s->losses_len--; /* no half lines */
	if (s->losses_len > 0)
		memcpy(s->losses, lines.at, s->losses_len);
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
	if (r == 0)
		r = gather_asked_shelves(g);
	for (unsigned i = 0; i < w->shelf_count && r == 0; i++)
		r = inputs_cover(&g->inputs, &w->shelves[i], i, &p->covered[i]);
	for (unsigned i = 0; i < w->shelf_count && r < 0; i++)
		covered_release(&p->covered[i]);
	return r;
}

int gather_hand_over(struct gather *g, struct fault *f)
{
	struct parcel p;
	int r = gather_settle(g);
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
	g->asked = (struct asked_place){.shelf = -1};
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
