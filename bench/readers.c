/*
 * Look-ups at a fixed rate beside a writer: how long each takes, from the moment it was
 * due (so that a stall is counted for all that waited behind it).
 *
 *   bench-readers DB NAMES RATE SECONDS [huge]
 *
 * NAMES: one name a line. With `huge` another thread asks for everything all the time.
 * Prints p50, p99, p99.9 and the longest in microseconds, look-ups, rows, and the peak
 * of memory in MiB, parted by tabs.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "base/io.h"
#include "query/run.h"

struct names {
	struct buf text;
	char **at;
	size_t count;
};

static int64_t now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void sleep_until(int64_t us)
{
	struct timespec t = {us / 1000000, us % 1000000 * 1000};
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static int read_names(const char *path, struct names *ret)
{
	if (io_read_file(path, (size_t)1 << 30, &ret->text, NULL) < 0)
		return -1;
	char *save = NULL;
	for (char *p = strtok_r((char *)(uintptr_t)buf_str(&ret->text), "\n", &save); p;
	     p = strtok_r(NULL, "\n", &save)) {
		if ((ret->count & (ret->count + 1)) == 0)
			ret->at =
			    realloc(ret->at, (2 * ret->count + 2) * sizeof(*ret->at));
		ret->at[ret->count++] = p;
	}
	return ret->count ? 0 : -1;
}

static uint64_t ask(struct store *s, const struct query *q)
{
	struct answer *a;
	struct result r;
	struct fault f = {0};
	uint64_t rows = 0;
	if (answer_open(s, q, &f, &a) < 0) {
		fprintf(stderr, "%s\n", f.text);
		exit(1);
	}
	int e;
	while ((e = answer_next(a, &r)) == 1)
		rows++;
	if (e < 0 && e != YORE_ETIMEOUT) {
		fprintf(stderr, "%s\n", answer_fault(a)->text);
		exit(1);
	}
	answer_close(a);
	return rows;
}

struct huge {
	struct store *store;
	atomic_int stop;
	uint64_t rows, times;
};

static void *ask_all(void *arg)
{
	struct huge *h = arg;
	struct query q = QUERY_ALL;
	q.stop = &h->stop;
	query_sort_default(&q);
	while (!atomic_load(&h->stop)) {
		h->rows += ask(h->store, &q);
		h->times++;
	}
	return NULL;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static uint64_t look_up(struct store *s, const char *name)
{
	struct query q = QUERY_ALL;
	struct term t;
	if (term_parse(name, NULL, &t) < 0)
		return 0;
	q.terms = &t;
	q.term_count = 1;
	uint64_t rows = ask(s, &q);
	term_release(&t);
	return rows;
}

int main(int argc, char **argv)
{
	struct names names = {0};
	struct huge huge = {0};
	struct store *s;
	struct fault f = {0};
	pthread_t other;
	if (argc < 5 || read_names(argv[2], &names) < 0)
		return 2;
	struct store_options o = {.steady = true};
	if (store_open(argv[1], &o, &f, &s) < 0) {
		fprintf(stderr, "%s\n", f.text);
		return 1;
	}
	for (size_t i = 0; i < 200; i++) /* shelves are opened */
		look_up(s, names.at[i * 7919 % names.count]);
	size_t rate = (size_t)atoi(argv[3]), count = rate * (size_t)atoi(argv[4]);
	int64_t *took = calloc(count, sizeof(*took)), began = now_us();
	uint64_t rows = 0, state = 88172645463325252u;
	huge.store = s;
	bool with_huge = argc > 5 && pthread_create(&other, NULL, ask_all, &huge) == 0;
	for (size_t i = 0; i < count; i++) {
		int64_t due = began + (int64_t)(i * 1000000 / rate);
		sleep_until(due);
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		rows += look_up(s, names.at[state % names.count]);
		took[i] = now_us() - due;
	}
	atomic_store(&huge.stop, 1);
	if (with_huge)
		pthread_join(other, NULL);
	qsort(took, count, sizeof(*took), by_value);
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	printf("%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%zu\t%" PRIu64
	       "\t%ld\n",
	       took[count / 2], took[count * 99 / 100], took[count * 999 / 1000],
	       took[count - 1], count, rows, u.ru_maxrss >> 10);
	store_close(s);
	return 0;
}
