#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

#include "base/hash.h"
#include "base/io.h"
#include "dns/name.h"
#include "store/names.h"
#include "store/names_form.h"

#define LEVEL 1 /* 3 makes names no smaller, and takes half as long again */
#define DIRECTORY_MAX ((size_t)1 << 30)

struct names_writer {
	char *path;
	int fd;
	uint64_t at, names, blocks;
	struct buf plain, packed, directory;
	uint8_t first[NAME_WIRE_MAX]; /* of the block being filled */
	size_t first_len;
	ZSTD_CCtx *packer;
};

void names_drop(struct names_writer *w)
{
	if (w == NULL)
		return;
	if (w->fd >= 0)
		close(w->fd);
	ZSTD_freeCCtx(w->packer);
	buf_release(&w->plain);
	buf_release(&w->packed);
	buf_release(&w->directory);
	free(w->path);
	free(w);
}

static int put(struct names_writer *w, struct bytes b, struct fault *f)
{
	int r = io_write_all(w->fd, b.at, b.len, w->path, f);
	w->at += b.len;
	return r;
}

int names_begin(const char *path, struct fault *f, struct names_writer **ret)
{
	struct names_writer *w = calloc(1, sizeof(*w));
	if (w == NULL)
		return fault_set(f, YORE_ENOMEM, "%s: out of memory", path);
	buf_init(&w->plain, NAMES_BLOCK + NAME_WIRE_MAX);
	buf_init(&w->packed, ZSTD_COMPRESSBOUND(NAMES_BLOCK + NAME_WIRE_MAX));
	buf_init(&w->directory, DIRECTORY_MAX);
	w->path = strdup(path);
	w->packer = ZSTD_createCCtx();
	w->fd = io_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666, f);
	int r = w->fd < 0			? w->fd
		: w->path == NULL || !w->packer ? YORE_ENOMEM
						: put(w, BYTES_LIT(NAMES_MAGIC), f);
	if (r < 0) {
		names_drop(w);
		return r;
	}
	*ret = w;
	return 0;
}

static int end_block(struct names_writer *w, struct fault *f)
{
	size_t room = ZSTD_compressBound(w->plain.len);
	buf_clear(&w->packed);
	uint8_t *to = buf_room(&w->packed, room);
	size_t n =
	    to ? ZSTD_compressCCtx(w->packer, to, room, w->plain.at, w->plain.len, LEVEL)
	       : 0;
	if (to == NULL || ZSTD_isError(n))
		return fault_set(f, YORE_ENOMEM, "%s: out of memory", w->path);
	w->packed.len = n;
	buf_varint(&w->directory, n);
	buf_varint(&w->directory, w->plain.len);
	buf_u64be(&w->directory, hash_fixed(to, n, 0));
	buf_putc(&w->directory, (int)w->first_len);
	buf_put(&w->directory, w->first, w->first_len);
	buf_clear(&w->plain);
	w->blocks++;
	return put(w, buf_bytes(&w->packed), f);
}

int names_add(struct names_writer *w, struct bytes name, struct fault *f)
{
	if (w->plain.len == 0) {
		memcpy(w->first, name.at, name.len);
		w->first_len = name.len;
	}
	buf_put_bytes(&w->plain, name);
	w->names++;
	return w->plain.len < NAMES_BLOCK ? 0 : end_block(w, f);
}

static int put_tail(struct names_writer *w, struct fault *f)
{
	struct buf tail;
	uint64_t at = w->at;
	int r = w->directory.err;
	if (r == 0)
		r = put(w, buf_bytes(&w->directory), f);
	buf_init(&tail, NAMES_TAIL);
	buf_u64be(&tail, at);
	buf_u64be(&tail, w->directory.len);
	buf_u64be(&tail, w->blocks);
	buf_u64be(&tail, w->names);
	buf_u64be(&tail, hash_fixed(w->directory.at ? (void *)w->directory.at : "",
				    w->directory.len, 0));
	buf_u64be(&tail, tail.err ? 0 : hash_fixed(tail.at, tail.len, 0));
	if (r == 0)
		r = tail.err ? tail.err : put(w, buf_bytes(&tail), f);
	buf_release(&tail);
	return r;
}

int names_end(struct names_writer *w, struct fault *f)
{
	int r = w->plain.len ? end_block(w, f) : 0;
	if (r == 0)
		r = put_tail(w, f);
	if (r == 0 && fsync(w->fd) < 0)
		r = fault_set(f, yore_error_of_errno(errno), "cannot sync %s: %s",
			      w->path, strerror(errno));
	names_drop(w);
	return r;
}
