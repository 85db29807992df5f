/*
 * What only shows when the lines of one indicator are looked at together: fast flux,
 * short appearances before the main activity, name servers that changed after a
 * silence, names that stopped existing, and when this site itself first asked.
 */
#include <stdlib.h>

#include "dns/type.h"
#include "intel/inquiry.h"

static bool in_time(const struct line *l)
{
	return l->part_count && l->timed.timing <= TIMING_SPANS;
}

static bool is_own_server(const struct line *l)
{
	return l->whose.ownership != OWNER_SHARED &&
	       (l->whose.special == SPECIAL_NONE || l->whose.special == SPECIAL_CLOUD);
}

static int64_t first_s(const struct line *l)
{
	int64_t s = WHEN_UNKNOWN;
	for (size_t i = 0; i < l->part_count; i++)
		if (l->parts[i].first_s != WHEN_UNKNOWN &&
		    (s == WHEN_UNKNOWN || l->parts[i].first_s < s))
			s = l->parts[i].first_s;
	return s;
}

static int64_t last_s(const struct line *l)
{
	int64_t s = WHEN_UNKNOWN;
	for (size_t i = 0; i < l->part_count; i++)
		if (l->parts[i].last_s > s)
			s = l->parts[i].last_s;
	return s;
}

/* ---- fast flux ---- */

static uint32_t network_of(const struct investigation *q, const struct addr *a)
{
	struct asn asn;
	if (networks_asn(q->networks, a, &asn))
		return asn.number;
	return a->len == 4 ? 0x80000000u | load_u16be(a->at) : load_u32be(a->at);
}

static bool has_short_ttl(const struct line *l, uint32_t most)
{
	for (size_t i = 0; i < l->part_count; i++)
		if (l->parts[i].ttl_min > l->parts[i].ttl_max ||
		    l->parts[i].ttl_max > most)
			return false;
	return l->part_count > 0;
}

static int flux(struct investigation *q, size_t subject)
{
	uint32_t nets[64];
	unsigned addresses = 0, networks = 0;
	for (size_t i = 0; i < q->line_count; i++) {
		const struct line *l = q->lines[i];
		if (l->subject != subject || !in_time(l) || !is_own_server(l) ||
		    (*l->role && strcmp(l->role, "alias") != 0) ||
		    !has_short_ttl(l, q->options.flux_ttl_s))
			continue;
		uint32_t net = network_of(q, &l->at.lo);
		unsigned k = 0;
		while (k < networks && nets[k] != net)
			k++;
		if (k == networks && networks < 64)
			nets[networks++] = net;
		addresses++;
	}
	if (addresses < q->options.flux_addresses || networks < q->options.flux_networks)
		return 0;
	q->subjects[subject].flux = true;
	for (size_t i = 0; i < q->line_count; i++)
		if (q->lines[i]->subject == subject)
			q->lines[i]->facts.flux = true;
	return inquiry_note(
	    q, subject, NOTE_FLUX, WHEN_UNKNOWN,
	    "%u addresses in %u networks in the window, TTL at most %u s: "
	    "hunt for the name, not for addresses",
	    addresses, networks, q->options.flux_ttl_s);
}

/* ---- probes ---- */

static int64_t main_begins(const struct investigation *q, size_t subject,
			   const struct name *owner)
{
	int64_t s = WHEN_UNKNOWN;
	for (size_t i = 0; i < q->line_count; i++) {
		const struct line *l = q->lines[i];
		if (l->subject != subject || !in_time(l) || !is_own_server(l) ||
		    !bytes_equal(name_bytes(&l->owner), name_bytes(owner)))
			continue;
		int64_t at = first_s(l);
		if (at != WHEN_UNKNOWN && (s == WHEN_UNKNOWN || at < s))
			s = at;
	}
	return s;
}

static int probes(struct investigation *q, size_t subject)
{
	const struct inquiry_options *o = &q->options;
	int r = 0;
	for (size_t i = 0; i < q->line_count && r == 0; i++) {
		struct line *l = q->lines[i];
		int64_t from = first_s(l), to = last_s(l);
		if (l->subject != subject || l->timed.timing != TIMING_BEFORE ||
		    l->timed.both_sides || !is_own_server(l) || l->owner.len == 0 ||
		    from == WHEN_UNKNOWN || to - from > o->probe_s)
			continue;
		int64_t main = main_begins(q, subject, &l->owner);
		if (main == WHEN_UNKNOWN || main - to < o->probe_gap_s)
			continue;
		l->facts.probe = true;
		struct buf b;
		char day[WHEN_TEXT_MAX];
		buf_init(&b, 4096);
		line_address(l, &b);
		when_date_text(from, day);
		r = inquiry_note(q, subject, NOTE_PROBE, from,
				 "%s on %s, %lld days before the main activity",
				 buf_str(&b), day, (long long)((main - to) / 86400));
		buf_release(&b);
	}
	return r;
}

/* ---- breaks ---- */

struct reign { /* one name server, or one SOA's primary */
	struct bytes who;
	int64_t first_s, last_s;
};

static int by_first(const void *a, const void *b)
{
	const struct reign *x = a, *y = b;
	if (x->first_s != y->first_s)
		return x->first_s < y->first_s ? -1 : 1;
	return bytes_compare(x->who, y->who);
}

static size_t reigns(const struct answered *a, struct bytes owner, uint16_t type,
		     struct reign *out, size_t most)
{
	size_t n = 0;
	for (size_t i = 0; i < a->count; i++) {
		const struct row *r = &a->rows[i];
		if (r->type != type || !bytes_equal(r->owner, owner) ||
		    r->span.first_s == WHEN_UNKNOWN || r->span.last_s == WHEN_UNKNOWN)
			continue;
		size_t len = 0; /* the first name of the rdata */
		while (len < r->rdata.len && r->rdata.at[len])
			len += r->rdata.at[len] + (size_t)1;
		struct bytes who = BYTES(r->rdata.at, len < r->rdata.len ? len + 1 : 0);
		size_t k = 0;
		while (k < n && !bytes_equal(out[k].who, who))
			k++;
		if (k == n && n == most)
			continue;
		if (k == n)
			out[n++] = (struct reign){who, r->span.first_s, r->span.last_s};
		if (r->span.first_s < out[k].first_s)
			out[k].first_s = r->span.first_s;
		if (r->span.last_s > out[k].last_s)
			out[k].last_s = r->span.last_s;
	}
	qsort(out, n, sizeof(*out), by_first);
	return n;
}

static int breaks_of(struct investigation *q, size_t subject, const struct answered *a,
		     uint16_t type, const char *what)
{
	struct reign at[64];
	struct bytes owner = name_bytes(&q->subjects[subject].domain);
	size_t n = reigns(a, owner, type, at, 64);
	int64_t until = n ? at[0].last_s : 0;
	int r = 0;
	for (size_t i = 1; i < n && r == 0; i++) {
		if (at[i].first_s - until >= q->options.break_gap_s) {
			char old[NAME_TEXT_MAX], new[NAME_TEXT_MAX];
			name_text(at[i - 1].who, old);
			name_text(at[i].who, new);
			r = inquiry_note(q, subject, NOTE_BREAK, at[i].first_s,
					 "%s changed from %.200s to %.200s after %lld "
					 "days of silence",
					 what, old, new,
					 (long long)((at[i].first_s - until) / 86400));
		}
		if (at[i].last_s > until)
			until = at[i].last_s;
	}
	return r;
}

static int breaks(struct investigation *q, size_t subject, struct fault *f)
{
	const struct subject *s = &q->subjects[subject];
	struct inquest ask = {.kind = ASK_ZONE,
			      .name = s->domain,
			      .fence = FENCE_OPEN,
			      .limit = q->options.zone_most};
	const struct answered *a;
	if (s->domain.len == 0 || s->platform || q->options.no_subdomains)
		return 0;
	int r = evidence_ask(q->evidence, &ask, f, &a);
	if (r == 0)
		r = breaks_of(q, subject, a, TYPE_NS, "name servers");
	return r ? r : breaks_of(q, subject, a, TYPE_SOA, "the SOA's primary");
}

/* Nothing: what does that mean? */
static int nothing(struct investigation *q, size_t subject, const struct answered *a)
{
	return inquiry_note(
	    q, subject, NOTE_NOTHING, WHEN_UNKNOWN, "%s",
	    a->absent == ABSENCE_ERASED
		? "it was erased from the history: nothing can be said"
	    : a->absent == ABSENCE_EXPIRED
		? "in no history that was asked, but old records were removed (db expire)"
	    : a->absent == ABSENCE_COLLAPSED
		? "in no history that was asked, but names were collapsed and it "
		  "may be of these"
	    : a->absent == ABSENCE_UNKNOWN ? "in no history that was asked, but what was "
					     "erased or expired cannot be "
					     "told"
					   : "in no history that was asked");
}

/* An address: only where its absence proves nothing. */
static int address_gone(struct investigation *q, size_t subject, struct fault *f)
{
	const struct subject *s = &q->subjects[subject];
	struct inquest ask = {.kind = ASK_ADDRESS,
			      .range = s->ioc->range,
			      .fence = FENCE_OPEN,
			      .limit = q->options.address_most};
	const struct answered *a;
	int r = s->records ? 0 : evidence_ask(q->evidence, &ask, f, &a);
	if (r < 0 || s->records || a->absent == ABSENCE_NONE)
		return r;
	return nothing(q, subject, a);
}

/* ---- take-downs, and the first question of our own ---- */

static int names_own(struct investigation *q, size_t subject, struct fault *f)
{
	const struct subject *s = &q->subjects[subject];
	struct inquest ask = {
	    .kind = ASK_NAME, .name = s->ioc->name, .fence = FENCE_OPEN};
	const struct answered *a, *no, *own;
	int64_t asked = WHEN_UNKNOWN, last = WHEN_UNKNOWN;
	uint16_t who = SOURCE_NONE;
	char day[WHEN_TEXT_MAX];
	if (s->ioc->kind != IOC_NAME)
		return 0;
	int r = evidence_ask(q->evidence, &ask, f, &a);
	ask.kind = ASK_NEGATIVE;
	if (r == 0)
		r = evidence_ask(q->evidence, &ask, f, &no);
	ask.kind = ASK_REWRITTEN;
	if (r == 0)
		r = evidence_ask(q->evidence, &ask, f, &own);
	if (r < 0)
		return r;
	for (size_t i = 0; i < a->count; i++) {
		const struct row *row = &a->rows[i];
		bool ours = row->source == SOURCE_BELOW || row->source == SOURCE_ABOVE;
		if (row->span.last_s > last && row->hop == 0)
			last = row->span.last_s;
		if (ours && row->hop == 0 && row->span.first_s != WHEN_UNKNOWN &&
		    (asked == WHEN_UNKNOWN || row->span.first_s < asked)) {
			asked = row->span.first_s;
			who = row->source;
		}
	}
	for (size_t i = 0; i < own->count; i++)
		if (asked == WHEN_UNKNOWN || own->rows[i].span.first_s < asked) {
			asked = own->rows[i].span.first_s;
			who = own->rows[i].source;
		}
	if (asked != WHEN_UNKNOWN) {
		when_text(asked, day);
		r = inquiry_note(q, subject, NOTE_ASKED, asked, "%s (%s)", day,
				 source_is_rewriting(who)
				     ? "a client asked, our own resolver rewrote it"
				 : who == SOURCE_BELOW ? "a client asked"
						       : "the resolver fetched it");
	}
	for (size_t i = 0; i < no->count && r == 0; i++)
		if (last != WHEN_UNKNOWN && no->rows[i].span.last_s > last) {
			when_date_text(no->rows[i].span.last_s, day);
			return inquiry_note(q, subject, NOTE_TAKEDOWN,
					    no->rows[i].span.last_s,
					    "did not exist any more on %s", day);
		}
	if (r == 0 && s->records == 0)
		r = nothing(q, subject, a);
	return r;
}

int inquiry_shape(struct investigation *q, size_t subject, struct fault *f)
{
	int r = 0;
	if (q->subjects[subject].ioc->kind == IOC_ADDR)
		return address_gone(q, subject, f);
	if ((r = flux(q, subject)) < 0 || (r = probes(q, subject)) < 0 ||
	    (r = breaks(q, subject, f)) < 0)
		return r;
	return names_own(q, subject, f);
}
