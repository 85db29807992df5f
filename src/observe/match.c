#include "observe/match.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/hash.h"

#define HEADER_LEN 12
#define TICK_BITS 16 /* a tick is 65.536 ms: 32 bits of them last for years */

static uint32_t tick_of(int64_t time_us)
{
	return (uint32_t)(time_us >> TICK_BITS);
}

int match_init(struct match_table *t, size_t octets, int64_t age_us)
{
	size_t slots = 1024;
	while (slots * 2 * sizeof(struct match_slot) <= octets)
		slots *= 2;
	*t = (struct match_table){.mask = slots - 1,
				  .age = (uint32_t)(age_us >> TICK_BITS)};
	size_t room = (slots + MATCH_WAYS) * sizeof(struct match_slot);
	t->slots = aligned_alloc(64, room);
	if (t->slots == NULL)
		return YORE_ENOMEM;
	madvise((void *)((uintptr_t)t->slots & ~(uintptr_t)4095), room, MADV_HUGEPAGE);
	memset(t->slots, 0, room);
	return 0;
}

void match_release(struct match_table *t)
{
	free(t->slots);
	t->slots = NULL;
}

/* The octets of the question as they stand on the wire; 0: no plain, whole one. */
static size_t question_len(struct bytes msg)
{
	size_t at = HEADER_LEN;
	while (at < msg.len && msg.at[at] != 0) {
		if (msg.at[at] > 63)
			return 0;
		at += msg.at[at] + 1u;
	}
	return at + 5 <= msg.len && at - HEADER_LEN < 255 ? at + 5 - HEADER_LEN : 0;
}

static uint64_t mix_addr(uint64_t h, const struct addr *a)
{
	uint64_t lo, hi;
	memcpy(&lo, a->at, 8);
	memcpy(&hi, a->at + 8, 8);
	return hash_mix(hash_mix(h, lo), hi ^ a->len);
}

/* Ports and ID change few bits of a product's half: spread them over all. */
static uint64_t spread(uint64_t h)
{
	h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53u;
	return h ^ h >> 33;
}

uint64_t match_key(const struct datagram *d, bool response)
{
	size_t n = question_len(d->payload);
	if (n == 0)
		return 0;
	uint64_t h = hash_keyed(d->payload.at + HEADER_LEN, n);
	const struct addr *client = response ? &d->dst : &d->src;
	const struct addr *server = response ? &d->src : &d->dst;
	uint16_t client_port = response ? d->dst_port : d->src_port;
	uint16_t server_port = response ? d->src_port : d->dst_port;
	h = mix_addr(h, client);
	h = mix_addr(h, server);
	h = hash_mix(h, (uint64_t)client_port << 48 | (uint64_t)server_port << 32 |
			    (uint64_t)load_u16be(d->payload.at) << 16 | d->transport);
	h = spread(h);
	return h ? h : 1;
}

static bool too_old(const struct match_table *t, const struct match_slot *s, uint32_t now)
{
	/* out of order in the file: not older than now, so not too old */
	int32_t age = (int32_t)(now - s->tick);
	return age > 0 && (uint32_t)age > t->age;
}

/* How much a slot is worth keeping: less is given up first. */
static uint64_t worth(const struct match_slot *s, uint32_t now)
{
	uint32_t age = now - s->tick;
	if ((int32_t)age < 0)
		age = 0;
	return (uint64_t)(s->answer == 0) << 32 | (UINT32_MAX - age);
}

static void give_up(struct match_table *t, const struct match_slot *s, uint32_t now)
{
	if (s->answer != 0)
		return;
	if (too_old(t, s, now))
		t->expired++;
	else
		t->evicted++;
}

static void put(struct match_table *t, const struct match_slot *q)
{
	struct match_slot *s = match_place(t, q->key), *least = s;
	for (unsigned i = 0; i < MATCH_WAYS; i++) {
		if (s[i].key == q->key) { /* asked again: its answer stays known */
			if (too_old(t, &s[i], q->tick))
				s[i].answer = 0;
			s[i].tick = q->tick;
			return;
		}
		if (s[i].key == 0) {
			s[i] = *q;
			return;
		}
		if (too_old(t, &s[i], q->tick)) {
			if (!too_old(t, least, q->tick))
				least = &s[i];
		} else if (!too_old(t, least, q->tick) &&
			   worth(&s[i], q->tick) < worth(least, q->tick)) {
			least = &s[i];
		}
	}
	give_up(t, least, q->tick);
	*least = *q;
}

static void put_pending(struct match_table *t)
{
	for (unsigned i = 0; i < t->pending; i++)
		put(t, &t->queue[i]);
	t->pending = 0;
}

void match_query(struct match_table *t, uint64_t key, int64_t time_us)
{
	if (t->pending == MATCH_PENDING)
		put_pending(t);
	match_prefetch(t, key);
	t->queue[t->pending++] = (struct match_slot){key, tick_of(time_us), 0};
}

struct match_slot *match_response(struct match_table *t, uint64_t key, int64_t time_us)
{
	put_pending(t);
	struct match_slot *s = match_place(t, key);
	/* a slot is never given back, so nothing stands behind a free one */
	for (unsigned i = 0; i < MATCH_WAYS && s[i].key != 0; i++)
		if (s[i].key == key)
			return too_old(t, &s[i], tick_of(time_us)) ? NULL : &s[i];
	return NULL;
}
