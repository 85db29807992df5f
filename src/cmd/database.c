#include "cmd/database.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/io.h"

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
bool database_is_stage(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "0123456789-");
	return n > 0 && n < 64 && s[n] == 0;
}

int database_dir(const struct invocation *in, const struct database_options *o,
		 struct buf *dir)
{
	if (o->stage && !database_is_stage(o->stage))
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

/* ---- stages ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int database_stages(const char *dir, int (*each)(const char *name, void *arg), void *arg)
{
	struct dirent *e;
	struct buf path;
	char **names = NULL;
	size_t count = 0;
	int r = 0;
	buf_init(&path, 16 << 10);
	buf_printf(&path, "%s/stage", dir);
	DIR *d = path.err ? NULL : opendir(buf_str(&path));
	while (d && (e = readdir(d))) {
		char **more = database_is_stage(e->d_name)
				  ? realloc(names, (count + 1) * sizeof(*names))
				  : NULL;
		if (more == NULL)
			continue;
		names = more;
		names[count] = strdup(e->d_name);
		count += names[count] != NULL;
	}
	if (d)
		closedir(d);
	if (count)
		qsort(names, count, sizeof(*names), by_name);
	for (size_t i = 0; i < count; i++) {
		r = r ? r : each(names[i], arg);
		free(names[i]);
	}
	free(names);
	buf_release(&path);
	return r;
}

static int is_one(const char *name, void *arg)
{
	(void)name;
	(void)arg;
	return 1;
}

bool database_has_stages(const char *dir)
{
	return database_stages(dir, is_one, NULL) == 1;
}

static int put_stage(const char *name, void *arg)
{
	buf_printf(arg, "%s%s", ((struct buf *)arg)->len ? ", " : "", name);
	return 0;
}

int database_no_stage(const struct invocation *in, const struct database_options *o,
		      const char *stage)
{
	struct buf dir, names;
	buf_init(&dir, 16 << 10);
	buf_init(&names, 16 << 10);
	if (store_default_dir(o->dir, &dir) == 0)
		database_stages(buf_str(&dir), put_stage, &names);
	if (names.len)
		command_say(in, "%s has no stage '%.63s'; there are: %.300s",
			    buf_str(&dir), stage, buf_str(&names));
	else
		command_say(in,
			    "%s has no stage '%.63s', nor any other (yore import "
			    "--stage NAME FILE makes one)",
			    buf_str(&dir), stage);
	buf_release(&names);
	buf_release(&dir);
	return STATUS_DATABASE;
}

/* Does it lie in the folder of stages of another one? */
static bool is_a_stage(const char *dir)
{
	struct buf path;
	buf_init(&path, 16 << 10);
	buf_printf(&path, "%s/..", dir);
	char *in = realpath(buf_str(&path), NULL);
	const char *last = in ? strrchr(in, '/') : NULL;
	bool stage = last && strcmp(last, "/stage") == 0;
	buf_puts(&path, "/../FORMAT");
	stage = stage && io_exists(buf_str(&path));
	free(in);
	buf_release(&path);
	return stage;
}

/* Nobody who erases or promotes would look for one there. */
static int check_stage(const struct invocation *in, const struct database_options *o)
{
	struct buf dir;
	buf_init(&dir, 16 << 10);
	int status = STATUS_OK;
	if (store_default_dir(o->dir, &dir) == 0 && is_a_stage(buf_str(&dir)))
		status = command_misused(in,
					 "%.300s is a stage, and a stage has no stage: "
					 "leave --stage out, or name the database",
					 buf_str(&dir));
	buf_release(&dir);
	return status;
}

/* What was erased from the history is not to be seen in what stands apart from it. */
static int inherit(const struct database_options *o, const char *stage, struct fault *f)
{
	struct buf dir;
	buf_init(&dir, 16 << 10);
	int r = store_default_dir(o->dir, &dir);
	if (r == 0)
		r = store_inherit_erased(buf_str(&dir), stage, f);
	buf_release(&dir);
	return r;
}

/* What stands where a database should, and is none; NULL: nothing. */
static const char *instead(const char *dir)
{
	struct stat st;
	if (lstat(dir, &st) == 0 && S_ISLNK(st.st_mode) && stat(dir, &st) < 0)
		return "a link, and what it points to is not there";
	return stat(dir, &st) == 0 && !S_ISDIR(st.st_mode)
		   ? "a file, and a database is a folder"
		   : NULL;
}

static int explain(const struct invocation *in, const struct database_options *o,
		   const char *dir, int code, const struct fault *f)
{
	const char *other = instead(dir);
	if (code == YORE_ENOENT && o->stage)
		return database_no_stage(in, o, o->stage);
	if (other)
		command_say(in, "%s is %s (--db DIR names another)", dir, other);
	else if (code == YORE_ENOENT)
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
	if (status == STATUS_OK && o->stage && so && so->create)
		status = check_stage(in, o);
	if (status == STATUS_OK) {
		const char *name = buf_str(&dir);
		int r = o->stage && so && so->create ? inherit(o, name, &f) : 0;
		if (r == 0)
			r = store_open(name, so ? so : &reading, &f, ret);
		if (r < 0)
			status = explain(in, o, name, r, &f);
		else if (store_need_whole(*ret, &f) < 0)
			command_say(in, "%s", f.text);
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
