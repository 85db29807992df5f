#include "gather/asked.h"

#include <stdlib.h>

#include "gather/gather_own.h"
#include "store/shelf.h"

/* ---- into the window ---- */

static int find_place(struct gather *g, int64_t s)
{
	struct asked_place *p = &g->asked;
	char name[SHELF_MAX];
	int32_t month = when_month(s);
	shelf_of_who(month, name);
	int shelf = window_named_shelf(g->window, name, false);
	if (shelf < 0)
		return shelf;
	*p = (struct asked_place){.start_s = when_month_start(month),
				  .end_s = when_month_start(month + 1),
				  .month = month,
				  .shelf = shelf};
	return 0;
}

static int go_to(struct gather *g, const struct asking *q)
{
	struct asked_place *p = &g->asked;
	int r = 0;
	if (p->shelf < 0 || q->time_s < p->start_s || q->time_s >= p->end_s)
		r = find_place(g, q->time_s);
	if (r < 0 || (p->source != NULL && p->input == q->input))
		return r;
	p->source = inputs_find(&g->inputs, q->input);
	if (p->source == NULL)
		return YORE_EUSAGE;
	p->input = q->input;
	p->mark = source_mark(p->source, g->window->shelves[p->shelf].name);
	return 0;
}

static int name_client(struct gather *g, const struct asking *q, struct asked_client *ret)
{
	if (g->o.pseudonyms != NULL)
		return pseudonym_of(g->o.pseudonyms, q->client, g->asked.month, ret,
				    &g->asked_fault);
	*ret = (struct asked_client){.len = q->client->len};
	memcpy(ret->at, q->client->at, sizeof(ret->at));
	return 0;
}

/* One row of the window: the question's key and what follows it. */
static int put(struct gather *g, const struct asking *q, size_t base, uint8_t head,
	       const struct addr *a)
{
	unsigned shelf = (unsigned)g->asked.shelf;
	struct window_sighting what = {.at_s = (uint32_t)q->time_s};
	g->key.len = base;
	buf_putc(&g->key, head);
	if (a != NULL)
		buf_put(&g->key, a->at, a->len);
	struct bytes key = buf_bytes(&g->key);
	if (g->key.err)
		return g->key.err;
	return window_sight(g->window, window_hash(key, shelf), shelf, key, &what);
}

static int put_all(struct gather *g, const struct asking *q)
{
	struct asked_key a = {.name = q->name,
			      .type = q->type,
			      .outcome = q->outcome,
			      .day = asked_day(q->time_s)};
	int r = name_client(g, q, &a.client);
	buf_clear(&g->key);
	if (r == 0)
		key_asked(&g->key, &a);
	size_t base = g->key.len;
	if (r == 0)
		r = put(g, q, base, ASKED_END, NULL);
	for (unsigned i = 0; i < q->addr_count && r == 0; i++)
		r = put(g, q, base, q->addrs[i].len, &q->addrs[i]);
	if (r == 0 && q->more)
		r = put(g, q, base, ASKED_MORE, NULL);
	return r;
}

int gather_question(const struct asking *q, void *arg)
{
	struct gather *g = arg;
	if (q->time_s < g->o.asked_since_s || q->time_s < 0 || q->time_s > UINT32_MAX) {
		g->c.questions_too_old++;
		return 0;
	}
	int r = go_to(g, q);
	if (r < 0)
		return r;
	g->asked.source->asks = true;
	if (q->number <= g->asked.mark) {
		g->c.already_there++;
		return 0;
	}
	g->asked.source->touched |= 1ull << g->asked.shelf;
	g->c.questions++;
	return put_all(g, q);
}

/* Where clients are watched but none asked, the shelf says that somebody looked. */
int gather_asked_shelves(struct gather *g)
{
	int r = 0;
	for (uint32_t i = 0; i < g->inputs.count && r >= 0; i++) {
		struct gather_source *s = &g->inputs.at[i];
		if (!s->used || !s->moved || !s->asks || s->first_us == WHEN_UNKNOWN)
			continue;
		int64_t ends[] = {s->first_us / 1000000, s->last_us / 1000000};
		for (int e = 0; e < 2 && r >= 0; e++) {
			char name[SHELF_MAX];
			if (ends[e] < g->o.asked_since_s)
				continue;
			shelf_of_who(when_month(ends[e]), name);
			r = window_named_shelf(g->window, name, false);
			if (r >= 0)
				s->touched |= 1ull << r;
		}
	}
	return r < 0 ? r : 0;
}

/* ---- out of it ---- */

static struct bytes row_key(const uint8_t *at)
{
	const struct row *r = (const struct row *)at;
	return BYTES(r->key, r->key_len);
}

static struct bytes client_key(const uint8_t *at)
{
	uint32_t len;
	memcpy(&len, at, sizeof(len));
	return BYTES(at + 8, len);
}

static const struct row *row_of(const struct asked_rows *a, size_t i)
{
	return window_row(a->window, a->rows[i].key);
}

/* A question's own row, not one of its addresses. The octet behind the key tells. */
static bool is_question(const struct row *r)
{
	uint16_t day;
	struct bytes key = BYTES(r->key, r->key_len);
	struct reader rest = reader_of(key);
	if (key_asked_day(key, &day) < 0)
		return false;
	size_t name = key_shared_len(key);
	reader_skip(&rest, name + 4);
	reader_skip(&rest, reader_u8(&rest));
	reader_skip(&rest, 2);
	return rest.err == 0 && reader_left(&rest) == 1 && *rest.at == ASKED_END;
}

static int pick(struct asked_rows *a, unsigned shelf)
{
	const struct window *w = a->window;
	size_t room = w->shelves[shelf].rows + 1;
	a->rows = malloc(room * sizeof(*a->rows));
	struct sort_item *spare = malloc(room * sizeof(*spare));
	int r = a->rows && spare ? 0 : YORE_ENOMEM;
	for (uint32_t u = window_next(w, 0); u != 0 && r == 0; u = window_next(w, u))
		if (window_row(w, u)->shelf == shelf)
			a->rows[a->row_count++].key = u;
	if (r == 0)
		sort_items(a->rows, spare, a->row_count, row_key, w->at);
	free(spare);
	return r;
}

static int heap_put(struct heap *h, struct bytes key, uint32_t *ref)
{
	uint8_t *at = heap_add(h, 8 + key.len, ref);
	uint32_t len = (uint32_t)key.len;
	if (at == NULL)
		return YORE_ENOMEM;
	memcpy(at, &len, sizeof(len));
	memcpy(at + 8, key.at, key.len);
	return 0;
}

static int derive_client(struct asked_rows *a, size_t i)
{
	const struct row *r = row_of(a, i);
	struct asked_key q;
	uint8_t name[255];
	int e = key_asked_read(BYTES(r->key, r->key_len - 1), name, &q);
	if (e < 0)
		return e;
	buf_clear(&a->key);
	key_asked_client(&a->key, &q);
	if (a->key.err)
		return a->key.err;
	struct sort_item *c = &a->clients[a->client_count++];
	c->note = (uint32_t)i;
	return heap_put(&a->heap, buf_bytes(&a->key), &c->key);
}

static int derive_clients(struct asked_rows *a)
{
	size_t n = 0;
	for (size_t i = 0; i < a->row_count; i++)
		n += is_question(row_of(a, i));
	a->clients = malloc((n + 1) * sizeof(*a->clients));
	struct sort_item *spare = malloc((n + 1) * sizeof(*spare));
	int r = a->clients && spare ? 0 : YORE_ENOMEM;
	for (size_t i = 0; i < a->row_count && r == 0; i++)
		if (is_question(row_of(a, i)))
			r = derive_client(a, i);
	if (r == 0)
		sort_items(a->clients, spare, a->client_count, client_key, a->heap.at);
	free(spare);
	return r;
}

/* The question at i and the addresses behind it; returns where the next one is. */
static size_t read_question(const struct asked_rows *a, size_t i, struct asked_value *v)
{
	const struct row *r = row_of(a, i);
	struct bytes base = BYTES(r->key, r->key_len - 1);
	*v = (struct asked_value){.count = 0};
	window_span(a->window, r, &v->span);
	v->span.days = 0;
	v->span.ttl_min = UINT32_MAX;
	v->span.ttl_max = 0;
	for (i++; i < a->row_count; i++) {
		r = row_of(a, i);
		struct bytes key = BYTES(r->key, r->key_len);
		if (!bytes_begins(key, base))
			break;
		uint8_t head = key.at[base.len];
		if (head == ASKED_MORE) {
			v->more = true;
			continue;
		}
		struct addr addr = addr_of(key.at + base.len + 1, head);
		asked_value_add(v, &addr);
	}
	return i;
}

static int next(struct segment_rows *self, struct bytes *key, struct bytes *value)
{
	struct asked_rows *a = (struct asked_rows *)self;
	struct asked_value v;
	if (a->client_at < a->client_count) {
		const struct sort_item *c = &a->clients[a->client_at++];
		read_question(a, c->note, &v);
		*key = client_key(a->heap.at + (size_t)c->key * 8);
	} else if (a->row_at < a->row_count) {
		const struct row *r = row_of(a, a->row_at);
		*key = BYTES(r->key, r->key_len - 1u);
		a->row_at = read_question(a, a->row_at, &v);
	} else {
		return 0;
	}
	*value = BYTES(a->value, asked_value_encode(&v, a->value));
	a->given++;
	a->octets += key->len + value->len;
	return 1;
}

int asked_rows_init(struct asked_rows *a, const struct window *w, unsigned shelf)
{
	*a = (struct asked_rows){.pull = {next}, .window = w};
	buf_init(&a->key, 4096);
	int r = pick(a, shelf);
	if (r == 0)
		r = derive_clients(a);
	if (r < 0)
		asked_rows_release(a);
	return r;
}

void asked_rows_release(struct asked_rows *a)
{
	free(a->rows);
	free(a->clients);
	free(a->heap.at);
	buf_release(&a->key);
	*a = (struct asked_rows){.window = NULL};
}
