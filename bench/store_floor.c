/*
 * The least that the engine takes for the same questions: RocksDB asked directly, with
 * the options and read options of the store, one shelf after the other, nothing decoded
 * and nothing merged.
 */
#include <stdio.h>
#include <stdlib.h>

#include "store/rocks.h"
#include "store_ask.h"

#define YEARS 2

struct floor {
	rocksdb_cache_t *cache;
	rocksdb_options_t *options;
	rocksdb_t *db[YEARS];
	struct spare within[YEARS]; /* iterators within one prefix, used again */
};

struct floor *floor_open(const char *dir, uint64_t memory)
{
	struct floor *f = calloc(1, sizeof(*f));
	rocksdb_set_perf_level(rocksdb_disable);
	char path[ROCKS_PATH];
	f->cache = rocksdb_cache_create_lru((memory << 20) / 4 * 3);
	struct rocks r = {.cache = f->cache};
	f->options = rocks_options(&r);
	for (int i = 0; i < YEARS; i++) {
		char *err = NULL;
		snprintf(path, sizeof(path), "%s/y%d", dir, 2023 + i);
		f->db[i] = rocksdb_open_for_read_only(f->options, path, 0, &err);
		if (err) {
			fprintf(stderr, "bench-store: %s\n", err);
			exit(1);
		}
	}
	return f;
}

void floor_close(struct floor *f)
{
	for (int i = 0; i < YEARS; i++) {
		if (f->within[i].at) {
			rocksdb_iter_destroy(f->within[i].at);
			rocksdb_readoptions_destroy(f->within[i].options);
		}
		rocksdb_close(f->db[i]);
	}
	rocksdb_options_destroy(f->options);
	rocksdb_cache_destroy(f->cache);
	free(f);
}

static uint64_t rows_of(rocksdb_iterator_t *it, uint64_t most)
{
	uint64_t n = 0, octets = 0;
	size_t len;
	for (; n < most && rocksdb_iter_valid(it); n++) {
		octets += (uint8_t)*rocksdb_iter_key(it, &len) + len;
		(void)rocksdb_iter_value(it, &len);
		octets += len;
		rocksdb_iter_next(it);
	}
	__asm__ volatile("" : : "r"(octets));
	return n;
}

uint64_t floor_range(struct floor *f, struct bytes lo, struct bytes hi, bool exact,
		     uint64_t most)
{
	uint64_t n = 0;
	struct stretch s = {.lo = lo, .hi = hi, .exact = exact, .whole = lo.len == 1};
	for (int i = 0; i < YEARS; i++) {
		struct spare *w = &f->within[i], own = {0};
		if (!exact || w->at == NULL) {
			own.options = rocks_read_options(&s);
			own.at = rocksdb_create_iterator(f->db[i], own.options);
		}
		if (exact && w->at == NULL)
			*w = own;
		if (exact)
			rocksdb_readoptions_set_iterate_upper_bound(
			    w->options, (const char *)hi.at, hi.len);
		rocksdb_iterator_t *it = exact ? w->at : own.at;
		rocksdb_iter_seek(it, (const char *)lo.at, lo.len);
		n += rows_of(it, most - n);
		if (!exact) {
			rocksdb_iter_destroy(own.at);
			rocksdb_readoptions_destroy(own.options);
		}
	}
	return n;
}
