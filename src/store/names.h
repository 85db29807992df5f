/*
 * Names of a shelf in files of our own, beside table N: for patterns over all names,
 * which then read a fifth of the octets and look at a name only where a piece of it that
 * the pattern must find stands in it. This is one such file, a *run*; which runs a shelf
 * has and what they cover is store/names_runs.h.
 *
 * They are an extra: where they do not cover the shelf, or one is damaged, N is read
 * instead. They may have names that N has not (a row set aside as damaged), never the
 * other way.
 *
 *   "YORENAM" 2, blocks (ZSTD: names in wire form in order, one after the other),
 *   directory (a row a block), tail: see docs/design/store.md
 */
#ifndef YORE_STORE_NAMES_H
#define YORE_STORE_NAMES_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/buf.h"

#define NAMES_BLOCK                                                         \
	((size_t)64 << 10) /* octets of names in a block, and one name more \
			    */

/* ---- writing ---- */

struct names_writer;
int names_begin(const char *path, struct fault *f,
		struct names_writer **ret) YORE_MUST_CHECK;
/* Ascending by their octets; wire form. */
int names_add(struct names_writer *w, struct bytes name, struct fault *f) YORE_MUST_CHECK;
/* Finishes the file and syncs it. The writer is gone in any case. */
int names_end(struct names_writer *w, struct fault *f) YORE_MUST_CHECK;
void names_drop(struct names_writer *w);

/* ---- reading ---- */

struct names_block {
	uint64_t at, hash;
	uint32_t packed, plain;
	struct bytes first; /* its first name */
};

/* What reading takes; kept for the next scan, whose first block it may hold already. */
struct names_buffer {
	uint8_t *packed, *plain;
	void *inflater;
	size_t block; /* what plain holds; SIZE_MAX: nothing */
};
#define NAMES_SPARES 4

struct names_file {
	_Atomic unsigned users;
	int fd;
	uint64_t mark; /* names_mark of it: another one is another file */
	uint64_t names, octets;
	struct names_block *blocks;
	size_t count;
	uint32_t packed_most, plain_most; /* of its blocks */
	struct buf directory;
	atomic_bool bad; /* a block could not be read: not used any more */
	pthread_mutex_t spare_lock;
	struct names_buffer spares[NAMES_SPARES];
	unsigned spare_count;
};

/* ENOENT, ECORRUPT, EVERSION, EIO. Counted: names_put gives it back. */
int names_open(const char *path, struct fault *f,
	       struct names_file **ret) YORE_MUST_CHECK;
void names_put(struct names_file *n);
struct stat;
uint64_t names_mark(const struct stat *st); /* never 0 */

/* Names from lo to before hi (empty: to the end) that have the literal in them. */
struct names_scan {
	struct names_file *file;
	struct bytes lo, hi, literal; /* borrowed */
	size_t block;		      /* the next to be read */
	struct names_buffer buffer;
	size_t len, at; /* of buffer.plain */
};

void names_scan_init(struct names_scan *s, struct names_file *file, struct bytes lo,
		     struct bytes hi, struct bytes literal);
/*
 * 1, 0, or ECORRUPT and EIO: block s->block - 1 cannot be read. Borrowed until the next
 * call.
 */
int names_scan_next(struct names_scan *s, struct bytes *name) YORE_MUST_CHECK;
/* Forward only; lo must stay. */
void names_scan_seek(struct names_scan *s, struct bytes lo);
void names_scan_release(struct names_scan *s);

#endif
