/*
 * A sink that keeps everything: rows merged by shelf and key, and the ledger, with the
 * rules a store has (positions must fit, keys must ascend).
 */
#ifndef YORE_TESTS_LEDGER_SINK_H
#define YORE_TESTS_LEDGER_SINK_H

#include <stdlib.h>

#include "gather/gather.h"
#include "tap.h"

struct kept_row {
	char shelf[SHELF_MAX];
	struct bytes key;
	int64_t base_s;
	struct span span;
	size_t order;
};

struct kept {
	struct kept_row *rows;
	size_t count, room;
	struct kept_entry {
		char shelf[SHELF_MAX];
		struct ledger_entry e;
	} entries[512];
	size_t entry_count;
	unsigned segments, disordered, stale;
	int fail; /* what commit returns instead */
};

static inline int64_t kept_base(const char *shelf, struct bytes key)
{
	if (shelf[0] != 'y')
		return 0;
	int year = atoi(shelf + 1), month = 1;
	if (key.at[0] == TABLE_RRSET || key.at[0] == TABLE_RDATA)
		month = key.at[key.len - 1];
	return when_month_start(year * 12 + month - 1);
}

static inline void kept_add(struct kept *k, const char *shelf, struct bytes key,
			    const struct span *s)
{
	if (k->count == k->room) {
		k->room = k->room ? k->room * 2 : 1024;
		k->rows = realloc(k->rows, k->room * sizeof(*k->rows));
	}
	uint8_t *copy = malloc(key.len + 1);
	struct kept_row *r = &k->rows[k->count];
	*r = (struct kept_row){
	    .key = BYTES(copy, key.len), .span = *s, .order = k->count++};
	memcpy(copy, key.at, key.len);
	snprintf(r->shelf, sizeof(r->shelf), "%s", shelf);
}

static inline int kept_compare(const void *a, const void *b)
{
	const struct kept_row *x = a, *y = b;
	int r = strcmp(x->shelf, y->shelf);
	if (r == 0)
		r = bytes_compare(x->key, y->key);
	return r ? r : x->order < y->order ? -1 : 1;
}

/* Sorts, and makes one row of those with one key. */
static inline void kept_merge(struct kept *k)
{
	size_t to = 0;
	if (k->count)
		qsort(k->rows, k->count, sizeof(*k->rows), kept_compare);
	for (size_t i = 0; i < k->count; i++) {
		struct kept_row *last = to ? &k->rows[to - 1] : NULL;
		if (last && strcmp(last->shelf, k->rows[i].shelf) == 0 &&
		    bytes_equal(last->key, k->rows[i].key)) {
			span_merge(&last->span, &k->rows[i].span);
			free((void *)k->rows[i].key.at);
		} else {
			k->rows[to++] = k->rows[i];
		}
	}
	k->count = to;
}

static inline void kept_release(struct kept *k)
{
	for (size_t i = 0; i < k->count; i++)
		free((void *)k->rows[i].key.at);
	free(k->rows);
	*k = (struct kept){0};
}

static inline uint64_t kept_position(const struct kept *k, const char *shelf,
				     const struct input_id *id)
{
	uint64_t at = 0;
	for (size_t i = 0; i < k->entry_count; i++)
		if (strcmp(k->entries[i].shelf, shelf) == 0 &&
		    memcmp(&k->entries[i].e.input, id, sizeof(*id)) == 0)
			at = k->entries[i].e.to.packets;
	return at;
}

static inline int kept_commit(void *arg, const struct segment_meta *meta,
			      struct segment_rows *rows, struct fault *f)
{
	struct kept *k = arg;
	struct buf before;
	struct bytes key, value;
	struct span s;
	int r;
	if (k->fail)
		return k->fail;
	for (size_t i = 0; i < meta->entry_count; i++)
		if (kept_position(k, meta->shelf, &meta->entries[i].input) !=
		    meta->entries[i].from) {
			k->stale++;
			return YORE_ESTALE;
		}
	buf_init(&before, 1 << 20);
	while ((r = rows->next(rows, &key, &value)) == 1) {
		if (before.len && bytes_compare(buf_bytes(&before), key) >= 0)
			k->disordered++;
		buf_clear(&before);
		buf_put_bytes(&before, key);
		if (span_decode(value, kept_base(meta->shelf, key), &s) < 0)
			k->disordered++;
		kept_add(k, meta->shelf, key, &s);
	}
	buf_release(&before);
	for (size_t i = 0; i < meta->entry_count && k->entry_count < 512; i++) {
		struct kept_entry *e = &k->entries[k->entry_count++];
		snprintf(e->shelf, sizeof(e->shelf), "%s", meta->shelf);
		e->e = meta->entries[i];
		e->e.counters = BYTES(NULL, 0);
	}
	k->segments++;
	return r;
}

static inline bool kept_equal(const struct kept *a, const struct kept *b)
{
	size_t n = a->count < b->count ? a->count : b->count;
	for (size_t i = 0; i < n; i++)
		if (strcmp(a->rows[i].shelf, b->rows[i].shelf) != 0 ||
		    !bytes_equal(a->rows[i].key, b->rows[i].key) ||
		    !span_equal(&a->rows[i].span, &b->rows[i].span)) {
			printf("# row %zu differs: %s %c, %s %c\n", i, a->rows[i].shelf,
			       a->rows[i].key.at[0], b->rows[i].shelf,
			       b->rows[i].key.at[0]);
			return false;
		}
	if (a->count != b->count)
		printf("# %zu rows and %zu rows\n", a->count, b->count);
	return a->count == b->count;
}

#endif
