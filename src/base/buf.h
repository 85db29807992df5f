/*
 * A growable output buffer with a ceiling.
 *
 * The ceiling is given when it is made, so no buffer is without a bound. Errors are
 * sticky: after a write that did not fit (YORE_ELIMIT) or could not be allocated
 * (YORE_ENOMEM) the buffer keeps what it had, ignores further writes, and err says why.
 */
#ifndef YORE_BASE_BUF_H
#define YORE_BASE_BUF_H

#include "base/bytes.h"

struct buf {
	uint8_t *at;
	size_t len, room, ceiling;
	int err;
};

void buf_init(struct buf *b, size_t ceiling);
void buf_release(struct buf *b); /* frees; the buffer is as after buf_init */
void buf_clear(struct buf *b);	 /* keeps the memory, forgets content and error */

/* Room for n more octets at b->at + b->len, or NULL (err set). The caller adds to len. */
uint8_t *buf_room(struct buf *b, size_t n);
void buf_put(struct buf *b, const void *p, size_t n);
void buf_put_bytes(struct buf *b, struct bytes v);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, int c);
void buf_u16be(struct buf *b, uint16_t v);
void buf_u32be(struct buf *b, uint32_t v);
void buf_u64be(struct buf *b, uint64_t v);
void buf_varint(struct buf *b, uint64_t v);
void buf_u64(struct buf *b, uint64_t v);     /* decimal digits */
void buf_i64(struct buf *b, int64_t v);	     /* decimal digits */
void buf_hex(struct buf *b, struct bytes v); /* lower case, no separators */
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static inline struct bytes buf_bytes(const struct buf *b)
{
	return BYTES(b->at, b->len);
}

/* The content as a C string (a NUL is kept behind it, not counted); "" on error. */
const char *buf_str(struct buf *b);

#endif
