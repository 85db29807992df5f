#include "dns/rdata.h"
#include "dns/type.h"
#include "query/plan.h"

/* A few types of one name are looked up one by one, more are picked out of the name. */
#define TYPES_APART 4
#define KEY_ROOM (1u << 20)

struct maker { /* one list being made */
	struct arena *arena;
	struct bounds_list *list;
	struct buf lo, hi;
	int err;
};

static void maker_init(struct maker *m, struct arena *arena, struct bounds_list *list)
{
	m->arena = arena;
	m->list = list;
	m->err = 0;
	buf_init(&m->lo, KEY_ROOM);
	buf_init(&m->hi, KEY_ROOM);
	memset(list, 0, sizeof(*list));
}

static int maker_done(struct maker *m)
{
	buf_release(&m->lo);
	buf_release(&m->hi);
	return m->err;
}

static struct bound *new_bound(struct maker *m)
{
	struct bounds_list *l = m->list;
	if (l->count == l->room) {
		size_t room = l->room ? l->room * 2 : 4;
		struct bound *at = arena_alloc(m->arena, room * sizeof(*at));
		if (at == NULL)
			return NULL;
		if (l->count)
			memcpy(at, l->at, l->count * sizeof(*at));
		l->at = at;
		l->room = room;
	}
	struct bound *b = &l->at[l->count];
	memset(b, 0, sizeof(*b));
	return b;
}

/* Takes m->lo and m->hi (which may be empty) as a bound and clears them. */
static void take(struct maker *m, bool exact)
{
	int err = m->lo.err ? m->lo.err : m->hi.err;
	struct bound *b = err ? NULL : new_bound(m);
	if (b) {
		b->lo = arena_copy(m->arena, buf_bytes(&m->lo));
		b->hi =
		    m->hi.len ? arena_copy(m->arena, buf_bytes(&m->hi)) : BYTES(NULL, 0);
		b->exact = exact;
		if (b->lo.at && (b->hi.at || m->hi.len == 0))
			m->list->count++;
		else
			b = NULL;
	}
	if (b == NULL && m->err == 0)
		m->err = err ? err : YORE_ENOMEM;
	buf_clear(&m->lo);
	buf_clear(&m->hi);
}

/* Everything that begins with what stands in m->lo. */
static void take_prefix(struct maker *m, bool exact)
{
	buf_put_bytes(&m->hi, buf_bytes(&m->lo));
	key_after(&m->hi);
	take(m, exact);
}

/* ---- by owner ---- */

static bool listed_before(const struct query *q, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (q->type[k] == q->type[i])
			return true;
	return false;
}

static void owner_types(struct maker *m, const struct query *q, struct bytes owner)
{
	bool apart =
	    q->types == TYPES_LISTED && q->type_count <= TYPES_APART && !q->follow;
	for (size_t i = 0; i < (apart ? q->type_count : 1); i++) {
		if (apart && listed_before(q, i))
			continue;
		key_owner_prefix(&m->lo, TABLE_RRSET, owner, false);
		if (apart)
			buf_u16be(&m->lo, q->type[i]);
		take_prefix(m, true);
	}
}

static void owner_zone(struct maker *m, struct bytes zone)
{
	key_owner_prefix(&m->lo, TABLE_RRSET, zone, true);
	take_prefix(m, false);
}

/* The least reverse zone that holds a whole range of addresses. */
static void owner_range(struct maker *m, const struct addr_range *r)
{
	struct name n;
	unsigned same = 0, bits = r->lo.len == 4 ? 8 : 4;
	while (same < r->lo.len * 8u / bits) {
		unsigned at = same * bits, shift = 8 - bits - at % 8;
		if ((r->lo.at[at / 8] ^ r->hi.at[at / 8]) >> shift & ((1u << bits) - 1))
			break;
		same++;
	}
	name_of_addr(&r->lo, &n);
	owner_zone(m, name_suffix(name_bytes(&n), same + 2));
	m->list->verify = true;
}

/* Names in forward order: those whose first label begins with a pattern's prefix. */
static void names_of_prefix(struct maker *m, const char *prefix)
{
	size_t n = strcspn(prefix, ".");
	m->list->names = true;
	if (n == 0 || n > 63) {
		buf_putc(&m->lo, TABLE_NAME);
		take_prefix(m, false);
		return;
	}
	for (size_t len = n; len <= 63; len++) {
		buf_putc(&m->lo, TABLE_NAME);
		buf_putc(&m->lo, (int)len);
		buf_put(&m->lo, prefix, n);
		take_prefix(m, false);
	}
}

/* Only names are wanted of table N, and of those only what the pattern can match. */
static void names_alone(struct maker *m, const char *literal)
{
	for (size_t i = 0; i < m->list->count; i++) {
		m->list->at[i].names = true;
		m->list->at[i].literal = literal;
	}
}

static void owner_pattern(struct maker *m, const struct term *t)
{
	struct name zone;
	pattern_zone(t->pattern, t->final_dot, &zone);
	m->list->verify = true;
	/* a top-level domain may hold most of the names there are: names are smaller */
	if (name_labels(name_bytes(&zone)) >= 2)
		owner_zone(m, name_bytes(&zone));
	else
		names_of_prefix(m, pattern_prefix(t->pattern));
	if (m->list->names)
		names_alone(m, pattern_literal(t->pattern));
}

static void owner_bounds(struct maker *m, const struct query *q, const struct term *t)
{
	struct name n;
	switch (t->kind) {
	case TERM_NAME:
		if (q->subdomains)
			owner_zone(m, name_bytes(&t->name));
		else
			owner_types(m, q, name_bytes(&t->name));
		return;
	case TERM_ZONE:
		owner_zone(m, name_bytes(&t->name));
		return;
	case TERM_STEM:
		m->list->names = true;
		m->list->verify = true;
		key_owner_prefix(&m->lo, TABLE_NAME, name_bytes(&t->name), true);
		take_prefix(m, false);
		names_alone(m, NULL);
		return;
	case TERM_ADDR:
		if (addr_equal(&t->range.lo, &t->range.hi)) {
			name_of_addr(&t->range.lo, &n);
			owner_types(m, q, name_bytes(&n));
		} else {
			owner_range(m, &t->range);
		}
		return;
	case TERM_REGEX:
	case TERM_GLOB:
		owner_pattern(m, t);
		return;
	case TERM_RAW:
		if (name_of_wire(BYTES(t->raw, t->raw_len), &n) == 0)
			owner_types(m, q, name_bytes(&n));
		return;
	}
}

/* ---- by rdata ---- */

static void target_zone(struct maker *m, struct bytes zone)
{
	key_rdata_name_prefix(&m->lo, zone, true);
	take_prefix(m, false);
}

static void rdata_heads(struct maker *m, char head)
{
	buf_putc(&m->lo, TABLE_RDATA);
	buf_putc(&m->lo, head);
	take_prefix(m, false);
}

static void hidden_end(uint16_t type, const char *mnemonic, void *arg)
{
	struct maker *m = arg;
	if (!rdata_hides_its_end(type))
		return;
	buf_putc(&m->lo, TABLE_RDATA);
	buf_putc(&m->lo, 'r');
	buf_u16be(&m->lo, type);
	take_prefix(m, false);
}

static bool is_number(struct bytes label) /* of a wire form, with its length octet */
{
	for (size_t i = 1; i <= label.at[0]; i++)
		if (label.at[i] < '0' || label.at[i] > '9')
			return false;
	return true;
}

/* A text that ends as names of a zone do: in such a name, or it only looks like one. */
static void rdata_end(struct maker *m, struct bytes zone)
{
	if (is_number(name_suffix(zone, 1))) { /* 192.0.2.1, ::ffff:192.0.2.1 */
		rdata_heads(m, 4);
		rdata_heads(m, 6);
	}
	target_zone(m, zone);
	type_each(hidden_end, m);
}

static void rdata_pattern(struct maker *m, const struct term *t)
{
	struct name zone;
	pattern_zone(t->pattern, t->final_dot, &zone);
	m->list->verify = true;
	if (zone.len > 1) {
		rdata_end(m, name_bytes(&zone));
		return;
	}
	/* addresses as well: "nothing found" must not mean "not looked at" */
	rdata_heads(m, 4);
	rdata_heads(m, 6);
	rdata_heads(m, 'n');
	rdata_heads(m, 'r');
}

struct raw_types {
	struct maker *maker;
	struct bytes raw;
};

static void raw_type(uint16_t type, const char *mnemonic, void *arg)
{
	struct raw_types *r = arg;
	struct maker *m = r->maker;
	if (type_is_meta(type) || !rdata_valid(type, r->raw))
		return;
	key_rdata_raw_prefix(&m->lo, type, r->raw);
	for (size_t i = 0; i < m->list->count; i++)
		if (bytes_equal(m->list->at[i].lo, buf_bytes(&m->lo))) {
			buf_clear(&m->lo); /* A and others share a head */
			return;
		}
	take_prefix(m, true);
}

static void rdata_raw(struct maker *m, const struct query *q, const struct term *t)
{
	struct raw_types r = {m, BYTES(t->raw, t->raw_len)};
	m->list->verify = true;
	type_each(raw_type, &r);
	/* types without a mnemonic are looked for only when they are named */
	for (size_t i = 0; q->types == TYPES_LISTED && i < q->type_count; i++)
		if (!type_known(q->type[i]))
			raw_type(q->type[i], NULL, &r);
}

static void rdata_range(struct maker *m, const struct addr_range *r)
{
	key_rdata_addr_prefix(&m->lo, &r->lo);
	key_rdata_addr_prefix(&m->hi, &r->hi);
	key_after(&m->hi);
	take(m, addr_equal(&r->lo, &r->hi));
}

static void rdata_bounds(struct maker *m, const struct query *q, const struct term *t)
{
	switch (t->kind) {
	case TERM_NAME:
		if (q->subdomains) {
			target_zone(m, name_bytes(&t->name));
		} else {
			key_rdata_name_prefix(&m->lo, name_bytes(&t->name), false);
			take_prefix(m, true);
		}
		return;
	case TERM_ZONE:
		target_zone(m, name_bytes(&t->name));
		return;
	case TERM_STEM:
		m->list->verify = true;
		rdata_heads(m, 'n');
		return;
	case TERM_ADDR:
		rdata_range(m, &t->range);
		return;
	case TERM_REGEX:
	case TERM_GLOB:
		rdata_pattern(m, t);
		return;
	case TERM_RAW:
		rdata_raw(m, q, t);
		return;
	}
}

int plan_bounds(const struct plan *p, const struct step *s, struct arena *arena,
		struct bounds_list *ret)
{
	struct maker m;
	maker_init(&m, arena, ret);
	if (s->term == STEP_ALL) {
		buf_putc(&m.lo, TABLE_RRSET);
		take_prefix(&m, false);
	} else if (s->by_rdata) {
		rdata_bounds(&m, p->query, &p->query->terms[s->term]);
	} else {
		owner_bounds(&m, p->query, &p->query->terms[s->term]);
	}
	return maker_done(&m);
}

int bound_owner(struct arena *arena, struct bytes owner, uint16_t type, struct bound *ret)
{
	struct bounds_list list;
	struct maker m;
	maker_init(&m, arena, &list);
	key_owner_prefix(&m.lo, TABLE_RRSET, owner, false);
	if (type)
		buf_u16be(&m.lo, type);
	take_prefix(&m, true);
	int r = maker_done(&m);
	if (r == 0)
		*ret = list.at[0];
	return r;
}

int bound_target(struct arena *arena, struct bytes name, struct bound *ret)
{
	struct bounds_list list;
	struct maker m;
	maker_init(&m, arena, &list);
	key_rdata_name_prefix(&m.lo, name, false);
	take_prefix(&m, true);
	int r = maker_done(&m);
	if (r == 0)
		*ret = list.at[0];
	return r;
}
