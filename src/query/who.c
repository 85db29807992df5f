#include "query/who_forward.h"

#include <stdio.h>
#include <stdlib.h>

#include "query/absent.h"
#include "store/who.h"

#define PSEUDONYMS_MOST 256 /* addresses of a prefix, each tried */

struct who_run {
	struct store *store;
	const struct who_query *q;
	struct who_plan plan;
	who_fn each;
	void *arg;
	struct who_about *about;
	struct fault *fault;
	int64_t since_s;
	char (*shelves)[SHELF_MAX];
	size_t shelf_count;
	const char *shelf; /* the one at hand, and its month */
	int32_t month;
	struct addr asked;	/* whose pseudonym is looked for */
	struct who_marks marks; /* of this shelf */
	/* the name last judged, of the order by name */
	uint8_t judged[256];
	size_t judged_len;
	bool judged_wanted;
	size_t stretch; /* of the plan: rows before it are passed */
};

/* ---- clients ---- */

int who_client_parse(const char *text, struct who_query *q, struct fault *f)
{
	q->client = true;
	if (*text != '~')
		return addr_range_parse(text, &q->clients) < 0
			   ? fault_set(f, YORE_EMALFORMED,
				       "'%.60s' is no client: an address, a prefix, or a "
				       "pseudonym (~ and 16 hexadecimal digits)",
				       text)
			   : 0;
	q->pseudonym.len = PSEUDONYM_LEN;
	unsigned octet;
	int n = 0;
	for (int i = 0; i < PSEUDONYM_LEN; i++) {
		if (sscanf(text + 1 + 2 * i, "%2x%n", &octet, &n) != 1 || n != 2)
			return fault_set(f, YORE_EMALFORMED,
					 "'%.60s' is no pseudonym: ~ and 16 hexadecimal "
					 "digits",
					 text);
		q->pseudonym.at[i] = (uint8_t)octet;
	}
	return text[1 + 2 * PSEUDONYM_LEN]
		   ? fault_set(f, YORE_EMALFORMED, "'%.60s' is no pseudonym: too long",
			       text)
		   : 0;
}

/* ---- rows ---- */

static bool is_client(const struct who_query *q, const struct asked_client *c)
{
	if (!q->client)
		return true;
	if (c->len == PSEUDONYM_LEN)
		return q->keys || who_same_client(c, &q->pseudonym);
	struct addr a = addr_of(c->at, c->len);
	return q->clients.lo.len && addr_range_has(&q->clients, &a);
}

static bool is_type(const struct who_query *q, uint16_t type)
{
	for (size_t i = 0; i < q->type_count; i++)
		if (q->types[i] == type)
			return true;
	return q->type_count == 0;
}

static bool is_sent_there(const struct addr *a, void *arg)
{
	const struct who_run *r = arg;
	for (size_t i = 0; i < r->plan.loose_count; i++) {
		const struct term *t = r->plan.loose[i];
		if (t->kind == TERM_ADDR && addr_range_has(&t->range, a))
			return true;
	}
	return false;
}

static bool loose_wants_name(struct who_run *r, struct bytes name)
{
	for (size_t i = 0; i < r->plan.loose_count; i++) {
		int e = term_wants_owner(r->plan.loose[i], name);
		if (e == 1)
			return true;
		r->about->pattern_limit += e < 0;
	}
	return false;
}

/* By its name alone; the rows of a name follow each other and share these octets. */
static bool name_wanted(struct who_run *r, struct bytes key)
{
	size_t n = key_shared_len(key);
	uint8_t name[255];
	if (r->judged_len == n && memcmp(r->judged, key.at, n) == 0)
		return r->judged_wanted;
	while (r->stretch < r->plan.count &&
	       bytes_compare(buf_bytes(&r->plan.at[r->stretch].hi), key) <= 0)
		r->stretch++;
	r->judged_wanted = r->stretch < r->plan.count &&
			   bytes_compare(buf_bytes(&r->plan.at[r->stretch].lo), key) <= 0;
	if (!r->judged_wanted && n > 1)
		r->judged_wanted = loose_wants_name(
		    r, BYTES(name, name_reverse(BYTES(key.at + 1, n - 1), name)));
	memcpy(r->judged, key.at, n);
	r->judged_len = n;
	return r->judged_wanted;
}

/* In the order by client names come anew for each: no stretch is ever behind. */
static bool name_in_terms(struct who_run *r, struct bytes name)
{
	for (size_t i = 0; i < r->q->term_count; i++)
		if (term_wants_owner(&r->q->terms[i], name) == 1)
			return true;
	return false;
}

enum judging { ALL_ROWS, BY_NAME, BY_CLIENT };

/* As cheaply as can be: most rows of a reading of all are not. */
static bool terms_want(struct who_run *r, enum judging how, const struct store_row *row)
{
	struct asked_key k;
	uint8_t name[255];
	if (r->q->term_count == 0 || how == ALL_ROWS)
		return true;
	bool named = how == BY_NAME ? name_wanted(r, row->base)
				    : key_asked_read(row->base, name, &k) == 0 &&
					  name_in_terms(r, k.name);
	return named ||
	       (r->plan.loose_count && asked_value_has(row->value, is_sent_there, r));
}

static int take_row(struct who_run *r, enum judging how, const struct store_row *row)
{
	const struct who_query *q = r->q;
	struct who_row w = {.asked = r->asked};
	uint8_t name[255];
	r->about->rows++;
	if (!fence_passes(&q->fence, row->span.first_s, row->span.last_s) ||
	    !terms_want(r, how, row))
		return 0;
	if (key_asked_read(row->base, name, &w.key) < 0 ||
	    asked_value_read(row->value, &w.value) < 0) {
		r->about->damaged++;
		return 0;
	}
	if ((int64_t)w.key.day * 86400 < r->since_s || !is_client(q, &w.key.client) ||
	    !is_type(q, w.key.type))
		return 0;
	if (q->limit && r->about->found == q->limit) {
		r->about->limited = true;
		return 1;
	}
	int e = q->unmarked
		    ? 0
		    : who_forwards(&r->marks, &w.key.client, w.key.day, &w.forwarder);
	if (e < 0)
		return e;
	r->about->found++;
	return r->each(&w, r->arg);
}

/* 1: enough. */
static int read_stretch(struct who_run *r, uint8_t table, struct bytes lo,
			struct bytes hi, bool exact, enum judging how)
{
	struct scan scan = {
	    .table = table, .lo = lo, .hi = hi, .exact_owner = exact, .shelf = r->shelf};
	struct cursor *c;
	struct store_row row;
	int e = store_scan(r->store, &scan, r->fault, &c);
	if (e < 0)
		return e == YORE_ENOENT ? 0 : e; /* expired a moment ago */
	while ((e = cursor_next(c, &row)) != 0) {
		if (e == YORE_ECORRUPT) {
			r->about->damaged++;
			if (r->about->first.code == 0)
				r->about->first = *cursor_fault(c);
			continue;
		}
		if (e < 0) {
			*r->fault = *cursor_fault(c);
			break;
		}
		e = take_row(r, how, &row);
		if (e != 0)
			break;
	}
	cursor_close(c);
	return e;
}

/* ---- a shelf ---- */

static int read_names(struct who_run *r)
{
	static const uint8_t table = TABLE_ASKED;
	int e = 0;
	r->stretch = 0;
	r->judged_len = 0;
	if (r->q->term_count == 0 || r->plan.loose_count)
		return read_stretch(r, table, BYTES(&table, 1), BYTES(NULL, 0), false,
				    BY_NAME);
	for (size_t i = 0; i < r->plan.count && e == 0; i++) {
		struct bytes lo = buf_bytes(&r->plan.at[i].lo);
		bool exact = key_shared_len(lo) == lo.len;
		e = read_stretch(r, table, lo, buf_bytes(&r->plan.at[i].hi), exact,
				 ALL_ROWS);
	}
	return e;
}

/* From the first client to the last of one length. */
static int read_clients(struct who_run *r, uint8_t len, const uint8_t *first,
			const uint8_t *last)
{
	struct asked_client a = {.len = len}, b = {.len = len};
	struct buf lo, hi;
	memcpy(a.at, first, len);
	memcpy(b.at, last, len);
	buf_init(&lo, 64);
	buf_init(&hi, 64);
	key_client_prefix(&lo, &a);
	key_client_prefix(&hi, &b);
	key_after(&hi);
	int e = read_stretch(r, TABLE_CLIENT, buf_bytes(&lo), buf_bytes(&hi),
			     who_same_client(&a, &b), BY_CLIENT);
	buf_release(&lo);
	buf_release(&hi);
	return e;
}

static void next_addr(struct addr *a)
{
	for (unsigned i = a->len; i-- > 0;)
		if (++a->at[i] != 0)
			return;
}

/* Each address of the range by its pseudonym of this month. */
static int read_pseudonyms(struct who_run *r)
{
	struct addr a = r->q->clients.lo;
	int e = 0;
	for (unsigned n = 0; e == 0; n++, next_addr(&a)) {
		struct asked_client c;
		if (n == PSEUDONYMS_MOST)
			return fault_set(r->fault, YORE_ELIMIT,
					 "among pseudonyms at most %d addresses can be "
					 "asked for at once",
					 PSEUDONYMS_MOST);
		e = pseudonym_of(r->q->keys, &a, r->month, &c, r->fault);
		if (e == YORE_ENOENT) { /* erased: anonymous */
			r->about->pseudonyms = true;
			return 0;
		}
		r->asked = a;
		if (e == 0)
			e = read_clients(r, c.len, c.at, c.at);
		if (addr_equal(&a, &r->q->clients.hi))
			break;
	}
	r->asked = (struct addr){0};
	return e;
}

static bool has_pseudonyms(struct who_run *r)
{
	struct asked_client c = {.len = PSEUDONYM_LEN};
	struct buf lo, hi;
	struct cursor *cursor;
	struct store_row row;
	int e = 0;
	buf_init(&lo, 64);
	buf_init(&hi, 64);
	key_client_prefix(&lo, &c);
	lo.len = 2;
	buf_put_bytes(&hi, buf_bytes(&lo));
	key_after(&hi);
	struct scan scan = {.table = TABLE_CLIENT,
			    .lo = buf_bytes(&lo),
			    .hi = buf_bytes(&hi),
			    .shelf = r->shelf};
	if (store_scan(r->store, &scan, NULL, &cursor) == 0) {
		e = cursor_next(cursor, &row);
		cursor_close(cursor);
	}
	buf_release(&lo);
	buf_release(&hi);
	return e == 1;
}

static int read_shelf(struct who_run *r)
{
	const struct who_query *q = r->q;
	/* a list of names has short stretches, whoever is asked about */
	if (!q->client || (q->term_count && !r->plan.loose_count && !q->keys))
		return read_names(r);
	if (q->pseudonym.len)
		return read_clients(r, PSEUDONYM_LEN, q->pseudonym.at, q->pseudonym.at);
	int e = read_clients(r, q->clients.lo.len, q->clients.lo.at, q->clients.hi.at);
	if (e == 0 && q->keys)
		e = read_pseudonyms(r);
	else if (e == 0 && !r->about->pseudonyms)
		r->about->pseudonyms = has_pseudonyms(r);
	return e;
}

/* ---- all of them ---- */

static int note_shelf(const char *shelf, void *arg)
{
	struct who_run *r = arg;
	int32_t month = shelf_who_month(shelf);
	if (month == 0)
		return 0;
	r->about->kept = true;
	if (!fence_touches_month(&r->q->fence, month))
		return 0;
	char(*more)[SHELF_MAX] =
	    realloc(r->shelves, (r->shelf_count + 1) * sizeof(*more));
	if (more == NULL)
		return YORE_ENOMEM;
	r->shelves = more;
	memcpy(r->shelves[r->shelf_count++], shelf, strlen(shelf) + 1);
	return 0;
}

static int find_begin(struct who_run *r)
{
	struct who_about *a = r->about;
	int e = store_who_retention(r->store, &a->retention_s, r->fault);
	if (e < 0)
		return e;
	a->kept = e == 1;
	if (e == 1)
		r->since_s = store_who_since(a->retention_s, r->q->now_s);
	e = coverage_measure_who(r->store, &r->q->fence, r->since_s, r->fault,
				 &a->watched);
	if (e < 0)
		return e;
	a->begins_s = WHEN_UNKNOWN;
	if (a->watched.stretches.count)
		a->begins_s = a->watched.stretches.at[0].from_us / 1000000;
	return 0;
}

static bool is_erased(struct store *s, const struct who_query *q)
{
	struct query terms = QUERY_ALL;
	struct absent why;
	terms.terms = q->terms;
	terms.term_count = q->term_count;
	query_absent(s, &terms, &why, NULL);
	return why.why == ABSENCE_ERASED || (q->client && q->pseudonym.len == 0 &&
					     addrs_erased(s, &q->clients, NULL) == 1);
}

int who_ask(struct store *s, const struct who_query *q, who_fn each, void *arg,
	    struct who_about *ret, struct fault *f)
{
	struct fault own = {0};
	struct who_run r = {
	    .store = s, .q = q, .each = each, .arg = arg, .about = ret, .fault = &own};
	*ret = (struct who_about){.begins_s = WHEN_UNKNOWN};
	int e = find_begin(&r);
	if (e == 0)
		e = who_plan(q, &r.plan);
	if (e == 0)
		e = store_shelves(s, note_shelf, &r, &own);
	for (size_t i = 0; i < r.shelf_count && e == 0; i++) {
		r.shelf = r.shelves[i];
		r.month = shelf_who_month(r.shelf);
		r.marks = (struct who_marks){.store = s,
					     .shelf = r.shelf,
					     .most = q->forwarder ? q->forwarder
								  : WHO_FORWARDER,
					     .fault = &own};
		e = read_shelf(&r);
		who_marks_release(&r.marks);
	}
	if (e == 0 && ret->found == 0)
		ret->erased = is_erased(s, q);
	who_plan_release(&r.plan);
	free(r.shelves);
	if (e < 0 && own.code == 0)
		fault_set(&own, e, "who asked: %s", yore_strerror(e));
	if (e < 0 && f)
		*f = own;
	return e < 0 ? e : 0;
}

void who_about_release(struct who_about *a)
{
	coverage_release(&a->watched);
}
