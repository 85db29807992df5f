#include "base/hash.h"

#include <openssl/sha.h>
#include <pthread.h>
#include <sys/random.h>
#include <time.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

static uint64_t seed;
static pthread_once_t drawn = PTHREAD_ONCE_INIT;

static void draw_seed(void)
{
	if (seed == 0 && getrandom(&seed, sizeof(seed), 0) != sizeof(seed)) {
		/* no entropy to be had: at least not the same in every process */
		struct timespec t;
		clock_gettime(CLOCK_MONOTONIC, &t);
		seed = hash_mix((uint64_t)t.tv_nsec, (uintptr_t)&t);
	}
	seed |= 1;
}

uint64_t hash_seed(void)
{
	pthread_once(&drawn, draw_seed);
	return seed;
}

void hash_set_seed(uint64_t s)
{
	pthread_once(&drawn, draw_seed);
	seed = s;
}

uint64_t hash_keyed(const void *p, size_t n)
{
	if (__builtin_expect(seed == 0, 0))
		hash_seed();
	return XXH3_64bits_withSeed(p, n, seed);
}

uint64_t hash_fixed(const void *p, size_t n, uint64_t s)
{
	return XXH3_64bits_withSeed(p, n, s);
}

void hash_wide(const void *p, size_t n, uint8_t out[32])
{
	SHA256(p, n, out);
}
