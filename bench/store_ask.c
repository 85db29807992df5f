#include "store_ask.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "query/run.h"
#include "traffic.h"

#define ROUNDS_MOST 20000

struct asking {
	struct store *store;
	struct floor *floor; /* RocksDB is asked instead */
	const char *dir, *only;
	uint64_t memory, all;
	const char *when; /* "", "_cold" */
	double *times;
	size_t count;
	double rows, cpu; /* of the process, before it was asked */
};

static bool wanted(struct asking *a, const char *name)
{
	a->cpu = bench_cpu_s();
	return strncmp(a->only, name, strlen(a->only)) == 0 ||
	       strncmp(a->only, name, strlen(name)) == 0;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void report(struct asking *a, const char *name)
{
	double n = (double)a->count, cpu = bench_cpu_s() - a->cpu;
	qsort(a->times, a->count, sizeof(*a->times), compare_doubles);
	printf("%s%s_us p50 %.1f p99 %.1f p99.9 %.1f rows %.1f of %zu, cpu mean %.1f\n",
	       name, a->when, a->times[a->count / 2] * 1e6,
	       a->times[a->count * 99 / 100] * 1e6, a->times[a->count * 999 / 1000] * 1e6,
	       a->rows / n, a->count, cpu * 1e6 / n);
	fflush(stdout);
	a->count = 0;
	a->rows = 0;
}

/* ---- ranges, straight from the store ---- */

static void read_range(struct asking *a, struct buf *lo, bool exact, uint64_t most)
{
	struct buf hi;
	struct cursor *c;
	struct store_row row;
	uint64_t n = 0;
	double t = bench_wall_s();
	buf_init(&hi, 1024);
	buf_put_bytes(&hi, buf_bytes(lo));
	key_after(&hi);
	struct scan scan = {.table = lo->at[0],
			    .lo = buf_bytes(lo),
			    .hi = buf_bytes(&hi),
			    .exact_owner = exact,
			    .intervals = true};
	if (a->floor) {
		n = floor_range(a->floor, scan.lo, scan.hi, exact, most);
	} else if (store_scan(a->store, &scan, NULL, &c) == 0) {
		while (n < most && cursor_next(c, &row) == 1)
			n++;
		cursor_close(c);
	}
	buf_release(&hi);
	a->times[a->count++] = bench_wall_s() - t;
	a->rows += (double)n;
}

enum kind { NAMES, NAMES_AND_TYPES, ABSENT };

static void ask_name(struct asking *a, uint64_t i, enum kind kind)
{
	struct made m;
	struct buf lo;
	traffic_rr(traffic_mix(i, 31) % a->all, a->all, &m);
	if (kind == ABSENT)
		m.owner[1] = '~';
	buf_init(&lo, 1024);
	key_owner_prefix(&lo, TABLE_RRSET, m.set.owner, false);
	if (kind == NAMES_AND_TYPES)
		buf_u16be(&lo, m.set.type);
	read_range(a, &lo, true, 1000);
	buf_release(&lo);
}

static void ask_names(struct asking *a, const char *name, uint64_t rounds, enum kind kind)
{
	if (!wanted(a, name))
		return;
	for (uint64_t i = 0; i < rounds; i++)
		ask_name(a, i, kind);
	report(a, name);
}

/*
 * Names whose blocks are not in the cache, when that is full: what is read then takes the
 * place of something else. Before, the system clears each page that the cache grows by,
 * which is a third of the time.
 */
static void ask_uncached(struct asking *a, const char *name)
{
	if (!wanted(a, name))
		return;
	for (uint64_t i = 20000; i < 40000; i++)
		ask_name(a, i, NAMES);
	a->count = 0;
	a->rows = 0;
	a->cpu = bench_cpu_s();
	for (uint64_t i = 40000; i < 45000; i++)
		ask_name(a, i, NAMES);
	report(a, name);
}

static void ask_addresses(struct asking *a, const char *name, uint64_t rounds,
			  size_t octets)
{
	if (!wanted(a, name))
		return;
	for (uint64_t i = 0; i < rounds; i++) {
		struct made m;
		struct buf lo;
		uint64_t u = traffic_mix(i, 33) % a->all;
		do
			traffic_rr(u++, a->all, &m);
		while (m.set.type != 1);
		struct addr addr = addr_of(m.single.at, 4);
		buf_init(&lo, 1024);
		key_rdata_addr_prefix(&lo, &addr);
		lo.len -= 4 - octets;
		read_range(a, &lo, octets == 4, octets == 4 ? 100 : 100000);
		buf_release(&lo);
	}
	report(a, name);
}

static void ask_million(struct asking *a, uint64_t rounds)
{
	uint8_t wire[4];
	if (!wanted(a, "address_million"))
		return;
	store_u32be(wire, TRAFFIC_ADDRESS);
	struct addr addr = addr_of(wire, 4);
	for (uint64_t i = 0; i < rounds; i++) {
		struct buf lo;
		buf_init(&lo, 1024);
		key_rdata_addr_prefix(&lo, &addr);
		read_range(a, &lo, true, 1000);
		buf_release(&lo);
	}
	report(a, "address_million");
}

/* All sets of the names that rotate and are asked for most. */
static void ask_rotating(struct asking *a, uint64_t rounds)
{
	if (!wanted(a, "name_rotating"))
		return;
	for (uint64_t i = 0; i < rounds; i++) {
		struct made m;
		struct buf lo;
		traffic_rr(traffic_rotating(i * 400), a->all, &m);
		buf_init(&lo, 1024);
		key_owner_prefix(&lo, TABLE_RRSET, m.set.owner, false);
		read_range(a, &lo, true, UINT64_MAX);
		buf_release(&lo);
	}
	report(a, "name_rotating");
}

/* The zone around which zones have so many names each (see the power law). */
static uint64_t zone_with(uint64_t all, double names)
{
	double n = (double)traffic_names(all), z = (double)traffic_zones((uint64_t)n);
	/* a third of a zone's names have a number of their own */
	return (uint64_t)pow(n / 3 / cbrt(z) / (3 * names), 1.5);
}

static void ask_zones(struct asking *a, const char *name, double names, uint64_t rounds)
{
	if (!wanted(a, name))
		return;
	uint64_t z = zone_with(a->all, names);
	for (uint64_t i = 0; i < rounds; i++) {
		struct buf lo;
		uint8_t wire[256];
		buf_init(&lo, 1024);
		key_owner_prefix(&lo, TABLE_RRSET, BYTES(wire, traffic_zone(wire, z + i)),
				 true);
		read_range(a, &lo, false, UINT64_MAX);
		buf_release(&lo);
	}
	report(a, name);
}

/* Of the times so far, milliseconds; sorts them. */
static double longest_ms(struct asking *a, double *median)
{
	qsort(a->times, a->count, sizeof(*a->times), compare_doubles);
	*median = a->times[a->count / 2] * 1e3;
	return a->times[a->count - 1] * 1e3;
}

static void scan_rate(struct asking *a, const char *name, uint8_t table, bool zone,
		      uint64_t rounds)
{
	struct buf lo;
	uint8_t wire[256];
	if (!wanted(a, name))
		return;
	buf_init(&lo, 1024);
	if (zone)
		key_owner_prefix(&lo, table, BYTES(wire, traffic_zone(wire, 0)), true);
	else
		buf_putc(&lo, table);
	double c = bench_cpu_s(), p50, longest;
	for (uint64_t i = 0; i < rounds; i++)
		read_range(a, &lo, false, UINT64_MAX);
	c = bench_cpu_s() - c;
	longest = longest_ms(a, &p50);
	printf("%s%s rows %.0f wall_ms p50 %.1f longest %.1f of %zu, rows_per_cpu_s "
	       "%.0f\n",
	       name, a->when, a->rows / (double)rounds, p50, longest, a->count,
	       a->rows / c);
	fflush(stdout);
	a->count = 0;
	a->rows = 0;
	buf_release(&lo);
}

/* ---- questions, through the query layer ---- */

static uint64_t answer_all(struct asking *a, const struct query *q,
			   struct answer_counters *counters)
{
	struct fault f = {0};
	struct answer *answer;
	struct result r;
	uint64_t n = 0;
	if (answer_open(a->store, q, &f, &answer) < 0) {
		fprintf(stderr, "bench-store: %s\n", f.text);
		exit(1);
	}
	while (answer_next(answer, &r) == 1)
		n++;
	*counters = *answer_counters(answer);
	answer_close(answer);
	return n;
}

static void ask_term(struct asking *a, const char *name, const char *text, uint64_t limit,
		     uint64_t rounds)
{
	struct fault f = {0};
	struct term t;
	struct answer_counters counters;
	struct query q = QUERY_ALL;
	if (!wanted(a, name))
		return;
	if (term_parse(text, &f, &t) < 0) {
		fprintf(stderr, "bench-store: %s\n", f.text);
		exit(1);
	}
	q.terms = &t;
	q.term_count = 1;
	q.limit = limit;
	uint64_t n = 0;
	double c = bench_cpu_s(), p50, longest;
	for (uint64_t i = 0; i < rounds; i++) {
		double w = bench_wall_s();
		n = answer_all(a, &q, &counters);
		a->times[a->count++] = bench_wall_s() - w;
	}
	c = bench_cpu_s() - c;
	longest = longest_ms(a, &p50);
	printf("%s%s results %llu names %llu wall_ms p50 %.2f longest %.2f of %zu, "
	       "names_per_cpu_s %.0f\n",
	       name, a->when, (unsigned long long)n, (unsigned long long)counters.names,
	       p50, longest, a->count, (double)(counters.names * rounds) / c);
	fflush(stdout);
	a->count = 0;
	term_release(&t);
}

/* A name's first label and a star: a handful of names. */
static void ask_stems(struct asking *a, const char *name, uint64_t rounds)
{
	struct fault f = {0};
	struct answer_counters counters;
	uint64_t names = traffic_names(a->all);
	if (!wanted(a, name))
		return;
	for (uint64_t i = 0, k = 0; k < rounds; i++) {
		struct term t;
		struct query q = QUERY_ALL;
		uint8_t owner[256];
		char text[80];
		traffic_owner(traffic_mix(i, 35) % names, names, owner);
		if (owner[0] != 8)
			continue;
		snprintf(text, sizeof(text), "%.8s.*", (const char *)owner + 1);
		if (term_parse(text, &f, &t) < 0)
			continue;
		q.terms = &t;
		q.term_count = 1;
		double w = bench_wall_s();
		a->rows += (double)answer_all(a, &q, &counters);
		a->times[a->count++] = bench_wall_s() - w;
		term_release(&t);
		k++;
	}
	report(a, name);
}

/* Everything that lies in one day. */
static void ask_fence(struct asking *a)
{
	struct query q = QUERY_ALL;
	struct answer_counters counters;
	if (!wanted(a, "fence_day"))
		return;
	q.fence.from_s = when_month_start(2023 * 12) + 10 * 86400;
	q.fence.to_s = q.fence.from_s + 86399;
	q.fence.seen = true;
	uint64_t n = 0;
	double c = bench_cpu_s();
	for (int i = 0; i < 2; i++) {
		double w = bench_wall_s();
		n = answer_all(a, &q, &counters);
		a->times[a->count++] = bench_wall_s() - w;
	}
	c = bench_cpu_s() - c;
	printf("fence_day%s results %llu rows %llu wall_ms %.1f and %.1f, rows_per_cpu_s "
	       "%.0f\n",
	       a->when, (unsigned long long)n, (unsigned long long)counters.rows,
	       a->times[0] * 1e3, a->times[1] * 1e3, 2 * (double)counters.rows / c);
	fflush(stdout);
	a->count = 0;
}

/* ---- warm and cold ---- */

/* The system's cache is dropped, where that is allowed, and ours with the store. */
static bool drop_caches(struct asking *a)
{
	store_close(a->store);
	sync();
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
	bool dropped = fd >= 0 && write(fd, "3\n", 2) == 2;
	if (fd >= 0)
		close(fd);
	a->store = bench_open(a->dir, false, a->memory);
	return dropped;
}

static void ask_cold(struct asking *a)
{
	static bool told;
	a->when = "_cold";
	if (!drop_caches(a) && !told) {
		told = true;
		printf("# the system's cache cannot be dropped (not root): _cold is with "
		       "an empty cache of our own only\n");
	}
	ask_names(a, "name", 500, NAMES);
	ask_names(a, "name_absent", 500, ABSENT);
	ask_addresses(a, "address", 500, 4);
	drop_caches(a);
	ask_names(a, "name_type", 500, NAMES_AND_TYPES);
	ask_addresses(a, "address_16", 50, 2);
	ask_zones(a, "zone_10", 10, 200);
	ask_zones(a, "zone_1000", 1000, 20);
	ask_million(a, 1);
	ask_rotating(a, 100);
	ask_stems(a, "stem", 100);
	drop_caches(a);
	scan_rate(a, "zone_million", TABLE_RRSET, true, 1);
	ask_term(a, "regex_literal", "/kolib3f2/", 0, 1);
	a->when = "";
}

static void ask_warm(struct asking *a)
{
	ask_names(a, "name_first_touch", 5000, NAMES);
	ask_names(a, "name", 5000, NAMES);
	ask_names(a, "name_type", 5000, NAMES_AND_TYPES);
	ask_names(a, "name_absent", 5000, ABSENT);
	ask_addresses(a, "address", 5000, 4);
	ask_addresses(a, "address", 5000, 4);
	ask_uncached(a, "name_uncached");
	ask_addresses(a, "address_16", 100, 2);
	ask_million(a, 100);
	ask_rotating(a, 200);
	ask_zones(a, "zone_10", 10, 1000);
	ask_zones(a, "zone_10", 10, 1000);
	ask_zones(a, "zone_1000", 1000, 100);
	ask_zones(a, "zone_1000", 1000, 100);
	scan_rate(a, "zone_million", TABLE_RRSET, true, 20);
	ask_stems(a, "stem", 1000);
	ask_stems(a, "stem", 1000);
	ask_term(a, "stem_common", "www.*", 1000, 100);
	scan_rate(a, "all_rrsets", TABLE_RRSET, false, 1);
	scan_rate(a, "all_names", TABLE_NAME, false, 1);
	ask_term(a, "regex_literal", "/kolib3f2/", 0, 20);
	ask_term(a, "regex_tail", "/^[a-f0-9]+7\\.koli[0-9]+\\.io$/", 0, 10);
	ask_term(a, "regex_plain", "/^[0-9]{8}\\.[a-z]{2}[0-9]+\\.(de|fr)$/", 0, 10);
	ask_fence(a);
}

/* The same questions to RocksDB itself; names of both begin with floor_. */
static void ask_floor(struct asking *a)
{
	if (!wanted(a, "floor_"))
		return;
	a->floor = floor_open(a->dir, a->memory);
	ask_names(a, "floor_first_touch", 5000, NAMES);
	ask_names(a, "floor_name", 5000, NAMES);
	ask_names(a, "floor_name_type", 5000, NAMES_AND_TYPES);
	ask_names(a, "floor_name_absent", 5000, ABSENT);
	ask_addresses(a, "floor_address_first_touch", 5000, 4);
	ask_addresses(a, "floor_address", 5000, 4);
	ask_uncached(a, "floor_name_uncached");
	scan_rate(a, "floor_zone_million", TABLE_RRSET, true, 20);
	scan_rate(a, "floor_all_rrsets", TABLE_RRSET, false, 1);
	scan_rate(a, "floor_all_names", TABLE_NAME, false, 1);
	floor_close(a->floor);
	a->floor = NULL;
}

void bench_ask(const char *dir, uint64_t memory, uint64_t all, const char *only)
{
	struct asking a = {
	    .dir = dir, .only = only, .memory = memory, .all = all, .when = ""};
	a.times = malloc(ROUNDS_MOST * sizeof(double));
	a.store = bench_open(dir, false, memory);
	ask_floor(&a);
	ask_warm(&a);
	if (*only == 0) /* so that one question can be asked again with warm caches */
		ask_cold(&a);
	store_close(a.store);
	free(a.times);
}
