/* Replies of every provider: whatever comes, what is taken keeps to the laws of records.
 */
#include "dns/name.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "remote/account.h"

#include "law.h"

static struct accounts accounts;
static struct term name, address;

static void load(void)
{
	struct conf *c;
	if (accounts.count)
		return;
	LAW(conf_new(&c) == 0 && accounts_load(&accounts, c, NULL) == 0, "accounts");
	LAW(term_parse("www.example.com", NULL, &name) == 0, "a name");
	LAW(term_parse("192.0.2.10", NULL, &address) == 0, "an address");
	conf_free(c);
}

static void check(const struct finding *f, const char *provider)
{
	const struct rrset *s = &f->record.set;
	const struct span *p = &f->record.span;
	struct reader r = reader_of(s->rdata);
	struct bytes rdata;
	const char *source = source_name(s->source);
	size_t n = strlen(provider);
	LAW(f->record.month == 0 && (p->flags & SPAN_INTERVAL), "an interval row");
	LAW(name_wire_valid(s->owner), "an owner");
	LAW(!type_is_meta(s->type), "a type of data");
	LAW(rdataset_valid(s->rdata) && rdataset_count(s->rdata) > 0, "a packed set");
	while (rdataset_next(&r, &rdata))
		LAW(rdata_valid(s->type, rdata), "canonical rdata");
	LAW(p->first_s == WHEN_UNKNOWN || p->last_s == WHEN_UNKNOWN ||
		p->first_s <= p->last_s,
	    "first is not after last");
	LAW(strncmp(source, provider, n) == 0 && (source[n] == '\0' || source[n] == '.'),
	    "under its provider's source");
	LAW(s->bailiwick == BAILIWICK_ABSENT || s->bailiwick <= name_labels(s->owner),
	    "a bailiwick of its owner");
}

/* The first octet chooses the provider, the second status and side; a line of head. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const long statuses[] = {200, 200, 200, 204, 401, 404, 412, 429};
	struct input f = {data, size};
	struct findings found;
	load();
	const struct account *a = &accounts.at[feed_u8(&f) % accounts.count];
	uint8_t how = feed_u8(&f);
	const uint8_t *nl = f.left ? memchr(f.at, '\n', f.left) : NULL;
	struct bytes head = feed_bytes(&f, nl && how & 8 ? (size_t)(nl - f.at) + 1 : 0);
	struct http_reply reply = {
	    .status = statuses[how & 7], .head = head, .body = feed_bytes(&f, f.left)};
	struct inquiry q = {.term = how & 16 ? &address : &name,
			    .side = how & 16 ? SIDE_RDATA : SIDE_RRNAME,
			    .last_after_s = WHEN_UNKNOWN,
			    .first_before_s = WHEN_UNKNOWN};
	findings_init(&found, a->name, 16u << 20);
	struct reading r = {.account = a,
			    .question = &q,
			    .reply = &reply,
			    .findings = &found,
			    .outcome = OUTCOME_FOUND};
	const struct provider *p = a->provider;
	if (!(p->own_status && p->own_status(&r)) && !reading_usual_status(&r))
		p->read(&r);
	for (size_t i = 0; i < found.count; i++)
		check(&found.at[i], a->name);
	for (const char *s = r.text; *s; s++)
		LAW((unsigned char)*s >= 0x20 && *s != 0x7f, "text for people is plain");
	LAW(!r.more || r.next.number == r.page.number + 1, "pages count up");
	findings_release(&found);
	return 0;
}
