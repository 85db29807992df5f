/* The files that a follower knows: what lies there now, and how far each was taken. */
#ifndef YORE_SENSOR_FOLLOW_FILES_H
#define YORE_SENSOR_FOLLOW_FILES_H

#include <stdbool.h>

#include "base/buf.h"

/* At most so many files and folders, so many folders deep. */
#define FOLLOW_FILES_MOST 1000000
#define FOLLOW_DEPTH_MOST 8

struct follow_file {
	uint64_t device, inode;
	int64_t size, modified_ns;    /* as they are now */
	int64_t taken_size, taken_ns; /* as they were when it was taken; size -1: never */
	bool there;		      /* found by the scan at hand */
	char *path;
};

struct follow_files {
	struct follow_file *at;
	size_t count, room;
	uint32_t *slots; /* by device and inode: index + 1 */
	size_t slot_count;
};

void follow_files_release(struct follow_files *l);

/* Called for every folder that is looked into, so that it can be watched. */
typedef void (*follow_folder_fn)(const char *path, void *arg);
/*
 * Looks again. Files that are gone are forgotten; hidden ones (.name) and what is no
 * regular file are not looked at. ELIMIT: too many; ENOENT: a place is not there.
 */
int follow_files_scan(struct follow_files *l, const char *const *places, unsigned count,
		      follow_folder_fn folder, void *arg, struct fault *f);

static inline bool follow_file_changed(const struct follow_file *x)
{
	return x->size != x->taken_size || x->modified_ns != x->taken_ns;
}

/* The note: reading it marks files as taken; a bad line is left out. */
int follow_files_read(struct follow_files *l, const char *path);
int follow_files_write(const struct follow_files *l, const char *path, struct fault *f);

#endif
