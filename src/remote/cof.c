/* Any server that answers GET BASE/VALUE with COF lines (balboa, D4, pdns-qof, ...). */
#include "remote/provider.h"

static int build(const struct account *a, const struct inquiry *q,
		 const struct page *page, struct request *rq)
{
	request_url(rq, a->url);
	request_url(rq, "/");
	request_name(rq, q, ":");
	request_header(rq, "Accept", "application/x-ndjson, application/json");
	request_account(rq, a);
	return 0;
}

static void read(struct reading *r)
{
	uint64_t unread = r->findings->unread;
	size_t lines = cof_lines(r, r->reply->body, false);
	if (lines == 0 && r->findings->unread > unread)
		reading_say(r, OUTCOME_FAILED, "the answer is not COF: %s",
			    r->findings->why);
}

const struct provider provider_cof = {
    .name = "cof",
    .title = "any server that speaks COF",
    .state = PROVIDER_LIVE,
    .lookup = LOOKUP_UNKNOWN,
    .can = CAN_NAME | CAN_ADDR,
    .url = NULL,
    .needs = "key?",
    .note = "[provider NAME] type = cof, url = https://host/pdns/query",
    .parallel = 4,
    .tlp = TLP_AMBER,
    .build = build,
    .read = read,
    .own_status = reading_404_is_none /* balboa's way */,
};
