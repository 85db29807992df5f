/* yore db merge, promote, drop. */
#include "cmd/db_life.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "cmd/database.h"

struct life_options {
	struct database_options database;
};

static const struct option_group database_only[] = {
    {"Database", database_rows, offsetof(struct life_options, database)},
    {NULL, NULL, 0},
};

struct taken {
	struct invocation *in;
	unsigned shelves;
};

static void say_shelf(const char *line, void *arg)
{
	struct taken *t = arg;
	t->shelves++;
	put_safe(&t->in->out->buf, BYTES_STR(line));
	buf_putc(&t->in->out->buf, '\n');
	output_ready(t->in->out, true);
}

/* ---- merge, promote ---- */

/* Into itself nothing would be added, and whoever asks for it means something else. */
static int check_other(const struct invocation *in, const struct store *into,
		       const char *dir)
{
	struct stat a, b;
	const char *here = store_folder(into);
	if (here == NULL || stat(here, &a) < 0 || stat(dir, &b) < 0 ||
	    a.st_dev != b.st_dev || a.st_ino != b.st_ino)
		return STATUS_OK;
	return command_misused(in, "%.300s is the database itself; name another one",
			       dir);
}

static int open_other(const struct invocation *in, const char *dir, struct store **ret)
{
	struct store_options reading = {0};
	struct fault f = {0};
	int r = store_open(dir, &reading, &f, ret);
	if (r == 0 && (r = store_need_format(*ret, &f)) < 0)
		store_close(*ret);
	if (r < 0)
		command_say(in, "%s; nothing was done", f.text);
	return r < 0 ? STATUS_DATABASE : STATUS_OK;
}

static int merge_from(struct invocation *in, const char *dir)
{
	const struct life_options *o = in->values;
	struct store_options so = {.write = true, .create = true};
	struct taken t = {.in = in};
	struct fault f = {0};
	struct store *into, *from;
	/* first what may not be there: else a database is made for nothing */
	int status = open_other(in, dir, &from);
	if (status != STATUS_OK)
		return status;
	status = database_open(in, &o->database, &so, &into);
	if (status == STATUS_OK) {
		status = check_other(in, into, dir);
		if (status == STATUS_OK && store_merge(into, from, say_shelf, &t, &f) < 0)
			status = database_failed(in, &f);
		else if (status == STATUS_OK && t.shelves == 0)
			command_say(in, "nothing to add: all of it is here already");
		store_close(into);
	}
	store_close(from);
	return status;
}

static int run_merge(struct invocation *in)
{
	return merge_from(in, in->argument[0]);
}

const struct command db_merge = {
    .name = "merge",
    .about = "take in everything of another database",
    .usage = "[OPTION...] DIR",
    .manual =
	"Adds the history in DIR to this one, year by year, with its ledger, so "
	"that inputs go on where they stood. Refused, and nothing done, where both "
	"hold the same input and not all of a year is there: counts would double. "
	"Repeating it adds nothing. Private shelves are left out. What was erased there "
	"is "
	"left out here from now on, and what expired there is known here; rows that "
	"are here stay. Refused, too, while segments wait there: yore db compact "
	"--db DIR takes them in.",
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
	if (!database_is_stage(d.stage))
		return command_misused(in,
				       "'%.40s' is no name of a stage (letters, "
				       "digits and -)",
				       d.stage);
	int status = database_dir(in, &d, dir);
	if (status != STATUS_OK)
		return status;
	struct stat st;
	if (lstat(buf_str(dir), &st) == 0 && S_ISLNK(st.st_mode)) {
		command_say(
		    in,
		    "%s is a link: what it points to would stay; nothing was done; "
		    "move the folder back there first",
		    buf_str(dir));
		return STATUS_DATABASE;
	}
	if (database_has_stages(buf_str(dir))) {
		command_say(
		    in,
		    "%s has stages of its own, which would go with it; nothing was "
		    "done; yore db promote or drop these first, with --db %s",
		    buf_str(dir), buf_str(dir));
		return STATUS_DATABASE;
	}
	if (io_exists(buf_str(dir)))
		return STATUS_OK;
	return database_no_stage(in, &o->database, in->argument[0]);
}

/* Takes in what waits there. */
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

/*
 * With its lock, so that nothing is acknowledged there that would go with it.
 * At once or not at all: killed halfway, what is left of a stage would be a stage without
 * its data. So it goes to where whoever takes the lock next removes leftovers.
 */
static int remove_stage(struct invocation *in, const char *dir)
{
	struct fault f = {0};
	struct buf apart;
	buf_init(&apart, 16 << 10);
	const char *stage = strrchr(dir, '/'); /* DB/stage/NAME */
	buf_printf(&apart, "%.*s/../incoming", (int)(stage - dir), dir);
	int r = io_mkdirs(buf_str(&apart), 0777, &f);
	buf_printf(&apart, "/.rewrite-stage-%s", in->argument[0]);
	if (r == 0 && io_exists(buf_str(&apart)))
		r = io_remove_tree(buf_str(&apart), &f);
	if (r == 0)
		r = io_rename(dir, buf_str(&apart), &f);
	if (r == 0)
		r = io_remove_tree(buf_str(&apart), &f);
	buf_release(&apart);
	return r < 0 ? command_failed(in, &f) : STATUS_OK;
}

/* An upgrade of the history is one of its stages, but not the other way round. */
static int check_history(struct invocation *in)
{
	const struct life_options *o = in->values;
	struct fault f = {0};
	struct store *s;
	int status = database_open(in, &o->database, NULL, &s);
	if (status != STATUS_OK)
		return status;
	if (store_need_format(s, &f) < 0)
		status = command_failed(in, &f);
	store_close(s);
	return status;
}

/* From here on whoever imports into it waits, and is told when it is gone. */
static int hold_stage(struct invocation *in, const char *dir, int *held)
{
	struct fault f = {0};
	*held = store_hold(dir, &f);
	return *held < 0 ? database_failed(in, &f) : STATUS_OK;
}

static int run_promote(struct invocation *in)
{
	struct buf dir;
	int held = -1;
	buf_init(&dir, 16 << 10);
	int status = stage_dir(in, &dir);
	if (status == STATUS_OK)
		status = check_history(in);
	if (status == STATUS_OK)
		status = settle_stage(in, buf_str(&dir));
	if (status == STATUS_OK)
		status = hold_stage(in, buf_str(&dir), &held);
	if (status == STATUS_OK)
		status = merge_from(in, buf_str(&dir));
	if (status == STATUS_OK)
		status = remove_stage(in, buf_str(&dir));
	if (held >= 0)
		close(held);
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
	int held = -1;
	buf_init(&dir, 16 << 10);
	int status = stage_dir(in, &dir);
	if (status == STATUS_OK)
		status = hold_stage(in, buf_str(&dir), &held);
	if (status == STATUS_OK)
		status = remove_stage(in, buf_str(&dir));
	if (held >= 0)
		close(held);
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
