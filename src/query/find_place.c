/* Cursors: where a result stands, and going on behind it. */
#include "dns/rdata.h"
#include "query/find.h"

typedef bool (*close_fn)(struct find *d, const struct gap *g, struct buf *room,
			 struct bytes *begin);

static bool close_by_key(struct find *d, const struct gap *g, struct buf *room,
			 struct bytes *begin)
{
	return gap_close(g, buf_bytes(&d->sets.base), room, begin);
}

static bool close_by_record(struct find *d, const struct gap *g, struct buf *room,
			    struct bytes *begin)
{
	struct bytes rdata;
	if (key_rrset_read(buf_bytes(&d->sets.base), &d->owner_key) < 0)
		return false;
	struct reader in = reader_of(d->owner_key.set.rdata);
	while (rdataset_next(&in, &rdata))
		if (gap_close(g, rdata, room, begin))
			return true;
	return false;
}

/* By the rows whose keys begin so. 1: whole; 0: none is alike; negative. */
static int make_whole(struct find *d, struct bytes prefix, close_fn close,
		      const struct gap *g, struct buf *room, struct bytes *begin)
{
	struct bound b = {.lo = prefix};
	struct buf hi;
	if (g->octets == 0)
		return 1;
	buf_init(&hi, prefix.len + 1);
	buf_put_bytes(&hi, prefix);
	if (key_after(&hi))
		b.hi = buf_bytes(&hi);
	int r = hi.err ? hi.err : walk_open(&d->sets, &b);
	bool closed = false;
	while (r >= 0 && !closed && (r = walk_base(&d->sets)) == 1)
		closed = close(d, g, room, begin);
	walk_close(&d->sets);
	buf_release(&hi);
	return r < 0 ? r : closed;
}

static bool of_table(struct bytes key, uint8_t table)
{
	return key.len && key.at[0] == table;
}

/*
 * What the cursor left out of long keys. What is not found again stays a beginning,
 * which sorts before all that have it: the answer goes on with the first of those.
 */
static int make_place_whole(struct find *d)
{
	struct place *p = &d->after;
	bool by_rdata = p->step < d->plan.step_count && d->plan.steps[p->step].by_rdata;
	if (!of_table(p->row, by_rdata ? TABLE_RDATA : TABLE_RRSET))
		return 0;
	int r = make_whole(d, p->row, close_by_key, &p->row_gap, &d->after_row, &p->row);
	if (r == 1 && of_table(p->set, TABLE_RRSET))
		r = make_whole(d, p->set, close_by_key, &p->set_gap, &d->after_set,
			       &p->set);
	if (r == 1 && of_table(p->row, TABLE_RRSET))
		r = make_whole(d, p->row, close_by_record, &p->rdata_gap, &d->after_rdata,
			       &p->rdata);
	return r < 0 ? r : 0;
}

int find_resume(struct find *d, struct fault *f)
{
	const struct query *q = d->query;
	if (q->sort[0].key != SORT_NONE || q->follow)
		return fault_set(f, YORE_EUSAGE,
				 "a cursor goes in the order of storage: without a sort, "
				 "and without following aliases");
	if (place_read(q->after, &d->after_room, &d->after) < 0)
		return fault_set(f, YORE_EUSAGE, "the cursor is none of ours");
	if (d->after.question != place_question(q))
		return fault_set(f, YORE_EUSAGE,
				 "the cursor belongs to another question");
	d->resuming = true;
	d->step = d->after.step ? (size_t)d->after.step - 1 : SIZE_MAX;
	int r = make_place_whole(d);
	return r < 0 ? fault_set(f, r, "query: %s",
				 d->fault.code ? d->fault.text : yore_strerror(r))
		     : 0;
}

bool find_from(const struct find *d, const struct bound *b, bool names, struct bound *ret)
{
	struct bytes lo = names ? d->after.name : d->after.row;
	*ret = *b;
	if (!d->resuming || d->step != d->after.step || d->bound != d->after.bound + 1 ||
	    bytes_compare(lo, b->lo) <= 0)
		return true;
	ret->lo = lo;
	return b->hi.len == 0 || bytes_compare(lo, b->hi) < 0;
}

/* By owner, records are merged over rows: the walk has moved on, so from the result. */
static void place_of_merged(struct find *d, const struct result *r)
{
	const char *source = source_name(r->set.source);
	buf_clear(&d->here_row);
	key_owner_prefix(&d->here_row, TABLE_RRSET, r->set.owner, false);
	buf_u16be(&d->here_row, r->set.type);
	d->here.row = buf_bytes(&d->here_row);
	d->here.rdata = BYTES(r->set.rdata.at + 2, r->set.rdata.len - 2);
	d->here.source = BYTES_STR(source);
}

static void locate(struct find *d, const struct result *r)
{
	enum view view = find_view(d);
	d->here = (struct place){.step = d->step,
				 .bound = d->bound ? d->bound - 1 : 0,
				 .name = buf_bytes(&d->named),
				 .row = buf_bytes(&d->rows.base)};
	if (!d->by_rdata && view == VIEW_RR)
		place_of_merged(d, r);
	else if (d->by_rdata && find_looks_back(d) && view != VIEW_RR)
		d->here.set = buf_bytes(&d->sets.base);
	if (view == VIEW_MONTH) {
		d->here.month = r->month;
		d->here.first_s = r->month ? 0 : r->span.first_s;
	}
}

bool find_is_behind(struct find *d, const struct result *r)
{
	d->has_place = d->chase == NULL;
	if (!d->has_place)
		return false;
	locate(d, r);
	if (d->resuming && place_compare(&d->here, &d->after) <= 0)
		return true;
	d->resuming = false;
	return false;
}

int find_cursor(const struct find *d, struct buf *out)
{
	const struct query *q = d->query;
	if (!d->has_place || q->follow || q->sort[0].key != SORT_NONE)
		return YORE_EUSAGE;
	struct place p = d->here;
	p.question = place_question(q);
	place_put(out, &p);
	return out->err;
}
