/*
 * Names without table N: the runs of a shelf (store/names_runs.h), where they cover it as
 * this handle sees it. Where one fails while it is read, N goes on from there. Runs are
 * made in rocks_names_care.c.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/log.h"
#include "dns/name.h"
#include "store/names_runs.h"
#include "store/rocks.h"

/* A span that says nothing: values are not for those who want names only. */
static const uint8_t no_value[] = {0x80, 0x1c, 0x00};

void rocks_names_folder(const struct rocks *r, const char *shelf, char ret[ROCKS_PATH])
{
	snprintf(ret, ROCKS_PATH, "%s/%.40s/" NAMES_FOLDER, r->dir, shelf);
}

uint64_t rocks_names_upto(rocksdb_t *db)
{
	return rocksdb_get_latest_sequence_number(db) + 1;
}

void rocks_names_stat(const struct rocks *r, struct handle *h, struct shelf_stat *st)
{
	char folder[ROCKS_PATH];
	struct names_run chain[NAMES_RUNS_MOST];
	struct names_list l;
	rocks_names_folder(r, h->shelf, folder);
	names_list(folder, &l);
	st->names_runs = l.count;
	for (size_t i = 0; i < l.count; i++)
		st->names_octets += l.at[i].octets;
	st->octets += st->names_octets;
	st->names_covered = names_chain(&l, 0, rocks_names_upto(h->db), 0, chain) > 0;
}

/* ---- finding them ---- */

static void tell_bad(const char *text)
{
	log_warn("%s; patterns read table N until yore db compact, or a service that "
		 "writes to the database, has made it anew",
		 text);
}

/* Under the handle's lock. Those that are known stay while they reach far enough. */
static void look_again(const struct rocks *r, struct handle *h, uint64_t upto)
{
	char folder[ROCKS_PATH];
	struct fault f = {0};
	uint64_t bad = h->names_bad;
	int64_t now_us = rocks_now_us();
	if (h->names && h->names->upto >= upto && names_runs_bad(h->names) == 0)
		return;
	if (h->names && names_runs_bad(h->names))
		bad = h->names_bad = names_runs_bad(h->names);
	names_runs_put(h->names);
	h->names = NULL;
	if (h->names_upto == upto && now_us - h->names_looked_us < REFRESH_US)
		return;
	h->names_upto = upto;
	h->names_looked_us = now_us;
	rocks_names_folder(r, h->shelf, folder);
	if (names_runs_open(folder, upto, &h->names_bad, &f, &h->names) == 0)
		return;
	h->names = NULL;
	if (h->names_bad != bad && h->names_bad)
		tell_bad(f.text);
}

/* Counted up; NULL where they do not cover what this handle sees. */
static struct names_runs *names_of(const struct rocks *r, struct handle *h)
{
	pthread_mutex_lock(&h->spare_lock);
	look_again(r, h, rocks_names_upto(h->db));
	struct names_runs *n = h->names;
	if (n)
		atomic_fetch_add(&n->users, 1);
	pthread_mutex_unlock(&h->spare_lock);
	return n;
}

bool rocks_names_bad(struct handle *h)
{
	pthread_mutex_lock(&h->spare_lock);
	bool bad = h->names_bad != 0;
	pthread_mutex_unlock(&h->spare_lock);
	return bad;
}

/* What was merged or made anew is let go of, and what was bad may be good again. */
void rocks_names_forget(struct rocks *r, const char *shelf)
{
	struct handle *h;
	if (rocks_get(r, shelf, false, NULL, &h) < 0)
		return;
	pthread_mutex_lock(&h->spare_lock);
	names_runs_put(h->names);
	h->names = NULL;
	h->names_bad = h->names_upto = 0;
	pthread_mutex_unlock(&h->spare_lock);
	rocks_put(h);
}

/* ---- reading them ---- */

struct names_iter {
	struct shelf_iter iter;
	struct rocks *rocks;
	struct handle *handle;
	struct names_runs *runs;
	struct names_many scan;
	struct shelf_iter *instead; /* the rest comes from table N */
	uint8_t *bounds;
	struct bytes hi, literal; /* hi with the table's octet */
	struct buf from;	  /* where a seek went, with the table's octet */
	struct buf key;		  /* the one last given */
	bool ended;
};

static struct bytes later(struct bytes a, struct bytes b)
{
	return bytes_compare(a, b) < 0 ? b : a;
}

/* Behind what was given or sought already. */
static int go_on_in_table(struct names_iter *i)
{
	struct stretch s = {.hi = i->hi};
	struct fault f = {0};
	char text[160];
	bool first = false;
	pthread_mutex_lock(&i->handle->spare_lock);
	if (i->handle->names_bad != names_runs_bad(i->runs)) {
		i->handle->names_bad = names_runs_bad(i->runs);
		first = true;
	}
	pthread_mutex_unlock(&i->handle->spare_lock);
	snprintf(text, sizeof(text), "%s: the file of names is damaged",
		 i->handle->shelf);
	if (first)
		tell_bad(text);
	if (i->key.len)
		buf_putc(&i->key, 0);
	s.lo = later(buf_bytes(&i->from), buf_bytes(&i->key));
	int e = i->rocks->engine.ops->iter(&i->rocks->engine, i->handle->shelf, &s, &f,
					   &i->instead);
	if (e < 0)
		i->iter.fault = f;
	return e;
}

static int from_table(struct names_iter *i, struct bytes *key, struct bytes *value)
{
	int r = i->instead->ops->next(i->instead, key, value);
	if (r < 0) {
		i->iter.fault = i->instead->fault;
		i->iter.noted = i->instead->noted;
		i->iter.lost_from = i->instead->lost_from;
		i->iter.lost_to = i->instead->lost_to;
	}
	return r;
}

static int names_next(struct shelf_iter *it, struct bytes *key, struct bytes *value)
{
	struct names_iter *i = (struct names_iter *)it;
	struct bytes name;
	if (i->ended)
		return 0;
	if (i->instead)
		return from_table(i, key, value);
	int r = names_many_next(&i->scan, &name);
	if (r < 0) {
		r = go_on_in_table(i);
		if (r < 0) {
			i->ended = true;
			return r;
		}
		return from_table(i, key, value);
	}
	if (r == 0) {
		i->ended = true;
		return 0;
	}
	buf_clear(&i->key);
	buf_putc(&i->key, TABLE_NAME);
	buf_put_bytes(&i->key, name);
	*key = buf_bytes(&i->key);
	*value = BYTES(no_value, sizeof(no_value));
	return i->key.err ? i->key.err : 1;
}

static void names_seek(struct shelf_iter *it, struct bytes key)
{
	struct names_iter *i = (struct names_iter *)it;
	if (i->instead) {
		i->instead->ops->seek(i->instead, key);
		return;
	}
	if (bytes_compare(key, buf_bytes(&i->from)) <= 0)
		return;
	buf_clear(&i->from);
	buf_put_bytes(&i->from, key);
	struct bytes from = buf_bytes(&i->from);
	if (from.len && from.at[0] == TABLE_NAME)
		names_many_seek(&i->scan, BYTES(from.at + 1, from.len - 1));
	else
		i->ended = true; /* behind the table */
}

static void names_close(struct shelf_iter *it)
{
	struct names_iter *i = (struct names_iter *)it;
	if (i->instead)
		i->instead->ops->close(i->instead);
	names_many_release(&i->scan);
	names_runs_put(i->runs);
	rocks_put(i->handle);
	buf_release(&i->from);
	buf_release(&i->key);
	free(i->bounds);
	free(i);
}

/* Bounds of the table, without its octet. */
static int keep_stretch(struct names_iter *i, const struct stretch *s)
{
	size_t n = s->hi.len, m = s->literal.len;
	i->bounds = malloc(n + m + 1);
	if (i->bounds == NULL)
		return YORE_ENOMEM;
	if (n)
		memcpy(i->bounds, s->hi.at, n);
	if (m)
		memcpy(i->bounds + n, s->literal.at, m);
	i->hi = BYTES(i->bounds, n);
	i->literal = BYTES(i->bounds + n, m);
	buf_put_bytes(&i->from, s->lo);
	struct bytes lo = buf_bytes(&i->from), hi = {0};
	if (n > 1 && i->hi.at[0] == TABLE_NAME)
		hi = BYTES(i->hi.at + 1, n - 1);
	names_many_init(&i->scan, i->runs, BYTES(lo.at + 1, lo.len - 1), hi, i->literal);
	return i->from.err;
}

/* Is it a part of table N and no more? */
static bool within_names(const struct stretch *s)
{
	static const uint8_t end = TABLE_NAME + 1;
	return s->lo.len && s->lo.at[0] == TABLE_NAME && s->hi.len &&
	       bytes_compare(s->hi, BYTES(&end, 1)) <= 0;
}

/* 1: *ret reads runs, 0: they do not cover the shelf, or an error. */
int rocks_names_iter(struct rocks *r, const char *shelf, const struct stretch *s,
		     struct shelf_iter **ret)
{
	static const struct shelf_iter_ops ops = {names_next, names_seek, names_close};
	struct handle *h;
	if (!s->names_only || !within_names(s) || rocks_look(r, NULL) < 0 ||
	    rocks_get(r, shelf, false, NULL, &h) < 0)
		return 0;
	struct names_runs *n = h->aside.count ? NULL : names_of(r, h);
	struct names_iter *i = n ? calloc(1, sizeof(*i)) : NULL;
	if (i == NULL) {
		names_runs_put(n);
		rocks_put(h);
		return 0;
	}
	i->iter.ops = &ops;
	i->rocks = r;
	i->handle = h;
	i->runs = n;
	buf_init(&i->from, 1u << 20);
	buf_init(&i->key, 1u << 20);
	if (keep_stretch(i, s) < 0) {
		names_close(&i->iter);
		return 0;
	}
	*ret = &i->iter;
	return 1;
}
