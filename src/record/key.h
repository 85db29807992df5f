/*
 * Order-preserving keys: where a row stands in a table (docs/design/store.md).
 *
 *   R  rev(owner) type(2) bailiwick(1) source len(2) set        RRsets by owner
 *   D  head rev(owner) type(2) source len(2) rdata|nothing      single records by rdata
 *        head: 4 a.b.c.d | 6 16 octets | n rev(name) | r type(2) len(2) rdata
 *        nothing (len 0) when the head says it all
 *   N  owner in forward label order                             names
 *   B  len addr rev(zone)                                       servers: who answers for
 * what L  ...                                                      ledger
 * (store/ledger.h)
 *
 * len is two octets; for large ones 0xffff, a digest and four octets, see KEY_LARGE.
 * The key of a row is this base and then the suffix: R and D in a year: month(1), 1..12;
 * R and D in the intervals directory: time_first(5), big endian, 0 = not known;
 * N, B, L: nothing. No base of a table is a prefix of another one.
 */
#ifndef YORE_RECORD_KEY_H
#define YORE_RECORD_KEY_H

#include "base/addr.h"
#include "dns/rdata.h"
#include "record/record.h"

enum {
	TABLE_RRSET = 'R',
	TABLE_RDATA = 'D',
	TABLE_NAME = 'N',
	TABLE_SERVER = 'B',
	TABLE_LEDGER = 'L',
	TABLE_ASKED = 'Q', /* who asked, by name and by client: record/asked.h */
	TABLE_CLIENT = 'C'
};

/* Appends the base of each. */
void key_rrset(struct buf *out, const struct rrset *s);
void key_name(struct buf *out, struct bytes owner);
void key_server(struct buf *out, const struct addr *server, struct bytes zone);

/*
 * The by-rdata bases of one record of a set (s->rdata is not looked at); calls back once
 * for each different head: every address and every name but the root in it, or, when
 * there is none, the octets themselves. One record makes at most KEY_HEADS_MAX rows, and
 * fewer if it is large, so that nobody can blow the table up with one message; returns
 * how many heads were left out for that.
 */
#define KEY_HEADS_MAX 32
size_t key_heads_limit(size_t rdata_len); /* of a record of so many octets */
/*
 * A set or record of so many octets stands behind a digest of itself, and never in front
 * of an owner: whoever can make rows whose keys differ only behind 60,000 octets would
 * have the engine keep separators of that length in its indexes, several times over.
 */
#define KEY_LARGE 1024
#define KEY_DIGEST 8 /* octets */
typedef void (*key_fn)(struct bytes base, void *arg);
size_t key_rdata_each(const struct rrset *s, struct bytes rdata, struct buf *scratch,
		      key_fn each, void *arg);
/* The parts of a rdata that those heads are made of: where it can be found. The same
   order, number and result; none: by its octets. */
size_t key_rdata_parts(uint16_t type, struct bytes rdata, rdata_part_fn each, void *arg);

/* How many octets the suffix of a row of this table takes. */
static inline size_t key_suffix_len(uint8_t table, bool interval)
{
	if (table != TABLE_RRSET && table != TABLE_RDATA)
		return 0;
	return interval ? 5 : 1;
}
void key_put_month(struct buf *out, int32_t month);   /* suffix of a sighting row */
void key_put_first(struct buf *out, int64_t first_s); /* suffix of an interval row */

/*
 * Back from a base. Owner (and head) come out as values; the rest is borrowed from base.
 * For D rows set.rdata is the record's canonical rdata, from the head if that says it
 * all. Both refuse what cannot have been written (EMALFORMED); that a set is sorted is
 * for rdataset_valid to say.
 */
struct key_rrset_parts {
	uint8_t owner[255]; /* wire form */
	struct rrset set;   /* owner points at the array above */
};
int key_rrset_read(struct bytes base, struct key_rrset_parts *ret) YORE_MUST_CHECK;

struct key_rdata_parts {
	uint8_t owner[255];
	uint8_t target[255]; /* of an n head */
	uint8_t head;	     /* 4, 6, 'n' or 'r' */
	struct rrset set;    /* bailiwick absent; rdata: the single rdata, NOT packed */
};
int key_rdata_read(struct bytes base, struct key_rdata_parts *ret) YORE_MUST_CHECK;

/* N: the owner (borrowed wire form); B: the server and its zone (into a caller's 255). */
int key_name_read(struct bytes base, struct bytes *ret) YORE_MUST_CHECK;
int key_server_read(struct bytes base, struct addr *server, uint8_t zone[255],
		    size_t *zone_len) YORE_MUST_CHECK;

/*
 * The octets of a base that all rows of one owner (R, N, Q), head (D), server (B), client
 * (C) or input (L) share: what filters are built over. 0: too short to hold a whole one.
 */
size_t key_shared_len(struct bytes key);
/* Octets of the (reversed or plain) name that these begin with, its zero included; 0:
   none. */
size_t key_name_octets(struct bytes at);

/*
 * Scan bounds, [lo, hi): every base that begins with what was put in out. key_after
 * turns a prefix into the least key behind everything that has it; 0 when there is none.
 */
void key_owner_prefix(struct buf *out, uint8_t table, struct bytes name, bool zone);
/* R: rows of exactly this owner, or with zone everything at and below it; N: the same
   owner, or with zone everything that begins with these labels (name.*) */
void key_rdata_addr_prefix(struct buf *out, const struct addr *a);
void key_rdata_name_prefix(struct buf *out, struct bytes name, bool zone);
/* Where a record with this rdata stands: its first head. Rows of other types and rdata
   may share it (an MX stands under its target); compare type and rdata. */
void key_rdata_raw_prefix(struct buf *out, uint16_t type, struct bytes rdata);
int key_after(struct buf *prefix); /* 1: done */

#endif
