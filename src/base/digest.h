/* Digests that others' protocols ask for. For our own identities there is base/hash.h. */
#ifndef YORE_BASE_DIGEST_H
#define YORE_BASE_DIGEST_H

#include "base/bytes.h"

void digest_md5_hex(struct bytes b, char out[33]);    /* lower case */
void digest_sha256_hex(struct bytes b, char out[65]); /* lower case */
/* Of a message under a key (RFC 2104). */
void digest_hmac_sha256(struct bytes key, struct bytes b, uint8_t out[32]);

#endif
