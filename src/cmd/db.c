/* yore db: looking after the database. Each verb is a few lines around store.h. */
#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "cmd/database.h"
#include "cmd/db_life.h"
#include "cmd/db_owners.h"
#include "cmd/keeping_who.h"
#include "dns/type.h"
#include "store/shelf.h"
#include "store/who.h"

struct db_options {
	struct database_options database;
	bool json, who_asked;
	uint64_t owners;
	const char *before, *older, *type, *source, *shelf;
};

#define AT(field) offsetof(struct db_options, field)

static const struct option_group database_only[] = {
    {"Database", database_rows, AT(database)},
    {NULL, NULL, 0},
};

static int open_for(struct invocation *in, bool write, struct store **ret)
{
	const struct db_options *o = in->values;
	struct store_options so = {.write = write};
	return database_open(in, &o->database, &so, ret);
}

static void say_line(const char *line, void *arg)
{
	struct invocation *in = arg;
	put_safe(&in->out->buf, BYTES_STR(line));
	buf_putc(&in->out->buf, '\n');
	output_ready(in->out, true);
}

/* ---- stat ---- */

static const char *const table_names[] = {"rrsets", "rdata", "names", "servers",
					  "ledger"};

struct stat_run {
	struct invocation *in;
	struct json json;
	struct shelf_stat total;
	unsigned stages;
	struct buf holes; /* shelves whose file of names is not whole */
};

static void put_size(struct buf *out, uint64_t octets)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	double v = (double)octets;
	unsigned u = 0;
	while (v >= 1024 && u < 4) {
		v /= 1024;
		u++;
	}
	buf_printf(out, u ? "%7.1f %-3s" : "%7.0f %-3s", v, units[u]);
}

static void put_shelf(struct buf *out, const struct shelf_stat *st)
{
	buf_printf(out, "%-12s", st->shelf);
	put_size(out, st->octets);
	buf_printf(out, " %6" PRIu64 " %7" PRIu64, st->files, st->level0);
	for (unsigned t = 0; t < 3; t++)
		buf_printf(out, " %12" PRIu64, st->rows[t]);
	buf_putc(out, '\n');
}

static int stat_text(const struct shelf_stat *st, void *arg)
{
	struct stat_run *r = arg;
	put_shelf(&r->in->out->buf, st);
	r->total.octets += st->octets;
	r->total.files += st->files;
	r->total.level0 += st->level0;
	for (unsigned t = 0; t < 5; t++)
		r->total.rows[t] += st->rows[t];
	if (shelf_is_history(st->shelf) && !st->names_covered)
		buf_printf(&r->holes, " %s", st->shelf);
	return 0;
}

static int stat_json(const struct shelf_stat *st, void *arg)
{
	struct stat_run *r = arg;
	struct json *j = &r->json;
	json_init(j, &r->in->out->buf);
	json_open(j, '{');
	json_key(j, "shelf");
	json_str(j, st->shelf);
	json_key(j, "octets");
	json_u64(j, st->octets);
	json_key(j, "files");
	json_u64(j, st->files);
	json_key(j, "level0");
	json_u64(j, st->level0);
	for (unsigned t = 0; t < 5; t++) {
		char key[32];
		json_key(j, table_names[t]);
		json_u64(j, st->rows[t]);
		snprintf(key, sizeof(key), "%s_octets", table_names[t]);
		json_key(j, key);
		json_u64(j, st->table_octets[t]);
	}
	json_key(j, "names_file_octets");
	json_u64(j, st->names_octets);
	json_key(j, "names_file_runs");
	json_u64(j, st->names_runs);
	json_key(j, "names_covered");
	json_bool(j, st->names_covered);
	json_close(j, '}');
	buf_putc(&r->in->out->buf, '\n');
	return 0;
}

static int put_stage(const char *name, void *arg)
{
	struct stat_run *r = arg;
	buf_printf(&r->in->out->buf, r->stages++ ? ", %s" : "stages kept apart: %s",
		   name);
	return 0;
}

static int run_stat(struct invocation *in)
{
	const struct db_options *o = in->values;
	struct stat_run r = {.in = in, .total = {.shelf = "all"}};
	struct fault f = {0};
	struct store *s;
	buf_init(&r.holes, 4096);
	if (o->owners > DB_OWNERS_MAX)
		return command_misused(in, "--owners: at most %d", DB_OWNERS_MAX);
	int status = open_for(in, false, &s);
	if (status != STATUS_OK)
		return status;
	if (o->owners) {
		progress_begin(false);
		int failed = db_put_owners(&in->out->buf, s, o->owners, &f);
		store_close(s);
		return failed < 0 ? database_failed(in, &f) : STATUS_OK;
	}
	if (!o->json)
		buf_puts(
		    &in->out->buf,
		    "shelf          on disk  files level 0       rrsets        rdata "
		    "       names\n");
	int e = store_stat(s, o->json ? stat_json : stat_text, &r, &f);
	if (e >= 0 && !o->json) {
		put_shelf(&in->out->buf, &r.total);
		if (store_folder(s))
			database_stages(store_folder(s), put_stage, &r);
		if (r.stages)
			buf_putc(&in->out->buf, '\n');
	}
	if (r.holes.len)
		buf_printf(&in->out->buf,
			   "patterns over all names take longer in:%s (a service that "
			   "writes, or yore db compact, makes their file of names)\n",
			   buf_str(&r.holes));
	buf_release(&r.holes);
	store_close(s);
	return e < 0 ? database_failed(in, &f) : STATUS_OK;
}

static const struct option_row stat_rows[] = {
    {"json", 'j', OPTION_FLAG, AT(json), NULL, "JSON lines, with all tables"},
    {"owners", 0, OPTION_NUMBER, AT(owners), "N",
     "instead: the N names with the most RRsets (reads all of them)"},
    {NULL},
};
static const struct option_group stat_groups[] = {
    {NULL, stat_rows, 0},
    {"Database", database_rows, AT(database)},
    {NULL, NULL, 0},
};

static const struct command db_stat = {
    .name = "stat",
    .about = "what is in it and how large it is; numbers of rows are estimates",
    .usage = "[OPTION...]",
    .groups = stat_groups,
    .values = sizeof(struct db_options),
    .run = run_stat,
};

/* ---- verify ---- */

static int run_verify(struct invocation *in)
{
	struct fault f = {0};
	struct fault older = {0};
	struct store *s;
	int status = open_for(in, false, &s);
	if (status != STATUS_OK)
		return status;
	progress_begin(false);
	int64_t findings = store_verify(s, say_line, in, &f);
	(void)!store_need_format(s, &older);
	store_close(s);
	if (findings < 0)
		return database_failed(in, &f);
	if (findings == 0) {
		buf_puts(&in->out->buf, "everything was read back; nothing is wrong\n");
		return STATUS_OK;
	}
	if (older.code) /* which sets damage aside, too */
		command_say(in, "%" PRId64 " finding%s; %s", findings,
			    findings == 1 ? "" : "s", older.text);
	else
		command_say(in,
			    "%" PRId64
			    " finding%s; restore the shelf from a backup, or set "
			    "what is damaged aside: yore db repair",
			    findings, findings == 1 ? "" : "s");
	return STATUS_DATABASE;
}

static const struct command db_verify = {
    .name = "verify",
    .about = "read everything back and say what is damaged",
    .usage = "[OPTION...]",
    .groups = database_only,
    .values = sizeof(struct db_options),
    .run = run_verify,
};

/* ---- compact, backup ---- */

static int run_compact(struct invocation *in)
{
	struct fault f = {0};
	struct store *s;
	int status = open_for(in, true, &s);
	if (status != STATUS_OK)
		return status;
	int e = store_compact(s, &f);
	store_close(s);
	return e < 0 ? database_failed(in, &f) : STATUS_OK;
}

static const struct command db_compact = {
    .name = "compact",
    .about = "merge everything into the bottom level: smallest and fastest to ask",
    .usage = "[OPTION...]",
    .groups = database_only,
    .values = sizeof(struct db_options),
    .run = run_compact,
};

static int run_backup(struct invocation *in)
{
	const struct db_options *o = in->values;
	struct fault f = {0};
	struct store *s;
	int status = open_for(in, false, &s);
	if (status != STATUS_OK)
		return status;
	int e = store_backup(s, in->argument[0], o->who_asked, &f);
	store_close(s);
	return e < 0 ? database_failed(in, &f) : STATUS_OK;
}

static const struct option_row backup_rows[] = {
    {"who-asked", 0, OPTION_FLAG, AT(who_asked), NULL,
     "also who asked: personal data, which nothing expires in a copy"},
    {NULL},
};
static const struct option_group backup_groups[] = {
    {NULL, backup_rows, 0},
    {"Database", database_rows, AT(database)},
    {NULL, NULL, 0},
};

static const struct command db_backup = {
    .name = "backup",
    .about = "copy it as it is now into a new folder, beside a running writer",
    .usage = "[OPTION...] DIR",
    .manual = "Copies the database as it is at this moment into DIR: a new folder, "
	      "or an earlier backup, into which only what is new is taken. Files are "
	      "linked where the file system allows it. Private shelves "
	      "(who asked, what was not believed) are left out; --who-asked takes the "
	      "former too, without its keys and its log.",
    .groups = backup_groups,
    .values = sizeof(struct db_options),
    .least = 1,
    .most = 1,
    .run = run_backup,
};

/* ---- expire ---- */

/* What goes before its year does: rows of a type, of a source. */
static int drop_old_rows(struct invocation *in, struct store *s, int64_t before_s)
{
	const struct db_options *o = in->values;
	struct expiring x = {.before_s = before_s, .source = SOURCE_NONE};
	struct fault f = {0};
	if (o->type && type_of_text(o->type, &x.type) < 0)
		return command_misused(in, "--type '%.20s' is no type", o->type);
	if (o->source && source_of_name(o->source, &x.source) < 0)
		return command_misused(in, "--source '%.40s' is no source", o->source);
	if (o->shelf && strlen(o->shelf) >= sizeof(x.shelf))
		return command_misused(in, "--shelf '%.40s' is no shelf", o->shelf);
	if (o->shelf)
		memcpy(x.shelf, o->shelf, strlen(o->shelf) + 1);
	int64_t n = store_expire_rows(s, &x, say_line, in, &f);
	if (n < 0)
		return database_failed(in, &f);
	buf_printf(&in->out->buf, "%" PRId64 " row%s removed\n", n, n == 1 ? "" : "s");
	return STATUS_OK;
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
	    r <= 0 ? r : store_who_expire(s, in->now_s, true, say_line, in, &f);
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
	const struct db_options *o = in->values;
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

static int run_expire(struct invocation *in)
{
	const struct db_options *o = in->values;
	struct fault f = {0};
	struct store *s;
	int64_t before_s;
	if (o->who_asked)
		return o->before || o->older || o->type || o->source || o->shelf
			   ? command_misused(in, "--who-asked goes by the retention that "
						 "was stated; leave the rest out")
			   : expire_who(in);
	int status = expire_time(in, &before_s);
	if (status == STATUS_OK)
		status = open_for(in, true, &s);
	if (status != STATUS_OK)
		return status;
	if (o->type || o->source || o->shelf) {
		status = drop_old_rows(in, s, before_s);
		store_close(s);
		return status;
	}
	int e = store_expire(s, before_s, say_line, in, &f);
	if (e >= 0 && (store_who_expire(s, in->now_s, true, say_line, in, &f) < 0 ||
		       keeping_who_expire_alerts(s, in->now_s, NULL, &f) < 0))
		e = f.code;
	store_close(s);
	if (e < 0)
		return database_failed(in, &f);
	buf_printf(&in->out->buf, "%d shel%s dropped\n", e, e == 1 ? "f" : "ves");
	if (e == 0)
		command_say(in, "no year has ended before that; --type, --source and "
				"--shelf remove rows");
	return STATUS_OK;
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
    {NULL},
};
static const struct option_group expire_groups[] = {
    {NULL, expire_rows, 0},
    {"Database", database_rows, AT(database)},
    {NULL, NULL, 0},
};

static const struct command db_expire = {
    .name = "expire",
    .about = "drop whole years, old rows of a type or source, who asked",
    .usage = "--before TIME [--type TYPE] [--source SOURCE] [--shelf SHELF] | "
	     "--who-asked",
    .manual =
	"Whole years go as they stand, once they have ended before TIME. With --type, "
	"--source or --shelf rows go instead that were last seen before, whatever their "
	"year; years in which there are some are written anew, so that the room is free "
	"at once. Names of which nothing is left that way still stand in the list of all "
	"names (patterns, first-seen): db erase removes those. DB/expired notes what was "
	"removed, so that nobody is told it was never there. Nobody may write meanwhile.",
    .examples = "  yore db expire --older-than 5y\n"
		"  yore db expire --older-than 90d --shelf negative\n"
		"  yore db expire --before 2024 --type TXT --source below\n",
    .groups = expire_groups,
    .values = sizeof(struct db_options),
    .run = run_expire,
};

static const struct command *const verbs[] = {
    &db_stat,  &db_verify, &db_repair,	&db_compact, &db_backup,  &db_expire,
    &db_erase, &db_merge,  &db_promote, &db_drop,    &db_upgrade, NULL,
};

const struct command command_db = {
    .name = "db",
    .about =
	"look after the database: stat, verify, repair, compact, backup, expire, erase, "
	"merge, promote, drop, upgrade",
    .verbs = verbs,
};
