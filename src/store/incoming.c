/*
 * From incoming/ into the shelves. Steps by name (fault tests end the process at each;
 * the first four are those of commit.c):
 *
 *   segment-begin     nothing is written yet
 *   segment-rows      the sorted file is in incoming/NAME.tmp, synced
 *   segment-header    the header too
 *   segment-renamed   the segment is incoming/NAME: it will be taken in by somebody
 *   ingest-checked    hash and ledger allow it
 *   names-placed      its names are in the shelf's folder
 *   ingest-done       it is in the history
 *   ingest-removed    and no longer in incoming/
 *
 * Up to segment-header a crash leaves a folder .tmp, which the next holder of the lock
 * removes; from segment-renamed on it leaves the segment, which the next holder takes
 * in, or drops where the ledger has it already.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "store/rocks.h"

#define WAIT_MAX_US 50000
#define LEFTOVER_S 60
#define STUCK_US 120000000 /* level 0 is full and nothing moves */
#define SPARE ((uint64_t)8 << 20)

void incoming_path(const struct rocks *r, const char *name, const char *tail,
		   char ret[ROCKS_PATH])
{
	snprintf(ret, ROCKS_PATH, "%s/incoming/%s%s", r->dir, name, tail);
}

int incoming_point(const char *step, struct fault *f)
{
	int r = io_point(step);
	return r < 0 ? fault_set(f, r, "stopped at %s; nothing was added", step) : 0;
}

/* ---- taking in ---- */

/* The shelves share the engine's threads: what is done for one holds up the others. */
static bool compacts(struct rocks *r)
{
	uint64_t n = 0;
	pthread_mutex_lock(&r->table_lock);
	for (size_t i = 0; i < r->slot_count; i++)
		if (r->slots[i].handle)
			n += rocks_property(r->slots[i].handle->db,
					    "rocksdb.num-running-compactions");
	pthread_mutex_unlock(&r->table_lock);
	return n > 0;
}

/* As long as anything is compacted: a large shelf takes minutes for it. */
static int wait_for_level0(struct rocks *r, struct handle *h, struct fault *f)
{
	int64_t began = rocks_now_us(), since = began;
	if (rocks_level0(h->db) >= LEVEL0_MAX &&
	    rocks_property(h->db, "rocksdb.background-errors"))
		return fault_set(f, YORE_ECORRUPT,
				 "%s: compaction has met damage; nothing was added",
				 h->shelf);
	int64_t patience = io_point("compaction") < 0 ? STUCK_US / 100 : STUCK_US;
	while (rocks_level0(h->db) >= LEVEL0_MAX) {
		if (compacts(r))
			since = rocks_now_us();
		if (rocks_now_us() - since > patience)
			return fault_set(f, YORE_EAGAIN,
					 "%s: compaction does not get on (%d files at "
					 "level 0); nothing was added",
					 h->shelf, LEVEL0_MAX);
		usleep(WAIT_MAX_US);
		h->waited_us += (uint64_t)(rocks_now_us() - began);
		began = rocks_now_us();
	}
	return 0;
}

/* Room for the segment, and for compaction to write the shelf once more. */
static int check_space(const struct rocks *r, struct handle *h, const struct segment *s,
		       struct fault *f)
{
	struct statvfs v;
	uint64_t live = rocks_property(h->db, "rocksdb.total-sst-files-size");
	uint64_t need = live + 2 * s->octets + SPARE;
	if (statvfs(r->dir, &v) < 0 || (uint64_t)v.f_bavail * v.f_frsize >= need)
		return 0;
	return fault_set(f, YORE_EFULL,
			 "%s: %llu MiB are free, and %llu MiB have to be so that the "
			 "shelf can be compacted; nothing was added",
			 h->shelf, (unsigned long long)(v.f_bavail * v.f_frsize >> 20),
			 (unsigned long long)(need >> 20));
}

static int ingest(struct handle *h, const char *folder, struct fault *f)
{
	char path[ROCKS_PATH + 16];
	snprintf(path, sizeof(path), "%s/%s", folder, SEGMENT_ROWS);
	char *err = rocks_take_file(h->db, path);
	return err ? rocks_error(err, f, "cannot take in a segment", path) : 0;
}

/* Everything that may forbid it. EEXIST: it is in already. */
static int check_erased(struct rocks *r, const struct segment *s, struct fault *f)
{
	struct erased list;
	int e = rocks_erased(r, &list, f);
	if (e == 0 && list.version != s->erased)
		e = fault_set(f, YORE_ESTALE,
			      "%s: something was erased after the segment was written; "
			      "nothing was added, it has to be written anew",
			      s->meta.shelf);
	erased_release(&list);
	return e;
}

static int may_go_in(struct rocks *r, struct handle *h, const char *folder,
		     const struct segment *s, struct fault *f)
{
	int e = ledger_check(&r->engine, &s->meta, f);
	if (e == 0)
		e = check_erased(r, s, f);
	if (e == 0)
		e = segment_check(folder, s, f);
	if (e == 0)
		e = check_space(r, h, s, f);
	if (e == 0)
		e = wait_for_level0(r, h, f);
	return e ? e : incoming_point("ingest-checked", f);
}

/*
 * An ingestion that failed may be in the shelf's journal all the same, without its file:
 * then opening the shelf anew gives the file back (rocks_shelf.c). 0: it is in after all,
 * 1: it is not, negative: nobody can know now, so the segment stays where it is.
 */
static int after_failure(struct rocks *r, const struct segment *s)
{
	struct handle *h;
	rocks_forget(r, s->meta.shelf);
	int e = rocks_get(r, s->meta.shelf, true, NULL, &h);
	if (e < 0)
		return e;
	rocks_put(h);
	e = ledger_check(&r->engine, &s->meta, NULL);
	return e == YORE_EEXIST ? 0 : e == 0 || e == YORE_ESTALE ? 1 : e;
}

static int take_in_once(struct rocks *r, const char *folder, const struct segment *s,
			bool *unsure, struct fault *f)
{
	char run[ROCKS_PATH + 16];
	struct names_place place;
	struct handle *h;
	int e = rocks_get(r, s->meta.shelf, true, f, &h);
	if (e < 0)
		return e;
	e = may_go_in(r, h, folder, s, f);
	if (e < 0) {
		rocks_put(h);
		if (e == YORE_EAGAIN) /* opened anew it compacts again */
			rocks_forget(r, s->meta.shelf);
		return e;
	}
	snprintf(run, sizeof(run), "%s/%s", folder, SEGMENT_NAMES);
	rocks_names_place(r, h, run, &place);
	e = incoming_point("names-placed", f);
	if (e == 0)
		e = ingest(h, folder, f);
	rocks_names_placed(r, &place, e == 0 ? h->db : NULL);
	rocks_put(h);
	if (e == 0)
		return 0;
	int after = after_failure(r, s);
	*unsure = after < 0;
	return after == 0 ? 0 : e;
}

/* Where damage of the shelf is in the way, once more without what cannot be read. */
static int take_in(struct rocks *r, const char *folder, const struct segment *s,
		   bool *unsure, struct fault *f)
{
	int e = take_in_once(r, folder, s, unsure, f);
	if (e != YORE_ECORRUPT || *unsure || segment_check(folder, s, NULL) < 0 ||
	    rocks_mend_locked(r, s->meta.shelf, NULL, NULL, NULL) <= 0)
		return e;
	if (f)
		*f = (struct fault){0};
	return take_in_once(r, folder, s, unsure, f);
}

/* Its writer keeps the folder locked while it waits for what becomes of it. */
static bool is_waited_for(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool waited = flock(fd, LOCK_EX | LOCK_NB) < 0;
	close(fd);
	return waited;
}

static bool is_of_who(const char *name)
{
	return strncmp(name, WHO_FOLDER "-", sizeof(WHO_FOLDER)) == 0;
}

/* What comes late may have been too old when it came: it is looked for once more. */
static void look_again(const struct rocks *r, const char *shelf)
{
	char path[ROCKS_PATH];
	int32_t month = shelf_who_month(shelf);
	if (month == 0 || month >= when_month((int64_t)time(NULL)) - 1)
		return;
	snprintf(path, sizeof(path), "%s/" WHO_FOLDER "/expired", r->dir);
	(void)unlink(path);
}

/* Where anything was erased a segment that was not taken in keeps its reason only. */
static void drop_rows(struct rocks *r, const char *folder)
{
	char rows[ROCKS_PATH + 16];
	snprintf(rows, sizeof(rows), "%s/%s", folder, SEGMENT_NAMES);
	(void)unlink(rows);
	struct erased list;
	bool any = rocks_erased(r, &list, NULL) < 0 || list.version;
	erased_release(&list);
	snprintf(rows, sizeof(rows), "%s/%s", folder, SEGMENT_ROWS);
	if (any)
		(void)unlink(rows);
}

/* The reason is one line: the number of the error for the writer, the rest for people. */
static int reject(struct rocks *r, const char *name, const struct fault *why,
		  struct fault *f)
{
	char from[ROCKS_PATH], to[ROCKS_PATH], reason[ROCKS_PATH + 16];
	struct buf b;
	incoming_path(r, name, "", from);
	snprintf(to, sizeof(to), "%s/rejected/%s", r->dir, name);
	snprintf(reason, sizeof(reason), "%s/reason", from);
	buf_init(&b, 4096);
	buf_printf(&b, "%d %s\n", why->code, why->text);
	int e = io_replace(reason, buf_bytes(&b), 0666, f);
	buf_release(&b);
	if (e < 0)
		return e;
	drop_rows(r, from);
	if (io_exists(to))
		io_remove_tree(to, NULL);
	if (is_of_who(name)) { /* nobody would remove it when its time is over */
		snprintf(reason, sizeof(reason), "%s/%s", from, SEGMENT_ROWS);
		(void)unlink(reason);
	}
	return io_rename(from, to, f);
}

bool incoming_is_refusal(int code)
{
	return code == YORE_ESTALE || code == YORE_ECORRUPT || code == YORE_EVERSION ||
	       code == YORE_EMALFORMED || code == YORE_EUSAGE || code == YORE_ENOENT;
}

int incoming_lost(struct rocks *r, const char *shelf, struct fault *f)
{
	struct handle *h;
	int e = rocks_get(r, shelf, r->holder, f, &h);
	if (e == 0)
		rocks_put(h);
	return e;
}

/* For its writer, who may be another process. */
static void let_wait(const char *folder, const struct fault *why)
{
	char path[ROCKS_PATH + 16];
	snprintf(path, sizeof(path), "%s/" SEGMENT_WAITS, folder);
	if (!io_exists(path))
		(void)!io_replace(path, BYTES_STR(why->text), 0666, NULL);
}

/* Before an upgrade it goes into the shelf and is upgraded with it; afterwards nothing
   turns it round any more. */
static int check_version(const struct rocks *r, const struct segment *s, struct fault *f)
{
	if (s->version == SEGMENT_VERSION || r->format < FORMAT_VERSION)
		return 0;
	return fault_set(
	    f, YORE_EVERSION,
	    "%s: the segment was written by an older program (its version is "
	    "%u, %d is written now); nothing was added; start that program's "
	    "work again with this one",
	    s->meta.shelf, s->version, SEGMENT_VERSION);
}

/*
 * One segment of incoming/. What does not fit goes to rejected/; what fails for want of
 * space or a working disk or shelf stays where it is. Under the ingest lock.
 */
int incoming_take(struct rocks *r, const char *name, bool *unsure, struct fault *f)
{
	char folder[ROCKS_PATH];
	struct segment s;
	struct fault why = {0};
	incoming_path(r, name, "", folder);
	int e = segment_read(folder, &s, &why);
	int lost = 0;
	if (e == 0) {
		e = check_version(r, &s, &why);
		if (e == 0)
			e = take_in(r, folder, &s, unsure, &why);
		lost = e < 0 ? incoming_lost(r, s.meta.shelf, NULL) : 0;
		if (e == 0)
			look_again(r, s.meta.shelf);
		segment_release(&s);
	}
	if (e == 0 && io_point("ingest-done") < 0)
		return 0; /* it is in; what is left of it goes with the next drain */
	if (e == 0 || e == YORE_EEXIST) {
		io_remove_tree(folder, NULL);
		(void)!io_point("ingest-removed");
		return 0;
	}
	if (f)
		*f = why;
	if (lost == YORE_ECORRUPT) {
		let_wait(folder, &why);
		*unsure = true;
		return lost;
	}
	/* For want of room or of a working disk it waits, unless its writer does. */
	bool fits = !incoming_is_refusal(e) || lost;
	if (!*unsure && (!fits || is_waited_for(folder)))
		reject(r, name, &why, NULL);
	return e;
}

/* ---- leftovers ---- */

/* A folder that nobody writes any more. Its writer holds a lock on it, and so does who
   removes it. */
static void remove_leftover(const char *folder, bool young_too)
{
	struct stat st;
	if (!young_too &&
	    (stat(folder, &st) < 0 || st.st_mtime > time(NULL) - LEFTOVER_S))
		return;
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		io_remove_tree(folder, NULL);
	close(fd);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct names {
	char **at;
	size_t count, room;
};

static void names_release(struct names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->at[i]);
	free(n->at);
}

static int names_add(struct names *n, const char *name)
{
	if (n->count == n->room) {
		size_t room = n->room ? 2 * n->room : 16;
		char **more = realloc(n->at, room * sizeof(*more));
		if (more == NULL)
			return YORE_ENOMEM;
		n->at = more;
		n->room = room;
	}
	n->at[n->count] = strdup(name);
	return n->at[n->count] ? (n->count++, 0) : YORE_ENOMEM;
}

static int list_incoming(const struct rocks *r, struct names *ret, struct fault *f)
{
	char path[ROCKS_PATH];
	incoming_path(r, "", "", path);
	DIR *d = opendir(path);
	if (d == NULL)
		return fault_set(f, yore_error_of_errno(errno), "cannot read %s: %s",
				 path, strerror(errno));
	struct dirent *e;
	int result = 0;
	while (result == 0 && (e = readdir(d)))
		if (e->d_name[0] != '.')
			result = names_add(ret, e->d_name);
	closedir(d);
	if (ret->count) /* of one origin by sequence */
		qsort(ret->at, ret->count, sizeof(*ret->at), compare_names);
	return result;
}

static bool is_unfinished(const char *name)
{
	size_t n = strlen(name);
	return n > 4 && strcmp(name + n - 4, ".tmp") == 0;
}

/* Halves of a rewriting or a removal that a crash left. */
static void sweep_hidden(struct rocks *r)
{
	char path[ROCKS_PATH + 300];
	incoming_path(r, "", "", path);
	size_t n = strlen(path);
	DIR *d = opendir(path);
	struct dirent *e;
	while (d && (e = readdir(d))) {
		if (strncmp(e->d_name, ".rewrite-", 9) != 0 &&
		    strncmp(e->d_name, ".dropped-", 9) != 0)
			continue;
		snprintf(path + n, sizeof(path) - n, "%s", e->d_name);
		if (unlink(path) < 0)
			io_remove_tree(path, NULL);
	}
	if (d)
		closedir(d);
}

/* With the lock: takes in all there is. The first failure is returned, the rest tried. */
static int drain_locked(struct rocks *r, struct fault *f)
{
	struct names names = {0};
	int e = list_incoming(r, &names, f);
	for (size_t i = 0; e == 0 && i < names.count; i++) {
		char path[ROCKS_PATH];
		incoming_path(r, names.at[i], "", path);
		if (is_unfinished(names.at[i])) {
			remove_leftover(path, !r->swept);
			continue;
		}
		struct fault why = {0};
		bool unsure = false;
		int one = incoming_take(r, names.at[i], &unsure, &why);
		if (one < 0 && !incoming_is_refusal(one)) {
			e = one;
			if (f)
				*f = why;
		}
	}
	if (!r->swept)
		sweep_hidden(r);
	r->swept = true;
	names_release(&names);
	return e;
}

int rocks_drain(struct engine *e, struct fault *f)
{
	struct rocks *r = (struct rocks *)e;
	if (!r->write)
		return 0;
	int result = 0;
	pthread_mutex_lock(&r->ingest_lock);
	if (rocks_try_lock(r))
		result = drain_locked(r, f);
	pthread_mutex_unlock(&r->ingest_lock);
	return result;
}

/* ---- the holder's thread ---- */

static void *drainer_main(void *arg)
{
	struct rocks *r = arg;
	char events[4096];
	struct pollfd p[2] = {{.fd = r->wake[0], .events = POLLIN},
			      {.fd = r->watch_fd, .events = POLLIN}};
	while (poll(p, 2, 1000) >= 0 || errno == EINTR) {
		if (p[0].revents)
			break;
		if (p[1].revents & POLLIN)
			(void)!read(r->watch_fd, events, sizeof(events));
		rocks_drain(&r->engine, NULL);
		if (r->holder) {
			rocks_fold_some(r);
			rocks_names_care(r);
		}
	}
	return NULL;
}

static void *renewer_main(void *arg)
{
	struct rocks *r = arg;
	struct pollfd p = {.fd = r->wake[0], .events = POLLIN};
	for (;;) {
		int n = poll(&p, 1, REFRESH_US / 1000);
		if (n > 0 || (n < 0 && errno != EINTR))
			return NULL;
		rocks_renew(r);
	}
}

int renewer_start(struct rocks *r, struct fault *f)
{
	if (pipe2(r->wake, O_CLOEXEC) < 0)
		return fault_set(f, yore_error_of_errno(errno), "%s: no pipe: %s", r->dir,
				 strerror(errno));
	if (pthread_create(&r->drainer, NULL, renewer_main, r) != 0)
		return fault_set(f, YORE_ENOMEM, "%s: cannot start a thread", r->dir);
	r->drainer_runs = r->steady = true;
	return 0;
}

int drainer_start(struct rocks *r, struct fault *f)
{
	char path[ROCKS_PATH];
	incoming_path(r, "", "", path);
	r->watch_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (r->watch_fd < 0 || pipe2(r->wake, O_CLOEXEC) < 0)
		return fault_set(f, yore_error_of_errno(errno), "%s: cannot watch: %s",
				 path, strerror(errno));
	/* Without it once a second will do. */
	inotify_add_watch(r->watch_fd, path, IN_MOVED_TO);
	if (pthread_create(&r->drainer, NULL, drainer_main, r) != 0)
		return fault_set(f, YORE_ENOMEM, "%s: cannot start a thread", path);
	r->drainer_runs = true;
	return 0;
}

void drainer_stop(struct rocks *r)
{
	if (r->drainer_runs) {
		r->names.stop = true;
		(void)!write(r->wake[1], "", 1);
		pthread_join(r->drainer, NULL);
		r->drainer_runs = false;
	}
	for (int i = 0; i < 2; i++)
		if (r->wake[i] > 0)
			close(r->wake[i]);
	if (r->watch_fd > 0)
		close(r->watch_fd);
}
