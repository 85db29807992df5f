#include "remote/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "http/url.h"

struct pair {
	struct asked asked;
	struct term term;
	struct inquiry question;
	enum outcome worst; /* of its pages so far */
	struct page page;
	char key[65]; /* of the request under way */
	struct asking *asking;
};

struct side_of_account {
	struct findings findings;
	unsigned lane, under_way;
	size_t next; /* the first pair not yet begun */
	bool stopped;
	char why[200];
};

struct asking {
	struct ask_options o;
	struct http_client *http;
	struct pair **pairs;
	size_t count, room, done;
	uint32_t terms;
	struct side_of_account *sides;
	struct fault fault; /* of our own; ends it */
};

static int64_t clock_now(void)
{
	return (int64_t)time(NULL);
}

int asking_new(const struct ask_options *o, struct fault *f, struct asking **ret)
{
	struct asking *a = calloc(1, sizeof(*a));
	if (a)
		a->sides = calloc(o->with_count + 1, sizeof(*a->sides));
	if (!a || !a->sides) {
		free(a);
		return fault_set(f, YORE_ENOMEM, "asking: out of memory");
	}
	a->o = *o;
	if (a->o.now == NULL)
		a->o.now = clock_now;
	for (size_t i = 0; i < o->with_count; i++) {
		findings_init(&a->sides[i].findings, o->with[i]->name, 0);
		a->sides[i].findings.tlp = o->with[i]->provider->tlp;
	}
	*ret = a;
	return 0;
}

void asking_free(struct asking *a)
{
	if (a == NULL)
		return;
	http_close(a->http);
	for (size_t i = 0; i < a->count; i++) {
		free(a->pairs[i]->asked.term);
		free(a->pairs[i]);
	}
	for (size_t i = 0; i < a->o.with_count; i++)
		findings_release(&a->sides[i].findings);
	free(a->sides);
	free(a->pairs);
	free(a);
}

size_t asking_count(const struct asking *a)
{
	return a->count;
}

const struct asked *asking_at(const struct asking *a, size_t i)
{
	return &a->pairs[i]->asked;
}

struct findings *asking_findings(struct asking *a, size_t account)
{
	return &a->sides[account].findings;
}

bool asking_is_whole(const struct asking *a)
{
	for (size_t i = 0; i < a->count; i++)
		if (!outcome_is_whole(a->pairs[i]->asked.outcome) ||
		    a->pairs[i]->asked.unread)
			return false;
	return true;
}

uint64_t asking_records(const struct asking *a)
{
	uint64_t n = 0;
	for (size_t i = 0; i < a->o.with_count; i++)
		n += a->sides[i].findings.count;
	return n;
}

/* ---- adding ---- */

static struct pair *pair_new(struct asking *a, const struct term *t, enum side side,
			     size_t account)
{
	struct pair *p = calloc(1, sizeof(*p));
	struct buf text;
	if (p == NULL)
		return NULL;
	p->asking = a;
	p->term = *t;
	p->term.pattern = NULL; /* patterns and raw octets never leave */
	p->term.raw = NULL;
	p->question = (struct inquiry){.term = &p->term,
				       .side = side,
				       .type = a->o.type,
				       .last_after_s = a->o.last_after_s,
				       .first_before_s = a->o.first_before_s,
				       .limit = a->o.limit,
				       .live = a->o.discretion->live};
	buf_init(&text, 8192);
	if (t->kind == TERM_REGEX || t->kind == TERM_GLOB || t->kind == TERM_RAW)
		term_put(&text, t);
	else
		inquiry_put_name(&text, &p->question);
	p->asked = (struct asked){.term = strdup(buf_str(&text)),
				  .about = a->terms,
				  .side = side,
				  .account = account,
				  .outcome = OUTCOME_NOT_ASKED};
	buf_release(&text);
	snprintf(p->asked.text, sizeof(p->asked.text), "not yet");
	if (p->asked.term == NULL) {
		free(p);
		return NULL;
	}
	return p;
}

int asking_add(struct asking *a, const struct term *t, enum side side,
	       const enum tlp *tlp, struct fault *f)
{
	for (size_t i = 0; i < a->o.with_count; i++) {
		if (a->count == a->room) {
			size_t room = a->room ? a->room * 2 : 64;
			struct pair **more = a->room < ASKED_MAX
						 ? realloc(a->pairs, room * sizeof(*more))
						 : NULL;
			if (more == NULL)
				return fault_set(f, YORE_ELIMIT, "too many terms");
			a->pairs = more;
			a->room = room;
		}
		struct pair *p = pair_new(a, t, side, i);
		if (p == NULL)
			return fault_set(f, YORE_ENOMEM, "asking: out of memory");
		p->asked.tlp = tlp ? *tlp : a->o.discretion->unmarked;
		char why[160];
		const struct account *account = a->o.with[i];
		if (!discretion_allows(a->o.discretion, account, &p->question, tlp, why))
			snprintf(p->asked.text, sizeof(p->asked.text), "%s", why);
		else
			p->asked.text[0] = '\0';
		a->pairs[a->count++] = p;
	}
	return (int)a->terms++;
}

/* ---- ends ---- */

static void own_fault(struct asking *a, const struct fault *f)
{
	if (a->fault.code == 0)
		a->fault = *f;
}

static void finish(struct pair *p)
{
	struct asking *a = p->asking;
	const char *provider = a->o.with[p->asked.account]->name;
	struct fault f = {0};
	a->done++;
	if (a->o.resume && !a->o.dry_run && p->asked.outcome != OUTCOME_EARLIER &&
	    resume_write(a->o.resume, p->asked.term, p->asked.side, provider,
			 p->asked.outcome, p->asked.records, p->asked.asked_s,
			 p->asked.text, &f) < 0)
		own_fault(a, &f);
	if (a->o.progress)
		a->o.progress(a->done, a->count, a->o.progress_arg);
}

static void end_with(struct pair *p, enum outcome o, const char *text)
{
	p->asked.outcome = o;
	snprintf(p->asked.text, sizeof(p->asked.text), "%.299s", text);
}

/* What all pages came to. */
static void settle(struct pair *p)
{
	if (p->worst == OUTCOME_FOUND || p->worst == OUTCOME_NONE)
		p->worst = p->asked.records ? OUTCOME_FOUND : OUTCOME_NONE;
	p->asked.outcome = p->worst;
	struct side_of_account *s = &p->asking->sides[p->asked.account];
	if (p->worst != OUTCOME_REFUSED && p->worst != OUTCOME_QUOTA)
		return;
	s->stopped = true;
	snprintf(s->why, sizeof(s->why), "%s before: %.150s", outcome_text(p->worst),
		 p->asked.text);
}

/* ---- one page ---- */

static int send_page(struct pair *p);

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
		own_fault(a, &f);
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

static void start_more(struct asking *a, size_t account);

static void on_done(const struct http_reply *reply, void *arg)
{
	struct pair *p = arg;
	struct asking *a = p->asking;
	size_t account = p->asked.account;
	if (take_reply(p, reply, false) && a->fault.code == 0 && send_page(p) == 0)
		return;
	settle(p);
	finish(p);
	a->sides[account].under_way--;
	start_more(a, account);
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
	end_with(p, OUTCOME_NOT_ASKED, "--dry-run");
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
		end_with(p, OUTCOME_FAILED, f.text);
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
	own_fault(a, &f);
	end_with(p, OUTCOME_NOT_ASKED, f.text);
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
		end_with(p, OUTCOME_NOT_ASKED, "it cannot be asked this");
	else if (e < 0)
		end_with(p, OUTCOME_NOT_ASKED, yore_strerror(e));
	if (e == 0 && rq->secret && !account->plain_http &&
	    !url_is_private((const char *)rq->url.at)) {
		end_with(p, OUTCOME_NOT_ASKED,
			 "its key would travel unencrypted: use "
			 "https, or plain-http = yes");
		e = YORE_EREFUSED;
	}
	return e;
}

/* 0: on its way; else the pair has come to an end (its outcome is in worst). */
static int send_page(struct pair *p)
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

/* ---- running ---- */

static bool cannot(struct pair *p, const struct account *account)
{
	char text[200];
	const struct side_of_account *s = &p->asking->sides[p->asked.account];
	unsigned need = inquiry_needs(&p->question);
	if (p->asked.text[0]) { /* discretion said no */
		if (p->asking->o.dry_run)
			buf_printf(p->asking->o.dry_run, "# %s: %s: not asked: %s\n",
				   account->name, p->asked.term, p->asked.text);
		return true;
	}
	if (p->asking->fault.code)
		snprintf(text, sizeof(text), "%.190s", p->asking->fault.text);
	else if (!account->configured)
		snprintf(text, sizeof(text), "not configured: [%s] lacks %s",
			 account->section, account->lacks);
	else if (need == 0 || !(account->provider->can & need))
		snprintf(text, sizeof(text), "it cannot be asked this");
	else if (s->stopped)
		snprintf(text, sizeof(text), "%s", s->why);
	else
		return false;
	end_with(p, OUTCOME_NOT_ASKED, text);
	return true;
}

static void begin(struct pair *p)
{
	struct asking *a = p->asking;
	const struct account *account = a->o.with[p->asked.account];
	if (a->o.resume &&
	    resume_has(a->o.resume, p->asked.term, p->asked.side, account->name)) {
		end_with(p, OUTCOME_EARLIER, "answered in an earlier run");
		finish(p);
		return;
	}
	if (cannot(p, account)) {
		finish(p);
		return;
	}
	p->worst = OUTCOME_FOUND;
	if (send_page(p) == 0) {
		a->sides[p->asked.account].under_way++;
		return;
	}
	settle(p);
	finish(p);
}

static void start_more(struct asking *a, size_t account)
{
	struct side_of_account *s = &a->sides[account];
	while (s->next < a->count && s->under_way < a->o.with[account]->parallel) {
		struct pair *p = a->pairs[s->next++];
		if (p->asked.account == account)
			begin(p);
	}
}

static int open_client(struct asking *a, struct fault *f)
{
	if (a->http)
		return 0;
	int e = http_open(&(struct http_options){.parallel = 32}, f, &a->http);
	for (size_t i = 0; i < a->o.with_count && e == 0; i++) {
		struct http_lane lane = {.parallel = a->o.with[i]->parallel,
					 .gap_ms = a->o.with[i]->gap_ms};
		e = http_lane(a->http, &lane, &a->sides[i].lane);
		if (e < 0)
			fault_set(f, e, "too many providers");
	}
	return e;
}

int asking_run(struct asking *a, struct fault *f)
{
	int e = open_client(a, f);
	if (e < 0)
		return e;
	for (size_t i = 0; i < a->o.with_count; i++)
		start_more(a, i);
	e = http_run(a->http, f);
	if (e == 0 && a->fault.code) {
		if (f)
			*f = a->fault;
		e = a->fault.code;
	}
	return e;
}
