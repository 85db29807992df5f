/* Files of a spool: where they are, in their order, and how much they are. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/io.h"
#include "exchange/spool_own.h"

void spool_path(const struct spool *s, const char *folder, const char *file,
		char out[SPOOL_PATH_MAX])
{
	snprintf(out, SPOOL_PATH_MAX, "%s/%s%s%s", s->dir, folder, *file ? "/" : "",
		 file);
}

static bool is_segment(const char *file)
{
	return strlen(file) == SPOOL_FILE_MAX - 1 && file[20] == '-' &&
	       strspn(file, "0123456789") == 20 && wire_name_good(file + 21);
}

static int compare_files(const void *a, const void *b)
{
	return strcmp(a, b);
}

int spool_list(const struct spool *s, const char *folder, struct spool_listing *ret,
	       struct fault *f)
{
	char path[SPOOL_PATH_MAX];
	struct dirent *e;
	*ret = (struct spool_listing){0};
	spool_path(s, folder, "", path);
	DIR *d = opendir(path);
	if (d == NULL)
		return fault_set(f, yore_error_of_errno(errno), "%s: %s", path,
				 strerror(errno));
	int r = 0;
	while (r == 0 && (e = readdir(d)) != NULL) {
		if (!is_segment(e->d_name))
			continue;
		if (ret->count == ret->room) {
			size_t room = ret->room ? 2 * ret->room : 64;
			void *at = realloc(ret->at, room * sizeof(*ret->at));
			if (at == NULL) {
				r = fault_set(f, YORE_ENOMEM, "spool: out of memory");
				break;
			}
			ret->at = at;
			ret->room = room;
		}
		memcpy(ret->at[ret->count++], e->d_name, SPOOL_FILE_MAX);
	}
	closedir(d);
	if (ret->count)
		qsort(ret->at, ret->count, sizeof(*ret->at), compare_files);
	return r;
}

int spool_read(const struct spool *s, const char *folder, const char *file,
	       struct buf *ret, struct fault *f)
{
	char path[SPOOL_PATH_MAX];
	spool_path(s, folder, file, path);
	return io_read_file(path, SPOOL_SEGMENT_MAX, ret, f);
}

int spool_move(const struct spool *s, const char *from, const char *to, const char *file,
	       struct fault *f)
{
	char a[SPOOL_PATH_MAX], b[SPOOL_PATH_MAX];
	spool_path(s, from, file, a);
	spool_path(s, to, file, b);
	return io_rename(a, b, f);
}

uint64_t spool_octets(const struct spool *s, const char *folder)
{
	struct spool_listing l;
	uint64_t total = 0;
	if (spool_list(s, folder, &l, NULL) == 0)
		for (size_t i = 0; i < l.count; i++) {
			char path[SPOOL_PATH_MAX];
			struct stat st;
			spool_path(s, folder, l.at[i], path);
			if (stat(path, &st) == 0)
				total += (uint64_t)st.st_size;
		}
	free(l.at);
	return total;
}
