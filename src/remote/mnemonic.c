/* Mnemonic, passive DNS API version 3: single records, times in milliseconds, a TLP. */
#include <inttypes.h>
#include <stdio.h>

#include "dns/type.h"
#include "remote/provider.h"

#define PAGE_RECORDS 1000

static int build(const struct account *a, const struct inquiry *q,
		 const struct page *page, struct request *rq)
{
	char text[120], type[TYPE_TEXT_MAX];
	request_url(rq, a->url);
	request_url(rq, "/");
	request_name(rq, q, ":");
	snprintf(text, sizeof(text),
		 "?aggregate=true&includeAnonymous=true&limit=%d&offset="
		 "%" PRIu64,
		 PAGE_RECORDS, page->offset);
	request_url(rq, text);
	if (q->type) {
		type_text(q->type, type);
		request_url(rq, "&rrType=");
		request_value(rq, type);
	}
	request_header(rq, "Accept", "application/json");
	if (a->key)
		request_header_secret(rq, "Argus-API-Key", a->key);
	return 0;
}

static int take_ms(const json_t *o, const char *key, int64_t *ret)
{
	int64_t ms;
	int r = json_in_i64_of(o, key, &ms);
	if (r == 1)
		*ret = ms < 0 ? -1 : ms / 1000;
	return r;
}

static void take_ttl(const json_t *o, struct said *s)
{
	int64_t least, most;
	int a = json_in_i64_of(o, "minTtl", &least);
	int b = json_in_i64_of(o, "maxTtl", &most);
	if (b != 1 || most < 0 || most > UINT32_MAX)
		return;
	if (a != 1 || least < 0 || least > most)
		least = most;
	s->has_ttl = true;
	s->ttl_min = (uint32_t)least;
	s->ttl_max = (uint32_t)most;
}

static void say_one(struct findings *rows, const json_t *o)
{
	struct said s = SAID_NOTHING;
	int64_t times = 0;
	enum tlp tlp;
	const char *answer = json_in_str(o, "answer"), *mark = json_in_str(o, "tlp");
	const char *class = json_in_str(o, "rrclass");
	s.owner = json_in_str(o, "query");
	s.type = json_in_str(o, "rrtype");
	if (class && strcasecmp(class, "in") != 0) {
		findings_unread(rows, "a record of another class");
		return;
	}
	if (!s.owner || !s.type || !answer ||
	    take_ms(o, "firstSeenTimestamp", &s.first_s) < 0 ||
	    take_ms(o, "lastSeenTimestamp", &s.last_s) < 0 ||
	    json_in_i64_of(o, "times", &times) < 0 || times < 0) {
		findings_unread(rows,
				"a record without query, rrtype or answer, or with times "
				"that are no numbers");
		return;
	}
	take_ttl(o, &s);
	s.count = (uint64_t)times;
	s.rdata = &answer;
	s.rdata_count = 1;
	if (mark && tlp_of_text(mark, &tlp) == 0)
		s.tlp = &tlp;
	findings_say(rows, &s);
}

/* The public allowance ends an answer with what fits; `count` says how many there are. */
static void find_next(struct reading *r, const json_t *o, size_t got)
{
	int64_t all;
	uint64_t so_far = r->page.offset + got;
	if (json_in_i64_of(o, "count", &all) != 1 || all < 0 || so_far >= (uint64_t)all)
		return;
	if (got == 0) {
		reading_say(r, OUTCOME_TRUNCATED, "%" PRIu64 " of %" PRId64 " records",
			    so_far, all);
		return;
	}
	r->more = true;
	r->next = r->page;
	r->next.number++;
	r->next.offset = so_far;
}

static void judge_code(struct reading *r, int64_t code)
{
	if (code == 401 || code == 403)
		reading_say(r, OUTCOME_REFUSED, "responseCode %d", (int)code);
	else if (code == 402 || code == 429)
		reading_say(r, OUTCOME_QUOTA, "responseCode %d", (int)code);
	else if (code == 412)
		reading_say(r, OUTCOME_TRUNCATED, "more than this account may see");
	else
		reading_say(r, OUTCOME_FAILED, "responseCode %d", (int)code);
}

static void read(struct reading *r)
{
	json_t *o = reading_json(r), *item;
	int64_t code = 200;
	size_t i;
	if (o == NULL)
		return;
	json_t *data = json_in_array(o, "data");
	int e = json_in_i64_of(o, "responseCode", &code);
	if (e < 0 || code < 200 || code > 299) {
		judge_code(r, code > INT32_MAX || code < 0 ? 0 : code);
	} else if (data == NULL) {
		reading_say(r, OUTCOME_FAILED, "the answer has no data");
	} else {
		json_array_foreach(data, i, item) say_one(r->findings, item);
		find_next(r, o, json_array_size(data));
	}
	json_decref(o);
}

static bool own_status(struct reading *r)
{
	if (r->reply->status == 404) {
		r->outcome = OUTCOME_NONE;
		return true;
	}
	if (r->reply->status == 412) {
		reading_say(r, OUTCOME_TRUNCATED, "more than this account may see");
		return true;
	}
	return false;
}

const struct provider provider_mnemonic = {
    .name = "mnemonic",
    .title = "Mnemonic",
    .letter = 'm',
    .state = PROVIDER_LIVE,
    .lookup = LOOKUP_NEVER,
    .can = CAN_NAME | CAN_ADDR,
    .url = "https://api.mnemonic.no/pdns/v3",
    .needs = "key?",
    .note = "public without a key, more with one",
    .parallel = 1,
    .gap_ms = 600,
    .tlp = TLP_AMBER,
    .quotas = "public: 100 a minute, 1000 a day",
    .build = build,
    .read = read,
    .own_status = own_status,
};
