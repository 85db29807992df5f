/*
 * CIRCL Passive DNS: version 1 as it always was, version 2 by its dribble-* headers
 * (paging by a cursor, a filter by type). Version 2 resolves the name itself unless it is
 * told not to, so that header goes out with every request.
 */
#include <stdio.h>

#include "dns/type.h"
#include "remote/provider.h"

#define PAGE_RECORDS "1000"

static int build(const struct account *a, const struct inquiry *q,
		 const struct page *page, struct request *rq)
{
	char type[TYPE_TEXT_MAX];
	request_url(rq, a->url);
	request_url(rq, "/");
	request_name(rq, q, ":");
	request_header(rq, "Accept", "application/x-ndjson, application/json");
	if (!q->live)
		request_header(rq, "dribble-disable-active-query", "1");
	request_header(rq, "dribble-paginate-count", PAGE_RECORDS);
	if (page->cursor[0])
		request_header(rq, "dribble-paginate-cursor", page->cursor);
	if (q->type) {
		type_text(q->type, type);
		request_header(rq, "dribble-filter-rrtype", type);
	}
	request_account(rq, a);
	return 0;
}

static bool is_number(const char *s)
{
	return *s && strspn(s, "0123456789") == strlen(s) && strcmp(s, "0") != 0;
}

/* The cursor of the next page; a server that gives the same one again would never end. */
static void find_next(struct reading *r)
{
	char cursor[64];
	if (http_header(r->reply, "x-dribble-cursor", cursor, sizeof(cursor)) != 1 ||
	    !is_number(cursor))
		return;
	if (strcmp(cursor, r->page.cursor) == 0) {
		reading_say(r, OUTCOME_TRUNCATED, "the server's cursor does not move on");
		return;
	}
	r->more = true;
	r->next = r->page;
	r->next.number++;
	snprintf(r->next.cursor, sizeof(r->next.cursor), "%s", cursor);
}

static void read(struct reading *r)
{
	static const char slow[] = "Rate Limit Exceeded";
	char errors[200];
	struct bytes body = r->reply->body;
	if (bytes_begins(body, BYTES_LIT(slow))) {
		reading_say(r, OUTCOME_QUOTA, "too fast for CIRCL");
		return;
	}
	uint64_t unread = r->findings->unread;
	if (cof_lines(r, body, true) == 0 && r->findings->unread > unread) {
		reading_say(r, OUTCOME_FAILED, "the answer is not COF: %s",
			    r->findings->why);
		return;
	}
	find_next(r);
	if (http_header(r->reply, "x-dribble-errors", errors, sizeof(errors)) == 1 &&
	    errors[0] && strcmp(errors, "{}") != 0 && strcmp(errors, "[]") != 0)
		reading_say(r, OUTCOME_TRUNCATED, "the server says: %s", errors);
}

const struct provider provider_circl = {
    .name = "circl",
    .title = "CIRCL",
    .letter = 'c',
    .state = PROVIDER_LIVE,
    .lookup = LOOKUP_UNLESS_TOLD,
    .can = CAN_NAME | CAN_ADDR,
    .url = "https://www.circl.lu/pdns/query",
    .needs = "user password|key",
    .note = "for partners; user and password, or a token as key",
    .parallel = 2,
    .gap_ms = 200,
    .tlp = TLP_AMBER,
    .quotas = "not published",
    .build = build,
    .read = read,
    .own_status = reading_404_is_none,
};
