#include <stdlib.h>

#include "base/hash.h"
#include "dns/rdata.h"
#include "query/plan.h"
#include "record/key.h"

/* ---- exact terms by value ---- */

static bool is_exact(const struct query *q, const struct term *t)
{
	return (t->kind == TERM_NAME && !q->subdomains) ||
	       (t->kind == TERM_ADDR && addr_equal(&t->range.lo, &t->range.hi));
}

/* What an exact term is known by on a side: a name in wire form, or address octets. */
static struct bytes value_of(const struct term *t, bool by_rdata, struct name *room)
{
	if (t->kind == TERM_NAME)
		return name_bytes(&t->name);
	if (by_rdata)
		return BYTES(t->range.lo.at, t->range.lo.len);
	name_of_addr(&t->range.lo, room);
	return name_bytes(room);
}

static size_t find_exact(const struct plan *p, struct bytes value, bool by_rdata,
			 bool is_name, size_t *slot)
{
	if (p->slot_count == 0)
		return p->step_count;
	/* 4 octets may be an address or a name such as 2 'a' 'b' 0: not the same */
	uint64_t h = hash_mix(hash_keyed(value.at, value.len), by_rdata + 2u * is_name);
	size_t i = h & (p->slot_count - 1);
	for (; p->slots[i]; i = (i + 1) & (p->slot_count - 1)) {
		const struct step *s = &p->steps[p->slots[i] - 1];
		const struct term *t = &p->query->terms[s->term];
		struct name room;
		bool name = t->kind == TERM_NAME || !s->by_rdata;
		if (s->by_rdata == by_rdata && name == is_name &&
		    bytes_equal(value_of(t, by_rdata, &room), value))
			return p->slots[i] - 1;
	}
	if (slot)
		*slot = i;
	return p->step_count;
}

/* ---- making the plan ---- */

static int add_step(struct plan *p, size_t term, bool by_rdata)
{
	const struct term *t = &p->query->terms[term];
	size_t index = p->step_count;
	p->steps[index] = (struct step){term, by_rdata};
	if (!is_exact(p->query, t)) {
		p->wide[p->wide_count++] = index;
		p->step_count++;
		return 0;
	}
	struct name room;
	struct bytes value = value_of(t, by_rdata, &room);
	size_t slot;
	if (find_exact(p, value, by_rdata, t->kind == TERM_NAME || !by_rdata, &slot) <
	    p->step_count)
		return 0; /* asked already */
	p->slots[slot] = (uint32_t)index + 1;
	p->step_count++;
	return 0;
}

static int make_room(struct plan *p, size_t terms)
{
	size_t most = 2 * terms;
	p->slot_count = 16;
	while (p->slot_count < 2 * most)
		p->slot_count *= 2;
	p->steps = calloc(most + 1, sizeof(*p->steps));
	p->wide = calloc(most + 1, sizeof(*p->wide));
	p->slots = calloc(p->slot_count, sizeof(*p->slots));
	return p->steps && p->wide && p->slots ? 0 : YORE_ENOMEM;
}

static int check(const struct query *q, struct fault *f)
{
	if (q->term_count > UINT32_MAX / 8)
		return fault_set(f, YORE_ELIMIT, "query: too many terms");
	if (q->fence.from_s != WHEN_UNKNOWN && q->fence.to_s != WHEN_UNKNOWN &&
	    q->fence.from_s > q->fence.to_s)
		return fault_set(f, YORE_EUSAGE,
				 "query: the fence ends before it begins");
	for (size_t i = 0; i < q->term_count; i++) {
		const struct term *t = &q->terms[i];
		struct name n;
		if (t->kind == TERM_RAW && query_side(q, t) != SIDE_RDATA &&
		    name_of_wire(BYTES(t->raw, t->raw_len), &n) < 0)
			return fault_set(f, YORE_EUSAGE,
					 "query: raw octets asked by owner are not a "
					 "name in wire form");
	}
	return 0;
}

int plan_init(struct plan *p, const struct query *q, struct fault *f)
{
	memset(p, 0, sizeof(*p));
	arena_init(&p->arena, 0);
	p->query = q;
	int r = check(q, f);
	if (r < 0)
		return r;
	if (make_room(p, q->term_count) < 0) {
		plan_release(p);
		return fault_set(f, YORE_ENOMEM, "query: out of memory");
	}
	if (q->term_count == 0)
		p->steps[p->step_count++] = (struct step){STEP_ALL, false};
	bool owner = false, rdata = false;
	for (size_t i = 0; i < q->term_count; i++) {
		enum side side = query_side(q, &q->terms[i]);
		if (side != SIDE_RDATA)
			add_step(p, i, false);
		if (side != SIDE_RRNAME)
			add_step(p, i, true);
		owner |= side != SIDE_RDATA;
		rdata |= side != SIDE_RRNAME;
	}
	p->both = owner && rdata;
	return 0;
}

void plan_release(struct plan *p)
{
	if (p == NULL)
		return;
	free(p->steps);
	free(p->slots);
	free(p->wide);
	arena_release(&p->arena);
	memset(p, 0, sizeof(*p));
}

/* ---- claims ---- */

static bool wants_owner(const struct plan *p, const struct step *s, struct bytes owner)
{
	const struct term *t = &p->query->terms[s->term];
	if (t->kind == TERM_NAME) /* with subdomains: a zone */
		return name_within(owner, name_bytes(&t->name));
	return term_wants_owner(t, owner) == 1;
}

size_t plan_claim_owner(const struct plan *p, struct bytes owner)
{
	if (p->query->term_count == 0)
		return 0;
	size_t exact = find_exact(p, owner, false, true, NULL);
	if (exact < p->step_count)
		return exact;
	for (size_t i = 0; i < p->wide_count; i++) {
		const struct step *s = &p->steps[p->wide[i]];
		if (!s->by_rdata && wants_owner(p, s, owner))
			return p->wide[i];
	}
	return p->step_count;
}

struct part_claim {
	const struct plan *plan;
	const struct step *wide; /* names below, or addresses of; NULL: exact ones */
	size_t claimed;
};

static bool wide_wants(const struct part_claim *c, enum rdata_part part,
		       struct bytes value)
{
	const struct term *t = &c->plan->query->terms[c->wide->term];
	if (t->kind != TERM_ADDR)
		return part == RDATA_NAME && name_within(value, name_bytes(&t->name));
	struct addr a;
	if (part == RDATA_NAME)
		return false;
	a = addr_of(value.at, value.len);
	return addr_range_has(&t->range, &a);
}

static void claim_part(enum rdata_part part, struct bytes value, void *arg)
{
	struct part_claim *c = arg;
	struct name n;
	if (c->claimed < c->plan->step_count)
		return;
	if (part == RDATA_NAME) {
		if (name_of_wire(value, &n) < 0)
			return;
		value = name_bytes(&n);
	}
	if (c->wide == NULL)
		c->claimed = find_exact(c->plan, value, true, part == RDATA_NAME, NULL);
	else if (wide_wants(c, part, value))
		c->claimed = (size_t)(c->wide - c->plan->steps);
}

/*
 * Only by what a row stands under: a part that none was made for (the root, one of very
 * many) finds nothing, and must not keep another term from giving the record.
 */
static size_t claim_parts(const struct plan *p, uint16_t type, struct bytes rdata)
{
	struct part_claim c = {p, NULL, p->step_count};
	key_rdata_parts(type, rdata, claim_part, &c);
	for (size_t i = 0; i < p->wide_count && c.claimed == p->step_count; i++) {
		c.wide = &p->steps[p->wide[i]];
		const struct term *t = &p->query->terms[c.wide->term];
		if (!c.wide->by_rdata)
			continue;
		if (t->kind == TERM_NAME || t->kind == TERM_ZONE || t->kind == TERM_ADDR)
			key_rdata_parts(type, rdata, claim_part, &c);
		else if (term_wants_rdata(t, type, rdata) == 1)
			c.claimed = p->wide[i];
	}
	return c.claimed;
}

size_t plan_claim_rdata(const struct plan *p, struct bytes owner, uint16_t type,
			struct bytes rdata)
{
	if (p->both) {
		size_t by_owner = plan_claim_owner(p, owner);
		if (by_owner < p->step_count)
			return by_owner;
	}
	return claim_parts(p, type, rdata);
}

bool plan_wants_rdata(const struct plan *p, uint16_t type, struct bytes rdata)
{
	return claim_parts(p, type, rdata) < p->step_count;
}
