#include "store/older.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/io.h"
#include "record/key_older.h"

#define BATCH ((size_t)32 << 20) /* octets of rows in memory */
#define KEY_ROOM (1u << 20)

/* Offsets, since the octets move while they grow. */
struct older_row {
	size_t key, value, end;
};

static struct bytes key_of(const struct older *o, const struct older_row *row)
{
	return BYTES(o->octets_of_batch.at + row->key, row->value - row->key);
}

static int by_key(const void *a, const void *b, void *arg)
{
	return bytes_compare(key_of(arg, a), key_of(arg, b));
}

/* ---- beside the shelf ---- */

static void folder_of(const struct older *o, const char *tail, char ret[ROCKS_PATH + 16])
{
	snprintf(ret, ROCKS_PATH + 16, "%s/%s", o->folder, tail);
}

static int open_beside(struct older *o, struct fault *f)
{
	char path[ROCKS_PATH + 16], *err = NULL;
	if (o->db)
		return 0;
	io_remove_tree(o->folder, NULL);
	if (mkdir(o->folder, 0700) < 0)
		return fault_set(f, yore_error_of_errno(errno), "cannot make %s: %s",
				 o->folder, strerror(errno));
	folder_of(o, "rows", path);
	o->options = rocks_options(NULL);
	rocksdb_options_set_create_if_missing(o->options, 1);
	rocksdb_options_set_disable_auto_compactions(o->options, 1);
	rocks_log_to_memory(o->options);
	o->db = rocksdb_open(o->options, path, &err);
	rocks_log_remove(path);
	if (err)
		o->db = NULL;
	return err ? rocks_error(err, f, "cannot be made", path) : 0;
}

static void put_batch(struct older *o, rocksdb_sstfilewriter_t *w, char **err)
{
	for (size_t i = 0; i < o->batch_count && *err == NULL; i++) {
		const struct older_row *row = &o->batch[i];
		struct bytes key = key_of(o, row);
		rocksdb_sstfilewriter_merge(w, (const char *)key.at, key.len,
					    (const char *)o->octets_of_batch.at +
						row->value,
					    row->end - row->value, err);
	}
}

static int write_batch(struct older *o, const char *path, struct fault *f)
{
	char *err = NULL;
	rocksdb_envoptions_t *env = rocksdb_envoptions_create();
	rocksdb_sstfilewriter_t *w = rocksdb_sstfilewriter_create(env, o->options);
	rocksdb_sstfilewriter_open(w, path, &err);
	if (err == NULL)
		put_batch(o, w, &err);
	if (err == NULL)
		rocksdb_sstfilewriter_finish(w, &err);
	rocksdb_sstfilewriter_destroy(w);
	rocksdb_envoptions_destroy(env);
	return err ? rocks_error(err, f, "cannot be written", path) : 0;
}

/* The same row twice is merged by the engine, so batches may overlap. */
static int flush(struct older *o, struct fault *f)
{
	char path[ROCKS_PATH + 16], *err = NULL;
	const char *list[1] = {path};
	int e = open_beside(o, f);
	if (e < 0)
		return e;
	folder_of(o, "batch.sst", path);
	qsort_r(o->batch, o->batch_count, sizeof(*o->batch), by_key, o);
	e = write_batch(o, path, f);
	if (e < 0)
		return e;
	rocksdb_ingestexternalfileoptions_t *i =
	    rocksdb_ingestexternalfileoptions_create();
	rocksdb_ingestexternalfileoptions_set_move_files(i, 1);
	rocksdb_ingest_external_file(o->db, list, 1, i, &err);
	rocksdb_ingestexternalfileoptions_destroy(i);
	o->batch_count = 0;
	buf_clear(&o->octets_of_batch);
	return err ? rocks_error(err, f, "cannot take rows in", o->folder) : 0;
}

static int add(struct older *o, struct bytes key, struct bytes value, struct fault *f)
{
	struct buf *b = &o->octets_of_batch;
	if (o->batch_count == o->batch_room) {
		size_t room = o->batch_room ? 2 * o->batch_room : 1024;
		struct older_row *more = realloc(o->batch, room * sizeof(*more));
		if (more == NULL)
			return fault_set(f, YORE_ENOMEM, "%s: out of memory", o->shelf);
		o->batch = more;
		o->batch_room = room;
	}
	size_t at = b->len;
	buf_put_bytes(b, key);
	buf_put_bytes(b, value);
	if (b->err)
		return fault_set(f, b->err, "%s: out of memory", o->shelf);
	o->batch[o->batch_count++] =
	    (struct older_row){at, at + key.len, at + key.len + value.len};
	return b->len >= BATCH ? flush(o, f) : 0;
}

/* ---- reading the shelf ---- */

struct reading {
	struct shelf_iter *it;
	struct buf renewed;
	int32_t month;
	bool dated;
};

static int reading_open(struct reading *d, struct rocks *r, const char *shelf,
			struct fault *f)
{
	struct stretch all = {.lo = BYTES_LIT(""), .whole = true};
	buf_init(&d->renewed, KEY_ROOM);
	d->month = shelf_who_month(shelf);
	d->dated = shelf_year(shelf) != 0;
	d->it = NULL;
	return r->engine.ops->iter(&r->engine, shelf, &all, f, &d->it);
}

static void reading_close(struct reading *d)
{
	if (d->it)
		d->it->ops->close(d->it);
	buf_release(&d->renewed);
}

/* 1: a row; then is_older tells its form. What is known to be missing is passed over. */
static int reading_next(struct reading *d, struct bytes *key, struct bytes *value,
			struct fault *f)
{
	int r;
	do
		r = d->it->ops->next(d->it, key, value);
	while (r == YORE_ECORRUPT && d->it->noted);
	return r < 0 ? fault_set(f, r, "%s", d->it->fault.text) : r;
}

/* 1: renewed is its key. */
static int is_older(struct reading *d, struct bytes key)
{
	size_t suffix = key.len ? key_suffix_len(key.at[0], !d->dated) : 0;
	return key_renewed(key, suffix, d->month, &d->renewed);
}

static int collect_row(struct older *o, struct reading *d, struct bytes value,
		       bool only_count, struct fault *f)
{
	struct bytes key = buf_bytes(&d->renewed);
	if (erased_has(o->list, key, value, key_suffix_len(key.at[0], !d->dated))) {
		o->erased++;
		return 0;
	}
	o->count++;
	o->octets += key.len + value.len;
	return only_count ? 0 : add(o, key, value, f);
}

int older_collect(struct rocks *r, const char *shelf, bool only_count, struct fault *f,
		  struct older *o)
{
	struct reading d;
	struct bytes key, value;
	memset(o, 0, sizeof(*o));
	o->r = r;
	snprintf(o->shelf, sizeof(o->shelf), "%s", shelf);
	snprintf(o->folder, sizeof(o->folder), "%s/incoming/.rewrite-%s.c", r->dir,
		 shelf);
	buf_init(&o->octets_of_batch, BATCH + 2 * KEY_ROOM);
	o->list = calloc(1, sizeof(*o->list));
	int e = o->list ? rocks_erased(r, o->list, f) : YORE_ENOMEM;
	if (e < 0)
		return e;
	e = reading_open(&d, r, shelf, f);
	while (e == 0 && (e = reading_next(&d, &key, &value, f)) == 1) {
		o->rows++;
		e = is_older(&d, key);
		if (e == 1)
			e = collect_row(o, &d, value, only_count, f);
	}
	reading_close(&d);
	return e == 0 && o->batch_count ? flush(o, f) : e;
}

void older_release(struct older *o)
{
	if (o->db)
		rocksdb_close(o->db);
	if (o->options) {
		rocksdb_options_destroy(o->options);
		io_remove_tree(o->folder, NULL);
	}
	if (o->list)
		erased_release(o->list);
	free(o->list);
	free(o->batch);
	buf_release(&o->octets_of_batch);
	memset(o, 0, sizeof(*o));
}

/* ---- the shelf as it is to be ---- */

/* Two streams as one: the shelf without rows in an older form, and these in the new. */
struct renewed_rows {
	struct shelf_iter iter;
	struct reading shelf;
	rocksdb_readoptions_t *options;
	rocksdb_iterator_t *beside; /* NULL: none */
	struct bytes key, value;    /* of the shelf */
	bool have, ended, given_beside;
	uint8_t sum[ASKED_VALUE_MAX];
};

static int next_of_shelf(struct renewed_rows *n)
{
	while (!n->have && !n->ended) {
		int r = reading_next(&n->shelf, &n->key, &n->value, &n->iter.fault);
		if (r < 0)
			return r;
		n->ended = r == 0;
		r = n->ended ? 0 : is_older(&n->shelf, n->key);
		if (r < 0)
			return r;
		n->have = !n->ended && r == 0;
	}
	return 0;
}

static bool next_beside(struct renewed_rows *n, struct bytes *key, struct bytes *value)
{
	if (n->beside == NULL)
		return false;
	if (n->given_beside)
		rocksdb_iter_next(n->beside);
	n->given_beside = false;
	if (!rocksdb_iter_valid(n->beside))
		return false;
	key->at = (const uint8_t *)rocksdb_iter_key(n->beside, &key->len);
	value->at = (const uint8_t *)rocksdb_iter_value(n->beside, &value->len);
	return true;
}

static int beside_failed(struct renewed_rows *n)
{
	char *err = NULL;
	if (n->beside)
		rocksdb_iter_get_error(n->beside, &err);
	return err ? rocks_error(err, &n->iter.fault, "cannot be read",
				 "rows that were collected")
		   : 0;
}

static int renewed_next(struct shelf_iter *it, struct bytes *key, struct bytes *value)
{
	struct renewed_rows *n = (struct renewed_rows *)it;
	struct bytes k = {0}, v = {0};
	int r = next_of_shelf(n);
	if (r < 0)
		return r;
	bool beside = next_beside(n, &k, &v);
	if (!beside && (r = beside_failed(n)) < 0)
		return r;
	if (!beside && !n->have)
		return 0;
	int order = !beside ? -1 : !n->have ? 1 : bytes_compare(n->key, k);
	*key = order <= 0 ? n->key : k;
	*value = order <= 0 ? n->value : v;
	if (order == 0) { /* written in both forms: it is one row */
		size_t len = row_value_merge(k.at[0], n->value, v, n->sum);
		if (len)
			*value = BYTES(n->sum, len);
	}
	if (order <= 0)
		n->have = false;
	n->given_beside = order >= 0;
	return 1;
}

static void renewed_close(struct shelf_iter *it)
{
	struct renewed_rows *n = (struct renewed_rows *)it;
	reading_close(&n->shelf);
	if (n->beside)
		rocksdb_iter_destroy(n->beside);
	if (n->options)
		rocksdb_readoptions_destroy(n->options);
	free(n);
}

int older_rows(struct older *o, struct fault *f, struct shelf_iter **ret)
{
	static const struct shelf_iter_ops ops = {
	    .next = renewed_next, .seek = NULL, .close = renewed_close};
	struct stretch all = {.lo = BYTES_LIT(""), .whole = true};
	struct renewed_rows *n = calloc(1, sizeof(*n));
	if (n == NULL)
		return fault_set(f, YORE_ENOMEM, "%s: out of memory", o->shelf);
	n->iter.ops = &ops;
	int e = reading_open(&n->shelf, o->r, o->shelf, f);
	if (e < 0) {
		renewed_close(&n->iter);
		return e;
	}
	if (o->db) {
		n->options = rocks_read_options(&all);
		n->beside = rocksdb_create_iterator(o->db, n->options);
		rocksdb_iter_seek_to_first(n->beside);
	}
	*ret = &n->iter;
	return 0;
}
