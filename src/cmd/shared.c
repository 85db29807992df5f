/* yore shared: is an address many people's, and whose? */
#include <stdio.h>

#include "cmd/ask.h"
#include "cmd/database.h"
#include "cmd/edge_list.h"
#include "cmd/outside_evidence.h"
#include "cmd/outside_history.h"
#include "cmd/select.h"
#include "dns/psl.h"
#include "intel/inquiry.h"

struct shared_call_options {
	struct database_options database;
	struct time_options time;
	struct outside_options outside;
	struct option_list wide, asn;
	bool json;
};

#define AT(field) offsetof(struct shared_call_options, field)

static const struct option_row rows[] = {
    {"wide", 0, OPTION_LIST, AT(wide), "SOURCE",
     "this source sees far and answers whole"},
    {"asn", 0, OPTION_LIST, AT(asn), "FILE",
     "a dated table of networks: .mmdb, or CSV of start,end,number,name"},
    {"json", 'j', OPTION_FLAG, AT(json), NULL, "one JSON object a line"},
    {NULL},
};

static const struct option_group groups[] = {
    {NULL, rows, 0},
    {"When", time_rows, AT(time)},
    {"Others", outside_rows, AT(outside)},
    {"Database", database_rows, AT(database)},
    {NULL, NULL, 0},
};

struct sharing {
	struct invocation *in;
	struct iocs iocs;
	struct networks networks;
	struct evidence evidence;
	struct investigation inquiry;
	struct inquiry_options options;
	struct store *store; /* with what others said, if they were asked */
	struct store *own;
	struct outside outside;
	struct buf outside_names;
	bool asked_outside;
	struct edge_list out;
	struct fault fault;
};

static int prepare(struct sharing *s)
{
	const struct shared_call_options *o = s->in->values;
	struct ioc_options io = {0};
	struct fence f;
	if (time_fence(&o->time, o->time.from, o->time.to, s->in->now_s, &s->fault, &f) <
	    0)
		return command_misused(s->in, "%s", s->fault.text);
	s->options.window.from_s = f.from_s == WHEN_UNKNOWN ? 0 : f.from_s;
	s->options.window.to_s = f.to_s == WHEN_UNKNOWN ? s->in->now_s : f.to_s;
	for (size_t i = 0; i < o->wide.count && i + 1 < INQUIRY_WIDE_MAX; i++)
		s->options.wide[i] = o->wide.at[i];
	int r = iocs_read(&s->iocs, BYTES_STR(s->in->argument[0]), &io, &s->fault);
	if (r < 0 || s->iocs.count != 1 || s->iocs.at[0]->kind != IOC_ADDR)
		return command_misused(s->in, "one address or prefix is needed");
	s->iocs.at[0]->class = IOC_INDICATOR;
	r = networks_init(&s->networks, &s->fault);
	for (size_t i = 0; i < o->asn.count && r == 0; i++)
		r = networks_add_asn(&s->networks, o->asn.at[i], &s->fault);
	return r < 0 ? command_failed(s->in, &s->fault) : STATUS_OK;
}

static int open_stores(struct sharing *s)
{
	const struct shared_call_options *o = s->in->values;
	struct term t = {.kind = TERM_ADDR, .range = s->iocs.at[0]->range};
	int status = outside_without(s->in, &o->outside);
	if (status != STATUS_OK)
		return status;
	if (!outside_wanted(&o->outside)) {
		status = database_open(s->in, &o->database, NULL, &s->own);
		s->store = s->own;
		return status;
	}
	s->asked_outside = true;
	status = outside_begin(&s->outside, s->in, &o->outside, &o->database, NULL, true,
			       &s->own);
	if (status == STATUS_OK)
		status = outside_add(&s->outside, &t, SIDE_RDATA);
	if (status == STATUS_OK)
		status = outside_run(&s->outside, s->own);
	s->store = s->outside.store;
	return status;
}

static int inquire(struct sharing *s)
{
	struct fence f = {s->options.window.from_s, s->options.window.to_s};
	evidence_init(&s->evidence, s->store);
	int r = s->asked_outside
		    ? outside_evidence(&s->outside, &s->evidence, &s->outside_names)
		    : 0;
	if (r == 0)
		r = evidence_cover(&s->evidence, &f, &s->fault);
	if (r == 0)
		r = inquiry_run(&s->inquiry, &s->iocs, &s->evidence, &s->networks,
				&s->options, &s->fault);
	return r < 0 ? command_failed(s->in, &s->fault) : STATUS_OK;
}

static void put_neighbours(struct sharing *s, const struct answered *a)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct row *r = &a->rows[i];
		char first[WHEN_TEXT_MAX], last[WHEN_TEXT_MAX];
		struct bytes d = psl_registered(r->owner);
		struct buf name, domain;
		buf_init(&name, 4096);
		buf_init(&domain, 4096);
		name_put_chomped(&name, r->owner);
		if (d.len)
			name_put_chomped(&domain, d);
		const char *cells[] = {buf_str(&domain),
				       edge_time(&s->out, r->span.first_s, first),
				       edge_time(&s->out, r->span.last_s, last),
				       source_name(r->source), buf_str(&name)};
		edge_row(&s->out, cells);
		buf_release(&name);
		buf_release(&domain);
	}
}

/* Nobody else is there: but was it erased? */
static bool is_absent(struct sharing *s)
{
	struct query q = QUERY_ALL;
	struct term t;
	if (term_parse(s->in->argument[0], NULL, &t) < 0)
		return false;
	q.terms = &t;
	q.term_count = 1;
	bool absent = ask_absent(s->in, s->store, &q, s->in->argument[0]);
	term_release(&t);
	return absent;
}

static int answer(struct sharing *s)
{
	const struct line *l = s->inquiry.line_count ? s->inquiry.lines[0] : NULL;
	if (l == NULL)
		return STATUS_NONE;
	command_say(s->in, "%s is %s%s%s: %s", s->in->argument[0],
		    ownership_name(l->whose.ownership),
		    l->whose.special != SPECIAL_NONE ? ", " : "",
		    special_name(l->whose.special), l->whose.evidence);
	for (size_t i = 0; i < s->evidence.count; i++)
		if (strncmp(s->evidence.at[i]->question, "neighbours ", 11) == 0)
			put_neighbours(s, s->evidence.at[i]);
	if (s->out.rows)
		return STATUS_OK;
	if (is_absent(s))
		return STATUS_UNWATCHED;
	return s->evidence.watched == 10000 ? STATUS_NONE : STATUS_UNWATCHED;
}

static int run(struct invocation *in)
{
	static const char *const names[] = {"domain", "first", "last",
					    "source", "name",  NULL};
	static const unsigned widths[] = {32, 10, 10, 10, 0};
	const struct shared_call_options *o = in->values;
	struct sharing s = {
	    .in = in,
	    .out = {.in = in, .names = names, .widths = widths, .json = o->json}};
	iocs_init(&s.iocs);
	buf_init(&s.outside_names, 1 << 16);
	int status = prepare(&s);
	if (status == STATUS_OK)
		status = open_stores(&s);
	if (status == STATUS_OK && !o->outside.dry_run) {
		status = inquire(&s);
		if (status == STATUS_OK)
			status = answer(&s);
		if (s.asked_outside)
			status = outside_status(&s.outside, status);
	}
	inquiry_release(&s.inquiry);
	evidence_release(&s.evidence);
	networks_release(&s.networks);
	iocs_release(&s.iocs);
	buf_release(&s.outside_names);
	if (s.asked_outside)
		outside_release(&s.outside);
	store_close(s.own);
	return status;
}

const struct command command_shared = {
    .name = "shared",
    .about = "is an address many people's? The domains there, and what follows",
    .usage = "[OPTION...] ADDRESS",
    .manual =
	"Many unrelated domains at an address make it shared, whoever saw them; that it "
	"is "
	"dedicated only a source can say that sees far and answered whole: a data set in "
	"the history that is named with --wide, or a provider that is asked with --with.",
    .examples = "  yore shared 192.0.2.10 --with circl\n"
		"      what is known here and there of who else is at the address",
    .groups = groups,
    .values = sizeof(struct shared_call_options),
    .least = 1,
    .most = 1,
    .run = run,
};
