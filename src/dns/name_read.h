/*
 * The loop that reads names off the wire, inline because it is most of what decoding a
 * message costs. Internal to dns/: others call name_decompress.
 *
 * Labels are copied in blocks of 16 octets and lower-cased on the way: a length octet is
 * below 64 and so never taken for a letter. A block may write past the end of the name,
 * so out must have NAME_READ_ROOM octets; it never reads past the end of the message.
 */
#ifndef YORE_DNS_NAME_READ_H
#define YORE_DNS_NAME_READ_H

#include "dns/name.h"

#define NAME_READ_ROOM (NAME_WIRE_MAX + 1 + 64)

typedef uint8_t octets16 __attribute__((vector_size(16)));

static inline void name_copy_block(uint8_t *to, const uint8_t *from, bool lower)
{
	octets16 v;
	memcpy(&v, from, sizeof(v));
	if (lower)
		v += (octets16)((octets16)(v - 'A') < 26) & 32;
	memcpy(to, &v, sizeof(v));
}

static inline uint8_t octet_lower(uint8_t c)
{
	return (uint8_t)(c + ((uint8_t)(c - 'A') < 26 ? 32 : 0));
}

/* A label with its length octet: n <= 64 octets that are inside the message. */
static inline void name_copy_label(uint8_t *to, struct bytes msg, size_t at, size_t n,
				   bool lower)
{
	if (__builtin_expect(n <= 16 && at + 16 <= msg.len, 1)) {
		name_copy_block(to, msg.at + at, lower);
	} else if (at + 64 <= msg.len) {
		for (size_t i = 0; i < n; i += 16)
			name_copy_block(to + i, msg.at + at + i, lower);
	} else {
		for (size_t i = 0; i < n; i++)
			to[i] = lower ? octet_lower(msg.at[at + i]) : msg.at[at + i];
	}
}

/* See name_decompress. */
static inline int name_read(struct bytes msg, size_t *offset, uint8_t *out, bool lower)
{
	size_t at = *offset, limit = at, len = 0;
	size_t behind =
	    0; /* where the name ends in the place it began; 0: not yet known */

	for (;;) {
		if (at >= msg.len)
			return YORE_EMALFORMED;
		uint8_t c = msg.at[at];
		if (c == 0)
			break;
		if (c < 64) {
			size_t n = (size_t)c + 1;
			if (at + n > msg.len || len + n >= NAME_WIRE_MAX)
				return YORE_EMALFORMED;
			name_copy_label(out + len, msg, at, n, lower);
			len += n;
			at += n;
			continue;
		}
		if (c < 0xc0 || at + 2 > msg.len)
			return YORE_EMALFORMED;
		size_t target = (size_t)(c & 0x3f) << 8 | msg.at[at + 1];
		/* each run begins before the last one did, so the chain ends */
		if (target >= limit)
			return YORE_EMALFORMED;
		if (behind == 0)
			behind = at + 2;
		at = limit = target;
	}
	out[len++] = 0;
	*offset = behind ? behind : at + 1;
	return (int)len;
}

#endif
