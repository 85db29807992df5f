/*
 * The history of one indicator: its records with aliases followed, the names of the same
 * registered domain, and what may leak an origin (mail servers, SPF, mail. and the
 * like); for an address, everything that ever pointed at it.
 */
#include <stdio.h>

#include "dns/type.h"
#include "intel/inquiry.h"
#include "query/alias.h"

#define CHAIN_MOST 16
#define MX_MOST 8
#define SPF_MOST 16
#define ALIASES_MOST 50

static bool is_address(const struct row *r, struct addr_range *at)
{
	uint8_t len = r->type == TYPE_A ? 4 : r->type == TYPE_AAAA ? 16 : 0;
	if (len == 0 || r->rdata.len != len)
		return false;
	at->lo = at->hi = addr_of(r->rdata.at, len);
	return true;
}

/* ---- alias chains ---- */

struct chain {
	const struct answered *answer;
	struct bytes name[CHAIN_MOST]; /* from the address's owner back to the start */
	size_t count;
	enum timing timing; /* the weakest of the links */
	const struct zone_note *through;
};

static struct bytes via_of(const struct answered *a, struct bytes name, unsigned *hop)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->rows[i].hop && bytes_equal(a->rows[i].owner, name)) {
			*hop = a->rows[i].hop;
			return a->rows[i].via;
		}
	*hop = 0;
	return BYTES(NULL, 0);
}

/* How strongly did `from` lead to `to` in the window? */
static enum timing link_timing(const struct investigation *q, const struct answered *a,
			       struct bytes from, struct bytes to)
{
	enum timing best = TIMING_AFTER;
	bool any = false;
	for (size_t i = 0; i < a->count; i++) {
		const struct row *r = &a->rows[i];
		struct name target;
		bool leads =
		    alias_type(r->type) && alias_target(r->type, r->rdata, &target);
		if (leads && r->type == TYPE_DNAME) {
			struct name base = target, start = {.len = (uint8_t)from.len};
			memcpy(start.wire, from.at, from.len);
			leads = alias_replace(name_bytes(&start), r->owner,
					      name_bytes(&base), &target);
		} else {
			leads = leads && bytes_equal(r->owner, from);
		}
		if (!leads || !bytes_equal(name_bytes(&target), to))
			continue;
		struct timing_record t = {r->months,	   r->month_count,
					  r->span.first_s, r->span.last_s,
					  r->span.ttl_min, r->span.ttl_max};
		enum timing timing = timing_judge(&t, &q->options.window).timing;
		if (!any || timing < best)
			best = timing;
		any = true;
	}
	return any ? best : TIMING_SEEN;
}

static void chain_to(const struct investigation *q, const struct answered *a,
		     const struct row *r, struct chain *c)
{
	*c = (struct chain){.answer = a, .timing = TIMING_SEEN};
	unsigned hop = r->hop;
	c->name[c->count++] = r->owner;
	for (struct bytes at = r->owner; hop && c->count < CHAIN_MOST;) {
		struct bytes via = via_of(a, at, &hop);
		if (hop == 0)
			break;
		enum timing t = link_timing(q, a, via, at);
		if (t > c->timing)
			c->timing = t;
		c->name[c->count++] = at = via;
	}
	for (size_t i = 0; i < c->count && c->through == NULL; i++)
		c->through = networks_find_zone(q->networks, c->name[i]);
}

static const char *chain_text(struct investigation *q, const struct chain *c)
{
	struct buf b;
	buf_init(&b, 1 << 16);
	for (size_t i = c->count; i-- > 0;) {
		name_put_chomped(&b, c->name[i]);
		if (i)
			buf_puts(&b, " -> ");
	}
	const char *s = arena_strdup(&q->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

static int add_row(struct investigation *q, size_t subject, const struct answered *a,
		   const struct row *r, const char *role)
{
	struct addr_range at;
	struct line *l;
	struct chain c;
	if (!is_address(r, &at))
		return 0;
	chain_to(q, a, r, &c);
	int err = inquiry_line(q, subject, r->owner, &at, role, r, &l);
	if (err < 0)
		return err;
	l->through = c.through;
	if (r->hop && l->chain == NULL)
		l->chain = chain_text(q, &c);
	/* the address matters only while the alias led there */
	for (size_t i = 0; i < l->part_count; i++)
		if (r->hop && l->parts[i].timed.timing < c.timing)
			l->parts[i].timed.timing = c.timing;
	return 0;
}

/* ---- a name ---- */

static int ask(struct investigation *q, enum ask_kind kind, struct bytes name,
	       uint64_t limit, struct fault *f, const struct answered **ret)
{
	struct inquest a = {.kind = kind, .limit = limit, .fence = FENCE_OPEN};
	a.name.len = (uint8_t)name.len;
	memcpy(a.name.wire, name.at, name.len);
	return evidence_ask(q->evidence, &a, f, ret);
}

static int collect_name(struct investigation *q, size_t subject, struct bytes name,
			const char *role, struct fault *f)
{
	const struct answered *a;
	int r = ask(q, ASK_NAME, name, 0, f, &a);
	if (r < 0)
		return r;
	q->subjects[subject].records += a->count;
	for (size_t i = 0; i < a->count && r == 0; i++)
		r = add_row(q, subject, a, &a->rows[i],
			    a->rows[i].hop && !*role ? "alias" : role);
	return r;
}

/* Answers to this site's clients that its own resolvers made up. */
static int collect_rewritten(struct investigation *q, size_t subject, struct fault *f)
{
	const struct answered *a;
	struct bytes name = name_bytes(&q->subjects[subject].ioc->name);
	int r = ask(q, ASK_REWRITTEN, name, 0, f, &a);
	if (r < 0)
		return r;
	q->subjects[subject].records += a->count;
	for (size_t i = 0; i < a->count && r == 0; i++)
		r = add_row(q, subject, a, &a->rows[i], "");
	return r;
}

static bool is_subject(const struct investigation *q, struct bytes name)
{
	for (size_t i = 0; i < q->subject_count; i++)
		if (q->subjects[i].ioc->kind == IOC_NAME &&
		    bytes_equal(name_bytes(&q->subjects[i].ioc->name), name))
			return true;
	return false;
}

/* Names that often point past a CDN at the server itself. */
static bool may_leak_origin(struct bytes name)
{
	static const char *const labels[] = {
	    "mail",   "smtp",	"mx",  "pop", "imap",	"webmail", "direct",
	    "origin", "cpanel", "ftp", "ns1", "server", "vpn",	   "dev"};
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (name.at[0] == strlen(labels[i]) &&
		    memcmp(name.at + 1, labels[i], name.at[0]) == 0)
			return true;
	return false;
}

static size_t count_names(const struct answered *a)
{
	size_t n = 0;
	for (size_t i = 0; i < a->count; i++) /* owners come in runs */
		n += i == 0 || !bytes_equal(a->rows[i].owner, a->rows[i - 1].owner);
	return n;
}

static int spf_token(struct investigation *q, size_t subject, const struct row *r,
		     const char *token)
{
	struct addr_range at;
	struct line *l;
	if (strncmp(token, "ip4:", 4) != 0 && strncmp(token, "ip6:", 4) != 0)
		return 0;
	if (addr_range_parse(token + 4, &at) < 0)
		return 0;
	return inquiry_line(q, subject, r->owner, &at, "spf", r, &l);
}

/* "v=spf1 ip4:192.0.2.7 ip6:... -all", over the character-strings of a TXT. */
static int collect_spf(struct investigation *q, size_t subject, const struct row *r)
{
	char text[2048];
	size_t n = 0;
	struct reader rd = reader_of(r->rdata);
	while (reader_left(&rd)) {
		struct bytes s = reader_take(&rd, reader_u8(&rd));
		if (rd.err || n + s.len >= sizeof(text))
			return 0;
		memcpy(text + n, s.at, s.len);
		n += s.len;
	}
	text[n] = '\0';
	if (strncmp(text, "v=spf1", 6) != 0)
		return 0;
	char *save, *t = strtok_r(text, " ", &save);
	int err = 0;
	for (size_t i = 0; t && i < SPF_MOST && err == 0; i++) {
		err = spf_token(q, subject, r, *t == '+' ? t + 1 : t);
		t = strtok_r(NULL, " ", &save);
	}
	return err;
}

static int collect_mx(struct investigation *q, size_t subject, const struct row *r,
		      struct fault *f)
{
	struct bytes target = BYTES(r->rdata.at + 2, r->rdata.len - 2);
	if (r->rdata.len < 4 || !name_wire_valid(target))
		return 0;
	struct name lower;
	if (name_of_wire(target, &lower) < 0 ||
	    name_within(name_bytes(&lower), name_bytes(&q->subjects[subject].domain)) ||
	    networks_find_zone(q->networks, name_bytes(&lower)))
		return 0;
	return collect_name(q, subject, name_bytes(&lower), "mx", f);
}

/* What the domain's own records leak: mail servers and senders it allows. */
static int collect_leaks(struct investigation *q, size_t subject,
			 const struct answered *a, struct fault *f)
{
	const struct subject *s = &q->subjects[subject];
	int r = 0;
	unsigned mx = 0;
	for (size_t i = 0; i < a->count && r == 0; i++) {
		const struct row *row = &a->rows[i];
		if (!bytes_equal(row->owner, name_bytes(&s->domain)) &&
		    !bytes_equal(row->owner, name_bytes(&s->ioc->name)))
			continue;
		if (row->type == TYPE_MX && mx++ < MX_MOST)
			r = collect_mx(q, subject, row, f);
		else if (row->type == TYPE_TXT)
			r = collect_spf(q, subject, row);
	}
	return r;
}

static int collect_zone(struct investigation *q, size_t subject, struct fault *f)
{
	struct subject *s = &q->subjects[subject];
	const struct answered *a;
	bool asked = s->ioc->kind == IOC_ZONE;
	struct bytes zone = name_bytes(asked ? &s->ioc->name : &s->domain);
	int r = ask(q, ASK_ZONE, zone, q->options.zone_most, f, &a);
	if (r < 0)
		return r;
	size_t names = count_names(a);
	if (!asked && (a->truncated || names > q->options.subdomain_most)) {
		s->platform = true;
		return inquiry_note(
		    q, subject, NOTE_PLATFORM, WHEN_UNKNOWN,
		    "its registered domain has %s%zu names: many people's, "
		    "so only the name itself was looked at",
		    a->truncated ? "more than " : "", names);
	}
	struct bytes alias = BYTES(NULL, 0);
	unsigned aliases = 0;
	for (size_t i = 0; i < a->count && r == 0; i++) {
		const struct row *row = &a->rows[i];
		if (bytes_equal(row->owner, name_bytes(&s->ioc->name)) && !asked)
			continue;
		if (is_subject(q, row->owner))
			continue;
		const char *role = asked			 ? ""
				   : may_leak_origin(row->owner) ? "origin"
								 : "same domain";
		if (alias_type(row->type) && aliases < ALIASES_MOST &&
		    !bytes_equal(row->owner, alias)) {
			aliases++;
			alias = row->owner; /* kept by the evidence */
			r = collect_name(q, subject, alias, role, f);
		} else {
			r = add_row(q, subject, a, row, role);
		}
	}
	return r < 0 ? r : collect_leaks(q, subject, a, f);
}

/* ---- an address ---- */

static int collect_address(struct investigation *q, size_t subject, struct fault *f)
{
	struct subject *s = &q->subjects[subject];
	struct inquest ask = {.kind = ASK_ADDRESS,
			      .range = s->ioc->range,
			      .fence = FENCE_OPEN,
			      .limit = q->options.address_most};
	const struct answered *a;
	struct line *l;
	struct addr_range at;
	int r = evidence_ask(q->evidence, &ask, f, &a);
	if (r < 0)
		return r;
	s->records = a->count;
	r = inquiry_line(q, subject, BYTES("", 0), &s->ioc->range, "", NULL, &l);
	struct bytes last = BYTES(NULL, 0);
	for (size_t i = 0; i < a->count && r == 0; i++) {
		const struct row *row = &a->rows[i];
		if (!is_address(row, &at))
			continue;
		l->names += !bytes_equal(row->owner, last);
		last = row->owner;
		r = inquiry_line(q, subject, BYTES("", 0), &s->ioc->range, "", row, &l);
	}
	return r;
}

int inquiry_collect(struct investigation *q, size_t subject, struct fault *f)
{
	const struct subject *s = &q->subjects[subject];
	if (s->ioc->kind == IOC_ADDR)
		return collect_address(q, subject, f);
	int r = 0;
	if (s->ioc->kind == IOC_NAME)
		r = collect_name(q, subject, name_bytes(&s->ioc->name), "", f);
	if (r == 0 && s->ioc->kind == IOC_NAME)
		r = collect_rewritten(q, subject, f);
	if (r == 0 &&
	    (s->ioc->kind == IOC_ZONE || (s->domain.len && !q->options.no_subdomains)))
		r = collect_zone(q, subject, f);
	return r;
}

/* One step further: the names that strangers to the report have at hunted addresses. */
int inquiry_pivot(struct investigation *q, struct fault *f)
{
	size_t asked = 0, lines = q->line_count;
	for (size_t i = 0; i < lines && asked < 50; i++) {
		const struct line *l = q->lines[i];
		struct inquest ask = {.kind = ASK_NEIGHBOURS,
				      .range = l->at,
				      .limit = q->options.address_most,
				      .fence = inquiry_reach(q)};
		const struct answered *a;
		if (l->judged.action != ACTION_HUNT ||
		    l->whose.ownership != OWNER_DEDICATED)
			continue;
		int r = evidence_ask(q->evidence, &ask, f, &a);
		for (size_t k = 0; k < a->count && r == 0 && asked < 50; k++) {
			struct bytes owner = a->rows[k].owner;
			if (is_subject(q, owner) ||
			    (k && bytes_equal(owner, a->rows[k - 1].owner)))
				continue;
			asked++;
			r = collect_name(q, l->subject, owner, "pivot", f);
		}
		if (r < 0)
			return r;
	}
	return 0;
}
