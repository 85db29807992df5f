#include <stdlib.h>

#include "query/find.h"
#include "query/order.h"

#define CURSOR_MAX (1u << 20)

struct answer {
	struct store *store;
	struct query query;
	struct find find;
	struct order order;
	bool sorting;	   /* results are still to be collected */
	bool holding;	   /* order.list has results to give */
	size_t held;	   /* the next of them */
	bool streaming;	   /* results come straight from find */
	struct buf cursor; /* behind the row given last, once the limit is reached */
	bool ended;
};

bool source_is_zone(uint16_t source)
{
	if (source == SOURCE_ZONE)
		return true;
	if (source < SOURCE_FIRST_NAMED)
		return false;
	const char *name = source_name(source);
	size_t n = strlen(name);
	return n > 5 && strcmp(name + n - 5, ".zone") == 0;
}

int answer_open(struct store *s, const struct query *q, struct fault *f,
		struct answer **ret)
{
	struct answer *a = calloc(1, sizeof(*a));
	if (a == NULL)
		return fault_set(f, YORE_ENOMEM, "query: out of memory");
	a->store = s;
	a->query = *q;
	buf_init(&a->cursor, CURSOR_MAX);
	int r = find_open(&a->find, s, &a->query, f);
	if (r < 0) {
		free(a);
		return r;
	}
	a->sorting = q->sort[0].key != SORT_NONE;
	a->streaming = !a->sorting;
	*ret = a;
	return 0;
}

void answer_close(struct answer *a)
{
	if (a == NULL)
		return;
	find_close(&a->find);
	order_release(&a->order);
	buf_release(&a->cursor);
	free(a);
}

const struct answer_counters *answer_counters(const struct answer *a)
{
	return &a->find.counters;
}

const struct fault *answer_fault(const struct answer *a)
{
	return &a->find.fault;
}

bool answer_is_whole(const struct answer *a)
{
	const struct answer_counters *c = &a->find.counters;
	return a->ended && c->damaged == 0 && c->pattern_limit == 0 &&
	       c->follow_limit == 0 && c->merge_limit == 0 && (a->find.fault.code == 0);
}

/* Too much to sort: nothing of it is kept while a slow reader takes the rest. */
static int start_over(struct answer *a)
{
	struct fault f = {0};
	order_release(&a->order);
	find_close(&a->find);
	int r = find_open(&a->find, a->store, &a->query, &f);
	if (r < 0) {
		memset(&a->find, 0, sizeof(a->find));
		a->find.fault = f;
		return r;
	}
	a->find.counters.sort_given_up = true;
	a->holding = false;
	a->streaming = true;
	return 0;
}

static int collect(struct answer *a)
{
	struct result r;
	int e;
	a->sorting = false;
	a->holding = true;
	order_init(&a->order, &a->query);
	while ((e = find_next(&a->find, &r)) == 1)
		if (order_add(&a->order, &r) < 0)
			return start_over(a);
	if (e < 0)
		return e;
	order_sort(&a->order);
	return 0;
}

static int next_any(struct answer *a, struct result *ret)
{
	if (a->holding) {
		if (a->held < a->order.count) {
			*ret = a->order.list[a->held++]->result;
			return 1;
		}
		a->holding = false;
		order_release(&a->order);
	}
	return a->streaming ? find_next(&a->find, ret) : 0;
}

static int fail(struct answer *a, int code)
{
	a->ended = true;
	if (a->find.fault.code == 0)
		fault_set(&a->find.fault, code, "query: %s", yore_strerror(code));
	return code;
}

static int next_one(struct answer *a, struct result *ret)
{
	if (a->sorting) {
		int r = collect(a);
		if (r < 0)
			return r;
	}
	for (;;) {
		int r = next_any(a, ret);
		if (r <= 0 || a->find.counters.passed == a->query.offset)
			return r;
		a->find.counters.passed++;
	}
}

int answer_next(struct answer *a, struct result *ret)
{
	struct answer_counters *c = &a->find.counters;
	struct result more;
	if (a->ended)
		return 0;
	bool full = a->query.limit && c->results == a->query.limit;
	if (full && a->cursor.len == 0) /* before one more is looked for */
		find_cursor(&a->find, &a->cursor);
	/* let go by the sort: there was more than the limit, nothing to look for */
	if (full && !a->streaming) {
		c->limited = a->order.offered > a->order.best;
		a->ended = true;
		return 0;
	}
	int r = next_one(a, full ? &more : ret);
	if (r < 0)
		return fail(a, r);
	if (r == 0 || full) {
		c->limited = r == 1;
		a->ended = true;
		return 0;
	}
	c->results++;
	return 1;
}

int answer_cursor(const struct answer *a, struct buf *out)
{
	if (a->cursor.len == 0)
		return find_cursor(&a->find, out);
	buf_put_bytes(out, buf_bytes(&a->cursor));
	return out->err;
}

int64_t query_count_unbelieved(struct store *s, const struct query *q, uint64_t most,
			       struct fault *f)
{
	struct query hidden = *q;
	struct answer *a;
	struct result result;
	hidden.shelf = "suspicious";
	hidden.limit = most;
	hidden.offset = 0;
	hidden.follow = false;
	memset(hidden.sort, 0, sizeof(hidden.sort));
	int r = answer_open(s, &hidden, f, &a);
	if (r < 0)
		return r;
	while ((r = answer_next(a, &result)) == 1)
		;
	int64_t count = (int64_t)answer_counters(a)->results;
	if (r < 0 && f)
		*f = *answer_fault(a);
	answer_close(a);
	return r < 0 ? r : count;
}
