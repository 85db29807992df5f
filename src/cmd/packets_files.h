/* Which captures the ledger says were imported of a time, in the order of their times. */
#ifndef YORE_CMD_PACKETS_FILES_H
#define YORE_CMD_PACKETS_FILES_H

#include "query/fence.h"
#include "store/store.h"

struct capture_file {
	struct input_id id;
	char name[256];
	int64_t first_us, last_us;
};

struct capture_files {
	struct capture_file *at;
	size_t count, room;
};

int capture_files_find(struct store *s, const struct fence *fence,
		       struct capture_files *ret, struct fault *f) YORE_MUST_CHECK;
void capture_files_release(struct capture_files *l);

#endif
