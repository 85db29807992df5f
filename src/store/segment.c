#include "store/segment.h"

#include <dirent.h>
#include <fcntl.h>
#include <rocksdb/c.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/io.h"
#include "store/feed.h"
#include "store/names.h"
#include "store/rocks.h"

#define COMPRESSION_NOT_SET 0xff /* not in the C header */
#define MAGIC "YORESEG"
#define HEADER_MAX (64u << 20)
#define PIECE (1u << 20)
#define HOLE 8
#define HOLE_KEY \
	"external_sst_file.global_seqno" /* "rocksdb." is shared with the key before */
#define TAIL (256u << 10)		 /* where the properties of a file stand */

void segment_name(const struct segment_meta *m, char ret[SEGMENT_NAME_MAX])
{
	int n = snprintf(ret, SEGMENT_NAME_MAX, "%.31s-", m->shelf);
	for (size_t i = 0; i < sizeof(m->origin); i++)
		n +=
		    snprintf(ret + n, SEGMENT_NAME_MAX - (size_t)n, "%02x", m->origin[i]);
	snprintf(ret + n, SEGMENT_NAME_MAX - (size_t)n, "-%010llu",
		 (unsigned long long)m->sequence);
}

static int path_of(char *ret, size_t room, const char *folder, const char *file)
{
	int n = snprintf(ret, room, "%s/%s", folder, file);
	return n < 0 || (size_t)n >= room ? YORE_ELIMIT : 0;
}

/* ---- the hash over the file ---- */

/* A chain over pieces of at most 1 MiB, which the hole divides anew. */
static int hash_stretch(int fd, const char *path, uint64_t from, uint64_t to,
			uint8_t *piece, uint64_t *hash, struct fault *f)
{
	while (from < to) {
		size_t want = to - from < PIECE ? (size_t)(to - from) : PIECE, have = 0;
		while (have < want) {
			ssize_t n = io_read(fd, piece + have, want - have, path, f);
			if (n < 0)
				return (int)n;
			if (n == 0)
				return fault_set(f, YORE_ECORRUPT, "%s is cut short",
						 path);
			have += (size_t)n;
		}
		*hash = hash_fixed(piece, want, *hash);
		from += want;
	}
	return 0;
}

static int hash_open(int fd, const char *path, const struct segment *s, uint64_t *ret,
		     struct fault *f)
{
	uint8_t *piece = malloc(PIECE);
	uint8_t hole[HOLE];
	uint64_t hash = s->octets;
	if (piece == NULL)
		return fault_set(f, YORE_ENOMEM, "%s: out of memory", path);
	uint64_t behind = s->hole ? s->hole + HOLE : 0;
	int r = hash_stretch(fd, path, 0, s->hole, piece, &hash, f);
	if (r == 0 && s->hole && io_read(fd, hole, HOLE, path, f) != HOLE)
		r = fault_set(f, YORE_ECORRUPT, "%s is cut short", path);
	if (r == 0)
		r = hash_stretch(fd, path, behind, s->octets, piece, &hash, f);
	free(piece);
	*ret = hash;
	return r;
}

static int hash_file(const char *path, const struct segment *s, uint64_t *ret,
		     struct fault *f)
{
	int fd = io_open(path, O_RDONLY, 0, f);
	if (fd < 0)
		return fd;
	off_t end = lseek(fd, 0, SEEK_END);
	int r = lseek(fd, 0, SEEK_SET) < 0 || end < 0 ? YORE_EIO : 0;
	if (r == 0 && (uint64_t)end != s->octets)
		r = fault_set(f, YORE_ECORRUPT, "%s has %lld octets instead of %llu",
			      path, (long long)end, (unsigned long long)s->octets);
	if (r == 0)
		r = hash_open(fd, path, s, ret, f);
	close(fd);
	return r;
}

int segment_check(const char *folder, const struct segment *s, struct fault *f)
{
	char path[ROCKS_PATH];
	uint64_t hash = 0;
	if (path_of(path, sizeof(path), folder, SEGMENT_ROWS) < 0)
		return fault_set(f, YORE_ELIMIT, "path too long: %.80s...", folder);
	int r = hash_file(path, s, &hash, f);
	if (r < 0)
		return r;
	if (hash != s->hash)
		return fault_set(f, YORE_ECORRUPT,
				 "%s is not what was written (its hash differs)", path);
	return 0;
}

/* Where the engine will write its number: in the tail of the file, behind its name. */
static int find_hole(const char *path, struct segment *s, struct fault *f)
{
	static const size_t key = sizeof(HOLE_KEY) - 1;
	size_t n = s->octets < TAIL ? (size_t)s->octets : TAIL;
	uint8_t *tail = malloc(n + 1);
	int fd = io_open(path, O_RDONLY, 0, f);
	int r = fd < 0 ? fd : tail == NULL ? YORE_ENOMEM : 0;
	if (r == 0 && pread(fd, tail, n, (off_t)(s->octets - n)) != (ssize_t)n)
		r = fault_set(f, YORE_EIO, "cannot read %s", path);
	uint8_t *at = r == 0 ? memmem(tail, n, HOLE_KEY, key) : NULL;
	if (r == 0 && (at == NULL || at + key + HOLE > tail + n))
		r = fault_set(f, YORE_EUNSUPPORTED,
			      "%s: this build of the engine writes other files than "
			      "known",
			      path);
	if (r == 0)
		s->hole = s->octets - n + (uint64_t)(at - tail) + key;
	if (fd >= 0)
		close(fd);
	free(tail);
	return r;
}

/* ---- writing ---- */

static int write_rows(rocksdb_sstfilewriter_t *w, struct feed *feed,
		      struct names_writer *names, char **err, struct fault *f)
{
	struct bytes key, value, name;
	bool put;
	int r;
	while ((r = feed_next(feed, &key, &value, &put)) == 1) {
		if (names && key.at[0] == TABLE_NAME && key_name_read(key, &name) == 0 &&
		    (r = names_add(names, name, f)) < 0)
			return r;
		const char *k = (const char *)key.at, *v = (const char *)value.at;
		if (put)
			rocksdb_sstfilewriter_put(w, k, key.len, v, value.len, err);
		else
			rocksdb_sstfilewriter_merge(w, k, key.len, v, value.len, err);
		if (*err)
			return YORE_EIO;
	}
	return r;
}

static int write_file(const char *path, rocksdb_options_t *options, struct feed *feed,
		      struct names_writer *names, struct segment *s, struct fault *f)
{
	char *err = NULL;
	rocksdb_envoptions_t *env = rocksdb_envoptions_create();
	rocksdb_sstfilewriter_t *w = rocksdb_sstfilewriter_create(env, options);
	int r = 0;
	rocksdb_sstfilewriter_open(w, path, &err);
	if (err == NULL)
		r = write_rows(w, feed, names, &err, f);
	if (err == NULL && r == 0) {
		rocksdb_sstfilewriter_finish(w, &err);
		rocksdb_sstfilewriter_file_size(w, &s->octets);
	}
	rocksdb_sstfilewriter_destroy(w);
	rocksdb_envoptions_destroy(env);
	if (err)
		return rocks_error(err, f, "cannot write the segment", path);
	if (r < 0)
		return fault_set(f, r, "%s: segment: %s; nothing was added",
				 s->meta.shelf, yore_strerror(r));
	s->rows = feed->count;
	return 0;
}

static void put_header(struct buf *b, const struct segment *s)
{
	struct segment_name by = {.sequence = s->meta.sequence};
	memcpy(by.origin, s->meta.origin, sizeof(by.origin));
	struct buf part;
	buf_init(&part, 65536);
	buf_puts(b, MAGIC);
	buf_putc(b, SEGMENT_VERSION);
	buf_putc(b, (int)strlen(s->meta.shelf));
	buf_puts(b, s->meta.shelf);
	buf_put(b, by.origin, sizeof(by.origin));
	buf_u64be(b, by.sequence);
	buf_u64be(b, s->rows);
	buf_u64be(b, s->octets);
	buf_u64be(b, s->hole);
	buf_u64be(b, s->hash);
	buf_u64be(b, s->erased);
	buf_u32be(b, (uint32_t)s->meta.entry_count);
	for (size_t i = 0; i < s->meta.entry_count; i++) {
		buf_clear(&part);
		ledger_key_commit(&part, &s->meta.entries[i]);
		buf_u16be(b, (uint16_t)part.len);
		buf_put_bytes(b, buf_bytes(&part));
		buf_clear(&part);
		ledger_value(&part, &by, &s->meta.entries[i]);
		buf_u16be(b, (uint16_t)part.len);
		buf_put_bytes(b, buf_bytes(&part));
	}
	buf_u64be(b, hash_fixed(b->at, b->len, 0));
	if (part.err && b->err == 0)
		b->err = part.err;
	buf_release(&part);
}

static int write_header(const char *folder, const struct segment *s, struct fault *f)
{
	char path[ROCKS_PATH];
	struct buf b;
	buf_init(&b, HEADER_MAX);
	put_header(&b, s);
	int r = b.err
		    ? fault_set(f, b.err, "%s: header: %s", folder, yore_strerror(b.err))
		    : path_of(path, sizeof(path), folder, SEGMENT_HEADER);
	if (r == 0)
		r = io_replace(path, buf_bytes(&b), 0666, f);
	buf_release(&b);
	return r;
}

static int write_files(const char *folder, const char *path, struct feed *feed,
		       struct segment *s, struct fault *f)
{
	char names[ROCKS_PATH];
	struct names_writer *w = NULL;
	int r = path_of(names, sizeof(names), folder, SEGMENT_NAMES);
	if (r == 0 && shelf_is_history(s->meta.shelf))
		r = names_begin(names, f, &w);
	if (r < 0)
		return r;
	rocksdb_options_t *options = rocks_options(NULL);
	/* the writer would take the bottom level's, which costs a fifth of an import */
	rocksdb_options_set_bottommost_compression(options, COMPRESSION_NOT_SET);
	r = write_file(path, options, feed, w, s, f);
	rocksdb_options_destroy(options);
	if (r < 0)
		names_drop(w);
	else if (w)
		r = names_end(w, f);
	return r;
}

int segment_write(const char *folder, const struct segment_meta *meta,
		  struct segment_rows *rows, const struct erased *erased, struct fault *f)
{
	char path[ROCKS_PATH];
	struct segment s = {.meta = *meta, .erased = erased ? erased->version : 0};
	struct feed feed;
	if (path_of(path, sizeof(path), folder, SEGMENT_ROWS) < 0)
		return fault_set(f, YORE_ELIMIT, "path too long: %.80s...", folder);
	int r = feed_init(&feed, meta, rows, erased, f);
	if (r < 0)
		return r;
	r = write_files(folder, path, &feed, &s, f);
	feed_release(&feed);
	if (r == 0)
		r = find_hole(path, &s, f);
	if (r == 0)
		r = hash_file(path, &s, &s.hash, f);
	if (r == 0 && io_point("segment-rows") < 0)
		r = fault_set(f, YORE_EIO, "%s: stopped at segment-rows", path);
	if (r == 0)
		r = write_header(folder, &s, f);
	return r;
}

/* ---- reading ---- */

static int read_entries(struct reader *r, struct segment *s)
{
	size_t n = reader_u32(r);
	if (r->err || n == 0 || n > reader_left(r))
		return YORE_ECORRUPT;
	s->list = calloc(n, sizeof(*s->list));
	if (s->list == NULL)
		return YORE_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct bytes key = reader_take(r, reader_u16(r));
		struct bytes value = reader_take(r, reader_u16(r));
		if (r->err || ledger_read(key, value, NULL, &s->list[i]) < 0)
			return YORE_ECORRUPT;
	}
	s->meta.entries = s->list;
	s->meta.entry_count = n;
	return reader_left(r) == 0 ? 0 : YORE_ECORRUPT;
}

/* What follows the version. The first ones of version 1 did not say erased. */
static int parse_parts(struct reader r, bool says_erased, struct segment *s)
{
	struct bytes shelf = reader_take(&r, reader_u8(&r));
	struct bytes origin = reader_take(&r, sizeof(s->meta.origin));
	s->meta.sequence = reader_u64(&r);
	s->rows = reader_u64(&r);
	s->octets = reader_u64(&r);
	s->hole = reader_u64(&r);
	s->hash = reader_u64(&r);
	s->erased = says_erased ? reader_u64(&r) : 0;
	if (r.err || shelf.len >= SHELF_MAX || s->hole + HOLE > s->octets)
		return YORE_ECORRUPT;
	memcpy(s->meta.shelf, shelf.at, shelf.len);
	memcpy(s->meta.origin, origin.at, origin.len);
	return shelf_name_good(s->meta.shelf) ? read_entries(&r, s) : YORE_ECORRUPT;
}

int segment_parse(struct bytes b, struct segment *s)
{
	if (b.len < sizeof(MAGIC) + HOLE || memcmp(b.at, MAGIC, sizeof(MAGIC) - 1) != 0)
		return YORE_ECORRUPT;
	s->version = b.at[sizeof(MAGIC) - 1];
	if (s->version > SEGMENT_VERSION)
		return YORE_EVERSION;
	uint64_t hash = load_u64be(b.at + b.len - HOLE);
	b.len -= HOLE;
	if (s->version == 0 || hash_fixed(b.at, b.len, 0) != hash)
		return YORE_ECORRUPT;
	struct reader r = reader_of(b);
	reader_skip(&r, sizeof(MAGIC));
	int e = parse_parts(r, true, s);
	if (e == YORE_ECORRUPT && s->version == 1) {
		free(s->list);
		s->list = NULL;
		e = parse_parts(r, false, s);
	}
	return e;
}

int segment_read(const char *folder, struct segment *ret, struct fault *f)
{
	char path[ROCKS_PATH];
	memset(ret, 0, sizeof(*ret));
	buf_init(&ret->room, HEADER_MAX);
	if (path_of(path, sizeof(path), folder, SEGMENT_HEADER) < 0)
		return fault_set(f, YORE_ELIMIT, "path too long: %.80s...", folder);
	int r = io_read_file(path, HEADER_MAX, &ret->room, f);
	if (r < 0)
		return r;
	r = segment_parse(buf_bytes(&ret->room), ret);
	if (r < 0) {
		if (r == YORE_EVERSION)
			fault_set(f, r,
				  "%s: written by a newer program: its version is %u and "
				  "this program knows up to %d",
				  path, ret->version, SEGMENT_VERSION);
		else
			fault_set(f, r, "%s: the header is damaged", path);
		segment_release(ret);
	}
	return r;
}

void segment_release(struct segment *s)
{
	if (s == NULL)
		return;
	free(s->list);
	s->list = NULL;
	buf_release(&s->room);
}

/* ---- many ---- */

unsigned segments_waiting(const char *dir)
{
	char path[ROCKS_PATH + 16];
	snprintf(path, sizeof(path), "%s/incoming", dir);
	DIR *d = opendir(path);
	struct dirent *e;
	unsigned n = 0;
	while (d && (e = readdir(d)))
		n += e->d_name[0] != '.' && strstr(e->d_name, ".tmp") == NULL;
	if (d)
		closedir(d);
	return n;
}
