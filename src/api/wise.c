/*
 * Arkime's WISE: /wise/ip/VALUE and /wise/domain/VALUE, one JSON object with the names
 * or values seen, 404 when there are none (it caches that).
 */
#include "api/answer_feed.h"
#include "api/dialects.h"
#include "base/json.h"
#include "dns/name.h"
#include "format/put.h"

#define WISE_VALUES 100
#define WISE_ROWS 10000

struct values { /* different ones, each with its length in front */
	struct buf text;
	size_t count;
};

struct wise {
	struct values names, datas;
	struct span span;
	bool any;
	struct buf scratch;
};

static void keep(struct values *v, struct bytes value)
{
	struct reader r = {0};
	struct bytes one;
	if (v->count > 0)
		r = reader_of(buf_bytes(&v->text));
	if (v->count == WISE_VALUES || value.len > UINT16_MAX)
		return;
	while (rdataset_next(&r, &one))
		if (bytes_equal(one, value))
			return;
	buf_u16be(&v->text, (uint16_t)value.len);
	buf_put_bytes(&v->text, value);
	v->count++;
}

static void put_values(struct json *j, const char *key, const struct values *v)
{
	struct reader r = {0};
	struct bytes one;
	if (v->count > 0)
		r = reader_of(buf_bytes(&v->text));
	json_key(j, key);
	json_open(j, '[');
	while (rdataset_next(&r, &one))
		json_bytes(j, one);
	json_close(j, ']');
}

static int begin(struct answer_feed *f, struct buf *out)
{
	struct wise *w = f->state;
	buf_init(&w->names.text, 8u << 20);
	buf_init(&w->datas.text, 8u << 20);
	buf_init(&w->scratch, 1u << 20);
	return 0;
}

static int row(struct answer_feed *f, struct buf *out, const struct result *r)
{
	struct wise *w = f->state;
	struct reader in = reader_of(r->set.rdata);
	struct bytes rdata;
	buf_clear(&w->scratch);
	name_put_chomped(&w->scratch, r->set.owner);
	keep(&w->names, buf_bytes(&w->scratch));
	while (rdataset_next(&in, &rdata)) {
		buf_clear(&w->scratch);
		put_rdata(&w->scratch, r->set.type, rdata, true);
		keep(&w->datas, buf_bytes(&w->scratch));
	}
	if (w->any)
		span_merge(&w->span, &r->span);
	else
		w->span = r->span;
	w->any = true;
	return 0;
}

static int end(struct answer_feed *f, struct buf *out)
{
	struct wise *w = f->state;
	struct json j;
	if (f->end == END_FAILED)
		return YORE_ECORRUPT;
	if (!w->any)
		return 0;
	json_init(&j, out);
	json_open(&j, '{');
	put_values(&j, "rrname", &w->names);
	put_values(&j, "rdata", &w->datas);
	if (w->span.first_s != WHEN_UNKNOWN) {
		json_key(&j, "first");
		json_i64(&j, w->span.first_s);
	}
	if (w->span.last_s != WHEN_UNKNOWN) {
		json_key(&j, "last");
		json_i64(&j, w->span.last_s);
	}
	json_key(&j, "count");
	json_u64(&j, w->span.count);
	json_close(&j, '}');
	buf_putc(out, '\n');
	return out->err;
}

static void release(struct answer_feed *f)
{
	struct wise *w = f->state;
	buf_release(&w->names.text);
	buf_release(&w->datas.text);
	buf_release(&w->scratch);
}

static const struct shape shape_wise = {.state = sizeof(struct wise),
					.begin = begin,
					.row = row,
					.end = end,
					.release = release};

static void settle(struct call *c, bool ended)
{
	if (ended && c->feed->rows == 0)
		call_error(c, 404, "not seen");
}

void wise_lookup(struct call *c, size_t at)
{
	const struct url *u = c->url;
	if (u->piece_count != at + 2 ||
	    (strcmp(u->piece[at], "ip") != 0 && strcmp(u->piece[at], "domain") != 0)) {
		call_error(c, 400, "ask /wise/ip/ADDRESS or /wise/domain/NAME");
		return;
	}
	bool ip = strcmp(u->piece[at], "ip") == 0;
	struct ask *a = ask_new(c);
	if (a == NULL)
		return;
	a->query.side = ip ? SIDE_RDATA : SIDE_RRNAME;
	if (!(ip ? ask_address(c, a, u->piece[at + 1])
		 : ask_name(c, a, u->piece[at + 1]))) {
		ask_free(a);
		return;
	}
	if (a->limit > WISE_ROWS)
		a->limit = WISE_ROWS;
	call_answer(c, a, &shape_wise, "application/json");
	c->settle = settle;
	if (c->feed)
		c->feed->first = FEED_CEILING;
}
