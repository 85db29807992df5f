/*
 * The reference: sorted arrays. Nothing clever, everything whole: a commit makes a new
 * array of old and new rows, readers keep the one they began with.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "record/asked.h"
#include "store/feed.h"
#include "store/ledger.h"

struct mem_row {
	struct bytes key, value; /* in the table's own memory */
};

struct table {
	unsigned users; /* under the engine's lock */
	struct mem_row *rows;
	size_t count, room;
	size_t octets;
};

struct mem_shelf {
	char name[SHELF_MAX];
	struct table *table;
};

struct mem {
	struct engine engine;
	pthread_mutex_t lock;
	struct mem_shelf *shelves; /* ascending */
	struct buf suppressed;	   /* as text */
	struct erased erased;
	size_t count;
};

/* ---- tables ---- */

static void table_free(struct table *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->count; i++)
		free((void *)t->rows[i].key.at);
	free(t->rows);
	free(t);
}

static int table_add(struct table *t, struct bytes key, struct bytes value)
{
	if (t->count == t->room) {
		size_t room = t->room ? 2 * t->room : 64;
		struct mem_row *more = realloc(t->rows, room * sizeof(*more));
		if (more == NULL)
			return YORE_ENOMEM;
		t->rows = more;
		t->room = room;
	}
	uint8_t *p = malloc(key.len + value.len + 1);
	if (p == NULL)
		return YORE_ENOMEM;
	memcpy(p, key.at, key.len);
	memcpy(p + key.len, value.at, value.len);
	t->rows[t->count++] =
	    (struct mem_row){BYTES(p, key.len), BYTES(p + key.len, value.len)};
	t->octets += key.len + value.len;
	return 0;
}

static size_t lower_bound(const struct table *t, struct bytes key)
{
	size_t lo = 0, hi = t->count;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (bytes_compare(t->rows[mid].key, key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void let_go(struct mem *m, struct table *t)
{
	pthread_mutex_lock(&m->lock);
	bool last = --t->users == 0;
	pthread_mutex_unlock(&m->lock);
	if (last)
		table_free(t);
}

/* ---- committing ---- */

static int merge_values(struct table *t, const struct mem_row *old, struct bytes value)
{
	uint8_t out[ASKED_VALUE_MAX];
	size_t n = row_value_merge(old->key.at[0], old->value, value, out);
	return n ? table_add(t, old->key, BYTES(out, n)) : YORE_EMALFORMED;
}

static int merge_row(struct table *t, const struct table *old, size_t *at,
		     struct bytes key, struct bytes value, bool put)
{
	int r = 0, c = 1;
	if (t->count && bytes_compare(t->rows[t->count - 1].key, key) >= 0)
		return YORE_EUSAGE; /* not ascending */
	while (r == 0 && *at < old->count &&
	       (c = bytes_compare(old->rows[*at].key, key)) < 0) {
		r = table_add(t, old->rows[*at].key, old->rows[*at].value);
		++*at;
	}
	if (r < 0)
		return r;
	if (*at == old->count || c != 0)
		return table_add(t, key, value);
	const struct mem_row *row = &old->rows[(*at)++];
	return put ? table_add(t, key, value) : merge_values(t, row, value);
}

static int merge_all(struct table *t, const struct table *old, struct feed *feed)
{
	struct bytes key, value;
	bool put;
	size_t at = 0;
	int r;
	while ((r = feed_next(feed, &key, &value, &put)) == 1) {
		r = merge_row(t, old, &at, key, value, put);
		if (r < 0)
			return r;
	}
	for (; r == 0 && at < old->count; at++)
		r = table_add(t, old->rows[at].key, old->rows[at].value);
	return r;
}

static struct mem_shelf *find_shelf(struct mem *m, const char *name)
{
	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->shelves[i].name, name) == 0)
			return &m->shelves[i];
	return NULL;
}

static struct mem_shelf *add_shelf(struct mem *m, const char *name)
{
	struct mem_shelf *more = realloc(m->shelves, (m->count + 1) * sizeof(*more));
	if (more == NULL)
		return NULL;
	m->shelves = more;
	size_t at = m->count++;
	for (; at > 0 && strcmp(more[at - 1].name, name) > 0; at--)
		more[at] = more[at - 1];
	memset(&more[at], 0, sizeof(more[at]));
	snprintf(more[at].name, sizeof(more[at].name), "%s", name);
	return &more[at];
}

static int replace_table(struct mem *m, const char *name, struct table *t)
{
	struct mem_shelf *s = find_shelf(m, name);
	if (s == NULL)
		s = add_shelf(m, name);
	if (s == NULL)
		return YORE_ENOMEM;
	struct table *old = s->table;
	t->users = 1;
	s->table = t;
	if (old && --old->users == 0)
		table_free(old);
	return 0;
}

static int mem_commit(struct engine *e, const struct segment_meta *meta,
		      struct segment_rows *rows, struct fault *f)
{
	static const struct table none;
	struct mem *m = (struct mem *)e;
	struct feed feed;
	int r = ledger_check(e, meta, f);
	if (r < 0)
		return r == YORE_EEXIST ? 0 : r;
	r = feed_init(&feed, meta, rows, &m->erased, f);
	if (r < 0)
		return r;
	struct mem_shelf *s = find_shelf(m, meta->shelf);
	struct table *t = calloc(1, sizeof(*t));
	r = t ? merge_all(t, s ? s->table : &none, &feed) : YORE_ENOMEM;
	feed_release(&feed);
	pthread_mutex_lock(&m->lock);
	if (r == 0)
		r = replace_table(m, meta->shelf, t);
	pthread_mutex_unlock(&m->lock);
	if (r < 0) {
		table_free(t);
		fault_set(f, r, "mem: segment for %s: %s; nothing was added", meta->shelf,
			  yore_strerror(r));
	}
	return r;
}

static int mem_drain(struct engine *e, struct fault *f)
{
	return 0;
}

/* ---- reading ---- */

struct mem_iter {
	struct shelf_iter iter;
	struct mem *mem;
	struct table *table;
	size_t at, end;
};

static int iter_next(struct shelf_iter *it, struct bytes *key, struct bytes *value)
{
	struct mem_iter *i = (struct mem_iter *)it;
	if (i->at >= i->end)
		return 0;
	*key = i->table->rows[i->at].key;
	*value = i->table->rows[i->at++].value;
	return 1;
}

static void iter_seek(struct shelf_iter *it, struct bytes key)
{
	struct mem_iter *i = (struct mem_iter *)it;
	size_t at = lower_bound(i->table, key);
	if (at > i->at)
		i->at = at;
}

static void iter_close(struct shelf_iter *it)
{
	struct mem_iter *i = (struct mem_iter *)it;
	let_go(i->mem, i->table);
	free(i);
}

static int mem_iter(struct engine *e, const char *shelf, const struct stretch *s,
		    struct fault *f, struct shelf_iter **ret)
{
	static const struct shelf_iter_ops ops = {iter_next, iter_seek, iter_close};
	struct mem *m = (struct mem *)e;
	struct mem_iter *i = calloc(1, sizeof(*i));
	if (i == NULL)
		return fault_set(f, YORE_ENOMEM, "mem: out of memory");
	pthread_mutex_lock(&m->lock);
	struct mem_shelf *found = find_shelf(m, shelf);
	if (found) {
		i->table = found->table;
		i->table->users++;
	}
	pthread_mutex_unlock(&m->lock);
	if (found == NULL) {
		free(i);
		return fault_set(f, YORE_ENOENT, "%s: no such shelf", shelf);
	}
	i->iter.ops = &ops;
	i->mem = m;
	i->at = lower_bound(i->table, s->lo);
	i->end = s->hi.len ? lower_bound(i->table, s->hi) : i->table->count;
	*ret = &i->iter;
	return 0;
}

static int mem_shelves(struct engine *e, shelf_name_fn each, void *arg, struct fault *f)
{
	struct mem *m = (struct mem *)e;
	int r = 0;
	for (size_t i = 0; r >= 0; i++) {
		char name[SHELF_MAX];
		pthread_mutex_lock(&m->lock);
		bool more = i < m->count;
		if (more)
			memcpy(name, m->shelves[i].name, sizeof(name));
		pthread_mutex_unlock(&m->lock);
		if (!more)
			break;
		r = each(name, arg);
	}
	return r < 0 ? r : 0;
}

/* ---- the rest ---- */

static int mem_stat(struct engine *e, shelf_fn each, void *arg, struct fault *f)
{
	static const char tables[5] = {TABLE_RRSET, TABLE_RDATA, TABLE_NAME, TABLE_SERVER,
				       TABLE_LEDGER};
	struct mem *m = (struct mem *)e;
	int r = 0;
	for (size_t i = 0; i < m->count && r >= 0; i++) {
		struct shelf_stat st = {0};
		const struct table *t = m->shelves[i].table;
		memcpy(st.shelf, m->shelves[i].name, sizeof(st.shelf));
		st.octets = t->octets;
		st.files = 1;
		for (size_t j = 0; j < t->count; j++)
			for (int k = 0; k < 5; k++)
				if (t->rows[j].key.at[0] == tables[k])
					st.rows[k]++;
		r = each(&st, arg);
	}
	return r < 0 ? r : 0;
}

static int mem_compact(struct engine *e, struct fault *f)
{
	return 0;
}

static int mem_backup(struct engine *e, const char *to, bool who_asked, struct fault *f)
{
	return fault_set(f, YORE_EUNSUPPORTED, "mem: nothing to keep a backup of");
}

static int mem_drop(struct engine *e, const char *shelf, struct fault *f)
{
	struct mem *m = (struct mem *)e;
	pthread_mutex_lock(&m->lock);
	struct mem_shelf *s = find_shelf(m, shelf);
	struct table *t = s ? s->table : NULL;
	if (s) {
		size_t at = (size_t)(s - m->shelves);
		memmove(s, s + 1, (m->count - 1 - at) * sizeof(*s));
		m->count--;
	}
	pthread_mutex_unlock(&m->lock);
	if (t == NULL)
		return fault_set(f, YORE_ENOENT, "%s: no such shelf", shelf);
	let_go(m, t);
	return 0;
}

static int64_t mem_rewrite(struct engine *e, const char *shelf, keep_fn keep, void *arg,
			   struct fault *f)
{
	struct mem *m = (struct mem *)e;
	struct mem_shelf *s = find_shelf(m, shelf);
	struct table *t = calloc(1, sizeof(*t));
	int r = s == NULL ? YORE_ENOENT : t == NULL ? YORE_ENOMEM : 0;
	int64_t gone = 0;
	for (size_t i = 0; r == 0 && i < s->table->count; i++) {
		const struct mem_row *row = &s->table->rows[i];
		if (keep(row->key, row->value, arg))
			r = table_add(t, row->key, row->value);
		else
			gone++;
	}
	pthread_mutex_lock(&m->lock);
	if (r == 0)
		r = replace_table(m, shelf, t);
	pthread_mutex_unlock(&m->lock);
	if (r < 0)
		table_free(t);
	return r < 0 ? fault_set(f, r, "%s: %s", shelf, yore_strerror(r)) : gone;
}

static int mem_suppress(struct engine *e, const struct erasure *what, size_t count,
			struct fault *f)
{
	struct mem *m = (struct mem *)e;
	struct buf b;
	buf_init(&b, 1u << 26);
	int r = erased_put(&b, buf_bytes(&m->suppressed), what, count);
	erased_release(&m->erased);
	if (r == 0)
		r = erased_read(buf_bytes(&b), &m->erased);
	buf_release(&m->suppressed);
	m->suppressed = b;
	return r < 0 ? fault_set(f, r, "mem: %s", yore_strerror(r)) : 0;
}

static const char *mem_folder(const struct engine *e)
{
	return NULL;
}

static int mem_erased(struct engine *e, struct erased *ret, struct fault *f)
{
	struct mem *m = (struct mem *)e;
	int r = erased_read(buf_bytes(&m->suppressed), ret);
	return r < 0 ? fault_set(f, r, "mem: the list of what was erased") : 0;
}

static void mem_close(struct engine *e)
{
	struct mem *m = (struct mem *)e;
	for (size_t i = 0; i < m->count; i++)
		table_free(m->shelves[i].table);
	free(m->shelves);
	erased_release(&m->erased);
	buf_release(&m->suppressed);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

int mem_open(struct engine **ret)
{
	static const struct store_ops ops = {
	    mem_close,		 mem_commit,   mem_drain,
	    mem_shelves,	 mem_iter,     mem_stat,
	    mem_compact,	 mem_backup,   mem_drop,
	    mem_rewrite,	 mem_suppress, .folder = mem_folder,
	    .erased = mem_erased};
	struct mem *m = calloc(1, sizeof(*m));
	if (m == NULL)
		return YORE_ENOMEM;
	m->engine.ops = &ops;
	buf_init(&m->suppressed, 1u << 26);
	pthread_mutex_init(&m->lock, NULL);
	*ret = &m->engine;
	return 0;
}
