#include "gather/collapse.h"

#include <stdlib.h>

#include "base/hash.h"
#include "dns/name.h"
#include "dns/psl.h"

#define ROW_DROPPED UINT16_MAX /* on no shelf: nobody picks it */
#define DEPTH_MIN COLLAPSED_ZONE_MIN
#define DEPTH_MAX COLLAPSED_ZONE_MAX
#define CANDIDATES 256
#define SETS 64	       /* answers of one zone that are told apart */
#define SET_SHARE 16   /* so many names have an answer that is a wildcard's */
#define LONG_LABELS 24 /* octets below the zone, on average: encoded data */
#define HITTERS (1u << 16)

/* ---- which zones have many such names, roughly: a vote in each slot ---- */

struct hitter {
	uint32_t tag, votes;
};

/* A row that was seen once, and where its owner's labels end. */
struct once {
	const struct row *row;
	unsigned labels;
	uint32_t end[DEPTH_MAX + 1]; /* octets of the owner that hold so many labels */
	uint32_t owner_len;	     /* with the final zero */
};

static bool is_rrset(const struct row *r)
{
	return r->key[0] == TABLE_RRSET;
}

static bool look_at(const struct row *r, struct once *ret)
{
	if (!is_rrset(r))
		return false;
	const uint8_t *owner = r->key + 1;
	uint32_t at = 0;
	*ret = (struct once){.row = r};
	while (owner[at] != 0) {
		at += owner[at] + 1u;
		ret->labels++;
		if (ret->labels <= DEPTH_MAX)
			ret->end[ret->labels] = at;
	}
	ret->owner_len = at + 1;
	return ret->labels > DEPTH_MIN;
}

static bool seen_once(const struct window *w, const struct row *r)
{
	return (r->wide ? w->spans[r->first].count : r->count) == 1;
}

/* A year's, or of negative answers; what stands on intervals somebody else counted. */
static bool may_collapse(const struct shelf *s)
{
	return s->year != 0 || strcmp(s->name, "negative") == 0;
}

/* Names that the site wants to keep count for nothing here. */
static bool is_kept(const struct site *keeps, const struct once *o)
{
	uint8_t wire[NAME_WIRE_MAX + 1];
	if (keeps == NULL || o->owner_len > NAME_WIRE_MAX)
		return false;
	name_reverse(BYTES(o->row->key + 1, o->owner_len), wire);
	return site_keeps(keeps, BYTES(wire, o->owner_len));
}

static bool once_at(const struct window *w, const struct site *keeps, uint32_t unit,
		    struct once *ret)
{
	const struct row *r = window_row(w, unit);
	return look_at(r, ret) && may_collapse(&w->shelves[r->shelf]) &&
	       seen_once(w, r) && !is_kept(keeps, ret);
}

static unsigned deepest(const struct once *o)
{
	return o->labels - 1 < DEPTH_MAX ? o->labels - 1 : DEPTH_MAX;
}

static uint64_t zone_hash(const struct once *o, unsigned depth)
{
	return hash_keyed(o->row->key + 1, o->end[depth]) + o->row->shelf;
}

static void vote(struct hitter *hitters, const struct once *o)
{
	for (unsigned d = DEPTH_MIN; d <= deepest(o); d++) {
		uint64_t h = zone_hash(o, d);
		struct hitter *slot = &hitters[h % HITTERS];
		uint32_t tag = (uint32_t)(h >> 32);
		if (slot->tag == tag)
			slot->votes++;
		else if (slot->votes > 0)
			slot->votes--;
		else
			*slot = (struct hitter){tag, 1};
	}
}

/* ---- those zones, exactly ---- */

struct answers { /* names with the same type, set and month */
	uint64_t hash;
	uint32_t names;
	uint32_t samples; /* of them left as they are, so far */
};

struct zone {
	uint64_t hash;
	const uint8_t *owner; /* reversed, without the final zero */
	uint32_t len;
	uint16_t shelf;
	uint32_t rows, once;
	uint64_t below; /* octets of those names below the zone */
	struct answers sets[SETS];
	unsigned set_count;
	bool more_sets;
	bool wildcard, tunnel, used;
	bool known; /* collapsed before */
};

struct zones {
	struct collapse_memory *memory;
	const struct site *keeps;
	struct zone *at;
	unsigned count;
	uint16_t slots[4 * CANDIDATES]; /* 1 + index */
};

static struct zone *zone_find(struct zones *z, const struct once *o, unsigned depth,
			      uint16_t **slot)
{
	uint64_t h = zone_hash(o, depth);
	size_t i = h % (4 * CANDIDATES);
	for (; z->slots[i]; i = (i + 1) % (4 * CANDIDATES)) {
		struct zone *c = &z->at[z->slots[i] - 1];
		if (c->hash == h && c->len == o->end[depth] &&
		    c->shelf == o->row->shelf &&
		    memcmp(c->owner, o->row->key + 1, c->len) == 0)
			return c;
	}
	*slot = &z->slots[i];
	return NULL;
}

/* ---- zones that were collapsed before ---- */

/* Whatever its shelf: a year's end is no beginning. */
static uint64_t lasting_hash(const uint8_t *owner, uint32_t len)
{
	return hash_keyed(owner, len);
}

static bool is_known(const struct collapse_memory *m, uint64_t hash)
{
	for (unsigned i = 0; m && i < m->count; i++)
		if (m->zones[i] == hash)
			return true;
	return false;
}

static void remember(struct collapse_memory *m, const struct zone *z)
{
	uint64_t hash = lasting_hash(z->owner, z->len);
	if (m == NULL || is_known(m, hash))
		return;
	m->zones[m->next] = hash;
	m->next = (m->next + 1) % COLLAPSE_REMEMBERED;
	m->count += m->count < COLLAPSE_REMEMBERED;
}

static uint32_t least(const struct collapse_memory *m, uint32_t threshold)
{
	return m && m->count ? threshold / COLLAPSE_AGAIN : threshold;
}

static void nominate(struct zones *z, const struct hitter *hitters, const struct once *o,
		     uint32_t threshold)
{
	for (unsigned d = DEPTH_MIN; d <= deepest(o); d++) {
		uint64_t h = zone_hash(o, d);
		const struct hitter *slot = &hitters[h % HITTERS];
		uint16_t *free_slot;
		if (slot->tag != (uint32_t)(h >> 32) ||
		    slot->votes < least(z->memory, threshold) / 2 ||
		    z->count == CANDIDATES)
			continue;
		bool known =
		    is_known(z->memory, lasting_hash(o->row->key + 1, o->end[d]));
		if ((!known && slot->votes < threshold / 2) ||
		    zone_find(z, o, d, &free_slot))
			continue;
		z->at[z->count] = (struct zone){.hash = h,
						.known = known,
						.owner = o->row->key + 1,
						.len = o->end[d],
						.shelf = o->row->shelf};
		*free_slot = (uint16_t)++z->count;
	}
}

/* Type, bailiwick, source, set and suffix: all of the key behind the owner. */
static struct bytes answer_of(const struct once *o)
{
	uint32_t at = 1 + o->owner_len;
	return BYTES(o->row->key + at, o->row->key_len - at);
}

/* The same without the set: what a tunnel's rows have in common. */
static struct bytes head_of(struct bytes answer)
{
	struct reader r = reader_of(answer);
	reader_skip(&r, 3);
	source_read_key(&r);
	return BYTES(answer.at, r.err ? 0 : reader_offset(&r));
}

static struct answers *set_find(struct zone *z, struct bytes answer, bool add)
{
	uint64_t h = hash_keyed(answer.at, answer.len);
	for (unsigned i = 0; i < z->set_count; i++)
		if (z->sets[i].hash == h)
			return &z->sets[i];
	if (!add || z->set_count == SETS) {
		z->more_sets = true;
		return NULL;
	}
	z->sets[z->set_count] = (struct answers){.hash = h};
	return &z->sets[z->set_count++];
}

static void count_row(const struct window *w, struct zones *z, const struct once *o)
{
	for (unsigned d = DEPTH_MIN; d <= deepest(o); d++) {
		uint16_t *unused;
		struct zone *c = zone_find(z, o, d, &unused);
		if (c == NULL)
			continue;
		c->rows++;
		if (!seen_once(w, o->row))
			continue;
		c->once++;
		c->below += o->owner_len - 1 - c->len;
		struct answers *a = set_find(c, answer_of(o), true);
		if (a)
			a->names++;
	}
}

static bool is_suffix(const struct zone *z)
{
	uint8_t reversed[NAME_WIRE_MAX + 1], wire[NAME_WIRE_MAX + 1];
	memcpy(reversed, z->owner, z->len);
	reversed[z->len] = 0;
	name_reverse(BYTES(reversed, z->len + 1), wire);
	return psl_is_suffix(BYTES(wire, z->len + 1));
}

static void judge(struct zone *z, uint32_t threshold)
{
	bool nameable = z->len + sizeof(COLLAPSED_LABEL) + 1 <= NAME_WIRE_MAX;
	if (z->known)
		threshold /= COLLAPSE_AGAIN;
	if (!nameable || z->once < threshold || z->once < z->rows / 10 * 9 ||
	    is_suffix(z))
		return;
	uint64_t shared = 0;
	for (unsigned i = 0; i < z->set_count; i++)
		if (z->sets[i].names >= SET_SHARE)
			shared += z->sets[i].names;
	z->wildcard = shared >= z->once / 10 * 9;
	z->tunnel = !z->wildcard && z->below / z->once >= LONG_LABELS;
	for (unsigned i = 0; z->tunnel && i < z->set_count; i++)
		z->sets[i] = (struct answers){0};
	if (z->tunnel)
		z->set_count = 0;
}

/* ---- collapsing ---- */

/* The group of a row that is to go, in the deepest zone that is collapsed. */
static struct answers *group_of(struct zones *z, const struct once *o, struct zone **zone)
{
	for (unsigned d = deepest(o); d >= DEPTH_MIN; d--) {
		uint16_t *unused;
		struct zone *c = zone_find(z, o, d, &unused);
		struct answers *a = NULL;
		if (c && c->wildcard)
			a = set_find(c, answer_of(o), false);
		else if (c && c->tunnel)
			a = set_find(c, head_of(answer_of(o)), true);
		if (a && c->wildcard && a->names < SET_SHARE)
			a = NULL;
		*zone = c;
		if (a)
			return a;
	}
	return NULL;
}

static void put_key(struct buf *out, const struct window *w, const struct zone *z,
		    const struct once *o)
{
	struct bytes answer = answer_of(o);
	buf_clear(out);
	buf_putc(out, TABLE_RRSET);
	buf_put(out, z->owner, z->len);
	buf_putc(out, sizeof(COLLAPSED_LABEL) - 1);
	buf_put(out, COLLAPSED_LABEL, sizeof(COLLAPSED_LABEL) - 1);
	buf_putc(out, 0);
	if (z->tunnel) {
		bool dated = w->shelves[o->row->shelf].year != 0;
		size_t suffix = key_suffix_len(TABLE_RRSET, !dated);
		buf_put_bytes(out, head_of(answer));
		buf_u16be(out, 2); /* a set of one rdata without octets */
		buf_u16be(out, 0);
		buf_put(out, answer.at + answer.len - suffix, suffix);
	} else {
		buf_put_bytes(out, answer);
	}
}

/* A bailiwick is a count of the owner's labels: the new owner must have so many. */
static bool fits(const struct zone *z, const struct once *o)
{
	uint8_t bailiwick = answer_of(o).at[2];
	unsigned labels = 0;
	for (uint32_t at = 0; at < z->len; at += z->owner[at] + 1u)
		labels++;
	return bailiwick == BAILIWICK_ABSENT || bailiwick <= labels;
}

static int collapse_row(struct window *w, struct zones *z, struct once *o,
			struct buf *key, struct collapse_counters *c)
{
	struct zone *zone;
	struct answers *a = group_of(z, o, &zone);
	struct span span;
	if (a == NULL || !fits(zone, o))
		return 0;
	if (a->samples < COLLAPSE_SAMPLES && !zone->known) {
		a->samples++;
		return 0;
	}
	put_key(key, w, zone, o);
	if (key->err)
		return key->err;
	window_span(w, o->row, &span);
	int r = window_merge(w, window_hash(buf_bytes(key), o->row->shelf), o->row->shelf,
			     buf_bytes(key), &span);
	if (r == YORE_ELIMIT) /* no room for it: then the row stays what it is */
		return 0;
	if (r == 0) {
		((struct row *)(uintptr_t)o->row)->shelf = ROW_DROPPED;
		c->rows++;
		c->zones += !zone->used;
		zone->used = true;
	}
	return r;
}

static int collapse_all(struct window *w, struct zones *z, uint32_t end,
			struct collapse_counters *c)
{
	struct buf key;
	struct once o;
	int r = 0;
	buf_init(&key, 1 << 20);
	for (uint32_t u = window_next(w, 0); u != 0 && u < end && r == 0;
	     u = window_next(w, u))
		if (once_at(w, z->keeps, u, &o))
			r = collapse_row(w, z, &o, &key, c);
	buf_release(&key);
	return r;
}

static bool judge_all(struct zones *z, uint32_t threshold)
{
	bool found = false;
	for (unsigned i = 0; i < z->count; i++) {
		judge(&z->at[i], threshold);
		found |= z->at[i].wildcard || z->at[i].tunnel;
	}
	return found;
}

static int with_hitters(struct window *w, struct hitter *hitters, struct zones *z,
			uint32_t threshold, struct collapse_counters *c)
{
	struct once o;
	for (uint32_t u = window_next(w, 0); u != 0; u = window_next(w, u))
		if (once_at(w, z->keeps, u, &o))
			vote(hitters, &o);
	bool any = false;
	for (unsigned i = 0; i < HITTERS && !any; i++)
		any = hitters[i].votes >= least(z->memory, threshold) / 2;
	if (!any)
		return 0;
	for (uint32_t u = window_next(w, 0); u != 0; u = window_next(w, u))
		if (once_at(w, z->keeps, u, &o))
			nominate(z, hitters, &o, threshold);
	for (uint32_t u = window_next(w, 0); u != 0; u = window_next(w, u))
		if (look_at(window_row(w, u), &o) && !is_kept(z->keeps, &o))
			count_row(w, z, &o);
	/* rows that are made on the way lie behind those that are looked at */
	if (!judge_all(z, threshold))
		return 0;
	int r = collapse_all(w, z, (uint32_t)(w->used / WINDOW_UNIT), c);
	for (unsigned i = 0; i < z->count; i++)
		if (z->at[i].used)
			remember(z->memory, &z->at[i]);
	return r;
}

int window_collapse(struct window *w, uint32_t threshold, const struct site *keeps,
		    struct collapse_memory *memory, struct collapse_counters *c)
{
	if (threshold == 0)
		threshold = COLLAPSE_DEFAULT;
	if (threshold == COLLAPSE_OFF || w->row_count < least(memory, threshold))
		return 0;
	struct hitter *hitters = calloc(HITTERS, sizeof(*hitters));
	struct zones *z = calloc(1, sizeof(*z));
	if (z) {
		z->memory = memory;
		z->keeps = keeps;
	}
	if (z)
		z->at = malloc(CANDIDATES * sizeof(*z->at));
	int r = hitters && z && z->at ? with_hitters(w, hitters, z, threshold, c)
				      : YORE_ENOMEM;
	free(hitters);
	if (z)
		free(z->at);
	free(z);
	return r;
}
