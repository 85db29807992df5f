/*
 * The spool within: its state, its folders (spool_folder.c), how a segment gets into it
 * (spool_commit.c). For the files of the spool and nobody else.
 */
#ifndef YORE_EXCHANGE_SPOOL_OWN_H
#define YORE_EXCHANGE_SPOOL_OWN_H

#include <pthread.h>

#include "exchange/spool.h"
#include "store/erased.h"

#define SPOOL_PATH_MAX 4096
#define SPOOL_SEGMENT_MAX (WIRE_OCTETS_MAX + (8u << 20))

struct spool {
	char *dir;
	int lock_fd;
	struct store *ledger;
	const struct share_policy *policy;
	struct erased erased; /* leaves nobody any more */
	uint64_t keep_octets, most_octets, serial;
	pthread_mutex_t lock; /* of the folders' content and serial */
	pthread_cond_t more;
	uint64_t waiting;
};

/* ---- folders: folder is "out", "sent", "refused" or "tmp" ---- */

struct spool_listing { /* by serial, so in the order of committing */
	char (*at)[SPOOL_FILE_MAX];
	size_t count, room;
};

void spool_path(const struct spool *s, const char *folder, const char *file,
		char out[SPOOL_PATH_MAX]);
/* The segments in there; free(ret->at), also after an error. */
int spool_list(const struct spool *s, const char *folder, struct spool_listing *ret,
	       struct fault *f);
int spool_read(const struct spool *s, const char *folder, const char *file,
	       struct buf *ret, struct fault *f);
int spool_move(const struct spool *s, const char *from, const char *to, const char *file,
	       struct fault *f);
uint64_t spool_octets(const struct spool *s, const char *folder);

/* ---- committing ---- */

/* The sink's commit: arg is the spool. */
int spool_commit(void *arg, const struct segment_meta *meta, struct segment_rows *rows,
		 struct fault *f);
/* A segment that was written before a crash, and may not be in the ledger yet. */
int spool_enter_again(struct spool *s, const char *file, struct fault *f);

#endif
