/*
 * DNSDB's flexible search. By owner each (owner, type) is given once, by rdata each
 * (type, rdata); rows of one owner stand together, rows of one rdata nearly so (they are
 * found by the name inside, and come by owner), so a window of groups is kept and the
 * oldest is given when it is full. Memory does not grow with the answer.
 */
#include "api/answer_feed.h"
#include "base/json.h"
#include "dns/name.h"
#include "dns/type.h"
#include "format/put.h"

#define FLEX_GROUPS 256
#define FLEX_TEXT_MAX (1u << 20)

struct group {
	struct buf value; /* owner, or rdata */
	uint16_t type;
	struct span span;
	bool zone;
};

struct flex {
	struct group group[FLEX_GROUPS]; /* a ring */
	size_t oldest, count;
	uint64_t skipped, given;
	struct buf text;
};

static int begin(struct answer_feed *f, struct buf *out)
{
	struct flex *x = f->state;
	for (size_t i = 0; i < FLEX_GROUPS; i++)
		buf_init(&x->group[i].value, FLEX_TEXT_MAX);
	buf_init(&x->text, FLEX_TEXT_MAX);
	buf_puts(out, "{\"cond\":\"begin\"}\n");
	return out->err;
}

static void put_times(struct json *j, const struct group *g)
{
	const struct span *s = &g->span;
	if (s->count) {
		json_key(j, "count");
		json_u64(j, s->count);
	}
	if (s->first_s != WHEN_UNKNOWN) {
		json_key(j, g->zone ? "zone_time_first" : "time_first");
		json_i64(j, s->first_s);
	}
	if (s->last_s != WHEN_UNKNOWN) {
		json_key(j, g->zone ? "zone_time_last" : "time_last");
		json_i64(j, s->last_s);
	}
}

static void put_group(struct answer_feed *f, struct buf *out, const struct group *g)
{
	struct flex *x = f->state;
	struct json j;
	char type[TYPE_TEXT_MAX];
	bool by_owner = f->ask->query.side == SIDE_RRNAME;
	struct bytes value = buf_bytes(&g->value);
	buf_puts(out, "{\"obj\":");
	json_init(&j, out);
	json_open(&j, '{');
	buf_clear(&x->text);
	if (by_owner)
		name_put(&x->text, value);
	else
		put_rdata(&x->text, g->type, value, false);
	json_key(&j, by_owner ? "rrname" : "rdata");
	json_bytes(&j, buf_bytes(&x->text));
	type_text(g->type, type);
	json_key(&j, "rrtype");
	json_str(&j, type);
	if (!by_owner) {
		buf_clear(&x->text);
		buf_hex(&x->text, value);
		for (size_t i = 0; i < x->text.len; i++)
			if (x->text.at[i] >= 'a')
				x->text.at[i] = (uint8_t)(x->text.at[i] - 'a' + 'A');
		json_key(&j, "raw_rdata");
		json_bytes(&j, buf_bytes(&x->text));
	}
	if (!f->ask->terse)
		put_times(&j, g);
	json_close(&j, '}');
	buf_puts(out, "}\n");
}

/* Gives the oldest group. */
static int give(struct answer_feed *f, struct buf *out)
{
	struct flex *x = f->state;
	struct group *g = &x->group[x->oldest];
	if (x->skipped < f->ask->skip) {
		x->skipped++;
	} else if (x->given == f->ask->limit) {
		return ROW_STOP;
	} else {
		x->given++;
		put_group(f, out, g);
	}
	x->oldest = (x->oldest + 1) % FLEX_GROUPS;
	x->count--;
	return out->err;
}

static struct group *find(struct flex *x, uint16_t type, struct bytes value)
{
	for (size_t i = x->count; i-- > 0;) {
		struct group *g = &x->group[(x->oldest + i) % FLEX_GROUPS];
		if (g->type == type && bytes_equal(buf_bytes(&g->value), value))
			return g;
	}
	return NULL;
}

static int row(struct answer_feed *f, struct buf *out, const struct result *r)
{
	struct flex *x = f->state;
	struct bytes value = r->set.owner;
	if (f->ask->query.side == SIDE_RDATA) {
		struct reader in = reader_of(r->set.rdata);
		if (!rdataset_next(&in, &value))
			return 0;
	}
	struct group *g = find(x, r->set.type, value);
	if (g) {
		span_merge(&g->span, &r->span);
		return 0;
	}
	if (x->count == FLEX_GROUPS) {
		int e = give(f, out);
		if (e != 0)
			return e;
	}
	g = &x->group[(x->oldest + x->count++) % FLEX_GROUPS];
	buf_clear(&g->value);
	buf_put_bytes(&g->value, value);
	g->type = r->set.type;
	g->span = r->span;
	g->zone = r->zone_times;
	return g->value.err;
}

static int end(struct answer_feed *f, struct buf *out)
{
	struct flex *x = f->state;
	while (x->count) {
		int r = give(f, out);
		if (r < 0)
			return r;
		if (r == ROW_STOP) {
			f->end = f->end == END_FAILED ? END_FAILED : END_LIMITED;
			break;
		}
	}
	saf_put_end(f, out);
	return out->err;
}

static void release(struct answer_feed *f)
{
	struct flex *x = f->state;
	for (size_t i = 0; i < FLEX_GROUPS; i++)
		buf_release(&x->group[i].value);
	buf_release(&x->text);
}

const struct shape shape_flex = {.state = sizeof(struct flex),
				 .own_limit = true,
				 .begin = begin,
				 .row = row,
				 .end = end,
				 .release = release};
