/* Hex, base64 (RFC 4648 4) and base32hex (RFC 4648 7), as RDATA text uses them. */
#ifndef YORE_DNS_RDATA_CODE_H
#define YORE_DNS_RDATA_CODE_H

#include "base/buf.h"

void base64_put(struct buf *out, struct bytes v);
void base32hex_put(struct buf *out, struct bytes v); /* lower case, no padding */

/*
 * Decoders take text in pieces, so that it may be broken by blanks anywhere. They append
 * to out; false when a character does not belong. code_end: is the whole complete?
 */
struct code {
	unsigned bits;	 /* per character: 4, 5 or 6 */
	uint32_t hold;	 /* bits not yet written */
	unsigned held;	 /* how many */
	unsigned digits; /* characters read */
	unsigned pads;	 /* '=' read */
};

bool code_read(struct code *c, const char *at, const char *end, struct buf *out);
bool code_end(const struct code *c);

#endif
