/*
 * A shelf without some of its rows: written anew beside the old one, which then gives
 * its place up in one exchange of names. What is erased is then really gone, and not
 * hidden under a mark until some compaction.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "store/rocks.h"

struct writing {
	struct shelf_iter *it;
	keep_fn keep;
	void *arg;
	lost_fn lost;
	int64_t removed;
	struct fault *fault;
};

/* The next row; over what is known to be missing, and with a lost_fn over damage. */
static int next_row(struct writing *w, struct bytes *key, struct bytes *value)
{
	for (;;) {
		int r = w->it->ops->next(w->it, key, value);
		if (r >= 0)
			return r;
		if (r == YORE_ECORRUPT && w->it->noted)
			continue;
		if (r != YORE_ECORRUPT || w->lost == NULL)
			return fault_set(w->fault, r, "%s; nothing was removed",
					 w->it->fault.text);
		r = w->lost(w->it, w->arg);
		if (r < 0)
			return r;
		w->removed++;
	}
}

/* How many rows would go; stops at the first unless all are wanted. */
static int64_t count_gone(struct writing *w, bool first_only)
{
	struct bytes key, value;
	int64_t n = 0;
	int r;
	while ((r = next_row(w, &key, &value)) == 1) {
		n += !w->keep(key, value, w->arg);
		if (n && first_only)
			return n;
	}
	return r < 0 ? r : n;
}

static int open_rows(struct rocks *r, const char *shelf, struct writing *w)
{
	struct stretch all = {.lo = BYTES_LIT(""), .whole = true};
	return r->engine.ops->iter(&r->engine, shelf, &all, w->fault, &w->it);
}

static int put_rows(rocksdb_sstfilewriter_t *out, struct writing *w, char **err,
		    uint64_t *kept)
{
	struct bytes key, value;
	int r;
	while ((r = next_row(w, &key, &value)) == 1) {
		if (w->keep && !w->keep(key, value, w->arg)) {
			w->removed++;
			continue;
		}
		rocksdb_sstfilewriter_put(out, (const char *)key.at, key.len,
					  (const char *)value.at, value.len, err);
		if (*err)
			return YORE_EIO;
		++*kept;
	}
	return r;
}

static int write_file(const char *path, rocksdb_options_t *o, struct writing *w,
		      uint64_t *kept)
{
	char *err = NULL;
	rocksdb_envoptions_t *env = rocksdb_envoptions_create();
	rocksdb_sstfilewriter_t *out = rocksdb_sstfilewriter_create(env, o);
	int r = 0;
	rocksdb_sstfilewriter_open(out, path, &err);
	if (err == NULL)
		r = put_rows(out, w, &err, kept);
	if (err == NULL && r == 0 && *kept)
		rocksdb_sstfilewriter_finish(out, &err);
	rocksdb_sstfilewriter_destroy(out);
	rocksdb_envoptions_destroy(env);
	return err ? rocks_error(err, w->fault, "cannot be written", path) : r;
}

/* A database in folder with this one file in it. */
static int make_shelf(const char *folder, const char *file, rocksdb_options_t *o,
		      uint64_t kept, struct fault *f)
{
	char *err = NULL;
	rocksdb_options_set_create_if_missing(o, 1);
	rocks_log_to_memory(o);
	rocksdb_t *db = rocksdb_open(o, folder, &err);
	rocks_log_remove(folder);
	if (err)
		return rocks_error(err, f, "cannot be made", folder);
	if (kept)
		err = rocks_take_file(db, file);
	rocksdb_close(db);
	return err ? rocks_error(err, f, "cannot take rows in", folder)
		   : io_fsync_path(folder, f);
}

static int exchange(struct rocks *r, const char *shelf, const char *made, struct fault *f)
{
	char old[ROCKS_PATH];
	struct stat st;
	snprintf(old, sizeof(old), "%s/%s", r->dir, shelf);
	if (stat(old, &st) == 0)
		chmod(made, st.st_mode & 0777);
	int e = io_point("rewrite-made");
	if (e < 0)
		return fault_set(f, e, "stopped at rewrite-made; nothing was removed");
	rocks_retire(r, shelf);
	if (renameat2(AT_FDCWD, made, AT_FDCWD, old, RENAME_EXCHANGE) < 0)
		return fault_set(f, yore_error_of_errno(errno),
				 "cannot put the new %s in its place: %s; nothing was "
				 "removed",
				 shelf, strerror(errno));
	e = io_fsync_path(r->dir, f);
	rocks_retire(r, shelf);
	(void)!io_point("rewrite-exchanged");
	return e;
}

static int rewrite(struct rocks *r, const char *shelf, struct writing *w)
{
	char folder[ROCKS_PATH], file[ROCKS_PATH], apart[ROCKS_PATH];
	uint64_t kept = 0;
	snprintf(folder, sizeof(folder), "%s/incoming/.rewrite-%s", r->dir, shelf);
	snprintf(apart, sizeof(apart), "%s/incoming/.rewrite-%s.d", r->dir, shelf);
	snprintf(file, sizeof(file), "%s/incoming/.rewrite-%s.d/rows.sst", r->dir, shelf);
	int e = shelf_is_no_link(r->dir, shelf, w->fault);
	if (e < 0)
		return e;
	io_remove_tree(folder, NULL);
	io_remove_tree(apart, NULL);
	/* nobody else may look at it, whatever shelf it is of */
	if (mkdir(apart, 0700) < 0 || mkdir(folder, 0700) < 0)
		return fault_set(w->fault, yore_error_of_errno(errno),
				 "cannot make %s: %s; nothing was removed", apart,
				 strerror(errno));
	e = w->it ? 0 : open_rows(r, shelf, w);
	if (e < 0)
		return e;
	rocksdb_options_t *o = rocks_options(NULL);
	e = write_file(file, o, w, &kept);
	w->it->ops->close(w->it);
	w->it = NULL;
	if (e == 0)
		e = make_shelf(folder, file, o, kept, w->fault);
	rocksdb_options_destroy(o);
	if (e == 0)
		e = exchange(r, shelf, folder, w->fault);
	io_remove_tree(apart, NULL);
	io_remove_tree(folder, NULL); /* the old one, or what did not become a new one */
	return e;
}

int64_t rocks_rewrite(struct engine *engine, const char *shelf, keep_fn keep, void *arg,
		      struct fault *f)
{
	struct rocks *r = (struct rocks *)engine;
	struct writing w = {.keep = keep, .arg = arg, .fault = f};
	int64_t e = rocks_need_lock(r, f);
	if (e < 0)
		return e;
	/* names that a crash left, or that are being merged, must not outlive it */
	pthread_mutex_lock(&r->names.lock);
	pthread_mutex_lock(&r->ingest_lock);
	rocks_names_tidy(r, shelf);
	e = open_rows(r, shelf, &w);
	if (e == 0) {
		e = count_gone(&w, true);
		w.it->ops->close(w.it);
		w.it = NULL;
	}
	if (e > 0)
		e = rewrite(r, shelf, &w);
	pthread_mutex_unlock(&r->ingest_lock);
	pthread_mutex_unlock(&r->names.lock);
	if (e == 0 && w.removed && shelf_is_history(shelf))
		(void)!rocks_names_make(r, shelf, NULL); /* or later, in the background */
	return e < 0 ? e : w.removed;
}

int64_t rocks_rewrite_readable(struct rocks *r, const char *shelf, lost_fn lost,
			       void *arg, struct fault *f)
{
	struct writing w = {.lost = lost, .arg = arg, .fault = f};
	int e = rewrite(r, shelf, &w);
	return e < 0 ? e : w.removed;
}

int rocks_rewrite_from(struct rocks *r, const char *shelf, struct shelf_iter *rows,
		       struct fault *f)
{
	struct writing w = {.it = rows, .fault = f};
	int e = rewrite(r, shelf, &w);
	if (w.it)
		w.it->ops->close(w.it);
	return e;
}

/* ---- what must not come back ---- */

static void list_path(const struct rocks *r, char ret[ROCKS_PATH])
{
	snprintf(ret, ROCKS_PATH, "%s/suppressed", r->dir);
}

/* The list as it is now. An empty one when there is none. */
int rocks_erased(const struct rocks *r, struct erased *ret, struct fault *f)
{
	char path[ROCKS_PATH];
	struct buf b;
	memset(ret, 0, sizeof(*ret));
	list_path(r, path);
	if (!io_exists(path))
		return 0;
	int e = io_read_file(path, SUPPRESSED_MAX, &b, f);
	if (e < 0)
		return e;
	bool empty = b.len == 0; /* one that was written has a heading, or a line */
	e = empty ? YORE_ECORRUPT : erased_read(buf_bytes(&b), ret);
	buf_release(&b);
	if (empty)
		return fault_set(f, e,
				 "%s is empty, so what was erased is not known; nothing "
				 "can be written until it is restored from a backup",
				 path);
	if (e == YORE_EVERSION)
		return fault_set(f, e,
				 "%s: a newer program wrote this list; nothing can be "
				 "written without all of it: use that program",
				 path);
	return e < 0 ? fault_set(f, e,
				 "%s: a line is none of: name N, zone N, range A-B, "
				 "client ~P; nothing can be written until it is mended",
				 path)
		     : 0;
}

int rocks_erased_here(struct engine *e, struct erased *ret, struct fault *f)
{
	return rocks_erased((const struct rocks *)e, ret, f);
}

int store_inherit_erased(const char *from, const char *dir, struct fault *f)
{
	char theirs[ROCKS_PATH], own[ROCKS_PATH];
	struct buf b;
	if (strlen(from) >= ROCKS_PATH - 300 || strlen(dir) >= ROCKS_PATH - 300)
		return fault_set(f, YORE_ELIMIT, "path too long: %.80s...", dir);
	snprintf(theirs, sizeof(theirs), "%s/suppressed", from);
	snprintf(own, sizeof(own), "%s/suppressed", dir);
	if (!io_exists(theirs) || io_exists(own))
		return 0;
	int e = io_mkdirs(dir, 0777, f);
	if (e == 0)
		e = io_read_file(theirs, SUPPRESSED_MAX, &b, f);
	if (e < 0)
		return e;
	e = io_replace(own, buf_bytes(&b), 0600, f);
	buf_release(&b);
	return e;
}

int rocks_suppress(struct engine *engine, const struct erasure *what, size_t count,
		   struct fault *f)
{
	struct rocks *r = (struct rocks *)engine;
	char path[ROCKS_PATH];
	struct buf old, b;
	struct erased now;
	int e = rocks_need_lock(r, f);
	if (e < 0)
		return e;
	list_path(r, path);
	buf_init(&b, SUPPRESSED_MAX);
	buf_init(&old, SUPPRESSED_MAX);
	pthread_mutex_lock(&r->ingest_lock);
	e = rocks_erased(r, &now, f); /* what cannot be read is not written over */
	erased_release(&now);
	if (e == 0 && io_exists(path))
		e = io_read_file(path, SUPPRESSED_MAX, &old, f);
	if (e == 0 && (e = erased_put(&b, buf_bytes(&old), what, count)) == 0)
		e = io_replace(path, buf_bytes(&b), 0600, f);
	pthread_mutex_unlock(&r->ingest_lock);
	buf_release(&old);
	buf_release(&b);
	return e == 0 ? rocks_drain(engine, f) : e;
}
