/*
 * Files, with errors told and durability meant. Every descriptor is O_CLOEXEC.
 *
 * io_point is the seam for fault tests: a named step of a path that must survive a
 * crash. When $YORE_CRASH_AT names the step the process ends there as by kill -9; when
 * $YORE_FAIL_AT does, io_point returns YORE_EIO. Otherwise it costs one comparison.
 */
#ifndef YORE_BASE_IO_H
#define YORE_BASE_IO_H

#include <sys/types.h>

#include "base/buf.h"

int io_open(const char *path, int flags, mode_t mode, struct fault *f); /* fd or error */
int io_write_all(int fd, const void *p, size_t n, const char *path, struct fault *f);
ssize_t io_read(int fd, void *p, size_t n, const char *path,
		struct fault *f); /* EINTR-safe */
int io_read_file(const char *path, size_t ceiling, struct buf *ret, struct fault *f);
int io_fsync_path(const char *path, struct fault *f); /* file or directory */
int io_replace(const char *path, struct bytes content, mode_t mode,
	       struct fault *f); /* atomic, durable */
int io_rename(const char *from, const char *to,
	      struct fault *f); /* and fsync of both folders */
int io_mkdirs(const char *path, mode_t mode, struct fault *f); /* as mkdir -p */
int io_remove_tree(const char *path, struct fault *f); /* no symbolic link is followed */
int io_exists(const char *path);		       /* 1 or 0 */
int io_point(const char *step);

#endif
