/*
 * The store at scale: fills a database through the real commit path with made-up but
 * repeatable windows shaped like traffic, then asks it. One figure a line.
 *
 *     bench-store DIR MILLIONS [memory MiB] [window in thousands] [ask]
 *
 * With "ask" DIR is filled already.
 *
 * Of N unique RRs over two years: most names are seen once, few for long; 1 % share one
 * zone, 1 % share one address, names end in zones of a power law; repeats prefer what is
 * recent. Each RR is a set of one (rows R, D and N).
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

static double cpu_s(int who)
{
	struct rusage u;
	getrusage(who, &u);
	return (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
	       ((double)u.ru_utime.tv_usec + (double)u.ru_stime.tv_usec) / 1e6;
}

static double wall_s(void)
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

/* ---- made-up RRs ---- */

static uint64_t mix(uint64_t a, uint64_t salt)
{
	return hash_mix(a + 0x1234567, salt * 0x9e3779b97f4a7c15u);
}

/* Few zones have most names: a power law over `of` values. */
static uint64_t skewed(uint64_t h, uint64_t of)
{
	double u = (double)(h >> 11) / (double)(1ull << 53);
	return (uint64_t)(u * u * u * (double)of);
}

static size_t put_label(uint8_t *p, const char *text)
{
	size_t n = strlen(text);
	p[0] = (uint8_t)n;
	memcpy(p + 1, text, n);
	return n + 1;
}

static const char *const tops[] = {"com", "net", "org", "de", "info", "ru", "fr", "io"};
static const char *const hosts[] = {"www", "mail", "api", "cdn", "ns1", "img", "app"};

static size_t put_zone(uint8_t *p, uint64_t zone)
{
	char text[32];
	uint64_t h = mix(zone, 5);
	snprintf(text, sizeof(text), "%.*s%llx", (int)(2 + h % 5), "kolibri",
		 (unsigned long long)(h >> 8) %
		     (zone < 100000 ? 0xffffff : 0xffffffffff));
	size_t n = put_label(p, text);
	n += put_label(p + n, tops[h % 8]);
	p[n] = 0;
	return n + 1;
}

/* Name number n of `all`. */
static size_t make_owner(uint64_t n, uint64_t all, uint8_t out[256])
{
	char text[40];
	uint64_t h = mix(n, 1);
	size_t at = 0;
	if (h % 100 == 0) { /* the zone of a million names */
		snprintf(text, sizeof(text), "u%llx", (unsigned long long)mix(n, 2));
		at = put_label(out, text);
		return at + put_zone(out + at, 0);
	}
	if (h % 3 == 0) {
		snprintf(text, sizeof(text), "%s", hosts[mix(n, 2) % 7]);
		at = put_label(out, text);
	} else if (h % 3 == 1) {
		snprintf(text, sizeof(text), "%08llx", (unsigned long long)n);
		at = put_label(out, text);
	}
	return at + put_zone(out + at, 1 + skewed(mix(n, 3), all / 4 + 1000));
}

struct made {
	uint8_t owner[256], rdata[300];
	struct rrset set;
	struct bytes single;
};

static void make_rr(uint64_t u, uint64_t all, struct made *m)
{
	uint64_t h = mix(u, 7), names = all * 6 / 10 + 1;
	size_t n = 0;
	m->set = (struct rrset){.bailiwick = 1, .source = SOURCE_ABOVE};
	m->set.owner = BYTES(m->owner, make_owner(mix(u, 8) % names, names, m->owner));
	uint64_t pick = h % 100;
	if (pick < 62) {
		m->set.type = 1;
		uint32_t a = pick == 0	 ? 0xcb007101 /* the address of a million names */
			     : pick < 20 ? 0x0a000000 + (uint32_t)skewed(mix(u, 9), 20000)
					 : (uint32_t)mix(u, 9);
		store_u32be(m->rdata + 2, a);
		n = 4;
	} else if (pick < 74) {
		m->set.type = 28;
		memcpy(m->rdata + 2, "\x20\x01\x0d\xb8", 4);
		store_u64be(m->rdata + 6, mix(u, 9) % 100000);
		store_u32be(m->rdata + 14, (uint32_t)mix(u, 10) % 64);
		n = 16;
	} else if (pick < 97) {
		m->set.type = pick < 86 ? 5 : pick < 92 ? 2 : 12;
		n = make_owner(mix(u, 9) % names, names, m->rdata + 2);
	} else {
		m->set.type = 16;
		n = (size_t)snprintf((char *)m->rdata + 3, 200,
				     "v=spf1 include:_spf%llx -all",
				     (unsigned long long)mix(u, 9));
		m->rdata[2] = (uint8_t)n++;
	}
	store_u16be(m->rdata, (uint16_t)n);
	m->set.rdata = BYTES(m->rdata, n + 2);
	m->single = BYTES(m->rdata + 2, n);
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
	make_rr(u, all, &m);
	int64_t at = when_month_start(w->month) + (int64_t)(mix(u, w->count) % 2400000);
	struct span s = span_of_sighting(at, 60u << mix(u, 11) % 8);
	if (count > 1) {
		s.count = count;
		s.last_s += (int64_t)(mix(u, 12) % 86400);
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
		list[n++] = u - skewed(mix(u, 20), u + 1);
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

static uint64_t level0_most;

static int note_level0(const struct shelf_stat *st, void *arg)
{
	if (st->level0 > level0_most)
		level0_most = st->level0;
	return 0;
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
	double cpu = 0, wall = 0, rows = 0, longest = 0, mark = 0;
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
		double c = cpu_s(RUSAGE_SELF), t = wall_s();
		if (store_commit(s, &m, &w.rows, &f) < 0) {
			fprintf(stderr, "bench-store: %s\n", f.text);
			exit(1);
		}
		t = wall_s() - t;
		cpu += cpu_s(RUSAGE_SELF) - c;
		wall += t;
		rows += (double)w.count;
		longest = t > longest ? t : longest;
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
	printf("commit_longest_s %.2f\n", longest);
	printf("rows_written_per_rr %.2f\n", rows / (double)all);
	printf("level0_most %llu\n", (unsigned long long)level0_most);
	free(w.list);
	free(w.octets);
	buf_release(&b);
}

/* ---- asking ---- */

static struct {
	double *at;
	size_t count;
} times;

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void report(const char *name, double rows)
{
	qsort(times.at, times.count, sizeof(*times.at), compare_doubles);
	printf("%s_us p50 %.1f p99 %.1f p99.9 %.1f rows %.1f\n", name,
	       times.at[times.count / 2] * 1e6, times.at[times.count * 99 / 100] * 1e6,
	       times.at[times.count * 999 / 1000] * 1e6, rows / (double)times.count);
	fflush(stdout);
	times.count = 0;
}

static uint64_t read_range(struct store *s, struct buf *lo, bool exact, uint64_t most)
{
	struct buf hi;
	struct cursor *c;
	struct store_row row;
	uint64_t n = 0;
	double t = wall_s();
	buf_init(&hi, 1024);
	buf_put_bytes(&hi, buf_bytes(lo));
	key_after(&hi);
	struct scan scan = {.table = lo->at[0],
			    .lo = buf_bytes(lo),
			    .hi = buf_bytes(&hi),
			    .exact_owner = exact,
			    .intervals = true};
	if (store_scan(s, &scan, NULL, &c) == 0) {
		while (n < most && cursor_next(c, &row) == 1)
			n++;
		cursor_close(c);
	}
	buf_release(&hi);
	times.at[times.count++] = wall_s() - t;
	return n;
}

static void ask_names(struct store *s, const char *name, uint64_t all, uint64_t rounds,
		      bool absent)
{
	double rows = 0;
	for (uint64_t i = 0; i < rounds; i++) {
		struct made m;
		struct buf lo;
		make_rr(mix(i, 31) % all, all, &m);
		if (absent)
			m.owner[1] = '~';
		buf_init(&lo, 1024);
		key_owner_prefix(&lo, TABLE_RRSET, m.set.owner, false);
		rows += (double)read_range(s, &lo, true, 1000);
		buf_release(&lo);
	}
	report(name, rows);
}

static void ask_addresses(struct store *s, const char *name, uint64_t all,
			  uint64_t rounds, size_t octets)
{
	double rows = 0;
	for (uint64_t i = 0; i < rounds; i++) {
		struct made m;
		struct buf lo;
		uint64_t u = mix(i, 33) % all;
		do
			make_rr(u++, all, &m);
		while (m.set.type != 1);
		struct addr a = addr_of(m.single.at, 4);
		buf_init(&lo, 1024);
		key_rdata_addr_prefix(&lo, &a);
		lo.len -= 4 - octets;
		rows +=
		    (double)read_range(s, &lo, octets == 4, octets == 4 ? 100 : 100000);
		buf_release(&lo);
	}
	report(name, rows);
}

static void scan_rate(struct store *s, const char *name, uint8_t table, uint64_t zone,
		      bool whole)
{
	struct buf lo;
	uint8_t wire[256];
	buf_init(&lo, 1024);
	if (whole)
		buf_putc(&lo, table);
	else
		key_owner_prefix(&lo, table, BYTES(wire, put_zone(wire, zone)), true);
	double c = cpu_s(RUSAGE_SELF);
	uint64_t n = read_range(s, &lo, false, UINT64_MAX);
	c = cpu_s(RUSAGE_SELF) - c;
	printf("%s rows %llu wall_ms %.1f rows_per_cpu_s %.0f\n", name,
	       (unsigned long long)n, times.at[0] * 1e3, (double)n / c);
	fflush(stdout);
	times.count = 0;
	buf_release(&lo);
}

static void ask(struct store *s, uint64_t all)
{
	times.at = malloc(200000 * sizeof(double));
	ask_names(s, "name_first_touch", all, 20000, false);
	ask_names(s, "name", all, 20000, false);
	ask_names(s, "name_absent", all, 20000, true);
	ask_addresses(s, "address", all, 5000, 4);
	ask_addresses(s, "address_16", all, 100, 2);
	scan_rate(s, "zone_of_hundreds", TABLE_RRSET, 3000, false);
	scan_rate(s, "zone_of_many", TABLE_RRSET, 0, false);
	scan_rate(s, "all_rrsets", TABLE_RRSET, 0, true);
	scan_rate(s, "all_names", TABLE_NAME, 0, true);
	free(times.at);
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

static void sizes(struct store *s, const char *when, uint64_t all)
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
}

static struct store *open_db(const char *dir, bool write, uint64_t memory)
{
	struct store_options o = {
	    .write = write, .create = write, .memory = memory << 20};
	struct fault f = {0};
	struct store *s = NULL;
	double t = wall_s();
	if (store_open(dir, &o, &f, &s) < 0) {
		fprintf(stderr, "bench-store: %s\n", f.text);
		exit(1);
	}
	store_drain(s, &f);
	printf("open_%s_ms %.1f\n", write ? "write" : "read", (wall_s() - t) * 1e3);
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
				"[WINDOW-THOUSANDS]\n");
		return 2;
	}
	uint64_t all = millions * 1000000;
	hash_set_seed(1);
	struct store *s;
	if (argc > 5) {
		s = open_db(argv[1], false, memory);
		ask(s, all);
		store_close(s);
		return 0;
	}
	s = open_db(argv[1], true, memory);
	fill(s, all, step * 1000);
	sizes(s, "filled", all);
	printf("peak_mib_filled %.0f\n", peak_mib());
	double c = cpu_s(RUSAGE_SELF), t = wall_s();
	if (store_compact(s, &f) < 0)
		fprintf(stderr, "bench-store: %s\n", f.text);
	printf("compact cpu_s %.1f wall_s %.1f\n", cpu_s(RUSAGE_SELF) - c, wall_s() - t);
	sizes(s, "compacted", all);
	store_close(s);
	printf("cpu_us_per_rr_all_in %.2f\n", cpu_s(RUSAGE_SELF) * 1e6 / (double)all);
	s = open_db(argv[1], false, memory);
	ask(s, all);
	store_close(s);
	printf("peak_mib %.0f\n", peak_mib());
	return 0;
}
