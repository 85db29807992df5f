/*
 * Where a backup may be written: an empty folder, or an earlier backup that this database
 * goes on from. Anything else would take a copy away that somebody may still need: of
 * another database, or of this one from before it was restored to an older state.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/io.h"
#include "store/ledger.h"
#include "store/rocks.h"
#include "store/stand.h"

/* The path without links; of what is not there yet by what it will lie in. */
static bool real_path(const char *path, char ret[PATH_MAX])
{
	char up[ROCKS_PATH];
	if (realpath(path, ret))
		return true;
	snprintf(up, sizeof(up), "%s", path);
	char *slash = strrchr(up, '/');
	if (slash == NULL)
		return realpath(".", ret) != NULL;
	if (slash == up)
		return realpath("/", ret) != NULL;
	*slash = 0;
	return real_path(up, ret);
}

/* A copy inside of it would be copied along, dropped with a stage, or be taken for one.
 */
static int check_place(const struct rocks *r, const char *to, struct fault *f)
{
	char from[PATH_MAX], target[PATH_MAX];
	if (!realpath(r->dir, from) || !real_path(to, target))
		return 0; /* what is wrong there is said by whoever opens it */
	size_t n = strlen(from);
	if (strncmp(from, target, n) != 0 || (target[n] != 0 && target[n] != '/'))
		return 0;
	return fault_set(f, YORE_EREFUSED,
			 "%s lies inside the database %s; nothing was written; choose a "
			 "folder outside of it, best on another disk",
			 to, r->dir);
}

/* ---- an earlier copy ---- */

struct comparing {
	struct engine *here, *copy;
	const char *to;
	struct fault *fault;
	int oldest;		/* year here; 0: none */
	char gone[SHELF_MAX];	/* of the copy, not here, and older than all that is */
	size_t shelves, common; /* of the history, in the copy; in both */
	bool proven;		/* both were once the same database */
};

static int is_named(const char *shelf, void *arg)
{
	return strcmp(shelf, arg) == 0 ? YORE_EEXIST : 0;
}

static int note_oldest(const char *shelf, void *arg)
{
	int *oldest = arg, year = shelf_year(shelf);
	if (year && (*oldest == 0 || year < *oldest))
		*oldest = year;
	return 0;
}

static int refuse(const struct comparing *c, const char *shelf, const char *input)
{
	return fault_set(c->fault, YORE_EREFUSED,
			 "%s holds what this database does not (%s: '%.120s'): it is of "
			 "another one, or newer; nothing was written; choose another "
			 "folder",
			 c->to, shelf, input);
}

static int refuse_unread(const struct comparing *c, const char *why)
{
	return fault_set(c->fault, YORE_EREFUSED,
			 "%s is an earlier backup, and what it holds cannot be told "
			 "(%.300s); nothing was written; choose another folder",
			 c->to, why);
}

bool rocks_is_gone(const char *dir, const char *shelf)
{
	char path[ROCKS_PATH + 256];
	struct stat st;
	snprintf(path, sizeof(path), "%s/%.200s", dir, shelf);
	return lstat(path, &st) < 0 && errno == ENOENT;
}

/* What expires are the oldest years: the copy forgets them, too. */
static int note_gone(struct comparing *c, const char *shelf)
{
	const char *dir = c->here->ops->folder(c->here);
	int year = shelf_year(shelf);
	if (!rocks_is_gone(dir, shelf))
		return fault_set(c->fault, YORE_EREFUSED,
				 "%s/%s cannot be reached, and %s has it; nothing was "
				 "written; bring it back first",
				 dir, shelf, c->to);
	if (year == 0 || year >= c->oldest)
		return fault_set(c->fault, YORE_EREFUSED,
				 "%s holds %s, which this database does not: it is of "
				 "another one, or newer; nothing was written; choose "
				 "another folder",
				 c->to, shelf);
	snprintf(c->gone, sizeof(c->gone), "%s", shelf);
	return 0;
}

/* Merged, the same content has the same origin wherever that is done. */
static bool is_same_run(const struct segment_name *a, const struct segment_name *b)
{
	static const uint8_t merged[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	return memcmp(a->origin, b->origin, sizeof(a->origin)) == 0 &&
	       memcmp(a->origin, merged, sizeof(merged)) != 0;
}

/* Were both commits made by one run of the program, and so in one database? 1, 0. */
static int look_for_proof(struct comparing *c, const char *shelf,
			  const struct input_id *input, const struct segment_name *by)
{
	struct segment_name of_copy, here;
	struct ledger_entry last;
	int r = ledger_last(c->copy, shelf, input, &of_copy, &last, c->fault);
	if (r <= 0 || is_same_run(&of_copy, by))
		return r;
	r = ledger_commit_by(c->copy, shelf, &last, &of_copy, c->fault);
	if (r == 1)
		r = ledger_commit_by(c->here, shelf, &last, &here, c->fault);
	return r == 1 ? is_same_run(&of_copy, &here) : r;
}

static int compare_input(struct comparing *c, const char *shelf,
			 const struct ledger_entry *then)
{
	struct ledger_entry now;
	struct segment_name by;
	int r = ledger_last(c->here, shelf, &then->input, &by, &now, c->fault);
	if (r < 0)
		return r;
	if (r == 0 || now.to.packets < then->to.packets)
		return refuse(c, shelf, then->name);
	if (c->proven)
		return 0;
	r = look_for_proof(c, shelf, &then->input, &by);
	c->proven = r == 1;
	return r < 0 ? r : 0;
}

/* Every input of the copy has to stand here as far, or farther. */
static int compare_shelf(const char *shelf, void *arg)
{
	struct comparing *c = arg;
	struct stand s = {0};
	struct fault why = {0};
	if (!shelf_is_history(shelf))
		return 0;
	c->shelves++;
	if (c->here->ops->shelves(c->here, is_named, (void *)(uintptr_t)shelf, NULL) == 0)
		return note_gone(c, shelf);
	c->common++;
	int r = stand_read(c->copy, shelf, &s, &why);
	if (r < 0)
		r = refuse_unread(c, why.text);
	for (size_t i = 0; i < s.count && r == 0; i++)
		r = compare_input(c, shelf, &s.at[i]);
	stand_release(&s);
	return r;
}

static int compare_all(struct comparing *c)
{
	int r = c->here->ops->shelves(c->here, note_oldest, &c->oldest, c->fault);
	if (r == 0)
		r = c->copy->ops->shelves(c->copy, compare_shelf, c, c->fault);
	if (r < 0)
		return r;
	if (c->shelves && c->common == 0)
		return fault_set(c->fault, YORE_EREFUSED,
				 "%s has no year in common with this database: it is of "
				 "another one, or all of its years were dropped here; "
				 "nothing was written; choose another folder",
				 c->to);
	if (c->gone[0] && !c->proven)
		return fault_set(c->fault, YORE_EREFUSED,
				 "%s holds %s, and nothing shows that this database ever "
				 "did; nothing was written; choose another folder",
				 c->to, c->gone);
	return 0;
}

bool rocks_is_begun(const char *to)
{
	char path[ROCKS_PATH + 16];
	struct buf b;
	snprintf(path, sizeof(path), "%s/BACKUP", to);
	if (!io_exists(path) || io_read_file(path, 64, &b, NULL) < 0)
		return false;
	bool begun = bytes_equal(buf_bytes(&b), BYTES_LIT(BACKUP_BEGUN));
	buf_release(&b);
	return begun;
}

/* Has it nothing but this file? */
static bool is_first(const char *to)
{
	char path[ROCKS_PATH + 16];
	snprintf(path, sizeof(path), "%s/FORMAT", to);
	return rocks_is_begun(to) && !io_exists(path);
}

static int check_earlier(struct rocks *r, const char *to, struct fault *f)
{
	struct store_options reading = {0};
	struct comparing c = {.here = &r->engine, .to = to, .fault = f};
	struct fault why = {0};
	if (is_first(to))
		return 0;
	if (rocks_open(to, &reading, &why, &c.copy) < 0)
		return refuse_unread(&c, why.text);
	int e = compare_all(&c);
	c.copy->ops->close(c.copy);
	return e;
}

int rocks_backup_target(struct rocks *r, const char *to, struct fault *f)
{
	char path[ROCKS_PATH + 16];
	if (strlen(to) >= ROCKS_PATH - 300)
		return fault_set(f, YORE_ELIMIT, "path too long: %.80s...", to);
	int e = check_place(r, to, f);
	snprintf(path, sizeof(path), "%s/BACKUP", to);
	return e == 0 && io_exists(path) ? check_earlier(r, to, f) : e;
}

int store_need_whole(const struct store *s, struct fault *f)
{
	const char *dir = store_folder(s);
	if (dir == NULL || strlen(dir) >= ROCKS_PATH || !rocks_is_begun(dir))
		return 0;
	return fault_set(
	    f, YORE_EREFUSED,
	    "%s is a backup that is not finished, its years are of different "
	    "moments: back up into it once more",
	    dir);
}
