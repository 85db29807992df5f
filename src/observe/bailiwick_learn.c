/*
 * Combining NS records with addresses. For each name that NS records point at (a
 * target) two lists: the zones it serves and the addresses it has. Whatever comes later
 * is combined with all that was there before.
 */
#include "base/hash.h"
#include "dns/name.h"
#include "observe/known.h"
#include "record/record.h"

/* Differs from every server's key, so that pairs of both kinds share one table. */
#define TARGET_SALT 0x7461726765747320u

struct zone_node {
	uint32_t next;
	uint8_t len;
	uint8_t wire[];
};

struct addr_node {
	uint32_t next;
	struct addr addr;
};

static void *node_at(const struct bailiwick *b, uint32_t unit)
{
	return b->list + (size_t)unit * KNOWN_UNIT;
}

/* Room for a node of n octets; 0 when the arena is full. */
static uint32_t node_new(struct bailiwick *b, size_t n)
{
	size_t room = (n + KNOWN_UNIT - 1) / KNOWN_UNIT * KNOWN_UNIT;
	if (b->list_room - b->list_used < room) {
		b->full++;
		return 0;
	}
	uint32_t unit = (uint32_t)(b->list_used / KNOWN_UNIT);
	b->list_used += room;
	return unit;
}

static uint64_t target_key(struct bytes name)
{
	uint64_t h = hash_mix(hash_keyed(name.at, name.len), TARGET_SALT);
	return h ? h : 1;
}

static struct bailiwick_target *target_find(struct bailiwick *b, uint64_t key, bool add)
{
	uint64_t i = key & b->target_mask;
	for (; b->targets[i].key != 0; i = (i + 1) & b->target_mask)
		if (b->targets[i].key == key)
			return &b->targets[i];
	if (!add)
		return NULL;
	if (b->target_used >= b->target_mask / 4 * 3) {
		b->full++;
		return NULL;
	}
	b->target_used++;
	b->targets[i].key = key;
	return &b->targets[i];
}

static int tell(struct bailiwick *b, const struct addr *server, struct bytes zone)
{
	if (known_server_zone(b, server, zone) != KNOWN_NEW || b->learnt == NULL)
		return 0;
	return b->learnt(server, zone, b->arg);
}

/* Seen lately, and so already learnt? Remembers it if not. */
static bool recently(struct bailiwick *b, struct bytes owner, struct bytes packed)
{
	uint64_t h =
	    hash_mix(hash_keyed(owner.at, owner.len), hash_keyed(packed.at, packed.len));
	uint64_t *slot = &b->recent[h & (KNOWN_RECENT - 1)];
	bool same = *slot == h;
	*slot = h;
	return same;
}

static int add_zone(struct bailiwick *b, struct bytes target, struct bytes zone)
{
	uint64_t key = target_key(target);
	struct bailiwick_target *t = target_find(b, key, true);
	if (t == NULL || known_pair_add(b, known_pair_key(key, zone)) != KNOWN_NEW)
		return 0;
	uint32_t unit = node_new(b, sizeof(struct zone_node) + zone.len);
	if (unit == 0)
		return 0;
	struct zone_node *z = node_at(b, unit);
	z->next = t->zones;
	z->len = (uint8_t)zone.len;
	memcpy(z->wire, zone.at, zone.len);
	t->zones = unit;
	int r = 0;
	for (uint32_t a = t->addrs; a != 0 && r == 0;) {
		const struct addr_node *n = node_at(b, a);
		r = tell(b, &n->addr, zone);
		a = n->next;
	}
	return r;
}

int bailiwick_learn_ns(struct bailiwick *b, struct bytes zone, struct bytes packed)
{
	if (name_labels(zone) > BAILIWICK_DEPTH || recently(b, zone, packed))
		return 0;
	struct reader r = reader_of(packed);
	struct bytes target;
	int e = 0;
	while (e == 0 && rdataset_next(&r, &target))
		e = add_zone(b, target, zone);
	return e;
}

static bool has_addr(const struct bailiwick *b, const struct bailiwick_target *t,
		     const struct addr *addr)
{
	for (uint32_t a = t->addrs; a != 0;) {
		const struct addr_node *n = node_at(b, a);
		if (addr_equal(&n->addr, addr))
			return true;
		a = n->next;
	}
	return false;
}

static int add_addr(struct bailiwick *b, struct bailiwick_target *t,
		    const struct addr *addr)
{
	if (has_addr(b, t, addr))
		return 0;
	uint32_t unit =
	    t->addr_count < BAILIWICK_ADDRS ? node_new(b, sizeof(struct addr_node)) : 0;
	if (unit == 0)
		return 0;
	struct addr_node *n = node_at(b, unit);
	*n = (struct addr_node){t->addrs, *addr};
	t->addrs = unit;
	t->addr_count++;
	int r = 0;
	for (uint32_t z = t->zones; z != 0 && r == 0;) {
		const struct zone_node *zone = node_at(b, z);
		r = tell(b, addr, BYTES(zone->wire, zone->len));
		z = zone->next;
	}
	return r;
}

int bailiwick_learn_addr(struct bailiwick *b, struct bytes name, struct bytes packed)
{
	struct bailiwick_target *t = target_find(b, target_key(name), false);
	struct reader r = reader_of(packed);
	struct bytes a;
	int e = 0;
	while (t && e == 0 && rdataset_next(&r, &a)) {
		if (a.len != 4 && a.len != 16)
			continue;
		struct addr addr = addr_of(a.at, (uint8_t)a.len);
		e = add_addr(b, t, &addr);
	}
	return e;
}
