/* yore first-seen: names, registered domains or name servers that were new. */
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "cmd/database.h"
#include "cmd/edge_list.h"
#include "cmd/select.h"
#include "dns/psl.h"
#include "dns/type.h"
#include "query/coverage.h"
#include "query/run.h"
#include "store/erased.h"

enum what { WHAT_NAMES, WHAT_DOMAINS, WHAT_SERVERS };

struct first_call_options {
	struct database_options database;
	const char *since, *until, *tz;
	unsigned what; /* 1 + enum what */
	uint64_t limit;
	bool json;
};

#define AT(field) offsetof(struct first_call_options, field)

static const struct option_row rows[] = {
    {"since", 0, OPTION_TEXT, AT(since), "TIME", "new since then"},
    {"until", 0, OPTION_TEXT, AT(until), "TIME", "and until then (now)"},
    {"what", 0, OPTION_CHOICE, AT(what), "names|domains|servers",
     "names, registered domains, or name servers"},
    {"limit", 'l', OPTION_NUMBER, AT(limit), "N", "so many at most (100000)"},
    {"tz", 0, OPTION_TEXT, AT(tz), "ZONE", "times without a zone are in this one"},
    {"json", 'j', OPTION_FLAG, AT(json), NULL, "one JSON object a line"},
    {NULL},
};

static const struct option_group groups[] = {
    {NULL, rows, 0},
    {"Database", database_rows, AT(database)},
    {NULL, NULL, 0},
};

struct newcomer {
	struct name name;
	int64_t first_s, last_s;
};

struct finder {
	struct invocation *in;
	struct store *store;
	struct fence fence;
	enum what what;
	struct edge_list out;
	struct fault fault;
	struct newcomer *at; /* domains and servers: a set by hash */
	uint32_t *slots;
	size_t count, room, slot_count;
	uint64_t limit;
	bool cut;
};

static void put_one(struct finder *d, struct bytes name, int64_t first_s, int64_t last_s)
{
	char first[WHEN_TEXT_MAX], last[WHEN_TEXT_MAX];
	struct buf text;
	if (d->out.rows >= d->limit) {
		d->cut = true;
		return;
	}
	buf_init(&text, 4096);
	name_put_chomped(&text, name);
	const char *cells[] = {edge_time(&d->out, first_s, first),
			       edge_time(&d->out, last_s, last), buf_str(&text)};
	edge_row(&d->out, cells);
	buf_release(&text);
}

/* ---- a set of names with their first and last ---- */

static int grow(struct finder *d)
{
	size_t n = d->slot_count ? d->slot_count * 2 : 1024;
	struct newcomer *at = realloc(d->at, n / 2 * sizeof(*at));
	uint32_t *slots = calloc(n, sizeof(*slots));
	if (at)
		d->at = at;
	if (at == NULL || slots == NULL) {
		free(slots);
		return YORE_ENOMEM;
	}
	for (size_t i = 0; i < d->count; i++) {
		size_t k = hash_keyed(d->at[i].name.wire, d->at[i].name.len) & (n - 1);
		while (slots[k])
			k = (k + 1) & (n - 1);
		slots[k] = (uint32_t)i + 1;
	}
	free(d->slots);
	d->slots = slots;
	d->slot_count = n;
	d->room = n / 2;
	return 0;
}

static int note(struct finder *d, struct bytes name, int64_t first_s, int64_t last_s)
{
	int r = d->count == d->room ? grow(d) : 0;
	if (r < 0)
		return r;
	size_t k = hash_keyed(name.at, name.len) & (d->slot_count - 1);
	while (d->slots[k] &&
	       !bytes_equal(name_bytes(&d->at[d->slots[k] - 1].name), name))
		k = (k + 1) & (d->slot_count - 1);
	if (d->slots[k] == 0) {
		struct newcomer *n = &d->at[d->count++];
		*n = (struct newcomer){.first_s = first_s, .last_s = last_s};
		n->name.len = (uint8_t)name.len;
		memcpy(n->name.wire, name.at, name.len);
		d->slots[k] = (uint32_t)d->count;
		return 0;
	}
	struct newcomer *n = &d->at[d->slots[k] - 1];
	n->first_s = first_s < n->first_s ? first_s : n->first_s;
	n->last_s = last_s > n->last_s ? last_s : n->last_s;
	return 0;
}

static int by_first(const void *a, const void *b)
{
	const struct newcomer *x = a, *y = b;
	if (x->first_s != y->first_s)
		return x->first_s < y->first_s ? -1 : 1;
	return name_compare(name_bytes(&x->name), name_bytes(&y->name));
}

static void put_set(struct finder *d)
{
	if (d->count)
		qsort(d->at, d->count, sizeof(*d->at), by_first);
	for (size_t i = 0; i < d->count; i++)
		if (fence_has(&d->fence, d->at[i].first_s))
			put_one(d, name_bytes(&d->at[i].name), d->at[i].first_s,
				d->at[i].last_s);
}

/* ---- names and domains: the table of names; servers: all NS records ---- */

static int take_name(struct finder *d, struct bytes name, int64_t first_s, int64_t last_s)
{
	if (first_s == WHEN_UNKNOWN)
		return 0;
	if (d->what == WHAT_NAMES) /* few are new: only they are kept */
		return fence_has(&d->fence, first_s) ? note(d, name, first_s, last_s) : 0;
	struct bytes domain = psl_registered(name);
	return domain.len ? note(d, domain, first_s, last_s) : 0;
}

static int scan_names(struct finder *d)
{
	static const uint8_t table = TABLE_NAME;
	struct scan scan = {
	    .table = TABLE_NAME, .lo = BYTES(&table, 1), .intervals = true};
	struct cursor *c;
	struct store_row row;
	struct name held = {0};
	int64_t first = WHEN_UNKNOWN, last = WHEN_UNKNOWN;
	int r = store_scan(d->store, &scan, &d->fault, &c);
	if (r < 0)
		return r;
	while ((r = cursor_next(c, &row)) != 0) {
		struct bytes name;
		if (r == YORE_ECORRUPT)
			continue;
		if (r < 0 || key_name_read(row.base, &name) < 0)
			break;
		if (!bytes_equal(name,
				 name_bytes(&held))) { /* years of one name in a row */
			if (held.len &&
			    (r = take_name(d, name_bytes(&held), first, last)) < 0)
				break;
			held.len = (uint8_t)name.len;
			memcpy(held.wire, name.at, name.len);
			first = last = WHEN_UNKNOWN;
		}
		if (row.span.first_s != WHEN_UNKNOWN &&
		    (first == WHEN_UNKNOWN || row.span.first_s < first))
			first = row.span.first_s;
		if (row.span.last_s > last)
			last = row.span.last_s;
	}
	if (r == 0 && held.len)
		r = take_name(d, name_bytes(&held), first, last);
	cursor_close(c);
	return r;
}

static int scan_servers(struct finder *d)
{
	struct query q = QUERY_ALL;
	struct answer *a;
	struct result res;
	uint16_t type = TYPE_NS;
	q.types = TYPES_LISTED;
	q.type = &type;
	q.type_count = 1;
	q.view = VIEW_RR;
	int r = answer_open(d->store, &q, &d->fault, &a);
	if (r < 0)
		return r;
	while ((r = answer_next(a, &res)) == 1) {
		struct reader rd = reader_of(res.set.rdata);
		struct bytes one;
		while (r >= 0 && res.span.first_s != WHEN_UNKNOWN &&
		       rdataset_next(&rd, &one))
			r = note(d, one, res.span.first_s, res.span.last_s);
		if (r < 0)
			break;
	}
	answer_close(a);
	return r;
}

/* What is new at the beginning is only new to this history. */
static void say_begin(struct finder *d)
{
	struct coverage c;
	struct fence all = FENCE_OPEN;
	char text[WHEN_TEXT_MAX];
	if (coverage_measure(d->store, &all, &d->fault, &c) < 0)
		return;
	if (c.stretches.count) {
		int64_t begin = c.stretches.at[0].from_us / 1000000;
		when_text(begin, text);
		command_say(d->in, "the history begins on %s%s", text,
			    d->fence.from_s - begin < 30 * 86400
				? ": what is said to be new may only be new to it"
				: "");
	} else {
		command_say(d->in, "nobody watched: only what others stated is known");
	}
	coverage_release(&c);
}

/* Of all names nobody can say which; but a list that lacks some must not look whole. */
static void say_erased(struct finder *d)
{
	struct erased list;
	if (store_erased(d->store, &list, NULL) == 0 && list.count)
		command_say(d->in, "what was erased from this history is not among them");
	erased_release(&list);
}

static int run(struct invocation *in)
{
	static const char *const names[] = {"first", "last", "name", NULL};
	static const unsigned widths[] = {10, 10, 0};
	const struct first_call_options *o = in->values;
	struct time_options t = {.tz = o->tz};
	struct finder d = {
	    .in = in,
	    .what = o->what ? (enum what)(o->what - 1) : WHAT_NAMES,
	    .limit = o->limit ? o->limit : 100000,
	    .out = {.in = in, .names = names, .widths = widths, .json = o->json}};
	if (o->since == NULL)
		return command_misused(in, "--since TIME is needed");
	if (time_fence(&t, o->since, o->until, in->now_s, &d.fault, &d.fence) < 0)
		return command_misused(in, "%s", d.fault.text);
	int status = database_open(in, &o->database, NULL, &d.store);
	if (status != STATUS_OK)
		return status;
	say_begin(&d);
	say_erased(&d);
	int r = d.what == WHAT_SERVERS ? scan_servers(&d) : scan_names(&d);
	if (r == 0)
		put_set(&d);
	store_close(d.store);
	free(d.at);
	free(d.slots);
	if (r < 0)
		return command_failed(in, &d.fault);
	if (d.cut)
		command_say(in, "cut short at the limit; --limit gives more");
	return d.cut ? STATUS_INCOMPLETE : d.out.rows ? STATUS_OK : STATUS_NONE;
}

const struct command command_first_seen = {
    .name = "first-seen",
    .about = "names, registered domains or name servers that were new",
    .usage = "[OPTION...] --since TIME",
    .manual = "Exact, from the history itself: the first time it ever saw them. It says "
	      "where the history begins, since all of it was new then.",
    .examples = "  yore first-seen --since -7d --what domains",
    .groups = groups,
    .values = sizeof(struct first_call_options),
    .least = 0,
    .most = 0,
    .run = run,
};
