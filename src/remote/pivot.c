#include "remote/pivot.h"

#include <stdlib.h>

#include "base/hash.h"
#include "dns/psl.h"
#include "dns/rdata.h"

struct set { /* of keyed hashes; 0 is empty */
	uint64_t *slots;
	size_t count, room;
};

struct pivot {
	struct pivot_options o;
	struct pivot_counters c;
	struct set seen;
	size_t *from; /* findings looked at, by account */
	size_t accounts;
};

/* 1 added, 0 already there, ENOMEM. */
static int set_add(struct set *s, uint64_t h)
{
	h |= 1;
	if (s->count * 2 >= s->room) {
		struct set more = {.room = s->room ? s->room * 2 : 1024};
		more.slots = calloc(more.room, sizeof(*more.slots));
		if (more.slots == NULL)
			return YORE_ENOMEM;
		for (size_t i = 0; i < s->room; i++)
			if (s->slots[i] && set_add(&more, s->slots[i]) < 0)
				break;
		free(s->slots);
		*s = more;
	}
	size_t i = (size_t)(h >> 1) % s->room;
	while (s->slots[i] && s->slots[i] != h)
		i = (i + 1) % s->room;
	if (s->slots[i])
		return 0;
	s->slots[i] = h;
	s->count++;
	return 1;
}

int pivot_new(const struct pivot_options *o, struct pivot **ret)
{
	struct pivot *p = calloc(1, sizeof(*p));
	if (p == NULL)
		return YORE_ENOMEM;
	p->o = *o;
	if (p->o.shared_above == 0)
		p->o.shared_above = 50;
	if (p->o.terms == 0)
		p->o.terms = 1000;
	*ret = p;
	return 0;
}

void pivot_free(struct pivot *p)
{
	if (p == NULL)
		return;
	free(p->seen.slots);
	free(p->from);
	free(p);
}

const struct pivot_counters *pivot_counters(const struct pivot *p)
{
	return &p->c;
}

static uint64_t term_hash(const struct term *t)
{
	if (t->kind == TERM_ADDR)
		return hash_keyed(&t->range.lo, sizeof(t->range.lo));
	return hash_keyed(t->name.wire, t->name.len) ^ (uint64_t)t->kind << 1;
}

int pivot_seen(struct pivot *p, const struct term *t)
{
	int r = set_add(&p->seen, term_hash(t));
	return r < 0 ? r : 0;
}

/* ---- one round ---- */

struct tally { /* of one term of the round: what it led to */
	unsigned others;
	bool shared;
};

struct round {
	struct pivot *pivot;
	struct asking *asking;
	int (*add)(const struct term *t, void *arg);
	void *arg;
	struct tally *tally; /* by number of the term */
	size_t tally_count;
	struct set pairs; /* (term, other) counted so far */
	const struct finding *finding;
	int added, err;
	bool counting; /* the first pass */
};

static void offer(struct round *r, const struct term *t)
{
	struct pivot *p = r->pivot;
	char why[160];
	if (r->err)
		return;
	if (!discretion_term(p->o.discretion, t, why)) {
		p->c.at_home++;
		return;
	}
	if (p->c.added >= p->o.terms) {
		p->c.full = true;
		return;
	}
	int e = set_add(&p->seen, term_hash(t));
	if (e == 1)
		e = r->add(t, r->arg);
	else if (e == 0)
		return;
	if (e < 0) {
		r->err = e;
		return;
	}
	p->c.added++;
	r->added++;
}

/* A name or address in a finding: counted for its term, or offered. */
static void consider(struct round *r, const struct term *t)
{
	uint32_t about = r->finding->question;
	if (about >= r->tally_count)
		return;
	struct tally *y = &r->tally[about];
	if (!r->counting) {
		if (!y->shared)
			offer(r, t);
		return;
	}
	int e = set_add(&r->pairs, term_hash(t) ^ hash_mix(about, 7));
	if (e < 0)
		r->err = e;
	else if (e == 1 && ++y->others > r->pivot->o.shared_above && !y->shared) {
		y->shared = true;
		r->pivot->c.shared++;
	}
}

static void consider_name(struct round *r, struct bytes wire)
{
	struct term t;
	if (term_of_name(wire, &t) == 0 && !psl_is_suffix(wire))
		consider(r, &t);
}

static void consider_part(enum rdata_part part, struct bytes value, void *arg)
{
	struct round *r = arg;
	struct term t = {.kind = TERM_ADDR};
	if (part == RDATA_NAME) {
		struct name low;
		if (name_of_wire(value, &low) == 0)
			consider_name(r, name_bytes(&low));
		return;
	}
	t.range.lo = t.range.hi = addr_of(value.at, (uint8_t)value.len);
	consider(r, &t);
}

static void look_at(struct round *r, const struct finding *f)
{
	struct reader set = reader_of(f->record.set.rdata);
	struct bytes rdata;
	r->finding = f;
	consider_name(r, f->record.set.owner);
	/* addresses, aliases, servers: not every name a TXT or a signature mentions */
	static const uint16_t types[] = {1, 2, 5, 12, 15, 28, 39};
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (f->record.set.type == types[i])
			while (rdataset_next(&set, &rdata))
				rdata_parts(types[i], rdata, consider_part, r);
}

static void pass(struct round *r, size_t accounts)
{
	for (size_t i = 0; i < accounts; i++) {
		const struct findings *all = asking_findings(r->asking, i);
		for (size_t n = r->pivot->from[i]; n < all->count && !r->err; n++)
			look_at(r, &all->at[n]);
	}
}

static size_t term_count(const struct asking *a)
{
	size_t n = 0;
	for (size_t i = 0; i < asking_count(a); i++)
		if (asking_at(a, i)->about >= n)
			n = asking_at(a, i)->about + 1u;
	return n;
}

int pivot_round(struct pivot *p, struct asking *a, size_t accounts,
		int (*add)(const struct term *t, void *arg), void *arg)
{
	struct round r = {.pivot = p, .asking = a, .add = add, .arg = arg};
	if (p->from == NULL)
		p->from = calloc(accounts + 1, sizeof(*p->from));
	r.tally_count = term_count(a);
	r.tally = calloc(r.tally_count + 1, sizeof(*r.tally));
	if (!p->from || !r.tally) {
		free(r.tally);
		return YORE_ENOMEM;
	}
	r.counting = true;
	pass(&r, accounts);
	r.counting = false;
	pass(&r, accounts);
	for (size_t i = 0; i < accounts; i++)
		p->from[i] = asking_findings(a, i)->count;
	free(r.tally);
	free(r.pairs.slots);
	return r.err ? r.err : r.added;
}
