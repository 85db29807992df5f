#include "sensor/identity.h"

#include <stdlib.h>

#include "base/hash.h"

void identity_of(const char *sensor, const struct frame *first, struct input_id *ret)
{
	uint8_t head[24];
	store_u64be(head, (uint64_t)first->time_us);
	store_u32be(head + 8, first->link);
	store_u32be(head + 12, first->wire_len);
	store_u64be(head + 16, hash_fixed(sensor, strlen(sensor), 0));
	uint64_t a = hash_fixed(head, sizeof(head), 1),
		 b = hash_fixed(head, sizeof(head), 2);
	a = hash_mix(a, hash_fixed(first->octets.at, first->octets.len, 3));
	b = hash_mix(b, hash_fixed(first->octets.at, first->octets.len, 4));
	store_u64be(ret->octets, a);
	store_u32be(ret->octets + 8, (uint32_t)b);
	identity_set_branch(ret, 0);
}

uint32_t identity_branch(const struct input_id *id)
{
	return load_u32be(id->octets + IDENTITY_PREFIX);
}

void identity_set_branch(struct input_id *id, uint32_t branch)
{
	store_u32be(id->octets + IDENTITY_PREFIX, branch);
}

void position_step(struct input_position *p, const struct frame *f)
{
	uint64_t h = hash_fixed(f->octets.at, f->octets.len, 0);
	h = hash_mix(h, (uint64_t)f->time_us ^ (uint64_t)f->wire_len << 44);
	p->chain = hash_mix(p->chain + 1, h ^ f->link);
	p->octets += f->octets.len;
	p->packets++;
	if ((p->packets & (p->packets - 1)) == 0) {
		unsigned k = (unsigned)__builtin_ctzll(p->packets);
		if (k < INPUT_CHECKPOINTS)
			p->checkpoints[k] = p->chain;
	}
}

bool position_agrees(const struct input_position *at, const struct input_position *known)
{
	if (at->packets == known->packets)
		return at->chain == known->chain;
	for (unsigned k = 0; k < INPUT_CHECKPOINTS; k++)
		if (1ull << k <= at->packets && 1ull << k <= known->packets &&
		    at->checkpoints[k] != known->checkpoints[k])
			return false;
	return true;
}

static int one_shelf(const char *shelf, const struct ledger_entry *e, void *arg)
{
	struct known *k = arg;
	struct known_shelf *at = realloc(k->at, (k->count + 1) * sizeof(*at));
	if (at == NULL)
		return YORE_ENOMEM;
	k->at = at;
	struct known_shelf *s = &at[k->count++];
	*s = (struct known_shelf){.branch = identity_branch(&e->input), .to = e->to};
	s->ended =
	    e->counters.len && memmem(e->counters.at, e->counters.len, IDENTITY_ENDED,
				      sizeof(IDENTITY_ENDED) - 1) != NULL;
	memcpy(s->shelf, shelf, strnlen(shelf, SHELF_MAX - 1));
	if (e->to.packets > k->most)
		k->most = e->to.packets;
	return 0;
}

int known_ask(struct store *s, const struct input_id *id, struct known *ret,
	      struct fault *f)
{
	*ret = (struct known){0};
	int r = s ? store_inputs(s, id, one_shelf, ret, f) : 0;
	if (r < 0)
		known_release(ret);
	return r < 0 ? r : 0;
}

void known_release(struct known *k)
{
	free(k->at);
	*k = (struct known){0};
}

static void refute(struct known *k, uint32_t branch)
{
	for (size_t i = 0; i < k->count; i++)
		if (k->at[i].branch == branch)
			k->at[i].refuted = true;
}

void known_compare(struct known *k, const struct input_position *at, bool end)
{
	for (size_t i = 0; i < k->count; i++) {
		const struct known_shelf *s = &k->at[i];
		bool now =
		    s->to.packets == at->packets || (end && s->to.packets > at->packets);
		if (now && !s->refuted && !position_agrees(at, &s->to))
			refute(k, s->branch);
	}
}

static bool branch_used(const struct known *k, uint32_t branch)
{
	for (size_t i = 0; i < k->count; i++)
		if (k->at[i].branch == branch)
			return true;
	return false;
}

uint32_t known_branch(const struct known *k)
{
	uint32_t branch = UINT32_MAX;
	for (size_t i = 0; i < k->count; i++)
		if (!k->at[i].refuted && k->at[i].branch < branch)
			branch = k->at[i].branch;
	if (branch != UINT32_MAX)
		return branch;
	for (branch = 0; branch_used(k, branch); branch++)
		;
	return branch;
}
