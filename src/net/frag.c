#include "net/frag.h"

#include <stdlib.h>

#include "base/hash.h"
#include "net/decode.h"
#include "net/ring.h"

/* More pieces than this in one datagram are an attack, not a network. */
#define PIECES_MOST 512

struct piece {
	struct piece *next;
	uint32_t offset, len;
	uint8_t octets[];
};

struct frag_key {
	uint8_t src[16], dst[16];
	uint32_t id;
	uint8_t protocol, addr_len, zero[2];
};

struct frag_set {
	struct ring age;       /* by first fragment; in `unused` when free */
	struct frag_set *next; /* in its bucket */
	struct frag_key key;
	int64_t first_us;
	struct piece *pieces, *last;
	uint32_t count, have, end; /* end: 0 while the last one is missing */
	bool dead; /* dropped or not wanted; kept to swallow what still comes */
	bool counted;
};

struct frags {
	struct frag_limits limits;
	struct decode_counters *counters;
	struct ring ages, unused;
	unsigned fresh, sets; /* pool entries ever used; sets now */
	size_t octets;
	size_t bucket_mask;
	struct frag_set **buckets;
	struct frag_set *pool;
	uint8_t *whole;
};

static size_t piece_cost(uint32_t len)
{
	return sizeof(struct piece) + len + 16;
}

int frags_new(const struct frag_limits *l, struct decode_counters *c, struct frags **ret)
{
	struct frags *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return YORE_ENOMEM;
	size_t buckets = 16;
	while (buckets < l->sets)
		buckets *= 2;
	t->limits = *l;
	t->counters = c;
	t->bucket_mask = buckets - 1;
	ring_init(&t->ages);
	ring_init(&t->unused);
	t->buckets = calloc(buckets, sizeof(struct frag_set *));
	t->pool = calloc(l->sets, sizeof(*t->pool));
	t->whole = malloc(FRAG_DATAGRAM_MOST);
	if (t->buckets == NULL || t->pool == NULL || t->whole == NULL) {
		frags_free(t);
		return YORE_ENOMEM;
	}
	*ret = t;
	return 0;
}

static void forget_pieces(struct frags *t, struct frag_set *s)
{
	while (s->pieces != NULL) {
		struct piece *p = s->pieces;
		s->pieces = p->next;
		t->octets -= piece_cost(p->len);
		free(p);
	}
	s->last = NULL;
	s->count = s->have = 0;
}

static struct frag_set **bucket_of(struct frags *t, const struct frag_key *k)
{
	return &t->buckets[hash_keyed(k, sizeof(*k)) & t->bucket_mask];
}

static void remove_set(struct frags *t, struct frag_set *s)
{
	struct frag_set **at = bucket_of(t, &s->key);
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	forget_pieces(t, s);
	ring_append(&t->unused, &s->age);
	t->sets--;
}

void frags_free(struct frags *t)
{
	if (t == NULL)
		return;
	while (t->sets > 0)
		remove_set(t, RING_OF(t->ages.next, struct frag_set, age));
	free(t->buckets);
	free(t->pool);
	free(t->whole);
	free(t);
}

static void kill_set(struct frags *t, struct frag_set *s, uint64_t *counter)
{
	forget_pieces(t, s);
	s->dead = true;
	if (!s->counted)
		(*counter)++;
	s->counted = true;
}

static void remove_oldest(struct frags *t, uint64_t *counter)
{
	struct frag_set *s = RING_OF(t->ages.next, struct frag_set, age);
	if (!s->counted)
		(*counter)++;
	remove_set(t, s);
}

void frags_expire(struct frags *t, int64_t now_us)
{
	while (!ring_empty(&t->ages)) {
		struct frag_set *s = RING_OF(t->ages.next, struct frag_set, age);
		if (now_us - s->first_us <= t->limits.age_us)
			return;
		remove_oldest(t, &t->counters->frag_expired);
	}
}

void frags_drop_all(struct frags *t)
{
	while (!ring_empty(&t->ages))
		remove_oldest(t, &t->counters->frag_expired);
}

size_t frags_octets(const struct frags *t)
{
	return t->octets;
}

unsigned frags_sets(const struct frags *t)
{
	return t->sets;
}

static struct frag_set *new_set(struct frags *t)
{
	if (t->sets == t->limits.sets)
		remove_oldest(t, &t->counters->frag_full);
	if (!ring_empty(&t->unused)) {
		struct frag_set *s = RING_OF(t->unused.next, struct frag_set, age);
		ring_remove(&s->age);
		return s;
	}
	struct frag_set *s = &t->pool[t->fresh++];
	ring_init(&s->age);
	return s;
}

static struct frag_set *find_set(struct frags *t, const struct fragment *f)
{
	struct frag_key key = {
	    .id = f->id, .protocol = f->protocol, .addr_len = f->addr_len};
	memcpy(key.src, f->src, f->addr_len);
	memcpy(key.dst, f->dst, f->addr_len);
	struct frag_set **bucket = bucket_of(t, &key);
	for (struct frag_set *s = *bucket; s != NULL; s = s->next)
		if (memcmp(&s->key, &key, sizeof(key)) == 0)
			return s;
	struct frag_set *s = new_set(t);
	struct ring age = s->age;
	*s = (struct frag_set){.age = age, .key = key, .first_us = f->time_us};
	ring_init(&s->age);
	ring_append(&t->ages, &s->age);
	bucket = bucket_of(t, &key);
	s->next = *bucket;
	*bucket = s;
	t->sets++;
	return s;
}

enum place { PLACE_NEW, PLACE_COPY, PLACE_CONTRADICTS };

/* Where the fragment goes: behind *after (NULL: first), or what is wrong with it. */
static enum place place_of(const struct frag_set *s, const struct fragment *f,
			   struct piece **after)
{
	uint32_t begin = f->offset, end = begin + (uint32_t)f->octets.len;
	*after = NULL;
	struct piece *p = s->pieces;
	if (s->last != NULL && s->last->offset < begin)
		p = s->last; /* in order: no walk */
	for (; p != NULL && p->offset < end; p = p->next) {
		if (p->offset == begin && p->len == f->octets.len)
			return memcmp(p->octets, f->octets.at, p->len) == 0
				   ? PLACE_COPY
				   : PLACE_CONTRADICTS;
		if (p->offset + p->len > begin)
			return PLACE_CONTRADICTS;
		*after = p;
	}
	return PLACE_NEW;
}

/* What the fragment says of the datagram's end; false when it contradicts. */
static bool end_agrees(struct frag_set *s, const struct fragment *f)
{
	uint32_t end = f->offset + (uint32_t)f->octets.len;
	uint32_t known = s->last ? s->last->offset + s->last->len : 0;
	if (f->more)
		return s->end == 0 || end <= s->end;
	if ((s->end != 0 && s->end != end) || known > end)
		return false;
	s->end = end;
	return true;
}

static int keep(struct frags *t, struct frag_set *s, const struct fragment *f,
		struct piece *after)
{
	size_t cost = piece_cost((uint32_t)f->octets.len);
	if (s->count == PIECES_MOST || cost > t->limits.octets)
		return YORE_ELIMIT;
	while (t->octets + cost > t->limits.octets && t->ages.next != &s->age)
		remove_oldest(t, &t->counters->frag_full);
	if (t->octets + cost > t->limits.octets)
		return YORE_ELIMIT;
	struct piece *p = malloc(sizeof(*p) + f->octets.len);
	if (p == NULL)
		return YORE_ENOMEM;
	p->offset = f->offset;
	p->len = (uint32_t)f->octets.len;
	memcpy(p->octets, f->octets.at, f->octets.len);
	struct piece **link = after ? &after->next : &s->pieces;
	p->next = *link;
	*link = p;
	if (p->next == NULL)
		s->last = p;
	s->count++;
	s->have += p->len;
	t->octets += cost;
	return 0;
}

static void put_together(struct frags *t, struct frag_set *s, struct frag_whole *ret)
{
	size_t len = s->end;
	for (const struct piece *p = s->pieces; p != NULL; p = p->next)
		memcpy(t->whole + p->offset, p->octets, p->len);
	memcpy(ret->src, s->key.src, 16);
	memcpy(ret->dst, s->key.dst, 16);
	ret->protocol = s->key.protocol;
	ret->octets = BYTES(t->whole, len);
	t->counters->frag_done++;
	remove_set(t, s);
}

int frags_add(struct frags *t, const struct fragment *f, struct frag_whole *ret)
{
	frags_expire(t, f->time_us);
	struct frag_set *s = find_set(t, f);
	struct piece *after;
	if (s->dead)
		return 0;
	if (!f->wanted) {
		forget_pieces(t, s);
		s->dead = s->counted = true;
		return 0;
	}
	enum place where = place_of(s, f, &after);
	if (where == PLACE_COPY && end_agrees(s, f))
		return 0;
	if (where != PLACE_NEW || !end_agrees(s, f)) {
		kill_set(t, s, &t->counters->frag_overlap);
		return 0;
	}
	if (keep(t, s, f, after) < 0) {
		kill_set(t, s, &t->counters->frag_full);
		return 0;
	}
	if (s->end == 0 || s->have != s->end)
		return 0;
	put_together(t, s, ret);
	return 1;
}
