#include <errno.h>
#include <fcntl.h>
#ifdef __SSE2__
#include <immintrin.h>
#endif
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/hash.h"
#include "base/io.h"
#include "dns/name.h"
#include "store/names.h"
#include "store/names_form.h"

#define MAGIC_LEN (sizeof(NAMES_MAGIC) - 1)
#define PLAIN_MAX (NAMES_BLOCK + NAME_WIRE_MAX)
#define DIRECTORY_MAX ((uint64_t)1 << 30)
#define ROW_MIN 12 /* of the directory: two varints, a hash, a name's length, a name */

/* ---- buffers ---- */

static void buffer_release(struct names_buffer *b)
{
	ZSTD_freeDCtx(b->inflater);
	free(b->packed);
	free(b->plain);
	memset(b, 0, sizeof(*b));
}

static int buffer_make(struct names_buffer *b, const struct names_file *n)
{
	if (b->plain)
		return 0;
	b->packed = malloc(n->packed_most);
	b->plain = malloc(n->plain_most);
	b->inflater = ZSTD_createDCtx();
	b->block = SIZE_MAX;
	if (b->packed && b->plain && b->inflater)
		return 0;
	buffer_release(b);
	return YORE_ENOMEM;
}

/* The one that holds the block, or any. */
static struct names_buffer take_buffer(struct names_file *n, size_t block)
{
	struct names_buffer b = {0};
	pthread_mutex_lock(&n->spare_lock);
	if (n->spare_count) {
		size_t at = 0;
		while (at + 1 < n->spare_count && n->spares[at].block != block)
			at++;
		b = n->spares[at];
		n->spares[at] = n->spares[--n->spare_count];
	}
	pthread_mutex_unlock(&n->spare_lock);
	return b;
}

static void keep_buffer(struct names_file *n, struct names_buffer *b)
{
	pthread_mutex_lock(&n->spare_lock);
	if (b->plain && n->spare_count < NAMES_SPARES) {
		n->spares[n->spare_count++] = *b;
		memset(b, 0, sizeof(*b));
	}
	pthread_mutex_unlock(&n->spare_lock);
	buffer_release(b);
}

/* ---- opening ---- */

void names_put(struct names_file *n)
{
	if (n == NULL || atomic_fetch_sub(&n->users, 1) != 1)
		return;
	while (n->spare_count)
		buffer_release(&n->spares[--n->spare_count]);
	pthread_mutex_destroy(&n->spare_lock);
	if (n->fd >= 0)
		close(n->fd);
	buf_release(&n->directory);
	free(n->blocks);
	free(n);
}

static int read_at(int fd, void *p, size_t n, uint64_t at)
{
	uint8_t *to = p;
	while (n > 0) {
		ssize_t got = pread(fd, to, n, (off_t)at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? yore_error_of_errno(errno) : YORE_ECORRUPT;
		to += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	return 0;
}

/* The octets of a name at p, its final zero included; 0: none within room. */
static size_t name_len(const uint8_t *p, size_t room)
{
	size_t i = 0, limit = room < NAME_WIRE_MAX ? room : NAME_WIRE_MAX;
	while (i < limit) {
		if (p[i] == 0)
			return i + 1;
		if (p[i] > 63)
			return 0;
		i += p[i] + 1u;
	}
	return 0;
}

static int read_row(struct reader *r, struct names_block *b, uint64_t at)
{
	uint64_t packed = reader_varint(r), plain = reader_varint(r);
	b->hash = reader_u64(r);
	b->first = reader_take(r, reader_u8(r));
	if (r->err || plain == 0 || plain > PLAIN_MAX || packed == 0 ||
	    packed > ZSTD_COMPRESSBOUND(PLAIN_MAX) || b->first.len == 0 ||
	    name_len(b->first.at, b->first.len) != b->first.len)
		return YORE_ECORRUPT;
	b->at = at;
	b->packed = (uint32_t)packed;
	b->plain = (uint32_t)plain;
	return 0;
}

static int read_directory(struct names_file *n, uint64_t count, uint64_t end)
{
	struct reader r = reader_of(buf_bytes(&n->directory));
	uint64_t at = MAGIC_LEN;
	if (count > n->directory.len / ROW_MIN)
		return YORE_ECORRUPT;
	n->blocks = calloc(count + 1, sizeof(*n->blocks));
	if (n->blocks == NULL)
		return YORE_ENOMEM;
	for (; n->count < count; n->count++) {
		struct names_block *b = &n->blocks[n->count];
		if (read_row(&r, b, at) < 0 ||
		    (n->count && bytes_compare(b[-1].first, b->first) >= 0))
			return YORE_ECORRUPT;
		at += b->packed;
		if (b->packed > n->packed_most)
			n->packed_most = b->packed;
		if (b->plain > n->plain_most)
			n->plain_most = b->plain;
	}
	return reader_left(&r) || at != end ? YORE_ECORRUPT : 0;
}

static int read_tail(struct names_file *n, uint64_t size)
{
	uint8_t magic[MAGIC_LEN], tail[NAMES_TAIL];
	if (size < MAGIC_LEN + NAMES_TAIL)
		return YORE_ECORRUPT;
	int e = read_at(n->fd, magic, sizeof(magic), 0);
	if (e == 0)
		e = read_at(n->fd, tail, sizeof(tail), size - NAMES_TAIL);
	if (e < 0)
		return e;
	if (memcmp(magic, NAMES_MAGIC, MAGIC_LEN - 1) != 0)
		return YORE_ECORRUPT;
	if (magic[MAGIC_LEN - 1] != NAMES_MAGIC[MAGIC_LEN - 1])
		return YORE_EVERSION;
	uint64_t at = load_u64be(tail), len = load_u64be(tail + 8);
	if (load_u64be(tail + 40) != hash_fixed(tail, 40, 0) || len > DIRECTORY_MAX ||
	    at > size || at + len + NAMES_TAIL != size)
		return YORE_ECORRUPT;
	uint8_t *p = buf_room(&n->directory, len ? len : 1);
	if (p == NULL)
		return YORE_ENOMEM;
	e = read_at(n->fd, p, len, at);
	if (e < 0)
		return e;
	n->directory.len = len;
	if (hash_fixed(p, len, 0) != load_u64be(tail + 32))
		return YORE_ECORRUPT;
	n->names = load_u64be(tail + 24);
	return read_directory(n, load_u64be(tail + 16), at);
}

uint64_t names_mark(const struct stat *st)
{
	uint64_t when =
	    (uint64_t)st->st_mtim.tv_sec * 1000000000u + (uint64_t)st->st_mtim.tv_nsec;
	return hash_mix(hash_mix((uint64_t)st->st_dev, (uint64_t)st->st_ino), when) | 1;
}

int names_open(const char *path, struct fault *f, struct names_file **ret)
{
	struct stat st;
	struct names_file *n = calloc(1, sizeof(*n));
	if (n == NULL)
		return fault_set(f, YORE_ENOMEM, "%s: out of memory", path);
	n->users = 1;
	pthread_mutex_init(&n->spare_lock, NULL);
	buf_init(&n->directory, DIRECTORY_MAX);
	n->fd = open(path, O_RDONLY | O_CLOEXEC);
	int e = n->fd < 0 || fstat(n->fd, &st) < 0 ? yore_error_of_errno(errno)
						   : read_tail(n, (uint64_t)st.st_size);
	if (e < 0) {
		fault_set(f, e, "%s: %s", path, yore_strerror(e));
		names_put(n);
		return e;
	}
	n->mark = names_mark(&st);
	n->octets = (uint64_t)st.st_size;
	*ret = n;
	return 0;
}

/* ---- scanning ---- */

/* The block that a name is in, if it is in any. */
static size_t block_of(const struct names_file *n, struct bytes name)
{
	size_t lo = 0, hi = n->count;
	while (hi - lo > 1) {
		size_t mid = (lo + hi) / 2;
		if (bytes_compare(n->blocks[mid].first, name) <= 0)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

void names_scan_init(struct names_scan *s, struct names_file *file, struct bytes lo,
		     struct bytes hi, struct bytes literal)
{
	memset(s, 0, sizeof(*s));
	s->file = file;
	s->lo = lo;
	s->hi = hi;
	s->literal = literal;
	s->block = block_of(file, lo);
}

void names_scan_seek(struct names_scan *s, struct bytes lo)
{
	size_t block = block_of(s->file, lo);
	s->lo = lo;
	if (block < s->block)
		return; /* in the block at hand */
	s->block = block;
	s->at = s->len = 0;
}

void names_scan_release(struct names_scan *s)
{
	if (s->file)
		keep_buffer(s->file, &s->buffer);
}

static int load(struct names_scan *s)
{
	size_t at = s->block++;
	const struct names_block *b = &s->file->blocks[at];
	if (s->buffer.plain == NULL)
		s->buffer = take_buffer(s->file, at);
	struct names_buffer *to = &s->buffer;
	s->at = s->len = 0;
	int e = buffer_make(to, s->file);
	if (e == 0 && to->block != at) {
		to->block = SIZE_MAX;
		e = read_at(s->file->fd, to->packed, b->packed, b->at);
		if (e < 0)
			return e;
		if (hash_fixed(to->packed, b->packed, 0) != b->hash ||
		    ZSTD_decompressDCtx(to->inflater, to->plain, s->file->plain_most,
					to->packed, b->packed) != b->plain)
			return YORE_ECORRUPT;
		to->block = at;
	}
	if (e == 0)
		s->len = b->plain;
	return e;
}

static bool is_behind(const struct names_scan *s, struct bytes name)
{
	return s->hi.len && bytes_compare(name, s->hi) >= 0;
}

#ifdef __SSE2__
/* Sixteen places at once: where the first and the last octet fit, the rest is compared.
 */
static const uint8_t *find_piece(const uint8_t *p, size_t n, struct bytes piece)
{
	const __m128i first = _mm_set1_epi8((char)piece.at[0]);
	const __m128i last = _mm_set1_epi8((char)piece.at[piece.len - 1]);
	for (; n >= piece.len + 15; p += 16, n -= 16) {
		__m128i a = _mm_loadu_si128((const __m128i *)p);
		__m128i b = _mm_loadu_si128((const __m128i *)(p + piece.len - 1));
		unsigned fits = (unsigned)_mm_movemask_epi8(
		    _mm_and_si128(_mm_cmpeq_epi8(a, first), _mm_cmpeq_epi8(b, last)));
		for (; fits; fits &= fits - 1) {
			const uint8_t *at = p + __builtin_ctz(fits);
			if (memcmp(at, piece.at, piece.len) == 0)
				return at;
		}
	}
	return memmem(p, n, piece.at, piece.len);
}
#else
static const uint8_t *find_piece(const uint8_t *p, size_t n, struct bytes piece)
{
	return memmem(p, n, piece.at, piece.len);
}
#endif

/* The next name of the block at hand that may be wanted. 1, 0, ECORRUPT. */
static int next_here(struct names_scan *s, struct bytes *name)
{
	if (s->at == s->len)
		return 0;
	const uint8_t *found = s->buffer.plain + s->at;
	if (s->literal.len) {
		found = find_piece(found, s->len - s->at, s->literal);
		if (found == NULL) {
			s->at = s->len;
			return 0;
		}
	}
	for (;;) {
		const uint8_t *p = s->buffer.plain + s->at;
		size_t n = name_len(p, s->len - s->at);
		if (n == 0)
			return YORE_ECORRUPT;
		s->at += n;
		if (p + n > found) {
			*name = BYTES(p, n);
			return 1;
		}
	}
}

int names_scan_next(struct names_scan *s, struct bytes *name)
{
	for (;;) {
		int r = next_here(s, name);
		if (r < 0)
			return r;
		if (r == 1) {
			if (s->lo.len && bytes_compare(*name, s->lo) < 0)
				continue;
			s->lo.len = 0; /* those that follow are behind it, too */
			if (!is_behind(s, *name))
				return 1;
			s->block = s->file->count;
			s->at = s->len = 0;
			return 0;
		}
		if (s->block == s->file->count ||
		    is_behind(s, s->file->blocks[s->block].first))
			return 0;
		r = load(s);
		if (r < 0)
			return r;
	}
}
