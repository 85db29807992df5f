/*
 * The file of names beside a shelf (store/names.h): made after a compaction, read in the
 * place of table N by whoever wants names only. Where it fails while it is read, N goes
 * on from there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "dns/name.h"
#include "store/names.h"
#include "store/rocks.h"

/* A span that says nothing: values are not for those who want names only. */
static const uint8_t no_value[] = {0x80, 0x1c, 0x00};

static void names_path(const struct rocks *r, const char *shelf, const char *tail,
		       char ret[ROCKS_PATH])
{
	snprintf(ret, ROCKS_PATH, "%s/%s/" NAMES_FILE "%s", r->dir, shelf, tail);
}

/* ---- making it ---- */

static int copy_names(struct handle *h, struct names_writer *w, struct fault *f)
{
	uint8_t lo = TABLE_NAME, hi = TABLE_NAME + 1;
	struct stretch s = {.lo = BYTES(&lo, 1), .hi = BYTES(&hi, 1), .whole = true};
	rocksdb_readoptions_t *o = rocks_read_options(&s);
	rocksdb_iterator_t *it = rocksdb_create_iterator(h->db, o);
	struct bytes name;
	char *err = NULL;
	int r = 0;
	rocksdb_iter_seek(it, (const char *)&lo, 1);
	for (; r == 0 && rocksdb_iter_valid(it); rocksdb_iter_next(it)) {
		struct bytes key;
		key.at = (const uint8_t *)rocksdb_iter_key(it, &key.len);
		/* what is no name is for verify to find */
		if (key_name_read(key, &name) == 0)
			r = names_add(w, name, f);
	}
	rocksdb_iter_get_error(it, &err);
	if (err)
		r = rocks_error(err, f, "table N cannot be read", h->shelf);
	rocksdb_iter_destroy(it);
	rocksdb_readoptions_destroy(o);
	return r;
}

static int make(const struct rocks *r, struct handle *h, struct fault *f)
{
	char path[ROCKS_PATH], tmp[ROCKS_PATH];
	struct names_writer *w;
	uint64_t covers = rocksdb_get_latest_sequence_number(h->db);
	names_path(r, h->shelf, "", path);
	names_path(r, h->shelf, ".tmp", tmp);
	int e = names_begin(tmp, f, &w);
	if (e < 0)
		return e;
	e = copy_names(h, w, f);
	if (e == 0)
		e = names_end(w, covers, f);
	else
		names_drop(w);
	if (e == 0)
		e = io_rename(tmp, path, f);
	if (e < 0)
		(void)unlink(tmp);
	return e;
}

/* Nothing is taken in or rewritten meanwhile, so the file is of the shelf it lies by. */
int rocks_names_make(struct rocks *r, const char *shelf, struct fault *f)
{
	struct handle *h;
	pthread_mutex_lock(&r->ingest_lock);
	int e = rocks_get(r, shelf, false, f, &h);
	if (e == 0) {
		e = make(r, h, f);
		rocks_put(h);
	}
	pthread_mutex_unlock(&r->ingest_lock);
	return e;
}

uint64_t rocks_names_octets(const struct rocks *r, const char *shelf)
{
	char path[ROCKS_PATH];
	struct stat st;
	names_path(r, shelf, "", path);
	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* ---- finding it ---- */

static bool is_file(const struct names_file *n, const struct stat *st)
{
	return n && n->device == (uint64_t)st->st_dev && n->inode == (uint64_t)st->st_ino;
}

/* Anew where it is another one by now. Told once what is wrong with it. */
static void look_again(struct handle *h, const char *path)
{
	struct fault f = {0};
	struct stat st;
	if (stat(path, &st) < 0) {
		names_put(h->names);
		h->names = NULL;
		return;
	}
	if (is_file(h->names, &st) || h->names_bad == (uint64_t)st.st_ino)
		return;
	names_put(h->names);
	h->names = NULL;
	h->names_bad = 0;
	if (names_open(path, &f, &h->names) == 0)
		return;
	h->names = NULL;
	h->names_bad = (uint64_t)st.st_ino;
	log_warn("%s; patterns read table N until the next yore db compact", f.text);
}

/* Counted up; NULL where there is none that holds for the shelf as this handle sees it.
 */
static struct names_file *names_of(const struct rocks *r, struct handle *h)
{
	char path[ROCKS_PATH];
	struct names_file *n = NULL;
	names_path(r, h->shelf, "", path);
	pthread_mutex_lock(&h->spare_lock);
	look_again(h, path);
	if (h->names && !h->names->bad &&
	    h->names->covers >= rocksdb_get_latest_sequence_number(h->db)) {
		n = h->names;
		atomic_fetch_add(&n->users, 1);
	}
	pthread_mutex_unlock(&h->spare_lock);
	return n;
}

void rocks_names_check(struct engine *e, const char *shelf, say_fn say, void *arg)
{
	struct fault f = {0};
	struct names_file *n;
	struct names_scan s;
	struct bytes name;
	char path[ROCKS_PATH], line[160];
	uint64_t count = 0;
	names_path((struct rocks *)e, shelf, "", path);
	int r = names_open(path, &f, &n);
	if (r == YORE_ENOENT)
		return;
	if (r == 0) {
		names_scan_init(&s, n, BYTES(NULL, 0), BYTES(NULL, 0), BYTES(NULL, 0));
		while ((r = names_scan_next(&s, &name)) == 1)
			count++;
		if (r == 0 && count != n->names)
			r = YORE_ECORRUPT;
		names_scan_release(&s);
		names_put(n);
	}
	if (r == 0)
		return;
	snprintf(line, sizeof(line),
		 "the file of names: %s; nothing is lost, patterns read table N; mend it "
		 "with yore db compact",
		 yore_strerror(r));
	say(line, arg);
}

bool rocks_names_hold(const struct rocks *r, struct handle *h)
{
	struct names_file *n = names_of(r, h);
	names_put(n);
	return n != NULL;
}

/* ---- reading it ---- */

struct names_iter {
	struct shelf_iter iter;
	struct rocks *rocks;
	struct handle *handle;
	struct names_file *file;
	struct names_scan scan;
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

/* From the first name of the block that failed, or behind what was given already. */
static int go_on_in_table(struct names_iter *i)
{
	const struct names_file *n = i->file;
	struct stretch s = {.hi = i->hi};
	struct fault f = {0};
	size_t at = i->scan.block ? i->scan.block - 1 : 0;
	struct bytes first = n->blocks[at].first;
	if (!atomic_exchange(&i->file->bad, true))
		log_warn("%s: the file of names is damaged in block %zu; table N is read "
			 "instead; mend it with yore db compact",
			 i->handle->shelf, at);
	struct buf lo;
	buf_init(&lo, NAME_WIRE_MAX + 2);
	buf_putc(&lo, TABLE_NAME);
	buf_put_bytes(&lo, first);
	if (i->key.len)
		buf_putc(&i->key, 0);
	s.lo = later(buf_bytes(&lo), later(buf_bytes(&i->from), buf_bytes(&i->key)));
	int e = i->rocks->engine.ops->iter(&i->rocks->engine, i->handle->shelf, &s, &f,
					   &i->instead);
	if (e < 0)
		i->iter.fault = f;
	buf_release(&lo);
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
	int r = names_scan_next(&i->scan, &name);
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
		names_scan_seek(&i->scan, BYTES(from.at + 1, from.len - 1));
	else
		i->ended = true; /* behind the table */
}

static void names_close(struct shelf_iter *it)
{
	struct names_iter *i = (struct names_iter *)it;
	if (i->instead)
		i->instead->ops->close(i->instead);
	names_scan_release(&i->scan);
	names_put(i->file);
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
	names_scan_init(&i->scan, i->file, BYTES(lo.at + 1, lo.len - 1), hi, i->literal);
	return i->from.err;
}

/* Is it a part of table N and no more? */
static bool within_names(const struct stretch *s)
{
	static const uint8_t end = TABLE_NAME + 1;
	return s->lo.len && s->lo.at[0] == TABLE_NAME && s->hi.len &&
	       bytes_compare(s->hi, BYTES(&end, 1)) <= 0;
}

/* 1: *ret reads the file, 0: there is none that holds, or an error. */
int rocks_names_iter(struct rocks *r, const char *shelf, const struct stretch *s,
		     struct shelf_iter **ret)
{
	static const struct shelf_iter_ops ops = {names_next, names_seek, names_close};
	struct handle *h;
	if (!s->names_only || !within_names(s) || rocks_look(r, NULL) < 0 ||
	    rocks_get(r, shelf, false, NULL, &h) < 0)
		return 0;
	struct names_file *n = h->aside.count ? NULL : names_of(r, h);
	struct names_iter *i = n ? calloc(1, sizeof(*i)) : NULL;
	if (i == NULL) {
		names_put(n);
		rocks_put(h);
		return 0;
	}
	i->iter.ops = &ops;
	i->rocks = r;
	i->handle = h;
	i->file = n;
	buf_init(&i->from, 1u << 20);
	buf_init(&i->key, 1u << 20);
	if (keep_stretch(i, s) < 0) {
		names_close(&i->iter);
		return 0;
	}
	*ret = &i->iter;
	return 1;
}
