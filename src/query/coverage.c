#include <stdlib.h>

#include "base/hash.h"
#include "base/num.h"
#include "query/coverage.h"
#include "store/shelf.h"

#define SLACK_US (300 * INT64_C(1000000))
/* Names listed; whatever is beyond still counts in the union. */
#define INPUTS_LISTED 10000

struct seen_input { /* one input: from the first packet of any commit to the last */
	struct input_id id;
	int64_t first_us, last_us;
	size_t name; /* index of its coverage_input */
};

struct gathering {
	struct seen_input *inputs;
	size_t count, room;
	uint32_t *slots; /* open addressing, index + 1; slot_count a power of two */
	size_t slot_count;
	struct coverage_input *names;
	size_t name_count, name_room;
	int32_t first_year; /* the earliest year that is kept; 0: none seen */
	bool who;	    /* of who asked, and of nothing else */
	int64_t who_since_s;
	int err;
};

/* What states intervals of its own was not watching. */
static bool is_watching(const struct ledger_entry *e)
{
	static const char *const stated[] = {"cof", "dnsdb", "zone", "provider"};
	if (e->first_us == WHEN_UNKNOWN || e->last_us == WHEN_UNKNOWN ||
	    e->first_us > e->last_us)
		return false;
	for (size_t i = 0; i < sizeof(stated) / sizeof(stated[0]); i++)
		if (strcmp(e->kind, stated[i]) == 0)
			return false;
	return true;
}

static int grow(void **at, size_t *room, size_t each)
{
	size_t more = *room ? *room * 2 : 16;
	void *p = realloc(*at, more * each);
	if (p == NULL)
		return YORE_ENOMEM;
	*at = p;
	*room = more;
	return 0;
}

static size_t slot_of(const struct gathering *g, const struct input_id *id)
{
	size_t i = hash_keyed(id->octets, sizeof(id->octets)) & (g->slot_count - 1);
	while (g->slots[i] && memcmp(g->inputs[g->slots[i] - 1].id.octets, id->octets,
				     sizeof(id->octets)) != 0)
		i = (i + 1) & (g->slot_count - 1);
	return i;
}

static int grow_slots(struct gathering *g)
{
	size_t n = g->slot_count ? g->slot_count * 2 : 64;
	uint32_t *slots = calloc(n, sizeof(*slots));
	if (slots == NULL)
		return YORE_ENOMEM;
	free(g->slots);
	g->slots = slots;
	g->slot_count = n;
	for (size_t i = 0; i < g->count; i++)
		g->slots[slot_of(g, &g->inputs[i].id)] = (uint32_t)i + 1;
	return 0;
}

static int find_name(struct gathering *g, const struct ledger_entry *e, size_t *ret)
{
	bool sensor = e->sensor[0] != '\0';
	const char *name = sensor ? e->sensor : e->name;
	/* only sensors have several inputs each; files are listed one by one */
	size_t n = sensor ? 0 : g->name_count;
	for (; n < g->name_count; n++)
		if (g->names[n].is_sensor == sensor &&
		    strcmp(g->names[n].name, name) == 0)
			break;
	/* the last place of a full list stands for all the rest */
	if (n == g->name_count && n == INPUTS_LISTED)
		n = INPUTS_LISTED - 1;
	if (n == g->name_count) {
		if (n == g->name_room) {
			int r =
			    grow((void **)&g->names, &g->name_room, sizeof(*g->names));
			if (r < 0)
				return r;
		}
		struct coverage_input *c = &g->names[g->name_count++];
		memset(c, 0, sizeof(*c));
		memcpy(c->name, name, strnlen(name, sizeof(c->name) - 1));
		c->is_sensor = sensor;
		interval_set_init(&c->stretches, SLACK_US);
	}
	*ret = n;
	return 0;
}

static int gather_entry(struct gathering *g, const struct ledger_entry *e)
{
	int r = 0;
	if (g->count * 2 >= g->slot_count)
		r = grow_slots(g);
	if (r < 0)
		return r;
	size_t slot = slot_of(g, &e->input);
	if (g->slots[slot]) {
		struct seen_input *in = &g->inputs[g->slots[slot] - 1];
		if (e->first_us < in->first_us)
			in->first_us = e->first_us;
		if (e->last_us > in->last_us)
			in->last_us = e->last_us;
		return 0;
	}
	struct seen_input in = {e->input, e->first_us, e->last_us, 0};
	r = find_name(g, e, &in.name);
	if (r == 0 && g->count == g->room)
		r = grow((void **)&g->inputs, &g->room, sizeof(*g->inputs));
	if (r < 0)
		return r;
	g->inputs[g->count++] = in;
	g->slots[slot] = (uint32_t)g->count;
	return 0;
}

/* "y2015"; 0 for shelves that are not of a year. */
static int32_t year_of_shelf(const char *shelf)
{
	uint64_t year;
	if (shelf[0] != 'y' || num_u64(shelf + 1, 9999, &year) < 0)
		return 0;
	return (int32_t)year;
}

static int on_entry(const char *shelf, const struct ledger_entry *e, void *arg)
{
	struct gathering *g = arg;
	int32_t year = year_of_shelf(shelf), month = shelf_who_month(shelf);
	if (g->who != (month != 0))
		return 0;
	if (year && (g->first_year == 0 || year < g->first_year))
		g->first_year = year;
	if (is_watching(e))
		g->err = gather_entry(g, e);
	return g->err;
}

static void release_gathering(struct gathering *g)
{
	for (size_t i = 0; i < g->name_count; i++)
		interval_set_release(&g->names[i].stretches);
	free(g->names);
	free(g->inputs);
	free(g->slots);
}

static int64_t us_of(int64_t s, bool end)
{
	int64_t us;
	if (__builtin_mul_overflow(s, INT64_C(1000000), &us))
		return s < 0 ? INT64_MIN + 1 : INT64_MAX;
	return end && us <= INT64_MAX - 999999 ? us + 999999 : us;
}

/*
 * An input may reach back into years that were dropped since: what was seen then is not
 * known any more, so it counts as not watched.
 */
static int64_t kept_since_us(const struct gathering *g)
{
	if (g->who)
		return us_of(g->who_since_s, false);
	return g->first_year ? us_of(when_month_start(g->first_year * 12), false)
			     : INT64_MIN;
}

static int join_all(struct gathering *g, struct coverage *c)
{
	int64_t since_us = kept_since_us(g);
	for (size_t i = 0; i < g->count; i++) {
		struct seen_input *in = &g->inputs[i];
		if (in->last_us < since_us)
			continue;
		if (in->first_us < since_us)
			in->first_us = since_us;
		int r = interval_set_add(&c->stretches, in->first_us, in->last_us);
		if (r == 0)
			r = interval_set_add(&g->names[in->name].stretches, in->first_us,
					     in->last_us);
		if (r < 0)
			return r;
	}
	interval_set_join(&c->stretches);
	for (size_t i = 0; i < g->name_count; i++)
		interval_set_join(&g->names[i].stretches);
	return 0;
}

static void judge(struct coverage *c, const struct fence *fence)
{
	if (c->stretches.count == 0) {
		c->watched = WATCHED_NOT;
		return;
	}
	const struct interval *at = c->stretches.at;
	c->window.from_us =
	    fence->from_s == WHEN_UNKNOWN ? at[0].from_us : us_of(fence->from_s, false);
	c->window.to_us = fence->to_s == WHEN_UNKNOWN ? at[c->stretches.count - 1].to_us
						      : us_of(fence->to_s, true);
	c->permyriad = interval_set_permyriad(&c->stretches, c->window);
	if (fence_is_open(fence) || c->permyriad == 10000)
		c->watched = WATCHED_WHOLLY;
	else
		c->watched = c->permyriad ? WATCHED_PARTLY : WATCHED_NOT;
}

static int most_first(const void *a, const void *b)
{
	const struct coverage_input *x = a, *y = b;
	if (x->permyriad != y->permyriad)
		return x->permyriad < y->permyriad ? 1 : -1;
	if (x->first_us != y->first_us)
		return x->first_us < y->first_us ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Moves the names that touch the window into the coverage. */
static void keep_touching(struct gathering *g, struct coverage *c)
{
	size_t n = 0;
	for (size_t i = 0; i < g->name_count; i++) {
		struct coverage_input *in = &g->names[i];
		if (in->stretches.count == 0)
			continue;
		in->first_us = in->stretches.at[0].from_us;
		in->last_us = in->stretches.at[in->stretches.count - 1].to_us;
		in->permyriad = interval_set_permyriad(&in->stretches, c->window);
		if (in->permyriad == 0) {
			interval_set_release(&in->stretches);
			continue;
		}
		struct coverage_input kept = *in;
		if (n != i)
			interval_set_init(&in->stretches, SLACK_US);
		g->names[n++] = kept;
	}
	c->inputs = g->names;
	c->input_count = n;
	g->names = NULL;
	g->name_count = 0;
	if (n)
		qsort(c->inputs, n, sizeof(*c->inputs), most_first);
}

static int measure(struct store *s, struct gathering *all, const struct fence *fence,
		   struct fault *f, struct coverage *ret)
{
	struct gathering g = *all;
	struct coverage c = {0};
	interval_set_init(&c.stretches, SLACK_US);
	int r = store_ledger(s, NULL, on_entry, &g, f);
	if (g.err < 0)
		r = fault_set(f, g.err, "coverage: %s", yore_strerror(g.err));
	if (r >= 0)
		r = join_all(&g, &c);
	if (r < 0) {
		release_gathering(&g);
		coverage_release(&c);
		return r;
	}
	c.input_total = g.count;
	judge(&c, fence);
	keep_touching(&g, &c);
	release_gathering(&g);
	*ret = c;
	return 0;
}

int coverage_measure(struct store *s, const struct fence *fence, struct fault *f,
		     struct coverage *ret)
{
	struct gathering g = {0};
	return measure(s, &g, fence, f, ret);
}

int coverage_measure_who(struct store *s, const struct fence *fence, int64_t since_s,
			 struct fault *f, struct coverage *ret)
{
	struct gathering g = {.who = true, .who_since_s = since_s};
	return measure(s, &g, fence, f, ret);
}

void coverage_release(struct coverage *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->input_count; i++)
		interval_set_release(&c->inputs[i].stretches);
	free(c->inputs);
	interval_set_release(&c->stretches);
	c->inputs = NULL;
	c->input_count = 0;
}

/* ---- for people ---- */

const char *coverage_short_name(const struct coverage_input *in)
{
	const char *slash = in->name[0] == '/' ? strrchr(in->name, '/') : NULL;
	return slash && slash[1] ? slash + 1 : in->name;
}

static void put_names(struct buf *out, const struct coverage *c, bool sensor)
{
	size_t count = 0, shown = 0;
	for (size_t i = 0; i < c->input_count; i++)
		count += c->inputs[i].is_sensor == sensor;
	if (count == 0)
		return;
	const char *what = sensor ? "sensor" : "input";
	buf_printf(out, "%zu %s%s: ", count, what, count == 1 ? "" : "s");
	for (size_t i = 0; i < c->input_count && shown < 4; i++) {
		if (c->inputs[i].is_sensor != sensor)
			continue;
		if (shown++)
			buf_puts(out, ", ");
		for (const char *s = coverage_short_name(&c->inputs[i]); *s; s++)
			buf_putc(out, (unsigned char)*s < 0x20 || *s == 0x7f ? '?'
									     : *s & 0xff);
	}
	if (count > shown)
		buf_puts(out, ", ...");
}

static void put_window(struct buf *out, struct interval w)
{
	char a[WHEN_TEXT_MAX], b[WHEN_TEXT_MAX];
	when_text(w.from_us / 1000000, a);
	when_text(w.to_us / 1000000, b);
	buf_printf(out, "%s .. %s", a, b);
}

static int longest(struct interval gap, void *arg)
{
	struct interval *most = arg;
	if ((uint64_t)gap.to_us - (uint64_t)gap.from_us >
	    (uint64_t)most->to_us - (uint64_t)most->from_us)
		*most = gap;
	return 0;
}

void coverage_put(struct buf *out, const struct coverage *c)
{
	if (c->stretches.count == 0) {
		buf_puts(out, "not watched: nothing was ever imported that shows when");
		return;
	}
	if (c->watched == WATCHED_NOT) {
		struct interval all = {c->stretches.at[0].from_us,
				       c->stretches.at[c->stretches.count - 1].to_us};
		buf_puts(out, "not watched: the history holds ");
		put_window(out, all);
		return;
	}
	if (c->watched == WATCHED_WHOLLY)
		buf_puts(out, "watched wholly (");
	else
		buf_printf(out, "watched %u.%02u %% (", c->permyriad / 100,
			   c->permyriad % 100);
	put_names(out, c, true);
	bool both = c->input_count &&
		    c->inputs[0].is_sensor != c->inputs[c->input_count - 1].is_sensor;
	for (size_t i = 1; i < c->input_count && !both; i++)
		both = c->inputs[i].is_sensor != c->inputs[0].is_sensor;
	if (both)
		buf_puts(out, "; ");
	put_names(out, c, false);
	buf_putc(out, ')');
	if (c->watched == WATCHED_PARTLY) {
		struct interval gap = {0, 0};
		interval_set_gaps(&c->stretches, c->window, longest, &gap);
		buf_puts(out, "; longest gap ");
		put_window(out, gap);
	}
}
