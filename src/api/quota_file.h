/*
 * What keys have used today, on disk: a file of lines of one length, "ID DATE USED", one
 * for each key with a quota, each written over in its place with every request. A killed
 * process loses nothing of it; a machine without power at most what quota_file_sync did
 * not see. One server has it at a time.
 */
#ifndef YORE_API_QUOTA_FILE_H
#define YORE_API_QUOTA_FILE_H

#include "api/key.h"

#define QUOTA_FILE_NOWHERE SIZE_MAX

struct quota_file;

/* EAGAIN: another process has it. Made (0600) when there is none. */
int quota_file_open(const char *path, struct fault *f,
		    struct quota_file **ret) YORE_MUST_CHECK;
void quota_file_close(struct quota_file *q);

struct quota_line {
	char id[KEY_ID_LEN + 1];
	int64_t day; /* since 1970 */
	uint64_t used;
};

/* Line number i. 1: it is in *ret, 0: it cannot be read, ENOENT: there are no more. */
int quota_file_line(struct quota_file *q, size_t i, struct quota_line *ret);
/* Nothing in it is of use any more. */
int quota_file_clear(struct quota_file *q);
/* Over line *at, or QUOTA_FILE_NOWHERE: behind the last one, and *at tells which. */
int quota_file_write(struct quota_file *q, size_t *at, const struct quota_line *line);
int quota_file_sync(struct quota_file *q, struct fault *f);

#endif
