/*
 * The store at scale: fills a database through the real commit path with made-up but
 * repeatable windows shaped like traffic, then asks it. One figure a line.
 *
 *     bench-store DIR MILLIONS [memory MiB] [window in thousands] [fill|ask[=NAME]]
 *
 * With "ask" DIR is filled already; ask=NAME asks only what begins with NAME. "fill" asks
 * nothing. The same question asked again is the warm one.
 *
 * N unique RRs over two years (traffic.h); half of each window is new, half was seen
 * before, rather lately. Each RR is a set of one (rows R, D and N). Each question is
 * asked warm and, where root may drop the system's caches, _cold.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "base/hash.h"
#include "base/io.h"
#include "base/num.h"
#include "dns/name.h"
#include "store/shelf.h"
#include "store_ask.h"
#include "traffic.h"

struct row {
	uint8_t *at; /* key, then value */
	uint16_t key_len, value_len;
	uint64_t head; /* the first octets of the key, for sorting */
};

struct window {
	struct segment_rows rows;
	struct row *list;
	size_t count, room, given;
	uint8_t *octets;
	size_t used, size;
	struct shelf_form form;
	int32_t month;
};

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

/* ---- windows ---- */

static void add_row(struct window *w, struct bytes base, const struct span *s)
{
	if (w->count == w->room || w->used + base.len + 200 > w->size) {
		fprintf(stderr, "bench-store: a window is larger than thought\n");
		exit(1);
	}
	struct row *r = &w->list[w->count++];
	r->at = w->octets + w->used;
	memcpy(r->at, base.at, base.len);
	r->key_len = (uint16_t)base.len;
	if (key_suffix_len(base.at[0], false))
		r->at[r->key_len++] = (uint8_t)(w->month % 12 + 1);
	r->value_len = (uint16_t)span_encode(
	    s, shelf_base(&w->form, base.at[0], w->month), r->at + r->key_len);
	w->used += r->key_len + r->value_len;
	r->head = load_u64be(r->at);
}

struct adding {
	struct window *w;
	const struct span *s;
};

static void add_rdata(struct bytes base, void *arg)
{
	struct adding *a = arg;
	add_row(a->w, base, a->s);
}

static void add_rr(struct window *w, uint64_t u, uint64_t count, uint64_t all,
		   struct buf *b)
{
	struct made m;
	traffic_rr(u, all, &m);
	int64_t at =
	    when_month_start(w->month) + (int64_t)(traffic_mix(u, w->count) % 2400000);
	struct span s = span_of_sighting(at, 60u << traffic_mix(u, 11) % 8);
	if (count > 1) {
		s.count = count;
		s.last_s += (int64_t)(traffic_mix(u, 12) % 86400);
		s.days |= 1u << (when_day(s.last_s) - 1);
	}
	span_add_sensor(&s, 7);
	struct adding a = {w, &s};
	buf_clear(b);
	key_rrset(b, &m.set);
	add_row(w, buf_bytes(b), &s);
	key_rdata_each(&m.set, m.single, b, add_rdata, &a);
	s.ttl_min = 1;
	s.ttl_max = 0;
	s.days = 0;
	s.sensor_count = 0;
	s.count = 1;
	s.last_s = s.first_s;
	buf_clear(b);
	key_name(b, m.set.owner);
	add_row(w, buf_bytes(b), &s);
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	if (x->head != y->head)
		return x->head < y->head ? -1 : 1;
	return bytes_compare(BYTES(x->at, x->key_len), BYTES(y->at, y->key_len));
}

static int next_row(struct segment_rows *self, struct bytes *key, struct bytes *value)
{
	struct window *w = (struct window *)self;
	if (w->given == w->count)
		return 0;
	struct row *r = &w->list[w->given++];
	*key = BYTES(r->at, r->key_len);
	*value = BYTES(r->at + r->key_len, r->value_len);
	return 1;
}

static void sort_window(struct window *w)
{
	size_t n = 0;
	qsort(w->list, w->count, sizeof(*w->list), compare_rows);
	for (size_t i = 0; i < w->count; i++)
		if (n == 0 || compare_rows(&w->list[n - 1], &w->list[i]) != 0)
			w->list[n++] = w->list[i];
	w->count = n;
	w->given = 0;
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* Half of a window is new, half was seen before, rather lately. Numbers are scattered. */
static void make_window(struct window *w, uint64_t from, uint64_t to, uint64_t all,
			struct buf *b)
{
	size_t n = 0, most = (size_t)(2 * (to - from));
	uint64_t *list = malloc(most * sizeof(*list));
	for (uint64_t u = from; u < to; u++) {
		list[n++] = u;
		list[n++] = u - traffic_skewed(traffic_mix(u, 20), u + 1);
	}
	qsort(list, n, sizeof(*list), compare_u64);
	w->count = w->used = 0;
	for (size_t i = 0, j; i < n; i = j) {
		for (j = i; j < n && list[j] == list[i];)
			j++;
		add_rr(w, list[i], j - i, all, b);
	}
	free(list);
	sort_window(w);
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

static int note_level0(const struct shelf_stat *st, void *arg)
{
	if (st->level0 > level0_most)
		level0_most = st->level0;
	return 0;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void fill(struct store *s, uint64_t all, uint64_t step)
{
	struct window w = {.rows = {next_row}, .room = step * 8};
	struct fault f = {0};
	struct buf b;
	buf_init(&b, 1 << 20);
	w.list = malloc(w.room * sizeof(*w.list));
	w.size = step * 900;
	w.octets = malloc(w.size);
	double cpu = 0, wall = 0, rows = 0, mark = 0;
	double *each = malloc((all / step + 1) * sizeof(*each));
	uint64_t marked = 0, at[2] = {0, 0};
	for (uint64_t from = 0, k = 0; from < all; from += step, k++) {
		uint64_t to = from + step < all ? from + step : all;
		w.month = 2023 * 12 + (int32_t)(from * 24 / all);
		struct segment_meta m = {.sequence = k, .entry_count = 1};
		struct ledger_entry e = {.name = "made-up", .kind = "bench"};
		shelf_of_year(when_month_year(w.month), m.shelf);
		shelf_form_init(&w.form, m.shelf);
		uint64_t *pos = &at[when_month_year(w.month) - 2023];
		e.from = *pos;
		e.to.packets = *pos = to;
		m.entries = &e;
		make_window(&w, from, to, all, &b);
		double c = bench_cpu_s(), t = bench_wall_s();
		if (store_commit(s, &m, &w.rows, &f) < 0) {
			fprintf(stderr, "bench-store: %s\n", f.text);
			exit(1);
		}
		t = bench_wall_s() - t;
		cpu += bench_cpu_s() - c;
		wall += t;
		rows += (double)w.count;
		each[k] = t;
		store_stat(s, note_level0, NULL, NULL);
		if (to * 10 / all > marked * 10 / all) {
			printf("fill_%llum_wall_us_per_rr %.3f\n",
			       (unsigned long long)(to / 1000000),
			       (wall - mark) * 1e6 / (double)(to - marked));
			fflush(stdout);
			mark = wall;
			marked = to;
		}
	}
	printf("commit_cpu_us_per_row %.3f\n", cpu * 1e6 / rows);
	printf("commit_wall_us_per_row %.3f\n", wall * 1e6 / rows);
	printf("commit_rrs_per_s %.0f\n", (double)all / wall);
	size_t n = (size_t)((all + step - 1) / step);
	qsort(each, n, sizeof(*each), compare_doubles);
	printf("commit_s p50 %.2f p99 %.2f longest %.2f\n", each[n / 2],
	       each[n * 99 / 100], each[n - 1]);
	free(each);
	printf("rows_written_per_rr %.2f\n", rows / (double)all);
	printf("level0_most %llu\n", (unsigned long long)level0_most);
	free(w.list);
	free(w.octets);
	buf_release(&b);
}

/* ---- figures of the whole ---- */

struct totals {
	uint64_t octets, tables[5], sets;
};

static int add_totals(const struct shelf_stat *st, void *arg)
{
	struct totals *t = arg;
	t->octets += st->octets;
	t->sets += st->rows[0]; /* sets of one record, so RRs in a month */
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
	if (t.sets)
		printf("octets_per_rr_and_month_%s %.1f\n", when,
		       (double)t.octets / (double)t.sets);
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
				"[WINDOW-THOUSANDS] [fill|ask[=NAME]]\n");
		return 2;
	}
	uint64_t all = millions * 1000000;
	hash_set_seed(1);
	struct store *s;
	bool fill_only = argc > 5 && strcmp(argv[5], "fill") == 0;
	if (argc > 5 && !fill_only) {
		const char *only = strchr(argv[5], '=');
		bench_ask(argv[1], memory, all, only ? only + 1 : "");
		return 0;
	}
	s = bench_open(argv[1], true, memory);
	fill(s, all, step * 1000);
	sizes(s, "filled", all);
	printf("peak_mib_filled %.0f\n", peak_mib());
	double c = bench_cpu_s(), t = bench_wall_s();
	if (store_compact(s, &f) < 0)
		fprintf(stderr, "bench-store: %s\n", f.text);
	printf("compact cpu_s %.1f wall_s %.1f\n", bench_cpu_s() - c, bench_wall_s() - t);
	double whole = sizes(s, "compacted", all);
	printf("write_amplification %.2f (%.1f octets an RR written)\n",
	       written() / whole, written() / (double)all);
	store_close(s);
	printf("cpu_us_per_rr_all_in %.2f\n", bench_cpu_s() * 1e6 / (double)all);
	if (!fill_only)
		bench_ask(argv[1], memory, all, "");
	printf("peak_mib %.0f\n", peak_mib());
	return 0;
}
