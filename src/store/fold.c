/*
 * Old rows of the ledger made fewer. A sensor commits every ten seconds, three million
 * times a year; what is asked of commits from before yesterday is when they watched and
 * what they lost, by the day. So neighbours of one input and day become one row: from
 * the first's `from` to the last's `to`, losses added up. The last commit of an input is
 * left alone, whatever its age: a segment that is offered twice is known by it.
 *
 * What comes of it goes in as files do: one sorted file with the new rows and the marks
 * that remove the old ones, taken in at once.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/num.h"
#include "store/rocks.h"

#define DAY_US ((int64_t)86400 * 1000000)
#define AGE_US (2 * DAY_US)
#define PASS_US ((int64_t)3600 * 1000000) /* from one pass to the next */
#define SLICE_ROWS 20000		  /* read at a time: others wait for the lock */
#define GROUP_MOST 16384
#define KEY_LEN 34
#define NAME_MOST 128

/* ---- two entries to one ---- */

static bool is_line(struct bytes line, struct bytes *name, uint64_t *value)
{
	const uint8_t *mark = memchr(line.at, '=', line.len);
	char digits[24];
	size_t n = mark ? (size_t)(line.at + line.len - mark - 1) : sizeof(digits);
	if (n >= sizeof(digits))
		return false;
	memcpy(digits, mark + 1, n);
	digits[n] = 0;
	*name = BYTES(line.at, (size_t)(mark - line.at));
	return num_u64(digits, UINT64_MAX, value) == 0;
}

/* Adds what `more` says of a name; true when it has the name. */
static bool add_same(struct bytes more, struct bytes name, uint64_t *value)
{
	bool found = false;
	while (more.len) {
		struct bytes other;
		uint64_t v;
		if (!is_line(bytes_line(&more), &other, &v) || !bytes_equal(other, name))
			continue;
		*value = *value + v < v ? UINT64_MAX : *value + v;
		found = true;
	}
	return found;
}

/* Each name in `from` that is not in `but`, with the sum of what `from` and `add` say of
 * it; lines that are no numbers as they are. */
static void put_sums(struct buf *out, struct bytes from, struct bytes but,
		     struct bytes add)
{
	struct bytes whole = from;
	while (from.len) {
		const uint8_t *at = from.at;
		struct bytes line = bytes_line(&from), name;
		uint64_t value, ignored = 0;
		bool number = is_line(line, &name, &value);
		struct bytes before = BYTES(whole.at, (size_t)(at - whole.at));
		if (line.len == 0 || (number && add_same(before, name, &ignored)))
			continue;
		if (number && add_same(but, name, &ignored))
			continue;
		if (number) {
			add_same(from, name, &value);
			add_same(add, name, &value);
			buf_put_bytes(out, name);
			buf_printf(out, "=%" PRIu64 "\n", value);
		} else if (memmem(but.at, but.len, line.at, line.len) == NULL) {
			buf_put_bytes(out, line);
			buf_putc(out, '\n');
		}
	}
}

static int64_t earlier(int64_t a, int64_t b)
{
	if (a == WHEN_UNKNOWN || b == WHEN_UNKNOWN)
		return a == WHEN_UNKNOWN ? b : a;
	return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
	if (a == WHEN_UNKNOWN || b == WHEN_UNKNOWN)
		return a == WHEN_UNKNOWN ? b : a;
	return a > b ? a : b;
}

static bool same_day(int64_t a_us, int64_t b_us)
{
	return a_us == WHEN_UNKNOWN || b_us == WHEN_UNKNOWN ||
	       a_us / DAY_US == b_us / DAY_US;
}

bool ledger_join(struct ledger_entry *sum, struct buf *counters,
		 const struct ledger_entry *next)
{
	struct buf all;
	if (memcmp(&sum->input, &next->input, sizeof(sum->input)) != 0 ||
	    sum->to.packets != next->from || !same_day(sum->first_us, next->first_us) ||
	    strcmp(sum->name, next->name) != 0 ||
	    strcmp(sum->sensor, next->sensor) != 0 ||
	    strcmp(sum->kind, next->kind) != 0 ||
	    strcmp(sum->version, next->version) != 0)
		return false;
	buf_init(&all, LEDGER_VALUE_MAX);
	put_sums(&all, buf_bytes(counters), BYTES_LIT(""), next->counters);
	put_sums(&all, next->counters, buf_bytes(counters), BYTES_LIT(""));
	bool fits = all.err == 0;
	if (fits) {
		buf_release(counters);
		*counters = all;
		sum->to = next->to;
		sum->first_us = earlier(sum->first_us, next->first_us);
		sum->last_us = later(sum->last_us, next->last_us);
		sum->counters = buf_bytes(counters);
	} else {
		buf_release(&all);
	}
	return fits;
}

/* ---- rows of a shelf ---- */

struct fold {
	struct rocks *r;
	const char *shelf;
	int64_t before_us;
	rocksdb_sstfilewriter_t *out;
	char path[ROCKS_PATH];
	bool open;
	char *err; /* of the engine */
	/* the group in hand: neighbours that become one row */
	struct ledger_entry sum;
	struct segment_name by;
	struct buf counters, keys;
	size_t members;
	/* where the input stands: its last commit stays */
	struct input_id input;
	uint64_t stands_at;
	bool known;
	int64_t gone; /* rows */
};

static int open_file(struct fold *w)
{
	if (w->open)
		return 0;
	snprintf(w->path, sizeof(w->path), "%s/incoming/.rewrite-fold-%s", w->r->dir,
		 w->shelf);
	(void)unlink(w->path);
	rocksdb_sstfilewriter_open(w->out, w->path, &w->err);
	w->open = w->err == NULL;
	return w->open ? 0 : YORE_EIO;
}

static void remove_key(struct fold *w, size_t i)
{
	if (w->err == NULL)
		rocksdb_sstfilewriter_delete(w->out, (char *)w->keys.at + i * KEY_LEN,
					     KEY_LEN, &w->err);
}

/* In the order of keys: the first's from is that of the new row, which reaches farther.
 */
static int put_group(struct fold *w)
{
	struct buf key, value;
	int r = 0;
	if (w->members < 2) {
		w->members = 0;
		return 0;
	}
	buf_init(&key, 64);
	buf_init(&value, 1 << 16);
	ledger_key_commit(&key, &w->sum);
	ledger_value(&value, &w->by, &w->sum);
	r = key.err ? key.err : value.err;
	if (r == 0)
		r = open_file(w);
	if (r == 0) {
		remove_key(w, 0);
		if (w->err == NULL)
			rocksdb_sstfilewriter_put(w->out, (char *)key.at, key.len,
						  (char *)value.at, value.len, &w->err);
		for (size_t i = 1; i < w->members; i++)
			remove_key(w, i);
		w->gone += (int64_t)w->members - 1;
		r = w->err ? YORE_EIO : 0;
	}
	w->members = 0;
	buf_release(&key);
	buf_release(&value);
	return r;
}

static int begin_group(struct fold *w, struct bytes key, const struct segment_name *by,
		       const struct ledger_entry *e)
{
	int r = put_group(w);
	if (r < 0)
		return r;
	buf_clear(&w->keys);
	buf_clear(&w->counters);
	buf_put_bytes(&w->keys, key);
	buf_put_bytes(&w->counters, e->counters);
	w->sum = *e;
	w->sum.counters = buf_bytes(&w->counters);
	w->by = *by;
	w->members = 1;
	return w->keys.err ? w->keys.err : w->counters.err;
}

static int look_up(struct fold *w, const struct ledger_entry *e)
{
	struct ledger_entry last;
	if (w->known && memcmp(&w->input, &e->input, sizeof(w->input)) == 0)
		return 0;
	int r = ledger_last(&w->r->engine, w->shelf, &e->input, NULL, &last, NULL);
	w->input = e->input;
	w->known = r >= 0;
	w->stands_at = r == 1 ? last.to.packets : 0;
	return r < 0 ? r : 0;
}

static int fold_row(struct fold *w, struct bytes key, struct bytes value)
{
	struct segment_name by;
	struct ledger_entry e;
	if (key.len != KEY_LEN || ledger_read(key, value, &by, &e) < 0)
		return put_group(w); /* a last row, or one that verify will name */
	int r = look_up(w, &e);
	if (r < 0)
		return r;
	if (e.to.packets >= w->stands_at ||
	    (e.last_us != WHEN_UNKNOWN && e.last_us >= w->before_us))
		return put_group(w);
	if (w->members == 0 || w->members >= GROUP_MOST ||
	    !ledger_join(&w->sum, &w->counters, &e))
		return begin_group(w, key, &by, &e);
	w->by = by;
	w->members++;
	buf_put_bytes(&w->keys, key);
	return w->keys.err;
}

/* Rows from `from` on; *next is where to go on, empty at the end. */
static int fold_rows(struct fold *w, struct bytes from, struct buf *next, struct fault *f)
{
	struct bytes key, value;
	struct shelf_iter *it;
	struct stretch s = {.lo = from, .hi = BYTES_LIT("M"), .whole = true};
	int r = rocks_iter(&w->r->engine, w->shelf, &s, f, &it);
	if (r < 0)
		return r;
	buf_clear(next);
	for (unsigned n = 0; (r = it->ops->next(it, &key, &value)) == 1; n++) {
		if (n == SLICE_ROWS) {
			buf_put_bytes(next, key);
			r = next->err;
			break;
		}
		r = fold_row(w, key, value);
		if (r < 0)
			break;
	}
	if (r < 0 && f && f->code == 0)
		fault_set(f, r, "%s: the ledger: %s", w->shelf,
			  it->fault.code ? it->fault.text : yore_strerror(r));
	it->ops->close(it);
	return r < 0 ? r : put_group(w);
}

static void take_in(struct fold *w, struct handle *h)
{
	struct names_place place;
	rocksdb_sstfilewriter_finish(w->out, &w->err);
	if (w->err)
		return;
	rocks_names_place(w->r, h, NULL, &place);
	w->err = rocks_take_file(h->db, w->path);
	rocks_names_placed(w->r, &place, w->err ? NULL : h->db);
}

static int fold_open(struct fold *w, struct handle *h, struct bytes from,
		     struct buf *next, struct fault *f)
{
	rocksdb_envoptions_t *env = rocksdb_envoptions_create();
	w->out = rocksdb_sstfilewriter_create(env, h->options);
	buf_init(&w->counters, LEDGER_VALUE_MAX);
	buf_init(&w->keys, KEY_LEN * GROUP_MOST);
	int r = fold_rows(w, from, next, f);
	if (r == 0 && w->open)
		take_in(w, h);
	if (w->open)
		(void)unlink(w->path);
	if (w->err) {
		r = rocks_error(w->err, f, "folding the ledger", w->path);
		rocks_forget(w->r, w->shelf); /* opened anew it is what the disk says */
	}
	rocksdb_sstfilewriter_destroy(w->out);
	rocksdb_envoptions_destroy(env);
	buf_release(&w->counters);
	buf_release(&w->keys);
	return r;
}

/* One slice, under the ingest lock. How many rows went. */
static int64_t fold_slice(struct rocks *r, const char *shelf, struct bytes from,
			  struct buf *next, struct fault *f)
{
	struct fold w = {
	    .r = r, .shelf = shelf, .before_us = (int64_t)time(NULL) * 1000000 - AGE_US};
	struct handle *h;
	int e = rocks_get(r, shelf, false, f, &h);
	buf_clear(next);
	if (e < 0)
		return e == YORE_ENOENT ? 0 : e;
	if (h->owner && rocks_level0(h->db) < LEVEL0_MAX)
		e = fold_open(&w, h, from, next, f);
	rocks_put(h);
	return e < 0 ? e : w.gone;
}

/* ---- all shelves ---- */

struct all_shelves {
	struct rocks *r;
	struct fault *f;
};

static int fold_shelf(const char *shelf, void *arg)
{
	struct all_shelves *a = arg;
	struct buf from, next;
	int64_t n;
	buf_init(&from, 256);
	buf_init(&next, 256);
	buf_putc(&from, TABLE_LEDGER);
	do {
		pthread_mutex_lock(&a->r->ingest_lock);
		n = fold_slice(a->r, shelf, buf_bytes(&from), &next, a->f);
		pthread_mutex_unlock(&a->r->ingest_lock);
		buf_clear(&from);
		buf_put_bytes(&from, buf_bytes(&next));
	} while (n >= 0 && from.len > 0 && from.err == 0);
	buf_release(&from);
	buf_release(&next);
	return n < 0 && n != YORE_ECORRUPT ? (int)n : 0;
}

int rocks_fold(struct rocks *r, struct fault *f)
{
	struct all_shelves a = {r, f};
	return r->engine.ops->shelves(&r->engine, fold_shelf, &a, f);
}

/* ---- in the background: a slice a second until all is done, then again in an hour ----
 */

struct next_shelf {
	const char *behind; /* "": the first */
	char found[SHELF_MAX];
};

static int find_next(const char *shelf, void *arg)
{
	struct next_shelf *n = arg;
	if (strcmp(shelf, n->behind) <= 0)
		return 0;
	snprintf(n->found, sizeof(n->found), "%s", shelf);
	return 1;
}

/* False: there is none behind it. */
static bool go_on(struct rocks *r)
{
	struct fold_place *p = &r->folding;
	struct next_shelf n = {.behind = p->shelf};
	(void)r->engine.ops->shelves(&r->engine, find_next, &n, NULL);
	memcpy(p->shelf, n.found, sizeof(p->shelf));
	p->key[0] = TABLE_LEDGER;
	p->len = 1;
	return *p->shelf != '\0';
}

void rocks_fold_some(struct rocks *r)
{
	struct fold_place *p = &r->folding;
	struct buf next;
	int64_t now_us = rocks_now_us();
	if (p->shelf[0] == '\0' && p->done_us && now_us - p->done_us < PASS_US)
		return;
	if (p->len == 0 && !go_on(r)) {
		p->done_us = now_us;
		p->len = 0;
		return;
	}
	buf_init(&next, sizeof(p->key));
	pthread_mutex_lock(&r->ingest_lock);
	if (r->holder)
		(void)fold_slice(r, p->shelf, BYTES(p->key, p->len), &next, NULL);
	pthread_mutex_unlock(&r->ingest_lock);
	p->len = next.err ? 0 : (uint8_t)next.len;
	if (p->len)
		memcpy(p->key, next.at, p->len);
	buf_release(&next);
}
