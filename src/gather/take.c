/* Sightings, servers and other tools' records into the window that is being filled. */
#include "gather/gather_own.h"

int gather_settle(struct gather *g)
{
	int r = 0;
	for (unsigned i = 0; i < g->pending_count; i++)
		window_prefetch_row(g->window, g->pending[i].hash);
	for (unsigned i = 0; i < g->pending_count && r == 0; i++) {
		const struct pending *p = &g->pending[i];
		struct bytes key = BYTES(g->keys.at + p->key_at, p->key_len);
		if (p->stated)
			r = window_merge(g->window, p->hash, p->shelf, key, &g->spans[i]);
		else
			r = window_sight(g->window, p->hash, p->shelf, key, &p->what);
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
	struct budget_row row = {
	    .base = key, .server = true, .owner = s->set.owner, .time_s = s->time_s};
	if (!budget_take(g->budget, &row)) {
		g->c.suspicious_left_out++;
		return 0;
	}
	return window_sight(g->window, window_hash(key, shelf), shelf, key, &what);
}

/* 1: evidence may have this row; 0: too much of that today (counted). */
static int has_room(struct gather *g, const struct rrset *set, int64_t time_s)
{
	buf_clear(&g->key);
	key_rrset(&g->key, set);
	if (g->key.err)
		return g->key.err;
	struct budget_row row = {.base = buf_bytes(&g->key),
				 .source = set->source,
				 .owner = set->owner,
				 .time_s = time_s};
	if (budget_take(g->budget, &row))
		return 1;
	g->c.suspicious_left_out++;
	return 0;
}

/* As wanted, of the private shelf of this kind; the place is that of the month. */
static int wanted_private(struct gather *g, uint8_t kind, int64_t time_s, uint32_t input,
			  uint64_t number)
{
	int r = go_to(g, time_s);
	if (r == 0 && (g->source == NULL || g->source_input != input))
		r = find_source(g, input, (unsigned)g->place.shelf);
	if (r == 0 && g->private[kind].shelf < 0)
		r = find_private(g, kind);
	if (r < 0)
		return r;
	if (number <= g->private[kind].mark) {
		g->c.already_there++;
		return 0;
	}
	g->source->touched |= 1ull << g->private[kind].shelf;
	return 1;
}

/*
 * To a shelf that has no years: its keys end in the month's first second, and its times
 * are written as they are (store/shelf.h).
 */
static int take_private(struct gather *g, const struct sighting *s)
{
	int r = wanted_private(g, s->kind, s->time_s, s->input, s->number);
	if (r <= 0)
		return r;
	unsigned shelf = (unsigned)g->private[s->kind].shelf;
	if (s->kind == SIGHTING_SUSPICIOUS) {
		r = has_room(g, &s->set, s->time_s);
		if (r == 1)
			r = take_liar(g, s, shelf);
		else if (r == 0)
			return 0;
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
	p->stated = false;
	p->what = (struct window_sighting){(uint32_t)s->time_s, 1u << day, s->ttl,
					   s->span_flags};
	window_prefetch(g->window, p->hash);
	return g->keys.err;
}

/* Where it was seen, if that is to be kept; g->source is the input. */
static void put_place(const struct gather *g, struct span *span, uint64_t number)
{
	if (!g->o.places)
		return;
	const uint8_t *id = g->source->entry.input.octets;
	span->first_at.input = load_u32be(id);
	span->first_at.number = number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
	span->last_at = span->first_at;
}

/* Where the key of one more row that waits begins in g->keys. */
static int key_room(struct gather *g, size_t *ret)
{
	int r = 0;
	if (g->pending_count == PENDING || g->keys.len > PENDING_OCTETS)
		r = gather_settle(g);
	*ret = g->keys.len;
	return r;
}

/* The key lies in g->keys from `at` on. */
static int merge_key(struct gather *g, size_t at, const struct span *span, unsigned shelf)
{
	if (g->keys.err)
		return g->keys.err;
	struct bytes key = BYTES(g->keys.at + at, g->keys.len - at);
	struct pending *p = &g->pending[g->pending_count];
	g->spans[g->pending_count++] = *span;
	*p = (struct pending){.hash = window_hash(key, shelf),
			      .key_at = (uint32_t)at,
			      .key_len = (uint32_t)key.len,
			      .shelf = shelf,
			      .stated = true};
	window_prefetch(g->window, p->hash);
	return 0;
}

static int merge_row(struct gather *g, const struct rrset *set, int32_t month,
		     const struct span *span, unsigned shelf)
{
	size_t at;
	int r = key_room(g, &at);
	if (r < 0)
		return r;
	key_rrset(&g->keys, set);
	if (month == 0)
		key_put_first(&g->keys, span->first_s);
	else
		key_put_month(&g->keys, month);
	return merge_key(g, at, span, shelf);
}

/* With its place a sighting is more than the packed row has room for. */
static int take_placed(struct gather *g, const struct sighting *s)
{
	struct span span = span_of_sighting(s->time_s, s->ttl);
	span.flags = s->span_flags;
	if (g->o.sensor != 0)
		span_add_sensor(&span, g->o.sensor);
	put_place(g, &span, s->number);
	return merge_row(g, &s->set, g->place.month, &span, (unsigned)g->place.shelf);
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
	if (__builtin_expect(g->o.places, 0))
		return take_placed(g, s);
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
	p->stated = false;
	p->what =
	    (struct window_sighting){at_s, 1u << at_s / 86400, s->ttl, s->span_flags};
	window_prefetch(g->window, p->hash);
	return 0;
}

/* ---- sets that are kept as single records ---- */

/* More than one record, of a zone that is on the list. */
static bool is_apart(const struct gather *g, const struct rrset *set)
{
	struct reader r = reader_of(set->rdata);
	struct bytes one;
	return g->singles && rdataset_next(&r, &one) && reader_left(&r) > 0 &&
	       site_is_single(g->o.site, set->owner);
}

/* The next of them as a set of its own. */
static bool next_single(struct reader *r, struct rrset *set)
{
	struct bytes one;
	if (!rdataset_next(r, &one))
		return false;
	set->rdata = BYTES(one.at - 2, one.len + 2);
	return true;
}

static inline int take_one(struct gather *g, const struct sighting *s)
{
	int r = 0;
	if (g->pending_count == PENDING || g->keys.len > PENDING_OCTETS)
		r = gather_settle(g);
	return r == 0 ? take(g, s) : r;
}

static int take_singles(struct gather *g, const struct sighting *s)
{
	struct reader rest = reader_of(s->set.rdata);
	struct sighting single = *s;
	int r = 0;
	while (r == 0 && next_single(&rest, &single.set))
		r = take_one(g, &single);
	return r;
}

int gather_sightings(const struct sighting *s, size_t count, void *arg)
{
	struct gather *g = arg;
	int r = 0;
	g->c.sightings += count;
	for (size_t i = 0; i < count && r == 0; i++)
		r = s[i].kind == SIGHTING_HISTORY && is_apart(g, &s[i].set)
			? take_singles(g, &s[i])
			: take_one(g, &s[i]);
	return r;
}

int gather_server(const struct addr *server, struct bytes zone, int64_t time_s,
		  uint32_t input, uint64_t number, void *arg)
{
	struct gather *g = arg;
	int r = gather_settle(g);
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
	if (r > 0)
		put_place(g, &span, number);
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
	put_place(g, &span, number);
	return merge_row(g, &rec->set, g->place.month, &span, (unsigned)g->place.shelf);
}

static int take_record(struct gather *g, const struct record *rec, uint32_t input,
		       uint64_t number)
{
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

int gather_record(struct gather *g, const struct record *rec, uint32_t input,
		  uint64_t number)
{
	struct reader rest = reader_of(rec->set.rdata);
	struct record single = *rec;
	int r = 0;
	g->c.sightings++;
	if (!is_apart(g, &rec->set))
		return take_record(g, rec, input, number);
	while (r == 0 && next_single(&rest, &single.set))
		r = take_record(g, &single, input, number);
	return r;
}

int gather_evidence(struct gather *g, const struct record *rec, uint32_t input,
		    uint64_t number)
{
	struct span span = rec->span;
	g->c.sightings++;
	if (span.first_s == WHEN_UNKNOWN || span.last_s == WHEN_UNKNOWN)
		return YORE_EMALFORMED;
	int r = wanted_private(g, SIGHTING_SUSPICIOUS, span.first_s, input, number);
	if (r == 1)
		r = has_room(g, &rec->set, span.first_s);
	if (r <= 0)
		return r;
	size_t at;
	r = key_room(g, &at);
	if (r < 0)
		return r;
	span.flags &= (uint8_t)~SPAN_INTERVAL;
	span.days |= 1u << (when_day(span.first_s) - 1);
	if (g->o.sensor != 0)
		span_add_sensor(&span, g->o.sensor);
	key_rrset(&g->keys, &rec->set);
	key_put_first(&g->keys, g->place.start_s);
	return merge_key(g, at, &span, (unsigned)g->private[SIGHTING_SUSPICIOUS].shelf);
}
