/*
 * Hashes. Names and addresses are chosen by attackers, so every table in memory uses
 * hash_keyed with a seed drawn once per process; nothing that is stored depends on it.
 * hash_fixed is the same function with a seed of the caller's: for identities on disk.
 * hash_wide is SHA-256 (through a library), where an attacker must not find a second.
 */
#ifndef YORE_BASE_HASH_H
#define YORE_BASE_HASH_H

#include "base/bytes.h"

uint64_t hash_keyed(const void *p, size_t n);
uint64_t hash_fixed(const void *p, size_t n, uint64_t seed); /* XXH3-64 */
void hash_wide(const void *p, size_t n, uint8_t out[32]);

/* The seed of this process; tests set it to be repeatable. */
uint64_t hash_seed(void);
void hash_set_seed(uint64_t seed);

static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
	__uint128_t m =
	    (__uint128_t)(a ^ 0x9e3779b97f4a7c15u) * (b ^ 0xbf58476d1ce4e5b9u);
	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

#endif
