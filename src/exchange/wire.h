/*
 * The portable form of a segment (docs/design/segment.md): what travels between machines
 * and sites. A head that says what it is, where it came from and which inputs it covers,
 * then, compressed, the RRset and server rows in key order, and their number. Rows by
 * rdata and by name are not sent: the receiver derives them anew, so nobody can make the
 * tables of another disagree. The engine's own files never cross.
 *
 * A segment is known by the SHA-256 of its octets. Reading trusts nothing: every length,
 * the order, every key, name, rdata and span is checked, and that a row belongs on the
 * shelf that the head names.
 */
#ifndef YORE_EXCHANGE_WIRE_H
#define YORE_EXCHANGE_WIRE_H

#include "store/store.h"

#define WIRE_NAME_LEN 64 /* hexadecimal digits of a segment's name */
#define WIRE_ENTRIES_MAX 4096
#define WIRE_TEXT_MAX 256		   /* licence and the like */
#define WIRE_OCTETS_MAX ((size_t)96 << 20) /* of a whole segment as it travels */
#define WIRE_ROWS_MAX ((size_t)512 << 20)  /* octets of rows, unpacked */

struct wire_terms { /* under which it is given; empty: nothing is said */
	char tlp[16];
	char licence[WIRE_TEXT_MAX];
};

struct wire_head {
	struct segment_meta meta;     /* entries point at the array below */
	struct ledger_entry *entries; /* their counters are borrowed from the segment */
	struct wire_terms terms;
	bool before; /* of version 1: its rows are given with the keys of today */
};

/*
 * Writing: rows are pulled and those that travel are written. Appends to out; counts
 * the rows that travel. ELIMIT: larger than a segment may be.
 */
int wire_write(const struct segment_meta *meta, const struct wire_terms *terms,
	       struct segment_rows *rows, struct buf *out, uint64_t *ret_rows,
	       struct fault *f) YORE_MUST_CHECK;

void wire_name(struct bytes segment, char out[WIRE_NAME_LEN + 1]);
bool wire_name_good(const char *name);

/* The head alone. Release it in any case. */
int wire_read_head(struct bytes segment, struct wire_head *ret,
		   struct fault *f) YORE_MUST_CHECK;
void wire_head_release(struct wire_head *h);

/* All of it, row by row. */
struct wire_reader;
int wire_open(struct bytes segment, struct fault *f,
	      struct wire_reader **ret) YORE_MUST_CHECK;
void wire_close(struct wire_reader *r);
const struct wire_head *wire_head(const struct wire_reader *r);
/*
 * 1: a row that has been checked, with its span; 0: the end, and it was whole. Keys
 * ascend, but for large sets in a segment of version 1.
 */
int wire_next(struct wire_reader *r, struct bytes *key, struct span *ret,
	      struct fault *f) YORE_MUST_CHECK;

#endif
