#include "windows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/num.h"
#include "store/shelf.h"
#include "store_ask.h"
#include "traffic.h"

#define PIECE ((size_t)1 << 20)
#define ROWS_PER_RR 16
#define OCTETS_PER_RR 1400
/* Of the answers that were seen before, so many of a hundred are of names that rotate. */
#define ROTATING_ANSWERS 20

struct row {
	uint8_t *at; /* key, then value */
	uint16_t key_len, value_len;
	uint64_t head; /* the first octets of the key, for sorting */
};

struct row_head {
	uint16_t key_len, value_len;
};

struct making {
	FILE *out;
	struct row *list;
	size_t count, room;
	uint8_t *octets;
	size_t used, size;
	struct shelf_form form;
	struct window_head head;
	struct buf key;
};

struct windows {
	struct segment_rows rows;
	pid_t child;
	int fd;
	uint8_t *piece;
	size_t at, len;
	uint64_t left; /* rows of this window */
	double first, last;
};

/* ---- in the child ---- */

static void give_up(const char *why)
{
	fprintf(stderr, "bench-store: %s\n", why);
	_exit(1);
}

static void add_row(struct making *m, struct bytes base, const struct span *s)
{
	if (m->count == m->room || m->used + base.len + 200 > m->size)
		give_up("a window is larger than thought");
	struct row *r = &m->list[m->count++];
	r->at = m->octets + m->used;
	memcpy(r->at, base.at, base.len);
	r->key_len = (uint16_t)base.len;
	if (key_suffix_len(base.at[0], false))
		r->at[r->key_len++] = (uint8_t)(m->head.month % 12 + 1);
	r->value_len = (uint16_t)span_encode(
	    s, shelf_base(&m->form, base.at[0], m->head.month), r->at + r->key_len);
	m->used += r->key_len + r->value_len;
	r->head = load_u64be(r->at);
}

struct adding {
	struct making *m;
	const struct span *s;
};

static void add_rdata(struct bytes base, void *arg)
{
	struct adding *a = arg;
	add_row(a->m, base, a->s);
}

/* The rows of one set: it, each of its records, and its owner. */
static void add_set(struct making *m, const struct made *made, const struct span *seen)
{
	struct adding a = {m, seen};
	struct span name = span_of_sighting(seen->first_s, 0);
	buf_clear(&m->key);
	key_rrset(&m->key, &made->set);
	add_row(m, buf_bytes(&m->key), seen);
	for (size_t at = 0; at < made->set.rdata.len;) {
		size_t n = load_u16be(made->set.rdata.at + at);
		key_rdata_each(&made->set, BYTES(made->set.rdata.at + at + 2, n), &m->key,
			       add_rdata, &a);
		at += n + 2;
	}
	name.ttl_min = 1;
	name.ttl_max = 0;
	name.days = 0;
	buf_clear(&m->key);
	key_name(&m->key, made->set.owner);
	add_row(m, buf_bytes(&m->key), &name);
}

/* RR u, seen `count` times in this window. */
static void add_rr(struct making *m, uint64_t u, uint64_t count, uint64_t all)
{
	struct made made;
	int64_t at = when_month_start(m->head.month) +
		     (int64_t)(traffic_mix(u, m->count) % 2400000);
	struct span s = span_of_sighting(at, 60u << traffic_mix(u, 11) % 8);
	span_add_sensor(&s, 7);
	if (traffic_rotates(u)) { /* each answer is another choice of its addresses */
		for (uint64_t i = 0; i < count; i++) {
			traffic_rotation(u, m->head.month, traffic_mix(m->count, 14),
					 &made);
			add_set(m, &made, &s);
		}
		return;
	}
	if (count > 1) {
		s.count = count;
		s.last_s += (int64_t)(traffic_mix(u, 12) % 86400);
		s.days |= 1u << (when_day(s.last_s) - 1);
	}
	traffic_rr(u, all, &made);
	add_set(m, &made, &s);
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	if (x->head != y->head)
		return x->head < y->head ? -1 : 1;
	return bytes_compare(BYTES(x->at, x->key_len), BYTES(y->at, y->key_len));
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static void sort_rows(struct making *m)
{
	size_t n = 0;
	qsort(m->list, m->count, sizeof(*m->list), compare_rows);
	for (size_t i = 0; i < m->count; i++)
		if (n == 0 || compare_rows(&m->list[n - 1], &m->list[i]) != 0)
			m->list[n++] = m->list[i];
	m->count = n;
	m->head.rows = n;
	m->head.sets = m->head.records = 0;
	for (size_t i = 0; i < n; i++) {
		m->head.sets += m->list[i].at[0] == TABLE_RRSET;
		m->head.records += m->list[i].at[0] == TABLE_RDATA;
	}
}

/* One that was seen before: a name that rotates, the popular ones above all, or rather
 * lately. */
static uint64_t seen_before(uint64_t u)
{
	uint64_t h = traffic_mix(u, 20);
	if (h % 100 < ROTATING_ANSWERS) {
		uint64_t v = traffic_rotating(traffic_skewed(traffic_mix(u, 21), u + 1));
		return v <= u ? v : u;
	}
	return u - traffic_skewed(h, u + 1);
}

/* Half of a window is new, half was seen before. Numbers are scattered. */
static void make_window(struct making *m, uint64_t all)
{
	size_t n = 0, most = (size_t)(2 * (m->head.to - m->head.from));
	uint64_t *list = malloc(most * sizeof(*list));
	if (list == NULL)
		give_up("out of memory");
	for (uint64_t u = m->head.from; u < m->head.to; u++) {
		list[n++] = u;
		list[n++] = seen_before(u);
	}
	qsort(list, n, sizeof(*list), compare_u64);
	m->count = m->used = 0;
	for (size_t i = 0, j; i < n; i = j) {
		for (j = i; j < n && list[j] == list[i];)
			j++;
		add_rr(m, list[i], j - i, all);
	}
	free(list);
	sort_rows(m);
}

static void give_window(struct making *m)
{
	bool good = fwrite(&m->head, sizeof(m->head), 1, m->out) == 1;
	for (size_t i = 0; i < m->count && good; i++) {
		const struct row *r = &m->list[i];
		struct row_head h = {r->key_len, r->value_len};
		good = fwrite(&h, sizeof(h), 1, m->out) == 1 &&
		       fwrite(r->at, r->key_len + (size_t)r->value_len, 1, m->out) == 1;
	}
	if (!good || fflush(m->out) != 0)
		_exit(1); /* nobody takes it any more */
}

static void make_all(int fd, uint64_t all, uint64_t step)
{
	struct making m = {.out = fdopen(fd, "w"), .room = step * ROWS_PER_RR};
	char shelf[SHELF_MAX];
	m.size = step * OCTETS_PER_RR;
	m.list = malloc(m.room * sizeof(*m.list));
	m.octets = malloc(m.size);
	buf_init(&m.key, 1 << 20);
	if (m.out == NULL || m.list == NULL || m.octets == NULL)
		give_up("out of memory");
	setvbuf(m.out, NULL, _IOFBF, PIECE);
	for (uint64_t from = 0; from < all; from += step) {
		m.head.from = from;
		m.head.to = from + step < all ? from + step : all;
		m.head.month = 2023 * 12 + (int32_t)(from * 24 / all);
		shelf_of_year(when_month_year(m.head.month), shelf);
		shelf_form_init(&m.form, shelf);
		make_window(&m, all);
		give_window(&m);
	}
	_exit(0);
}

/* ---- in the parent ---- */

/* n octets that lie together, or NULL at the end. */
static const uint8_t *take(struct windows *w, size_t n)
{
	while (w->len - w->at < n) {
		memmove(w->piece, w->piece + w->at, w->len - w->at);
		w->len -= w->at;
		w->at = 0;
		ssize_t got = read(w->fd, w->piece + w->len, PIECE - w->len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return NULL;
		w->len += (size_t)got;
	}
	w->at += n;
	return w->piece + w->at - n;
}

static int next_row(struct segment_rows *self, struct bytes *key, struct bytes *value)
{
	struct windows *w = (struct windows *)self;
	struct row_head h;
	if (w->first == 0)
		w->first = bench_wall_s();
	if (w->left == 0) {
		w->last = bench_wall_s();
		return 0;
	}
	const uint8_t *p = take(w, sizeof(h));
	if (p == NULL)
		return YORE_EIO;
	memcpy(&h, p, sizeof(h));
	p = take(w, h.key_len + (size_t)h.value_len);
	if (p == NULL)
		return YORE_EIO;
	w->left--;
	*key = BYTES(p, h.key_len);
	*value = BYTES(p + h.key_len, h.value_len);
	return 1;
}

struct windows *windows_start(uint64_t all, uint64_t step)
{
	struct windows *w = calloc(1, sizeof(*w));
	int ends[2];
	if (w == NULL || (w->piece = malloc(PIECE)) == NULL || pipe(ends) < 0)
		give_up("out of memory");
	w->rows.next = next_row;
	w->child = fork();
	if (w->child < 0)
		give_up("no process can be made");
	if (w->child == 0) {
		close(ends[0]);
		make_all(ends[1], all, step);
	}
	close(ends[1]);
	w->fd = ends[0];
	return w;
}

int windows_next(struct windows *w, struct window_head *ret)
{
	const uint8_t *p = take(w, sizeof(*ret));
	if (p == NULL)
		return 0;
	memcpy(ret, p, sizeof(*ret));
	w->left = ret->rows;
	w->first = w->last = 0;
	return 1;
}

struct segment_rows *windows_rows(struct windows *w)
{
	return &w->rows;
}

void windows_taken(const struct windows *w, double *first, double *last)
{
	*first = w->first;
	*last = w->last;
}

void windows_end(struct windows *w, double *cpu_s, double *peak_mib)
{
	struct rusage u = {0};
	int status = 0;
	close(w->fd);
	if (wait4(w->child, &status, 0, &u) < 0 || status != 0)
		give_up("the windows were not made to the end");
	*cpu_s = (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
		 ((double)u.ru_utime.tv_usec + (double)u.ru_stime.tv_usec) / 1e6;
	*peak_mib = (double)u.ru_maxrss / 1024;
	free(w->piece);
	free(w);
}
