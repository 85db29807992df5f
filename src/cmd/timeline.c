/* yore timeline: when each record was really seen, as bars on one axis. */
#include "cmd/ask.h"
#include "cmd/outside_history.h"

struct timeline_options {
	struct database_options database;
	struct select_options select;
	struct time_options time;
	struct outside_options outside;
	bool follow, quiet;
	unsigned colour, view, by;
	uint64_t limit;
};

static int prepare(struct invocation *in, struct selection *s, struct show *show)
{
	const struct timeline_options *o = in->values;
	static const char *keys[] = {"name", "type", "first"};
	struct show_options so = {.format = "timeline",
				  .sort = {keys, 3, 3},
				  .view = o->view ? o->view : VIEW_RR,
				  .limit = o->limit,
				  .colour = o->colour};
	struct fault f = {0};
	int status = selection_init(in, &o->select, &o->time, s);
	if (status == STATUS_OK)
		status = outside_without(in, &o->outside);
	for (size_t i = 0; i < in->argument_count && status == STATUS_OK; i++)
		if (selection_add(s, in->argument[i], &f) < 0)
			status = command_misused(in, "%s", f.text);
	if (status == STATUS_OK && s->count == 0)
		status = command_misused(in, "a timeline of what? Give a name or an "
					     "address");
	if (status == STATUS_OK)
		status = show_apply(in, &so, &s->query);
	s->query.follow = o->follow;
	if (status == STATUS_OK)
		status = show_init(show, in, &so, &s->query);
	show->options.group = o->by ? o->by - 1 : TIMELINE_RECORD;
	return status;
}

/* Others are asked first. *done: there is nothing left to do (--dry-run). */
static int ask_others(struct invocation *in, struct selection *s, struct outside *w,
		      struct store **store, bool *done)
{
	const struct timeline_options *o = in->values;
	w->narrow.months = true; /* or bars without gaps */
	int status =
	    outside_begin(w, in, &o->outside, &o->database, &s->query, o->quiet, store);
	if (status == STATUS_OK)
		status = outside_add_selected(w, &s->query);
	if (status == STATUS_OK)
		status = outside_run(w, *store);
	if (status == STATUS_OK)
		status = outside_add_found(w, s);
	*done = o->outside.dry_run;
	return status;
}

static int draw(struct invocation *in, struct selection *s, struct show *show,
		struct store *store)
{
	const struct timeline_options *o = in->values;
	struct reply reply;
	struct asker a = {
	    .in = in, .store = store, .show = show, .quiet = o->quiet, .alone = true};
	ask_say_fence(&a, &s->query);
	ask(&a, &s->query, in->argument_count == 1 ? in->argument[0] : "", &reply);
	asker_release(&a);
	return reply.status;
}

static int run(struct invocation *in)
{
	const struct timeline_options *o = in->values;
	struct selection s = {.query = QUERY_ALL};
	struct show show = {0};
	struct store *store = NULL;
	struct outside w = {0};
	bool done = false, outside = outside_wanted(&o->outside);
	int status = prepare(in, &s, &show);
	progress_begin(o->quiet);
	bool prepared = status == STATUS_OK;
	if (prepared)
		status = outside ? ask_others(in, &s, &w, &store, &done)
				 : database_open(in, &o->database, NULL, &store);
	if (status == STATUS_OK && !done)
		status = draw(in, &s, &show, outside ? w.store : store);
	if (prepared && outside) {
		status = outside_status(&w, status);
		outside_release(&w);
	}
	show_release(&show);
	selection_release(&s);
	store_close(store);
	return status;
}

#define AT(field) offsetof(struct timeline_options, field)

static const struct option_row rows[] = {
    {"follow", 0, OPTION_FLAG, AT(follow), NULL, "follow aliases, too"},
    {"view", 0, OPTION_CHOICE, AT(view), "rrset|rr",
     "a bar for each set as it was answered, or for each single record (usual)"},
    {"by", 0, OPTION_CHOICE, AT(by), "record|address|network|month",
     "a bar for each record, for each address whatever names had it, for each network "
     "(/24, /48), or a list of months"},
    {"limit", 'l', OPTION_NUMBER, AT(limit), "N", "at most N records"},
    {"colour", 0, OPTION_CHOICE, AT(colour), "auto|never|always", "colours"},
    {"color", 0, OPTION_CHOICE, AT(colour), "auto|never|always", "the same", NULL, true},
    {"quiet", 'q', OPTION_FLAG, AT(quiet), NULL, "nothing on stderr but failures"},
    {NULL},
};

static const struct option_group groups[] = {
    {NULL, rows, 0},
    {"What", select_rows, AT(select)},
    {"When", time_rows, AT(time)},
    {"Others", outside_rows, AT(outside)},
    {"Database", database_rows, AT(database)},
    {NULL, NULL, 0},
};

const struct command command_timeline = {
    .name = "timeline",
    .about = "draw when each record was really seen",
    .usage = "[OPTION...] TERM...",
    .manual =
	"Draws a bar for each record on one axis of time: a block where it was seen on a "
	"day of that column, a thin line where it was not seen in between. First to "
	"last alone would hide the gaps. The time asked about is marked below the "
	"axis.\n\n"
	"With --with the bars of providers stand beside the history's own. DNSDB and "
	"yore "
	"servers are asked for each month apart; what others say is one line from first "
	"to last.\n\n"
	"The same picture is a format of yore query: -p timeline.",
    .examples = "  yore timeline www.example.com --follow\n"
		"  yore timeline 192.0.2.7 --from 2015-01-01 --to 2015-06-30\n",
    .groups = groups,
    .values = sizeof(struct timeline_options),
    .most = SIZE_MAX,
    .run = run,
};
