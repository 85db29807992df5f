/* yore diff: what appeared, vanished and came back between two times. */
#include <stdio.h>

#include "cmd/ask.h"
#include "cmd/database.h"
#include "cmd/edge_list.h"
#include "cmd/select.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "query/coverage.h"
#include "query/run.h"

struct diff_call_options {
	struct database_options database;
	const char *between, *tz, *types;
	bool json;
};

#define AT(field) offsetof(struct diff_call_options, field)

static const struct option_row rows[] = {
    {"between", 0, OPTION_TEXT, AT(between), "TIME TIME",
     "two days, months or years, as two arguments or with .. between"},
    {"type", 't', OPTION_TEXT, AT(types), "TYPE", "only these types (all but DNSSEC's)"},
    {"tz", 0, OPTION_TEXT, AT(tz), "ZONE", "times without a zone are in this one"},
    {"json", 'j', OPTION_FLAG, AT(json), NULL, "one JSON object a line"},
    {NULL},
};

static const struct option_group groups[] = {
    {NULL, rows, 0},
    {"Database", database_rows, AT(database)},
    {NULL, NULL, 0},
};

struct differ {
	struct invocation *in;
	struct store *store;
	struct fence then, now;
	struct edge_list out;
	struct fault fault;
	const char *term;
	uint64_t same;
	bool absent; /* nothing can be said */
};

static bool was_there(const struct result *r, const struct fence *f)
{
	for (size_t i = 0; i < r->month_count; i++) {
		const struct month_seen *m = &r->months[i];
		struct span row = {
		    .first_s = m->first_s, .last_s = m->last_s, .days = m->days};
		if (fence_saw(f, m->month, &row))
			return true;
	}
	return r->month_count == 0 && fence_passes(f, r->span.first_s, r->span.last_s);
}

static const char *change_of(const struct differ *d, const struct result *r)
{
	bool then = was_there(r, &d->then), now = was_there(r, &d->now);
	if (then == now)
		return NULL;
	if (then)
		return "vanished";
	return r->span.first_s != WHEN_UNKNOWN && r->span.first_s < d->then.from_s
		   ? "came back"
		   : "appeared";
}

static void put_change(struct differ *d, const struct result *r)
{
	char first[WHEN_TEXT_MAX], last[WHEN_TEXT_MAX], type[TYPE_TEXT_MAX];
	struct reader rd = reader_of(r->set.rdata);
	struct bytes one;
	const char *change = change_of(d, r);
	struct buf name, text;
	if (change == NULL) {
		d->same += was_there(r, &d->now);
		return;
	}
	buf_init(&name, 4096);
	buf_init(&text, 1 << 20);
	name_put_chomped(&name, r->set.owner);
	type_text(r->set.type, type);
	while (rdataset_next(&rd, &one)) {
		buf_clear(&text);
		rdata_put(&text, r->set.type, one);
		const char *cells[] = {change,
				       buf_str(&name),
				       type,
				       buf_str(&text),
				       edge_time(&d->out, r->span.first_s, first),
				       edge_time(&d->out, r->span.last_s, last),
				       source_name(r->set.source)};
		edge_row(&d->out, cells);
	}
	buf_release(&name);
	buf_release(&text);
}

static int compare(struct differ *d)
{
	const struct diff_call_options *o = d->in->values;
	struct term t;
	struct query q = QUERY_ALL;
	struct answer *a;
	struct result r;
	uint16_t types[SELECT_TYPES_MAX];
	int e = term_parse(d->term, &d->fault, &t);
	if (e < 0)
		return e;
	q.terms = &t;
	q.term_count = 1;
	q.view = VIEW_RR;
	q.types = TYPES_ANY;
	if (o->types)
		e = query_types_parse(&q, o->types, types, SELECT_TYPES_MAX, &d->fault);
	if (e == 0)
		e = answer_open(d->store, &q, &d->fault, &a);
	if (e == 0) {
		while ((e = answer_next(a, &r)) == 1)
			put_change(d, &r);
		answer_close(a);
		if (d->out.rows == 0 && d->same == 0)
			d->absent = ask_absent(d->in, d->store, &q, d->term);
	}
	term_release(&t);
	return e;
}

/* D1 is the option, D2 the argument that follows it; or D1..D2 in one. */
static int take_times(struct invocation *in, struct differ *d)
{
	const struct diff_call_options *o = in->values;
	struct time_options t = {.tz = o->tz};
	char first[64];
	const char *second = NULL, *dots = o->between ? strstr(o->between, "..") : NULL;
	int64_t ignored;
	if (o->between == NULL)
		return command_misused(in, "--between TIME TIME is needed");
	snprintf(first, sizeof(first), "%.*s",
		 (int)(dots ? dots - o->between : (int)strlen(o->between)), o->between);
	if (dots) {
		second = dots + 2;
		d->term = in->argument_count == 1 ? in->argument[0] : NULL;
	} else if (in->argument_count == 2) {
		bool time_first =
		    when_parse(in->argument[0], in->now_s, 0, false, &ignored) == 0;
		second = in->argument[time_first ? 0 : 1];
		d->term = in->argument[time_first ? 1 : 0];
	}
	if (second == NULL || d->term == NULL)
		return command_misused(in, "one term and two times are needed");
	if (time_fence(&t, first, first, in->now_s, &d->fault, &d->then) < 0 ||
	    time_fence(&t, second, second, in->now_s, &d->fault, &d->now) < 0)
		return command_misused(in, "%s", d->fault.text);
	return STATUS_OK;
}

static bool say_coverage(struct differ *d, const struct fence *f)
{
	struct coverage c;
	struct buf text;
	bool whole = false;
	if (coverage_measure(d->store, f, &d->fault, &c) < 0)
		return false;
	buf_init(&text, 1 << 16);
	fence_put(&text, f);
	buf_puts(&text, ": ");
	coverage_put(&text, &c);
	command_say(d->in, "%s", buf_str(&text));
	whole = c.watched == WATCHED_WHOLLY;
	buf_release(&text);
	coverage_release(&c);
	return whole;
}

static int run(struct invocation *in)
{
	static const char *const names[] = {"change", "rrname", "rrtype", "rdata",
					    "first",  "last",	"source", NULL};
	static const unsigned widths[] = {9, 32, 6, 28, 10, 10, 0};
	const struct diff_call_options *o = in->values;
	struct differ d = {
	    .in = in,
	    .out = {.in = in, .names = names, .widths = widths, .json = o->json}};
	int status = take_times(in, &d);
	if (status == STATUS_OK)
		status = database_open(in, &o->database, NULL, &d.store);
	if (status != STATUS_OK)
		return status;
	bool whole = say_coverage(&d, &d.then);
	whole &= say_coverage(&d, &d.now);
	int r = compare(&d);
	store_close(d.store);
	if (r < 0)
		return command_failed(in, &d.fault);
	command_say(in, "%llu as before", (unsigned long long)d.same);
	if (d.out.rows)
		return STATUS_OK;
	return whole && !d.absent ? STATUS_NONE : STATUS_UNWATCHED;
}

const struct command command_diff = {
    .name = "diff",
    .about = "what appeared, vanished and came back between two times",
    .usage = "[OPTION...] TERM --between TIME TIME",
    .manual =
	"Compares what was seen in the first time (a day, month or year) with what was "
	"seen in the second: vanished was seen in the first only, appeared in the second "
	"only, came back in the second and before the first. What was watched in each is "
	"said, since not seen is not the same as not there.",
    .examples = "  yore diff '*.bad.example' --between 2015-06 2015-07",
    .groups = groups,
    .values = sizeof(struct diff_call_options),
    .least = 1,
    .most = 2,
    .run = run,
};
