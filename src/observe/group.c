#include "observe/group.h"

#include <stdlib.h>

#include "base/hash.h"
#include "dns/rdata.h"

/* A message expands to 4 MiB at most, and packing adds two octets a record. */
#define PACKED_MAX ((size_t)8 << 20)
/* Up to so many records groups are found by looking at all; above, through a table. */
#define FEW 24
#define SLOTS 16384 /* a power of two, more than twice the records of any message */
#define NONE UINT32_MAX

void groups_init(struct groups *g)
{
	*g = (struct groups){0};
	buf_init(&g->packed, PACKED_MAX);
}

void groups_release(struct groups *g)
{
	free(g->group);
	free(g->next);
	free(g->slots);
	free(g->rdata);
	buf_release(&g->packed);
}

/* Room for all records of the message: at most one group each. */
static int make_room(struct groups *g, unsigned n)
{
	if (n > g->room) {
		unsigned room = n < 64 ? 64 : n * 2;
		struct group *group = realloc(g->group, room * sizeof(*group));
		if (group == NULL)
			return YORE_ENOMEM;
		g->group = group;
		uint32_t *next = realloc(g->next, room * sizeof(*next));
		if (next == NULL)
			return YORE_ENOMEM;
		g->next = next;
		struct bytes *rdata = realloc(g->rdata, room * sizeof(*rdata));
		if (rdata == NULL)
			return YORE_ENOMEM;
		g->rdata = rdata;
		g->room = room;
	}
	if (n > FEW && g->slots == NULL) {
		g->slots = malloc(SLOTS * sizeof(*g->slots));
		if (g->slots == NULL)
			return YORE_ENOMEM;
	}
	return 0;
}

static bool is_signature(uint16_t type)
{
	return type == TYPE_RRSIG || type == TYPE_SIG;
}

static inline bool same_group(const struct group *g, const struct rr *rr,
			      uint16_t covered)
{
	return g->type == rr->type && g->covered == covered &&
	       g->owner.len == rr->owner.len &&
	       (g->owner.at == rr->owner.at ||
		memcmp(g->owner.at, rr->owner.at, rr->owner.len) == 0);
}

/* The group of a record in a message of few, newest first; NONE: a new one. */
static inline uint32_t find_few(const struct groups *g, const struct rr *rr,
				uint16_t covered)
{
	for (uint32_t i = g->count; i-- > 0;)
		if (same_group(&g->group[i], rr, covered))
			return i;
	return NONE;
}

/* The same through the table; a new group's place is taken for it. */
static uint32_t find_many(struct groups *g, const struct rr *rr, uint16_t covered)
{
	uint64_t h = hash_mix(hash_keyed(rr->owner.at, rr->owner.len),
			      (uint64_t)rr->type << 16 | covered);
	for (uint64_t i = h & (SLOTS - 1);; i = (i + 1) & (SLOTS - 1)) {
		if (g->slots[i] == 0) {
			g->slots[i] = g->count + 1;
			return NONE;
		}
		if (same_group(&g->group[g->slots[i] - 1], rr, covered))
			return g->slots[i] - 1;
	}
}

/* RFC 2181 8: a TTL with its first bit set is 0. */
static inline uint32_t sane_ttl(uint32_t ttl)
{
	return ttl > INT32_MAX ? 0 : ttl;
}

static inline void add_rr(struct groups *g, const struct message *m, uint32_t index,
			  bool few)
{
	const struct rr *rr = &m->rr[index];
	uint16_t covered = is_signature(rr->type) ? rdata_covered(rr->rdata) : 0;
	uint32_t at = few ? find_few(g, rr, covered) : find_many(g, rr, covered);
	uint32_t ttl = sane_ttl(rr->ttl);
	g->next[index] = NONE;
	if (at == NONE) {
		g->group[g->count++] = (struct group){
		    rr->owner, rr->type, covered, ttl, index, index, 1, 0, 0};
		return;
	}
	struct group *one = &g->group[at];
	g->next[one->last] = index;
	one->last = index;
	one->count++;
	if (ttl > one->ttl)
		one->ttl = ttl;
}

static int pack(struct groups *g, const struct message *m, struct group *one)
{
	uint32_t n = 0;
	for (uint32_t i = one->first; i != NONE; i = g->next[i])
		g->rdata[n++] = m->rr[i].rdata;
	one->packed_at = (uint32_t)g->packed.len;
	int r = rdataset_pack(g->rdata, n, &g->packed);
	one->packed_len = (uint32_t)(g->packed.len - one->packed_at);
	return r;
}

int groups_of(struct groups *g, const struct message *m)
{
	bool few = m->rr_count <= FEW;
	int r = make_room(g, m->rr_count);
	if (r < 0)
		return r;
	if (!few)
		memset(g->slots, 0, SLOTS * sizeof(*g->slots));
	g->count = 0;
	buf_clear(&g->packed);
	for (uint32_t i = 0; i < m->rr_count; i++) {
		if (type_is_meta(m->rr[i].type))
			g->meta++;
		else if (m->rr[i].class != CLASS_IN)
			g->class_other++;
		else
			add_rr(g, m, i, few);
	}
	for (unsigned i = 0; i < g->count && r == 0; i++)
		r = pack(g, m, &g->group[i]);
	return r;
}
