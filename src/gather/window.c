#include "gather/window.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/hash.h"
#include "gather/derive.h"

/* What one message can add behind the limit: rows, and rows derived from them. */
#define SLACK ((size_t)16 << 20)
#define ROW_USUAL 96 /* octets of a row, for choosing the number of slots */

int window_init(struct window *w, size_t octets, size_t derived_octets, uint32_t sensor)
{
	size_t slots = 1024;
	while (slots * ROW_USUAL <= octets)
		slots *= 2;
	*w = (struct window){.sensor = sensor,
			     .mask = slots - 1,
			     .limit = octets - slots * sizeof(struct window_slot),
			     .derived_limit = derived_octets};
	w->room = w->limit + SLACK;
	w->at = mmap(NULL, w->room, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	w->slots = calloc(slots, sizeof(*w->slots));
	if (w->at == MAP_FAILED || w->slots == NULL) {
		window_release(w);
		return YORE_ENOMEM;
	}
	/* fewer misses of address translation: a third of the cost of a probe */
	madvise(w->at, w->room, MADV_HUGEPAGE);
	w->used = WINDOW_UNIT;
	return 0;
}

void window_release(struct window *w)
{
	if (w->at != NULL && w->at != MAP_FAILED)
		munmap(w->at, w->room);
	free(w->slots);
	free(w->spans);
	*w = (struct window){0};
}

void window_clear(struct window *w)
{
	memset(w->slots, 0, (w->mask + 1) * sizeof(*w->slots));
	w->used = WINDOW_UNIT;
	w->row_count = 0;
	w->span_count = 0;
	w->derived = 0;
	w->shelf_count = 0;
	w->full = false;
}

static size_t units(size_t octets)
{
	return (octets + WINDOW_UNIT - 1) / WINDOW_UNIT;
}

uint32_t window_next(const struct window *w, uint32_t unit)
{
	size_t next = 1;
	if (unit != 0) {
		const struct row *r = window_row(w, unit);
		next = unit + units(sizeof(*r) + r->key_len);
	}
	return next * WINDOW_UNIT < w->used ? (uint32_t)next : 0;
}

static struct shelf *add_shelf(struct window *w)
{
	if (w->shelf_count == WINDOW_SHELVES) {
		w->full = true;
		return NULL;
	}
	struct shelf *s = &w->shelves[w->shelf_count++];
	*s = (struct shelf){.rdata = true};
	return s;
}

int window_named_shelf(struct window *w, const char *name, bool rdata)
{
	for (unsigned i = 0; i < w->shelf_count; i++)
		if (strcmp(w->shelves[i].name, name) == 0)
			return (int)i;
	struct shelf *s = add_shelf(w);
	if (s == NULL)
		return YORE_ELIMIT;
	snprintf(s->name, sizeof(s->name), "%s", name);
	s->rdata = rdata;
	return (int)w->shelf_count - 1;
}

int window_shelf(struct window *w, int32_t year)
{
	if (year == 0)
		return window_named_shelf(w, "intervals", true);
	for (unsigned i = 0; i < w->shelf_count; i++)
		if (w->shelves[i].year == year)
			return (int)i;
	struct shelf *s = add_shelf(w);
	if (s == NULL)
		return YORE_ELIMIT;
	snprintf(s->name, sizeof(s->name), "y%04d", (int)year);
	s->year = year;
	s->year_s = when_month_start(year * 12);
	for (int m = 0; m < 12; m++)
		s->month_s[m] = when_month_start(year * 12 + m);
	return (int)w->shelf_count - 1;
}

static int64_t base_of(const struct window *w, unsigned shelf, struct bytes key)
{
	const struct shelf *s = &w->shelves[shelf];
	if (s->year == 0 || key.at[0] == TABLE_SERVER) /* who asked: 0, too */
		return s->year_s;
	return s->month_s[(key.at[key.len - 1] - 1) % 12];
}

int64_t window_base(const struct window *w, const struct row *r)
{
	return base_of(w, r->shelf, BYTES(r->key, r->key_len));
}

/* The sensor of this process, which rows do not say again; 0: none for this span. */
static uint32_t sensor_of(const struct window *w, uint8_t flags)
{
	return flags & SPAN_INTERVAL ? 0 : w->sensor;
}

void window_span(const struct window *w, const struct row *r, struct span *ret)
{
	if (r->wide) {
		*ret = w->spans[r->first];
		return;
	}
	int64_t base = window_base(w, r);
	*ret = (struct span){.first_s = base + r->first,
			     .last_s = base + r->last,
			     .count = r->count,
			     .days = r->days,
			     .ttl_min = r->ttl_min,
			     .ttl_max = r->ttl_max,
			     .flags = r->flags};
	uint32_t sensor = sensor_of(w, r->flags);
	if (sensor != 0) {
		ret->sensor_count = 1;
		ret->sensors[0] = sensor;
	}
}

static bool is_near(int64_t at_s, int64_t base_s)
{
	return at_s != WHEN_UNKNOWN && at_s >= base_s && at_s - base_s <= UINT32_MAX;
}

/* Does a row say all of it? Nearly all stated spans: then none is kept beside. */
static bool fits_row(const struct window *w, const struct span *s, int64_t base_s)
{
	uint32_t sensor = sensor_of(w, s->flags);
	return is_near(s->first_s, base_s) && is_near(s->last_s, base_s) &&
	       s->first_at.number == 0 && s->last_at.number == 0 &&
	       s->sensor_count == (sensor != 0) &&
	       (sensor == 0 || s->sensors[0] == sensor);
}

static void put_span(struct row *r, const struct span *s, int64_t base_s)
{
	r->first = (uint32_t)(s->first_s - base_s);
	r->last = (uint32_t)(s->last_s - base_s);
	r->count = s->count;
	r->days = s->days;
	r->ttl_min = s->ttl_min;
	r->ttl_max = s->ttl_max;
	r->flags = s->flags;
}

uint64_t window_hash(struct bytes key, unsigned shelf)
{
	return hash_keyed(key.at, key.len) + shelf * 0x9e3779b97f4a7c15u;
}

static inline uint32_t tag_of(uint64_t hash)
{
	return (uint32_t)(hash >> 32);
}

void window_prefetch_row(const struct window *w, uint64_t hash)
{
	uint64_t i = hash & w->mask;
	for (; w->slots[i].row != 0; i = (i + 1) & w->mask)
		if (w->slots[i].tag == tag_of(hash)) {
			const struct row *r = window_row(w, w->slots[i].row);
			__builtin_prefetch(r, 1);
			__builtin_prefetch((const uint8_t *)r + 64);
			return;
		}
}

static inline struct window_slot *find(const struct window *w, uint64_t hash,
				       unsigned shelf, struct bytes key)
{
	uint64_t i = hash & w->mask;
	for (; w->slots[i].row != 0; i = (i + 1) & w->mask) {
		if (w->slots[i].tag != tag_of(hash))
			continue;
		const struct row *r = window_row(w, w->slots[i].row);
		if (r->key_len == key.len && r->shelf == shelf &&
		    memcmp(r->key, key.at, key.len) == 0)
			break;
	}
	return &w->slots[i];
}

static int add(struct window *w, struct window_slot *slot, uint64_t hash, unsigned shelf,
	       struct bytes key, struct row **ret)
{
	size_t n = units(sizeof(struct row) + key.len) * WINDOW_UNIT;
	if (w->room - w->used < n || w->row_count >= w->mask - w->mask / 8)
		return YORE_ELIMIT;
	*slot = (struct window_slot){tag_of(hash), (uint32_t)(w->used / WINDOW_UNIT)};
	struct row *r = (struct row *)(w->at + w->used);
	w->used += n;
	w->row_count++;
	w->shelves[shelf].rows++;
	memcpy(r->key, key.at, key.len);
	r->key_len = (uint32_t)key.len;
	r->shelf = (uint16_t)shelf;
	r->wide = false;
	w->derived += derive_octets(key);
	if (w->used >= w->limit || w->derived >= w->derived_limit ||
	    w->row_count >= w->mask / 4 * 3)
		w->full = true;
	*ret = r;
	return 0;
}

int window_sight(struct window *w, uint64_t hash, unsigned shelf, struct bytes key,
		 const struct window_sighting *s)
{
	struct window_slot *slot = find(w, hash, shelf, key);
	struct row *r;
	if (slot->row == 0) {
		int e = add(w, slot, hash, shelf, key, &r);
		if (e < 0)
			return e;
		r->first = r->last = s->at_s;
		r->count = 1;
		r->days = s->day_bit;
		r->ttl_min = r->ttl_max = s->ttl;
		r->flags = s->flags;
		return 0;
	}
	r = window_row(w, slot->row);
	if (r->wide || r->flags & SPAN_INTERVAL) {
		int64_t at = window_base(w, r) + s->at_s;
		struct span span = span_of_sighting(at, s->ttl);
		span.days = s->day_bit;
		span.flags = s->flags;
		if (w->sensor != 0)
			span_add_sensor(&span, w->sensor);
		return window_merge(w, hash, shelf, key, &span);
	}
	r->first = s->at_s < r->first ? s->at_s : r->first;
	r->last = s->at_s > r->last ? s->at_s : r->last;
	r->count++;
	r->days |= s->day_bit;
	if (r->ttl_min > r->ttl_max) {
		r->ttl_min = r->ttl_max = s->ttl;
	} else {
		r->ttl_min = s->ttl < r->ttl_min ? s->ttl : r->ttl_min;
		r->ttl_max = s->ttl > r->ttl_max ? s->ttl : r->ttl_max;
	}
	r->flags |= s->flags;
	return 0;
}

static int add_span(struct window *w, const struct span *s, uint32_t *ret)
{
	if (w->span_count == w->span_room) {
		uint32_t room = w->span_room ? w->span_room * 2 : 1024;
		struct span *spans = realloc(w->spans, room * sizeof(*spans));
		if (spans == NULL)
			return YORE_ENOMEM;
		w->spans = spans;
		w->span_room = room;
	}
	*ret = w->span_count++;
	w->spans[*ret] = *s;
	w->derived += sizeof(*s) * 2; /* the array doubles */
	return 0;
}

int window_merge(struct window *w, uint64_t hash, unsigned shelf, struct bytes key,
		 const struct span *s)
{
	struct window_slot *slot = find(w, hash, shelf, key);
	struct row *r = slot->row ? window_row(w, slot->row) : NULL;
	if (r != NULL && r->wide) {
		span_merge(&w->spans[r->first], s);
		return 0;
	}
	struct span whole = *s;
	if (r != NULL) {
		window_span(w, r, &whole);
		span_merge(&whole, s);
	}
	int64_t base_s = base_of(w, shelf, key);
	if (fits_row(w, &whole, base_s)) {
		int e = r ? 0 : add(w, slot, hash, shelf, key, &r);
		if (e == 0)
			put_span(r, &whole, base_s);
		return e;
	}
	uint32_t at;
	int e = add_span(w, &whole, &at);
	if (e == 0 && r == NULL)
		e = add(w, slot, hash, shelf, key, &r);
	if (e < 0)
		return e;
	r->wide = true;
	r->first = at;
	return 0;
}
