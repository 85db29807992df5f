/*
 * A segment on disk: a folder with "rows.sst" (a whole sorted file as RocksDB takes it)
 * and "header" (docs/design/store.md): which shelf, who made it, which inputs from where
 * to where, and a hash over the file.
 *
 * RocksDB writes a sequence number of eight octets into the file when it takes it in.
 * The hash leaves these out, so that a file that was half taken in is still known good.
 */
#ifndef YORE_STORE_SEGMENT_H
#define YORE_STORE_SEGMENT_H

#include "store/erased.h"
#include "store/ledger.h"

#define SEGMENT_ROWS "rows.sst"
#define SEGMENT_HEADER "header"
#define SEGMENT_NAMES "names" /* of table N (store/names.h); an extra */
#define SEGMENT_VERSION 2     /* 1: of a database of format 1 */
#define SEGMENT_NAME_MAX 96

struct segment {
	struct segment_meta meta; /* entries below */
	uint64_t rows;		  /* without the ledger's */
	uint64_t octets;	  /* of rows.sst */
	uint64_t hole;		  /* where the eight octets are */
	uint64_t hash;
	uint64_t erased; /* the version of the list it was written under */
	unsigned version;
	struct ledger_entry *list;
	struct buf room; /* what the entries borrow */
};

/* SHELF-ORIGIN-SEQUENCE, as folders are named. */
void segment_name(const struct segment_meta *m, char ret[SEGMENT_NAME_MAX]);

/* How many wait in DIR/incoming to be taken in. */
unsigned segments_waiting(const char *dir);

/* Writes the files into a folder that is there, synced. */
int segment_write(const char *folder, const struct segment_meta *meta,
		  struct segment_rows *rows, const struct erased *erased,
		  struct fault *f) YORE_MUST_CHECK;

/* Reads the header. ENOENT, ECORRUPT, EVERSION (written by a newer program). */
int segment_read(const char *folder, struct segment *ret,
		 struct fault *f) YORE_MUST_CHECK;
void segment_release(struct segment *s);
/* The octets of a header; what is read borrows them. ret is zeros before. */
int segment_parse(struct bytes header, struct segment *ret) YORE_MUST_CHECK;

/* Is the file the one that was written? 0, ECORRUPT, ENOENT, EIO. */
int segment_check(const char *folder, const struct segment *s,
		  struct fault *f) YORE_MUST_CHECK;

#endif
