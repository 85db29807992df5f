/*
 * Two stores read as one: each shelf holds the rows of both, a row that both have is
 * merged. Writing and looking after go to the first. Neither belongs to it.
 */
#include <stdlib.h>

#include "record/asked.h"
#include "store/engine.h"

struct beside {
	struct engine engine;
	struct engine *part[2];
};

struct side {
	struct shelf_iter *it; /* NULL: this one has no such shelf */
	struct bytes key, value;
	bool held; /* key and value are of a row not yet given */
	bool ended;
};

struct both {
	struct shelf_iter iter;
	struct side side[2];
	uint8_t merged[ASKED_VALUE_MAX];
};

static struct engine *first(struct engine *e)
{
	return ((struct beside *)e)->part[0];
}

/* ---- rows ---- */

static int fill(struct both *b, struct side *s)
{
	if (s->held || s->ended)
		return 0;
	int r = s->it->ops->next(s->it, &s->key, &s->value);
	if (r < 0) {
		b->iter.fault = s->it->fault;
		s->ended = r != YORE_ECORRUPT;
		return r;
	}
	s->held = r == 1;
	s->ended = r == 0;
	return 0;
}

static int give(struct side *s, struct bytes *key, struct bytes *value)
{
	*key = s->key;
	*value = s->value;
	s->held = false;
	return 1;
}

/* The same key in both: spans are merged; of a ledger's rows the first holds. */
static int give_merged(struct both *b, struct bytes *key, struct bytes *value)
{
	struct side *x = &b->side[0], *y = &b->side[1];
	y->held = false;
	if (x->key.len && x->key.at[0] == TABLE_LEDGER)
		return give(x, key, value);
	size_t n =
	    row_value_merge(x->key.len ? x->key.at[0] : 0, x->value, y->value, b->merged);
	if (n == 0)
		return give(x, key, value);
	*key = x->key;
	*value = BYTES(b->merged, n);
	x->held = false;
	return 1;
}

static int both_next(struct shelf_iter *it, struct bytes *key, struct bytes *value)
{
	struct both *b = (struct both *)it;
	for (int i = 0; i < 2; i++) {
		int r = fill(b, &b->side[i]);
		if (r < 0)
			return r;
	}
	struct side *x = &b->side[0], *y = &b->side[1];
	if (!x->held && !y->held)
		return 0;
	int c = !y->held ? -1 : !x->held ? 1 : bytes_compare(x->key, y->key);
	if (c == 0)
		return give_merged(b, key, value);
	return give(c < 0 ? x : y, key, value);
}

static void both_seek(struct shelf_iter *it, struct bytes key)
{
	struct both *b = (struct both *)it;
	for (int i = 0; i < 2; i++) {
		struct side *s = &b->side[i];
		if (!s->it || s->ended || (s->held && bytes_compare(s->key, key) >= 0))
			continue;
		s->it->ops->seek(s->it, key);
		s->held = false;
	}
}

static void both_close(struct shelf_iter *it)
{
	struct both *b = (struct both *)it;
	for (int i = 0; i < 2; i++)
		if (b->side[i].it)
			b->side[i].it->ops->close(b->side[i].it);
	free(b);
}

static const struct shelf_iter_ops both_ops = {both_next, both_seek, both_close};

static int iter(struct engine *e, const char *shelf, const struct stretch *s,
		struct fault *f, struct shelf_iter **ret)
{
	struct beside *p = (struct beside *)e;
	struct both *b = calloc(1, sizeof(*b));
	int missing = 0;
	if (b == NULL)
		return fault_set(f, YORE_ENOMEM, "%s: out of memory", shelf);
	b->iter.ops = &both_ops;
	for (int i = 0; i < 2; i++) {
		int r = p->part[i]->ops->iter(p->part[i], shelf, s, f, &b->side[i].it);
		if (r == YORE_ENOENT) {
			b->side[i].it = NULL;
			b->side[i].ended = true;
			missing++;
		} else if (r < 0) {
			b->side[i].it = NULL;
			both_close(&b->iter);
			return r;
		}
	}
	if (missing == 2) {
		both_close(&b->iter);
		return YORE_ENOENT;
	}
	*ret = &b->iter;
	return 0;
}

/* ---- shelves ---- */

#define NAMES_MAX 4096

struct names {
	char (*at)[SHELF_MAX];
	size_t count;
};

static int collect(const char *shelf, void *arg)
{
	struct names *n = arg;
	size_t i = 0;
	while (i < n->count && strcmp(n->at[i], shelf) < 0)
		i++;
	if (i < n->count && strcmp(n->at[i], shelf) == 0)
		return 0;
	if (n->count == NAMES_MAX)
		return YORE_ELIMIT;
	memmove(n->at + i + 1, n->at + i, (n->count - i) * sizeof(*n->at));
	memset(n->at[i], 0, SHELF_MAX);
	memcpy(n->at[i], shelf, strnlen(shelf, SHELF_MAX - 1));
	n->count++;
	return 0;
}

static int shelves(struct engine *e, shelf_name_fn each, void *arg, struct fault *f)
{
	struct beside *p = (struct beside *)e;
	struct names n = {calloc(NAMES_MAX + 1, SHELF_MAX), 0};
	int r = n.at ? 0 : fault_set(f, YORE_ENOMEM, "shelves: out of memory");
	for (int i = 0; i < 2 && r >= 0; i++)
		r = p->part[i]->ops->shelves(p->part[i], collect, &n, f);
	for (size_t i = 0; i < n.count && r >= 0; i++)
		r = each(n.at[i], arg);
	free(n.at);
	return r < 0 ? r : 0;
}

/* ---- everything else is the first one's ---- */

static void close_both(struct engine *e)
{
	free(e);
}

static int commit(struct engine *e, const struct segment_meta *meta,
		  struct segment_rows *rows, struct fault *f)
{
	return first(e)->ops->commit(first(e), meta, rows, f);
}

static int drain(struct engine *e, struct fault *f)
{
	return first(e)->ops->drain(first(e), f);
}

static uint64_t octets(struct engine *e, const char *shelf, const struct stretch *s)
{
	struct beside *p = (struct beside *)e;
	uint64_t n = 0;
	for (int i = 0; i < 2; i++)
		if (p->part[i]->ops->octets)
			n += p->part[i]->ops->octets(p->part[i], shelf, s);
	return n;
}

static int stat_first(struct engine *e, shelf_fn each, void *arg, struct fault *f)
{
	return first(e)->ops->stat(first(e), each, arg, f);
}

static int compact(struct engine *e, struct fault *f)
{
	return first(e)->ops->compact(first(e), f);
}

static int backup(struct engine *e, const char *to, bool who_asked, struct fault *f)
{
	return first(e)->ops->backup(first(e), to, who_asked, f);
}

static int drop(struct engine *e, const char *shelf, struct fault *f)
{
	return first(e)->ops->drop(first(e), shelf, f);
}

static int64_t rewrite(struct engine *e, const char *shelf, keep_fn keep, void *arg,
		       struct fault *f)
{
	return first(e)->ops->rewrite(first(e), shelf, keep, arg, f);
}

static const char *folder(const struct engine *e)
{
	struct engine *one = ((const struct beside *)e)->part[0];
	return one->ops->folder(one);
}

static int suppress(struct engine *e, const struct erasure *what, size_t count,
		    struct fault *f)
{
	return first(e)->ops->suppress(first(e), what, count, f);
}

static int erased(struct engine *e, struct erased *ret, struct fault *f)
{
	return first(e)->ops->erased ? first(e)->ops->erased(first(e), ret, f) : 0;
}

static const struct store_ops ops = {
    .erased = erased,
    .close = close_both,
    .commit = commit,
    .drain = drain,
    .shelves = shelves,
    .iter = iter,
    .octets = octets,
    .stat = stat_first,
    .compact = compact,
    .backup = backup,
    .drop = drop,
    .rewrite = rewrite,
    .suppress = suppress,
    .folder = folder,
};

int beside_open(struct engine *a, struct engine *b, struct engine **ret)
{
	struct beside *p = calloc(1, sizeof(*p));
	if (p == NULL)
		return YORE_ENOMEM;
	p->engine.ops = &ops;
	p->part[0] = a;
	p->part[1] = b;
	*ret = &p->engine;
	return 0;
}
