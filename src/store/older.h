/*
 * The rows of a shelf whose keys are in an older form, and the whole shelf in today's:
 * what an upgrade is made of (upgrade.c). Under the lock; or only to count.
 */
#ifndef YORE_STORE_OLDER_H
#define YORE_STORE_OLDER_H

#include "store/rocks.h"

/*
 * Rows collected beside the shelf, in an engine of their own under incoming/.rewrite-...
 * (which the next holder of the lock sweeps away): keys in today's form.
 */
struct older {
	struct rocks *r;
	char shelf[SHELF_MAX];
	char folder[ROCKS_PATH];
	rocksdb_options_t *options;
	rocksdb_t *db;		 /* NULL: none were collected */
	struct older_row *batch; /* in memory, until there are many */
	size_t batch_count, batch_room;
	struct buf octets_of_batch;
	struct erased *list;
	uint64_t rows, count; /* of the shelf; in an older form */
	uint64_t erased;      /* of these: speak of what was erased, and stay behind */
	uint64_t octets;      /* of those, as they are written anew */
};

/* Reads the whole shelf. ECORRUPT: a part of it that is not known to be missing. Release
   it in any case. */
int older_collect(struct rocks *r, const char *shelf, bool only_count, struct fault *f,
		  struct older *ret);
void older_release(struct older *o);

/* All rows of the shelf as they are to be; o has to outlive it. */
int older_rows(struct older *o, struct fault *f, struct shelf_iter **ret);

/* Notes of what is missing name keys: they reach as far as the new ones. */
int older_notes(struct rocks *r, const char *shelf, struct fault *f);

#endif
