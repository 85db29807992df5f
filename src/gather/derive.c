#include "gather/derive.h"

#include <stdlib.h>

#include "dns/name.h"
#include "dns/rdata.h"
#include "dns/type.h"

#define ITEMS (2 * sizeof(struct sort_item)) /* with the spare one for sorting */

static void count_part(enum rdata_part part, struct bytes value, void *arg)
{
	++*(size_t *)arg;
}

/* How many D rows one record makes at the most. */
static size_t heads_of(uint16_t type, struct bytes rdata)
{
	size_t n = 0;
	switch (type) {
	case TYPE_A:
	case TYPE_AAAA:
	case TYPE_NS:
	case TYPE_CNAME:
	case TYPE_PTR:
	case TYPE_MX:
	case TYPE_TXT:
	case TYPE_SRV:
	case TYPE_DS:
	case TYPE_DNSKEY:
	case TYPE_RRSIG:
	case TYPE_NSEC3:
		return 1;
	}
	rdata_parts(type, rdata, count_part, &n);
	size_t most = key_heads_limit(rdata.len);
	return n == 0 ? 1 : n > most ? most : n;
}

size_t derive_octets(struct bytes key)
{
	size_t owner = key_shared_len(key),
	       total = 2 * ITEMS + sizeof(struct named) + owner;
	struct reader r = reader_of(key);
	if (key.at[0] == TABLE_ASKED) /* and the same by client */
		return 2 * ITEMS + 16 + key.len;
	if (key.at[0] != TABLE_RRSET)
		return ITEMS;
	reader_skip(&r, owner);
	uint16_t type = reader_u16(&r);
	reader_skip(&r, 1);
	source_read_key(&r);
	size_t n = reader_u16(&r);
	if (n == 0xffff) {
		reader_skip(&r, KEY_DIGEST);
		n = reader_u32(&r);
	}
	struct reader set = reader_of(reader_take(&r, n));
	struct bytes rdata;
	while (rdataset_next(&set, &rdata))
		total += heads_of(type, rdata) *
			 (ITEMS + sizeof(struct derived) + owner + 2 * rdata.len + 24);
	return total;
}

void *heap_add(struct heap *h, size_t n, uint32_t *ref)
{
	n = (n + 7) / 8 * 8;
	if (h->room - h->used < n) {
		size_t room = h->room + h->room / 2 + n + ((size_t)1 << 16);
		uint8_t *at = realloc(h->at, room);
		if (at == NULL)
			return NULL;
		h->at = at;
		h->room = room;
	}
	*ref = (uint32_t)(h->used / 8);
	h->used += n;
	return h->at + *ref * (size_t)8;
}

void window_order_release(struct order *o)
{
	free(o->servers);
	free(o->rrsets);
	free(o->rdata);
	free(o->names);
	free(o->rdata_heap.at);
	free(o->name_heap.at);
	*o = (struct order){0};
}

static struct bytes row_key(const uint8_t *at)
{
	const struct row *r = (const struct row *)at;
	return BYTES(r->key, r->key_len);
}

static struct bytes derived_key(const uint8_t *at)
{
	const struct derived *d = (const struct derived *)at;
	return BYTES(d->key, d->len);
}

static struct bytes named_key(const uint8_t *at)
{
	const struct named *n = (const struct named *)at;
	return BYTES(n->key, n->len);
}

static int sort(struct sort_item *v, size_t n, sort_key_fn key_of, const uint8_t *base)
{
	struct sort_item *spare = malloc((n + 1) * sizeof(*spare));
	if (spare == NULL)
		return YORE_ENOMEM;
	sort_items(v, spare, n, key_of, base);
	free(spare);
	return 0;
}

/* ---- RRsets, servers, names ---- */

static int pick_rows(struct order *o)
{
	const struct window *w = o->window;
	size_t room = w->shelves[o->shelf].rows + 1;
	o->rrsets = malloc(room * sizeof(*o->rrsets));
	o->servers = malloc(room * sizeof(*o->servers));
	if (o->rrsets == NULL || o->servers == NULL)
		return YORE_ENOMEM;
	for (uint32_t u = window_next(w, 0); u != 0; u = window_next(w, u)) {
		const struct row *r = window_row(w, u);
		if (r->shelf != o->shelf)
			continue;
		if (r->key[0] == TABLE_SERVER)
			o->servers[o->server_count++].key = u;
		else
			o->rrsets[o->rrset_count++].key = u;
	}
	return 0;
}

static void name_merge(struct named *n, const struct span *s)
{
	if (n->first_s == WHEN_UNKNOWN ||
	    (s->first_s != WHEN_UNKNOWN && s->first_s < n->first_s))
		n->first_s = s->first_s;
	if (s->last_s > n->last_s)
		n->last_s = s->last_s;
	if (__builtin_add_overflow(n->count, s->count, &n->count))
		n->count = UINT64_MAX;
}

/* The rows of one owner follow each other; each owner makes one name. */
static int make_names(struct order *o)
{
	const struct window *w = o->window;
	struct bytes before = {0};
	uint32_t ref = 0;
	o->names = malloc((o->rrset_count + 1) * sizeof(*o->names));
	if (o->names == NULL)
		return YORE_ENOMEM;
	for (size_t i = 0; i < o->rrset_count; i++) {
		window_ask_ahead(w, o->rrsets, i, o->rrset_count);
		const struct row *r = window_row(w, o->rrsets[i].key);
		struct bytes owner = BYTES(r->key, r->key_len);
		struct span span;
		window_span(w, r, &span);
		if (before.len == 0 || !bytes_begins(owner, before)) {
			owner.len = before.len = key_shared_len(owner);
			before.at = owner.at;
			struct named *n =
			    heap_add(&o->name_heap, sizeof(*n) + owner.len, &ref);
			if (n == NULL)
				return YORE_ENOMEM;
			*n = (struct named){.first_s = WHEN_UNKNOWN,
					    .last_s = WHEN_UNKNOWN,
					    .len = (uint32_t)owner.len,
					    .flags = span.flags & SPAN_INTERVAL};
			n->key[0] = TABLE_NAME;
			name_reverse(BYTES(owner.at + 1, owner.len - 1), n->key + 1);
			o->names[o->name_count++].key = ref;
		}
		name_merge((struct named *)(o->name_heap.at + (size_t)ref * 8), &span);
	}
	return 0;
}

int window_order_init(struct order *o, const struct window *w, unsigned shelf)
{
	*o = (struct order){.window = w, .shelf = shelf};
	int r = pick_rows(o);
	return r < 0 ? r : sort(o->servers, o->server_count, row_key, o->window->at);
}

int window_order_rrsets(struct order *o)
{
	int r = sort(o->rrsets, o->rrset_count, row_key, o->window->at);
	if (r == 0)
		r = make_names(o);
	if (r == 0)
		r = sort(o->names, o->name_count, named_key, o->name_heap.at);
	return r;
}

/* ---- single records ---- */

struct deriving {
	struct order *o;
	const struct row *row;
	uint32_t unit;
	size_t suffix, room;
	bool proven;
	int err;
};

static int item_room(struct order *o, size_t *room)
{
	if (o->rdata_count < *room)
		return 0;
	*room += *room / 2 + 4096;
	struct sort_item *v = realloc(o->rdata, *room * sizeof(*v));
	if (v == NULL)
		return YORE_ENOMEM;
	o->rdata = v;
	return 0;
}

static void one_head(struct bytes base, void *arg)
{
	struct deriving *g = arg;
	uint32_t ref;
	struct derived *d =
	    heap_add(&g->o->rdata_heap, sizeof(*d) + base.len + g->suffix, &ref);
	if (d == NULL || item_room(g->o, &g->room) < 0) {
		g->err = YORE_ENOMEM;
		return;
	}
	d->row = g->unit;
	d->len = (uint32_t)(base.len + g->suffix) & INT32_MAX;
	d->proven = g->proven;
	memcpy(d->key, base.at, base.len);
	memcpy(d->key + base.len, g->row->key + g->row->key_len - g->suffix, g->suffix);
	g->o->rdata[g->o->rdata_count++].key = ref;
}

static int derive_row(struct deriving *g, struct buf *scratch)
{
	struct key_rrset_parts parts;
	struct bytes base = BYTES(g->row->key, g->row->key_len - g->suffix), rdata;
	int r = key_rrset_read(base, &parts);
	if (r < 0)
		return r;
	struct reader set = reader_of(parts.set.rdata);
	g->proven = parts.set.bailiwick != BAILIWICK_ABSENT;
	while (rdataset_next(&set, &rdata))
		g->o->heads_left_out +=
		    key_rdata_each(&parts.set, rdata, scratch, one_head, g);
	return scratch->err ? scratch->err : g->err;
}

int window_order_rdata(struct order *o)
{
	const struct window *w = o->window;
	struct deriving g = {.o = o};
	struct buf scratch;
	buf_init(&scratch, 1 << 20);
	g.suffix = key_suffix_len(TABLE_RDATA, w->shelves[o->shelf].year == 0);
	int r = 0;
	uint32_t u = w->shelves[o->shelf].rdata ? window_next(w, 0) : 0;
	for (; u != 0 && r == 0; u = window_next(w, u)) {
		g.row = window_row(w, u);
		g.unit = u;
		if (g.row->shelf == o->shelf && g.row->key[0] == TABLE_RRSET)
			r = derive_row(&g, &scratch);
	}
	buf_release(&scratch);
	return r < 0 ? r : sort(o->rdata, o->rdata_count, derived_key, o->rdata_heap.at);
}
