/*
 * A yore server by its own API: every source it keeps stays apart, an answer says how it
 * ended, and whether anybody was watching when there is nothing.
 */
#include <inttypes.h>
#include <stdio.h>

#include "dns/type.h"
#include "remote/provider.h"

static int build(const struct account *a, const struct inquiry *q,
		 const struct page *page, struct request *rq)
{
	char text[80], type[TYPE_TEXT_MAX];
	request_url(rq, a->url);
	request_url(rq, "/api/v1/records?term=");
	request_name(rq, q, "");
	request_url(rq, q->side == SIDE_RDATA ? "&side=rdata" : "&side=rrname");
	snprintf(text, sizeof(text), "&limit=%" PRIu64, q->limit);
	request_url(rq, text);
	if (q->months)
		request_url(rq, "&view=month");
	if (q->type) {
		type_text(q->type, type);
		request_url(rq, "&type=");
		request_url(rq, type);
	}
	if (q->last_after_s != WHEN_UNKNOWN) {
		snprintf(text, sizeof(text), "&from=%" PRId64, q->last_after_s);
		request_url(rq, text);
	}
	if (q->first_before_s != WHEN_UNKNOWN) {
		snprintf(text, sizeof(text), "&to=%" PRId64, q->first_before_s);
		request_url(rq, text);
	}
	if (page->cursor[0]) {
		request_url(rq, "&cursor=");
		request_value(rq, page->cursor);
	}
	request_header(rq, "Accept", "application/x-ndjson");
	if (a->key)
		request_header_secret(rq, "X-API-Key", a->key);
	return 0;
}

/* Nothing was found there, and that proves nothing. */
static void say_unproven(struct reading *r, const json_t *end)
{
	const char *owner = json_in_str(end, "collapsed");
	if (json_is_true(json_object_get(end, "erased")))
		reading_say(r, OUTCOME_NONE, "and it was erased there");
	else if (json_is_true(json_object_get(end, "expired")))
		reading_say(r, OUTCOME_NONE, "and old records were removed there");
	else if (owner)
		reading_say(r, OUTCOME_NONE,
			    "and names were collapsed there, it may be of these: ask "
			    "for %.255s",
			    owner);
	else
		reading_say(r, OUTCOME_NONE,
			    "and it was not, or not wholly, watched there");
}

static void take_end(struct reading *r, const json_t *end)
{
	const char *cursor = json_in_str(end, "cursor"),
		   *text = json_in_str(end, "message");
	const char *status = json_in_str(end, "status");
	if (!json_is_true(json_object_get(end, "complete"))) {
		reading_say(r, OUTCOME_FAILED, "the server gave up%s%s", text ? ": " : "",
			    text ? text : "");
	} else if (json_is_true(json_object_get(end, "limited"))) {
		bool moves = cursor && *cursor && strcmp(cursor, r->page.cursor) != 0 &&
			     strlen(cursor) < sizeof(r->next.cursor);
		if (r->question->limit || !moves) {
			reading_say(r, OUTCOME_TRUNCATED, "limited");
			return;
		}
		r->more = true;
		r->next = r->page;
		r->next.number++;
		snprintf(r->next.cursor, sizeof(r->next.cursor), "%s", cursor);
	} else if (status && strcmp(status, "unwatched") == 0) {
		say_unproven(r, end);
	}
}

/* False: this line was the last. */
static bool take_line(struct reading *r, struct bytes line)
{
	json_t *o = NULL;
	bool last = false;
	if (json_in(line, HTTP_LINE_MAX, NULL, &o) < 0 || !json_is_object(o)) {
		findings_unread(r->findings, "a line that is no JSON object");
	} else if (json_in_object(o, "end")) {
		take_end(r, json_in_object(o, "end"));
		last = true;
	} else {
		cof_say(r->findings, o, false);
	}
	json_decref(o);
	return !last;
}

static void read(struct reading *r)
{
	struct bytes body = r->reply->body;
	bool open = true;
	while (open && body.len && r->findings->err == 0) {
		const uint8_t *nl = memchr(body.at, '\n', body.len);
		size_t n = nl ? (size_t)(nl - body.at) : body.len;
		if (n)
			open = take_line(r, BYTES(body.at, n));
		n += nl != NULL;
		body.at += n;
		body.len -= n;
	}
	if (open)
		reading_say(r, OUTCOME_TRUNCATED, "the answer has no last line");
}

static bool own_status(struct reading *r)
{
	if (r->reply->status != 400)
		return false;
	reading_say(r, OUTCOME_FAILED, "the server does not take this question");
	return true;
}

static int quota_build(const struct account *a, struct request *rq)
{
	request_url(rq, a->url);
	request_url(rq, "/dnsdb/v2/rate_limit");
	if (a->key)
		request_header_secret(rq, "X-API-Key", a->key);
	return 0;
}

const struct provider provider_yore = {
    .name = "yore",
    .title = "a yore server",
    .state = PROVIDER_LIVE,
    .lookup = LOOKUP_NEVER,
    .can = CAN_NAME | CAN_ZONE | CAN_STEM | CAN_ADDR | CAN_PREFIX | CAN_POINTING,
    .url = NULL,
    .needs = "key?",
    .note = "[provider NAME] type = yore, url = https://host",
    .parallel = 8,
    .tlp = TLP_AMBER,
    .build = build,
    .read = read,
    .own_status = own_status,
    .quota_build = quota_build,
    .quota_read = dnsdb_quota_read,
};
