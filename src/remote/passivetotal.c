/*
 * PassiveTotal, API version 2: switched off by its owner. For those who run something
 * that answers like it. Each of the sources it names for a record gets a row.
 */
#include <stdio.h>

#include "dns/type.h"
#include "remote/provider.h"

static int build(const struct account *a, const struct inquiry *q,
		 const struct page *page, struct request *rq)
{
	request_url(rq, a->url);
	request_url(rq, "?query=");
	request_name(rq, q, "");
	request_header(rq, "Accept", "application/json");
	if (a->user)
		request_basic(rq, a->user, a->key ? a->key : "");
	return 0;
}

/* "2015-07-01 00:00:00", UTC; "None" and null are no date. */
static bool take_date(const json_t *o, const char *key, int64_t *ret)
{
	const char *text = json_in_str(o, key);
	if (!text || !*text || strcmp(text, "None") == 0)
		return true;
	return when_parse(text, 0, 0, false, ret) == 0;
}

static void say_sources(struct findings *rows, struct said *s, const json_t *sources)
{
	size_t i;
	json_t *name;
	if (json_array_size(sources) == 0) {
		findings_say(rows, s);
		return;
	}
	json_array_foreach(sources, i, name)
	{
		s->subsource = json_string_value(name);
		findings_say(rows, s);
	}
}

static void say_one(struct findings *rows, const json_t *o, const char *asked)
{
	struct said s = SAID_NOTHING;
	const char *resolve = json_in_str(o, "resolve"), *value = json_in_str(o, "value");
	const char *type = json_in_str(o, "recordType");
	struct addr a;
	if (value == NULL)
		value = asked;
	if (!resolve || !value || !take_date(o, "firstSeen", &s.first_s) ||
	    !take_date(o, "lastSeen", &s.last_s)) {
		findings_unread(rows,
				"a record without value or resolve, or with dates that "
				"are none");
		return;
	}
	/* asked by address, value is the address and resolve the name */
	bool reverse = addr_parse(value, &a) == 0;
	s.owner = reverse ? resolve : value;
	const char *rdata = reverse ? value : resolve;
	s.type = type && *type ? type : NULL;
	if (s.type == NULL) {
		bool is_address = addr_parse(rdata, &a) == 0;
		s.type_number = !is_address  ? TYPE_CNAME
				: a.len == 4 ? TYPE_A
					     : TYPE_AAAA;
	}
	s.rdata = &rdata;
	s.rdata_count = 1;
	say_sources(rows, &s, json_in_array(o, "source"));
}

static void read(struct reading *r)
{
	json_t *o = reading_json(r), *item;
	size_t i;
	int64_t all;
	if (o == NULL)
		return;
	json_t *results = json_in_array(o, "results");
	const char *message = json_in_str(o, "message");
	if (results == NULL)
		reading_say(r, OUTCOME_FAILED, "the answer has no results%s%s",
			    message ? ": " : "", message ? message : "");
	json_array_foreach(results, i, item)
	    say_one(r->findings, item, json_in_str(o, "queryValue"));
	if (results && json_in_i64_of(o, "totalRecords", &all) == 1 &&
	    all > (int64_t)json_array_size(results))
		reading_say(r, OUTCOME_TRUNCATED, "%zu of %lld records",
			    json_array_size(results), (long long)all);
	json_decref(o);
}

const struct provider provider_passivetotal = {
    .name = "passivetotal",
    .title = "PassiveTotal",
    .letter = 'p',
    .state = PROVIDER_RETIRED,
    .lookup = LOOKUP_NEVER,
    .can = CAN_NAME | CAN_ADDR,
    .url = "https://api.passivetotal.org/v2/dns/passive",
    .needs = "user key",
    .note = "switched off; needs url = of something that answers like it",
    .parallel = 2,
    .tlp = TLP_AMBER,
    .build = build,
    .read = read,
};
