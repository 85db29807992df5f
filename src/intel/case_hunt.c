/*
 * hunt/: what to look for in flows, packets and logs. Each address only in the interval
 * of its verdict: before and after it belonged to somebody else, or to nobody.
 */
#include "intel/case.h"

struct target {
	const struct line *line;
	int64_t from_s, to_s;
	char text[CASE_PREFIX_MAX]; /* an address or a prefix */
	bool prefix;
};

typedef void (*target_fn)(const struct target *t, bool first, struct buf *out);

/* An address stands in several lines: one target, over all their intervals. */
static bool target_at(const struct investigation *q, size_t n, struct target *ret)
{
	const struct line *l = q->lines[n];
	if (!line_is_hunted(l))
		return false;
	*ret = (struct target){.line = l};
	line_interval(l, &q->options.window, &ret->from_s, &ret->to_s);
	for (size_t i = 0; i < q->line_count; i++) {
		const struct line *o = q->lines[i];
		int64_t from, to;
		if (i == n || !line_is_hunted(o) || !addr_equal(&o->at.lo, &l->at.lo) ||
		    !addr_equal(&o->at.hi, &l->at.hi))
			continue;
		if (i < n)
			return false;
		line_interval(o, &q->options.window, &from, &to);
		ret->from_s = from < ret->from_s ? from : ret->from_s;
		ret->to_s = to > ret->to_s ? to : ret->to_s;
	}
	return true;
}

static size_t each_target(const struct investigation *q, target_fn each, struct buf *out)
{
	struct target t;
	size_t n = 0;
	for (size_t i = 0; i < q->line_count; i++) {
		if (!target_at(q, i, &t))
			continue;
		struct addr_range left = t.line->at;
		while (case_next_prefix(&left, t.text)) {
			t.prefix = strchr(t.text, '/') != NULL;
			each(&t, n++ == 0, out);
		}
	}
	return n;
}

static void put_clock(struct buf *out, int64_t s, const char *format)
{
	struct civil c = when_civil(s);
	for (; *format; format++) {
		int v = *format == 'Y'	 ? c.year
			: *format == 'M' ? c.month
			: *format == 'D' ? c.day
			: *format == 'h' ? c.hour
			: *format == 'm' ? c.minute
			: *format == 's' ? c.second
					 : -1;
		if (v < 0)
			buf_putc(out, *format);
		else
			buf_printf(out, *format == 'Y' ? "%04d" : "%02d", v);
	}
}

/* ---- nfdump ---- */

static void nfdump(const struct target *t, bool first, struct buf *out)
{
	buf_printf(out, "# %s: %s\n", action_name(t->line->judged.action),
		   t->line->judged.reason);
	buf_puts(out, "nfdump -R \"$FLOWS\" -t ");
	put_clock(out, t->from_s, "Y/M/D.h:m:s");
	buf_putc(out, '-');
	put_clock(out, t->to_s, "Y/M/D.h:m:s");
	buf_printf(out, " '%s %s'\n", t->prefix ? "net" : "ip", t->text);
}

void case_nfdump(const struct investigation *q, struct buf *out)
{
	buf_puts(out, "#!/bin/sh\n# Flows to look for, each address in its interval only "
		      "(UTC).\n# usage: FLOWS=/var/cache/nfdump sh nfdump.sh\n"
		      "export TZ=UTC\n: \"${FLOWS:?the folder of the flows}\"\n");
	each_target(q, nfdump, out);
}

/* ---- Zeek ---- */

static void zeek(const struct target *t, bool first, struct buf *out)
{
	char from[WHEN_TEXT_MAX], to[WHEN_TEXT_MAX];
	when_text(t->from_s, from);
	when_text(t->to_s, to);
	buf_printf(out, "%s\tIntel::%s\tyore\t%s, only %s to %s: %s\n", t->text,
		   t->prefix ? "SUBNET" : "ADDR", action_name(t->line->judged.action),
		   from, to, t->line->judged.reason);
}

void case_zeek(const struct investigation *q, struct buf *out)
{
	buf_puts(out, "#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc\n");
	each_target(q, zeek, out);
	for (size_t i = 0; i < q->subject_count; i++) {
		const struct subject *s = &q->subjects[i];
		if (s->ioc->class == IOC_INDICATOR && s->ioc->kind != IOC_ADDR)
			buf_printf(out,
				   "%s\tIntel::DOMAIN\tyore\tnamed by the report, line "
				   "%u\n",
				   s->ioc->kind == IOC_ZONE ? s->text + 2 : s->text,
				   s->ioc->lines[0]);
	}
}

/* ---- Arkime ---- */

static void arkime(const struct target *t, bool first, struct buf *out)
{
	buf_printf(out, "%s(ip == %s && starttime >= \"", first ? "" : " || ", t->text);
	/* without a zone it would be the viewer's */
	put_clock(out, t->from_s, "Y/M/D h:m:s +00:00");
	buf_puts(out, "\" && starttime <= \"");
	put_clock(out, t->to_s, "Y/M/D h:m:s +00:00");
	buf_puts(out, "\")");
}

static void put_percent(struct buf *out, struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		int c = text.at[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			     (c >= 'a' && c <= 'z') || strchr("-_.~", c);
		if (plain)
			buf_putc(out, c);
		else
			buf_printf(out, "%%%02X", (unsigned)c);
	}
}

void case_arkime(const struct investigation *q, struct buf *out)
{
	struct buf e;
	struct target t;
	int64_t from = q->options.window.from_s, to = q->options.window.to_s;
	buf_init(&e, 16 << 20);
	if (each_target(q, arkime, &e) == 0) {
		buf_puts(out, "# nothing to hunt for\n");
	} else {
		for (size_t i = 0; i < q->line_count; i++)
			if (target_at(q, i, &t)) {
				from = t.from_s < from ? t.from_s : from;
				to = t.to_s > to ? t.to_s : to;
			}
		buf_put_bytes(out, buf_bytes(&e));
		buf_printf(out, "\n\n/sessions?startTime=%lld&stopTime=%lld&expression=",
			   (long long)from, (long long)to);
		put_percent(out, buf_bytes(&e));
		buf_putc(out, '\n');
	}
	buf_release(&e);
}

/* ---- BPF ---- */

static void bpf(const struct target *t, bool first, struct buf *out)
{
	buf_puts(out, first ? "" : " or ");
	buf_printf(out, "%s %s", t->prefix ? "net" : "host", t->text);
}

void case_bpf(const struct investigation *q, struct buf *out)
{
	if (each_target(q, bpf, out) == 0)
		buf_puts(out, "less 0"); /* matches nothing */
	buf_putc(out, '\n');
}
