/*
 * VirusTotal, API version 3: pairs of name and address with one date, the last time they
 * were seen together. A first time is not said, so there is none.
 */
#include <stdio.h>

#include "dns/type.h"
#include "remote/provider.h"

static int build(const struct account *a, const struct inquiry *q,
		 const struct page *page, struct request *rq)
{
	request_url(rq, a->url);
	request_url(rq, q->side == SIDE_RDATA ? "/ip_addresses/" : "/domains/");
	request_name(rq, q, ":");
	request_url(rq, "/resolutions?limit=40");
	if (page->cursor[0]) {
		request_url(rq, "&cursor=");
		request_value(rq, page->cursor);
	}
	request_header(rq, "Accept", "application/json");
	if (a->key)
		request_header_secret(rq, "x-apikey", a->key);
	return 0;
}

static void say_one(struct findings *rows, const json_t *item)
{
	const json_t *at = json_in_object(item, "attributes");
	const char *host = json_in_str(at, "host_name");
	const char *address = json_in_str(at, "ip_address");
	struct said s = SAID_NOTHING;
	struct addr a;
	if (!host || !address || addr_parse(address, &a) < 0) {
		findings_unread(rows, "a resolution without name or address");
		return;
	}
	if (json_in_i64_of(at, "date", &s.last_s) < 0) {
		findings_unread(rows, "a date that is no number");
		return;
	}
	s.owner = host;
	s.type_number = a.len == 4 ? TYPE_A : TYPE_AAAA;
	s.rdata = &address;
	s.rdata_count = 1;
	findings_say(rows, &s);
}

static void find_next(struct reading *r, const json_t *o)
{
	const char *cursor = json_in_str(json_in_object(o, "meta"), "cursor");
	if (cursor == NULL || !*cursor)
		return;
	if (strlen(cursor) >= sizeof(r->next.cursor) ||
	    strcmp(cursor, r->page.cursor) == 0) {
		reading_say(r, OUTCOME_TRUNCATED, "a cursor that leads nowhere");
		return;
	}
	r->more = true;
	r->next = r->page;
	r->next.number++;
	snprintf(r->next.cursor, sizeof(r->next.cursor), "%s", cursor);
}

static void read(struct reading *r)
{
	json_t *o = reading_json(r), *item;
	size_t i;
	if (o == NULL)
		return;
	json_t *data = json_in_array(o, "data");
	if (data == NULL)
		reading_say(r, OUTCOME_FAILED, "the answer has no data");
	json_array_foreach(data, i, item) say_one(r->findings, item);
	if (data)
		find_next(r, o);
	json_decref(o);
}

const struct provider provider_virustotal = {
    .name = "virustotal",
    .title = "VirusTotal",
    .letter = 'v',
    .state = PROVIDER_LIVE,
    .lookup = LOOKUP_NEVER,
    .can = CAN_NAME | CAN_ADDR,
    .url = "https://www.virustotal.com/api/v3",
    .needs = "key",
    .note = "one date only: the last; A and AAAA",
    .parallel = 1,
    .gap_ms = 15000,
    .pages = 5,
    .tlp = TLP_AMBER,
    .quotas = "public keys: 4 a minute, 500 a day; others may set gap = 0s",
    .build = build,
    .read = read,
    .own_status = reading_404_is_none,
};
