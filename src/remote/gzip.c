#include <zlib.h>

#include "remote/replies.h"

#define GZIP 16 /* added to the window bits: a gzip header and trailer */

int gzip_put(struct bytes in, struct buf *out)
{
	z_stream z = {0};
	if (in.len > UINT32_MAX / 2 || deflateInit2(&z, 6, Z_DEFLATED, MAX_WBITS + GZIP,
						    8, Z_DEFAULT_STRATEGY) != Z_OK)
		return YORE_ENOMEM;
	size_t room = deflateBound(&z, in.len) + 32;
	uint8_t *at = buf_room(out, room);
	if (at == NULL) {
		deflateEnd(&z);
		return out->err;
	}
	z.next_in = (Bytef *)(uintptr_t)in.at;
	z.avail_in = (uInt)in.len;
	z.next_out = at;
	z.avail_out = (uInt)room;
	int r = deflate(&z, Z_FINISH);
	out->len += room - z.avail_out;
	deflateEnd(&z);
	return r == Z_STREAM_END ? 0 : YORE_EIO;
}

int gzip_take(struct bytes in, struct buf *out)
{
	z_stream z = {0};
	int r = Z_OK, e = 0;
	if (in.len > UINT32_MAX / 2 || inflateInit2(&z, MAX_WBITS + GZIP) != Z_OK)
		return YORE_ENOMEM;
	z.next_in = (Bytef *)(uintptr_t)in.at;
	z.avail_in = (uInt)in.len;
	while (r == Z_OK && e == 0) {
		size_t left = out->ceiling - out->len, room = left < 65536 ? left : 65536;
		uint8_t *at = room ? buf_room(out, room) : NULL;
		if (at == NULL) {
			e = room ? out->err : YORE_ELIMIT;
			break;
		}
		z.next_out = at;
		z.avail_out = (uInt)room;
		r = inflate(&z, Z_NO_FLUSH);
		out->len += room - z.avail_out;
	}
	inflateEnd(&z);
	return e ? e : r == Z_STREAM_END ? 0 : YORE_ECORRUPT;
}
