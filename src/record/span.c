#include "record/span.h"

#include "base/hash.h"

/*
 * First octet. HEAD_DAYS_* and HEAD_TTL_* are two bits each; what a shape says is then
 * not written again.
 */
enum {
	HEAD_ONCE = 0x01, /* count 1, last is first */
	HEAD_DAYS_NONE = 0x00,
	HEAD_DAYS_ENDS = 0x02,	/* the days of first and last */
	HEAD_DAYS_ALL = 0x04,	/* every day from first to last */
	HEAD_DAYS_GIVEN = 0x06, /* a varint */
	HEAD_TTL_NONE = 0x00,
	HEAD_TTL_ONE = 0x08,
	HEAD_TTL_RANGE = 0x10,
	HEAD_SENSORS = 0x20,
	HEAD_PROVEN = 0x40,
	HEAD_MORE = 0x80, /* the second octet follows */
	HEAD_DAYS_MASK = 0x06,
	HEAD_TTL_MASK = 0x18,
};

enum {
	MORE_PARTIAL = 0x01,
	MORE_SENSORS = 0x02,
	MORE_INTERVAL = 0x04,
	MORE_FIRST_UNKNOWN = 0x08,
	MORE_LAST_UNKNOWN = 0x10,
	MORE_FIRST_BEFORE = 0x20, /* first lies before the base */
	MORE_LAST_BEFORE = 0x40,  /* last lies before first (the base, if unknown) */
	MORE_PLACES = 0x80,	  /* behind all else: where first and last were seen */
};

#define DAY_S 86400

static bool has_ttl(const struct span *s)
{
	return s->ttl_min <= s->ttl_max;
}

/* The day of the month as a bit, from seconds behind the month's start; 0 outside it. */
static uint32_t day_bit(int64_t behind_s)
{
	return behind_s >= 0 && behind_s < 31 * DAY_S ? 1u << (behind_s / DAY_S) : 0;
}

static uint32_t day_run(uint32_t first, uint32_t last)
{
	return first && last >= first ? (last - first) | last : 0;
}

void span_add_sensor(struct span *s, uint32_t sensor)
{
	unsigned i = 0;
	while (i < s->sensor_count && s->sensors[i] < sensor)
		i++;
	if (i < s->sensor_count && s->sensors[i] == sensor)
		return;
	/* The lowest hashes stay whatever the order, so merging has no order. */
	if (s->sensor_count == SPAN_SENSORS)
		s->flags |= SPAN_SENSORS_MORE;
	else
		s->sensor_count++;
	for (unsigned j = s->sensor_count; j-- > i + 1;)
		s->sensors[j] = s->sensors[j - 1];
	if (i < s->sensor_count)
		s->sensors[i] = sensor;
}

static void merge_count(struct span *into, const struct span *other)
{
	bool a = into->flags & SPAN_INTERVAL, b = other->flags & SPAN_INTERVAL;
	if (a != b) {
		if (b)
			into->count = other->count;
	} else if (a) {
		if (other->count > into->count)
			into->count = other->count;
	} else if (__builtin_add_overflow(into->count, other->count, &into->count)) {
		into->count = UINT64_MAX;
	}
}

static void merge_ttl(struct span *into, const struct span *other)
{
	if (!has_ttl(other))
		return;
	if (!has_ttl(into)) {
		into->ttl_min = other->ttl_min;
		into->ttl_max = other->ttl_max;
		return;
	}
	if (other->ttl_min < into->ttl_min)
		into->ttl_min = other->ttl_min;
	if (other->ttl_max > into->ttl_max)
		into->ttl_max = other->ttl_max;
}

static int place_order(const struct span_place *a, const struct span_place *b)
{
	if (a->input != b->input)
		return a->input < b->input ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

/*
 * Of the same second, any place will do as long as it is always the same one: the lowest
 * kept. (Not the lowest number first: files have no order here.)
 */
static void merge_place(struct span_place *into, const struct span_place *other)
{
	if (other->number != 0 && (into->number == 0 || place_order(other, into) < 0))
		*into = *other;
}

static void merge_ends(struct span *into, const struct span *other)
{
	if (into->first_s == other->first_s) {
		merge_place(&into->first_at, &other->first_at);
	} else if (into->first_s == WHEN_UNKNOWN ||
		   (other->first_s != WHEN_UNKNOWN && other->first_s < into->first_s)) {
		into->first_s = other->first_s;
		into->first_at = other->first_at;
	}
	/* WHEN_UNKNOWN is the least of all, so the greatest is the known one. */
	if (into->last_s == other->last_s) {
		merge_place(&into->last_at, &other->last_at);
	} else if (other->last_s > into->last_s) {
		into->last_s = other->last_s;
		into->last_at = other->last_at;
	}
}

void span_merge(struct span *into, const struct span *other)
{
	merge_count(into, other);
	merge_ends(into, other);
	into->days |= other->days;
	into->flags |= other->flags;
	merge_ttl(into, other);
	for (unsigned i = 0; i < other->sensor_count; i++)
		span_add_sensor(into, other->sensors[i]);
}

bool span_equal(const struct span *a, const struct span *b)
{
	bool ttl = has_ttl(a) ? a->ttl_min == b->ttl_min && a->ttl_max == b->ttl_max
			      : !has_ttl(b);
	return ttl && place_order(&a->first_at, &b->first_at) == 0 &&
	       place_order(&a->last_at, &b->last_at) == 0 && a->first_s == b->first_s &&
	       a->last_s == b->last_s && a->count == b->count && a->days == b->days &&
	       a->flags == b->flags && a->sensor_count == b->sensor_count &&
	       memcmp(a->sensors, b->sensors, a->sensor_count * sizeof(a->sensors[0])) ==
		   0;
}

/* |a - b| of any two times, without overflow; *before: a < b. */
static uint64_t apart(int64_t a, int64_t b, bool *before)
{
	*before = a < b;
	return *before ? (uint64_t)b - (uint64_t)a : (uint64_t)a - (uint64_t)b;
}

static uint32_t day_bit_of(int64_t s, int64_t base_s)
{
	bool before;
	uint64_t d = apart(s, base_s, &before);
	return s == WHEN_UNKNOWN || before || d >= 31 * DAY_S ? 0 : day_bit((int64_t)d);
}

static uint8_t days_shape(const struct span *s, int64_t base_s)
{
	if (s->days == 0)
		return HEAD_DAYS_NONE;
	uint32_t first = day_bit_of(s->first_s, base_s);
	uint32_t last = day_bit_of(s->last_s, base_s);
	if (first && last && s->days == (first | last))
		return HEAD_DAYS_ENDS;
	return first && s->days == day_run(first, last) ? HEAD_DAYS_ALL : HEAD_DAYS_GIVEN;
}

static size_t put_sensors(uint8_t *p, const struct span *s)
{
	p[0] = s->sensor_count;
	for (unsigned i = 0; i < s->sensor_count; i++)
		store_u32be(p + 1 + 4 * i, s->sensors[i]);
	return 1 + 4u * s->sensor_count;
}

static bool has_places(const struct span *s)
{
	return s->first_at.number != 0 || s->last_at.number != 0;
}

/* One where both are the same, as of what was seen once; else both. */
static size_t put_places(uint8_t *p, const struct span *s)
{
	bool same = place_order(&s->first_at, &s->last_at) == 0;
	size_t n = 0;
	p[n++] = same ? 1 : 2;
	for (int i = 0; i < (same ? 1 : 2); i++) {
		const struct span_place *at = i == 0 ? &s->first_at : &s->last_at;
		store_u32be(p + n, at->input);
		n += 4;
		n += varint_put(p + n, at->number);
	}
	return n;
}

size_t span_encode(const struct span *s, int64_t base_s, uint8_t out[SPAN_WIRE_MAX])
{
	bool first_known = s->first_s != WHEN_UNKNOWN,
	     last_known = s->last_s != WHEN_UNKNOWN;
	bool once = s->count == 1 && first_known && s->first_s == s->last_s;
	bool first_before = false, last_before = false;
	uint64_t first = first_known ? apart(s->first_s, base_s, &first_before) : 0;
	uint64_t last =
	    last_known ? apart(s->last_s, first_known ? s->first_s : base_s, &last_before)
		       : 0;
	uint8_t days = days_shape(s, base_s);
	uint8_t ttl = !has_ttl(s)		 ? HEAD_TTL_NONE
		      : s->ttl_min == s->ttl_max ? HEAD_TTL_ONE
						 : HEAD_TTL_RANGE;
	uint8_t more = (uint8_t)((s->flags & SPAN_PARTIAL ? MORE_PARTIAL : 0) |
				 (s->flags & SPAN_SENSORS_MORE ? MORE_SENSORS : 0) |
				 (s->flags & SPAN_INTERVAL ? MORE_INTERVAL : 0) |
				 (first_known ? 0 : MORE_FIRST_UNKNOWN) |
				 (last_known ? 0 : MORE_LAST_UNKNOWN) |
				 (first_before ? MORE_FIRST_BEFORE : 0) |
				 (last_before ? MORE_LAST_BEFORE : 0) |
				 (has_places(s) ? MORE_PLACES : 0));
	size_t n = 0;
	out[n++] = (uint8_t)((once ? HEAD_ONCE : 0) | days | ttl |
			     (s->sensor_count ? HEAD_SENSORS : 0) |
			     (s->flags & SPAN_PROVEN ? HEAD_PROVEN : 0) |
			     (more ? HEAD_MORE : 0));
	if (more)
		out[n++] = more;
	if (first_known)
		n += varint_put(out + n, first);
	if (last_known && !once)
		n += varint_put(out + n, last);
	if (!once)
		n += varint_put(out + n, s->count);
	if (days == HEAD_DAYS_GIVEN)
		n += varint_put(out + n, s->days);
	if (ttl != HEAD_TTL_NONE)
		n += varint_put(out + n, s->ttl_min);
	if (ttl == HEAD_TTL_RANGE)
		n += varint_put(out + n, s->ttl_max - s->ttl_min);
	if (s->sensor_count)
		n += put_sensors(out + n, s);
	if (has_places(s))
		n += put_places(out + n, s);
	return n;
}

/* Of at most four octets, as nearly all are, without a branch for each. */
static inline uint64_t varint(struct reader *r)
{
	if (r->err == 0 && reader_left(r) >= 4) {
		uint32_t v = __builtin_bswap32(load_u32be(r->at));
		uint32_t ends = ~v & 0x80808080u;
		if (ends) {
			v &= (ends ^ (ends - 1)) & 0x7f7f7f7fu;
			v = (v & 0x007f007fu) | (v & 0x7f007f00u) >> 1;
			r->at += (unsigned)__builtin_ctz(ends) / 8 + 1;
			return (v & 0x3fffu) | (v & 0x3fff0000u) >> 2;
		}
	}
	return reader_varint(r);
}

/* from +- the varint; the result may be any time but WHEN_UNKNOWN. */
static int64_t read_time(struct reader *r, int64_t from, bool before)
{
	uint64_t d = varint(r);
	bool bad;
	int64_t t;
	if (before)
		bad = __builtin_sub_overflow(from, d, &t);
	else
		bad = __builtin_add_overflow(from, d, &t);
	if ((bad || t == WHEN_UNKNOWN) && r->err == 0)
		r->err = YORE_EMALFORMED;
	return t;
}

static uint32_t read_u32(struct reader *r)
{
	uint64_t v = varint(r);
	if (v > UINT32_MAX && r->err == 0)
		r->err = YORE_EMALFORMED;
	return (uint32_t)v;
}

static uint8_t flags_of(uint8_t head, uint8_t more)
{
	return (uint8_t)((head & HEAD_PROVEN ? SPAN_PROVEN : 0) |
			 (more & MORE_PARTIAL ? SPAN_PARTIAL : 0) |
			 (more & MORE_SENSORS ? SPAN_SENSORS_MORE : 0) |
			 (more & MORE_INTERVAL ? SPAN_INTERVAL : 0));
}

static void read_times(struct reader *r, struct span *s, uint8_t head, uint8_t more,
		       int64_t base_s)
{
	s->first_s = s->last_s = WHEN_UNKNOWN;
	if (!(more & MORE_FIRST_UNKNOWN))
		s->first_s = read_time(r, base_s, more & MORE_FIRST_BEFORE);
	if (head & HEAD_ONCE) {
		s->last_s = s->first_s;
		s->count = 1;
		return;
	}
	if (!(more & MORE_LAST_UNKNOWN))
		s->last_s = read_time(r, more & MORE_FIRST_UNKNOWN ? base_s : s->first_s,
				      more & MORE_LAST_BEFORE);
	s->count = varint(r);
}

static void read_days(struct reader *r, struct span *s, uint8_t head, int64_t base_s)
{
	uint32_t first = day_bit_of(s->first_s, base_s),
		 last = day_bit_of(s->last_s, base_s);
	switch (head & HEAD_DAYS_MASK) {
	case HEAD_DAYS_ENDS:
		s->days = first | last;
		break;
	case HEAD_DAYS_ALL:
		s->days = day_run(first, last);
		break;
	case HEAD_DAYS_GIVEN:
		s->days = read_u32(r);
		break;
	}
}

static void read_ttl(struct reader *r, struct span *s, uint8_t head)
{
	s->ttl_min = UINT32_MAX;
	if ((head & HEAD_TTL_MASK) == HEAD_TTL_NONE)
		return;
	s->ttl_min = s->ttl_max = read_u32(r);
	if ((head & HEAD_TTL_MASK) != HEAD_TTL_ONE &&
	    __builtin_add_overflow(s->ttl_min, read_u32(r), &s->ttl_max) && r->err == 0)
		r->err = YORE_EMALFORMED;
}

static void read_sensors(struct reader *r, struct span *s)
{
	unsigned n = reader_u8(r);
	if (n > SPAN_SENSORS)
		r->err = YORE_EMALFORMED;
	for (unsigned i = 0; i < n && r->err == 0; i++) {
		s->sensors[i] = reader_u32(r);
		if (i && s->sensors[i] <= s->sensors[i - 1])
			r->err = YORE_EMALFORMED;
	}
	s->sensor_count = (uint8_t)n;
}

static struct span_place read_place(struct reader *r)
{
	struct span_place at = {.input = reader_u32(r)};
	at.number = read_u32(r);
	if (at.number == 0 && at.input != 0 && r->err == 0)
		r->err = YORE_EMALFORMED;
	return at;
}

static void read_places(struct reader *r, struct span *s)
{
	unsigned n = reader_u8(r);
	if ((n != 1 && n != 2) && r->err == 0)
		r->err = YORE_EMALFORMED;
	s->first_at = read_place(r);
	s->last_at = n == 2 ? read_place(r) : s->first_at;
}

int span_read(struct bytes wire, int64_t base_s, struct span *ret)
{
	/* straight into the caller's: copying what was just written costs as much again
	 */
	struct reader r = reader_of(wire);
	memset(ret, 0, sizeof(*ret));
	uint8_t head = reader_u8(&r);
	uint8_t more = head & HEAD_MORE ? reader_u8(&r) : 0;
	ret->flags = flags_of(head, more);
	read_times(&r, ret, head, more, base_s);
	read_days(&r, ret, head, base_s);
	read_ttl(&r, ret, head);
	if (head & HEAD_SENSORS)
		read_sensors(&r, ret);
	if (more & MORE_PLACES)
		read_places(&r, ret);
	if (r.err == 0 && reader_left(&r))
		r.err = YORE_EMALFORMED;
	return r.err;
}

int span_decode(struct bytes wire, int64_t base_s, struct span *ret)
{
	struct span s;
	int r = span_read(wire, base_s, &s);
	if (r < 0)
		return r;
	/*
	 * One span, one encoding: whatever else could be read (long varints, a shape
	 * that another one covers) was not written by us.
	 */
	uint8_t again[SPAN_WIRE_MAX];
	if (!bytes_equal(wire, BYTES(again, span_encode(&s, base_s, again))))
		return YORE_EMALFORMED;
	*ret = s;
	return 0;
}

uint32_t sensor_hash(const char *name)
{
	uint32_t h = (uint32_t)hash_fixed(name, strlen(name), 0);
	return h ? h : 1; /* 0 says: no sensor named */
}
