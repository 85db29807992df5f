/*
 * DIR/LOCK: whoever holds it takes segments in, and opens shelves as their owner. It is
 * part of the folder: where that was moved away, a lock on the file in it is worth
 * nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "store/rocks.h"

static bool is_there(const char *path, int fd)
{
	struct stat there, here;
	return stat(path, &there) == 0 && fstat(fd, &here) == 0 &&
	       there.st_ino == here.st_ino && there.st_dev == here.st_dev;
}

/* The descriptor that holds it, or -1 with errno; EWOULDBLOCK: another one does. */
static int take_lock(const char *dir)
{
	char path[ROCKS_PATH];
	snprintf(path, sizeof(path), "%s/LOCK", dir);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return -1;
	int err = flock(fd, LOCK_EX | LOCK_NB) < 0 ? errno
		  : is_there(path, fd)		   ? 0
						   : EWOULDBLOCK;
	if (err == 0)
		return fd;
	close(fd);
	errno = err;
	return -1;
}

static int not_locked(const char *dir, int err, struct fault *f)
{
	if (err && err != EWOULDBLOCK)
		return fault_set(f, yore_error_of_errno(err),
				 "%s cannot be written: %s; nothing was done", dir,
				 strerror(err));
	return fault_set(f, YORE_ELOCKED,
			 "%s: another process writes to it; try again when it has ended",
			 dir);
}

bool rocks_try_lock(struct rocks *r)
{
	if (r->holder)
		return true;
	int fd = take_lock(r->dir);
	if (fd < 0)
		return false;
	r->lock_fd = fd;
	r->holder = true;
	rocks_forget(r, NULL); /* what was followed is now owned */
	return true;
}

void rocks_unlock(struct rocks *r)
{
	if (r->lock_fd >= 0)
		close(r->lock_fd);
	r->lock_fd = -1;
	r->holder = false;
}

int rocks_need_lock(struct rocks *r, struct fault *f)
{
	pthread_mutex_lock(&r->ingest_lock);
	errno = 0;
	bool have = r->write && rocks_try_lock(r);
	int err = errno;
	pthread_mutex_unlock(&r->ingest_lock);
	return have ? 0 : not_locked(r->dir, err, f);
}

int store_hold(const char *dir, struct fault *f)
{
	if (strlen(dir) >= ROCKS_PATH - 300)
		return fault_set(f, YORE_ELIMIT, "path too long: %.80s...", dir);
	int fd = take_lock(dir);
	return fd < 0 ? not_locked(dir, errno, f) : fd;
}

void rocks_place(struct rocks *r)
{
	struct stat st;
	if (stat(r->dir, &st) < 0)
		return;
	r->device = st.st_dev;
	r->inode = st.st_ino;
}

int rocks_in_place(const struct rocks *r, struct fault *f)
{
	struct stat st;
	if (stat(r->dir, &st) == 0 && st.st_ino == r->inode && st.st_dev == r->device)
		return 0;
	return fault_set(f, YORE_ENOENT,
			 "%s was moved away while this wrote to it (a stage: promoted or "
			 "dropped); what was not acknowledged is to be imported again",
			 r->dir);
}
