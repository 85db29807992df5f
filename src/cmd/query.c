/* yore query: the history of names and addresses. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "cmd/ask.h"
#include "cmd/batch.h"
#include "cmd/database.h"
#include "cmd/query_batch.h"
#include "cmd/query_outside.h"
#include "cmd/query_who.h"
#include "cmd/said_by.h"

static int ask_once(struct query_call *c)
{
	struct reply reply;
	char about[256] = "";
	for (size_t i = 0; i < c->in->argument_count; i++) {
		size_t n = strlen(about);
		snprintf(about + n, sizeof(about) - n, "%s%s", i ? ", " : "",
			 c->in->argument[i]);
	}
	ask_say_fence(&c->asker, &c->selection.query);
	if (c->options->estimate)
		return ask_cost(&c->asker, &c->selection.query);
	ask_warn(&c->asker, &c->selection.query);
	ask(&c->asker, &c->selection.query, about, &reply);
	if (c->options->count && reply.status != STATUS_DATABASE)
		buf_printf(&c->in->out->buf, "%" PRIu64 "\n", reply.found);
	if (reply.found > 0 && !c->asker.quiet)
		said_by(c->in, c->asker.store, &c->selection.query);
	return reply.status;
}

static int add_terms(struct query_call *c)
{
	struct fault f = {0};
	for (size_t i = 0; i < c->in->argument_count; i++)
		if (selection_add(&c->selection, c->in->argument[i], &f) < 0)
			return command_misused(c->in, "%s", f.text);
	return STATUS_OK;
}

static int check_terms(const struct query_call *c)
{
	if (c->options->file && (c->selection.count || c->in->argument_count))
		return command_misused(c->in, "terms come from -f or from the command "
					      "line, not from both");
	if (!c->options->file && !c->selection.count && !c->in->argument_count &&
	    !c->options->who.client)
		return command_misused(c->in, "what is asked for? A name, *.zone, an "
					      "address, a prefix, /regex/ (yore export "
					      "gives everything)");
	return STATUS_OK;
}

/* Of one question, and of nothing else. */
static int check_counting(struct query_call *c)
{
	const struct query_options *o = c->options;
	if (!o->count && !o->estimate)
		return STATUS_OK;
	if (o->file || (o->count && o->estimate) || o->show.cursor)
		return command_misused(c->in,
				       "--count and --estimate are of one question: "
				       "not together, nor with -f or --cursor");
	memset(c->selection.query.sort, 0, sizeof(c->selection.query.sort));
	return STATUS_OK;
}

static void choose_follow(struct query_call *c)
{
	const struct query_options *o = c->options;
	c->selection.query.follow =
	    o->follow || (!o->no_follow && c->in->terminal.out && !o->file &&
			  !o->show.cursor && !o->count && !o->estimate);
	c->selection.query.follow_hops = (unsigned)o->hops;
}

static int prepare(struct query_call *c)
{
	const struct query_options *o = c->options;
	int status = selection_init(c->in, &o->select, &o->time, &c->selection);
	if (status == STATUS_OK)
		status = outside_without(c->in, &o->outside);
	if (status == STATUS_OK)
		status = query_who_check(c);
	if (status == STATUS_OK)
		status = check_terms(c);
	if (status == STATUS_OK && !o->file)
		status = add_terms(c);
	if (status == STATUS_OK)
		status = show_apply(c->in, &o->show, &c->selection.query);
	if (status == STATUS_OK)
		status = show_init(&c->show, c->in, &o->show, &c->selection.query);
	if (status == STATUS_OK)
		status = check_counting(c);
	if (status == STATUS_OK && o->show.cursor && (o->follow || o->file))
		status = command_misused(c->in, "--cursor pages through one question, "
						"without following aliases");
	if (status == STATUS_OK && o->hops > 64)
		status = command_misused(c->in, "--hops: at most 64");
	if (status == STATUS_OK)
		choose_follow(c);
	return status;
}

static int run(struct invocation *in)
{
	const struct query_options *o = in->values;
	struct query_call c = {.in = in, .options = o};
	struct store *store = NULL;
	int status = prepare(&c);
	progress_begin(o->show.quiet);
	bool done = false;
	if (status == STATUS_OK && outside_wanted(&o->outside))
		status = query_outside(&c, &store, &done);
	else if (status == STATUS_OK)
		status = database_open(in, &o->database, NULL, &store);
	if (status == STATUS_OK && o->who.on) {
		status = query_who(&c, store);
		done = true;
	}
	if (status == STATUS_OK && !done) {
		c.asker = (struct asker){.in = in,
					 .store = c.asked ? c.outside.store : store,
					 .show = &c.show,
					 .quiet = o->show.quiet,
					 .alone = !o->file,
					 .empty_too = !show_is_table(&c.show),
					 .count = o->count,
					 .coverage = o->coverage};
		status = asker_names(&c.asker, &o->show);
		if (status == STATUS_OK)
			status = o->file ? query_batch(&c) : ask_once(&c);
		asker_release(&c.asker);
		if (c.asked)
			status = outside_status(&c.outside, status);
	}
	if (c.asked)
		outside_release(&c.outside);
	show_release(&c.show);
	selection_release(&c.selection);
	store_close(store);
	return status;
}

#define AT(field) offsetof(struct query_options, field)

static const struct option_row rows[] = {
    {"follow", 0, OPTION_FLAG, AT(follow), NULL,
     "follow aliases (CNAME, DNAME, HTTPS, SVCB) in both directions; usual on a "
     "terminal"},
    {"no-follow", 0, OPTION_FLAG, AT(no_follow), NULL, "do not"},
    {"hops", 0, OPTION_NUMBER, AT(hops), "N", "follow at most N aliases (16)"},
    {"coverage", 0, OPTION_FLAG, AT(coverage), NULL,
     "say on stderr what was watched, also when something is found"},
    {"count", 0, OPTION_FLAG, AT(count), NULL,
     "print how many records there are instead of them"},
    {"estimate", 0, OPTION_FLAG, AT(estimate), NULL,
     "print about how much would have to be read, and ask nothing"},
    {"file", 'f', OPTION_TEXT, AT(file), "FILE",
     "ask every line of FILE (- for stdin): TERM [FROM [TO]]"},
    {"status", 0, OPTION_TEXT, AT(status), "FILE",
     "with -f: write what became of each line there instead of to stderr"},
    {NULL},
};

static const struct option_group groups[] = {
    {NULL, rows, 0},
    {"What", select_rows, AT(select)},
    {"When", time_rows, AT(time)},
    {"Output", show_rows, AT(show)},
    {"Who asked", query_who_rows, AT(who)},
    {"Others", outside_rows, AT(outside)},
    {"Database", database_rows, AT(database)},
    {NULL, NULL, 0},
};

const struct command command_query = {
    .name = "query",
    .about = "show the history of names and addresses",
    .usage = "[OPTION...] TERM...",
    .manual =
	"Shows what the history holds of each TERM: a name, *.zone, name.*, an address, "
	"a prefix or range, /regex/ or a glob. A name is asked by owner and an address "
	"by what records point at. Defanged input (hxxp://, [.]) is understood.\n\n"
	"Without --strict or --seen a record belongs to the time asked about when its "
	"first to last sighting touches it. Counts and times printed are of the whole "
	"record. Counts of records seen above a resolver are cache fills, not "
	"look-ups.\n\n"
	"A terminal gets a table with aliases followed, a pipe gets one JSON object a "
	"line. When nothing is found, stderr says what was watched, and the exit status "
	"tells 'not seen' (1) from 'not watched' (4).\n\n"
	"--with asks providers as well (yore providers lists them): what each says is "
	"shown beside the history under its own source, what became of each question "
	"is said on stderr, and what is missing makes the exit status 3. Names and "
	"addresses of your own never leave; --dry-run shows what would.\n\n"
	"--cursor start --limit N gives the first N records in the order of storage, and "
	"on stderr the cursor that the next page is asked with; it goes by key, so "
	"compaction, a restart or new data in between change nothing. --sort holds what "
	"it "
	"sorts in 64 MiB, with --limit N only the best N; what does not fit is given as "
	"stored, and said. --estimate tells beforehand about how much would be read.\n\n"
	"With -f each line of the file is asked on its own, and a line 'WHAT COUNT TERM' "
	"(parted by tabs) tells what became of it: found, none, unwatched, partly "
	"(watched in parts), incomplete, bad (no term) or failed.\n\n"
	"--who-asked asks which clients below the resolver asked for the TERMs, where "
	"import or sense --who-asked keeps that: client, name, type, first and last time "
	"in a day, count, outcome (NXDOMAIN and no-answer too) and the addresses handed "
	"out (an address as TERM: who was sent there). It wants a --reason, which is "
	"kept "
	"with the question in the database's who/audit. Answers say where the record "
	"begins. Clients with 5000 and more names in a day are marked as forwarders: "
	"others stand behind them.",
    .examples =
	"  yore query www.example.com\n"
	"      all that was ever seen of it, aliases followed\n"
	"  yore query 192.0.2.0/24 -t A --from 2015-07-01 --to 2015-07-31\n"
	"      which names pointed into the prefix that month\n"
	"  yore query '*.example.com' --seen --from -90d --json | jq .rdata\n"
	"      what was really seen of the zone in the last 90 days\n"
	"  yore query -f iocs.txt --csv > seen.csv\n"
	"      a whole list\n"
	"  yore query --who-asked -f iocs.txt --from -180d --reason 'case 12'\n"
	"      who asked for any of them, dead names included\n"
	"  yore query --who-asked --client 10.1.2.3 --on 2015-07-01 --reason ...\n"
	"      what one client asked for\n",
    .groups = groups,
    .values = sizeof(struct query_options),
    .most = SIZE_MAX,
    .run = run,
};
