/* Which shelves there are, and their handles. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/io.h"
#include "base/log.h"
#include "store/names_runs.h"
#include "store/rocks.h"

#define OPEN_TRIES 8
#define RENEW_MOST 64
#define ASIDE_MOST 1000 /* files of one shelf that are set aside at once */

int64_t rocks_now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- handles ---- */

static void handle_close(struct handle *h)
{
	rocks_spares_free(h);
	names_runs_put(h->names);
	kept_free(h->rocks, h->kept);
	if (h->db)
		rocksdb_close(h->db);
	if (h->options)
		rocksdb_options_destroy(h->options);
	aside_release(&h->aside);
	pthread_mutex_destroy(&h->spare_lock);
	free(h);
}

void rocks_put(struct handle *h)
{
	if (h && atomic_fetch_sub(&h->users, 1) == 1)
		handle_close(h);
}

/*
 * How far the owner's journal is: the name of it (in CURRENT) and its length. 0: cannot
 * be told. Any change is news.
 */
static uint64_t journal_of(const char *path)
{
	char file[ROCKS_PATH + 300];
	struct buf b;
	struct stat st;
	snprintf(file, sizeof(file), "%s/CURRENT", path);
	if (io_read_file(file, 200, &b, NULL) < 0)
		return 0;
	snprintf(file, sizeof(file), "%s/%.*s", path, (int)strcspn(buf_str(&b), "\n"),
		 buf_str(&b));
	uint64_t h = hash_fixed(b.at, b.len, 1);
	buf_release(&b);
	return stat(file, &st) == 0 ? hash_mix(h, (uint64_t)st.st_size) | 1 : 0;
}

/*
 * Read-only, and anew when there is news. (What the engine calls a secondary would follow
 * by itself, but it takes a file that it cannot read for one that is not there yet, and
 * answers without it and without a word.) The owner may just have replaced a file: then
 * its journal has moved on, and it is tried once more.
 */
static int open_follower(struct handle *h, const char *path, struct fault *f)
{
	for (int try = 0;; try++) {
		char *err = NULL;
		h->journal = journal_of(path);
		h->db = rocksdb_open_for_read_only(h->options, path, 0, &err);
		if (err == NULL)
			return 0;
		h->db = NULL;
		if (try == OPEN_TRIES || strstr(err, "No such file") == NULL ||
		    journal_of(path) == h->journal)
			return rocks_error(err, f, "cannot be read", path);
		rocksdb_free(err);
	}
}

/* ".../000012.sst: No such file": its number; 0 when the message is another one. */
static unsigned long missing_file(const char *message)
{
	return strstr(message, "No such file") ? aside_named(message) : 0;
}

static bool try_open(struct handle *h, const char *path, char **err)
{
	rocks_log_to_memory(h->options);
	h->db = rocksdb_open(h->options, path, err);
	if (*err && strstr(*err, MEMORY_FOLDER)) {
		/* out of reach behind a sandbox: then beside the shelf */
		rocksdb_free(*err);
		*err = NULL;
		rocksdb_options_set_db_log_dir(h->options, "");
		h->db = rocksdb_open(h->options, path, err);
	}
	rocks_log_remove(path);
	if (*err)
		h->db = NULL;
	return h->db != NULL;
}

/* Does a waiting segment of this shelf fit as the missing file? Opening tells. */
static bool give_back(struct rocks *r, struct handle *h, const char *path,
		      const char *segment, unsigned long number)
{
	char folder[ROCKS_PATH + 300], rows[ROCKS_PATH + 320], to[ROCKS_PATH + 32];
	struct segment s;
	snprintf(folder, sizeof(folder), "%s/incoming/%.255s", r->dir, segment);
	snprintf(rows, sizeof(rows), "%s/%s", folder, SEGMENT_ROWS);
	snprintf(to, sizeof(to), "%s/%06lu.sst", path, number);
	if (segment_read(folder, &s, NULL) < 0)
		return false;
	bool fits = strcmp(s.meta.shelf, h->shelf) == 0 && link(rows, to) == 0;
	segment_release(&s);
	if (!fits)
		return false;
	char *err = NULL;
	if (io_fsync_path(path, NULL) == 0 && try_open(h, path, &err))
		return true;
	rocksdb_free(err);
	(void)unlink(to);
	return false;
}

/*
 * An ingestion whose last sync failed can leave a journal that names a file, and the
 * file removed. It is still in incoming/.
 */
static bool recover(struct rocks *r, struct handle *h, const char *path,
		    unsigned long number)
{
	char incoming[ROCKS_PATH];
	snprintf(incoming, sizeof(incoming), "%s/incoming", r->dir);
	DIR *d = number ? opendir(incoming) : NULL;
	struct dirent *e;
	bool done = false;
	while (d && !done && (e = readdir(d)))
		done = e->d_name[0] != '.' && give_back(r, h, path, e->d_name, number);
	if (d)
		closedir(d);
	return done;
}

/* NULL, or the message. */
static char *open_whole(struct rocks *r, struct handle *h, const char *path)
{
	char *err = NULL;
	if (try_open(h, path, &err) || !recover(r, h, path, missing_file(err)))
		return err;
	rocksdb_free(err);
	return NULL;
}

/* It will be no better the next time, as it may be after an error of the disk. */
static bool is_beyond_reading(const char *message)
{
	return strstr(message, "Corruption") || missing_file(message);
}

static int open_owner(struct rocks *r, struct handle *h, const char *path, bool create,
		      struct fault *f)
{
	if (create && mkdir(path, shelf_is_history(h->shelf) ? 0777 : 0700) < 0 &&
	    errno != EEXIST)
		return fault_set(f, yore_error_of_errno(errno), "cannot make %s: %s",
				 path, strerror(errno));
	rocksdb_options_set_create_if_missing(h->options, create);
	h->owner = true;
	char *err = open_whole(r, h, path);
	for (int i = 0; err && i < ASIDE_MOST && is_beyond_reading(err); i++) {
		char said[ASIDE_SAID];
		if (aside_file(r->dir, h->shelf, h->options, err, said, f) < 0)
			break;
		log_warn("%s", said);
		atomic_fetch_add(&r->aside_at_opening, 1);
		rocksdb_free(err);
		err = open_whole(r, h, path);
	}
	if (err)
		return rocks_error(err, f, "cannot be opened", path);
	return create ? io_fsync_path(r->dir, f) : 0;
}

static int handle_open(struct rocks *r, const char *shelf, bool create, struct fault *f,
		       struct handle **ret)
{
	char path[ROCKS_PATH];
	struct handle *h = calloc(1, sizeof(*h));
	if (h == NULL)
		return fault_set(f, YORE_ENOMEM, "%s: out of memory", shelf);
	snprintf(path, sizeof(path), "%s/%s", r->dir, shelf);
	snprintf(h->shelf, sizeof(h->shelf), "%s", shelf);
	h->users = 1;
	h->rocks = r;
	pthread_mutex_init(&h->spare_lock, NULL);
	h->options = rocks_options(r);
	struct stat st;
	h->inode = stat(path, &st) == 0 ? (uint64_t)st.st_ino : 0;
	int e = r->holder ? open_owner(r, h, path, create, f) : open_follower(h, path, f);
	if (e == 0)
		e = aside_read(r->dir, shelf, &h->aside, f);
	if (e < 0) {
		handle_close(h);
		return e;
	}
	*ret = h;
	return 0;
}

/* ---- the table of shelves ---- */

static size_t place_of(const struct rocks *r, const char *shelf)
{
	size_t i = 0;
	while (i < r->slot_count && strcmp(r->slots[i].shelf, shelf) < 0)
		i++;
	return i;
}

static struct slot *find_slot(struct rocks *r, const char *shelf)
{
	size_t i = place_of(r, shelf);
	return i < r->slot_count && strcmp(r->slots[i].shelf, shelf) == 0 ? &r->slots[i]
									  : NULL;
}

static struct slot *add_slot(struct rocks *r, const char *shelf)
{
	struct slot *s = find_slot(r, shelf);
	if (s)
		return s;
	struct slot *more = realloc(r->slots, (r->slot_count + 1) * sizeof(*more));
	if (more == NULL)
		return NULL;
	r->slots = more;
	size_t at = place_of(r, shelf);
	memmove(&more[at + 1], &more[at], (r->slot_count - at) * sizeof(*more));
	r->slot_count++;
	more[at] = (struct slot){0};
	snprintf(more[at].shelf, sizeof(more[at].shelf), "%s", shelf);
	return &more[at];
}

static void remove_slot(struct rocks *r, struct slot *s)
{
	size_t at = (size_t)(s - r->slots);
	rocks_put(s->handle);
	memmove(s, s + 1, (r->slot_count - 1 - at) * sizeof(*s));
	r->slot_count--;
}

static bool is_shelf(const struct rocks *r, const char *name)
{
	char path[ROCKS_PATH];
	if (!shelf_name_good(name))
		return false;
	snprintf(path, sizeof(path), "%s/%s/CURRENT", r->dir, name);
	/* one that may not be looked into is there: opening it will say why it fails */
	return io_exists(path) || errno == EACCES;
}

static int look_for_new(struct rocks *r, struct fault *f)
{
	DIR *d = opendir(r->dir);
	if (d == NULL)
		return fault_set(f, yore_error_of_errno(errno), "cannot read %s: %s",
				 r->dir, strerror(errno));
	struct dirent *e;
	int result = 0;
	while (result == 0 && (e = readdir(d)))
		if (!find_slot(r, e->d_name) && is_shelf(r, e->d_name) &&
		    add_slot(r, e->d_name) == NULL)
			result = fault_set(f, YORE_ENOMEM, "%s: out of memory", r->dir);
	closedir(d);
	return result;
}

/* A follower whose shelf has moved on, or is another one by now. */
static bool is_behind(const struct rocks *r, const struct slot *s)
{
	char path[ROCKS_PATH];
	struct stat st;
	snprintf(path, sizeof(path), "%s/%s", r->dir, s->shelf);
	return s->handle && !s->handle->owner &&
	       (stat(path, &st) < 0 || s->handle->inode != (uint64_t)st.st_ino ||
		s->handle->journal != journal_of(path));
}

/* Damage stays what it is until something else lies there, which is looked for cheaply;
   a file that somebody has put back is seen a little later. */
static void reconsider(const struct rocks *r, struct slot *s)
{
	char path[ROCKS_PATH];
	snprintf(path, sizeof(path), "%s/%s", r->dir, s->shelf);
	if (s->error &&
	    (rocks_now_us() - s->failed_us > RETRY_US || journal_of(path) != s->journal))
		s->error = 0;
}

/* It is opened anew when it is asked next. */
static void catch_up(struct rocks *r, struct slot *s)
{
	if (is_behind(r, s)) {
		rocks_put(s->handle);
		s->handle = NULL;
	}
	reconsider(r, s);
}

int rocks_look(struct rocks *r, struct fault *f)
{
	int e = 0;
	pthread_mutex_lock(&r->table_lock);
	int64_t now = rocks_now_us();
	bool due = r->looked_us == 0 || (!r->steady && now - r->looked_us > REFRESH_US);
	if (due) {
		r->looked_us = now;
		for (size_t i = r->slot_count; i-- > 0;) {
			if (is_shelf(r, r->slots[i].shelf))
				catch_up(r, &r->slots[i]);
			else
				remove_slot(r, &r->slots[i]);
		}
		e = look_for_new(r, f);
	}
	pthread_mutex_unlock(&r->table_lock);
	return e;
}

/* The new handle takes the place of the old one, on which cursors go on. */
static void replace(struct rocks *r, const char *shelf, struct handle *fresh)
{
	pthread_mutex_lock(&r->table_lock);
	struct slot *s = find_slot(r, shelf);
	struct handle *old = s ? s->handle : fresh;
	if (s) {
		s->handle = fresh; /* NULL: who asks next is told why */
		s->error = 0;
	}
	pthread_mutex_unlock(&r->table_lock);
	rocks_put(old);
}

void rocks_renew(struct rocks *r)
{
	char names[RENEW_MOST][SHELF_MAX];
	size_t count = 0;
	pthread_mutex_lock(&r->table_lock);
	for (size_t i = r->slot_count; i-- > 0;) {
		struct slot *s = &r->slots[i];
		if (!is_shelf(r, s->shelf))
			remove_slot(r, s);
		else if (is_behind(r, s) && count < RENEW_MOST)
			memcpy(names[count++], s->shelf, SHELF_MAX);
		else
			reconsider(r, s);
	}
	(void)!look_for_new(r, NULL);
	pthread_mutex_unlock(&r->table_lock);
	for (size_t i = 0; i < count; i++) {
		struct handle *fresh = NULL;
		if (handle_open(r, names[i], false, NULL, &fresh) < 0)
			fresh = NULL;
		replace(r, names[i], fresh);
	}
}

void rocks_news(struct rocks *r)
{
	pthread_mutex_lock(&r->table_lock);
	r->looked_us = 0;
	pthread_mutex_unlock(&r->table_lock);
}

void rocks_retire(struct rocks *r, const char *shelf)
{
	pthread_mutex_lock(&r->table_lock);
	struct slot *s = find_slot(r, shelf);
	/* A cursor may hold it open for a while; nothing else may write to its folder. */
	if (s && s->handle && s->handle->owner)
		rocksdb_cancel_all_background_work(s->handle->db, 1);
	pthread_mutex_unlock(&r->table_lock);
	rocks_forget(r, shelf);
}

void rocks_forget(struct rocks *r, const char *shelf)
{
	pthread_mutex_lock(&r->table_lock);
	for (size_t i = r->slot_count; i-- > 0;)
		if (shelf == NULL || strcmp(r->slots[i].shelf, shelf) == 0)
			remove_slot(r, &r->slots[i]);
	r->looked_us = 0;
	pthread_mutex_unlock(&r->table_lock);
}

static int open_slot(struct rocks *r, struct slot *s, bool create, struct fault *f)
{
	struct fault local = {0};
	if (s->error && !create)
		return fault_set(f, s->error, "%s", s->why);
	char path[ROCKS_PATH];
	int e = handle_open(r, s->shelf, create, &local, &s->handle);
	if (e < 0) {
		snprintf(path, sizeof(path), "%s/%s", r->dir, s->shelf);
		s->journal = journal_of(path);
		s->failed_us = rocks_now_us();
		s->error = e;
		snprintf(s->why, sizeof(s->why), "%.399s", local.text);
		fault_set(f, e, "%s", local.text);
	}
	return e;
}

int rocks_get(struct rocks *r, const char *shelf, bool create, struct fault *f,
	      struct handle **ret)
{
	int e = 0;
	pthread_mutex_lock(&r->table_lock);
	struct slot *s = create ? add_slot(r, shelf) : find_slot(r, shelf);
	if (s == NULL)
		e = fault_set(f, create ? YORE_ENOMEM : YORE_ENOENT, "%s: no such shelf",
			      shelf);
	else if (s->handle == NULL)
		e = open_slot(r, s, create, f);
	if (e == 0) {
		atomic_fetch_add(&s->handle->users, 1);
		*ret = s->handle;
	}
	pthread_mutex_unlock(&r->table_lock);
	return e;
}
