#include "store/feed.h"
#include "store/ledger.h"
#include "store/shelf.h"

#include <stdlib.h>

#define LEDGER_ROOM (64u << 20)

static int by_key(const void *a, const void *b)
{
	const struct feed_row *x = a, *y = b;
	return bytes_compare(x->key, y->key);
}

/* Offsets while the buffer may still move; turned into pointers by fix_rows. */
struct cut {
	size_t key, value, end;
};

static void fix_rows(struct feed *f, const struct cut *cuts)
{
	for (size_t i = 0; i < f->ledger_count; i++) {
		const struct cut *c = &cuts[i];
		f->ledger[i].key = BYTES(f->room.at + c->key, c->value - c->key);
		f->ledger[i].value = BYTES(f->room.at + c->value, c->end - c->value);
	}
	qsort(f->ledger, f->ledger_count, sizeof(*f->ledger), by_key);
}

static int put_rows(struct feed *f, const struct segment_meta *meta, struct cut *cuts)
{
	struct segment_name by = {.sequence = meta->sequence};
	memcpy(by.origin, meta->origin, sizeof(by.origin));
	for (size_t i = 0; i < 2 * meta->entry_count; i++) {
		const struct ledger_entry *e = &meta->entries[i / 2];
		cuts[i].key = f->room.len;
		if (i % 2)
			ledger_key_commit(&f->room, e);
		else
			ledger_key_last(&f->room, &e->input);
		cuts[i].value = f->room.len;
		ledger_value(&f->room, &by, e);
		cuts[i].end = f->room.len;
	}
	if (f->room.err)
		return f->room.err;
	fix_rows(f, cuts);
	for (size_t i = 1; i < f->ledger_count; i++)
		if (bytes_equal(f->ledger[i - 1].key, f->ledger[i].key))
			return YORE_EUSAGE; /* an input twice in one segment */
	return 0;
}

int feed_init(struct feed *f, const struct segment_meta *meta, struct segment_rows *rows,
	      const struct erased *erased, struct fault *fault)
{
	memset(f, 0, sizeof(*f));
	f->rows = rows;
	buf_init(&f->room, LEDGER_ROOM);
	f->own_ledger = meta->own_ledger;
	f->erased = erased && erased->count ? erased : NULL;
	f->dated = shelf_year(meta->shelf) != 0;
	if (f->own_ledger)
		return 0;
	f->ledger_count = 2 * meta->entry_count;
	f->ledger = calloc(f->ledger_count + 1, sizeof(*f->ledger));
	struct cut *cuts = calloc(f->ledger_count + 1, sizeof(*cuts));
	int r = f->ledger && cuts ? put_rows(f, meta, cuts) : YORE_ENOMEM;
	free(cuts);
	if (r < 0) {
		feed_release(f);
		return fault_set(fault, r, "segment for %s: its inputs: %s", meta->shelf,
				 yore_strerror(r));
	}
	return 0;
}

void feed_release(struct feed *f)
{
	if (f == NULL)
		return;
	free(f->ledger);
	f->ledger = NULL;
	buf_release(&f->room);
}

static bool is_erased(const struct feed *f)
{
	return f->erased && f->key.len &&
	       erased_has(f->erased, f->key, f->value,
			  key_suffix_len(f->key.at[0], !f->dated));
}

static int pull(struct feed *f)
{
	int r;
	if (f->held || f->ended)
		return 0;
	do
		r = f->rows->next(f->rows, &f->key, &f->value);
	while (r == 1 && is_erased(f));
	if (r < 0)
		return r;
	if (r == 0)
		f->ended = true;
	else if (f->key.len == 0 || (f->key.at[0] == TABLE_LEDGER && !f->own_ledger))
		return YORE_EUSAGE; /* the ledger is the store's own */
	else
		f->held = true;
	return 0;
}

int feed_next(struct feed *f, struct bytes *key, struct bytes *value, bool *put)
{
	int r = pull(f);
	if (r < 0)
		return r;
	bool ledger =
	    f->ledger_at < f->ledger_count && (!f->held || f->key.at[0] > TABLE_LEDGER);
	if (ledger) {
		*key = f->ledger[f->ledger_at].key;
		*value = f->ledger[f->ledger_at++].value;
	} else if (f->held) {
		*key = f->key;
		*value = f->value;
		f->held = false;
		ledger = key->at[0] == TABLE_LEDGER;
		f->count += !ledger;
	} else {
		return 0;
	}
	*put = ledger;
	return 1;
}
