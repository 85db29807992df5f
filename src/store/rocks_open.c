/* Opening a shelf: as its owner, who mends what is in the way, or as one who follows. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/io.h"
#include "base/log.h"
#include "store/journal.h"
#include "store/rocks.h"

#define OPEN_TRIES 8
#define ASIDE_MOST 1000 /* files of one shelf that are set aside at once */

/* It will be no better the next time, as it may be after an error of the disk. */
static bool is_beyond_reading(const char *message)
{
	return strstr(message, "Corruption") || strstr(message, "No such file") ||
	       strstr(message, "does not exist");
}

/*
 * How far the owner's journal is: the name of it (in CURRENT) and its length. 0: cannot
 * be told. Any change is news.
 */
uint64_t rocks_journal(const char *path)
{
	char file[ROCKS_PATH + JOURNAL_NAME], name[JOURNAL_NAME];
	struct stat st;
	if (journal_current(path, name, NULL) < 0)
		return 0;
	snprintf(file, sizeof(file), "%s/%s", path, name);
	uint64_t h = hash_fixed(name, strlen(name), 1);
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
	char *err = NULL;
	for (int try = 0;; try++) {
		h->journal = rocks_journal(path);
		h->db = rocksdb_open_for_read_only(h->options, path, 0, &err);
		if (err == NULL)
			return 0;
		h->db = NULL;
		if (try == OPEN_TRIES || strstr(err, "No such file") == NULL ||
		    rocks_journal(path) == h->journal)
			break;
		rocksdb_free(err);
		err = NULL;
	}
	bool beyond = is_beyond_reading(err);
	int code = rocks_error(err, f, "cannot be read", path);
	if (beyond && f)
		f->code = YORE_ECORRUPT;
	return beyond ? YORE_ECORRUPT : code;
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

/* ---- the name of the journal ---- */

/* Does the journal that CURRENT names now know each sorted file of the folder? One it
   does not know would be removed as a leftover. */
static bool knows_all_files(const struct handle *h, const char *path)
{
	char *err = NULL;
	rocksdb_t *db = rocksdb_open_for_read_only(h->options, path, 0, &err);
	rocksdb_free(err);
	if (err)
		return false;
	const rocksdb_livefiles_t *files = rocksdb_livefiles(db);
	bool all = rocksdb_livefiles_count(files) == journal_files(path, ".sst", NULL);
	rocksdb_livefiles_destroy(files);
	rocksdb_close(db);
	return all;
}

/* CURRENT says which file is the journal, and no more: where only one is there it can be
   written anew. */
static bool mend_current(const struct handle *h, const char *path)
{
	char file[ROCKS_PATH + 32], name[JOURNAL_NAME], line[JOURNAL_NAME + 1];
	struct buf old;
	if (journal_files(path, JOURNAL_FRONT, name) != 1)
		return false;
	snprintf(file, sizeof(file), "%s/CURRENT", path);
	snprintf(line, sizeof(line), "%s\n", name);
	bool there = io_read_file(file, 4096, &old, NULL) == 0;
	if (!there)
		buf_init(&old, 1);
	bool mended = !bytes_equal(buf_bytes(&old), BYTES_STR(line)) &&
		      io_replace(file, BYTES_STR(line), 0666, NULL) == 0;
	if (mended && !knows_all_files(h, path)) {
		mended = false;
		if (!there || io_replace(file, buf_bytes(&old), 0666, NULL) < 0)
			(void)unlink(file);
	}
	buf_release(&old);
	if (mended)
		log_warn("%s: CURRENT was damaged and was made anew: the only journal "
			 "there knows all of its files",
			 h->shelf);
	return mended;
}

/* Not for want of permission, room or a working disk: then it says what to do. */
static int cannot_open(char *err, const char *path, struct fault *f)
{
	struct fault own = {0};
	bool beyond = is_beyond_reading(err);
	int code = rocks_error(err, &own, "cannot be opened", path);
	return beyond ? fault_set(f, YORE_ECORRUPT,
				  "%.380s; restore this shelf from a backup", own.text)
		      : fault_set(f, code, "%s", own.text);
}

static int open_owner(struct rocks *r, struct handle *h, const char *path, bool create,
		      struct fault *f)
{
	if (create && mkdir(path, shelf_is_history(h->shelf) ? 0777 : 0700) < 0 &&
	    errno != EEXIST)
		return fault_set(f, yore_error_of_errno(errno), "cannot make %s: %s",
				 path, strerror(errno));
	/* over what is left of one it is not begun anew */
	create = create && journal_files(path, ".sst", NULL) == 0;
	rocksdb_options_set_create_if_missing(h->options, create);
	h->owner = true;
	char *err = open_whole(r, h, path);
	if (err && is_beyond_reading(err) && mend_current(h, path)) {
		rocksdb_free(err);
		err = open_whole(r, h, path);
	}
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
		return cannot_open(err, path, f);
	return create ? io_fsync_path(r->dir, f) : 0;
}

int rocks_open_shelf(struct rocks *r, struct handle *h, const char *path, bool create,
		     struct fault *f)
{
	return r->holder ? open_owner(r, h, path, create, f) : open_follower(h, path, f);
}
