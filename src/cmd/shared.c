/* yore shared: is an address many people's, and whose? */
#include <stdio.h>

#include "cmd/ask.h"
#include "cmd/database.h"
#include "cmd/edge_list.h"
#include "cmd/select.h"
#include "dns/psl.h"
#include "intel/inquiry.h"

struct shared_call_options {
	struct database_options database;
	struct time_options time;
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
	struct store *store;
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

static int inquire(struct sharing *s)
{
	const struct shared_call_options *o = s->in->values;
	struct fence f = {s->options.window.from_s, s->options.window.to_s};
	int status = database_open(s->in, &o->database, NULL, &s->store);
	if (status != STATUS_OK)
		return status;
	evidence_init(&s->evidence, s->store);
	int r = evidence_cover(&s->evidence, &f, &s->fault);
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
	int status = prepare(&s);
	if (status == STATUS_OK)
		status = inquire(&s);
	if (status == STATUS_OK)
		status = answer(&s);
	inquiry_release(&s.inquiry);
	evidence_release(&s.evidence);
	networks_release(&s.networks);
	iocs_release(&s.iocs);
	store_close(s.store);
	return status;
}

const struct command command_shared = {
    .name = "shared",
    .about = "is an address many people's? The domains there, and what follows",
    .usage = "[OPTION...] ADDRESS",
    .groups = groups,
    .values = sizeof(struct shared_call_options),
    .least = 1,
    .most = 1,
    .run = run,
};
