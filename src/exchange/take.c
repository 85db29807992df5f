#include <stdlib.h>

#include "exchange/take.h"
#include "gather/rows.h"

/* Octets of memory for a segment whose rows take so many. */
#define WINDOW_LEAST ((size_t)8 << 20)

/*
 * Where the ledger is for the inputs of a segment. Each shelf is exact on its own, so
 * an input that a segment begins at 0 need not be known.
 */
static int compare_ledger(struct store *s, const struct segment_meta *meta,
			  enum take_result *ret, struct take_position *position,
			  struct fault *f)
{
	size_t there = 0, ready = 0;
	bool inside = false, first = true;
	for (size_t i = 0; i < meta->entry_count; i++) {
		const struct ledger_entry *e = &meta->entries[i];
		struct ledger_entry last;
		int r = store_position(s, meta->shelf, &e->input, &last, f);
		if (r < 0)
			return r;
		uint64_t at = r == 1 ? last.to.packets : 0;
		/* a log may commit nothing new, from..from */
		bool done = r == 1 && at >= e->to.packets;
		there += done;
		ready += at == e->from;
		inside = inside || (!done && at > e->from);
		if (at != e->from && first) {
			*position =
			    (struct take_position){e->input, at, e->from, e->to.packets};
			first = false;
		}
	}
	if (ready == meta->entry_count)
		*ret = TAKE_ADDED;
	else if (there == meta->entry_count)
		*ret = TAKE_KNOWN;
	else
		*ret = inside || there ? TAKE_PARTLY : TAKE_BEHIND;
	return 0;
}

/* All rows of it, checked, in a window; its size is told by a first reading. */
static int measure(struct bytes segment, size_t *octets, size_t *derived, struct fault *f)
{
	struct wire_reader *w;
	struct bytes key;
	struct span span;
	int r = wire_open(segment, f, &w);
	if (r < 0)
		return r;
	*octets = *derived = WINDOW_LEAST;
	while ((r = wire_next(w, &key, &span, f)) == 1) {
		/* window_init makes a slot for every 192 to 384 octets */
		*octets += 512 + 2 * key.len;
		*derived += 4 * sizeof(span) + derive_octets(key);
		if (*octets + *derived > 4 * WIRE_ROWS_MAX) {
			r = fault_set(f, YORE_ELIMIT, "segment: too many rows");
			break;
		}
	}
	wire_close(w);
	return r;
}

static int fill(struct bytes segment, struct window *w, struct fault *f)
{
	struct wire_reader *in;
	struct bytes key;
	struct span span;
	int r = wire_open(segment, f, &in);
	if (r < 0)
		return r;
	const char *shelf = wire_head(in)->meta.shelf;
	int year = strcmp(shelf, "intervals") == 0 ? 0 : (int)strtol(shelf + 1, NULL, 10);
	int index = window_shelf(w, year);
	while (index >= 0 && (r = wire_next(in, &key, &span, f)) == 1) {
		uint64_t hash = window_hash(key, (unsigned)index);
		int e = window_merge(w, hash, (unsigned)index, key, &span);
		if (e < 0) {
			r = fault_set(f, e, "segment: %s", yore_strerror(e));
			break;
		}
	}
	wire_close(in);
	return index < 0 ? index : r;
}

static int commit(struct store *s, const struct segment_meta *meta, struct window *w,
		  struct fault *f)
{
	struct rows rows;
	int r = rows_init(&rows, w, 0);
	if (r < 0)
		return fault_set(f, r, "segment: %s", yore_strerror(r));
	r = store_commit(s, meta, &rows.pull, f);
	rows_release(&rows);
	return r;
}

int take_segment(struct store *s, struct bytes segment, enum take_result *ret,
		 struct take_position *position, struct fault *f)
{
	struct wire_head head;
	struct window w = {0};
	size_t octets, derived;
	*position = (struct take_position){0};
	int r = wire_read_head(segment, &head, f);
	if (r == 0)
		r = compare_ledger(s, &head.meta, ret, position, f);
	if (r == 0 && *ret == TAKE_ADDED) {
		r = measure(segment, &octets, &derived, f);
		if (r == 0)
			r = window_init(&w, octets, derived, 0);
		if (r == 0)
			r = fill(segment, &w, f);
		if (r == 0)
			r = commit(s, &head.meta, &w, f);
		window_release(&w);
	}
	if (r == YORE_EEXIST) {
		*ret = TAKE_KNOWN;
		r = 0;
	} else if (r == YORE_ESTALE) {
		/* somebody else was faster: the ledger has moved, so look again */
		r = compare_ledger(s, &head.meta, ret, position, f);
		if (r == 0 && *ret == TAKE_ADDED)
			r = fault_set(f, YORE_EAGAIN, "segment: the ledger is moving");
	}
	wire_head_release(&head);
	return r;
}
