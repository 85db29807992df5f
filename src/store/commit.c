/*
 * Writing a segment and handing it over. Up to segment-header a crash leaves a folder
 * .tmp, which the next holder of the lock removes; from segment-renamed on it leaves the
 * segment, which the next holder takes in (incoming.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "store/rocks.h"

#define WAIT_MIN_US 1000
#define WAIT_MAX_US 50000

/* What the holder of the lock said: the reason is told and the segment is gone. */
static int refused(struct rocks *r, const char *name, struct fault *f)
{
	char folder[ROCKS_PATH], reason[ROCKS_PATH + 16];
	struct buf b;
	int code = YORE_ESTALE;
	snprintf(folder, sizeof(folder), "%s/rejected/%s", r->dir, name);
	snprintf(reason, sizeof(reason), "%s/reason", folder);
	if (!io_exists(folder))
		return 0;
	if (io_read_file(reason, 4096, &b, NULL) == 0) {
		char *text = (char *)buf_str(&b), *rest = text;
		long said = strtol(text, &rest, 10);
		if (said < 0 && said > -100)
			code = (int)said;
		rest[strcspn(rest, "\n")] = 0;
		fault_set(f, code, "%s", *rest == ' ' ? rest + 1 : rest);
		buf_release(&b);
	} else {
		fault_set(f, code, "%s: refused; nothing was added", name);
	}
	io_remove_tree(folder, NULL);
	return code;
}

/* What failed must not be taken in later, after the caller was told that it is not. */
static void withdraw(const char *folder, const char *unfinished)
{
	if (io_exists(folder) && rename(folder, unfinished) == 0)
		io_remove_tree(unfinished, NULL);
}

/* What is written for a shelf that cannot be opened is not lost: said once of each. */
static void tell_waiting(struct rocks *r, const char *shelf, const char *why)
{
	size_t i = 0, most = sizeof(r->waiting) / sizeof(r->waiting[0]);
	while (i < most && r->waiting[i][0] && strcmp(r->waiting[i], shelf) != 0)
		i++;
	if (i < most && r->waiting[i][0])
		return;
	if (i < most)
		snprintf(r->waiting[i], SHELF_MAX, "%s", shelf);
	log_warn("%s; what comes for %s waits in %s/incoming and goes in by itself then",
		 why, shelf, r->dir);
}

/* With the lock: in it goes, or away. */
static int settle(struct rocks *r, const char *name, const char *shelf, struct fault *f)
{
	char folder[ROCKS_PATH], unfinished[ROCKS_PATH];
	bool unsure = false;
	struct fault own = {0};
	incoming_path(r, name, "", folder);
	incoming_path(r, name, ".tmp", unfinished);
	int e = incoming_take(r, name, &unsure, &own);
	if (e == YORE_ECORRUPT && unsure) {
		tell_waiting(r, shelf, own.text);
		return 0;
	}
	if (e < 0)
		fault_set(f, e, "%s", own.text);
	if (e < 0 && !unsure) {
		withdraw(folder, unfinished);
		(void)refused(r, name, NULL);
	}
	return e;
}

/* The holder of the lock cannot open its shelf. */
static bool has_to_wait(struct rocks *r, const char *name, const char *shelf)
{
	char path[ROCKS_PATH];
	struct buf why;
	incoming_path(r, name, "/" SEGMENT_WAITS, path);
	if (!io_exists(path) || io_read_file(path, 4096, &why, NULL) < 0)
		return false;
	tell_waiting(r, shelf, buf_str(&why));
	buf_release(&why);
	return true;
}

/* Somebody takes it in: the holder of the lock, or this process once it has the lock. */
static int wait_for_verdict(struct rocks *r, const char *name, const char *shelf,
			    struct fault *f)
{
	char folder[ROCKS_PATH];
	useconds_t pause = WAIT_MIN_US;
	incoming_path(r, name, "", folder);
	while (io_exists(folder)) {
		if (has_to_wait(r, name, shelf))
			return 0;
		pthread_mutex_lock(&r->ingest_lock);
		bool mine = rocks_try_lock(r) && io_exists(folder);
		int e = mine ? settle(r, name, shelf, f) : 0;
		pthread_mutex_unlock(&r->ingest_lock);
		if (mine)
			return e;
		usleep(pause);
		pause = pause * 2 < WAIT_MAX_US ? pause * 2 : WAIT_MAX_US;
	}
	return refused(r, name, f);
}

/* From unfinished to in the history. One rename is where it begins to count. */
static int hand_over(struct rocks *r, const char *name, const char *shelf,
		     struct fault *f)
{
	char folder[ROCKS_PATH], unfinished[ROCKS_PATH];
	incoming_path(r, name, "", folder);
	incoming_path(r, name, ".tmp", unfinished);
	pthread_mutex_lock(&r->ingest_lock);
	bool mine = rocks_try_lock(r);
	int e = io_rename(unfinished, folder, f);
	if (e == 0)
		e = incoming_point("segment-renamed", f);
	if (e == 0 && mine)
		e = settle(r, name, shelf, f);
	else if (e < 0 && mine)
		withdraw(folder, unfinished);
	pthread_mutex_unlock(&r->ingest_lock);
	if (mine)
		return e;
	/* Without the lock there is no way back once it has its name. */
	return io_exists(unfinished) ? e : wait_for_verdict(r, name, shelf, f);
}

static int write_segment(struct rocks *r, const char *folder,
			 const struct segment_meta *meta, struct segment_rows *rows,
			 struct fault *f)
{
	struct erased list;
	int e = rocks_erased(r, &list, f);
	if (e == 0)
		e = segment_write(folder, meta, rows, &list, f);
	erased_release(&list);
	if (e == 0)
		e = io_fsync_path(folder, f);
	return e ? e : incoming_point("segment-header", f);
}

/* Made, opened and locked, unless it was removed as a leftover in between. */
static int try_folder(const char *path, mode_t mode, int *fd, struct fault *f)
{
	struct stat there, here;
	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return fault_set(f, yore_error_of_errno(errno), "cannot make %s: %s",
				 path, strerror(errno));
	*fd = io_open(path, O_RDONLY | O_DIRECTORY, 0, f);
	if (*fd < 0)
		return *fd == YORE_ENOENT ? YORE_EAGAIN : *fd;
	if (flock(*fd, LOCK_EX) == 0 && stat(path, &there) == 0 &&
	    fstat(*fd, &here) == 0 && there.st_ino == here.st_ino)
		return 0;
	close(*fd);
	return fault_set(f, YORE_EAGAIN, "%s was removed while it was made", path);
}

/* The folder stays locked while it is written, so that nobody takes it for a leftover. */
static int make_folder(const char *path, mode_t mode, int *fd, struct fault *f)
{
	int e = YORE_EAGAIN;
	for (int i = 0; i < 100 && e == YORE_EAGAIN; i++)
		e = try_folder(path, mode, fd, f);
	return e;
}

static int write_and_hand_over(struct rocks *r, const struct segment_meta *meta,
			       struct segment_rows *rows, struct fault *f)
{
	char name[SEGMENT_NAME_MAX], unfinished[ROCKS_PATH];
	int fd = -1;
	segment_name(meta, name);
	incoming_path(r, name, ".tmp", unfinished);
	int e =
	    make_folder(unfinished, shelf_is_history(meta->shelf) ? 0777 : 0700, &fd, f);
	if (e < 0)
		return e;
	e = write_segment(r, unfinished, meta, rows, f);
	if (e == 0)
		e = hand_over(r, name, meta->shelf, f);
	if (e < 0)
		io_remove_tree(unfinished, NULL);
	close(fd);
	return e;
}

int rocks_commit(struct engine *engine, const struct segment_meta *meta,
		 struct segment_rows *rows, struct fault *f)
{
	struct rocks *r = (struct rocks *)engine;
	if (!r->write)
		return fault_set(f, YORE_EUSAGE, "%s was opened for reading", r->dir);
	int e = incoming_point("segment-begin", f);
	rocks_news(r);
	if (e == 0)
		e = rocks_in_place(r, f);
	if (e == 0)
		e = rocks_look(r, f);
	if (e == 0)
		e = ledger_check(engine, meta, f);
	if (e == YORE_ECORRUPT && incoming_lost(r, meta->shelf, NULL) == e) {
		e = 0; /* it will be looked at when the shelf is there again */
		if (f)
			*f = (struct fault){0};
	}
	if (e == 0) {
		e = write_and_hand_over(r, meta, rows, f);
		/* gone from incoming/ it is in, unless incoming/ is gone */
		int gone = rocks_in_place(r, f);
		e = gone < 0 ? gone : e;
	}
	rocks_news(r);
	return e == YORE_EEXIST ? 0 : e;
}
