/* yore db: looking after the database. Each verb is a few lines around store.h. */
#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "cmd/database.h"
#include "cmd/db_life.h"
#include "cmd/db_owners.h"
#include "store/shelf.h"

struct db_options {
	struct database_options database;
	bool json, who_asked;
	uint64_t owners;
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

void db_say_line(const char *line, void *arg)
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
	int64_t findings = store_verify(s, db_say_line, in, &f);
	(void)!store_need_format(s, &older);
	bool unfinished = store_need_whole(s, NULL) < 0; /* said when it was opened */
	store_close(s);
	if (findings < 0)
		return database_failed(in, &f);
	if (findings == 0 && unfinished) {
		buf_puts(&in->out->buf, "everything was read back; it is not finished\n");
		return STATUS_DATABASE;
	}
	if (findings == 0) {
		buf_puts(&in->out->buf, "everything was read back; nothing is wrong\n");
		return STATUS_OK;
	}
	if (older.code) /* which sets damage aside, too */
		command_say(in, "%" PRId64 " finding%s; %s", findings,
			    findings == 1 ? "" : "s", older.text);
	else
		command_say(in, "%" PRId64 " finding%s; %s", findings,
			    findings == 1 ? "" : "s", f.text);
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
	unsigned n = store_waiting(s);
	if (e == 0 && n)
		command_say(in,
			    "%u segment%s in %s/incoming, not in the copy: whoever "
			    "writes next takes in what waits",
			    n, n == 1 ? " waits" : "s wait", store_folder(s));
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
	      "or an earlier backup, into which only what is new is taken. Years that "
	      "expired here go from it, too; one that holds anything else that this "
	      "database does not is refused. A copy that is not finished says so "
	      "whenever it is asked. Files are linked where the file system allows it. "
	      "Private shelves (who asked, what was not believed) are left out; "
	      "--who-asked takes the former too, without its keys and its log.",
    .groups = backup_groups,
    .values = sizeof(struct db_options),
    .least = 1,
    .most = 1,
    .run = run_backup,
};

/* ---- all of them ---- */

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
