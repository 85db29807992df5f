/*
 * IP addresses, prefixes and ranges, as values.
 * Text forms: RFC 4291 2.2 and RFC 5952 out; in: dotted quad, RFC 4291, "a/len", "a,len"
 * (DNSDB), "a-b". An IPv4-mapped IPv6 address stays IPv6.
 */
#ifndef YORE_BASE_ADDR_H
#define YORE_BASE_ADDR_H

#include "base/buf.h"

#define ADDR_TEXT_MAX 46 /* with the NUL */

struct addr {
	uint8_t len;	/* 4, 16, or 0 for none */
	uint8_t at[16]; /* network order; octets past len are zero */
};

struct addr_range { /* both ends belong to it; same family */
	struct addr lo, hi;
};

static inline struct addr addr_of(const void *p, uint8_t len)
{
	struct addr a = {.len = len};
	memcpy(a.at, p, len);
	return a;
}

static inline bool addr_equal(const struct addr *a, const struct addr *b)
{
	return a->len == b->len && memcmp(a->at, b->at, 16) == 0;
}

int addr_compare(const struct addr *a, const struct addr *b); /* v4 before v6 */
int addr_parse(const char *text, struct addr *ret) YORE_MUST_CHECK;
size_t addr_text(const struct addr *a, char out[ADDR_TEXT_MAX]);

/* A single address, prefix (host bits are cleared) or range; EMALFORMED if not one. */
int addr_range_parse(const char *text, struct addr_range *ret) YORE_MUST_CHECK;
int addr_range_of_prefix(const struct addr *a, unsigned bits, struct addr_range *ret);
/* Takes the largest prefix off its front: 1, and the prefix's length; 0: it was empty. */
int addr_range_split(struct addr_range *left, struct addr_range *prefix, unsigned *bits);
/* "192.0.2.1", or "192.0.2.1-192.0.2.9" */
void addr_range_put(struct buf *out, const struct addr_range *r);
bool addr_range_has(const struct addr_range *r, const struct addr *a);

/* RFC 6890 and friends: never globally reachable (private, loopback, link-local, ...). */
bool addr_is_special(const struct addr *a);

#endif
