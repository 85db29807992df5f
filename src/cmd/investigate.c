/* yore investigate: from a report and a window of time to the addresses that mattered. */
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/json_in.h"
#include "cmd/database.h"
#include "cmd/investigate_options.h"
#include "cmd/investigate_screen.h"
#include "cmd/investigate_who.h"
#include "cmd/outside_evidence.h"
#include "cmd/outside_history.h"
#include "cmd/select.h"
#include "cmd/site_conf.h"
#include "cmd/thresholds.h"
#include "intel/case.h"

#define OPTIONS_MOST 128
#define INPUT_MOST ((size_t)256 << 20)

struct work { /* everything one run holds */
	struct iocs iocs;
	struct networks networks;
	struct evidence evidence;
	struct investigation inquiry;
	struct inquiry_options options;
	struct store *store;
	struct outside outside;
	bool asked_outside;
	struct buf outside_names;
	char asked[1200];
	struct buf input;
	char report[256]; /* its name, without folders */
	int64_t now_s;
	char overrides[4096];
	char *canonical[OPTIONS_MOST + 1]; /* the options, for the manifest; owned */
	size_t canonical_count;
	char *rewriting[OPTIONS_MOST]; /* of the configuration; owned */
	size_t rewriting_count;
	const char *lists[OPTIONS_MOST + 1];
	size_t list_count;
	json_t *manifest; /* of a replay */
};

static int read_report(struct invocation *in, struct work *w, const char *path)
{
	struct investigate_options *o = in->values;
	const char *publishers[33] = {NULL};
	struct fault f = {0};
	for (size_t i = 0; i < o->publishers.count && i < 32; i++)
		publishers[i] = o->publishers.at[i];
	struct ioc_options io = {.publishers = publishers, .name = path};
	int r = iocs_read_file(&w->iocs, path, &io, &w->input, &f);
	return r < 0 ? command_failed(in, &f) : STATUS_OK;
}

/* [local] rewrite: it stands in the manifest like --rewriting. */
static int take_rewriting(const char *word, void *arg)
{
	struct work *w = arg;
	struct fault f;
	if (strncmp(word, "*.", 2) == 0)
		word += 2;
	int r = networks_add_rewriting(&w->networks, word, &f);
	if (r == 0 && w->rewriting_count < OPTIONS_MOST)
		w->rewriting[w->rewriting_count++] = strdup(word);
	return r;
}

static int load_networks(struct invocation *in, struct work *w)
{
	const struct investigate_options *o = in->values;
	struct fault f = {0};
	int r = networks_init(&w->networks, &f);
	for (size_t i = 0; i < o->rewriting.count && r == 0; i++)
		r = networks_add_rewriting(&w->networks, o->rewriting.at[i], &f);
	if (r == 0 && o->replay == NULL) {
		int status = site_conf_words(in, "rewrite", take_rewriting, w);
		if (status != STATUS_OK)
			return status;
	}
	for (size_t i = 0; i < o->networks.count && r == 0; i++) {
		const char *eq = strchr(o->networks.at[i], '=');
		char kind[32] = "";
		if (eq == NULL)
			return command_misused(in, "--network %s is not KIND=FILE",
					       o->networks.at[i]);
		if ((size_t)(eq - o->networks.at[i]) < sizeof(kind))
			memcpy(kind, o->networks.at[i], (size_t)(eq - o->networks.at[i]));
		r = networks_add_file(&w->networks, eq + 1, kind, &f);
	}
	for (size_t i = 0; i < o->warninglists.count && r == 0; i++)
		r = networks_add_warninglists(&w->networks, o->warninglists.at[i], &f);
	for (size_t i = 0; i < o->asn.count && r == 0; i++)
		r = networks_add_asn(&w->networks, o->asn.at[i], &f);
	return r < 0 ? command_failed(in, &f) : STATUS_OK;
}

static int take_options(struct invocation *in, struct work *w)
{
	const struct investigate_options *o = in->values;
	struct time_options t = {.tz = o->tz};
	struct fence fence;
	struct fault f = {0};
	if (o->from == NULL)
		return command_misused(in, "a window is needed: --from TIME, --to TIME");
	if (time_fence(&t, o->from, o->to ? o->to : "now", in->now_s, &f, &fence) < 0)
		return command_misused(in, "%s", f.text);
	struct inquiry_options *q = &w->options;
	q->window = (struct window){.from_s = fence.from_s, .to_s = fence.to_s};
	thresholds_take(&o->thresholds, q);
	for (size_t i = 0; i < o->wide.count && i + 1 < INQUIRY_WIDE_MAX; i++)
		q->wide[i] = o->wide.at[i];
	q->pivot = o->pivot;
	q->no_subdomains = o->no_subdomains;
	q->overrides = o->overrides;
	return STATUS_OK;
}

/* ---- the options as they stand in the manifest ---- */

static void keep_option(struct work *w, const char *name, const char *value)
{
	struct buf b;
	buf_init(&b, 1 << 16);
	buf_printf(&b, "--%s%s%s", name, value ? "=" : "", value ? value : "");
	if (w->canonical_count < OPTIONS_MOST)
		w->canonical[w->canonical_count++] = strdup(buf_str(&b));
	buf_release(&b);
}

static void keep_list(struct work *w, const char *name, const struct option_list *l,
		      bool files)
{
	for (size_t i = 0; i < l->count; i++) {
		const char *eq = strchr(l->at[i], '=');
		keep_option(w, name, l->at[i]);
		if (files && w->list_count < OPTIONS_MOST)
			w->lists[w->list_count++] = eq ? eq + 1 : l->at[i];
	}
}

static void keep_number(const char *name, int64_t v, void *arg)
{
	char text[32];
	snprintf(text, sizeof(text), "%lld", (long long)v);
	keep_option(arg, name, text);
}

static void keep_options(struct work *w, const struct investigate_options *o)
{
	char t[WHEN_TEXT_MAX];
	when_text(w->options.window.from_s, t);
	keep_option(w, "from", t);
	when_text(w->options.window.to_s, t);
	keep_option(w, "to", t);
	keep_list(w, "publisher", &o->publishers, false);
	keep_list(w, "wide", &o->wide, false);
	keep_list(w, "rewriting", &o->rewriting, false);
	for (size_t i = 0; i < w->rewriting_count; i++)
		keep_option(w, "rewriting", w->rewriting[i]);
	keep_list(w, "network", &o->networks, true);
	keep_list(w, "asn", &o->asn, true);
	keep_list(w, "warninglists", &o->warninglists, false);
	thresholds_keep(&o->thresholds, keep_number, w);
	if (o->pivot)
		keep_option(w, "pivot", NULL);
	if (o->no_subdomains)
		keep_option(w, "no-subdomains", NULL);
}

/* ---- a run, and a replay of one ---- */

/* The analyst's decisions: named, or those that lie in the case already. */
static const char *find_overrides(struct work *w, const char *named, const char *folder)
{
	if (named || folder == NULL)
		return named;
	snprintf(w->overrides, sizeof(w->overrides), "%s/overrides.csv", folder);
	return io_exists(w->overrides) ? w->overrides : NULL;
}

static const char *folder_of(const struct investigate_options *o)
{
	if (o->folder == NULL)
		return o->replay ? NULL : "case";
	return strcmp(o->folder, "none") == 0 ? NULL : o->folder;
}

/* Names and addresses that may be known elsewhere; what is internal is not even put to
 * those who decide what may leave. */
static int add_terms(struct work *w)
{
	int status = STATUS_OK;
	for (size_t i = 0; i < w->iocs.count && status == STATUS_OK; i++) {
		const struct ioc *o = w->iocs.at[i];
		struct term t = {.kind = TERM_ADDR, .range = o->range};
		if ((o->class != IOC_INDICATOR && o->class != IOC_CANDIDATE) ||
		    ioc_is_internal(o))
			continue;
		if (o->kind != IOC_ADDR) {
			if (term_of_name(name_bytes(&o->name), &t) < 0)
				continue;
			t.kind = o->kind == IOC_ZONE ? TERM_ZONE : TERM_NAME;
		}
		status = outside_add(&w->outside, &t, SIDE_DEFAULT);
		term_release(&t);
	}
	return status;
}

static int ask_outside(struct invocation *in, struct work *w)
{
	struct investigate_options *o = in->values;
	struct buf dir;
	buf_init(&dir, 16 << 10);
	if (o->outside.recurse == 0)
		o->outside.recurse = 1; /* who else is at the addresses that were found */
	int status = database_dir(in, &o->database, &dir);
	w->outside.narrow =
	    (struct outside_narrow){WHEN_UNKNOWN, WHEN_UNKNOWN, 0, .months = true};
	w->asked_outside = true;
	if (status == STATUS_OK)
		status = outside_open(in, &o->outside, true, buf_str(&dir), &w->outside);
	if (status == STATUS_OK)
		status = add_terms(w);
	if (status == STATUS_OK)
		status = outside_run(&w->outside, w->store);
	buf_release(&dir);
	return status;
}

static int ask_store(struct invocation *in, struct work *w)
{
	const struct investigate_options *o = in->values;
	struct fault f = {0};
	struct fence fence = {w->options.window.from_s, w->options.window.to_s};
	int status = outside_history(in, &o->outside, &o->database, &w->store);
	if (status == STATUS_OK && outside_wanted(&o->outside))
		status = ask_outside(in, w);
	if (status != STATUS_OK)
		return status;
	evidence_init(&w->evidence, w->asked_outside ? w->outside.store : w->store);
	int r = w->asked_outside
		    ? outside_evidence(&w->outside, &w->evidence, &w->outside_names)
		    : 0;
	if (r == 0)
		r = evidence_cover(&w->evidence, &fence, &f);
	return r < 0 ? command_failed(in, &f) : STATUS_OK;
}

static int load_evidence(struct invocation *in, struct work *w, const char *folder)
{
	char path[4096];
	struct buf text;
	struct fault f = {0};
	buf_init(&text, (size_t)1 << 30);
	snprintf(path, sizeof(path), "%s/evidence.ndjson", folder);
	evidence_init(&w->evidence, NULL);
	int r = io_read_file(path, (size_t)1 << 30, &text, &f);
	if (r == 0)
		r = evidence_load(&w->evidence, buf_bytes(&text), &f);
	buf_release(&text);
	return r < 0 ? command_failed(in, &f) : STATUS_OK;
}

static int investigate(struct invocation *in, struct work *w)
{
	const struct investigate_options *o = in->values;
	struct fault f = {0};
	w->options.overrides =
	    find_overrides(w, o->overrides, o->replay ? o->replay : folder_of(o));
	int r = inquiry_run(&w->inquiry, &w->iocs, &w->evidence, &w->networks,
			    &w->options, &f);
	return r < 0 ? command_failed(in, &f) : STATUS_OK;
}

static void say_differs(const char *path, void *arg)
{
	command_say(arg, "%s is not what the folder holds", path);
}

static int write_case(struct invocation *in, struct work *w)
{
	const struct investigate_options *o = in->values;
	const char *folder = folder_of(o);
	struct case_files files;
	struct fault f = {0};
	if (folder == NULL && o->replay == NULL)
		return STATUS_OK;
	struct case_about a = {.now_s = w->now_s,
			       .expiry_s = o->thresholds.expiry_s,
			       .report = w->report,
			       .input = buf_bytes(&w->input),
			       .options = (const char *const *)w->canonical,
			       .lists = w->lists,
			       .asked = w->asked};
	snprintf(w->asked, sizeof(w->asked), "the local store%s%s",
		 w->evidence.outside.names ? ", " : "",
		 w->evidence.outside.names ? w->evidence.outside.names : "");
	if (case_make(&w->inquiry, &a, &files, &f) < 0)
		return command_failed(in, &f);
	int status = STATUS_OK;
	if (folder && case_write(&files, folder, &f) < 0)
		status = command_failed(in, &f);
	if (o->replay) {
		size_t n = case_differs(&files, o->replay, say_differs, in);
		if (n == 0)
			command_say(in, "%s: %zu files, the same to the last byte",
				    o->replay, files.count);
		else
			status = STATUS_FAILED;
	}
	case_release(&files);
	return status;
}

/* A source that nobody knows proves nothing: a slip that would go unnoticed. */
static void look_for_wide(const struct invocation *in, const struct work *w)
{
	const struct investigate_options *o = in->values;
	for (size_t i = 0; i < o->wide.count; i++) {
		bool found = false;
		for (size_t k = 0; k < w->evidence.count && !found; k++) {
			const struct answered *a = w->evidence.at[k];
			for (size_t r = 0; r < a->count && !found; r++)
				found = strcmp(source_name(a->rows[r].source),
					       o->wide.at[i]) == 0;
		}
		if (!found)
			command_say(in,
				    "--wide %s: none of the records found is of that "
				    "source, so it proves no address dedicated",
				    o->wide.at[i]);
	}
}

static int show(struct invocation *in, struct work *w)
{
	const struct investigate_options *o = in->values;
	struct buf again;
	struct screen s = {.inquiry = &w->inquiry,
			   .report = w->report,
			   .folder = folder_of(o),
			   .colour = terminal_colour(&in->terminal, o->colour),
			   .defang = o->defang,
			   .width = in->terminal.width,
			   .height = in->terminal.out ? in->terminal.height : 0};
	int status = inquiry_status(&w->inquiry);
	if (o->why) {
		if (screen_why(&s, o->why, &in->out->buf) != 0)
			return status;
		command_say(in, "no line of this investigation is about %s", o->why);
		return STATUS_NONE;
	}
	look_for_wide(in, w);
	screen_put(&s, &in->out->buf);
	int asked = investigate_who(in, &o->who, &w->inquiry, w->store);
	status = asked > status ? asked : status;
	buf_init(&again, 1 << 20);
	investigate_again(in, (const char *const *)w->canonical, &again);
	s.again = o->replay ? NULL : buf_str(&again);
	screen_foot(&s, status, &in->out->buf);
	buf_release(&again);
	return status;
}

/* The options and the report's name come out of the case's own manifest. */
static int read_manifest(struct invocation *in, struct work *w)
{
	struct investigate_options *o = in->values;
	char path[4096], *argv[OPTIONS_MOST + 2];
	const char *folder = o->replay;
	struct buf text;
	struct fault f = {0};
	buf_init(&text, (size_t)64 << 20);
	snprintf(path, sizeof(path), "%s/manifest.json", folder);
	int r = io_read_file(path, (size_t)64 << 20, &text, &f);
	if (r == 0)
		r = json_in(buf_bytes(&text), 0, &f, &w->manifest);
	buf_release(&text);
	if (r < 0)
		return command_failed(in, &f);
	const char *report = json_in_str(w->manifest, "report");
	json_t *options = json_in_array(w->manifest, "options"), *one;
	size_t i;
	int argc = 1;
	argv[0] = in->name;
	json_array_foreach(options, i, one)
	{
		if (json_is_string(one) && argc <= OPTIONS_MOST)
			argv[argc++] = (char *)(uintptr_t)json_string_value(one);
	}
	argv[argc] = NULL;
	struct arguments ignored;
	if (report == NULL || json_in_i64_of(w->manifest, "made_s", &w->now_s) != 1 ||
	    options_parse(investigate_groups, argc, argv, o, &ignored, &f) < 0)
		return command_misused(in, "%s is no manifest of a case", path);
	snprintf(w->report, sizeof(w->report), "%s", report);
	return STATUS_OK;
}

/* Everything up to the indicators: from the report, or from a case. */
static int prepare(struct invocation *in, struct work *w)
{
	const struct investigate_options *o = in->values;
	char path[4096];
	if ((o->replay != NULL) == (in->argument_count != 0))
		return command_misused(in, o->replay
					       ? "--replay takes the case's own report"
					       : "a report is needed");
	if (o->replay) {
		int status = read_manifest(in, w);
		snprintf(path, sizeof(path), "%s/input", o->replay);
		if (status == STATUS_OK)
			status = take_options(in, w);
		return status != STATUS_OK ? status : read_report(in, w, path);
	}
	const char *slash = strrchr(in->argument[0], '/');
	snprintf(w->report, sizeof(w->report), "%s", slash ? slash + 1 : in->argument[0]);
	w->now_s = in->now_s;
	int status = o->indicators ? STATUS_OK : take_options(in, w);
	return status != STATUS_OK ? status : read_report(in, w, in->argument[0]);
}

/* What would leave the machine, and nothing else. */
static int dry_run(struct invocation *in, struct work *w)
{
	const struct investigate_options *o = in->values;
	int status = outside_history(in, &o->outside, &o->database, &w->store);
	return status == STATUS_OK ? ask_outside(in, w) : status;
}

static int go(struct invocation *in, struct work *w)
{
	const struct investigate_options *o = in->values;
	int status = load_networks(in, w);
	keep_options(w, o);
	if (status == STATUS_OK && o->outside.dry_run && outside_wanted(&o->outside))
		return dry_run(in, w);
	if (status == STATUS_OK)
		status = o->replay ? load_evidence(in, w, o->replay) : ask_store(in, w);
	if (status == STATUS_OK)
		status = investigate(in, w);
	if (status == STATUS_OK)
		status = write_case(in, w);
	return status == STATUS_OK ? show(in, w) : status;
}

static int run(struct invocation *in)
{
	const struct investigate_options *o = in->values;
	struct work w = {0};
	iocs_init(&w.iocs);
	buf_init(&w.input, INPUT_MOST);
	buf_init(&w.outside_names, 1 << 16);
	int status = investigate_who_check(in, &o->who, o->replay != NULL);
	if (status == STATUS_OK)
		status = prepare(in, &w);
	if (status == STATUS_OK && o->indicators)
		screen_indicators(&w.iocs, &in->out->buf);
	else if (status == STATUS_OK)
		status = go(in, &w);
	inquiry_release(&w.inquiry);
	evidence_release(&w.evidence);
	networks_release(&w.networks);
	iocs_release(&w.iocs);
	buf_release(&w.input);
	for (size_t i = 0; i < w.canonical_count; i++)
		free(w.canonical[i]);
	for (size_t i = 0; i < w.rewriting_count; i++)
		free(w.rewriting[i]);
	json_decref(w.manifest);
	buf_release(&w.outside_names);
	if (w.asked_outside)
		outside_release(&w.outside);
	store_close(w.store);
	return status;
}

const struct command command_investigate = {
    .name = "investigate",
    .about = "from a report and a window of time to the addresses that mattered",
    .usage = "[OPTION...] REPORT",
    .manual =
	"Reads a report of any kind (text, Markdown, AsciiDoc, CSV, mail, HTML, PDF, "
	"MISP, "
	"STIX 2, OpenIOC; - for stdin), finds its indicators, asks the history for each, "
	"and judges every address by two questions of their own: when (SEEN, CACHED, "
	"SPANS, UNWATCHED, BEFORE, AFTER) and whose (shared, dedicated, unknown; CDN, "
	"cloud, sinkhole, dormant, own rewriting).\n\n"
	"From both follows HUNT, REVIEW, SKIP or VICTIMS. Nothing is hidden: what is "
	"skipped is counted under its reason and listed in the case.",
    .groups = investigate_groups,
    .values = sizeof(struct investigate_options),
    .least = 0,
    .most = 1,
    .run = run,
};
