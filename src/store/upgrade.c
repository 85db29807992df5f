/*
 * From an earlier format to the one that is written now. Only rows whose keys have
 * another form are of interest (record/key_older.h): they are collected, brought into the
 * new order beside the shelf, and the shelf is written anew from both, in one exchange of
 * folders (rewrite.c). A shelf without such rows is only read. So this can be done again
 * after a crash at any step, named here for the tests:
 *
 *   upgrade-drained    what waited in incoming/ is in its shelf
 *   upgrade-collected  the rows of a shelf are beside it; then rewrite-made,
 * rewrite-exchanged upgrade-noted      notes of what is missing reach as far as the new
 * keys do upgrade-format     all shelves are done, FORMAT is not
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/io.h"
#include "store/older.h"

#define SPARE ((uint64_t)8 << 20)
#define TURNS 10 /* segments of writers that go on all the time */

struct upgrading {
	struct rocks *r;
	bool only_look;
	const char *stage; /* NULL: the history itself */
	say_fn say;
	void *arg;
	struct upgrade *sum;
	struct fault *fault;
};

static void say(const struct upgrading *u, const char *text)
{
	char line[700];
	if (u->say == NULL)
		return;
	snprintf(line, sizeof(line), "%s%s%s%.500s", u->stage ? "stage " : "",
		 u->stage ? u->stage : "", u->stage ? ": " : "", text);
	u->say(line, u->arg);
}

static void say_damage(const char *line, void *arg)
{
	say(arg, line);
}

static int point(const struct upgrading *u, const char *step)
{
	int e = io_point(step);
	return e < 0 ? fault_set(u->fault, e, "%s: stopped at %s; try again", u->r->dir,
				 step)
		     : 0;
}

/* ---- one shelf ---- */

/* As much as the shelf has, and the rows that are written anew twice. */
static int check_room(const struct upgrading *u, const char *shelf, struct handle *h,
		      const struct older *o)
{
	struct statvfs v;
	uint64_t need =
	    rocks_property(h->db, "rocksdb.total-sst-files-size") + 2 * o->octets + SPARE;
	if (need > u->sum->room_octets)
		u->sum->room_octets = need;
	if (u->only_look || statvfs(u->r->dir, &v) < 0 ||
	    (uint64_t)v.f_bavail * v.f_frsize >= need)
		return 0;
	return fault_set(u->fault, YORE_EFULL,
			 "%s: %" PRIu64 " MiB are free, and to write %s anew %" PRIu64
			 " MiB have to be; what is not upgraded yet stays as it was",
			 u->r->dir, (uint64_t)v.f_bavail * v.f_frsize >> 20, shelf,
			 (need >> 20) + 1);
}

static void say_shelf(const struct upgrading *u, const char *shelf, const struct older *o)
{
	char text[200];
	int n = snprintf(text, sizeof(text), "%s: %" PRIu64 " of %" PRIu64 " rows ",
			 shelf, o->count, o->rows);
	snprintf(text + n, sizeof(text) - (size_t)n, "%s%s",
		 u->only_look ? "are in an older form" : "written anew",
		 o->erased ? ", without what was erased" : "");
	say(u, text);
}

static int renew(struct upgrading *u, const char *shelf, struct older *o)
{
	struct handle *h;
	struct shelf_iter *rows;
	int e = rocks_get(u->r, shelf, false, u->fault, &h);
	if (e < 0)
		return e;
	e = check_room(u, shelf, h, o);
	rocks_put(h);
	if (e == 0 && !u->only_look)
		e = point(u, "upgrade-collected");
	if (e < 0 || u->only_look)
		return e;
	pthread_mutex_lock(&u->r->names.lock);
	pthread_mutex_lock(&u->r->ingest_lock);
	e = older_rows(o, u->fault, &rows);
	if (e == 0)
		e = rocks_rewrite_from(u->r, shelf, rows, u->fault);
	pthread_mutex_unlock(&u->r->ingest_lock);
	pthread_mutex_unlock(&u->r->names.lock);
	if (e == 0 && shelf_is_history(shelf))
		(void)!rocks_names_make(u->r, shelf, NULL); /* or later */
	return e;
}

/* A folder has its name by now; it is an extra, and made anew. */
static void remove_names_file(const struct upgrading *u, const char *shelf)
{
	char path[ROCKS_PATH];
	struct stat st;
	rocks_names_folder(u->r, shelf, path);
	if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
		(void)unlink(path);
}

/* What cannot be read is set aside first, as whoever writes does. */
static int collect(struct upgrading *u, const char *shelf, struct older *o)
{
	int e = older_collect(u->r, shelf, u->only_look, u->fault, o);
	if (e != YORE_ECORRUPT || u->only_look)
		return e;
	older_release(o);
	int64_t n = rocks_mend_locked(u->r, shelf, say_damage, u, u->fault);
	if (n <= 0)
		return n < 0 ? (int)n : e;
	if (u->fault)
		*u->fault = (struct fault){0};
	return older_collect(u->r, shelf, false, u->fault, o);
}

static int upgrade_shelf(const char *shelf, void *arg)
{
	struct upgrading *u = arg;
	struct older o;
	int e = collect(u, shelf, &o);
	if (e == 0)
		say_shelf(u, shelf, &o);
	if (e == 0)
		u->sum->rows += o.count;
	if (e == 0 && o.count + o.erased)
		e = renew(u, shelf, &o);
	older_release(&o);
	if (!u->only_look)
		remove_names_file(u, shelf);
	if (e == 0 && !u->only_look)
		e = older_notes(u->r, shelf, u->fault);
	if (e == 0 && !u->only_look)
		e = point(u, "upgrade-noted");
	return e;
}

/* ---- one database ---- */

static void say_waiting(const struct upgrading *u)
{
	char text[100];
	unsigned n = segments_waiting(u->r->dir);
	if (n == 0)
		return;
	snprintf(text, sizeof(text),
		 "incoming: %u segment%s, taken in first and not counted here", n,
		 n == 1 ? " waits" : "s wait");
	say(u, text);
}

static int all_shelves(struct upgrading *u)
{
	struct engine *e = &u->r->engine;
	int r = u->only_look ? 0 : rocks_drain(e, u->fault);
	if (r == 0 && !u->only_look)
		r = point(u, "upgrade-drained");
	if (r == 0 && u->only_look)
		say_waiting(u);
	if (r == 0)
		r = e->ops->shelves(e, upgrade_shelf, u, u->fault);
	return r;
}

/* Segments that came meanwhile are in the older form, and belong in before FORMAT. */
static int upgrade_one(struct upgrading *u)
{
	int e = u->only_look ? 0 : rocks_need_lock(u->r, u->fault);
	if (e == 0)
		e = all_shelves(u);
	for (int i = 0; e == 0 && !u->only_look && segments_waiting(u->r->dir); i++)
		e = i < TURNS ? all_shelves(u)
			      : fault_set(u->fault, YORE_EAGAIN,
					  "%s: something is written to it all the time; "
					  "end what writes and try again",
					  u->r->dir);
	if (e < 0 || u->only_look)
		return e;
	e = point(u, "upgrade-format");
	return e < 0 ? e : rocks_put_format(u->r->dir, FORMAT_VERSION, u->fault);
}

static int open_older(const char *dir, bool only_look, struct fault *f,
		      struct rocks **ret)
{
	struct store_options o = {.write = !only_look, .older = true};
	struct engine *engine = NULL;
	int e = rocks_open(dir, &o, f, &engine);
	*ret = (struct rocks *)engine;
	return e;
}

static int upgrade_opened(struct upgrading *u)
{
	if (u->r->format < u->sum->from)
		u->sum->from = u->r->format;
	return u->r->format < FORMAT_VERSION ? upgrade_one(u) : 0;
}

static int upgrade_stage(const char *dir, const char *stage, const struct upgrading *from)
{
	struct upgrading u = *from;
	u.stage = stage;
	int e = open_older(dir, u.only_look, u.fault, &u.r);
	if (e < 0)
		return e;
	e = upgrade_opened(&u);
	u.r->engine.ops->close(&u.r->engine);
	return e;
}

/* Each is a database of its own, and would be refused when it is promoted. */
static int upgrade_stages(const char *dir, struct upgrading *u)
{
	char path[ROCKS_PATH], format[ROCKS_PATH + 16];
	snprintf(path, sizeof(path), "%.3500s/stage", dir);
	size_t n = strlen(path);
	DIR *d = opendir(path);
	struct dirent *e;
	int r = 0;
	while (d && r == 0 && (e = readdir(d))) {
		snprintf(path + n, sizeof(path) - n, "/%.255s", e->d_name);
		snprintf(format, sizeof(format), "%s/FORMAT", path);
		if (e->d_name[0] != '.' && io_exists(format))
			r = upgrade_stage(path, e->d_name, u);
	}
	if (d)
		closedir(d);
	return r;
}

/* With the lock if there is anything to do, before anything is done in the stages. */
static int open_history(const char *dir, struct upgrading *u)
{
	int e = open_older(dir, true, u->fault, &u->r);
	if (e < 0 || u->only_look || u->r->format == FORMAT_VERSION)
		return e;
	u->r->engine.ops->close(&u->r->engine);
	e = open_older(dir, false, u->fault, &u->r);
	if (e < 0)
		return e;
	e = rocks_need_lock(u->r, u->fault);
	if (e < 0)
		u->r->engine.ops->close(&u->r->engine);
	return e;
}

int store_upgrade(const char *dir, bool only_look, say_fn say_to, void *arg,
		  struct upgrade *ret, struct fault *f)
{
	struct upgrading u = {
	    .only_look = only_look, .say = say_to, .arg = arg, .sum = ret, .fault = f};
	*ret = (struct upgrade){.from = FORMAT_VERSION, .to = FORMAT_VERSION};
	if (strlen(dir) >= ROCKS_PATH - 600)
		return fault_set(f, YORE_ELIMIT, "path too long: %.80s...", dir);
	int e = open_history(dir, &u);
	if (e < 0)
		return e;
	e = upgrade_stages(dir, &u);
	if (e == 0)
		e = upgrade_opened(&u);
	u.r->engine.ops->close(&u.r->engine);
	return e;
}
