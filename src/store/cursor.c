#include "store/cursor.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/shelf.h"

/* One shelf. Lanes with a row stand in order of it; what is read is read lazily. */
struct lane {
	char shelf[SHELF_MAX];
	struct shelf_form form;
	struct shelf_iter *it;
	struct bytes value;
	struct bytes base; /* of the row it stands at */
	int32_t month;
};

struct cursor {
	struct lane **lanes; /* [0, live) hold a row, ascending */
	size_t count, live;
	size_t stale;	 /* so many of the first gave their row and must be read again */
	size_t unopened; /* [unopened, count) wait for their first row; between live and
			    these lie the finished ones */
	uint8_t *end;	 /* copies of the bounds */
	struct bytes lo, hi, literal;
	bool names_only;
	struct fault fault;
};

static int lane_compare(const struct lane *a, const struct lane *b)
{
	int r = bytes_compare(a->base, b->base);
	if (r == 0)
		r = (a->month > b->month) - (a->month < b->month);
	return r;
}

/* ---- opening ---- */

struct opening {
	struct engine *engine;
	const struct scan *scan;
	struct cursor *cursor;
	struct fault *fault;
	size_t room;
};

bool scan_wants(const struct scan *s, const char *shelf)
{
	if (s->shelf)
		return strcmp(s->shelf, shelf) == 0;
	int year = shelf_year(shelf);
	if (year == 0)
		return s->intervals && strcmp(shelf, SHELF_INTERVALS) == 0;
	return (s->year_first == 0 || year >= s->year_first) &&
	       (s->year_last == 0 || year <= s->year_last);
}

static int open_lane(const char *shelf, void *arg)
{
	struct opening *o = arg;
	struct cursor *c = o->cursor;
	if (!scan_wants(o->scan, shelf))
		return 0;
	if (c->count == o->room) {
		size_t room = o->room ? 2 * o->room : 4;
		struct lane **more = realloc(c->lanes, room * sizeof(*more));
		if (more == NULL)
			return YORE_ENOMEM;
		c->lanes = more;
		o->room = room;
	}
	struct stretch s = {.lo = c->lo, .hi = c->hi, .exact = o->scan->exact_owner};
	s.whole = c->lo.len <= 1 && c->hi.len <= 1;
	s.names_only = c->names_only;
	s.literal = c->literal;
	struct shelf_iter *it;
	int r = o->engine->ops->iter(o->engine, shelf, &s, o->fault, &it);
	if (r == YORE_ENOENT)
		return 0; /* dropped a moment ago */
	if (r < 0)
		return r;
	struct lane *lane = calloc(1, sizeof(*lane));
	if (lane == NULL) {
		it->ops->close(it);
		return YORE_ENOMEM;
	}
	lane->it = it;
	snprintf(lane->shelf, sizeof(lane->shelf), "%s", shelf);
	shelf_form_init(&lane->form, shelf);
	c->lanes[c->count++] = lane;
	return 0;
}

/* The bounds within the table, copied. */
static int keep_bounds(struct cursor *c, const struct scan *s)
{
	c->end = malloc(s->lo.len + s->hi.len + s->literal.len + 2);
	if (c->end == NULL)
		return YORE_ENOMEM;
	uint8_t *p = c->end;
	struct bytes lo = s->lo.len ? s->lo : BYTES(&s->table, 1);
	memcpy(p, lo.at, lo.len);
	c->lo = BYTES(p, lo.len);
	p += lo.len;
	if (s->hi.len)
		memcpy(p, s->hi.at, s->hi.len);
	else
		*p = (uint8_t)(s->table + 1);
	c->hi = BYTES(p, s->hi.len ? s->hi.len : 1);
	p += c->hi.len;
	if (s->literal.len)
		memcpy(p, s->literal.at, s->literal.len);
	c->literal = BYTES(p, s->literal.len);
	c->names_only = s->names_only && s->table == TABLE_NAME;
	return 0;
}

int cursor_open(struct engine *e, const struct scan *scan, struct fault *f,
		struct cursor **ret)
{
	struct cursor *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return fault_set(f, YORE_ENOMEM, "scan: out of memory");
	struct opening o = {e, scan, c, f, 0};
	int r = keep_bounds(c, scan);
	if (r == 0)
		r = e->ops->shelves(e, open_lane, &o, f);
	if (r == 0 && scan->shelf && c->count == 0)
		r = fault_set(f, YORE_ENOENT, "%s: no such shelf", scan->shelf);
	if (r < 0) {
		cursor_close(c);
		return r;
	}
	*ret = c;
	return 0;
}

void cursor_close(struct cursor *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->count; i++) {
		c->lanes[i]->it->ops->close(c->lanes[i]->it);
		free(c->lanes[i]);
	}
	free(c->lanes);
	free(c->end);
	free(c);
}

const struct fault *cursor_fault(const struct cursor *c)
{
	return &c->fault;
}

/* ---- moving ---- */

/* The key as a person can find it: hexadecimal, the first 64 octets. */
static int damaged_row(struct cursor *c, const struct lane *lane, struct bytes key)
{
	char hex[129];
	size_t n = key.len < 64 ? key.len : 64;
	for (size_t i = 0; i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", key.at[i]);
	hex[2 * n] = 0;
	return fault_set(&c->fault, YORE_ECORRUPT,
			 "%s: the row with key %s%s is damaged and was left out",
			 lane->shelf, hex, key.len > n ? "..." : "");
}

static int lane_read(struct cursor *c, struct lane *lane)
{
	struct bytes key;
	int r = lane->it->ops->next(lane->it, &key, &lane->value);
	if (r < 0) {
		c->fault = lane->it->fault;
		return r;
	}
	if (r == 1 && shelf_key(&lane->form, key, &lane->base, &lane->month) < 0)
		return damaged_row(c, lane, key);
	return r;
}

static void swap(struct cursor *c, size_t a, size_t b)
{
	struct lane *t = c->lanes[a];
	c->lanes[a] = c->lanes[b];
	c->lanes[b] = t;
}

/* Lane `at` has a new row: to its place among those behind it. */
static void sift(struct cursor *c, size_t at)
{
	while (at + 1 < c->live && lane_compare(c->lanes[at + 1], c->lanes[at]) < 0) {
		swap(c, at, at + 1);
		at++;
	}
}

/* The lane has no more rows: out of the live ones, order kept. */
static void retire(struct cursor *c, size_t at)
{
	struct lane *lane = c->lanes[at];
	memmove(&c->lanes[at], &c->lanes[at + 1], (c->live - 1 - at) * sizeof(lane));
	c->lanes[--c->live] = lane;
}

/* First rows of lanes that were just opened or repositioned. */
static int fill(struct cursor *c)
{
	while (c->unopened < c->count) {
		int r = lane_read(c, c->lanes[c->unopened]);
		if (r < 0)
			return r;
		size_t at = c->unopened++;
		if (r == 0)
			continue;
		/* unopened lanes lie behind the live and the finished ones */
		swap(c, at, c->live);
		at = c->live++;
		for (; at > 0 && lane_compare(c->lanes[at], c->lanes[at - 1]) < 0; at--)
			swap(c, at, at - 1);
	}
	return 0;
}

/* Past the rows that were given: the last of the stale lanes first, so that the others
   keep their places. */
static int refresh(struct cursor *c)
{
	while (c->stale > 0) {
		size_t at = c->stale - 1;
		int r = lane_read(c, c->lanes[at]);
		if (r < 0)
			return r;
		c->stale--;
		if (r == 0)
			retire(c, at);
		else
			sift(c, at);
	}
	return fill(c);
}

/* N and B rows of several years are one. */
static int merge_rest(struct cursor *c, struct store_row *row)
{
	while (c->stale < c->live && c->lanes[c->stale]->month == 0 &&
	       bytes_equal(c->lanes[c->stale]->base, row->base)) {
		struct lane *lane = c->lanes[c->stale++];
		struct span s;
		if (c->names_only)
			continue;
		struct bytes value = shelf_span(lane->base.at[0], lane->value);
		if (span_read(value, shelf_base(&lane->form, lane->base.at[0], 0), &s) <
		    0)
			return damaged_row(c, lane, lane->base);
		span_merge(&row->span, &s);
	}
	return 1;
}

int cursor_next(struct cursor *c, struct store_row *ret)
{
	int r = refresh(c);
	if (r < 0)
		return r;
	if (c->live == 0)
		return 0;
	struct lane *lane = c->lanes[0];
	uint8_t table = lane->base.at[0];
	c->stale = 1;
	ret->base = lane->base;
	ret->month = lane->month;
	ret->value = lane->value;
	if (c->names_only)
		memset(&ret->span, 0, sizeof(ret->span));
	else if (span_read(shelf_span(table, lane->value),
			   shelf_base(&lane->form, table, lane->month), &ret->span) < 0)
		return damaged_row(c, lane, lane->base);
	return key_suffix_len(table, false) ? 1 : merge_rest(c, ret);
}

int cursor_seek(struct cursor *c, struct bytes key)
{
	/* Those that stand before the key are the first ones. */
	while (c->stale < c->live && bytes_compare(c->lanes[c->stale]->base, key) < 0)
		c->stale++;
	for (size_t i = 0; i < c->count; i++)
		if (i < c->stale || i >= c->unopened)
			c->lanes[i]->it->ops->seek(c->lanes[i]->it, key);
	return 0;
}
