/*
 * The noun of the program. Everything that comes in becomes records, everything that
 * goes out is made of them.
 *
 * An RRset is an owner, a type and the set of rdata that were answered together, in the
 * bailiwick that was proven for it (or none), under a source. A record is one row of the
 * history: an RRset in a month (sighting rows) or from one stated time_first on
 * (interval rows, month 0), with its span.
 */
#ifndef YORE_RECORD_RECORD_H
#define YORE_RECORD_RECORD_H

#include "record/source_name.h"
#include "record/span.h"

/* Bailiwick as a count of labels of the owner (0: the root), or not known. */
#define BAILIWICK_ABSENT 0xff

/*
 * The owner's first label of what a flood of names that were seen once became below its
 * zone (gather/collapse.h). DNSDB uses the same, so clients may know it.
 */
#define COLLAPSED_LABEL "_wildcard_"
#define COLLAPSED_ZONE_MIN 2 /* labels of such a zone */
#define COLLAPSED_ZONE_MAX 4

struct rrset {
	struct bytes owner; /* lower-case wire form */
	uint16_t type;
	uint16_t source; /* record/source_name.h */
	uint8_t bailiwick;
	struct bytes rdata; /* packed set, see rdataset_* below */
};

struct record {
	struct rrset set;
	int32_t month; /* base/when.h; 0: an interval row */
	struct span span;
};

/*
 * A packed set: for each rdata a 16-bit length and the canonical octets, ascending
 * (RFC 4034 6.3), without duplicates.
 */
static inline bool rdataset_next(struct reader *r, struct bytes *ret)
{
	if (reader_left(r) < 2)
		return false;
	size_t n = reader_u16(r);
	*ret = reader_take(r, n);
	return r->err == 0;
}

/* Sorts, removes duplicates, packs. Returns 0, ELIMIT over 65535 octets each. */
int rdataset_pack(struct bytes *rdata, size_t count, struct buf *ret) YORE_MUST_CHECK;
bool rdataset_valid(struct bytes packed); /* well-formed, ascending, no duplicates */
size_t rdataset_count(struct bytes packed);

#endif
