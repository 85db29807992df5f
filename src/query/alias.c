#include <stdlib.h>

#include "base/hash.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "query/alias.h"

bool alias_type(uint16_t type)
{
	return type == TYPE_CNAME || type == TYPE_DNAME || type == TYPE_SVCB ||
	       type == TYPE_HTTPS;
}

/* The octets of the name that begins at b; 0 when there is none. */
static size_t name_len(struct bytes b)
{
	size_t i = 0;
	while (i < b.len && i < NAME_WIRE_MAX) {
		if (b.at[i] == 0)
			return i + 1;
		if (b.at[i] > 63)
			return 0;
		i += b.at[i] + 1u;
	}
	return 0;
}

bool alias_target(uint16_t type, struct bytes rdata, struct name *ret)
{
	if (!alias_type(type))
		return false;
	if (type == TYPE_SVCB || type == TYPE_HTTPS) {
		if (rdata.len < 3)
			return false;
		rdata = BYTES(rdata.at + 2, rdata.len - 2);
		rdata.len = name_len(rdata);
		if (rdata.len <= 1) /* "." is the owner itself, or nothing */
			return false;
	}
	return name_of_wire(rdata, ret) == 0;
}

bool alias_replace(struct bytes name, struct bytes owner, struct bytes target,
		   struct name *ret)
{
	if (name.len <= owner.len || !name_within(name, owner))
		return false;
	size_t head = name.len - owner.len;
	if (head + target.len > NAME_WIRE_MAX)
		return false;
	memcpy(ret->wire, name.at, head);
	memcpy(ret->wire + head, target.at, target.len);
	ret->len = (uint8_t)(head + target.len);
	return true;
}

void chase_list_init(struct chase_list *l, size_t most, unsigned hops)
{
	memset(l, 0, sizeof(*l));
	arena_init(&l->arena, 0);
	l->most = most;
	l->hops = hops;
}

void chase_list_release(struct chase_list *l)
{
	arena_release(&l->arena);
	free(l->at);
	free(l->slots);
	free(l->told);
	memset(l, 0, sizeof(*l));
}

static size_t slot_of(const struct chase_list *l, const struct chase *c)
{
	size_t i = hash_mix(hash_keyed(c->name.wire, c->name.len), c->backwards) &
		   (l->slot_count - 1);
	for (; l->slots[i]; i = (i + 1) & (l->slot_count - 1)) {
		const struct chase *have = l->at[l->slots[i] - 1];
		if (have->backwards == c->backwards &&
		    bytes_equal(name_bytes(&have->name), name_bytes(&c->name)))
			break;
	}
	return i;
}

static int grow(struct chase_list *l)
{
	size_t room = l->room ? l->room * 2 : 32;
	struct chase **at = realloc(l->at, room * sizeof(*at));
	if (at == NULL)
		return YORE_ENOMEM;
	l->at = at;
	uint32_t *slots = calloc(room * 2, sizeof(*slots));
	if (slots == NULL)
		return YORE_ENOMEM;
	free(l->slots);
	l->slots = slots;
	l->room = room;
	l->slot_count = room * 2;
	for (size_t i = 0; i < l->count; i++)
		l->slots[slot_of(l, l->at[i])] = (uint32_t)i + 1;
	return 0;
}

int chase_list_add(struct chase_list *l, const struct chase *c)
{
	if (l->count == l->room && grow(l) < 0)
		return YORE_ENOMEM;
	size_t slot = slot_of(l, c);
	if (l->slots[slot])
		return 0;
	if (l->count >= l->most || c->hop > l->hops)
		return YORE_ELIMIT;
	struct chase *copy = arena_alloc(&l->arena, sizeof(*copy));
	if (copy == NULL)
		return YORE_ENOMEM;
	*copy = *c;
	l->at[l->count++] = copy;
	l->slots[slot] = (uint32_t)l->count;
	return 1;
}

static size_t told_slot(const struct chase_list *l, uint64_t hash)
{
	size_t i = hash & (l->told_room - 1);
	while (l->told[i] && l->told[i] != hash)
		i = (i + 1) & (l->told_room - 1);
	return i;
}

static int grow_told(struct chase_list *l)
{
	struct chase_list old = *l;
	l->told_room = old.told_room ? old.told_room * 2 : 64;
	l->told = calloc(l->told_room, sizeof(*l->told));
	if (l->told == NULL) {
		*l = old;
		return YORE_ENOMEM;
	}
	for (size_t i = 0; i < old.told_room; i++)
		if (old.told[i])
			l->told[told_slot(l, old.told[i])] = old.told[i];
	free(old.told);
	return 0;
}

int chase_list_told(struct chase_list *l, struct bytes name, bool backwards)
{
	uint64_t hash = hash_mix(hash_keyed(name.at, name.len), backwards) | 1;
	if (l->told_count * 2 >= l->told_room && grow_told(l) < 0)
		return YORE_ENOMEM;
	size_t slot = told_slot(l, hash);
	if (l->told[slot])
		return 1;
	l->told[slot] = hash;
	l->told_count++;
	return 0;
}

const struct chase *chase_list_next(struct chase_list *l)
{
	return l->next < l->count ? l->at[l->next++] : NULL;
}
