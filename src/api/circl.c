/*
 * CIRCL's passive DNS: /pdns/query/VALUE, version 1 without headers and version 2's
 * "dribble" headers (filter, pages, errors); and D4's /query, /fquery and /info, which
 * are the same lines. One rdata a line, as a string; nothing found is 200 and empty. A
 * name is never resolved here, so dribble-disable-active-query asks for what is so.
 */
#include <inttypes.h>

#include "api/answer_feed.h"
#include "api/dialects.h"
#include "api/service.h"
#include "base/json.h"
#include "base/num.h"
#include "dns/type.h"

#define PAGE_MAX 5000

/*
 * PyPDNS looks types up in dnspython's table and loses the whole answer over one that is
 * not in it. These are ours and not in that of dnspython 2.3 (tested against it).
 */
static bool clients_fail_on(uint16_t type)
{
	static const uint16_t unknown[] = {23,	31,  32,  34,  40,  57,	 58,  66,  67, 68,
					   100, 101, 102, 128, 259, 261, 262, 263, 264};
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		if (unknown[i] == type)
			return true;
	return !type_known(type);
}

static bool read_value(struct call *c, struct ask *a, size_t at)
{
	char text[TERM_TEXT_MAX];
	if (url_rest(c->url, at, text, sizeof(text)) < 0 || text[0] == '\0') {
		call_error(c, 400, "the path lacks a name or an address");
		return false;
	}
	/* what MISP calls ip|port */
	text[strcspn(text, "|")] = '\0';
	struct addr_range range;
	if (addr_range_parse(text, &range) == 0)
		return ask_address(c, a, text);
	return ask_name(c, a, text);
}

static bool read_pages(struct call *c, struct ask *a)
{
	const char *count = c->header(c, "dribble-paginate-count");
	const char *cursor = c->header(c, "dribble-paginate-cursor");
	uint64_t n = 0;
	if (cursor && num_u64(cursor, INT64_MAX, &a->after) < 0) {
		call_error(c, 400, "dribble-paginate-cursor: not one of our cursors");
		return false;
	}
	if (count == NULL)
		return true;
	if (num_u64(count, UINT64_MAX, &n) < 0 || n == 0) {
		call_error(c, 400, "dribble-paginate-count: not a number of rows");
		return false;
	}
	a->limit = n < PAGE_MAX ? n : PAGE_MAX;
	return true;
}

/* Where the next page begins, and what is missing, are told before the rows. */
static void settle(struct call *c, bool ended)
{
	struct answer_feed *f = (struct answer_feed *)c->feed;
	struct buf text;
	struct json j;
	if (!ended)
		return;
	if (f->end == END_LIMITED && c->header(c, "dribble-paginate-count")) {
		call_header(c, "x-dribble-cursor", "%" PRIu64, f->cursor);
		return;
	}
	if (f->end == END_WHOLE)
		return;
	buf_init(&text, 400);
	json_init(&j, &text);
	json_open(&j, '{');
	json_key(&j, f->end == END_LIMITED ? "truncated" : "failed");
	json_str(&j, f->end == END_LIMITED ? "result limit reached" : f->feed.fault.text);
	json_close(&j, '}');
	call_header(c, "x-dribble-errors", "%s", buf_str(&text));
	buf_release(&text);
}

static void ask_circl(struct call *c, size_t at, enum side side)
{
	const char *type = c->header(c, "dribble-filter-rrtype");
	struct ask *a = ask_new(c);
	if (a == NULL)
		return;
	a->query.side = side;
	a->query.view = VIEW_RR;
	a->options.string = true;
	if (!read_value(c, a, at) || (type && !ask_types(c, a, type)) ||
	    !read_pages(c, a)) {
		ask_free(a);
		return;
	}
	if (type == NULL) /* who names a type knows it */
		a->leaves_out = clients_fail_on;
	call_answer(c, a, &shape_plain, "application/x-ndjson");
	c->settle = settle;
	if (c->feed && c->header(c, "dribble-paginate-count"))
		c->feed->first = FEED_CEILING; /* a page is bounded: all of it */
}

void circl_query(struct call *c, size_t at)
{
	ask_circl(c, at, SIDE_DEFAULT);
}

void d4_query(struct call *c, size_t at)
{
	ask_circl(c, at, SIDE_DEFAULT);
}

void d4_fquery(struct call *c, size_t at)
{
	ask_circl(c, at, SIDE_BOTH);
}

void d4_info(struct call *c, size_t at)
{
	struct json j;
	json_init(&j, &c->reply);
	json_open(&j, '{');
	json_key(&j, "version");
	json_str(&j, YORE_VERSION);
	json_key(&j, "software");
	json_str(&j, "yore");
	json_key(&j, "stats");
	json_u64(&j, atomic_load(&c->service->metrics.rows));
	json_key(&j, "sensors");
	json_open(&j, '[');
	json_close(&j, ']');
	json_close(&j, '}');
	buf_putc(&c->reply, '\n');
	call_done(c, 200, "application/json");
}
