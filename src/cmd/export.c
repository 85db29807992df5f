/* yore export: everything, or what a selection names, for other programs. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/json.h"
#include "cmd/ask.h"
#include "cmd/database.h"
#include "cmd/kept_answers.h"
#include "exchange/share.h"
#include "record/source_name.h"
#include "remote/tlp.h"

struct export_options {
	struct database_options database;
	struct select_options select;
	struct time_options time;
	struct show_options show;
	const char *share;
	bool dry_run, answers;
};

/* ---- for others: only what a policy lets go ---- */

struct sharing {
	struct share_policy policy;
	uint64_t counts[SHARE_VERDICTS];
};

/* ---- what stays unless it is asked for by name ---- */

struct held_back {
	struct kept_answers kept;
	bool answers;					   /* --answers */
	bool (*then)(const struct result *row, void *arg); /* who decides the rest */
	void *arg;
	uint64_t answered, marked;
};

static bool may_go(const struct result *row, void *arg)
{
	struct held_back *h = arg;
	enum tlp tlp;
	if (kept_answers_has(&h->kept, row->set.source)) {
		bool strict =
		    tlp_of_source(source_name(row->set.source), &tlp) && tlp > TLP_AMBER;
		h->answered += !h->answers;
		h->marked += h->answers && strict;
		if (!h->answers || strict)
			return false;
	}
	return h->then == NULL || h->then(row, h->arg);
}

static void hold_back(struct asker *a, const struct export_options *o,
		      struct held_back *h)
{
	if (o->select.sources.count)
		return;
	kept_answers_load(a->store, &h->kept);
	if (h->kept.count == 0 && !h->kept.all)
		return;
	h->answers = o->answers;
	h->then = a->wanted;
	h->arg = a->wanted_arg;
	a->wanted = may_go;
	a->wanted_arg = h;
}

static void say_held(const struct invocation *in, const struct held_back *h)
{
	if (h->answered)
		command_say(in,
			    "%" PRIu64
			    " that providers answered stay: they tell what was "
			    "investigated (--answers, or --source NAME)",
			    h->answered);
	if (h->marked)
		command_say(in,
			    "%" PRIu64 " that their provider marked for fewer eyes stay "
			    "(--source NAME)",
			    h->marked);
}

static bool may_leave(const struct result *row, void *arg)
{
	struct sharing *s = arg;
	enum share_verdict v = share_judge(&s->policy, &row->set, &row->span);
	s->counts[v]++;
	return v == SHARE_GIVEN;
}

/* The first line says under which terms the rest is given. */
static void put_terms(struct buf *out, const struct share_policy *p)
{
	struct json j;
	json_init(&j, out);
	json_open(&j, '{');
	json_key(&j, "share");
	json_open(&j, '{');
	json_key(&j, "tlp");
	json_str(&j, p->terms.tlp[0] ? p->terms.tlp : "amber");
	json_key(&j, "licence");
	json_str(&j, p->terms.licence);
	json_close(&j, '}');
	json_close(&j, '}');
	buf_putc(out, '\n');
}

static void say_counts(const struct invocation *in, const struct sharing *s)
{
	for (int v = 0; v < SHARE_VERDICTS; v++)
		if (s->counts[v])
			command_say(in, "%" PRIu64 " %s", s->counts[v],
				    share_verdict_text((enum share_verdict)v));
}

/* Reads the policy and makes sure that nothing but records can leave. */
static int begin_sharing(struct invocation *in, struct sharing **ret)
{
	struct export_options *o = in->values;
	struct fault f = {0};
	if (o->share == NULL)
		return o->dry_run ? command_misused(in, "--dry-run goes with --share")
				  : STATUS_OK;
	if (o->show.format && !o->dry_run && strcmp(o->show.format, "cof") != 0)
		return command_misused(in,
				       "--share gives COF lines, which name its terms");
	if (o->select.negative || o->select.suspicious || o->show.sensors)
		return command_misused(in, "--share gives records, without sensors, and "
					   "nothing else");
	if (o->dry_run && o->show.format == NULL)
		o->show.format = "text";
	*ret = calloc(1, sizeof(**ret));
	if (*ret == NULL)
		return STATUS_FAILED;
	if (share_policy_read(o->share, &(*ret)->policy, &f) < 0)
		return command_failed(in, &f);
	if (!o->dry_run)
		put_terms(&in->out->buf, &(*ret)->policy);
	return STATUS_OK;
}

static int prepare(struct invocation *in, struct selection *s, struct show *show)
{
	struct export_options *o = in->values;
	struct fault f = {0};
	if (o->show.sort.count == 0 && !o->show.ascending && !o->show.descending) {
		static const char *none[] = {"none"};
		o->show.sort = (struct option_list){none, 1, 0};
	}
	if (o->show.format == NULL)
		o->show.format = "cof";
	int status = selection_init(in, &o->select, &o->time, s);
	for (size_t i = 0; i < in->argument_count && status == STATUS_OK; i++)
		if (selection_add(s, in->argument[i], &f) < 0)
			status = command_misused(in, "%s", f.text);
	if (status == STATUS_OK)
		status = show_apply(in, &o->show, &s->query);
	if (o->show.sort.room == 0)
		o->show.sort = (struct option_list){NULL, 0, 0};
	return status == STATUS_OK ? show_init(show, in, &o->show, &s->query) : status;
}

static int run(struct invocation *in)
{
	const struct export_options *o = in->values;
	struct selection s = {.query = QUERY_ALL};
	struct show show = {0};
	struct store *store = NULL;
	struct sharing *sharing = NULL;
	struct held_back held = {0};
	int status = begin_sharing(in, &sharing);
	if (status == STATUS_OK)
		status = prepare(in, &s, &show);
	progress_begin(o->show.quiet);
	if (status == STATUS_OK)
		status = database_open(in, &o->database, NULL, &store);
	if (status == STATUS_OK) {
		struct reply reply;
		struct asker a = {.in = in,
				  .store = store,
				  .show = &show,
				  .quiet = o->show.quiet,
				  .alone = true,
				  .empty_too = true,
				  .wanted = sharing ? may_leave : NULL,
				  .wanted_arg = sharing};
		hold_back(&a, o, &held);
		status = asker_names(&a, &o->show);
		if (status == STATUS_OK) {
			ask_say_fence(&a, &s.query);
			ask(&a, &s.query, "", &reply);
			status = reply.status;
		}
		if (!o->show.quiet)
			say_held(in, &held);
		if (sharing && (o->dry_run || !o->show.quiet))
			say_counts(in, sharing);
		asker_release(&a);
	}
	show_release(&show);
	selection_release(&s);
	store_close(store);
	free(sharing);
	return status;
}

#define AT(field) offsetof(struct export_options, field)

static const struct option_row sharing_rows[] = {
    {"share", 0, OPTION_TEXT, AT(share), "POLICY",
     "only what this file lets go to others, with its terms in the first line"},
    {"dry-run", 0, OPTION_FLAG, AT(dry_run), NULL,
     "with --share: show what would leave, and count what would stay and why"},
    {NULL},
};

static const struct option_row own_rows[] = {
    {"answers", 0, OPTION_FLAG, AT(answers), NULL,
     "also what providers answered and was kept (query --keep)"},
    {NULL},
};

static const struct option_group groups[] = {
    {NULL, own_rows, 0},
    {"Sharing", sharing_rows, 0},
    {"What", select_rows, AT(select)},
    {"When", time_rows, AT(time)},
    {"Output", show_rows, AT(show)},
    {"Database", database_rows, AT(database)},
    {NULL, NULL, 0},
};

const struct command command_export = {
    .name = "export",
    .about = "write the history, or a part of it, for other programs",
    .usage = "[OPTION...] [TERM...]",
    .manual =
	"Writes everything, or what TERMs and options select, in the order of storage, "
	"as COF lines unless a format is named. --view rr gives single records, "
	"--view month the rows of each month with the days seen.\n\n"
	"What is never exported unless asked for by name: negative answers, what was not "
	"believed, who asked, and what providers answered (--answers, --source NAME). "
	"Records that a provider marked TLP:AMBER+STRICT or TLP:RED have a source of "
	"their own, such as mnemonic.tlp-red, and go only when it is named.",
    .examples = "  yore export > history.ndjson\n"
		"      everything, sets as they were answered\n"
		"  yore export --view rr --csv '*.example.com' > example.csv\n"
		"      single records of a zone\n",
    .groups = groups,
    .values = sizeof(struct export_options),
    .most = SIZE_MAX,
    .run = run,
};
