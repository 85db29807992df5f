/* yore investigate: from a report and a window of time to the addresses that mattered. */
#include "cmd/database.h"
#include "cmd/investigate_screen.h"
#include "cmd/select.h"

struct investigate_options {
	struct database_options database;
	const char *from, *to, *tz;
	struct option_list publishers, wide, rewriting, networks, asn, warninglists;
	const char *why, *overrides, *folder;
	uint64_t shared_at, dedicated_most;
	int64_t young_s, max_ttl_s, probe_s;
	bool indicators, pivot, no_subdomains, defang;
	unsigned colour;
};

#define AT(field) offsetof(struct investigate_options, field)

static const struct option_row window_rows[] = {
    {"from", 0, OPTION_TEXT, AT(from), "TIME", "the incident began"},
    {"to", 0, OPTION_TEXT, AT(to), "TIME",
     "and ended; a day, month or year means its end (now when not given)"},
    {"tz", 0, OPTION_TEXT, AT(tz), "ZONE", "times without a zone are in this one"},
    {"max-ttl", 0, OPTION_SPAN, AT(max_ttl_s), "SPAN",
     "a cache hides activity for the TTL, at most so long (7d)"},
    {"probe", 0, OPTION_SPAN, AT(probe_s), "SPAN",
     "an appearance before the main activity is a probe up to this length (3d)"},
    {NULL},
};

static const struct option_row whose_rows[] = {
    {"wide", 0, OPTION_LIST, AT(wide), "SOURCE",
     "this source sees far and answers whole: only then is an address dedicated"},
    {"shared-at", 0, OPTION_NUMBER, AT(shared_at), "N",
     "so many unrelated registered domains make an address shared (10)"},
    {"dedicated-at", 0, OPTION_NUMBER, AT(dedicated_most), "N",
     "at most so many on a dedicated one (2)"},
    {"young", 0, OPTION_SPAN, AT(young_s), "SPAN",
     "a domain is young for so long; many young ones are a farm (90d)"},
    {"rewriting", 0, OPTION_LIST, AT(rewriting), "ADDRESS",
     "what our own resolver answers instead: an address, a prefix or a name"},
    {"network", 0, OPTION_LIST, AT(networks), "KIND=FILE",
     "more prefixes: cdn, cloud, sinkhole, parking or resolvers"},
    {"asn", 0, OPTION_LIST, AT(asn), "FILE",
     "a dated table of networks: .mmdb, or CSV of start,end,number,name"},
    {"warninglists", 0, OPTION_LIST, AT(warninglists), "DIR", "MISP warninglists"},
    {NULL},
};

static const struct option_row own_rows[] = {
    {"publisher", 0, OPTION_LIST, AT(publishers), "ZONE",
     "the report's publisher: its hosts are references"},
    {"indicators", 0, OPTION_FLAG, AT(indicators), NULL,
     "only list what was found in the report, with class, lines and reason"},
    {"why", 0, OPTION_TEXT, AT(why), "NAME|ADDRESS",
     "explain the verdicts about this one in full"},
    {"pivot", 0, OPTION_FLAG, AT(pivot), NULL,
     "also the other names at hunted addresses, one step further"},
    {"no-subdomains", 0, OPTION_FLAG, AT(no_subdomains), NULL,
     "leave the other names of a registered domain alone"},
    {"overrides", 0, OPTION_TEXT, AT(overrides), "FILE",
     "decisions of your own: CSV of name,address,verdict,who (the case's overrides.csv)"},
    {"colour", 0, OPTION_CHOICE, AT(colour), "auto|never|always", "colours on stdout"},
    {"defang", 0, OPTION_FLAG, AT(defang), NULL, "write names as example[.]com"},
    {NULL},
};

static const struct option_group groups[] = {
    {NULL, own_rows, 0},      {"When", window_rows, 0},
    {"Whose", whose_rows, 0}, {"Database", database_rows, AT(database)},
    {NULL, NULL, 0},
};

struct work { /* everything one run holds */
	struct iocs iocs;
	struct networks networks;
	struct evidence evidence;
	struct inquiry inquiry;
	struct inquiry_options options;
	struct store *store;
};

static int read_report(struct invocation *in, struct work *w)
{
	struct investigate_options *o = in->values;
	const char *publishers[33] = {NULL};
	struct fault f = {0};
	for (size_t i = 0; i < o->publishers.count && i < 32; i++)
		publishers[i] = o->publishers.at[i];
	struct ioc_options io = {.publishers = publishers, .name = in->argument[0]};
	int r = iocs_read_file(&w->iocs, in->argument[0], &io, &f);
	return r < 0 ? command_failed(in, &f) : STATUS_OK;
}

static int load_networks(struct invocation *in, struct work *w)
{
	const struct investigate_options *o = in->values;
	struct fault f = {0};
	int r = networks_init(&w->networks, &f);
	for (size_t i = 0; i < o->rewriting.count && r == 0; i++)
		r = networks_add_rewriting(&w->networks, o->rewriting.at[i], &f);
	for (size_t i = 0; i < o->networks.count && r == 0; i++) {
		const char *eq = strchr(o->networks.at[i], '=');
		char kind[32] = "";
		if (eq && (size_t)(eq - o->networks.at[i]) < sizeof(kind))
			memcpy(kind, o->networks.at[i], (size_t)(eq - o->networks.at[i]));
		r = networks_add_file(&w->networks, eq ? eq + 1 : "", kind, &f);
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
	q->window = (struct window){
	    .from_s = fence.from_s, .to_s = fence.to_s, .max_ttl_s = o->max_ttl_s};
	q->whose = (struct whose_options){(unsigned)o->shared_at,
					  (unsigned)o->dedicated_most, o->young_s, 0};
	for (size_t i = 0; i < o->wide.count && i + 1 < INQUIRY_WIDE_MAX; i++)
		q->wide[i] = o->wide.at[i];
	q->probe_s = o->probe_s;
	q->pivot = o->pivot;
	q->no_subdomains = o->no_subdomains;
	q->overrides = o->overrides;
	return STATUS_OK;
}

static int investigate(struct invocation *in, struct work *w)
{
	const struct investigate_options *o = in->values;
	struct fault f = {0};
	struct fence fence = {w->options.window.from_s, w->options.window.to_s};
	int status = database_open(in, &o->database, NULL, &w->store);
	if (status != STATUS_OK)
		return status;
	evidence_init(&w->evidence, w->store);
	int r = evidence_cover(&w->evidence, &fence, &f);
	if (r == 0)
		r = inquiry_run(&w->inquiry, &w->iocs, &w->evidence, &w->networks,
				&w->options, &f);
	return r < 0 ? command_failed(in, &f) : STATUS_OK;
}

static int show(struct invocation *in, struct work *w)
{
	const struct investigate_options *o = in->values;
	struct screen s = {.inquiry = &w->inquiry,
			   .report = in->argument[0],
			   .colour = terminal_colour(&in->terminal, o->colour),
			   .defang = o->defang,
			   .width = in->terminal.width};
	if (o->why == NULL) {
		screen_put(&s, &in->out->buf);
	} else if (screen_why(&s, o->why, &in->out->buf) == 0) {
		command_say(in, "no line of this investigation is about %s", o->why);
		return STATUS_NONE;
	}
	return inquiry_status(&w->inquiry);
}

static int run(struct invocation *in)
{
	const struct investigate_options *o = in->values;
	struct work w = {0};
	iocs_init(&w.iocs);
	int status = o->indicators ? STATUS_OK : take_options(in, &w);
	if (status == STATUS_OK)
		status = read_report(in, &w);
	if (status == STATUS_OK && o->indicators) {
		screen_indicators(&w.iocs, &in->out->buf);
	} else if (status == STATUS_OK) {
		status = load_networks(in, &w);
		if (status == STATUS_OK)
			status = investigate(in, &w);
		if (status == STATUS_OK)
			status = show(in, &w);
	}
	inquiry_release(&w.inquiry);
	evidence_release(&w.evidence);
	networks_release(&w.networks);
	iocs_release(&w.iocs);
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
    .groups = groups,
    .values = sizeof(struct investigate_options),
    .least = 1,
    .most = 1,
    .run = run,
};
