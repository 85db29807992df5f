/*
 * The octets of one input, in order, decompressed when they are compressed.
 *
 * One buffer of fixed size stands between read(2) (or libarchive) and the readers of
 * formats, so nothing is ever allocated by a length that a file states. A view stays
 * good until the next intake_ call. Compression is recognised by the first octets: gz,
 * xz, zst, lz4, bz2, and one inside the other.
 *
 * Plain files are read, not mapped: a mapped file that shrinks raises SIGBUS, and
 * reading 1 MiB at a time costs the same (measured: 45 against 47 ns a packet).
 */
#ifndef YORE_CAPTURE_INTAKE_H
#define YORE_CAPTURE_INTAKE_H

#include "base/bytes.h"

#define INTAKE_CHUNK ((size_t)1 << 20)
#define INTAKE_MOST ((size_t)512 << 10) /* the longest view that can be asked for */

struct archive;

struct intake {
	int fd;
	bool own_fd;
	uint8_t *room; /* INTAKE_CHUNK + INTAKE_MOST octets */
	const uint8_t *at, *end;
	uint64_t passed;  /* octets given out and done with, decompressed */
	uint64_t fetched; /* octets read from fd */
	bool over;	  /* nothing more comes */
	int err;	  /* YORE_EIO when reading failed, 0 otherwise */
	char broken[160]; /* why the input ended early; "" when it did not */
	char filter[16];  /* "zstd", "gzip"; "" for plain */
	struct archive *archive;
	struct intake **self; /* what libarchive calls back with: follows intake_move */
	uint8_t *packed;      /* what libarchive is fed with */
	size_t packed_len;
	const uint8_t *unpacked; /* what libarchive gave and did not yet go out */
	size_t unpacked_len;
};

/* Takes fd (closes it at the end when own_fd), on failure as well. */
int intake_open(struct intake *in, int fd, bool own_fd, struct fault *f) YORE_MUST_CHECK;
void intake_close(struct intake *in);
/* Hands the input over, so that whoever looked at its first octets can choose a reader.
 */
void intake_move(struct intake *from, struct intake *to);
/* As intake_open for a path; "-" is stdin. The fault names the path. */
int intake_open_file(struct intake *in, const char *path,
		     struct fault *f) YORE_MUST_CHECK;

/* Reads until n octets (at most INTAKE_MOST) are in view or the input is over. */
void intake_fill(struct intake *in, size_t n);

static inline size_t intake_left(const struct intake *in)
{
	return (size_t)(in->end - in->at);
}

/* The next n octets without going on, or NULL when there are not so many. */
static inline const uint8_t *intake_peek(struct intake *in, size_t n)
{
	if (__builtin_expect(intake_left(in) < n, 0)) {
		intake_fill(in, n);
		if (intake_left(in) < n)
			return NULL;
	}
	return in->at;
}

/* Goes on by n octets that were peeked at. */
static inline void intake_pass(struct intake *in, size_t n)
{
	in->at += n;
	in->passed += n;
}

/* Goes on by n octets of any number; false when the input ends before. */
bool intake_skip(struct intake *in, uint64_t n);

#endif
