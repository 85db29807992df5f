#include <stdlib.h>

#include "intel/evidence.h"

void evidence_init(struct evidence *e, struct store *s)
{
	*e = (struct evidence){.store = s, .history_begins_s = WHEN_UNKNOWN};
	arena_init(&e->arena, (size_t)1 << 30);
}

void evidence_release(struct evidence *e)
{
	for (size_t i = 0; i < e->count; i++)
		free(e->at[i]->rows);
	free(e->at);
	coverage_release(&e->coverage);
	arena_release(&e->arena);
	*e = (struct evidence){0};
}

int evidence_cover(struct evidence *e, const struct fence *window, struct fault *f)
{
	struct buf text;
	if (e->store == NULL)
		return 0;
	int r = coverage_measure(e->store, window, f, &e->coverage);
	if (r < 0)
		return r;
	buf_init(&text, 1 << 20);
	coverage_put(&text, &e->coverage);
	e->coverage_text = arena_strdup(&e->arena, buf_str(&text));
	buf_release(&text);
	e->watched = e->coverage.permyriad;
	if (e->coverage.stretches.count)
		e->history_begins_s = e->coverage.stretches.at[0].from_us / 1000000;
	return e->coverage_text ? 0 : YORE_ENOMEM;
}

void inquest_text(const struct inquest *q, struct buf *out)
{
	static const char *const kinds[] = {"name",	  "zone",     "address",
					    "neighbours", "negative", "rewritten"};
	char t[ADDR_TEXT_MAX];
	buf_puts(out, kinds[q->kind]);
	buf_putc(out, ' ');
	if (q->kind == ASK_ADDRESS || q->kind == ASK_NEIGHBOURS) {
		addr_text(&q->range.lo, t);
		buf_puts(out, t);
		if (!addr_equal(&q->range.lo, &q->range.hi)) {
			addr_text(&q->range.hi, t);
			buf_printf(out, "-%s", t);
		}
	} else {
		name_put_chomped(out, name_bytes(&q->name));
	}
	if (q->kind == ASK_NEIGHBOURS) {
		buf_puts(out, " in ");
		fence_put(out, &q->fence);
	}
	if (q->limit) {
		buf_puts(out, ", at most ");
		buf_u64(out, q->limit);
	}
}

struct answered *evidence_find(struct evidence *e, const char *question)
{
	for (size_t i = 0; i < e->count; i++)
		if (strcmp(e->at[i]->question, question) == 0)
			return e->at[i];
	return NULL;
}

struct answered *evidence_new(struct evidence *e, const char *question)
{
	if (e->count == e->room) {
		size_t room = e->room ? e->room * 2 : 64;
		struct answered **at = realloc(e->at, room * sizeof(struct answered *));
		if (at == NULL)
			return NULL;
		e->at = at;
		e->room = room;
	}
	struct answered *a = arena_alloc(&e->arena, sizeof(*a));
	const char *text = arena_strdup(&e->arena, question);
	if (a == NULL || text == NULL)
		return NULL;
	*a = (struct answered){.question = text};
	e->at[e->count++] = a;
	return a;
}

int evidence_add_row(struct evidence *e, struct answered *to, const struct row *r)
{
	if (to->count == to->room) {
		size_t room = to->room ? to->room * 2 : 16;
		struct row *at = realloc(to->rows, room * sizeof(*at));
		if (at == NULL)
			return YORE_ENOMEM;
		to->rows = at;
		to->room = room;
	}
	struct row copy = *r;
	struct bytes months = arena_copy(
	    &e->arena, BYTES(r->months, r->month_count * sizeof(struct month_seen)));
	copy.owner = arena_copy(&e->arena, r->owner);
	copy.rdata = arena_copy(&e->arena, r->rdata);
	copy.via = arena_copy(&e->arena, r->via);
	struct month_seen *m = arena_alloc(&e->arena, months.len ? months.len : 1);
	if (m == NULL || copy.owner.at == NULL)
		return YORE_ENOMEM;
	if (r->month_count)
		memcpy(m, r->months, r->month_count * sizeof(*m));
	copy.months = m;
	to->rows[to->count++] = copy;
	return 0;
}

static struct query query_of(const struct inquest *q, const struct term *t)
{
	struct query query = QUERY_ALL;
	query.terms = t;
	query.term_count = 1;
	query.view = VIEW_RR;
	query.types = TYPES_ANY;
	query.limit = q->limit;
	query.side = q->kind == ASK_ADDRESS || q->kind == ASK_NEIGHBOURS ? SIDE_RDATA
									 : SIDE_RRNAME;
	query.follow = q->kind == ASK_NAME;
	if (q->kind == ASK_NEIGHBOURS)
		query.fence = q->fence;
	if (q->kind == ASK_NEGATIVE)
		query.shelf = "negative";
	if (q->kind == ASK_REWRITTEN)
		query.shelf = "suspicious";
	return query;
}

static int term_of(const struct inquest *q, struct term *t)
{
	if (q->kind == ASK_ADDRESS || q->kind == ASK_NEIGHBOURS) {
		*t = (struct term){.kind = TERM_ADDR, .range = q->range};
		return 0;
	}
	int r = term_of_name(name_bytes(&q->name), t);
	if (r == 0 && q->kind == ASK_ZONE)
		t->kind = TERM_ZONE;
	return r;
}

/* Several intervals of one record: each is judged by its own ends. The count is of all.
 */
static int add_stated(struct evidence *e, struct answered *to, const struct result *r,
		      struct row row)
{
	int err = 0;
	for (size_t i = 0; i < r->stated_count && err == 0; i++) {
		row.span.first_s = r->stated[i].first_s;
		row.span.last_s = r->stated[i].last_s;
		row.span.count = i ? 0 : r->span.count;
		err = evidence_add_row(e, to, &row);
	}
	return err;
}

static int add_result(struct evidence *e, struct answered *to, const struct result *r)
{
	struct reader rd = reader_of(r->set.rdata);
	struct row row = {.owner = r->set.owner,
			  .type = r->set.type,
			  .source = r->set.source,
			  .zone_times = r->zone_times,
			  .span = r->span,
			  .months = r->months,
			  .month_count = r->month_count,
			  .hop = r->hop,
			  .via = r->hop ? r->via : BYTES("", 0)};
	int err = 0;
	while (err == 0 && rdataset_next(&rd, &row.rdata))
		err = r->stated_count && r->month_count == 0
			  ? add_stated(e, to, r, row)
			  : evidence_add_row(e, to, &row);
	return err;
}

bool source_is_rewriting(uint16_t source)
{
	const char *why = strchr(source_name(source), '.');
	return why != NULL &&
	       (strcmp(why, ".rewritten") == 0 || strcmp(why, ".redirected") == 0);
}

static int ask_store(struct evidence *e, const struct inquest *q, struct answered *to,
		     struct fault *f)
{
	bool private = q->kind == ASK_NEGATIVE || q->kind == ASK_REWRITTEN;
	struct term t;
	struct answer *a;
	struct result result;
	int r = term_of(q, &t);
	if (r < 0)
		return r;
	struct query query = query_of(q, &t);
	r = answer_open(e->store, &query, f, &a);
	if (r < 0) {
		term_release(&t);
		return private && r == YORE_ENOENT ? 0 : r;
	}
	while ((r = answer_next(a, &result)) == 1) {
		if (q->kind == ASK_REWRITTEN && !source_is_rewriting(result.set.source))
			continue;
		if ((r = add_result(e, to, &result)) < 0)
			break;
	}
	const struct answer_counters *c = answer_counters(a);
	to->truncated = c->limited || c->follow_limit;
	to->damaged = c->damaged != 0;
	struct absent absent = {.why = ABSENCE_NONE};
	if (r == 0 && to->count == 0 && !private)
		query_absent(e->store, &query, &absent, NULL);
	to->absent = absent.why;
	if (r < 0 && f && f->code == 0 && answer_fault(a))
		*f = *answer_fault(a);
	answer_close(a);
	term_release(&t);
	return r;
}

static bool is_wide(const struct evidence *e, const struct addr_range *r)
{
	for (size_t i = 0; i < e->outside.wide_count; i++)
		if (addr_range_has(&e->outside.wide[i], &r->lo) &&
		    addr_range_has(&e->outside.wide[i], &r->hi))
			return true;
	return false;
}

/* A zone or neighbours cut short are judged where they are used, and lose nothing. */
void evidence_sum(struct evidence *e, const struct answered *a)
{
	bool whole = strncmp(a->question, "zone ", 5) != 0 &&
		     strncmp(a->question, "neighbours ", 11) != 0;
	e->truncated += a->truncated && whole;
	e->damaged += a->damaged;
	e->refused += a->refused;
}

int evidence_ask(struct evidence *e, const struct inquest *q, struct fault *f,
		 const struct answered **ret)
{
	struct buf text;
	buf_init(&text, 1 << 16);
	inquest_text(q, &text);
	struct answered *a = evidence_find(e, buf_str(&text));
	bool known = a != NULL;
	if (!known)
		a = evidence_new(e, buf_str(&text));
	buf_release(&text);
	if (a == NULL)
		return YORE_ENOMEM;
	int r = 0;
	if (!known && e->store)
		r = ask_store(e, q, a, f);
	if (r == 0 && !known && q->kind == ASK_NEIGHBOURS)
		a->wide += is_wide(e, &q->range);
	if (r < 0)
		return r;
	if (!known)
		evidence_sum(e, a);
	*ret = a;
	return 0;
}
