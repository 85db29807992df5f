/*
 * Where a backup may be written: an empty folder, or an earlier backup that this database
 * goes on from. Anything else would take a copy away that somebody may still need: of
 * another database, or of this one from before it was restored to an older state.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

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
	size_t shelves, common; /* of the history, in the copy; in both */
};

static int is_named(const char *shelf, void *arg)
{
	return strcmp(shelf, arg) == 0 ? YORE_EEXIST : 0;
}

static int refuse(const struct comparing *c, const char *shelf, const char *input)
{
	return fault_set(c->fault, YORE_EREFUSED,
			 "%s holds what this database does not (%s: '%.120s'): it is of "
			 "another one, or newer; nothing was written; choose another "
			 "folder",
			 c->to, shelf, input);
}

/* Every input of the copy has to stand here as far, or farther. */
static int compare_shelf(const char *shelf, void *arg)
{
	struct comparing *c = arg;
	struct stand s = {0};
	if (!shelf_is_history(shelf))
		return 0;
	c->shelves++;
	if (c->here->ops->shelves(c->here, is_named, (void *)(uintptr_t)shelf, NULL) == 0)
		return 0; /* dropped here since then */
	c->common++;
	int r = stand_read(c->copy, shelf, &s, NULL);
	if (r < 0) /* a damaged copy is what a new one is made for */
		r = 0;
	for (size_t i = 0; i < s.count && r == 0; i++) {
		struct ledger_entry now;
		r = ledger_last(c->here, shelf, &s.at[i].input, NULL, &now, c->fault);
		if (r == 0 || (r == 1 && now.to.packets < s.at[i].to.packets))
			r = refuse(c, shelf, s.at[i].name);
		else if (r == 1)
			r = 0;
	}
	stand_release(&s);
	return r;
}

static int check_earlier(struct rocks *r, const char *to, struct fault *f)
{
	struct store_options reading = {0};
	struct comparing c = {.here = &r->engine, .to = to, .fault = f};
	if (rocks_open(to, &reading, NULL, &c.copy) < 0)
		return 0; /* the first one did not get that far */
	int e = c.copy->ops->shelves(c.copy, compare_shelf, &c, f);
	if (e == 0 && c.shelves && c.common == 0)
		e = fault_set(f, YORE_EREFUSED,
			      "%s has no year in common with this database: it is of "
			      "another one; nothing was written; choose another folder",
			      to);
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
