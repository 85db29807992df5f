/* Looking after shelves: figures, checking, compaction, copies, removal. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"
#include "store/rocks.h"

#define SAMPLE_ROWS 20000

uint64_t rocks_property(rocksdb_t *db, const char *name)
{
	uint64_t v = 0;
	return rocksdb_property_int(db, name, &v) == 0 ? v : 0;
}

/* The engine gives this one as text only. */
uint64_t rocks_level0(rocksdb_t *db)
{
	char *text = rocksdb_property_value(db, "rocksdb.num-files-at-level0");
	uint64_t n = text ? strtoull(text, NULL, 10) : 0;
	rocksdb_free(text);
	return n;
}

struct each_shelf {
	struct rocks *r;
	int (*fn)(struct handle *h, void *arg, struct fault *f);
	void *arg;
	struct fault *fault;
};

static int one_shelf(const char *shelf, void *arg)
{
	struct each_shelf *s = arg;
	struct handle *h;
	int e = rocks_get(s->r, shelf, false, s->fault, &h);
	if (e < 0)
		return e == YORE_ENOENT ? 0 : e;
	e = s->fn(h, s->arg, s->fault);
	rocks_put(h);
	return e;
}

/* ---- figures ---- */

struct stat_call {
	shelf_fn each;
	void *arg;
};

static const uint8_t stat_tables[5] = {TABLE_RRSET, TABLE_RDATA, TABLE_NAME, TABLE_SERVER,
				       TABLE_LEDGER};

static uint64_t octets_between(struct handle *h, const uint8_t *lo, size_t lo_len,
			       const uint8_t *hi, size_t hi_len)
{
	const char *from[1] = {(const char *)lo}, *to[1] = {(const char *)hi};
	uint64_t n = 0;
	char *err = NULL;
	rocksdb_approximate_sizes(h->db, 1, from, &lo_len, to, &hi_len, &n, &err);
	rocksdb_free(err);
	return err ? 0 : n;
}

uint64_t rocks_octets(struct engine *e, const char *shelf, const struct stretch *s)
{
	struct handle *h;
	if (rocks_get((struct rocks *)e, shelf, false, NULL, &h) < 0)
		return 0;
	struct bytes hi = s->hi.len ? s->hi : BYTES_LIT("\xff");
	uint64_t n = octets_between(h, s->lo.at, s->lo.len, hi.at, hi.len);
	rocks_put(h);
	return n;
}

/* Rows of a table: counted up to SAMPLE_ROWS, beyond that by what these took. */
static void count_table(struct handle *h, uint8_t table, uint64_t *rows, uint64_t *octets)
{
	uint8_t lo = table, hi = (uint8_t)(table + 1);
	struct stretch s = {.lo = BYTES(&lo, 1), .hi = BYTES(&hi, 1)};
	rocksdb_readoptions_t *o = rocks_read_options(&s);
	rocksdb_iterator_t *it = rocksdb_create_iterator(h->db, o);
	uint64_t n = 0;
	rocksdb_iter_seek(it, (const char *)&lo, 1);
	for (; n < SAMPLE_ROWS && rocksdb_iter_valid(it); n++)
		rocksdb_iter_next(it);
	*octets = octets_between(h, &lo, 1, &hi, 1);
	*rows = n;
	if (rocksdb_iter_valid(it)) {
		size_t len;
		const char *key = rocksdb_iter_key(it, &len);
		uint64_t part = octets_between(h, &lo, 1, (const uint8_t *)key, len);
		if (part)
			*rows = (uint64_t)((double)n * (double)*octets / (double)part);
	}
	rocksdb_iter_destroy(it);
	rocksdb_readoptions_destroy(o);
}

static int stat_shelf(struct handle *h, void *arg, struct fault *f)
{
	struct stat_call *c = arg;
	struct shelf_stat st = {0};
	memcpy(st.shelf, h->shelf, sizeof(st.shelf));
	st.octets = rocks_property(h->db, "rocksdb.live-sst-files-size");
	rocks_names_stat(h->rocks, h, &st);
	st.level0 = rocks_level0(h->db);
	st.waited_us = h->waited_us;
	const rocksdb_livefiles_t *files = rocksdb_livefiles(h->db);
	st.files = (uint64_t)rocksdb_livefiles_count(files);
	rocksdb_livefiles_destroy(files);
	for (int i = 0; i < 5; i++)
		count_table(h, stat_tables[i], &st.rows[i], &st.table_octets[i]);
	return c->each(&st, c->arg);
}

struct stat_all {
	struct each_shelf shelf;
	struct fault first;
};

/* One that cannot be opened does not keep the figures of the others back. */
static int stat_one(const char *shelf, void *arg)
{
	struct stat_all *a = arg;
	struct fault f = {0};
	a->shelf.fault = &f;
	int e = one_shelf(shelf, &a->shelf);
	if (e < 0 && a->first.code == 0)
		a->first = f;
	return e == YORE_ECORRUPT || e == YORE_EACCESS || e == YORE_EIO ? 0 : e;
}

int rocks_stat(struct engine *e, shelf_fn each, void *arg, struct fault *f)
{
	struct stat_call c = {each, arg};
	struct stat_all a = {{(struct rocks *)e, stat_shelf, &c, NULL}, {0}};
	int r = e->ops->shelves(e, stat_one, &a, f);
	if (r == 0 && a.first.code)
		return fault_set(f, a.first.code, "%s", a.first.text);
	return r;
}

/* ---- compaction ---- */

static int compact_shelf(struct handle *h, void *arg, struct fault *f)
{
	rocksdb_compactoptions_t *o = rocksdb_compactoptions_create();
	rocksdb_compactoptions_set_bottommost_level_compaction(o, 2); /* all of it */
	rocksdb_compactoptions_set_exclusive_manual_compaction(o, 0);
	rocksdb_compact_range_opt(h->db, o, NULL, 0, NULL, 0);
	rocksdb_compactoptions_destroy(o);
	if (rocks_property(h->db, "rocksdb.background-errors"))
		return fault_set(f, YORE_EIO,
				 "%s: compaction failed; what was there is there",
				 h->shelf);
	return 0;
}

/* Only where there are names to search: private shelves are not searched. */
static int make_names(struct rocks *r, const char *shelf, struct fault *f)
{
	struct fault why = {0};
	int e = shelf_is_history(shelf) ? rocks_names_make(r, shelf, &why) : 0;
	return e < 0 && e != YORE_ENOENT
		   ? fault_set(f, e,
			       "%s: compacted, but its file of names was not made, so "
			       "patterns take longer: %.200s",
			       shelf, why.text)
		   : 0;
}

/* A bad block ends every compaction that meets it: then without it. */
static int compact_or_mend(const char *shelf, void *arg)
{
	struct each_shelf *s = arg;
	int e = one_shelf(shelf, s);
	if (e == YORE_EIO && rocks_mend(&s->r->engine, shelf, NULL, NULL, NULL) > 0) {
		if (s->fault)
			*s->fault = (struct fault){0};
		e = one_shelf(shelf, s);
	}
	return e;
}

struct compacting {
	struct each_shelf shelf;
	struct fault lost;
};

/* One that cannot be opened does not keep the others from it. */
static int compact_one(const char *shelf, void *arg)
{
	struct compacting *c = arg;
	int e = compact_or_mend(shelf, &c->shelf);
	if (e == YORE_ECORRUPT) {
		c->lost = *c->shelf.fault;
		*c->shelf.fault = (struct fault){0};
		return 0;
	}
	return e < 0 ? e : make_names(c->shelf.r, shelf, c->shelf.fault);
}

int rocks_compact(struct engine *e, struct fault *f)
{
	struct fault own = {0};
	struct compacting c = {{(struct rocks *)e, compact_shelf, NULL, &own}, {0}};
	int r = rocks_need_lock(c.shelf.r, f);
	if (r == 0)
		r = rocks_fold(c.shelf.r, f);
	if (r < 0)
		return r;
	r = e->ops->shelves(e, compact_one, &c, &own);
	if (r == 0 && c.lost.code)
		return fault_set(f, c.lost.code, "%s", c.lost.text);
	return r < 0 ? fault_set(f, r, "%s", own.text) : r;
}

/* ---- removal ---- */

int rocks_drop(struct engine *e, const char *shelf, struct fault *f)
{
	struct rocks *r = (struct rocks *)e;
	char from[ROCKS_PATH], away[ROCKS_PATH];
	int result = rocks_need_lock(r, f);
	if (result == 0)
		result = shelf_is_no_link(r->dir, shelf, f);
	if (result < 0)
		return result;
	snprintf(from, sizeof(from), "%s/%s", r->dir, shelf);
	snprintf(away, sizeof(away), "%s/incoming/.dropped-%s", r->dir, shelf);
	pthread_mutex_lock(&r->ingest_lock);
	rocks_retire(r, shelf);
	if (io_exists(away))
		result = io_remove_tree(away, f);
	if (result == 0)
		result = io_rename(from, away, f); /* gone at once, as a whole */
	rocks_forget(r, shelf);
	pthread_mutex_unlock(&r->ingest_lock);
	if (result == 0)
		result = aside_forget(r->dir, shelf, f);
	return result < 0 ? result : io_remove_tree(away, f);
}
