#include "dns/rdata.h"
#include "dns/type.h"
#include "query/find.h"

static void damaged(struct find *d, const char *table)
{
	d->counters.damaged++;
	if (d->fault.code == 0)
		fault_set(&d->fault, YORE_ECORRUPT,
			  "query: a key of table %s makes no sense and was left out; "
			  "run: yore db verify",
			  table);
}

static bool is_wanted(struct find *d, int r)
{
	if (r < 0)
		d->counters.pattern_limit++;
	return r == 1;
}

/* ---- by owner ---- */

static const struct term *current_term(const struct find *d)
{
	if (d->chase)
		return NULL;
	size_t term = d->plan.steps[d->step].term;
	return term == STEP_ALL ? NULL : &d->query->terms[term];
}

static bool owner_good(struct find *d, struct bytes owner)
{
	const struct term *t = current_term(d);
	if (d->chase == NULL && d->plan.step_count == 1 && !d->bounds.verify)
		return true;
	struct verdict *v = &d->verdict;
	if (v->known && bytes_equal(buf_bytes(&v->owner), owner))
		return v->good;
	buf_clear(&v->owner);
	buf_put_bytes(&v->owner, owner);
	v->known = v->owner.err == 0;
	v->good = true;
	/* names found in table N have been tried already */
	if (t && d->bounds.verify && !d->bounds.names) {
		d->counters.names++;
		v->good = is_wanted(d, term_wants_owner(t, owner));
	}
	if (v->good && (d->chase || d->plan.step_count > 1)) {
		size_t claimed = plan_claim_owner(&d->plan, owner);
		v->good = d->chase ? d->plan.query->term_count == 0 ||
					 claimed == d->plan.step_count ||
					 d->current->only == TYPE_DNAME
				   : claimed == d->step;
	}
	return v->good;
}

static bool leads_on(const struct rrset *set)
{
	struct reader r = reader_of(set->rdata);
	struct bytes rdata;
	struct name target;
	while (rdataset_next(&r, &rdata))
		if (alias_target(set->type, rdata, &target))
			return true;
	return false;
}

static bool type_good(const struct find *d, const struct rrset *set)
{
	if (d->current->only)
		return set->type == d->current->only;
	if (query_wants_type(d->query, set->type))
		return true;
	/* an alias is a hop, and hops are shown */
	return d->query->follow && alias_type(set->type) && leads_on(set);
}

static bool in_bailiwick(const struct find *d, const struct rrset *set)
{
	const struct name *want = &d->query->bailiwick;
	if (want->len == 0)
		return true;
	return set->bailiwick != BAILIWICK_ABSENT &&
	       bytes_equal(name_suffix(set->owner, set->bailiwick), name_bytes(want));
}

static bool bailiwick_good(const struct find *d, const struct rrset *set)
{
	return d->chase || in_bailiwick(d, set);
}

bool accept_rrset(struct find *d, struct bytes base)
{
	const struct rrset *set = &d->owner_key.set;
	if (key_rrset_read(base, &d->owner_key) < 0 || !rdataset_valid(set->rdata)) {
		damaged(d, "R");
		return false;
	}
	return query_wants_source(d->query, set->source) && type_good(d, set) &&
	       bailiwick_good(d, set) && owner_good(d, set->owner);
}

int accept_name(struct find *d, struct bytes base, struct bytes *owner)
{
	if (key_name_read(base, owner) < 0) {
		damaged(d, "N");
		return 0;
	}
	d->counters.names++;
	const struct term *t = current_term(d);
	return !d->bounds.verify || t == NULL ||
	       is_wanted(d, term_wants_owner(t, *owner));
}

/* ---- by rdata ---- */

/* Terms that are scanned for look at the whole rdata, whose rows often repeat it. */
static bool rdata_good(struct find *d, const struct term *t, uint16_t type,
		       struct bytes rdata)
{
	uint8_t head[2];
	struct bytes last = buf_bytes(&d->last_rdata);
	store_u16be(head, type);
	if (last.len == rdata.len + 2 && memcmp(last.at, head, 2) == 0 &&
	    (rdata.len == 0 || memcmp(last.at + 2, rdata.at, rdata.len) == 0))
		return d->last_rdata_good;
	buf_clear(&d->last_rdata);
	buf_put(&d->last_rdata, head, 2);
	buf_put_bytes(&d->last_rdata, rdata);
	d->counters.names++;
	d->last_rdata_good = is_wanted(d, term_wants_rdata(t, type, rdata));
	return d->last_rdata_good;
}

struct least_search {
	const struct find *find;
	struct bytes base;
	bool earlier;
};

static void look_at_head(struct bytes base, void *arg)
{
	struct least_search *s = arg;
	const struct bounds_list *l = &s->find->bounds;
	if (s->earlier || bytes_compare(base, s->base) >= 0)
		return;
	for (size_t i = 0; i < l->count && !s->earlier; i++)
		s->earlier =
		    bytes_compare(base, l->at[i].lo) >= 0 &&
		    (l->at[i].hi.len == 0 || bytes_compare(base, l->at[i].hi) < 0);
}

/*
 * A record with several names or addresses stands under each; it is given where it
 * comes first within what is scanned.
 */
static bool first_head(struct find *d, struct bytes base)
{
	const struct rrset *set = &d->rdata_key.set;
	struct least_search s = {d, base, false};
	if (set->type == TYPE_A || set->type == TYPE_AAAA || rdata_is_name(set->type))
		return true;
	key_rdata_each(set, set->rdata, &d->scratch, look_at_head, &s);
	return !s.earlier;
}

/* Backwards every alias counts that leads to the name chased, or a DNAME above it. */
static bool chase_good(const struct find *d, const struct rrset *set)
{
	struct name target;
	if (!alias_target(set->type, set->rdata, &target))
		return false;
	bool whole = bytes_equal(name_bytes(&target), name_bytes(&d->chase->name));
	if (set->type == TYPE_DNAME)
		return !whole;
	return whole;
}

bool accept_rdata(struct find *d, struct bytes base)
{
	const struct rrset *set = &d->rdata_key.set;
	if (key_rdata_read(base, &d->rdata_key) < 0) {
		damaged(d, "D");
		return false;
	}
	if (!query_wants_source(d->query, set->source))
		return false;
	if (d->chase) {
		if (!chase_good(d, set))
			return false;
		return d->plan.query->term_count == 0 || d->current->only == TYPE_DNAME ||
		       plan_claim_rdata(&d->plan, set->owner, set->type, set->rdata) ==
			   d->plan.step_count;
	}
	if (!query_wants_type(d->query, set->type))
		return false;
	const struct term *t = current_term(d);
	if (t && d->bounds.verify && !rdata_good(d, t, set->type, set->rdata))
		return false;
	if (!first_head(d, base))
		return false;
	if (d->plan.step_count == 1)
		return true;
	size_t claimed = plan_claim_rdata(&d->plan, set->owner, set->type, set->rdata);
	/* nobody: a row of a time when records had more of them */
	return claimed == d->step || claimed == d->plan.step_count;
}

bool accept_looked_back(struct find *d, struct bytes base)
{
	const struct rrset *set = &d->owner_key.set, *from = &d->rdata_key.set;
	if (key_rrset_read(base, &d->owner_key) < 0 || !rdataset_valid(set->rdata)) {
		damaged(d, "R");
		return false;
	}
	if (set->source != from->source || !bailiwick_good(d, set))
		return false;
	/* a set is given for the first of its records that was asked for */
	bool sets = d->query->view == VIEW_RRSET || d->query->view == VIEW_MONTH;
	struct reader r = reader_of(set->rdata);
	struct bytes rdata;
	while (rdataset_next(&r, &rdata)) {
		if (bytes_equal(rdata, from->rdata))
			return true;
		if (sets && plan_wants_rdata(&d->plan, set->type, rdata))
			return false;
	}
	return false;
}

bool chase_was_given(const struct find *d, const struct result *r)
{
	const struct rrset *set = &r->set;
	if (d->chase == NULL || set->type != TYPE_DNAME)
		return false;
	if (d->current->told || d->current->only == 0)
		return d->current->told;
	if (!d->by_rdata)
		return in_bailiwick(d, set) &&
		       plan_claim_owner(&d->plan, set->owner) < d->plan.step_count;
	struct bytes rdata = BYTES(set->rdata.at + 2, set->rdata.len - 2);
	return query_wants_type(d->query, set->type) &&
	       plan_claim_rdata(&d->plan, set->owner, set->type, rdata) <
		   d->plan.step_count;
}
