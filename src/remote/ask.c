#include "remote/ask_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

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
				       .months = a->o.months,
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

void asking_own_fault(struct asking *a, const struct fault *f)
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
		asking_own_fault(a, &f);
	if (a->o.progress)
		a->o.progress(a->done, a->count, a->o.progress_arg);
}

void pair_end_with(struct pair *p, enum outcome o, const char *text)
{
	p->asked.outcome = o;
	snprintf(p->asked.text, sizeof(p->asked.text), "%.299s", text);
}

/* What all pages came to. */
void pair_settle(struct pair *p)
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
	pair_end_with(p, OUTCOME_NOT_ASKED, text);
	return true;
}

static void begin(struct pair *p)
{
	struct asking *a = p->asking;
	const struct account *account = a->o.with[p->asked.account];
	if (a->o.resume &&
	    resume_has(a->o.resume, p->asked.term, p->asked.side, account->name)) {
		pair_end_with(p, OUTCOME_EARLIER, "answered in an earlier run");
		finish(p);
		return;
	}
	if (cannot(p, account)) {
		finish(p);
		return;
	}
	p->worst = OUTCOME_FOUND;
	if (pair_send(p) == 0) {
		a->sides[p->asked.account].under_way++;
		return;
	}
	pair_settle(p);
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

void pair_done(struct pair *p)
{
	struct asking *a = p->asking;
	size_t account = p->asked.account;
	pair_settle(p);
	finish(p);
	a->sides[account].under_way--;
	start_more(a, account);
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
