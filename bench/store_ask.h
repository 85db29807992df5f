/* Questions to a filled database, timed: the second half of bench-store. */
#ifndef YORE_BENCH_STORE_ASK_H
#define YORE_BENCH_STORE_ASK_H

#include "store/store.h"

double bench_wall_s(void);
double bench_cpu_s(void);
struct store *bench_open(const char *dir, bool write, uint64_t memory);

/* One line a question; only those whose name begins with `only` ("": all). */
void bench_ask(const char *dir, uint64_t memory, uint64_t all, const char *only);

/* RocksDB itself, for comparison (store_floor.c). */
struct floor;
struct floor *floor_open(const char *dir, uint64_t memory);
void floor_close(struct floor *f);
uint64_t floor_range(struct floor *f, struct bytes lo, struct bytes hi, bool exact,
		     uint64_t most); /* rows of each year; how many there were */

#endif
