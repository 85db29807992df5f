/* The case as a MISP event: indicators as attributes, verdicts as domain-ip objects. */
#include "base/json.h"
#include "intel/case.h"

static void text(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_str(j, value);
}

static void stamp(struct json *j, const char *key, int64_t s)
{
	char t[WHEN_TEXT_MAX];
	if (s == WHEN_UNKNOWN)
		return;
	when_text(s, t);
	text(j, key, t);
}

static void identity(struct json *j, const char *kind, const char *name)
{
	char id[37];
	case_uuid(kind, name, id);
	text(j, "uuid", id);
}

static void number(struct json *j, const char *key, int64_t v)
{
	struct buf b;
	buf_init(&b, 64);
	buf_i64(&b, v);
	text(j, key, buf_str(&b)); /* MISP writes its numbers as text */
	buf_release(&b);
}

static const char *ioc_type(const struct ioc *o)
{
	if (o->kind != IOC_ADDR)
		return name_labels(name_bytes(&o->name)) > 2 ? "hostname" : "domain";
	return "ip-dst";
}

static void one_indicator(struct json *j, const struct subject *s, const char *value,
			  const struct case_about *a)
{
	json_open(j, '{');
	identity(j, "indicator", s->ioc->kind == IOC_ZONE ? s->text : value);
	text(j, "type", ioc_type(s->ioc));
	text(j, "category", "Network activity");
	text(j, "value", value);
	json_key(j, "to_ids");
	json_bool(j, s->ioc->class == IOC_INDICATOR);
	number(j, "timestamp", a->now_s);
	text(j, "comment", s->ioc->why);
	json_close(j, '}');
}

static void indicator(struct json *j, const struct investigation *q, size_t n,
		      const struct case_about *a)
{
	const struct subject *s = &q->subjects[n];
	char prefix[CASE_PREFIX_MAX];
	if (s->ioc->kind != IOC_ADDR) {
		one_indicator(j, s, s->ioc->kind == IOC_ZONE ? s->text + 2 : s->text, a);
		return;
	}
	for (struct addr_range left = s->ioc->range; case_next_prefix(&left, prefix);)
		one_indicator(j, s, prefix, a);
}

static void attribute(struct json *j, const char *of, const char *relation,
		      const char *type, const char *value, bool ids)
{
	struct buf b;
	buf_init(&b, 1 << 16);
	buf_printf(&b, "%s %s %s", of, relation, value);
	json_open(j, '{');
	identity(j, "attribute", buf_str(&b));
	text(j, "object_relation", relation);
	text(j, "type", type);
	text(j, "category", "Network activity");
	text(j, "value", value);
	json_key(j, "to_ids");
	json_bool(j, ids);
	json_close(j, '}');
	buf_release(&b);
}

static void object(struct json *j, const struct investigation *q, const struct line *l,
		   const struct case_about *a)
{
	struct buf name, addr, of;
	int64_t first, last;
	char t[WHEN_TEXT_MAX];
	buf_init(&name, 1 << 16);
	buf_init(&addr, 1 << 16);
	buf_init(&of, 1 << 16);
	name_put_chomped(&name, name_bytes(&l->owner));
	line_address(l, &addr);
	line_ends(l, &first, &last);
	buf_printf(&of, "%s %s", buf_str(&name), buf_str(&addr));
	json_open(j, '{');
	identity(j, "object", buf_str(&of));
	text(j, "name", "domain-ip");
	text(j, "meta-category", "network");
	text(j, "template_uuid", "43b3b146-77eb-4931-b4cc-b66c60f28734");
	text(j, "template_version", "11");
	number(j, "timestamp", a->now_s);
	stamp(j, "first_seen", first);
	stamp(j, "last_seen", last);
	struct buf c;
	buf_init(&c, 4096);
	buf_printf(&c, "%s: %s; %s; %s", action_name(l->judged.action), l->judged.reason,
		   timing_name(l->timed.timing), l->whose.evidence);
	text(j, "comment", buf_str(&c));
	buf_release(&c);
	json_key(j, "Attribute");
	json_open(j, '[');
	bool ids = l->judged.action == ACTION_HUNT;
	attribute(j, buf_str(&of), "domain", "domain", buf_str(&name), false);
	attribute(j, buf_str(&of), "ip", "ip-dst", buf_str(&addr), ids);
	if (first != WHEN_UNKNOWN) {
		when_text(first, t);
		attribute(j, buf_str(&of), "first-seen", "datetime", t, false);
	}
	if (last != WHEN_UNKNOWN) {
		when_text(last, t);
		attribute(j, buf_str(&of), "last-seen", "datetime", t, false);
	}
	json_close(j, ']');
	json_close(j, '}');
	buf_release(&name);
	buf_release(&addr);
	buf_release(&of);
}

void case_misp(const struct investigation *q, const struct case_about *a, struct buf *out)
{
	struct json j;
	struct buf b;
	char day[WHEN_TEXT_MAX];
	buf_init(&b, 4096);
	json_init(&j, out);
	json_open(&j, '{');
	json_key(&j, "Event");
	json_open(&j, '{');
	buf_printf(&b, "%s %lld %lld", a->report, (long long)q->options.window.from_s,
		   (long long)q->options.window.to_s);
	identity(&j, "event", buf_str(&b));
	buf_clear(&b);
	buf_printf(&b, "Investigation of %s", a->report);
	text(&j, "info", buf_str(&b));
	when_date_text(a->now_s, day);
	text(&j, "date", day);
	text(&j, "threat_level_id", "2");
	text(&j, "analysis", "1");
	text(&j, "distribution", "0");
	json_key(&j, "published");
	json_bool(&j, false);
	number(&j, "timestamp", a->now_s);
	json_key(&j, "Tag");
	json_open(&j, '[');
	json_open(&j, '{');
	text(&j, "name", "tlp:amber");
	json_close(&j, '}');
	json_close(&j, ']');
	json_key(&j, "Attribute");
	json_open(&j, '[');
	for (size_t i = 0; i < q->subject_count; i++)
		indicator(&j, q, i, a);
	json_close(&j, ']');
	json_key(&j, "Object");
	json_open(&j, '[');
	for (size_t i = 0; i < q->line_count; i++)
		if (q->lines[i]->judged.action != ACTION_SKIP && q->lines[i]->owner.len)
			object(&j, q, q->lines[i], a);
	json_close(&j, ']');
	json_close(&j, '}');
	json_close(&j, '}');
	buf_putc(out, '\n');
	buf_release(&b);
}
