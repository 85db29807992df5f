#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "dns/psl.h"
#include "intel/inquiry.h"

#define DAY_S INT64_C(86400)

void inquiry_defaults(struct inquiry_options *o)
{
	static const struct inquiry_options d = {.zone_most = 2000,
						 .subdomain_most = 100,
						 .address_most = 5000,
						 .probe_s = 3 * DAY_S,
						 .probe_gap_s = 5 * DAY_S,
						 .break_gap_s = 7 * DAY_S,
						 .flux_addresses = 10,
						 .flux_networks = 5,
						 .flux_ttl_s = 900};
#define DEFAULT(field)     \
	if (o->field == 0) \
	o->field = d.field
	DEFAULT(zone_most);
	DEFAULT(subdomain_most);
	DEFAULT(address_most);
	DEFAULT(probe_s);
	DEFAULT(probe_gap_s);
	DEFAULT(break_gap_s);
	DEFAULT(flux_addresses);
	DEFAULT(flux_networks);
	DEFAULT(flux_ttl_s);
#undef DEFAULT
	whose_defaults(&o->whose);
	if (o->window.max_ttl_s == 0)
		o->window.max_ttl_s = TIMING_MAX_TTL_S;
}

void inquiry_release(struct investigation *q)
{
	for (size_t i = 0; i < q->line_count; i++) {
		for (size_t k = 0; k < q->lines[i]->part_count; k++)
			free(q->lines[i]->parts[k].months);
		free(q->lines[i]->parts);
	}
	free(q->lines);
	free(q->notes);
	arena_release(&q->arena);
	*q = (struct investigation){0};
}

/* ---- notes ---- */

int inquiry_note(struct investigation *q, size_t subject, enum note_kind kind,
		 int64_t when_s, const char *fmt, ...)
{
	char text[600];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (q->note_count == q->note_room) {
		size_t room = q->note_room ? q->note_room * 2 : 32;
		struct note *at = realloc(q->notes, room * sizeof(*at));
		if (at == NULL)
			return YORE_ENOMEM;
		q->notes = at;
		q->note_room = room;
	}
	const char *kept = arena_strdup(&q->arena, text);
	if (kept == NULL)
		return YORE_ENOMEM;
	q->notes[q->note_count++] = (struct note){subject, kind, when_s, kept};
	return 0;
}

const char *note_name(enum note_kind k)
{
	static const char *const names[] = {
	    "first asked here", "possible probe", "break", "take-down",
	    "fast flux",	"platform",	  "pivot", "no record"};
	return names[k];
}

/* ---- lines and their parts ---- */

static struct line *find_line(struct investigation *q, size_t subject, struct bytes owner,
			      const struct addr_range *at)
{
	for (size_t i = q->line_count; i-- > 0;) {
		struct line *l = q->lines[i];
		if (l->subject != subject)
			continue;
		if (bytes_equal(name_bytes(&l->owner), owner) &&
		    addr_equal(&l->at.lo, &at->lo) && addr_equal(&l->at.hi, &at->hi))
			return l;
	}
	return NULL;
}

static struct line *new_line(struct investigation *q)
{
	if (q->line_count == q->line_room) {
		size_t room = q->line_room ? q->line_room * 2 : 64;
		struct line **at = realloc(q->lines, room * sizeof(struct line *));
		if (at == NULL)
			return NULL;
		q->lines = at;
		q->line_room = room;
	}
	struct line *l = arena_alloc(&q->arena, sizeof(*l));
	if (l) {
		*l = (struct line){.timed = {.timing = TIMING_AFTER}};
		q->lines[q->line_count++] = l;
	}
	return l;
}

static void join_span(struct part *p, const struct row *r)
{
	struct span a = {.first_s = p->first_s, .last_s = p->last_s};
	if (r->span.first_s != WHEN_UNKNOWN &&
	    (a.first_s == WHEN_UNKNOWN || r->span.first_s < a.first_s))
		p->first_s = r->span.first_s;
	if (r->span.last_s != WHEN_UNKNOWN &&
	    (a.last_s == WHEN_UNKNOWN || r->span.last_s > a.last_s))
		p->last_s = r->span.last_s;
	p->count += r->span.count;
	if (r->span.ttl_min <= r->span.ttl_max) {
		if (r->span.ttl_min < p->ttl_min)
			p->ttl_min = r->span.ttl_min;
		if (r->span.ttl_max > p->ttl_max || p->ttl_max == 0)
			p->ttl_max = r->span.ttl_max;
	}
}

static int join_months(struct part *p, const struct row *r)
{
	if (p->month_count + r->month_count > p->month_room) {
		size_t room = (p->month_count + r->month_count) * 2;
		struct month_seen *m = realloc(p->months, room * sizeof(*m));
		if (m == NULL)
			return YORE_ENOMEM;
		p->months = m;
		p->month_room = room;
	}
	for (size_t i = 0; i < r->month_count; i++) {
		const struct month_seen *n = &r->months[i];
		size_t k = 0;
		while (k < p->month_count && p->months[k].month < n->month)
			k++;
		struct month_seen *m = &p->months[k];
		if (k < p->month_count && m->month == n->month) {
			m->days |= n->days;
			m->count += n->count;
			m->first_s = n->first_s < m->first_s ? n->first_s : m->first_s;
			m->last_s = n->last_s > m->last_s ? n->last_s : m->last_s;
			continue;
		}
		memmove(m + 1, m, (p->month_count - k) * sizeof(*m));
		*m = *n;
		p->month_count++;
	}
	return 0;
}

/* SEEN before CACHED before SPANS ...; of equals the wider bounds. */
static void stronger(struct timed *into, const struct timed *t)
{
	if (t->timing < into->timing) {
		*into = *t;
	} else if (t->timing == into->timing && t->from_s != WHEN_UNKNOWN &&
		   into->from_s != WHEN_UNKNOWN) {
		into->from_s = t->from_s < into->from_s ? t->from_s : into->from_s;
		into->to_s = t->to_s > into->to_s ? t->to_s : into->to_s;
	}
}

static struct part *part_of(struct line *l, const struct row *r)
{
	for (size_t i = 0; i < l->part_count; i++)
		if (l->parts[i].source == r->source)
			return &l->parts[i];
	if (l->part_count == l->part_room) {
		size_t room = l->part_room ? l->part_room * 2 : 2;
		struct part *at = realloc(l->parts, room * sizeof(*at));
		if (at == NULL)
			return NULL;
		l->parts = at;
		l->part_room = room;
	}
	struct part *p = &l->parts[l->part_count++];
	*p = (struct part){.source = r->source,
			   .zone_times = r->zone_times,
			   .stated = r->month_count == 0,
			   .first_s = WHEN_UNKNOWN,
			   .last_s = WHEN_UNKNOWN,
			   .ttl_min = UINT32_MAX,
			   .timed = {.timing = TIMING_AFTER}};
	return p;
}

int inquiry_line(struct investigation *q, size_t subject, struct bytes owner,
		 const struct addr_range *at, const char *role, const struct row *r,
		 struct line **ret)
{
	struct line *l = find_line(q, subject, owner, at);
	if (l == NULL && (l = new_line(q)) == NULL)
		return YORE_ENOMEM;
	if (l->role == NULL) {
		l->subject = subject;
		l->role = role;
		l->at = *at;
		l->owner.len = (uint8_t)owner.len;
		memcpy(l->owner.wire, owner.at, owner.len);
	}
	*ret = l;
	if (r == NULL)
		return 0;
	struct part *p = part_of(l, r);
	if (p == NULL)
		return YORE_ENOMEM;
	struct timing_record t = {r->months,	  r->month_count,  r->span.first_s,
				  r->span.last_s, r->span.ttl_min, r->span.ttl_max};
	struct timed timed = timing_judge(&t, &q->options.window);
	join_span(p, r);
	stronger(&p->timed, &timed);
	return join_months(p, r);
}

struct fence inquiry_reach(const struct investigation *q)
{
	const struct window *w = &q->options.window;
	return (struct fence){.from_s = w->from_s - w->max_ttl_s, .to_s = w->to_s};
}

/* ---- the whole ---- */

static int subjects(struct investigation *q)
{
	q->subjects = arena_alloc(&q->arena, (q->iocs->count + 1) * sizeof(*q->subjects));
	if (q->subjects == NULL)
		return YORE_ENOMEM;
	for (size_t i = 0; i < q->iocs->count; i++) {
		const struct ioc *ioc = q->iocs->at[i];
		char text[IOC_TEXT_MAX];
		if (ioc->class != IOC_INDICATOR && ioc->class != IOC_CANDIDATE)
			continue;
		struct subject *s = &q->subjects[q->subject_count++];
		*s = (struct subject){.ioc = ioc};
		ioc_text(ioc, text);
		s->text = arena_strdup(&q->arena, text);
		if (s->text == NULL)
			return YORE_ENOMEM;
		if (ioc->kind == IOC_ADDR)
			continue;
		struct bytes d = psl_registered(name_bytes(&ioc->name));
		s->domain.len = (uint8_t)d.len;
		if (d.len)
			memcpy(s->domain.wire, d.at, d.len);
	}
	return 0;
}

static void sum_up(struct line *l)
{
	struct timed best = {.timing = TIMING_AFTER};
	for (size_t i = 0; i < l->part_count; i++)
		if (i == 0)
			best = l->parts[0].timed;
		else
			stronger(&best, &l->parts[i].timed);
	l->timed = best;
}

static int64_t first_of(const struct line *l)
{
	int64_t s = INT64_MAX;
	for (size_t i = 0; i < l->part_count; i++) {
		const struct part *p = &l->parts[i];
		int64_t at = p->first_s != WHEN_UNKNOWN ? p->first_s : p->last_s;
		if (at != WHEN_UNKNOWN && at < s)
			s = at;
	}
	return s;
}

static int by_verdict(const void *a, const void *b)
{
	static const int rank[] = {0, 2, 3, 1}; /* HUNT, VICTIMS, REVIEW, SKIP */
	const struct line *x = *(struct line *const *)a, *y = *(struct line *const *)b;
	int d = rank[x->judged.action] - rank[y->judged.action];
	if (d == 0 && x->subject != y->subject)
		d = x->subject < y->subject ? -1 : 1;
	if (d == 0 && first_of(x) != first_of(y))
		d = first_of(x) < first_of(y) ? -1 : 1;
	if (d == 0)
		d = addr_compare(&x->at.lo, &y->at.lo);
	return d ? d : name_compare(name_bytes(&x->owner), name_bytes(&y->owner));
}

/* Where everything that is known begins: what was watched, and the oldest record. */
static int64_t begins(const struct evidence *e)
{
	int64_t s = e->history_begins_s;
	for (size_t i = 0; i < e->count; i++)
		for (size_t k = 0; k < e->at[i]->count; k++) {
			int64_t f = e->at[i]->rows[k].span.first_s;
			if (f != WHEN_UNKNOWN && (s == WHEN_UNKNOWN || f < s))
				s = f;
		}
	return s;
}

static int weigh_from(struct investigation *q, size_t from, struct fault *f)
{
	for (size_t i = from; i < q->line_count; i++) {
		sum_up(q->lines[i]);
		int r = inquiry_weigh(q, q->lines[i], f);
		if (r < 0)
			return r;
	}
	return 0;
}

static int judge_all(struct investigation *q, struct fault *f)
{
	int r = 0;
	for (size_t i = 0; i < q->subject_count && r == 0; i++)
		r = inquiry_shape(q, i, f);
	for (size_t i = 0; i < q->line_count; i++)
		q->lines[i]->judged = verdict_judge(&q->lines[i]->facts);
	return r;
}

int inquiry_run(struct investigation *q, const struct iocs *iocs, struct evidence *e,
		const struct networks *n, const struct inquiry_options *o,
		struct fault *f)
{
	*q = (struct investigation){
	    .options = *o, .iocs = iocs, .networks = n, .evidence = e};
	arena_init(&q->arena, (size_t)1 << 30);
	inquiry_defaults(&q->options);
	q->options.window.watched = e->watched;
	int r = subjects(q);
	for (size_t i = 0; i < q->subject_count && r == 0; i++)
		r = inquiry_collect(q, i, f);
	q->begins_s = begins(e);
	if (r == 0)
		r = weigh_from(q, 0, f);
	if (r == 0)
		r = judge_all(q, f);
	if (r == 0 && q->options.pivot) {
		size_t from = q->line_count;
		r = inquiry_pivot(q, f);
		if (r == 0)
			r = weigh_from(q, from, f);
		for (size_t i = from; i < q->line_count; i++)
			q->lines[i]->judged = verdict_judge(&q->lines[i]->facts);
	}
	if (r == 0)
		r = inquiry_override(q, f);
	if (q->line_count)
		qsort(q->lines, q->line_count, sizeof(struct line *), by_verdict);
	for (size_t i = 0; i < q->line_count; i++)
		q->count[q->lines[i]->judged.action]++;
	return r;
}

int inquiry_status(const struct investigation *q)
{
	const struct evidence *e = q->evidence;
	if (e->truncated || e->damaged || e->refused || e->outside.missing)
		return 3;
	for (size_t i = 0; i < q->line_count; i++)
		if (q->lines[i]->part_count && q->lines[i]->timed.timing <= TIMING_SPANS)
			return 0;
	return e->watched == 10000 ? 1 : 4;
}

/* ---- words for a line ---- */

void line_sources(const struct line *l, struct buf *out)
{
	for (size_t i = 0; i < l->part_count; i++)
		buf_printf(out, "%s%s", i ? "+" : "", source_name(l->parts[i].source));
	if (l->part_count == 0)
		buf_putc(out, '-');
}

void line_address(const struct line *l, struct buf *out)
{
	struct ioc i = {.kind = IOC_ADDR, .range = l->at};
	char text[IOC_TEXT_MAX];
	ioc_text(&i, text);
	buf_puts(out, text);
}

void line_name(const struct line *l, const struct investigation *q, struct buf *out)
{
	if (l->chain)
		buf_puts(out, l->chain);
	else if (l->owner.len)
		name_put_chomped(out, name_bytes(&l->owner));
	else
		buf_puts(out, "-");
}
