/* yore db expire: what is too old, or what would go. */
#include <inttypes.h>
#include <stdio.h>

#include "cmd/database.h"
#include "cmd/db_life.h"
#include "cmd/keeping_who.h"
#include "dns/type.h"
#include "store/shelf.h"
#include "store/who.h"

struct expire_options {
	struct database_options database;
	const char *before, *older, *type, *source, *shelf;
	bool who_asked, dry_run;
};

#define AT(field) offsetof(struct expire_options, field)

static int open_for(struct invocation *in, bool write, struct store **ret)
{
	const struct expire_options *o = in->values;
	struct store_options so = {.write = write};
	return database_open(in, &o->database, &so, ret);
}

/* Type 0 and an empty shelf would mean all there are: a slip, or a variable not set. */
static int which_rows(struct invocation *in, struct expiring *x)
{
	const struct expire_options *o = in->values;
	if (o->type && (type_of_text(o->type, &x->type) < 0 || x->type == 0))
		return command_misused(in, "--type '%.20s' is no type", o->type);
	if (o->source && source_of_name(o->source, &x->source) < 0)
		return command_misused(in, "--source '%.40s' is no source", o->source);
	if (o->shelf && !shelf_name_good(o->shelf))
		return command_misused(in, "--shelf '%.40s' is no shelf", o->shelf);
	if (o->shelf && shelf_who_month(o->shelf))
		return command_misused(in,
				       "--shelf %.40s is of who asked, which goes by the "
				       "retention that was stated: --who-asked",
				       o->shelf);
	if (o->shelf)
		memcpy(x->shelf, o->shelf, strlen(o->shelf) + 1);
	return STATUS_OK;
}

/* What goes before its year does: rows of a type, of a source. */
static int drop_old_rows(struct invocation *in, struct store *s, int64_t before_s)
{
	const struct expire_options *o = in->values;
	struct expiring x = {.before_s = before_s, .source = SOURCE_NONE};
	struct fault f = {0};
	int status = which_rows(in, &x);
	if (status != STATUS_OK)
		return status;
	int64_t n = 0;
	int r = o->dry_run ? store_would_expire_rows(s, &x, db_say_line, in, &n, &f)
			   : store_expire_rows(s, &x, db_say_line, in, &n, &f);
	if (r < 0 && n == 0)
		return database_failed(in, &f);
	buf_printf(&in->out->buf, "%" PRId64 " row%s %s\n", n, n == 1 ? "" : "s",
		   o->dry_run ? "would go" : "removed");
	output_ready(in->out, true);
	return r < 0 ? database_failed(in, &f) : STATUS_OK;
}

/* What is older than was stated when it was switched on. */
static int expire_who(struct invocation *in)
{
	struct fault f = {0};
	struct store *s;
	int64_t retention_s;
	int status = open_for(in, true, &s);
	if (status != STATUS_OK)
		return status;
	int r = store_who_retention(s, &retention_s, &f);
	int64_t gone =
	    r <= 0 ? r : store_who_expire(s, in->now_s, true, db_say_line, in, &f);
	if (gone > 0 && keeping_who_expire_alerts(s, in->now_s, NULL, &f) < 0)
		gone = f.code;
	store_close(s);
	if (gone < 0)
		return database_failed(in, &f);
	if (r == 0)
		buf_puts(&in->out->buf, "who asked is not kept here\n");
	else
		buf_printf(&in->out->buf, "who asked is kept for %" PRId64 " days; %s\n",
			   retention_s / 86400,
			   gone ? "what was older is gone" : "nothing was older");
	return STATUS_OK;
}

/* A time to come would take everything, and is a slip. */
static int expire_time(struct invocation *in, int64_t *ret)
{
	const struct expire_options *o = in->values;
	const char *text = o->before ? o->before : o->older;
	char ago[64];
	if ((o->before == NULL) == (o->older == NULL))
		return command_misused(in, "one of --before TIME (2015, 2015-01-01) and "
					   "--older-than SPAN (90d, 5y) is needed");
	if (o->older) {
		snprintf(ago, sizeof(ago), "-%.60s", o->older);
		if (strspn(o->older, "0123456789") == strlen(o->older) ||
		    when_parse(ago, in->now_s, 0, false, ret) < 0)
			return command_misused(in,
					       "--older-than '%.60s' is no span: 90d, "
					       "24w, 5y",
					       o->older);
	} else if (when_parse(text, in->now_s, 0, false, ret) < 0) {
		return command_misused(in, "--before '%.60s' is not a time", text);
	}
	if (*ret > in->now_s)
		return command_misused(in,
				       "--before '%.60s' lies in the future: that "
				       "would remove everything",
				       text);
	return STATUS_OK;
}

/* Whole years. */
static int drop_old_years(struct invocation *in, struct store *s, int64_t before_s)
{
	const struct expire_options *o = in->values;
	struct fault f = {0};
	int e = o->dry_run ? store_would_expire(s, before_s, db_say_line, in, &f)
			   : store_expire(s, before_s, db_say_line, in, &f);
	if (e >= 0 && o->dry_run &&
	    store_who_would_expire(s, in->now_s, db_say_line, in, &f) < 0)
		e = f.code;
	if (e >= 0 && !o->dry_run &&
	    (store_who_expire(s, in->now_s, true, db_say_line, in, &f) < 0 ||
	     keeping_who_expire_alerts(s, in->now_s, NULL, &f) < 0))
		e = f.code;
	if (e < 0)
		return database_failed(in, &f);
	buf_printf(&in->out->buf, "%d shel%s %s\n", e, e == 1 ? "f" : "ves",
		   o->dry_run ? "would go" : "dropped");
	if (e == 0)
		command_say(in, "no year has ended before that; --type, --source and "
				"--shelf remove rows");
	return STATUS_OK;
}

static int run_expire(struct invocation *in)
{
	const struct expire_options *o = in->values;
	struct store *s;
	int64_t before_s;
	if (o->who_asked)
		return o->before || o->older || o->type || o->source || o->shelf ||
			       o->dry_run
			   ? command_misused(in, "--who-asked goes by the retention that "
						 "was stated; leave the rest out")
			   : expire_who(in);
	int status = expire_time(in, &before_s);
	if (status == STATUS_OK)
		status = open_for(in, !o->dry_run, &s);
	if (status != STATUS_OK)
		return status;
	status = o->type || o->source || o->shelf ? drop_old_rows(in, s, before_s)
						  : drop_old_years(in, s, before_s);
	store_close(s);
	return status;
}

static const struct option_row expire_rows[] = {
    {"before", 0, OPTION_TEXT, AT(before), "TIME",
     "drop the years that end before this; they are gone for good"},
    {"type", 0, OPTION_TEXT, AT(type), "TYPE",
     "not whole years but rows of this type that were last seen before"},
    {"source", 0, OPTION_TEXT, AT(source), "SOURCE",
     "not whole years but rows of this source that were last seen before"},
    {"older-than", 0, OPTION_TEXT, AT(older), "SPAN",
     "the same, counted back from now: 90d, 24w, 5y"},
    {"shelf", 0, OPTION_TEXT, AT(shelf), "SHELF",
     "not whole years but rows of this shelf (db stat) that were last seen before: "
     "negative, suspicious, intervals"},
    {"who-asked", 0, OPTION_FLAG, AT(who_asked), NULL,
     "only who asked: what is older than the retention that was stated"},
    {"dry-run", 'n', OPTION_FLAG, AT(dry_run), NULL,
     "say what would go, and change nothing; also beside a writer"},
    {NULL},
};
static const struct option_group expire_groups[] = {
    {NULL, expire_rows, 0},
    {"Database", database_rows, AT(database)},
    {NULL, NULL, 0},
};

const struct command db_expire = {
    .name = "expire",
    .about = "drop whole years, old rows of a type or source, who asked",
    .usage = "--before TIME [--type TYPE] [--source SOURCE] [--shelf SHELF] | "
	     "--who-asked",
    .manual =
	"Whole years go as they stand, once they have ended before TIME. With --type, "
	"--source or --shelf rows go instead that were last seen before, whatever their "
	"year; years in which there are some are written anew, so that the room is free "
	"at once, and names go with the last of theirs. DB/expired notes what was "
	"removed, "
	"so that nobody is told it was never there. A shelf that cannot be read is "
	"named, "
	"and the others are done; one that is a link to another disk is refused. Nobody "
	"may "
	"write meanwhile.",
    .examples = "  yore db expire --older-than 5y --dry-run\n"
		"  yore db expire --older-than 90d --shelf negative\n"
		"  yore db expire --before 2024 --type TXT --source below\n",
    .groups = expire_groups,
    .values = sizeof(struct expire_options),
    .run = run_expire,
};
