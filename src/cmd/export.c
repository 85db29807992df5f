/* yore export: everything, or what a selection names, for other programs. */
#include "cmd/ask.h"
#include "cmd/database.h"

struct export_options {
	struct database_options database;
	struct select_options select;
	struct time_options time;
	struct show_options show;
};

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
	int status = prepare(in, &s, &show);
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
				  .empty_too = true};
		if (o->show.sensors)
			status = asker_name_sensors(&a);
		if (status == STATUS_OK) {
			ask_say_fence(&a, &s.query);
			ask(&a, &s.query, "", &reply);
			status = reply.status;
		}
		asker_release(&a);
	}
	show_release(&show);
	selection_release(&s);
	store_close(store);
	return status;
}

#define AT(field) offsetof(struct export_options, field)

static const struct option_group groups[] = {
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
	"believed, and who asked.",
    .examples = "  yore export > history.ndjson\n"
		"      everything, sets as they were answered\n"
		"  yore export --view rr --csv '*.example.com' > example.csv\n"
		"      single records of a zone\n",
    .groups = groups,
    .values = sizeof(struct export_options),
    .most = SIZE_MAX,
    .run = run,
};
