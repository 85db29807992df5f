/* yore db repair: what cannot be read is set aside, and the rest goes on. */
#include <inttypes.h>

#include "cmd/database.h"
#include "cmd/db_life.h"

struct repair_options {
	struct database_options database;
	const char *forget;
};

static int run_repair(struct invocation *in)
{
	const struct repair_options *o = in->values;
	struct store_options so = {.write = true};
	struct fault f = {0};
	struct store *s;
	int status = database_open(in, &o->database, &so, &s);
	if (status != STATUS_OK)
		return status;
	int64_t n = o->forget ? store_forget_missing(s, o->forget, &f)
			      : store_repair(s, db_say_line, in, &f);
	store_close(s);
	if (n < 0)
		return database_failed(in, &f);
	buf_printf(&in->out->buf, "%" PRId64 " loss%s %s\n", n, n == 1 ? "" : "es",
		   o->forget ? "forgotten" : "set aside");
	return STATUS_OK;
}

static const struct option_row rows[] = {
    {"forget", 0, OPTION_TEXT, offsetof(struct repair_options, forget), "SHELF",
     "accept what is missing on this shelf: answers do not name it any more, and what "
     "was set aside of it is removed"},
    {NULL},
};
static const struct option_group groups[] = {
    {NULL, rows, 0},
    {"Database", database_rows, offsetof(struct repair_options, database)},
    {NULL, NULL, 0},
};

const struct command db_repair = {
    .name = "repair",
    .about = "set aside what is damaged, so that the rest goes on",
    .usage = "[OPTION...]",
    .manual =
	"Reads everything back. Files of which nothing can be read are taken out of "
	"their shelf and kept in the folder damaged/; a shelf with bad blocks is written "
	"anew without them; a file CURRENT that is damaged is made anew where it can be "
	"known what stood in it. Each loss is named: file, tables, keys. Answers that "
	"may "
	"miss something because of it go on to say so (exit status 3) until --forget: "
	"after the shelf was restored from a backup, or to accept the loss.\n\n"
	"A shelf that cannot be opened all the same has to be restored from a backup; "
	"the "
	"others go on meanwhile, and what comes for it waits in incoming/.\n\n"
	"Where ledger and rows went together, importing the same captures again brings "
	"back what was in them. Where only the ledger went, nothing is added to that "
	"shelf any more, since it could be there already.\n\n"
	"What imports, and db compact, do the same by themselves where damage is in the "
	"way, and say so; db erase and db expire leave such a shelf, and name it.",
    .groups = groups,
    .values = sizeof(struct repair_options),
    .run = run_repair,
};
