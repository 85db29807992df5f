/*
 * The store at scale: fills a database through the real commit path with made-up but
 * repeatable windows shaped like traffic, then asks it. One figure a line.
 *
 *     bench-store DIR MILLIONS [memory MiB] [window in thousands] [fill|live|ask[=NAME]]
 *
 * With "ask" DIR is filled already; ask=NAME asks only what begins with NAME, and not
 * _cold. "fill" asks nothing; "live" asks patterns over all names, of what was never
 * compacted as a whole. The same question asked again is the warm one.
 *
 * N unique RRs over two years (traffic.h); half of each window is new, half was seen
 * before, rather lately, a fifth of that answers of names that rotate. A child process
 * makes the windows (windows.h), so CPU and memory here are the store's. Each question
 * is asked warm and, where root may drop the system's caches, _cold.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "base/hash.h"
#include "base/io.h"
#include "base/num.h"
#include "store/shelf.h"
#include "store_ask.h"
#include "windows.h"

double bench_cpu_s(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
	       ((double)u.ru_utime.tv_usec + (double)u.ru_stime.tv_usec) / 1e6;
}

double bench_wall_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double peak_mib(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)u.ru_maxrss / 1024;
}

/* ---- filling ---- */

/* What this process has written to disks so far. */
static double written(void)
{
	struct buf b;
	double n = 0;
	if (io_read_file("/proc/self/io", 4096, &b, NULL) < 0)
		return 0;
	const char *p = strstr(buf_str(&b), "\nwrite_bytes: ");
	if (p)
		n = strtod(p + 14, NULL);
	buf_release(&b);
	return n;
}

static uint64_t level0_most;

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

struct longest { /* a commit, in parts */
	double all, rows, wait;
	uint64_t to;
};

static double waited; /* for level 0, over all shelves */

static int note_shelf(const struct shelf_stat *st, void *arg)
{
	if (st->level0 > level0_most)
		level0_most = st->level0;
	*(double *)arg += (double)st->waited_us / 1e6;
	return 0;
}

static void commit(struct store *s, struct windows *w, const struct window_head *h,
		   uint64_t number, struct longest *longest)
{
	static uint64_t at[2];
	struct fault f = {0};
	struct segment_meta m = {.sequence = number, .entry_count = 1};
	struct ledger_entry e = {.name = "made-up", .kind = "bench"};
	double first, last, now = 0, t = bench_wall_s();
	uint64_t *pos = &at[when_month_year(h->month) - 2023];
	shelf_of_year(when_month_year(h->month), m.shelf);
	e.from = *pos;
	e.to.packets = *pos = h->to;
	m.entries = &e;
	if (store_commit(s, &m, windows_rows(w), &f) < 0) {
		fprintf(stderr, "bench-store: %s\n", f.text);
		exit(1);
	}
	t = bench_wall_s() - t;
	windows_taken(w, &first, &last);
	store_stat(s, note_shelf, &now, NULL);
	if (t > longest->all)
		*longest = (struct longest){t, last - first, now - waited, h->to};
	waited = now;
}

static void fill(struct store *s, uint64_t all, uint64_t step)
{
	struct windows *w = windows_start(all, step);
	struct window_head h;
	struct longest longest = {0};
	double cpu = 0, wall = 0, rows = 0, sets = 0, records = 0, mark = 0, mark_cpu = 0;
	double *each = malloc((all / step + 1) * sizeof(*each)), child_cpu, child_mib;
	double began = bench_wall_s();
	uint64_t marked = 0;
	size_t n = 0;
	while (windows_next(w, &h)) {
		double c = bench_cpu_s(), t = bench_wall_s();
		commit(s, w, &h, n, &longest);
		t = bench_wall_s() - t;
		cpu += bench_cpu_s() - c;
		wall += t;
		rows += (double)h.rows;
		sets += (double)h.sets;
		records += (double)h.records;
		each[n++] = t;
		if (h.to * 10 / all > marked * 10 / all) {
			double now = bench_wall_s() - began, used = bench_cpu_s();
			printf("fill_%llum_us_per_rr wall %.3f cpu %.3f\n",
			       (unsigned long long)(h.to / 1000000),
			       (now - mark) * 1e6 / (double)(h.to - marked),
			       (used - mark_cpu) * 1e6 / (double)(h.to - marked));
			fflush(stdout);
			mark = now;
			mark_cpu = used;
			marked = h.to;
		}
	}
	double whole = bench_wall_s() - began;
	windows_end(w, &child_cpu, &child_mib);
	printf("fill_rrs_per_s %.0f (everything, windows made beside it)\n",
	       (double)all / whole);
	printf("commit_rrs_per_s %.0f\n", (double)all / wall);
	printf("commit_cpu_us_per_row %.3f\n", cpu * 1e6 / rows);
	printf("commit_wall_us_per_row %.3f\n", wall * 1e6 / rows);
	qsort(each, n, sizeof(*each), compare_doubles);
	printf("commit_s p50 %.2f p99 %.2f longest %.2f (at %.0f m: rows written %.2f, "
	       "waited for level 0 %.2f)\n",
	       each[n / 2], each[n * 99 / 100], each[n - 1], (double)longest.to / 1e6,
	       longest.rows, longest.wait);
	printf("stalled_s %.1f of %.1f (waiting for level 0)\n", waited, whole);
	printf("rows_written_per_rr %.2f sets %.2f records %.2f\n", rows / (double)all,
	       sets / (double)all, records / (double)all);
	printf("windows cpu_us_per_rr %.2f peak_mib %.0f (the child)\n",
	       child_cpu * 1e6 / (double)all, child_mib);
	printf("level0_most %llu\n", (unsigned long long)level0_most);
	free(each);
}

/* ---- figures of the whole ---- */

struct totals {
	uint64_t octets, tables[5], sets, records;
};

static int add_totals(const struct shelf_stat *st, void *arg)
{
	struct totals *t = arg;
	t->octets += st->octets;
	t->sets += st->rows[0];
	t->records += st->rows[1];
	for (int i = 0; i < 5; i++)
		t->tables[i] += st->table_octets[i];
	return 0;
}

static double sizes(struct store *s, const char *when, uint64_t all)
{
	static const char *const names[] = {"R", "D", "N", "B", "L"};
	struct totals t = {0};
	store_stat(s, add_totals, &t, NULL);
	printf("octets_per_rr_%s %.1f", when, (double)t.octets / (double)all);
	for (int i = 0; i < 3; i++)
		printf(" %s %.1f", names[i], (double)t.tables[i] / (double)all);
	putchar('\n');
	if (t.records) /* one row each, whatever sets it stood in */
		printf("octets_per_rr_and_month_%s %.1f rrsets_per_rr_and_month %.2f\n",
		       when, (double)t.octets / (double)t.records,
		       (double)t.sets / (double)t.records);
	fflush(stdout);
	return (double)t.octets;
}

struct store *bench_open(const char *dir, bool write, uint64_t memory)
{
	struct store_options o = {
	    .write = write, .create = write, .memory = memory << 20};
	struct fault f = {0};
	struct store *s = NULL;
	double t = bench_wall_s();
	if (store_open(dir, &o, &f, &s) < 0) {
		fprintf(stderr, "bench-store: %s\n", f.text);
		exit(1);
	}
	store_drain(s, &f);
	printf("open_%s_ms %.1f\n", write ? "write" : "read", (bench_wall_s() - t) * 1e3);
	return s;
}

int main(int argc, char **argv)
{
	uint64_t millions = 1, memory = 256, step = 1000;
	struct fault f = {0};
	if (argc < 3 || num_u64(argv[2], 10000, &millions) < 0 ||
	    (argc > 3 && num_u64(argv[3], 1 << 20, &memory) < 0) ||
	    (argc > 4 && num_u64(argv[4], 1 << 20, &step) < 0)) {
		fprintf(stderr, "usage: bench-store DIR MILLIONS [MEMORY-MIB] "
				"[WINDOW-THOUSANDS] [fill|live|ask[=NAME]]\n");
		return 2;
	}
	uint64_t all = millions * 1000000;
	hash_set_seed(1);
	struct store *s;
	bool fill_only = argc > 5 && strcmp(argv[5], "fill") == 0;
	bool live = argc > 5 && strcmp(argv[5], "live") == 0;
	if (argc > 5 && !fill_only && !live) {
		const char *only = strchr(argv[5], '=');
		bench_ask(argv[1], memory, all, only ? only + 1 : "");
		return 0;
	}
	s = bench_open(argv[1], true, memory);
	fill(s, all, step * 1000);
	double whole = sizes(s, "filled", all);
	printf("peak_mib_filled %.0f\n", peak_mib());
	double c = bench_cpu_s(), t = bench_wall_s();
	if (!live && store_compact(s, &f) < 0)
		fprintf(stderr, "bench-store: %s\n", f.text);
	if (!live) {
		printf("compact cpu_s %.1f wall_s %.1f\n", bench_cpu_s() - c,
		       bench_wall_s() - t);
		whole = sizes(s, "compacted", all);
	}
	printf("write_amplification %.2f (%.1f octets an RR written)\n",
	       written() / whole, written() / (double)all);
	store_close(s);
	printf("cpu_us_per_rr_all_in %.2f\n", bench_cpu_s() * 1e6 / (double)all);
	if (!fill_only)
		bench_ask(argv[1], memory, all, live ? "regex" : "");
	printf("peak_mib %.0f\n", peak_mib());
	return 0;
}
