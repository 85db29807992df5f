/* Questions to a filled database, timed: the second half of bench-store. */
#ifndef YORE_BENCH_STORE_ASK_H
#define YORE_BENCH_STORE_ASK_H

#include "store/store.h"

double bench_wall_s(void);
double bench_cpu_s(void);
struct store *bench_open(const char *dir, bool write, uint64_t memory);

/* One line a question; only those whose name begins with `only` ("": all). */
void bench_ask(const char *dir, uint64_t memory, uint64_t all, const char *only);

#endif
