/*
 * Which files of a shelf cannot be opened, where the engine does not say: each is tried
 * alone, in a folder with a copy of the journal that has let go of all others.
 */
#include <rocksdb/c.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "store/aside.h"
#include "store/journal.h"

#define JOURNAL_MAX (1u << 28)
#define PATH_ROOM 4608

struct trial {
	char shelf[PATH_ROOM],
	    folder[PATH_ROOM]; /* where the files are; where one is tried */
	rocksdb_options_t *options;
	struct journal_file *live;
	size_t count;
};

static int list_files(struct trial *t)
{
	rocksdb_t *db = aside_open(t->shelf, t->options);
	if (db == NULL)
		return YORE_ECORRUPT;
	const rocksdb_livefiles_t *files = rocksdb_livefiles(db);
	int n = rocksdb_livefiles_count(files);
	t->live = calloc((size_t)n + 1, sizeof(*t->live));
	for (int i = 0; i < n && t->live; i++)
		t->live[t->count++] =
		    (struct journal_file){(unsigned)rocksdb_livefiles_level(files, i),
					  aside_named(rocksdb_livefiles_name(files, i))};
	rocksdb_livefiles_destroy(files);
	rocksdb_close(db);
	return t->live ? 0 : YORE_ENOMEM;
}

static int copy_file(const struct trial *t, const char *name)
{
	char from[PATH_ROOM + 80], to[PATH_ROOM + 80];
	struct buf b;
	snprintf(from, sizeof(from), "%s/%s", t->shelf, name);
	snprintf(to, sizeof(to), "%s/%s", t->folder, name);
	int r = io_read_file(from, JOURNAL_MAX, &b, NULL);
	if (r < 0)
		return r;
	r = io_replace(to, buf_bytes(&b), 0600, NULL);
	buf_release(&b);
	return r;
}

/* The folder, with this file and a journal that knows no other one. */
static int lay_out(const struct trial *t, size_t i)
{
	char from[PATH_ROOM + 32], to[PATH_ROOM + 32], name[JOURNAL_NAME];
	struct journal_file one = t->live[i];
	io_remove_tree(t->folder, NULL);
	if (mkdir(t->folder, 0700) < 0)
		return YORE_EIO;
	snprintf(from, sizeof(from), "%s/%06lu.sst", t->shelf, one.number);
	snprintf(to, sizeof(to), "%s/%06lu.sst", t->folder, one.number);
	int r = link(from, to) == 0 ? journal_current(t->shelf, name, NULL) : YORE_EIO;
	if (r == 0)
		r = copy_file(t, name);
	if (r == 0)
		r = copy_file(t, "CURRENT");
	t->live[i] = t->live[t->count - 1];
	if (r == 0)
		r = journal_let_go(t->folder, t->live, t->count - 1, NULL);
	t->live[i] = one;
	return r;
}

/* NULL: it opens, or cannot be tried. */
static char *why_not(const struct trial *t, size_t i)
{
	char *err = NULL;
	if (lay_out(t, i) < 0)
		return NULL;
	rocksdb_t *db = rocksdb_open_for_read_only(t->options, t->folder, 0, &err);
	if (err == NULL)
		rocksdb_close(db);
	return err;
}

unsigned long aside_find(const char *dir, const char *shelf, rocksdb_options_t *o,
			 char message[ASIDE_SAID])
{
	struct trial t = {.options = o};
	unsigned long found = 0;
	snprintf(t.shelf, sizeof(t.shelf), "%.4000s/%.40s", dir, shelf);
	snprintf(t.folder, sizeof(t.folder), "%.4000s/incoming/.rewrite-%.40s.t", dir,
		 shelf);
	int r = list_files(&t);
	for (size_t i = 0; r == 0 && i < t.count && found == 0; i++) {
		char *err = why_not(&t, i);
		if (err == NULL)
			continue;
		found = t.live[i].number;
		char *place = strstr(err, " in file "); /* of the trial */
		if (place)
			*place = 0;
		snprintf(message, ASIDE_SAID, "%.40s/%06lu.sst: %.200s", shelf, found,
			 err);
		rocksdb_free(err);
	}
	io_remove_tree(t.folder, NULL);
	free(t.live);
	return found;
}
