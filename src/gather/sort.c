#include "gather/sort.h"

#define FEW 20	  /* by insertion */
#define SOME 1024 /* by merging; more: by distribution */

/* So far ahead memory is asked for: keys lie anywhere. */
#define AHEAD 12

struct sort {
	sort_key_fn key_of;
	const uint8_t *base;
	struct sort_item *spare;
};

static inline struct bytes key_of(const struct sort *s, const struct sort_item *item)
{
	return s->key_of(s->base + (size_t)item->key * SORT_UNIT);
}

static inline void ask_ahead(const struct sort *s, const struct sort_item *v, size_t i,
			     size_t n)
{
	if (i + AHEAD < n) {
		const uint8_t *p = s->base + (size_t)v[i + AHEAD].key * SORT_UNIT;
		__builtin_prefetch(p);
		__builtin_prefetch(p + 64);
	}
}

static uint64_t head_of(struct bytes key, size_t depth)
{
	uint64_t head = 0;
	if (depth + 8 <= key.len) {
		memcpy(&head, key.at + depth, 8);
		return __builtin_bswap64(head);
	}
	for (size_t i = 0; i < 8; i++)
		head = head << 8 | (depth + i < key.len ? key.at[depth + i] : 0);
	return head;
}

static void by_insertion(struct sort_item *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct sort_item x = v[i];
		size_t j = i;
		for (; j > 0 && v[j - 1].head > x.head; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
}

static void by_merging(struct sort_item *v, struct sort_item *spare, size_t n)
{
	if (n <= FEW) {
		by_insertion(v, n);
		return;
	}
	size_t half = n / 2, a = 0, b = half, to = 0;
	by_merging(v, spare, half);
	by_merging(v + half, spare, n - half);
	if (v[half - 1].head <= v[half].head)
		return;
	memcpy(spare, v, half * sizeof(*v));
	while (a < half && b < n)
		v[to++] = v[b].head < spare[a].head ? v[b++] : spare[a++];
	memcpy(v + to, spare + a, (half - a) * sizeof(*v));
}

/* Least significant octet first; octets that are the same everywhere cost nothing. */
static void by_distribution(struct sort_item *v, struct sort_item *spare, size_t n)
{
	static _Thread_local uint32_t counts[8][256];
	memset(counts, 0, sizeof(counts));
	for (size_t i = 0; i < n; i++)
		for (unsigned o = 0; o < 8; o++)
			counts[o][v[i].head >> 8 * o & 255]++;
	struct sort_item *from = v, *to = spare;
	for (unsigned o = 0; o < 8; o++) {
		uint32_t *c = counts[o], sum = 0;
		if (c[v[0].head >> 8 * o & 255] == n)
			continue;
		for (unsigned i = 0; i < 256; i++) {
			uint32_t here = c[i];
			c[i] = sum;
			sum += here;
		}
		for (size_t i = 0; i < n; i++)
			to[c[from[i].head >> 8 * o & 255]++] = from[i];
		struct sort_item *t = from;
		from = to;
		to = t;
	}
	if (from != v)
		memcpy(v, from, n * sizeof(*v));
}

static void sort_heads(struct sort_item *v, struct sort_item *spare, size_t n)
{
	if (n <= SOME)
		by_merging(v, spare, n);
	else
		by_distribution(v, spare, n);
}

/* Where the keys of an equal group next differ may be far: skip what all share. */
static size_t shared_with_all(const struct sort *s, const struct sort_item *v, size_t n,
			      size_t depth)
{
	struct bytes first = key_of(s, &v[0]);
	size_t shared = first.len;
	for (size_t i = 1; i < n && shared > depth; i++) {
		ask_ahead(s, v, i, n);
		struct bytes k = key_of(s, &v[i]);
		size_t most = k.len < shared ? k.len : shared, j = depth;
		while (j < most && k.at[j] == first.at[j])
			j++;
		shared = j;
	}
	return shared;
}

static void sort_from(const struct sort *s, struct sort_item *v, size_t n, size_t depth);

/* The runs of equal heads go on eight octets deeper. */
static void sort_runs(const struct sort *s, struct sort_item *v, size_t n, size_t depth)
{
	for (size_t i = 0; i < n;) {
		size_t end = i + 1;
		while (end < n && v[end].head == v[i].head)
			end++;
		if (end - i > 1)
			sort_from(s, v + i, end - i, depth + 8);
		i = end;
	}
}

/* Ends: each call goes at least eight octets deeper, or all keys are the same. */
static void sort_from(const struct sort *s, struct sort_item *v, size_t n, size_t depth)
{
	if (depth > 0) {
		depth = shared_with_all(s, v, n, depth);
		if (depth >= key_of(s, &v[0]).len)
			return; /* nothing is a prefix of another, so all are equal */
	}
	for (size_t i = 0; i < n; i++) {
		ask_ahead(s, v, i, n);
		v[i].head = head_of(key_of(s, &v[i]), depth);
	}
	sort_heads(v, s->spare, n);
	sort_runs(s, v, n, depth);
}

void sort_items(struct sort_item *items, struct sort_item *spare, size_t count,
		sort_key_fn key_at, const uint8_t *base)
{
	struct sort s = {key_at, base, spare};
	if (count > 1)
		sort_from(&s, items, count, 0);
}
