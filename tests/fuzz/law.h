/*
 * What every fuzz target has: one entry, and laws that end the program when broken.
 *
 * The same file runs under libFuzzer (make fuzz), under AFL++ (build it with
 * afl-clang-fast and replay.c, `afl-fuzz -i corpus/NAME -o OUT -- NAME @@`), and without
 * any engine in the tests, where replay.c feeds it the files of corpus/NAME.
 */
#ifndef YORE_TESTS_FUZZ_LAW_H
#define YORE_TESTS_FUZZ_LAW_H

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LAW(cond, ...)                                                                \
	do {                                                                          \
		if (!(cond)) {                                                        \
			fprintf(stderr, "law broken at %s:%d: ", __FILE__, __LINE__); \
			fprintf(stderr, __VA_ARGS__);                                 \
			fputc('\n', stderr);                                          \
			abort();                                                      \
		}                                                                     \
	} while (0)

/* The input taken apart from its front; what lacks is zero. */
struct input {
	const uint8_t *at;
	size_t left;
};

static inline struct bytes feed_bytes(struct input *f, size_t n)
{
	if (n > f->left)
		n = f->left;
	struct bytes b = BYTES(f->at, n);
	f->at += n;
	f->left -= n;
	return b;
}

static inline uint8_t feed_u8(struct input *f)
{
	struct bytes b = feed_bytes(f, 1);
	return b.len ? b.at[0] : 0;
}

static inline uint16_t feed_u16(struct input *f)
{
	uint8_t hi = feed_u8(f);
	return (uint16_t)(hi << 8 | feed_u8(f));
}

/* The rest as a C string (up to the first NUL), to be freed. */
static inline char *feed_text(struct input *f)
{
	char *s = malloc(f->left + 1);
	memcpy(s, f->at, f->left);
	s[f->left] = 0;
	f->left = 0;
	return s;
}

#endif
