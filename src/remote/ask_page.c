/* Asking, one page: built, written down, sent, read, kept. */
#include <stdio.h>

#include "http/url.h"
#include "remote/ask_own.h"

static void judge_broken(struct reading *r, const struct http_reply *reply)
{
	enum outcome o = OUTCOME_FAILED;
	if (reply->error == YORE_ETIMEOUT)
		o = OUTCOME_TIMEOUT;
	else if (reply->error == YORE_ETRUNCATED || reply->error == YORE_ELIMIT)
		o = OUTCOME_TRUNCATED;
	reading_say(r, o, "%s", reply->fault.text);
}

/* A broken stream: its whole lines are good all the same, where there are lines. */
static struct http_reply whole_lines(const struct http_reply *reply)
{
	struct http_reply r = *reply;
	while (r.body.len && r.body.at[r.body.len - 1] != '\n')
		r.body.len--;
	return r;
}

static void read_reply(struct pair *p, const struct http_reply *reply, struct reading *r)
{
	struct side_of_account *s = &p->asking->sides[p->asked.account];
	const struct provider *pr = p->asking->o.with[p->asked.account]->provider;
	size_t before = s->findings.count;
	uint64_t unread = s->findings.unread;
	struct http_reply cut;
	*r = (struct reading){.account = p->asking->o.with[p->asked.account],
			      .question = &p->question,
			      .page = p->page,
			      .reply = reply,
			      .findings = &s->findings,
			      .outcome = OUTCOME_FOUND};
	s->findings.question = p->asked.about;
	if (reply->error == YORE_ETRUNCATED && reply->status == 200) {
		cut = whole_lines(reply);
		r->reply = &cut;
		pr->read(r);
		r->reply = reply;
		r->more = false;
	}
	if (reply->error)
		judge_broken(r, reply);
	else if (!(pr->own_status && pr->own_status(r)) && !reading_usual_status(r))
		pr->read(r);
	if (s->findings.err)
		reading_say(r, OUTCOME_TRUNCATED, "no room for more records");
	p->asked.records += s->findings.count - before;
	p->asked.unread += s->findings.unread - unread;
}

static void keep_reply(struct pair *p, const struct http_reply *reply,
		       const struct reading *r)
{
	struct asking *a = p->asking;
	struct request masked;
	struct fault f = {0};
	bool good = r->outcome == OUTCOME_FOUND || r->outcome == OUTCOME_NONE ||
		    (r->outcome == OUTCOME_TRUNCATED && a->o.keep);
	if (!a->o.replies || !good || reply->error)
		return;
	request_init(&masked, true);
	const struct account *account = a->o.with[p->asked.account];
	if (account->provider->build(account, &p->question, &p->page, &masked) < 0 ||
	    replies_keep(a->o.replies, account->name, p->key, p->asked.asked_s, &masked,
			 p->asked.term, reply, p->asked.sha256, &f) < 0)
		asking_own_fault(a, &f);
	request_release(&masked);
}

/* True: another page is on its way. */
static bool take_reply(struct pair *p, const struct http_reply *reply, bool cached)
{
	struct reading r;
	p->asked.pages++;
	p->asked.elapsed_us += reply->elapsed_us;
	read_reply(p, reply, &r);
	if (!cached)
		keep_reply(p, reply, &r);
	if (r.text[0])
		snprintf(p->asked.text, sizeof(p->asked.text), "%s", r.text);
	if (p->worst == OUTCOME_FOUND || p->worst == OUTCOME_NONE)
		p->worst = r.outcome;
	if (!r.more || (r.outcome != OUTCOME_FOUND && r.outcome != OUTCOME_NONE))
		return false;
	const struct account *account = p->asking->o.with[p->asked.account];
	if (r.next.number >= account->pages) {
		p->worst = OUTCOME_TRUNCATED;
		snprintf(p->asked.text, sizeof(p->asked.text),
			 "more than %u pages (pages = N in [%s])", account->pages,
			 account->section);
		return false;
	}
	if (p->question.limit && p->asked.records >= p->question.limit) {
		p->worst = OUTCOME_TRUNCATED;
		snprintf(p->asked.text, sizeof(p->asked.text), "cut off at the limit");
		return false;
	}
	p->page = r.next;
	return true;
}

static void on_done(const struct http_reply *reply, void *arg)
{
	struct pair *p = arg;
	if (!take_reply(p, reply, false) || p->asking->fault.code || pair_send(p) != 0)
		pair_done(p);
}

static int from_kept(struct pair *p, const struct account *account)
{
	struct asking *a = p->asking;
	struct kept_reply kept;
	if (!a->o.replies || a->o.dry_run)
		return 0;
	if (replies_find(a->o.replies, account->name, p->key, a->o.now(), a->o.max_age_s,
			 &kept) != 1)
		return 0;
	p->asked.cached = true;
	p->asked.asked_s = kept.asked_s;
	memcpy(p->asked.sha256, kept.sha256, sizeof(kept.sha256));
	bool more = take_reply(p, &kept.reply, true);
	kept_reply_release(&kept);
	return more ? 2 : 1;
}

static void describe(struct pair *p, const struct account *account,
		     const struct request *masked)
{
	struct buf *out = p->asking->o.dry_run;
	buf_printf(out, "%s: ", account->name);
	request_put(out, masked);
	pair_end_with(p, OUTCOME_NOT_ASKED, "--dry-run");
}

static int put_on_wire(struct pair *p, const struct account *account,
		       const struct request *rq)
{
	struct asking *a = p->asking;
	const char *headers[REQUEST_HEADERS];
	struct fault f = {0};
	for (size_t i = 0; i < rq->header_count; i++)
		headers[i] = request_header_line(rq, i);
	struct http_request h = {.url = (const char *)rq->url.at,
				 .method = rq->method,
				 .headers = headers,
				 .header_count = rq->header_count,
				 .user_password = rq->user_password.len
						      ? (const char *)rq->user_password.at
						      : NULL,
				 .body = buf_bytes(&rq->body),
				 .lane = a->sides[p->asked.account].lane,
				 .charged = !account->own,
				 .timeout_ms = account->timeout_ms,
				 .ca_file = account->ca_file,
				 .done = on_done,
				 .arg = p};
	p->asked.asked_s = a->o.now();
	p->asked.cached = false;
	if (http_add(a->http, &h, &f) < 0) {
		pair_end_with(p, OUTCOME_FAILED, f.text);
		return YORE_EMALFORMED;
	}
	return 0;
}

static int write_down(struct pair *p, const struct account *account,
		      const struct request *masked)
{
	struct asking *a = p->asking;
	struct fault f = {0};
	if (!a->o.departure || account->own ||
	    departure_write(a->o.departure, a->o.now(), account, &p->question,
			    p->asked.tlp, masked, &f) == 0)
		return 0;
	asking_own_fault(a, &f);
	pair_end_with(p, OUTCOME_NOT_ASKED, f.text);
	return f.code;
}

static int build(struct pair *p, const struct account *account, struct request *rq)
{
	int e = account->provider->build(account, &p->question, &p->page, rq);
	if (e == 0)
		e = request_error(rq);
	if (e == 0) { /* C strings, for http_add */
		buf_str(&rq->url);
		buf_str(&rq->user_password);
	}
	if (e == YORE_EUNSUPPORTED)
		pair_end_with(p, OUTCOME_NOT_ASKED, "it cannot be asked this");
	else if (e < 0)
		pair_end_with(p, OUTCOME_NOT_ASKED, yore_strerror(e));
	if (e == 0 && rq->secret && !account->plain_http &&
	    !url_is_private((const char *)rq->url.at)) {
		pair_end_with(p, OUTCOME_NOT_ASKED,
			      "its key would travel unencrypted: use "
			      "https, or plain-http = yes");
		e = YORE_EREFUSED;
	}
	return e;
}

/* 0: on its way; else the pair has come to an end (its outcome is in worst). */
int pair_send(struct pair *p)
{
	const struct account *account = p->asking->o.with[p->asked.account];
	struct request masked, rq;
	int e;
	do {
		request_init(&masked, true);
		request_init(&rq, false);
		e = build(p, account, &rq);
		if (e == 0)
			e = build(p, account, &masked);
		if (e < 0)
			p->worst = p->asked.outcome;
		int kept = 0;
		if (e == 0) {
			reply_key(&masked, p->key);
			kept = from_kept(p, account);
		}
		if (e == 0 && kept == 0 && p->asking->o.dry_run) {
			describe(p, account, &masked);
			p->worst = OUTCOME_NOT_ASKED;
			e = 1;
		} else if (e == 0 && kept == 0) {
			e = write_down(p, account, &masked);
			if (e == 0)
				e = put_on_wire(p, account, &rq);
			if (e < 0)
				p->worst = p->asked.outcome;
		} else if (kept == 1) {
			e = 1;
		} else if (kept == 2) {
			e = YORE_EAGAIN;
		}
		request_release(&rq);
		request_release(&masked);
	} while (e == YORE_EAGAIN);
	return e;
}
