#include "net/twin.h"

#include <stdlib.h>

#include "base/hash.h"

#define SLOTS                                                                     \
	8192 /* a power of two: 128 KiB, some tens of milliseconds of a full link \
	      */

struct twin {
	uint64_t hash;
	int64_t time_us;
};

struct twins {
	int64_t window_us;
	struct twin slots[SLOTS];
};

int twins_new(int64_t window_us, struct twins **ret)
{
	struct twins *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return YORE_ENOMEM;
	t->window_us = window_us;
	*ret = t;
	return 0;
}

void twins_free(struct twins *t)
{
	free(t);
}

/* What names a packet of IPv4: addresses, identification, fragment field, protocol. */
static uint64_t identity4(const uint8_t *h)
{
	uint8_t id[13];
	memcpy(id, h + 12, 8);
	memcpy(id + 8, h + 4, 4);
	id[12] = h[9];
	return hash_keyed(id, sizeof(id));
}

static uint64_t identity6(const uint8_t *h)
{
	uint8_t id[36];
	memcpy(id, h + 8, 32);
	memcpy(id + 32, h, 4);
	id[32] = 0;
	id[33] &= 0x0f; /* traffic class may change on the way */
	return hash_keyed(id, sizeof(id));
}

bool twins_seen(struct twins *t, const uint8_t *header, uint8_t addr_len,
		struct bytes payload, int64_t time_us)
{
	uint64_t h = addr_len == 4 ? identity4(header) : identity6(header);
	h = hash_mix(h, hash_keyed(payload.at, payload.len));
	struct twin *slot = &t->slots[h & (SLOTS - 1)];
	int64_t apart = time_us - slot->time_us;
	if (slot->hash == h && apart <= t->window_us && apart >= -t->window_us)
		return true;
	*slot = (struct twin){h, time_us};
	return false;
}
