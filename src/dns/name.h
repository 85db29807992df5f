/*
 * Domain names (RFC 1035 3.1, RFC 4343), as values of at most 255 octets.
 *
 * Inside the program a name is in wire form (length octet, label, ..., zero octet),
 * uncompressed and lower case, so equality is memcmp. A label may hold any octet. The
 * spelling on the wire (0x20) matters only to observe/match, which reads it before.
 * Presentation form is RFC 1035 5.1 / RFC 4343 2.1: \. \\ \DDD, absolute, final dot.
 */
#ifndef YORE_DNS_NAME_H
#define YORE_DNS_NAME_H

#include "base/buf.h"

#define NAME_WIRE_MAX 255
#define NAME_LABELS_MAX 127
#define NAME_TEXT_MAX 1025 /* every octet as \DDD, dots, NUL */

struct name {
	uint8_t len; /* octets of wire used, 1 for the root; 0: no name */
	uint8_t wire[NAME_WIRE_MAX];
};

static inline struct bytes name_bytes(const struct name *n)
{
	return BYTES(n->wire, n->len);
}

/*
 * Reads a possibly compressed name at *offset of msg (RFC 1035 4.1.4). Writes at most
 * 255 octets of lower-case wire form to out and moves *offset behind the name. Pointers
 * must point strictly backwards to before where the current run began, so it ends.
 * Returns the length, or YORE_EMALFORMED.
 */
int name_decompress(struct bytes msg, size_t *offset, uint8_t out[NAME_WIRE_MAX]);
/* The same but keeps the letters' case as they are on the wire. */
int name_decompress_case(struct bytes msg, size_t *offset, uint8_t out[NAME_WIRE_MAX]);

/* Uncompressed wire octets that are exactly one name -> lower-cased value. */
int name_of_wire(struct bytes wire, struct name *ret) YORE_MUST_CHECK;
bool name_wire_valid(struct bytes wire); /* exactly one well-formed name */
void name_lower(uint8_t *wire, size_t len);

/* Presentation form -> name. A missing final dot is fine. "" and "." are the root. */
int name_of_text(const char *text, struct name *ret) YORE_MUST_CHECK;
/* Text with U-labels (UTF-8) too: IDNA 2008 through libidn2, non-transitional. */
int name_of_idn(const char *text, struct name *ret) YORE_MUST_CHECK;

/*
 * Wire form -> presentation form with the final dot; NUL-terminated, returns the length.
 * Octets outside 0x21..0x7e and the special characters are escaped, so the text is safe
 * for a terminal. name_put appends without the NUL.
 */
size_t name_text(struct bytes wire, char out[NAME_TEXT_MAX]);
void name_put(struct buf *out, struct bytes wire);
void name_put_chomped(struct buf *out,
		      struct bytes wire); /* no final dot, root stays "." */

unsigned name_labels(struct bytes wire); /* the root has 0 */
/* Is wire the zone itself or below it? Both lower case. */
bool name_within(struct bytes wire, struct bytes zone);
/* The ancestor-or-self with so many labels: a suffix of wire (borrowed). */
struct bytes name_suffix(struct bytes wire, unsigned labels);
struct bytes name_parent(struct bytes wire); /* the root's parent is the root */

/*
 * Labels in reverse, each with its length octet, and a final zero: com, example, www.
 * A zone is then exactly a byte prefix (without the zero) of all that is in it.
 * out needs wire.len octets; returns wire.len. Its own inverse.
 */
size_t name_reverse(struct bytes wire, uint8_t *out);

/* The canonical order of RFC 4034 6.1. */
int name_compare(struct bytes a, struct bytes b);

/* 4.3.2.1.in-addr.arpa and ip6.arpa forms <-> addresses; `whole` only full ones. */
#include "base/addr.h"
void name_of_addr(const struct addr *a, struct name *ret);
int name_to_addr(struct bytes wire, struct addr *ret) YORE_MUST_CHECK;

#endif
