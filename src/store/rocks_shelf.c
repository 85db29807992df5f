/* Which shelves there are, and their handles. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/io.h"
#include "store/journal.h"
#include "store/names_runs.h"
#include "store/rocks.h"

#define RENEW_MOST 64

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
	int e = rocks_open_shelf(r, h, path, create, f);
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
	if (!shelf_name_good(name) || strcmp(name, ASIDE_FOLDER) == 0)
		return false;
	snprintf(path, sizeof(path), "%s/%s/CURRENT", r->dir, name);
	/* one that may not be looked into is there: opening it will say why it fails */
	if (io_exists(path) || errno == EACCES)
		return true;
	snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	return journal_files(path, ".sst", NULL) > 0;
}

bool rocks_any_year(const struct rocks *r, char ret[SHELF_MAX])
{
	DIR *d = opendir(r->dir);
	struct dirent *e;
	bool found = false;
	while (d && !found && (e = readdir(d))) {
		found = shelf_name_good(e->d_name) && shelf_is_history(e->d_name) &&
			is_shelf(r, e->d_name);
		if (found)
			snprintf(ret, SHELF_MAX, "%.31s", e->d_name);
	}
	if (d)
		closedir(d);
	return found;
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
		s->handle->journal != rocks_journal(path));
}

/* Damage stays what it is until something else lies there, which is looked for cheaply;
   a file that somebody has put back is seen a little later. */
static void reconsider(const struct rocks *r, struct slot *s)
{
	char path[ROCKS_PATH];
	snprintf(path, sizeof(path), "%s/%s", r->dir, s->shelf);
	if (s->error && (rocks_now_us() - s->failed_us > RETRY_US ||
			 rocks_journal(path) != s->journal))
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
	if (create)
		reconsider(r, s);
	if (s->error && (!create || s->error == YORE_ECORRUPT))
		return fault_set(f, s->error, "%s", s->why);
	char path[ROCKS_PATH];
	int e = handle_open(r, s->shelf, create, &local, &s->handle);
	if (e < 0) {
		snprintf(path, sizeof(path), "%s/%s", r->dir, s->shelf);
		s->journal = rocks_journal(path);
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
