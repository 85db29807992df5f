/*
 * Borrowed octets and the one way to read hostile ones.
 *
 * struct bytes does not own what it points at; whoever hands one out says until when it
 * is good. struct reader is a cursor with a sticky error: a read past the end returns 0
 * (or an empty view), sets err to YORE_EMALFORMED and all later reads do nothing, so a
 * parser may read a whole header and check once.
 */
#ifndef YORE_BASE_BYTES_H
#define YORE_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"

struct bytes {
	const uint8_t *at;
	size_t len;
};

#define BYTES(p, n) ((struct bytes){(const uint8_t *)(p), (n)})
#define BYTES_STR(s) ((struct bytes){(const uint8_t *)(s), strlen(s)})
#define BYTES_LIT(s) ((struct bytes){(const uint8_t *)(s), sizeof(s) - 1})

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* Order of unsigned octets, a prefix before what it begins: <0, 0, >0. */
static inline int bytes_compare(struct bytes a, struct bytes b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int r = n ? memcmp(a.at, b.at, n) : 0;
	if (r != 0)
		return r;
	return a.len < b.len ? -1 : a.len > b.len;
}

static inline bool bytes_begins(struct bytes a, struct bytes prefix)
{
	return a.len >= prefix.len &&
	       (prefix.len == 0 || memcmp(a.at, prefix.at, prefix.len) == 0);
}

/* The next line of a text, without its end, which is passed over; the last may lack it.
 */
struct bytes bytes_line(struct bytes *text);

struct reader {
	const uint8_t *base; /* start of the whole, for offsets */
	const uint8_t *at;
	const uint8_t *end;
	int err; /* 0 or the first error */
};

/* An empty view may have no address; nothing can be added to that, not even 0. */
static inline struct reader reader_of(struct bytes b)
{
	const uint8_t *at = b.at ? b.at : (const uint8_t *)"";
	return (struct reader){at, at, at + b.len, 0};
}

static inline size_t reader_left(const struct reader *r)
{
	return (size_t)(r->end - r->at);
}

static inline size_t reader_offset(const struct reader *r)
{
	return (size_t)(r->at - r->base);
}

static inline bool reader_want(struct reader *r, size_t n)
{
	if (r->err == 0 && reader_left(r) >= n)
		return true;
	if (r->err == 0)
		r->err = YORE_EMALFORMED;
	return false;
}

static inline struct bytes reader_take(struct reader *r, size_t n)
{
	struct bytes b = {r->at, 0};
	if (reader_want(r, n)) {
		b.len = n;
		r->at += n;
	}
	return b;
}

static inline void reader_skip(struct reader *r, size_t n)
{
	if (reader_want(r, n))
		r->at += n;
}

static inline uint16_t load_u16be(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t load_u32be(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t load_u64be(const uint8_t *p)
{
	return (uint64_t)load_u32be(p) << 32 | load_u32be(p + 4);
}

static inline void store_u16be(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void store_u32be(uint8_t *p, uint32_t v)
{
	store_u16be(p, (uint16_t)(v >> 16));
	store_u16be(p + 2, (uint16_t)v);
}

static inline void store_u64be(uint8_t *p, uint64_t v)
{
	store_u32be(p, (uint32_t)(v >> 32));
	store_u32be(p + 4, (uint32_t)v);
}

static inline uint8_t reader_u8(struct reader *r)
{
	return reader_want(r, 1) ? *r->at++ : 0;
}

static inline uint16_t reader_u16(struct reader *r)
{
	struct bytes b = reader_take(r, 2);
	return b.len ? load_u16be(b.at) : 0;
}

static inline uint32_t reader_u32(struct reader *r)
{
	struct bytes b = reader_take(r, 4);
	return b.len ? load_u32be(b.at) : 0;
}

static inline uint64_t reader_u64(struct reader *r)
{
	struct bytes b = reader_take(r, 8);
	return b.len ? load_u64be(b.at) : 0;
}

/*
 * Variable-length unsigned integers (LEB128, at most 10 octets): how the store and the
 * portable segments write counts. varint_put needs 10 octets of room, returns the length.
 */
static inline size_t varint_put(uint8_t *p, uint64_t v)
{
	size_t n = 0;
	while (v >= 0x80) {
		p[n++] = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	p[n++] = (uint8_t)v;
	return n;
}

static inline uint64_t reader_varint(struct reader *r)
{
	uint64_t v = 0;
	const uint8_t *p = r->at;
	for (unsigned shift = 0; shift < 64 && p < r->end && r->err == 0; shift += 7) {
		uint8_t c = *p++;
		if (shift == 63 && c > 1) /* more than 64 bits */
			break;
		v |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80)) {
			r->at = p;
			return v;
		}
	}
	if (r->err == 0)
		r->err = YORE_EMALFORMED;
	return 0;
}

#endif
