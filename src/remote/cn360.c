/*
 * 360 passivedns.cn: the path is signed with the key, rdata come joined by semicolons.
 * Nobody has been seen using the service since 2020.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/digest.h"
#include "remote/provider.h"

#define RECORDS 10000

static void put_token(struct request *rq, const char *path, const char *key)
{
	struct buf text;
	char hex[33];
	buf_init(&text, 8192);
	buf_printf(&text, "%s%s", path, key);
	digest_md5_hex(buf_bytes(&text), hex);
	request_header_secret(rq, "X-BashToken", hex);
	explicit_bzero(text.at, text.len);
	buf_release(&text);
}

static int build(const struct account *a, const struct inquiry *q,
		 const struct page *page, struct request *rq)
{
	size_t began;
	char text[40];
	request_url(rq, a->url);
	began = rq->url.len;
	request_url(rq, q->side == SIDE_RDATA ? "/api/rdata/keyword/"
					      : "/api/rrset/keyword/");
	request_name(rq, q, ":");
	snprintf(text, sizeof(text), "/count/%" PRIu64 "/",
		 q->limit ? q->limit : RECORDS);
	request_url(rq, text);
	request_header(rq, "Accept", "application/json");
	if (a->user)
		request_header_secret(rq, "X-BashTokid", a->user);
	if (a->key)
		put_token(rq, buf_str(&rq->url) + began, a->key);
	return 0;
}

static void say_one(struct findings *rows, const json_t *o)
{
	struct said s = SAID_NOTHING;
	const char *list[RDATA_PER_ROW];
	const char *joined = json_in_str(o, "rdata");
	char *copy = joined ? strdup(joined) : NULL, *rest = copy, *one;
	int64_t count = 0;
	s.owner = json_in_str(o, "rrname");
	s.type = json_in_str(o, "rrtype");
	s.subsource = json_in_str(o, "_source");
	if (!s.owner || !s.type || !copy ||
	    json_in_i64_of(o, "time_first", &s.first_s) < 0 ||
	    json_in_i64_of(o, "time_last", &s.last_s) < 0 ||
	    json_in_i64_of(o, "count", &count) < 0 || count < 0) {
		findings_unread(rows,
				"a record without rrname, rrtype or rdata, or with times "
				"that are no numbers");
		free(copy);
		return;
	}
	while ((one = strsep(&rest, ";")) && s.rdata_count < RDATA_PER_ROW)
		if (*one)
			list[s.rdata_count++] = one;
	s.rdata = list;
	s.count = (uint64_t)count;
	findings_say(rows, &s);
	free(copy);
}

static void read(struct reading *r)
{
	json_t *o = reading_json(r), *item;
	size_t i;
	if (o == NULL)
		return;
	const char *err = json_in_str(o, "err");
	if (!json_is_array(o))
		reading_say(r, OUTCOME_FAILED, "%s", err ? err : "the answer is no list");
	else
		json_array_foreach(o, i, item) say_one(r->findings, item);
	uint64_t limit = r->question->limit ? r->question->limit : RECORDS;
	if (json_is_array(o) && json_array_size(o) >= limit)
		reading_say(r, OUTCOME_TRUNCATED,
			    "as many as were asked for: there may be "
			    "more");
	json_decref(o);
}

const struct provider provider_cn360 = {
    .name = "cn360",
    .title = "360 passivedns.cn",
    .letter = '3',
    .state = PROVIDER_UNVERIFIED,
    .lookup = LOOKUP_UNKNOWN,
    .can = CAN_NAME | CAN_ADDR,
    .url = "https://passivedns.cn",
    .needs = "user key",
    .note = "user is the API_ID",
    .parallel = 1,
    .tlp = TLP_AMBER,
    .build = build,
    .read = read,
};
