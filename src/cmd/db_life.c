/* yore db erase, merge, promote, drop. */
#include "cmd/db_life.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/io.h"
#include "cmd/database.h"
#include "query/term.h"

struct life_options {
	struct database_options database;
};

static const struct option_group database_only[] = {
    {"Database", database_rows, offsetof(struct life_options, database)},
    {NULL, NULL, 0},
};

static void say_line(const char *line, void *arg)
{
	struct invocation *in = arg;
	put_safe(&in->out->buf, BYTES_STR(line));
	buf_putc(&in->out->buf, '\n');
	output_ready(in->out, true);
}

/* ---- erase ---- */

/* The terms stay alive: names are borrowed from them. */
static int take_erasure(const struct invocation *in, const char *text, struct term *t,
			struct erasure *ret)
{
	struct fault f = {0};
	if (term_parse(text, &f, t) < 0)
		return command_misused(in, "'%.80s': %s", text, f.text);
	switch (t->kind) {
	case TERM_NAME:
		*ret = (struct erasure){.kind = ERASE_NAME, .name = name_bytes(&t->name)};
		return STATUS_OK;
	case TERM_ZONE:
		*ret = (struct erasure){.kind = ERASE_ZONE, .name = name_bytes(&t->name)};
		return STATUS_OK;
	case TERM_ADDR:
		*ret = (struct erasure){.kind = ERASE_RANGE, .range = t->range};
		return STATUS_OK;
	default:
		return command_misused(in,
				       "'%.80s': only names, zones (*.example.com), "
				       "addresses and ranges can be erased",
				       text);
	}
}

static int erase_all(struct invocation *in, const struct erasure *what)
{
	const struct life_options *o = in->values;
	struct store_options so = {.write = true};
	struct fault f = {0};
	struct store *s;
	int status = database_open(in, &o->database, &so, &s);
	if (status != STATUS_OK)
		return status;
	int64_t n = store_erase(s, what, in->argument_count, say_line, in, &f);
	store_close(s);
	if (n < 0)
		return command_failed(in, &f);
	buf_printf(&in->out->buf, "%" PRId64 " row%s erased\n", n, n == 1 ? "" : "s");
	return STATUS_OK;
}

static int run_erase(struct invocation *in)
{
	size_t count = in->argument_count, taken = 0;
	struct term *terms = calloc(count, sizeof(*terms));
	struct erasure *what = calloc(count, sizeof(*what));
	int status = terms && what ? STATUS_OK : STATUS_FAILED;
	for (; taken < count && status == STATUS_OK; taken++)
		status =
		    take_erasure(in, in->argument[taken], &terms[taken], &what[taken]);
	if (status == STATUS_OK)
		status = erase_all(in, what);
	for (size_t i = 0; terms && i < taken; i++)
		term_release(&terms[i]);
	free(terms);
	free(what);
	return status;
}

const struct command db_erase = {
    .name = "erase",
    .about = "forget names, zones, addresses for good",
    .usage = "[OPTION...] TERM...",
    .manual =
	"Removes every row that speaks of a name (www.example.com), a zone and all below "
	"it (*.example.com), an address or a range: as owner, as target, in every table "
	"and on private shelves, and with them the sets of other owners that contain it. "
	"The years concerned are written anew, so that nothing of it is left on the "
	"disk, and what is imported from now on leaves it out.\n\n"
	"Backups, files of exports, kept raw answers of providers and the captures "
	"themselves are not touched: they are other files.",
    .examples = "yore db erase '*.example.com' 192.0.2.7\n    forget both\n",
    .groups = database_only,
    .values = sizeof(struct life_options),
    .least = 1,
    .most = SIZE_MAX,
    .run = run_erase,
};

/* ---- merge, promote ---- */

static int merge_from(struct invocation *in, const char *dir)
{
	const struct life_options *o = in->values;
	struct store_options so = {.write = true, .create = true}, there = {0};
	struct fault f = {0};
	struct store *into, *from;
	int status = database_open(in, &o->database, &so, &into);
	if (status != STATUS_OK)
		return status;
	int r = store_open(dir, &there, &f, &from);
	if (r == 0) {
		r = store_merge(into, from, say_line, in, &f);
		store_close(from);
	}
	store_close(into);
	return r < 0 ? command_failed(in, &f) : STATUS_OK;
}

static int run_merge(struct invocation *in)
{
	return merge_from(in, in->argument[0]);
}

const struct command db_merge = {
    .name = "merge",
    .about = "take in everything of another database",
    .usage = "[OPTION...] DIR",
    .manual = "Adds the history in DIR to this one, year by year, with its ledger, so "
	      "that inputs go on where they stood. Refused, and nothing done, where both "
	      "hold the same input and not all of a year is there: counts would double. "
	      "Repeating it adds nothing. Private shelves are left out.",
    .groups = database_only,
    .values = sizeof(struct life_options),
    .least = 1,
    .most = 1,
    .run = run_merge,
};

/* The folder of a stage, into dir; a status. */
static int stage_dir(struct invocation *in, struct buf *dir)
{
	const struct life_options *o = in->values;
	struct database_options d = o->database;
	if (d.stage)
		return command_misused(in, "a stage has no stage: leave --stage out");
	d.stage = in->argument[0];
	int status = database_dir(in, &d, dir);
	if (status != STATUS_OK)
		return status;
	if (io_exists(buf_str(dir)))
		return STATUS_OK;
	command_say(in, "there is no stage '%.80s'", in->argument[0]);
	return STATUS_DATABASE;
}

/* Takes in what waits there; fails while somebody writes to it. */
static int settle_stage(struct invocation *in, const char *dir)
{
	struct store_options so = {.write = true};
	struct fault f = {0};
	struct store *s;
	int r = store_open(dir, &so, &f, &s);
	if (r < 0)
		return command_failed(in, &f);
	r = store_drain(s, &f);
	store_close(s);
	return r < 0 ? command_failed(in, &f) : STATUS_OK;
}

static int remove_stage(struct invocation *in, const char *dir)
{
	struct fault f = {0};
	return io_remove_tree(dir, &f) < 0 ? command_failed(in, &f) : STATUS_OK;
}

static int run_promote(struct invocation *in)
{
	struct buf dir;
	buf_init(&dir, 16 << 10);
	int status = stage_dir(in, &dir);
	if (status == STATUS_OK)
		status = settle_stage(in, buf_str(&dir));
	if (status == STATUS_OK)
		status = merge_from(in, buf_str(&dir));
	if (status == STATUS_OK)
		status = remove_stage(in, buf_str(&dir));
	buf_release(&dir);
	return status;
}

const struct command db_promote = {
    .name = "promote",
    .about = "make what was imported with --stage part of the history",
    .usage = "[OPTION...] NAME",
    .groups = database_only,
    .values = sizeof(struct life_options),
    .least = 1,
    .most = 1,
    .run = run_promote,
};

static int run_drop(struct invocation *in)
{
	struct buf dir;
	buf_init(&dir, 16 << 10);
	int status = stage_dir(in, &dir);
	if (status == STATUS_OK)
		status = remove_stage(in, buf_str(&dir));
	buf_release(&dir);
	return status;
}

const struct command db_drop = {
    .name = "drop",
    .about = "throw away what was imported with --stage",
    .usage = "[OPTION...] NAME",
    .groups = database_only,
    .values = sizeof(struct life_options),
    .least = 1,
    .most = 1,
    .run = run_drop,
};
