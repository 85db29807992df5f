#include "observe/bailiwick.h"

#include <stdlib.h>

#include "base/hash.h"
#include "dns/name.h"
#include "observe/known.h"

uint64_t bailiwick_key(const struct addr *server)
{
	uint64_t lo, hi;
	memcpy(&lo, server->at, 8);
	memcpy(&hi, server->at + 8, 8);
	uint64_t h = hash_mix(hash_mix(hash_seed(), lo), hi ^ server->len);
	return h ? h : 1;
}

static size_t power_of_two(size_t octets, size_t each)
{
	size_t n = 64;
	while (n * 2 * each <= octets)
		n *= 2;
	return n;
}

/* An eighth for servers, a quarter each for pairs and targets, the rest for lists. */
int bailiwick_init(struct bailiwick *b, size_t octets, bailiwick_fn learnt, void *arg)
{
	size_t servers = power_of_two(octets / 8, sizeof(*b->servers));
	size_t pairs = power_of_two(octets / 4, sizeof(*b->pairs));
	size_t targets = power_of_two(octets / 4, sizeof(*b->targets));
	*b = (struct bailiwick){.server_mask = servers - 1,
				.pair_mask = pairs - 1,
				.target_mask = targets - 1,
				.list_used = KNOWN_UNIT,
				.list_room = octets / 4 + 4096,
				.learnt = learnt,
				.arg = arg};
	b->servers = calloc(servers, sizeof(*b->servers));
	b->pairs = calloc(pairs, sizeof(*b->pairs));
	b->targets = calloc(targets, sizeof(*b->targets));
	b->list = calloc(1, b->list_room);
	b->recent = calloc(KNOWN_RECENT, sizeof(*b->recent));
	if (b->servers && b->pairs && b->targets && b->list && b->recent)
		return 0;
	bailiwick_release(b);
	return YORE_ENOMEM;
}

void bailiwick_release(struct bailiwick *b)
{
	free(b->servers);
	free(b->pairs);
	free(b->targets);
	free(b->list);
	free(b->recent);
	*b = (struct bailiwick){0};
}

bool known_pair_has(const struct bailiwick *b, uint64_t key)
{
	for (uint64_t i = key & b->pair_mask; b->pairs[i] != 0;
	     i = (i + 1) & b->pair_mask)
		if (b->pairs[i] == key)
			return true;
	return false;
}

int known_pair_add(struct bailiwick *b, uint64_t key)
{
	uint64_t i = key & b->pair_mask;
	for (; b->pairs[i] != 0; i = (i + 1) & b->pair_mask)
		if (b->pairs[i] == key)
			return KNOWN_BEFORE;
	if (b->pair_used >= b->pair_mask / 4 * 3) {
		b->full++;
		return KNOWN_FULL;
	}
	b->pairs[i] = key;
	b->pair_used++;
	return KNOWN_NEW;
}

const struct bailiwick_server *bailiwick_find(const struct bailiwick *b, uint64_t key)
{
	uint64_t i = key & b->server_mask;
	for (; b->servers[i].key != 0; i = (i + 1) & b->server_mask)
		if (b->servers[i].key == key)
			return &b->servers[i];
	return NULL;
}

static struct bailiwick_server *server_add(struct bailiwick *b, uint64_t key)
{
	uint64_t i = key & b->server_mask;
	for (; b->servers[i].key != 0; i = (i + 1) & b->server_mask)
		if (b->servers[i].key == key)
			return &b->servers[i];
	if (b->server_used >= b->server_mask / 4 * 3) {
		b->full++;
		return NULL;
	}
	b->servers[i].key = key;
	b->server_used++;
	return &b->servers[i];
}

int known_server_zone(struct bailiwick *b, const struct addr *server, struct bytes zone)
{
	unsigned depth = name_labels(zone);
	if (depth > BAILIWICK_DEPTH)
		return KNOWN_FULL;
	uint64_t key = bailiwick_key(server);
	struct bailiwick_server *s = server_add(b, key);
	int r = s ? known_pair_add(b, known_pair_key(key, zone)) : KNOWN_FULL;
	if (r == KNOWN_NEW)
		s->depths |= 1ull << depth;
	return r;
}

void bailiwick_teach(struct bailiwick *b, const struct addr *server, struct bytes zone)
{
	known_server_zone(b, server, zone);
}

int bailiwick_of(const struct bailiwick *b, const struct bailiwick_server *s,
		 struct bytes name)
{
	unsigned labels = name_labels(name);
	uint64_t depths = s->depths;
	if (labels < 63)
		depths &= (2ull << labels) - 1;
	while (depths != 0) { /* at most 63 rounds, deepest first */
		unsigned depth = 63 - (unsigned)__builtin_clzll(depths);
		struct bytes zone = name_suffix(name, depth);
		if (known_pair_has(b, known_pair_key(s->key, zone)))
			return (int)depth;
		depths &= ~(1ull << depth);
	}
	return -1;
}
