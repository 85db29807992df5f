#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_ROOM 64

void buf_init(struct buf *b, size_t ceiling)
{
	*b = (struct buf){.ceiling = ceiling};
}

void buf_release(struct buf *b)
{
	if (b == NULL)
		return;
	free(b->at);
	buf_init(b, b->ceiling);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->err = 0;
}

static uint8_t *fail(struct buf *b, int err)
{
	if (b->err == 0)
		b->err = err;
	return NULL;
}

/* One octet more than the ceiling may be taken: the NUL of buf_str. */
static bool grow(struct buf *b, size_t need)
{
	size_t room = b->room ? b->room : FIRST_ROOM;
	while (room < need)
		room = room > SIZE_MAX / 2 ? need : room * 2;
	if (room > b->ceiling && room > need)
		room = b->ceiling + 1 > need ? b->ceiling + 1 : need;
	uint8_t *at = realloc(b->at, room);
	if (at == NULL)
		return false;
	b->at = at;
	b->room = room;
	return true;
}

uint8_t *buf_room(struct buf *b, size_t n)
{
	if (b->err)
		return NULL;
	if (n > b->ceiling || b->len > b->ceiling - n)
		return fail(b, YORE_ELIMIT);
	if ((n > b->room - b->len || b->at == NULL) && !grow(b, b->len + n))
		return fail(b, YORE_ENOMEM);
	return b->at + b->len;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
	uint8_t *to = buf_room(b, n);
	if (to && n) {
		memcpy(to, p, n);
		b->len += n;
	}
}

void buf_put_bytes(struct buf *b, struct bytes v)
{
	buf_put(b, v.at, v.len);
}

void buf_puts(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void buf_putc(struct buf *b, int c)
{
	uint8_t *to = buf_room(b, 1);
	if (to) {
		*to = (uint8_t)c;
		b->len++;
	}
}

void buf_u16be(struct buf *b, uint16_t v)
{
	uint8_t p[2];
	store_u16be(p, v);
	buf_put(b, p, sizeof(p));
}

void buf_u32be(struct buf *b, uint32_t v)
{
	uint8_t p[4];
	store_u32be(p, v);
	buf_put(b, p, sizeof(p));
}

void buf_u64be(struct buf *b, uint64_t v)
{
	uint8_t p[8];
	store_u64be(p, v);
	buf_put(b, p, sizeof(p));
}

void buf_varint(struct buf *b, uint64_t v)
{
	uint8_t p[10];
	buf_put(b, p, varint_put(p, v));
}

void buf_u64(struct buf *b, uint64_t v)
{
	char text[20];
	size_t at = sizeof(text);
	do
		text[--at] = (char)('0' + v % 10);
	while (v /= 10);
	buf_put(b, text + at, sizeof(text) - at);
}

void buf_i64(struct buf *b, int64_t v)
{
	if (v < 0)
		buf_putc(b, '-');
	buf_u64(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void buf_hex(struct buf *b, struct bytes v)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t *to =
	    v.len > SIZE_MAX / 2 ? fail(b, YORE_ELIMIT) : buf_room(b, 2 * v.len);
	if (to == NULL)
		return;
	for (size_t i = 0; i < v.len; i++) {
		to[2 * i] = (uint8_t)digits[v.at[i] >> 4];
		to[2 * i + 1] = (uint8_t)digits[v.at[i] & 15];
	}
	b->len += 2 * v.len;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	char few[256];
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(few, sizeof(few), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(few)) {
		buf_put(b, few, (size_t)n);
	} else if (n >= 0) {
		char *many = malloc((size_t)n + 1);
		if (many) {
			vsnprintf(many, (size_t)n + 1, fmt, again);
			buf_put(b, many, (size_t)n);
			free(many);
		} else {
			fail(b, YORE_ENOMEM);
		}
	}
	va_end(again);
}

const char *buf_str(struct buf *b)
{
	if (b->err || (b->len + 1 > b->room && !grow(b, b->len + 1))) {
		fail(b, YORE_ENOMEM);
		return "";
	}
	b->at[b->len] = 0;
	return (const char *)b->at;
}
