/*
 * A copy of the history as it is now, beside a running writer, by this process or
 * another one: shelf by shelf, each a moment of its own (each is exact on its own).
 *
 * Sorted files never change, so they are linked (copied where the target is another file
 * system). The journal that lists them grows at its end: a copy of it is a moment. What
 * it lists and the owner has deleted meanwhile is found missing when the copy is opened,
 * and then it is made once more. A copy into an earlier one takes only what is new. Ended
 * between two shelves (step for the tests: backup-exchanged) it says so (BACKUP), since
 * one may then lack what another one's ledger knows.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "store/rocks.h"

#define TRIES 10
#define JOURNAL_MAX ((size_t)1 << 30)
#define PIECE (1u << 20)

struct copy {
	char from[ROCKS_PATH]; /* a shelf */
	char had[ROCKS_PATH];  /* the same shelf of an earlier copy, or nothing there */
	char to[ROCKS_PATH];
	struct fault *fault;
};

static int failed(struct copy *c, const char *what, const char *path)
{
	int err = errno;
	return fault_set(c->fault, yore_error_of_errno(err), "backup: cannot %s %s: %s",
			 what, path, strerror(err));
}

/* ---- one file ---- */

static bool is_same(const char *a, const char *b)
{
	struct stat x, y;
	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_size == y.st_size &&
	       x.st_mtim.tv_sec == y.st_mtim.tv_sec &&
	       x.st_mtim.tv_nsec == y.st_mtim.tv_nsec;
}

static int pour(struct copy *c, int in, int out, const char *from, const char *to)
{
	uint8_t *piece = malloc(PIECE);
	ssize_t n = piece ? 1 : YORE_ENOMEM;
	while (n > 0) {
		n = io_read(in, piece, PIECE, from, c->fault);
		if (n > 0) {
			int r = io_write_all(out, piece, (size_t)n, to, c->fault);
			n = r < 0 ? r : n;
		}
	}
	free(piece);
	if (n == 0 && fsync(out) < 0)
		return failed(c, "sync", to);
	return (int)n;
}

/* With its date, by which the next copy knows it again. */
static int copy_file(struct copy *c, const char *from, const char *to)
{
	struct stat st;
	int in = io_open(from, O_RDONLY, 0, c->fault);
	if (in < 0)
		return in;
	int out = io_open(to, O_WRONLY | O_CREAT | O_EXCL, 0666, c->fault);
	int r = out < 0 ? out : pour(c, in, out, from, to);
	if (r == 0 && fstat(in, &st) == 0) {
		struct timespec times[2] = {st.st_atim, st.st_mtim};
		futimens(out, times);
	}
	if (out >= 0)
		close(out);
	close(in);
	return r;
}

/* A sorted file: from the earlier copy, linked, or copied. ENOENT is not an error. */
static int take_file(struct copy *c, const char *name)
{
	char from[ROCKS_PATH + 256], had[ROCKS_PATH + 256], to[ROCKS_PATH + 256];
	snprintf(from, sizeof(from), "%s/%s", c->from, name);
	snprintf(had, sizeof(had), "%s/%s", c->had, name);
	snprintf(to, sizeof(to), "%s/%s", c->to, name);
	if (io_exists(to))
		return 0;
	if (is_same(from, had) && link(had, to) == 0)
		return 0;
	if (link(from, to) == 0 || errno == ENOENT)
		return 0;
	if (errno != EXDEV && errno != EPERM && errno != EMLINK && errno != EOPNOTSUPP)
		return failed(c, "link", to);
	int r = copy_file(c, from, to);
	return r == YORE_ENOENT ? 0 : r;
}

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);
	return n > m && strcmp(name + n - m, end) == 0;
}

static int take_files(struct copy *c)
{
	DIR *d = opendir(c->from);
	struct dirent *e;
	int r = d ? 0 : failed(c, "read", c->from);
	while (r == 0 && (e = readdir(d)))
		if (ends_with(e->d_name, ".sst"))
			r = take_file(c, e->d_name);
	if (d)
		closedir(d);
	return r;
}

/* ---- one shelf ---- */

static int take_whole(struct copy *c, const char *name, struct buf *ret)
{
	char from[ROCKS_PATH + 256], to[ROCKS_PATH + 256];
	snprintf(from, sizeof(from), "%s/%.200s", c->from, name);
	snprintf(to, sizeof(to), "%s/%.200s", c->to, name);
	int r = io_read_file(from, JOURNAL_MAX, ret, c->fault);
	if (r < 0)
		return r;
	r = io_replace(to, buf_bytes(ret), 0666, c->fault);
	if (r < 0)
		buf_release(ret);
	return r;
}

/* CURRENT names the journal. */
static int take_journal(struct copy *c)
{
	struct buf b, journal;
	char name[200];
	int r = take_whole(c, "CURRENT", &b);
	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(buf_str(&b), "\n"),
		 buf_str(&b));
	buf_release(&b);
	r = take_whole(c, name, &journal);
	if (r == 0)
		buf_release(&journal);
	return r;
}

/* Opening it finds what is missing and removes what is too much. */
static int try_copy(struct copy *c)
{
	char *err = NULL;
	rocksdb_options_t *o = rocks_options(NULL);
	rocksdb_t *db = rocksdb_open(o, c->to, &err);
	if (err == NULL)
		rocksdb_close(db);
	rocksdb_options_destroy(o);
	return err ? rocks_error(err, c->fault, "the copy is not whole", c->to) : 0;
}

static int copy_once(struct copy *c)
{
	if (mkdir(c->to, 0700) < 0 && errno != EEXIST)
		return failed(c, "make", c->to);
	int r = take_files(c);
	if (r == 0)
		r = take_journal(c);
	if (r == 0)
		r = take_files(c);
	if (r == 0)
		r = try_copy(c);
	return r == 0 ? io_fsync_path(c->to, c->fault) : r;
}

static bool may_be_late(int code)
{
	return code == YORE_ENOENT || code == YORE_ECORRUPT || code == YORE_EIO;
}

static int copy_shelf(struct copy *c)
{
	int r = YORE_EIO;
	for (int i = 0; i < TRIES && r < 0; i++) {
		if (io_exists(c->to))
			io_remove_tree(c->to, NULL);
		r = copy_once(c);
		if (r < 0 && !may_be_late(r))
			break;
	}
	return r;
}

/* Where names cannot be exchanged: in three steps, and what a crash left is cleared. */
static int exchange_by_steps(struct copy *c)
{
	char old[ROCKS_PATH + 8];
	snprintf(old, sizeof(old), "%s.old", c->to);
	int r = io_exists(old) && io_exists(c->had) ? io_remove_tree(old, c->fault) : 0;
	if (r == 0 && io_exists(c->had))
		r = io_rename(c->had, old, c->fault);
	if (r == 0)
		r = io_rename(c->to, c->had, c->fault);
	return r == 0 && io_exists(old) ? io_remove_tree(old, c->fault) : r;
}

/* The new copy takes the place of the earlier one: at no moment there is none. */
static int exchange(struct copy *c)
{
	struct stat st;
	if (stat(c->from, &st) == 0)
		chmod(c->to, st.st_mode & 0777);
	if (!io_exists(c->had) ||
	    renameat2(AT_FDCWD, c->to, AT_FDCWD, c->had, RENAME_EXCHANGE) < 0)
		return exchange_by_steps(c);
	int r = io_fsync_path(c->had, c->fault);
	return r < 0 ? r : io_remove_tree(c->to, c->fault);
}

/* ---- all of it ---- */

struct backup {
	struct rocks *r;
	const char *to;
	struct fault *fault;
	bool who_asked;
};

/* What a copy holds. */
static bool is_wanted(const struct backup *b, const char *shelf)
{
	return shelf_is_history(shelf) || (b->who_asked && shelf_who_month(shelf));
}

static int backup_shelf(const char *shelf, void *arg)
{
	struct backup *b = arg;
	struct copy c = {.fault = b->fault};
	if (!is_wanted(b, shelf))
		return 0;
	snprintf(c.from, sizeof(c.from), "%s/%s", b->r->dir, shelf);
	snprintf(c.had, sizeof(c.had), "%s/%s", b->to, shelf);
	snprintf(c.to, sizeof(c.to), "%s/.new-%s", b->to, shelf);
	int r = copy_shelf(&c);
	if (r == 0)
		r = aside_copy(b->r->dir, b->to, shelf, b->fault);
	if (r == 0)
		r = exchange(&c);
	if (r == 0 && io_point("backup-exchanged") < 0)
		r = fault_set(b->fault, YORE_EIO, "stopped at backup-exchanged");
	return r;
}

/* A shelf that was dropped here has no place in the copy either. */
static int drop_gone(struct backup *b)
{
	char there[ROCKS_PATH + 256];
	DIR *d = opendir(b->to);
	struct dirent *e;
	int r = 0;
	while (d && r == 0 && (e = readdir(d))) {
		snprintf(there, sizeof(there), "%s/%s", b->to, e->d_name);
		bool kept = shelf_is_history(e->d_name) || shelf_who_month(e->d_name);
		if (shelf_name_good(e->d_name) && kept &&
		    rocks_is_gone(b->r->dir, e->d_name))
			r = io_remove_tree(there, b->fault);
	}
	if (d)
		closedir(d);
	return r;
}

/* A copy that was killed at its very beginning left its first file half made. */
static void clear_beginning(const char *to)
{
	char path[ROCKS_PATH + 256];
	DIR *d = opendir(to);
	struct dirent *e;
	while (d && (e = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", to, e->d_name);
		if (strncmp(e->d_name, "BACKUP.", 7) == 0 && ends_with(path, ".new"))
			(void)unlink(path);
	}
	if (d)
		closedir(d);
}

/*
 * Empty or not there, or an earlier copy: nothing else is written into. From now on it
 * says that it is not finished. FORMAT lets the next one, and whoever has nothing else
 * left, read what the first one brought; of a later one it is the last.
 */
static int begin_target(const struct backup *b)
{
	char path[ROCKS_PATH + 16];
	snprintf(path, sizeof(path), "%s/BACKUP", b->to);
	int r = 0;
	if (!io_exists(path)) {
		clear_beginning(b->to);
		if (rmdir(b->to) < 0 && errno != ENOENT)
			return fault_set(b->fault, YORE_EEXIST,
					 "%s is there and is no earlier backup; nothing "
					 "was written",
					 b->to);
		r = io_mkdirs(b->to, 0777, b->fault);
	}
	if (r == 0)
		r = io_replace(path, BYTES_LIT(BACKUP_BEGUN), 0666, b->fault);
	snprintf(path, sizeof(path), "%s/FORMAT", b->to);
	return r < 0 || io_exists(path) ? r
					: rocks_put_format(b->to, b->r->format, b->fault);
}

/* With the shelves goes what says for how long they may be kept. */
static int take_retention(struct backup *b)
{
	char from[ROCKS_PATH + 32], to[ROCKS_PATH + 32];
	struct buf text;
	snprintf(from, sizeof(from), "%s/" WHO_FOLDER "/retention", b->r->dir);
	snprintf(to, sizeof(to), "%s/" WHO_FOLDER, b->to);
	if (!b->who_asked || !io_exists(from))
		return 0;
	int r = io_mkdirs(to, 0700, b->fault);
	if (r == 0)
		r = io_read_file(from, 64, &text, b->fault);
	if (r < 0)
		return r;
	snprintf(to, sizeof(to), "%s/" WHO_FOLDER "/retention", b->to);
	r = io_replace(to, buf_bytes(&text), 0600, b->fault);
	buf_release(&text);
	return r;
}

/* What must not come back must not come back there either, and is not to be taken for
   what was never seen. */
static int take_erased(struct backup *b)
{
	static const char *const names[] = {"suppressed", "erasures", "expired"};
	int r = 0;
	for (size_t i = 0; i < 3 && r == 0; i++) {
		char from[ROCKS_PATH + 16], to[ROCKS_PATH + 16];
		struct buf text;
		snprintf(from, sizeof(from), "%s/%s", b->r->dir, names[i]);
		snprintf(to, sizeof(to), "%s/%s", b->to, names[i]);
		if (!io_exists(from)) {
			if (unlink(to) < 0 && errno != ENOENT)
				r = fault_set(b->fault, yore_error_of_errno(errno),
					      "backup: cannot remove %s: %s", to,
					      strerror(errno));
			continue;
		}
		r = io_read_file(from, SUPPRESSED_MAX, &text, b->fault);
		if (r < 0)
			break;
		r = io_replace(to, buf_bytes(&text), 0600, b->fault);
		buf_release(&text);
	}
	return r;
}

int rocks_backup(struct engine *e, const char *to, bool who_asked, struct fault *f)
{
	struct backup b = {(struct rocks *)e, to, f, who_asked};
	char path[ROCKS_PATH + 16];
	int r = rocks_backup_target(b.r, to, f);
	if (r == 0)
		r = begin_target(&b);
	if (r == 0)
		r = take_erased(&b);
	if (r == 0)
		r = e->ops->shelves(e, backup_shelf, &b, f);
	if (r == 0)
		r = drop_gone(&b);
	if (r == 0)
		r = take_retention(&b);
	if (r < 0)
		return r;
	r = rocks_put_format(to, b.r->format, f);
	snprintf(path, sizeof(path), "%s/BACKUP", to);
	struct bytes end =
	    rocks_is_begun(b.r->dir) ? BYTES_LIT(BACKUP_BEGUN) : BYTES_LIT("whole\n");
	return r < 0 ? r : io_replace(path, end, 0666, f);
}
