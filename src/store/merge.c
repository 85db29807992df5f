#include "store/merge.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "store/erased.h"
#include "store/expired.h"
#include "store/ledger.h"
#include "store/shelf.h"
#include "store/stand.h"

/* 1: the shelf is to be taken, 0: it is here already (or empty), EREFUSED. */
static int compare_inputs(struct engine *into, const char *shelf, const struct stand *in,
			  struct fault *f)
{
	size_t same = 0, other = 0;
	for (size_t i = 0; i < in->count; i++) {
		struct ledger_entry here;
		int r = ledger_last(into, shelf, &in->at[i].input, NULL, &here, f);
		if (r < 0)
			return r;
		bool equal = r == 1 && here.to.packets == in->at[i].to.packets &&
			     here.to.chain == in->at[i].to.chain;
		same += equal;
		other += r == 1 && !equal;
		if (other || (same && same <= i))
			return fault_set(f, YORE_EREFUSED,
					 "%s: input '%s' is in both histories and not "
					 "all of the shelf is; merged they would count "
					 "twice. Nothing was done; import the captures "
					 "that are missing here, which adds only what is "
					 "new",
					 shelf, in->at[i].name);
	}
	return in->count > 0 && same == 0;
}

/* ---- rows ---- */

struct taking {
	struct segment_rows rows;
	struct shelf_iter *it;
	const struct segment_name *by;
	struct buf value;
	struct fault *fault;
};

/* The last commit of an input is from now on this segment's. */
static int rename_last(struct taking *t, struct bytes key, struct bytes *value)
{
	struct ledger_entry e;
	int r = ledger_read(key, *value, NULL, &e);
	if (r < 0)
		return r;
	buf_clear(&t->value);
	ledger_value(&t->value, t->by, &e);
	*value = buf_bytes(&t->value);
	return t->value.err;
}

static int take_next(struct segment_rows *rows, struct bytes *key, struct bytes *value)
{
	struct taking *t = (struct taking *)rows;
	int r = t->it->ops->next(t->it, key, value);
	if (r < 0)
		fault_set(t->fault, r, "%s", t->it->fault.text);
	if (r == 1 && ledger_key_is_last(*key) && key->at[0] == TABLE_LEDGER) {
		int e = rename_last(t, *key, value);
		r = e < 0 ? e : 1;
	}
	return r;
}

struct merging {
	struct engine *into, *from;
	say_fn say;
	void *arg;
	struct fault *fault;
	bool only_look; /* the first round: may it be done at all? */
};

/* The same for the same content, so that a merge that was cut short can be repeated. */
static void name_segment(const char *shelf, const struct stand *in,
			 struct segment_meta *meta)
{
	uint64_t h = hash_fixed(shelf, strlen(shelf), 1);
	for (size_t i = 0; i < in->count; i++) {
		h = hash_fixed(in->at[i].input.octets, sizeof(in->at[i].input), h);
		h = hash_mix(h, in->at[i].to.packets);
	}
	memset(meta->origin, 0xff, sizeof(meta->origin));
	store_u64be(meta->origin + 8, h);
	meta->entries = in->at;
	meta->entry_count = in->count;
	meta->own_ledger = true;
	snprintf(meta->shelf, sizeof(meta->shelf), "%s", shelf);
}

static int take_shelf(struct merging *m, const char *shelf, const struct stand *in)
{
	struct segment_meta meta = {.sequence = 0};
	struct stretch all = {.lo = BYTES_LIT(""), .whole = true};
	struct fault rows_fault = {0};
	name_segment(shelf, in, &meta);
	struct segment_name by = {.sequence = 0};
	memcpy(by.origin, meta.origin, sizeof(by.origin));
	struct taking t = {.rows = {take_next}, .by = &by, .fault = &rows_fault};
	int r = m->from->ops->iter(m->from, shelf, &all, m->fault, &t.it);
	if (r < 0)
		return r;
	buf_init(&t.value, 1u << 20);
	r = m->into->ops->commit(m->into, &meta, &t.rows, m->fault);
	if (r < 0 && rows_fault.code)
		fault_set(m->fault, r,
			  "%.300s; nothing of %s was added: restore it there from a "
			  "backup, or accept the loss (yore db repair, then --forget)",
			  rows_fault.text, shelf);
	t.it->ops->close(t.it);
	buf_release(&t.value);
	return r;
}

static int merge_shelf(const char *shelf, void *arg)
{
	struct merging *m = arg;
	struct stand in = {0};
	char line[100];
	if (!shelf_is_history(shelf))
		return 0;
	int r = stand_read(m->from, shelf, &in, m->fault);
	if (r == 0)
		r = compare_inputs(m->into, shelf, &in, m->fault);
	if (r == 1 && !m->only_look) {
		r = take_shelf(m, shelf, &in);
		snprintf(line, sizeof(line), "%s", shelf);
		if (r == 0 && m->say)
			m->say(line, m->arg);
	}
	stand_release(&in);
	return r < 0 ? r : 0;
}

/* ---- what was erased, or expired ---- */

static int list_of(struct engine *e, struct erased *ret, struct fault *f)
{
	memset(ret, 0, sizeof(*ret));
	return e->ops->erased ? e->ops->erased(e, ret, f) : 0;
}

/* What is here of it stays: to remove rows is another decision. */
static int unite_erased(struct merging *m)
{
	struct erased here, there = {0};
	struct erasure *more = NULL;
	size_t count = 0;
	char line[120];
	int r = list_of(m->into, &here, m->fault);
	if (r == 0)
		r = list_of(m->from, &there, m->fault);
	if (r == 0)
		r = erased_more(&there, &here, &more, &count);
	if (r == 0 && count)
		r = m->into->ops->suppress(m->into, more, count, m->fault);
	snprintf(line, sizeof(line),
		 "suppressed: %zu term%s erased there, left out here from now on", count,
		 count == 1 ? "" : "s");
	if (r == 0 && count && m->say)
		m->say(line, m->arg);
	free(more);
	erased_release(&here);
	erased_release(&there);
	return r;
}

static int unite_expired(struct merging *m)
{
	const char *here = m->into->ops->folder(m->into);
	const char *there = m->from->ops->folder(m->from);
	return here && there ? expired_unite(here, there, m->fault) : 0;
}

int merge_engines(struct engine *into, struct engine *from, say_fn say, void *arg,
		  struct fault *f)
{
	struct merging m = {into, from, say, arg, f, true};
	int r = from->ops->shelves(from, merge_shelf, &m, f);
	m.only_look = false;
	if (r == 0) /* first, so that nothing comes in behind */
		r = unite_erased(&m);
	if (r == 0)
		r = unite_expired(&m);
	return r < 0 ? r : from->ops->shelves(from, merge_shelf, &m, f);
}
