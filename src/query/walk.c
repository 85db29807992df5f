#include "query/walk.h"

#include "base/hash.h"

#define BASE_MAX (16u << 20)
/* A store that is damaged everywhere is not worth a million messages. */
#define DAMAGE_MAX 100000

void walk_init(struct walk *w, const struct walk_options *o)
{
	memset(w, 0, sizeof(*w));
	w->options = o;
	buf_init(&w->base, BASE_MAX);
}

int walk_open(struct walk *w, const struct bound *b)
{
	const struct walk_options *o = w->options;
	struct scan scan = {.table = b->lo.at[0],
			    .lo = b->lo,
			    .hi = b->hi,
			    .exact_owner = b->exact,
			    .year_first = o->year_first,
			    .year_last = o->year_last,
			    .intervals = true,
			    .shelf = o->shelf,
			    .names_only = b->names};
	struct fault f = {0};
	if (b->literal)
		scan.literal = BYTES_STR(b->literal);
	if (w->cursor)
		cursor_close(w->cursor);
	w->cursor = NULL;
	w->held = false;
	buf_clear(&w->base);
	int r = store_scan(o->store, &scan, &f, &w->cursor);
	if (r == YORE_ENOENT && o->shelf) {
		w->cursor = NULL; /* a private shelf that nobody ever wrote to */
		return 0;
	}
	if (r < 0 && o->fault->code == 0)
		*o->fault = f;
	return r;
}

void walk_close(struct walk *w)
{
	if (w->cursor)
		cursor_close(w->cursor);
	w->cursor = NULL;
	buf_release(&w->base);
}

static void note(struct walk *w, int code)
{
	const struct fault *f = cursor_fault(w->cursor);
	if (w->options->fault->code)
		return;
	if (f && f->code)
		*w->options->fault = *f;
	else
		fault_set(w->options->fault, code, "query: %s", yore_strerror(code));
}

static void count_one(struct answer_counters *c, uint64_t hash)
{
	for (unsigned i = 0; i < DAMAGE_TOLD && hash; i++) {
		if (c->told[i] == hash)
			return;
		if (c->told[i] == 0) {
			c->told[i] = hash;
			break;
		}
	}
	c->damaged++;
}

void walk_count_damage(struct answer_counters *c, const char *said)
{
	count_one(c, hash_fixed(said, strlen(said), 0) | 1);
}

void walk_add_damage(struct answer_counters *to, const struct answer_counters *c)
{
	uint64_t rest = c->damaged;
	for (unsigned i = 0; i < DAMAGE_TOLD && c->told[i]; i++) {
		count_one(to, c->told[i]);
		rest--;
	}
	to->damaged += rest;
}

static int read_row(struct walk *w)
{
	const atomic_int *stop = w->options->stop;
	if (w->cursor == NULL)
		return 0;
	if (stop && atomic_load_explicit(stop, memory_order_relaxed)) {
		if (w->options->fault->code == 0)
			fault_set(w->options->fault, YORE_ETIMEOUT,
				  "query: it took too long");
		return YORE_ETIMEOUT;
	}
	for (;;) {
		int r = cursor_next(w->cursor, &w->row);
		if (r >= 0) {
			w->options->counters->rows += (unsigned)r;
			return r;
		}
		note(w, r);
		if (r != YORE_ECORRUPT)
			return r;
		walk_count_damage(w->options->counters, cursor_fault(w->cursor)->text);
		if (w->options->counters->damaged >= DAMAGE_MAX)
			return r;
	}
}

int walk_row(struct walk *w, struct dated *ret)
{
	if (!w->held) {
		int r = read_row(w);
		if (r <= 0)
			return r;
		w->held = true;
	}
	if (!bytes_equal(w->row.base, buf_bytes(&w->base)))
		return 0;
	*ret = (struct dated){w->row.month, w->row.span};
	w->held = false;
	return 1;
}

int walk_base(struct walk *w)
{
	for (;;) {
		if (!w->held) {
			int r = read_row(w);
			if (r <= 0)
				return r;
			w->held = true;
		}
		if (w->base.len == 0 || !bytes_equal(w->row.base, buf_bytes(&w->base)))
			break;
		w->held = false;
	}
	buf_clear(&w->base);
	buf_put_bytes(&w->base, w->row.base);
	return w->base.err ? w->base.err : 1;
}
