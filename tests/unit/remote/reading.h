/* A provider's reply read without a network, and what came of it as text. */
#ifndef TESTS_REMOTE_READING_H
#define TESTS_REMOTE_READING_H

#include <stdlib.h>

#include "dns/name.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "remote/account.h"
#include "tap.h"

static struct term asked_term;
static struct inquiry asked_question;
static struct findings said;
static struct buf dump;

static inline void put_time(int64_t s)
{
	char text[WHEN_TEXT_MAX] = "?";
	if (s != WHEN_UNKNOWN)
		when_text_plain(s, text);
	buf_printf(&dump, " %s", text);
}

static inline void put_finding(const struct finding *f)
{
	const struct rrset *s = &f->record.set;
	char type[TYPE_TEXT_MAX];
	struct reader r = reader_of(s->rdata);
	struct bytes rdata;
	name_put_chomped(&dump, s->owner);
	type_text(s->type, type);
	buf_printf(&dump, " %s ", type);
	for (int n = 0; rdataset_next(&r, &rdata); n++) {
		if (n)
			buf_putc(&dump, '|');
		rdata_put(&dump, s->type, rdata);
	}
	put_time(f->record.span.first_s);
	put_time(f->record.span.last_s);
	buf_printf(&dump, " %" PRIu64 " %s", f->record.span.count,
		   source_name(s->source));
	if (f->record.span.ttl_min <= f->record.span.ttl_max)
		buf_printf(&dump, " ttl %u-%u", f->record.span.ttl_min,
			   f->record.span.ttl_max);
	if (s->bailiwick != BAILIWICK_ABSENT)
		buf_printf(&dump, " bw %u", s->bailiwick);
	if (f->tlp != TLP_AMBER)
		buf_printf(&dump, " %s", tlp_text(f->tlp));
	buf_putc(&dump, '\n');
	if (!rdataset_valid(s->rdata) || !name_wire_valid(s->owner) ||
	    f->record.month != 0)
		ok(false, "a finding keeps to the laws of records");
}

static void ask_for(const char *text, enum side side)
{
	struct fault f;
	term_release(&asked_term);
	if (term_parse(text, &f, &asked_term) < 0)
		ok(false, "'%s' is a term", text);
	asked_question = (struct inquiry){.term = &asked_term,
					  .side = side,
					  .last_after_s = WHEN_UNKNOWN,
					  .first_before_s = WHEN_UNKNOWN};
}

/* Reads one reply as asking does; the text of all findings is in dump. */
static inline struct reading read_reply(const struct account *a, long status,
					const char *head, const char *body)
{
	static struct http_reply reply;
	findings_release(&said);
	findings_init(&said, a->name, 0);
	said.tlp = a->provider->tlp;
	buf_release(&dump);
	buf_init(&dump, 1 << 20);
	reply = (struct http_reply){
	    .status = status, .body = BYTES_STR(body), .head = BYTES_STR(head)};
	struct reading r = {.account = a,
			    .question = &asked_question,
			    .reply = &reply,
			    .findings = &said,
			    .outcome = OUTCOME_FOUND};
	const struct provider *p = a->provider;
	if (!(p->own_status && p->own_status(&r)) && !reading_usual_status(&r))
		p->read(&r);
	if (r.outcome == OUTCOME_FOUND && said.count == 0)
		r.outcome = OUTCOME_NONE;
	for (size_t i = 0; i < said.count; i++)
		put_finding(&said.at[i]);
	return r;
}

static inline const char *request_of(const struct account *a, const struct page *page,
				     bool masked)
{
	static struct buf out;
	struct request rq;
	struct page first = {0};
	buf_release(&out);
	buf_init(&out, 1 << 16);
	request_init(&rq, masked);
	int e = a->provider->build(a, &asked_question, page ? page : &first, &rq);
	if (e < 0 || request_error(&rq))
		buf_printf(&out, "error %d", e);
	else
		request_put(&out, &rq);
	request_release(&rq);
	return buf_str(&out);
}

static inline struct account account_of(const struct provider *p, const char *url)
{
	struct account a = {.provider = p, .url = strdup(url), .configured = true};
	snprintf(a.name, sizeof(a.name), "%s", p->name);
	return a;
}

static void reading_end(void)
{
	findings_release(&said);
	buf_release(&dump);
	term_release(&asked_term);
}

#endif
