/*
 * DNSDB, version 2 (stream framing: an answer without its last line is cut short) and
 * version 1 (bare lines, where a cut cannot be seen). Our own server speaks version 2.
 */
#include <inttypes.h>
#include <stdio.h>

#include "dns/type.h"
#include "remote/provider.h"

static void put_value(struct request *rq, const struct inquiry *q)
{
	struct buf value;
	buf_init(&value, INQUIRY_NAME_MAX);
	inquiry_put_name(&value, q);
	for (size_t i = 0; i < value.len; i++) /* a prefix is written with a comma */
		if (value.at[i] == '/')
			value.at[i] = ',';
	request_value_keep(rq, buf_str(&value), ",");
	buf_release(&value);
}

/* Without a limit the server's own holds: asking for everything may cost more. */
static void put_parameters(struct request *rq, const struct inquiry *q)
{
	char text[64];
	request_url(rq, "?swclient=yore&version=" YORE_VERSION);
	if (q->months)
		request_url(rq, "&aggr=f"); /* a row for each batch: gaps can be seen */
	if (q->limit) {
		snprintf(text, sizeof(text), "&limit=%" PRIu64, q->limit);
		request_url(rq, text);
	}
	if (q->last_after_s != WHEN_UNKNOWN) {
		snprintf(text, sizeof(text), "&time_last_after=%" PRId64,
			 q->last_after_s);
		request_url(rq, text);
	}
	if (q->first_before_s != WHEN_UNKNOWN) {
		snprintf(text, sizeof(text), "&time_first_before=%" PRId64,
			 q->first_before_s);
		request_url(rq, text);
	}
}

static int build_path(const struct account *a, const struct inquiry *q,
		      struct request *rq)
{
	char type[TYPE_TEXT_MAX] = "";
	bool rdata = q->side == SIDE_RDATA;
	request_url(rq, a->url);
	request_url(rq, rdata ? "/lookup/rdata/" : "/lookup/rrset/");
	request_url(rq, rdata && q->term->kind == TERM_ADDR ? "ip/" : "name/");
	put_value(rq, q);
	/* by address DNSDB takes A, AAAA and ANY only */
	bool fits = !(rdata && q->term->kind == TERM_ADDR) || q->type == TYPE_A ||
		    q->type == TYPE_AAAA;
	if (q->type && fits) {
		type_text(q->type, type);
		request_url(rq, "/");
		request_url(rq, type);
	}
	put_parameters(rq, q);
	if (a->key)
		request_header_secret(rq, "X-API-Key", a->key);
	return 0;
}

static int build(const struct account *a, const struct inquiry *q,
		 const struct page *page, struct request *rq)
{
	request_header(rq, "Accept", "application/x-ndjson");
	return build_path(a, q, rq);
}

static int build_v1(const struct account *a, const struct inquiry *q,
		    const struct page *page, struct request *rq)
{
	request_header(rq, "Accept", "application/json");
	return build_path(a, q, rq);
}

/* ---- the stream framing ---- */

struct frames {
	bool begun, ended;
	enum outcome outcome; /* of the last line: FOUND stands for succeeded */
	char text[200];
};

static void take_condition(struct frames *f, const json_t *o)
{
	const char *cond = json_in_str(o, "cond"), *msg = json_in_str(o, "msg");
	if (cond == NULL || strcmp(cond, "ongoing") == 0)
		return;
	snprintf(f->text, sizeof(f->text), "%s", msg ? msg : "");
	if (strcmp(cond, "begin") == 0) {
		f->begun = true;
	} else if (strcmp(cond, "succeeded") == 0) {
		f->ended = true;
	} else if (strcmp(cond, "limited") == 0) {
		f->ended = true;
		f->outcome = OUTCOME_TRUNCATED;
	} else {
		f->ended = true;
		f->outcome = OUTCOME_FAILED;
	}
}

static void take_line(struct reading *r, struct bytes line, struct frames *f)
{
	json_t *o = NULL;
	if (json_in(line, HTTP_LINE_MAX, NULL, &o) < 0 || !json_is_object(o)) {
		findings_unread(r->findings, "a line that is no JSON object");
	} else if (f->ended) {
		findings_unread(r->findings, "a line behind the end of the answer");
	} else {
		json_t *record = json_in_object(o, "obj");
		if (record)
			cof_say(r->findings, record, false);
		take_condition(f, o);
	}
	json_decref(o);
}

static void settle(struct reading *r, const struct frames *f)
{
	if (f->outcome == OUTCOME_TRUNCATED)
		reading_say(r, f->outcome, "limited%s%s", f->text[0] ? ": " : "",
			    f->text);
	else if (f->ended && f->outcome == OUTCOME_FAILED)
		reading_say(r, f->outcome, "the server gave up%s%s",
			    f->text[0] ? ": " : "", f->text);
	else if (!f->begun && !f->ended)
		reading_say(r, OUTCOME_FAILED, "the answer has no stream framing");
	else if (!f->ended)
		reading_say(r, OUTCOME_TRUNCATED, "the answer has no last line");
}

static void read(struct reading *r)
{
	struct bytes body = r->reply->body;
	struct frames f = {.outcome = OUTCOME_FOUND};
	while (body.len && r->findings->err == 0) {
		const uint8_t *nl = memchr(body.at, '\n', body.len);
		size_t n = nl ? (size_t)(nl - body.at) : body.len, len = n;
		while (len && body.at[len - 1] <= ' ')
			len--;
		if (len)
			take_line(r, BYTES(body.at, len), &f);
		n += nl != NULL;
		body.at += n;
		body.len -= n;
	}
	settle(r, &f);
}

static void read_v1(struct reading *r)
{
	uint64_t unread = r->findings->unread;
	size_t lines = cof_lines(r, r->reply->body, false);
	if (lines == 0 && r->findings->unread > unread)
		reading_say(r, OUTCOME_FAILED, "the answer is not COF: %s",
			    r->findings->why);
	else if (r->question->limit && lines >= r->question->limit)
		reading_say(r, OUTCOME_TRUNCATED,
			    "as many as were asked for: there may be "
			    "more");
}

static bool own_status(struct reading *r)
{
	if (r->reply->status == 400 || r->reply->status == 416) {
		reading_say(r, OUTCOME_FAILED,
			    "status %ld: the server does not take this "
			    "question",
			    r->reply->status);
		return true;
	}
	return false;
}

static bool own_status_v1(struct reading *r)
{
	if (r->reply->status == 404) {
		r->outcome = OUTCOME_NONE;
		return true;
	}
	return own_status(r);
}

/* ---- quota ---- */

static int quota_of(const struct account *a, const char *path, struct request *rq)
{
	request_url(rq, a->url);
	request_url(rq, path);
	request_header(rq, "Accept", "application/json");
	if (a->key)
		request_header_secret(rq, "X-API-Key", a->key);
	return 0;
}

static int quota_build(const struct account *a, struct request *rq)
{
	return quota_of(a, "/rate_limit", rq);
}

static int quota_build_v1(const struct account *a, struct request *rq)
{
	return quota_of(a, "/lookup/rate_limit", rq);
}

static int64_t quota_number(const json_t *rate, const char *key)
{
	int64_t v;
	return json_in_i64_of(rate, key, &v) == 1 ? v : -1;
}

int dnsdb_quota_read(const struct http_reply *reply, struct quota *ret)
{
	json_t *o;
	int e = json_in(reply->body, 64 << 10, NULL, &o);
	if (e < 0)
		return e;
	const json_t *rate = json_in_object(o, "rate");
	const char *limit = json_in_str(rate, "limit");
	*ret = QUOTA_NOT_SAID;
	if (rate) {
		ret->unlimited = limit && strcmp(limit, "unlimited") == 0;
		ret->limit = quota_number(rate, "limit");
		ret->remaining = quota_number(rate, "remaining");
		ret->reset_s = quota_number(rate, "reset");
	}
	json_decref(o);
	return rate ? 0 : YORE_EMALFORMED;
}

#define DNSDB_CAN (CAN_NAME | CAN_ZONE | CAN_STEM | CAN_ADDR | CAN_PREFIX | CAN_POINTING)

const struct provider provider_dnsdb = {
    .name = "dnsdb",
    .title = "DNSDB",
    .letter = 'd',
    .state = PROVIDER_LIVE,
    .lookup = LOOKUP_NEVER,
    .can = DNSDB_CAN,
    .url = "https://api.dnsdb.info/dnsdb/v2",
    .needs = "key",
    .note = "API version 2",
    .parallel = 4,
    .tlp = TLP_AMBER,
    .quotas = "by contract; asked with yore providers --quota",
    .build = build,
    .read = read,
    .own_status = own_status,
    .quota_build = quota_build,
    .quota_read = dnsdb_quota_read,
};

const struct provider provider_dnsdb1 = {
    .name = "dnsdb1",
    .title = "DNSDB, API version 1",
    .state = PROVIDER_UNVERIFIED,
    .lookup = LOOKUP_NEVER,
    .can = DNSDB_CAN,
    .url = "https://api.dnsdb.info",
    .needs = "key",
    .note = "a cut answer cannot be told from a whole one: prefer dnsdb",
    .parallel = 4,
    .tlp = TLP_AMBER,
    .build = build_v1,
    .read = read_v1,
    .own_status = own_status_v1,
    .quota_build = quota_build_v1,
    .quota_read = dnsdb_quota_read,
};
