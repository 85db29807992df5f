#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

static int fail(struct fault *f, const char *what, const char *path)
{
	int err = errno;
	return fault_set(f, yore_error_of_errno(err), "%s %s: %s", what, path,
			 strerror(err));
}

static int make_one(const char *path, mode_t mode, struct fault *f)
{
	struct stat st;
	if (mkdir(path, mode) == 0)
		return 0;
	if (errno == EEXIST && stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return 0;
		errno = ENOTDIR;
	}
	return fail(f, "cannot make folder", path);
}

int io_mkdirs(const char *path, mode_t mode, struct fault *f)
{
	char at[4096];
	size_t n = strlen(path);
	if (n == 0 || n >= sizeof(at))
		return fault_set(f, YORE_ELIMIT, "bad folder name: %.80s", path);
	memcpy(at, path, n + 1);
	for (size_t i = 1; i < n; i++) {
		if (at[i] != '/' || at[i - 1] == '/')
			continue;
		at[i] = 0;
		int r = make_one(at, mode, f);
		if (r < 0)
			return r;
		at[i] = '/';
	}
	return make_one(at, mode, f);
}

#define TREE_DEPTH 32

static int remove_below(int parent, const char *name, unsigned depth, struct fault *f);

static int remove_entry(int fd, const char *name, unsigned depth, struct fault *f)
{
	if (unlinkat(fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return fail(f, "cannot remove", name);
	return remove_below(fd, name, depth + 1, f);
}

static int remove_content(DIR *d, unsigned depth, struct fault *f)
{
	struct dirent *e;
	int r = 0;
	while (r == 0 && (errno = 0, e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			r = remove_entry(dirfd(d), e->d_name, depth, f);
	return r;
}

static int remove_below(int parent, const char *name, unsigned depth, struct fault *f)
{
	if (depth > TREE_DEPTH)
		return fault_set(f, YORE_ELIMIT, "cannot remove %s: nested too deep",
				 name);
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (d == NULL) {
		int r = fail(f, "cannot remove", name);
		if (fd >= 0)
			close(fd);
		return r;
	}
	int r = remove_content(d, depth, f);
	closedir(d);
	if (r == 0 && unlinkat(parent, name, AT_REMOVEDIR) < 0)
		r = fail(f, "cannot remove", name);
	return r;
}

int io_remove_tree(const char *path, struct fault *f)
{
	if (unlink(path) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return fail(f, "cannot remove", path);
	return remove_below(AT_FDCWD, path, 0, f);
}
