#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(struct fault *f, const char *what, const char *path, int err)
{
	return fault_set(f, yore_error_of_errno(err), "%s %s: %s", what, path,
			 strerror(err));
}

int io_open(const char *path, int flags, mode_t mode, struct fault *f)
{
	int fd;
	do
		fd = open(path, flags | O_CLOEXEC, mode);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? fail(f, "cannot open", path, errno) : fd;
}

int io_write_all(int fd, const void *p, size_t n, const char *path, struct fault *f)
{
	const uint8_t *at = p;
	while (n) {
		ssize_t w = write(fd, at, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return fail(f, "cannot write", path, errno);
		at += w;
		n -= (size_t)w;
	}
	return 0;
}

ssize_t io_read(int fd, void *p, size_t n, const char *path, struct fault *f)
{
	ssize_t r;
	do
		r = read(fd, p, n);
	while (r < 0 && errno == EINTR);
	return r < 0 ? fail(f, "cannot read", path, errno) : r;
}

int io_read_file(const char *path, size_t ceiling, struct buf *ret, struct fault *f)
{
	int fd = io_open(path, O_RDONLY, 0, f);
	if (fd < 0)
		return fd;
	buf_init(ret, ceiling);
	uint8_t piece[16384];
	ssize_t n;
	while ((n = io_read(fd, piece, sizeof(piece), path, f)) > 0 && ret->err == 0)
		buf_put(ret, piece, (size_t)n);
	close(fd);
	int r = n < 0 ? (int)n : ret->err;
	if (ret->err)
		fault_set(f, ret->err, "%s: larger than %zu octets", path, ceiling);
	if (r < 0)
		buf_release(ret);
	return r;
}

int io_fsync_path(const char *path, struct fault *f)
{
	int fd = io_open(path, O_RDONLY, 0, f);
	if (fd < 0)
		return fd;
	int r = fsync(fd) < 0 ? fail(f, "cannot sync", path, errno) : 0;
	close(fd);
	return r;
}

/* The folder of a path, into out; "." when there is none. */
static int folder_of(const char *path, char *out, size_t room)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
	if (n >= room)
		return YORE_ELIMIT;
	memcpy(out, slash ? path : ".", n);
	out[n] = 0;
	return 0;
}

static int sync_folder_of(const char *path, struct fault *f)
{
	char folder[4096];
	if (folder_of(path, folder, sizeof(folder)) < 0)
		return fault_set(f, YORE_ELIMIT, "path too long: %.80s...", path);
	return io_fsync_path(folder, f);
}

int io_rename(const char *from, const char *to, struct fault *f)
{
	if (rename(from, to) < 0)
		return fault_set(f, yore_error_of_errno(errno),
				 "cannot rename %s to %s: %s", from, to, strerror(errno));
	int r = sync_folder_of(to, f);
	return r < 0 ? r : sync_folder_of(from, f);
}

static int write_file(const char *path, struct bytes content, mode_t mode,
		      struct fault *f)
{
	int fd = io_open(path, O_WRONLY | O_CREAT | O_TRUNC, mode, f);
	if (fd < 0)
		return fd;
	int r = io_write_all(fd, content.at, content.len, path, f);
	if (r == 0 && fsync(fd) < 0)
		r = fail(f, "cannot sync", path, errno);
	if (close(fd) < 0 && r == 0)
		r = fail(f, "cannot close", path, errno);
	return r;
}

int io_replace(const char *path, struct bytes content, mode_t mode, struct fault *f)
{
	char next[4096];
	int n = snprintf(next, sizeof(next), "%s.%ld.new", path, (long)getpid());
	if (n < 0 || (size_t)n >= sizeof(next))
		return fault_set(f, YORE_ELIMIT, "path too long: %.80s...", path);
	int r = write_file(next, content, mode, f);
	if (r == 0)
		r = io_rename(next, path, f);
	if (r < 0)
		unlink(next);
	return r;
}

int io_exists(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0;
}

/* Is the step named in the environment variable? Read once: fault tests set it at exec.
 */
static bool named(const char *variable, const char *step)
{
	const char *v = getenv(variable);
	return v && strcmp(v, step) == 0;
}

int io_point(const char *step)
{
	static int watched = -1;
	if (__builtin_expect(watched < 0, 0))
		watched = getenv("YORE_CRASH_AT") || getenv("YORE_FAIL_AT");
	if (__builtin_expect(watched == 0, 1))
		return 0;
	if (named("YORE_CRASH_AT", step))
		raise(SIGKILL);
	return named("YORE_FAIL_AT", step) ? YORE_EIO : 0;
}
