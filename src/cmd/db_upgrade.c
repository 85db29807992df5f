/* yore db upgrade: a database of an earlier format becomes one of this program's. */
#include <inttypes.h>

#include "cmd/database.h"
#include "cmd/db_life.h"

struct upgrade_options {
	struct database_options database;
	bool dry_run;
};

static void say_result(const struct invocation *in, const struct upgrade *u, bool dry_run)
{
	struct buf *out = &in->out->buf;
	if (u->from == u->to)
		buf_printf(out, "format %u: there is nothing to do\n", u->to);
	else if (!dry_run)
		buf_printf(out, "format %u has become format %u\n", u->from, u->to);
	else if (u->rows == 0)
		buf_printf(out,
			   "format %u would become format %u; nothing is written anew\n",
			   u->from, u->to);
	else
		buf_printf(out,
			   "format %u would become format %u, with %" PRIu64
			   " MiB free on that disk\n",
			   u->from, u->to, (u->room_octets >> 20) + 1);
}

static int run_upgrade(struct invocation *in)
{
	struct upgrade_options *o = in->values;
	struct fault f = {0};
	struct upgrade u;
	struct buf dir;
	if (in->argument_count && o->database.dir)
		return command_misused(in, "name the database once: DIR or --db DIR");
	if (in->argument_count)
		o->database.dir = in->argument[0];
	buf_init(&dir, 16 << 10);
	int status = database_dir(in, &o->database, &dir);
	if (status == STATUS_OK) {
		progress_begin(false);
		int r = store_upgrade(buf_str(&dir), o->dry_run, db_say_line, in, &u, &f);
		if (r == 0)
			say_result(in, &u, o->dry_run);
		else
			status = database_failed(in, &f);
	}
	buf_release(&dir);
	return status;
}

static const struct option_row rows[] = {
    {"dry-run", 'n', OPTION_FLAG, offsetof(struct upgrade_options, dry_run), NULL,
     "only say what would be written anew, and how much room it takes"},
    {NULL},
};
static const struct option_group groups[] = {
    {NULL, rows, 0},
    {"Database", database_rows, offsetof(struct upgrade_options, database)},
    {NULL, NULL, 0},
};

const struct command db_upgrade = {
    .name = "upgrade",
    .about = "bring a database of an earlier format to the one of this program",
    .usage = "[OPTION...] [DIR]",
    .manual =
	"A database says in its file FORMAT how its rows are laid out. One of an earlier "
	"format can be asked (answers name what they leave out, exit status 3) and "
	"backed "
	"up, but not written to. This reads all of it, writes each shelf anew that has "
	"rows in an older form, and the stages; ledger, notes of damage and private "
	"shelves stay. The program that wrote it before cannot open it afterwards: make "
	"a backup first.\n\n"
	"As much room has to be free as the largest of these shelves takes. Ended at any "
	"moment, it can be started again; what was done stays done. A database that is "
	"of this format already is left as it is.",
    .groups = groups,
    .values = sizeof(struct upgrade_options),
    .most = 1,
    .run = run_upgrade,
};
