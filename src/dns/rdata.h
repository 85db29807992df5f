/*
 * RDATA of every type, from one descriptor table (rdata_form.c): wire -> canonical wire,
 * canonical wire <-> presentation form. A new type is one row of that table.
 *
 * Canonical is RFC 4034 6.2 as amended by RFC 6840 5.1: names uncompressed, and lower
 * case in the types listed there (and in SVCB/HTTPS targets, which compare without
 * case). Types without a row keep their octets (RFC 3597). Nothing is cut short.
 *
 * Text is read as in a master file: quotes, escapes, parentheses, comments (RFC 1035
 * 5.1); names are absolute with or without the final dot. Laws: rdata_canonical of its
 * own result changes nothing, and rdata_of_text of rdata_put gives the octets back, for
 * every type and every valid rdata. Where a type's own form would lose something (zeros
 * behind a type bitmap, a LOC size that is no single digit) the text is \# n hex.
 */
#ifndef YORE_DNS_RDATA_H
#define YORE_DNS_RDATA_H

#include "base/buf.h"

#define RDATA_MAX 65535

/*
 * Canonical RDATA from a message: the rdlen octets at offset of msg, names decompressed.
 * Writes to out, which has room octets (decompression can make it longer than rdlen);
 * returns the length. YORE_EMALFORMED when it does not fit the type's form exactly,
 * YORE_ELIMIT when room is too small.
 */
int rdata_canonical(struct bytes msg, size_t offset, size_t rdlen, uint16_t type,
		    uint8_t *out, size_t room);

/* Is this already what rdata_canonical would have written? */
bool rdata_valid(uint16_t type, struct bytes rdata);

/*
 * Presentation form (the RFC of the type, names absolute with the final dot), always
 * printable ASCII. Octets that do not fit the type's form print as \# n hex (RFC 3597).
 */
void rdata_put(struct buf *out, uint16_t type, struct bytes rdata);

/*
 * Presentation form, or \# n hex for any type, -> canonical octets appended to ret, which
 * is as before when it fails. YORE_EMALFORMED: not the type's form, also when the octets
 * of \# are not.
 */
int rdata_of_text(uint16_t type, const char *text, struct buf *ret) YORE_MUST_CHECK;
/* The same in a master file, where names without the final dot are below an origin. */
int rdata_of_text_below(uint16_t type, const char *text, struct bytes origin,
			struct buf *ret) YORE_MUST_CHECK;

/*
 * Every domain name (with its role) inside a canonical rdata, and every address: what
 * the by-rdata index is made of. Calls back in the order they stand; names are borrowed
 * wire form (lower case if canonical form lowers them, else as they are).
 */
enum rdata_part { RDATA_NAME, RDATA_ADDR4, RDATA_ADDR6 };
typedef void (*rdata_part_fn)(enum rdata_part part, struct bytes value, void *arg);
void rdata_parts(uint16_t type, struct bytes rdata, rdata_part_fn each, void *arg);
/* Its text may end in a name, an address or a fraction that rdata_parts never gives. */
bool rdata_hides_its_end(uint16_t type);

/* The rdata is one name and nothing else (NS, CNAME, PTR, DNAME, MB, ...). */
bool rdata_is_name(uint16_t type);

/* RRSIG and SIG: the type covered; 0 when too short. */
static inline uint16_t rdata_covered(struct bytes rdata)
{
	return rdata.len >= 2 ? load_u16be(rdata.at) : 0;
}

#endif
