/* Mnemonic's passive DNS, version 3: /pdns/v3/VALUE and /pdns/v3/cof/VALUE. */
#include <inttypes.h>

#include "api/answer_feed.h"
#include "api/dialects.h"
#include "api/service.h"
#include "base/json.h"
#include "base/num.h"
#include "dns/name.h"
#include "dns/type.h"
#include "format/put.h"

#define ROWS_DEFAULT 25
#define TEXT_MAX_OCTETS (1u << 20)

struct container {
	struct buf text;
	uint64_t rows;
};

static int begin(struct answer_feed *f, struct buf *out)
{
	struct container *m = f->state;
	buf_init(&m->text, TEXT_MAX_OCTETS);
	buf_printf(out,
		   "{\"responseCode\":200,\"limit\":%" PRIu64 ",\"offset\":%" PRIu64
		   ",\"metaData\":{},\"messages\":[],\"data\":[",
		   f->limit, f->ask->query.offset);
	return out->err;
}

static void put_ms(struct json *j, const char *key, int64_t s)
{
	json_key(j, key);
	json_i64(j, s * 1000);
}

static void put_text(struct json *j, struct container *m, const char *key)
{
	json_key(j, key);
	json_bytes(j, buf_bytes(&m->text));
	buf_clear(&m->text);
}

static int row(struct answer_feed *f, struct buf *out, const struct result *r)
{
	struct container *m = f->state;
	const struct span *s = &r->span;
	struct reader in = reader_of(r->set.rdata);
	struct bytes rdata;
	struct json j;
	char type[TYPE_TEXT_MAX];
	if (!rdataset_next(&in, &rdata))
		return 0;
	if (m->rows++)
		buf_putc(out, ',');
	type_text(r->set.type, type);
	for (char *p = type; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	json_init(&j, out);
	json_open(&j, '{');
	json_key(&j, "rrclass");
	json_str(&j, "in");
	json_key(&j, "rrtype");
	json_str(&j, type);
	name_put_chomped(&m->text, r->set.owner);
	put_text(&j, m, "query");
	put_rdata(&m->text, r->set.type, rdata, true);
	put_text(&j, m, "answer");
	bool ttl = s->ttl_min <= s->ttl_max;
	json_key(&j, "minTtl");
	json_u64(&j, ttl ? s->ttl_min : 0);
	json_key(&j, "maxTtl");
	json_u64(&j, ttl ? s->ttl_max : 0);
	json_key(&j, "times");
	json_u64(&j, s->count ? s->count : 1);
	json_key(&j, "tlp");
	json_str(&j, "amber");
	put_ms(&j, "firstSeenTimestamp",
	       s->first_s == WHEN_UNKNOWN ? s->last_s : s->first_s);
	put_ms(&j, "lastSeenTimestamp",
	       s->last_s == WHEN_UNKNOWN ? s->first_s : s->last_s);
	json_close(&j, '}');
	return m->text.err;
}

static int end(struct answer_feed *f, struct buf *out)
{
	struct container *m = f->state;
	if (f->end == END_FAILED)
		return YORE_ECORRUPT;
	buf_printf(out, "],\"count\":%" PRIu64 ",\"size\":%" PRIu64 "}\n",
		   m->rows + f->ask->query.offset + (f->end == END_LIMITED), m->rows);
	return out->err;
}

static void release(struct answer_feed *f)
{
	struct container *m = f->state;
	buf_release(&m->text);
}

static const struct shape shape_container = {.state = sizeof(struct container),
					     .begin = begin,
					     .row = row,
					     .end = end,
					     .release = release};

static bool read_params(struct call *c, struct ask *a)
{
	const char *type = url_param(c->url, "rrType"),
		   *limit = url_param(c->url, "limit");
	uint64_t most = ask_rows_max(c), n = ROWS_DEFAULT;
	if (limit && num_u64(limit, UINT64_MAX, &n) < 0) {
		call_error(c, 400, "limit: not a number");
		return false;
	}
	if (n > most) {
		call_error(c, 412, "limit is above the %" PRIu64 " allowed", most);
		return false;
	}
	a->limit = n ? n : most;
	return ask_number(c, "offset", c->service->settings.offset_max,
			  &a->query.offset) &&
	       (type == NULL || *type == '\0' || ask_types(c, a, type));
}

static struct ask *read_ask(struct call *c, size_t at)
{
	char text[TERM_TEXT_MAX];
	struct addr_range range;
	struct ask *a = ask_new(c);
	if (a == NULL)
		return NULL;
	a->query.view = VIEW_RR;
	a->query.side = SIDE_BOTH;
	bool good = url_rest(c->url, at, text, sizeof(text)) == 0 && text[0];
	if (!good)
		call_error(c, 400, "the path lacks a name or an address");
	else if (addr_range_parse(text, &range) == 0)
		a->query.side = SIDE_RDATA, good = ask_address(c, a, text);
	else
		good = ask_name(c, a, text);
	if (good && read_params(c, a))
		return a;
	ask_free(a);
	return NULL;
}

void mnemonic_query(struct call *c, size_t at)
{
	struct ask *a = read_ask(c, at);
	if (a)
		call_answer(c, a, &shape_container, "application/json");
}

void mnemonic_cof(struct call *c, size_t at)
{
	struct ask *a = read_ask(c, at);
	if (a == NULL)
		return;
	a->options.string = true;
	call_answer(c, a, &shape_plain, "application/x-ndjson");
}
