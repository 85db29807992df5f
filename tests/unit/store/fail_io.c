/*
 * To be preloaded: the n-th call ($YORE_FAIL_IO) that changes a file below
 * $YORE_FAIL_UNDER fails with $YORE_FAIL_ERRNO; with $YORE_FAIL_STAY so do all after it.
 * $YORE_FAIL_COUNT names a file that gets the number of calls seen. With
 * $YORE_FAIL_READS it is the calls that read.
 */
#undef _FILE_OFFSET_BITS /* both open and open64 are meant */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static _Atomic long calls;

static int below(const char *path)
{
	const char *under = getenv("YORE_FAIL_UNDER");
	return under && strncmp(path, under, strlen(under)) == 0;
}

static int fails(void)
{
	const char *at = getenv("YORE_FAIL_IO"), *with = getenv("YORE_FAIL_ERRNO");
	long n = ++calls, want = at ? atol(at) : 0;
	if (want == 0 || n < want || (n > want && getenv("YORE_FAIL_STAY") == NULL))
		return 0;
	errno = with ? atoi(with) : EIO;
	return 1;
}

static int fd_below(int fd)
{
	char link[64], path[4096];
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof(path) - 1);
	if (n <= 0)
		return 0;
	path[n] = 0;
	return below(path);
}

static int wanted(int reads)
{
	return (getenv("YORE_FAIL_READS") != NULL) == reads;
}

static int path_fails(const char *path)
{
	return wanted(0) && below(path) && fails();
}

static int fd_fails(int fd)
{
	return wanted(0) && fd_below(fd) && fails();
}

static int read_fails(int fd)
{
	return wanted(1) && fd_below(fd) && fails();
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *p, size_t n)
{
	return fd_fails(fd) ? -1 : NEXT(write)(fd, p, n);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
	return fd_fails(fd) ? -1 : NEXT(pwrite)(fd, p, n, at);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	return fd_fails(fd) ? -1 : NEXT(pwrite64)(fd, p, n, at);
}

ssize_t read(int fd, void *p, size_t n)
{
	return read_fails(fd) ? -1 : NEXT(read)(fd, p, n);
}

ssize_t pread(int fd, void *p, size_t n, off_t at)
{
	return read_fails(fd) ? -1 : NEXT(pread)(fd, p, n, at);
}

ssize_t pread64(int fd, void *p, size_t n, off64_t at)
{
	return read_fails(fd) ? -1 : NEXT(pread64)(fd, p, n, at);
}

int fsync(int fd)
{
	return fd_fails(fd) ? -1 : NEXT(fsync)(fd);
}

int fdatasync(int fd)
{
	return fd_fails(fd) ? -1 : NEXT(fdatasync)(fd);
}

int rename(const char *from, const char *to)
{
	return path_fails(to) ? -1 : NEXT(rename)(from, to);
}

int link(const char *from, const char *to)
{
	return path_fails(to) ? -1 : NEXT(link)(from, to);
}

int unlink(const char *path)
{
	return path_fails(path) ? -1 : NEXT(unlink)(path);
}

int mkdir(const char *path, mode_t mode)
{
	return path_fails(path) ? -1 : NEXT(mkdir)(path, mode);
}

int ftruncate(int fd, off_t n)
{
	return fd_fails(fd) ? -1 : NEXT(ftruncate)(fd, n);
}

static int makes(int flags)
{
	return flags & (O_CREAT | O_TRUNC);
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	va_start(ap, flags);
	mode_t mode = makes(flags) ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return makes(flags) && path_fails(path) ? -1 : NEXT(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list ap;
	va_start(ap, flags);
	mode_t mode = makes(flags) ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return makes(flags) && path_fails(path) ? -1 : NEXT(open64)(path, flags, mode);
}

__attribute__((destructor)) static void tell(void)
{
	const char *path = getenv("YORE_FAIL_COUNT");
	FILE *f = path ? fopen(path, "w") : NULL;
	if (f) {
		fprintf(f, "%ld\n", calls);
		fclose(f);
	}
}
