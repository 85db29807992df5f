/*
 * The case as a STIX 2.1 bundle: observables with the identifiers the standard derives
 * from their values, who resolved to what and when, indicators for what is hunted.
 * Every identifier is a UUID of version 5, so the same case gives the same bundle.
 */
#include <stdio.h>

#include "base/json.h"
#include "intel/case.h"

struct stix {
	struct json j;
	char now[WHEN_TEXT_MAX];
	char made_by[64];
};

static void text(struct stix *s, const char *key, const char *value)
{
	json_key(&s->j, key);
	json_str(&s->j, value);
}

static void stamp(struct stix *s, const char *key, int64_t t)
{
	char b[WHEN_TEXT_MAX];
	if (t == WHEN_UNKNOWN)
		return;
	when_text(t, b);
	text(s, key, b);
}

static void begin(struct stix *s, const char *type, const char *id, bool domain_object)
{
	json_open(&s->j, '{');
	text(s, "type", type);
	text(s, "spec_version", "2.1");
	text(s, "id", id);
	if (!domain_object)
		return;
	if (*s->made_by)
		text(s, "created_by_ref", s->made_by);
	text(s, "created", s->now);
	text(s, "modified", s->now);
}

static void make_id(const char *type, const char *name, char out[64])
{
	char id[37];
	case_uuid(type, name, id);
	snprintf(out, 64, "%s--%s", type, id);
}

/* "domain-name--...", from {"value":"..."} as the standard says. */
static void observable_id(const char *type, const char *value, char out[64])
{
	struct buf b;
	struct json j;
	char id[37];
	buf_init(&b, 1 << 16);
	json_init(&j, &b);
	json_open(&j, '{');
	json_key(&j, "value");
	json_str(&j, value);
	json_close(&j, '}');
	stix_uuid(buf_str(&b), id);
	snprintf(out, 64, "%s--%s", type, id);
	buf_release(&b);
}

static void observable(struct stix *s, const char *type, const char *value, char id[64])
{
	observable_id(type, value, id);
	begin(s, type, id, false);
	text(s, "value", value);
	json_close(&s->j, '}');
}

static const char *address_type(const struct line *l)
{
	return l->at.lo.len == 4 ? "ipv4-addr" : "ipv6-addr";
}

static bool same_address(const struct line *a, const struct line *b)
{
	return addr_equal(&a->at.lo, &b->at.lo) && addr_equal(&a->at.hi, &b->at.hi);
}

static bool same_owner(const struct line *a, const struct line *b)
{
	return bytes_equal(name_bytes(&a->owner), name_bytes(&b->owner));
}

static bool is_listed(const struct line *l)
{
	return l->judged.action != ACTION_SKIP;
}

/* Has none of the lines before this one written that already? */
static bool is_first(const struct investigation *q, size_t n,
		     bool (*same)(const struct line *, const struct line *),
		     bool (*counts)(const struct line *))
{
	for (size_t i = 0; i < n; i++)
		if (counts(q->lines[i]) && same(q->lines[i], q->lines[n]))
			return false;
	return true;
}

static void resolves(struct stix *s, const struct line *l, const char *name_id,
		     const char *addr_id)
{
	struct buf b;
	char id[64];
	int64_t first, last;
	buf_init(&b, 4096);
	buf_printf(&b, "%s %s", name_id, addr_id);
	make_id("relationship", buf_str(&b), id);
	line_ends(l, &first, &last);
	begin(s, "relationship", id, true);
	text(s, "relationship_type", "resolves-to");
	buf_clear(&b);
	buf_printf(&b, "%s: %s; %s; %s", action_name(l->judged.action), l->judged.reason,
		   timing_name(l->timed.timing), l->whose.evidence);
	text(s, "description", buf_str(&b));
	text(s, "source_ref", name_id);
	text(s, "target_ref", addr_id);
	stamp(s, "start_time", first);
	if (last != first)
		stamp(s, "stop_time", last);
	json_close(&s->j, '}');
	buf_release(&b);
}

static void indicator(struct stix *s, const struct investigation *q, const struct line *l,
		      const char *addr_id, const char *value)
{
	struct buf b;
	char id[64], rel[64];
	int64_t from, to;
	buf_init(&b, 4096);
	line_interval(l, &q->options.window, &from, &to);
	buf_printf(&b, "%s %lld %lld", value, (long long)from, (long long)to);
	make_id("indicator", buf_str(&b), id);
	begin(s, "indicator", id, true);
	buf_clear(&b);
	buf_printf(&b, "%s: look for %s", action_name(l->judged.action), value);
	text(s, "name", buf_str(&b));
	text(s, "description", l->judged.reason);
	buf_clear(&b);
	buf_printf(&b, "[%s:value = '%s']", address_type(l), value);
	text(s, "pattern", buf_str(&b));
	text(s, "pattern_type", "stix");
	stamp(s, "valid_from", from);
	stamp(s, "valid_until", to > from ? to : from + 1);
	json_close(&s->j, '}');
	make_id("relationship", id, rel);
	begin(s, "relationship", rel, true);
	text(s, "relationship_type", "based-on");
	text(s, "source_ref", id);
	text(s, "target_ref", addr_id);
	json_close(&s->j, '}');
	buf_release(&b);
}

static void address_of(struct stix *s, const struct investigation *q, size_t n,
		       const char *text, char id[64])
{
	const struct line *l = q->lines[n];
	if (is_first(q, n, same_address, is_listed))
		observable(s, address_type(l), text, id);
	else
		observable_id(address_type(l), text, id);
	if (line_is_hunted(l) && is_first(q, n, same_address, line_is_hunted))
		indicator(s, q, l, id, text);
}

static void one_line(struct stix *s, const struct investigation *q, size_t n)
{
	const struct line *l = q->lines[n];
	struct buf name;
	char name_id[64], addr_id[64], prefix[CASE_PREFIX_MAX];
	struct addr_range left = l->at;
	buf_init(&name, 1 << 16);
	name_put_chomped(&name, name_bytes(&l->owner));
	const char *owner = buf_str(&name);
	if (l->owner.len && is_first(q, n, same_owner, is_listed))
		observable(s, "domain-name", owner, name_id);
	else
		observable_id("domain-name", owner, name_id);
	while (case_next_prefix(&left, prefix)) {
		address_of(s, q, n, prefix, addr_id);
		if (l->owner.len)
			resolves(s, l, name_id, addr_id);
	}
	buf_release(&name);
}

void case_stix(const struct investigation *q, const struct case_about *a, struct buf *out)
{
	struct stix s = {0};
	struct buf b;
	char id[64];
	buf_init(&b, 4096);
	json_init(&s.j, out);
	when_text(a->now_s, s.now);
	json_open(&s.j, '{');
	text(&s, "type", "bundle");
	buf_printf(&b, "%s %lld %lld %s", a->report, (long long)q->options.window.from_s,
		   (long long)q->options.window.to_s, s.now);
	make_id("bundle", buf_str(&b), id);
	text(&s, "id", id);
	json_key(&s.j, "objects");
	json_open(&s.j, '[');
	make_id("identity", "yore", id);
	begin(&s, "identity", id, true);
	text(&s, "name", "yore");
	text(&s, "identity_class", "system");
	json_close(&s.j, '}');
	snprintf(s.made_by, sizeof(s.made_by), "%s", id);
	for (size_t i = 0; i < q->line_count; i++)
		if (q->lines[i]->judged.action != ACTION_SKIP)
			one_line(&s, q, i);
	json_close(&s.j, ']');
	json_close(&s.j, '}');
	buf_putc(out, '\n');
	buf_release(&b);
}
