#include "cmd/database.h"

const struct option_row database_rows[] = {
    {"db", 0, OPTION_TEXT, offsetof(struct database_options, dir), "DIR",
     "the database (else $YORE_DB, else the folder yore/db of $XDG_DATA_HOME or "
     "~/.local/share)"},
    {"stage", 0, OPTION_TEXT, offsetof(struct database_options, stage), "NAME",
     "not the history itself but one apart, made by import --stage NAME, that becomes "
     "part of it by db promote NAME or goes by db drop NAME"},
    {NULL},
};

/* It becomes the name of a folder. */
static bool is_stage_name(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "0123456789-");
	return n > 0 && n < 64 && s[n] == 0;
}

int database_dir(const struct invocation *in, const struct database_options *o,
		 struct buf *dir)
{
	if (o->stage && !is_stage_name(o->stage))
		return command_misused(
		    in, "--stage '%.40s': a name is letters, digits and -", o->stage);
	int r = store_default_dir(o->dir, dir);
	if (r == 0 && o->stage)
		buf_printf(dir, "/stage/%s", o->stage);
	if (r == 0)
		return STATUS_OK;
	command_say(in, "no database was named: give --db DIR or set YORE_DB");
	return r == YORE_ENOENT ? STATUS_USAGE : STATUS_DATABASE;
}

static int explain(const struct invocation *in, const char *dir, int code,
		   const struct fault *f)
{
	if (code == YORE_ENOENT)
		command_say(in,
			    "there is no database at %s (yore import FILE makes one; "
			    "--db DIR names another)",
			    dir);
	else
		command_say(in, "%s", f->code ? f->text : yore_strerror(code));
	return code == YORE_ENOMEM ? STATUS_FAILED : STATUS_DATABASE;
}

int database_open(const struct invocation *in, const struct database_options *o,
		  const struct store_options *so, struct store **ret)
{
	struct store_options reading = {0};
	struct fault f = {0};
	struct buf dir;
	buf_init(&dir, 16 << 10);
	int status = database_dir(in, o, &dir);
	if (status == STATUS_OK) {
		const char *name = buf_str(&dir);
		int r = store_open(name, so ? so : &reading, &f, ret);
		if (r < 0)
			status = explain(in, name, r, &f);
	}
	buf_release(&dir);
	return status;
}

int database_failed(const struct invocation *in, const struct fault *f)
{
	int status = command_failed(in, f);
	bool its_own = f->code == YORE_EIO || f->code == YORE_EACCESS ||
		       f->code == YORE_EFULL || f->code == YORE_ENOENT;
	return its_own ? STATUS_DATABASE : status;
}
