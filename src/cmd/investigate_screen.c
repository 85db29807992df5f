#include "cmd/investigate_screen.h"
#include "dns/psl.h"

#define SKIP_REASONS 32
#define LINES_MOST 40 /* of one verdict, when the rest can be read in the case */
#define SILENT_SHOWN 3
#define NOTES_MOST 30

static void colour(const struct screen *s, struct buf *out, const char *code)
{
	if (s->colour)
		buf_printf(out, "\033[%sm", code);
}

/* Lines broken at words where a terminal would break them anywhere; text is emptied. */
static void put_wrapped(const struct screen *s, struct buf *text, struct buf *out)
{
	const char *at = buf_str(text), *end = at + text->len;
	if (text->len && end[-1] != '\n')
		buf_putc(text, '\n');
	at = buf_str(text);
	end = at + text->len;
	while (at < end) {
		size_t n = strcspn(at, "\n"), cut = n;
		if (s->height && n > s->width) {
			for (cut = s->width; cut > s->width / 2 && at[cut] != ' ';)
				cut--;
			cut = at[cut] == ' ' ? cut : s->width;
		}
		buf_put(out, at, cut);
		buf_putc(out, '\n');
		if (cut < n) {
			at += cut + (at[cut] == ' ');
			continue;
		}
		at += n + 1;
	}
	buf_clear(text);
}

static void put_day(struct buf *out, int64_t t)
{
	char day[WHEN_TEXT_MAX];
	when_date_text(t, day);
	buf_puts(out, t == WHEN_UNKNOWN ? "?" : day);
}

/* example[.]com: the last dot, so that nobody clicks. */
static void put_name(const struct screen *s, struct buf *out, const char *text)
{
	const char *dot = s->defang ? strrchr(text, '.') : NULL;
	if (dot == NULL) {
		buf_puts(out, text);
		return;
	}
	buf_put(out, text, (size_t)(dot - text));
	buf_printf(out, "[.]%s", dot + 1);
}

static void put_span(struct buf *out, const struct line *l)
{
	int64_t first = WHEN_UNKNOWN, last = WHEN_UNKNOWN;
	for (size_t i = 0; i < l->part_count; i++) {
		const struct part *p = &l->parts[i];
		if (p->first_s != WHEN_UNKNOWN &&
		    (first == WHEN_UNKNOWN || p->first_s < first))
			first = p->first_s;
		if (p->last_s > last)
			last = p->last_s;
	}
	put_day(out, first);
	buf_puts(out, "..");
	put_day(out, last);
}

/* Longer ones shift what follows, behind a blank. */
static void put_padded(struct buf *out, struct buf *text, size_t width)
{
	size_t n = text->len;
	buf_put_bytes(out, buf_bytes(text));
	if (width && n >= width)
		buf_putc(out, ' ');
	while (n++ < width)
		buf_putc(out, ' ');
	buf_clear(text);
}

static void put_whose(struct buf *out, const struct line *l)
{
	buf_puts(out, ownership_name(l->whose.ownership));
	if (l->whose.special != SPECIAL_NONE)
		buf_printf(out, ", %s", special_name(l->whose.special));
	if (*l->role)
		buf_printf(out, ", %s", l->role);
	if (l->facts.named)
		buf_puts(out, ", in the report");
}

static size_t name_width(const struct investigation *q)
{
	struct buf b;
	size_t most = 10;
	buf_init(&b, 1 << 16);
	for (size_t i = 0; i < q->line_count; i++) {
		line_name(q->lines[i], q, &b);
		if (q->lines[i]->judged.action != ACTION_SKIP && b.len > most)
			most = b.len;
		buf_clear(&b);
	}
	buf_release(&b);
	return most < 44 ? most : 44;
}

static void put_line(const struct screen *s, const struct line *l, size_t width,
		     struct buf *out)
{
	struct buf b;
	buf_init(&b, 1 << 16);
	buf_puts(out, "  ");
	struct buf name;
	buf_init(&name, 1 << 16);
	line_name(l, s->inquiry, &name);
	put_name(s, &b, buf_str(&name));
	buf_release(&name);
	put_padded(out, &b, width + 2);
	line_address(l, &b);
	put_padded(out, &b, 17);
	buf_puts(&b, l->part_count ? timing_name(l->timed.timing) : "no record");
	if (l->part_count) {
		buf_putc(&b, ' ');
		put_span(&b, l);
	}
	put_padded(out, &b, 0);
	buf_puts(out, "\n      ");
	put_whose(out, l);
	buf_puts(out, "; ");
	line_sources(l, out);
	buf_printf(out, ": %s%s%s\n", l->judged.reason, l->override ? ": " : "",
		   l->override ? l->override : "");
	buf_release(&b);
}

/* Addresses of the report of which there is no record: in one line. */
static void put_silent(const struct screen *s, enum action a, size_t silent,
		       struct buf *out)
{
	const struct investigation *q = s->inquiry;
	size_t shown = 0;
	buf_printf(out, "  named by the report, no record of %zu:", silent);
	for (size_t i = 0; i < q->line_count && shown < SILENT_SHOWN; i++) {
		const struct line *l = q->lines[i];
		if (l->judged.action != a || l->part_count)
			continue;
		buf_puts(out, shown++ ? ", " : " ");
		line_address(l, out);
	}
	buf_puts(out, silent > shown ? ", ...\n" : "\n");
}

static void put_action(const struct screen *s, enum action a, const char *code,
		       struct buf *out)
{
	const struct investigation *q = s->inquiry;
	size_t width = name_width(q);
	if (q->count[a] == 0)
		return;
	colour(s, out, code);
	buf_printf(out, "\n%s", action_name(a));
	colour(s, out, "0");
	buf_putc(out, '\n');
	size_t shown = 0, left = 0, silent = 0;
	for (size_t i = 0; i < q->line_count; i++) {
		const struct line *l = q->lines[i];
		if (l->judged.action != a)
			continue;
		if (l->part_count == 0)
			silent++;
		else if (shown++ < LINES_MOST || s->folder == NULL)
			put_line(s, l, width, out);
		else
			left++;
	}
	if (left)
		buf_printf(out, "  and %zu more: %s/addresses.csv\n", left, s->folder);
	if (silent)
		put_silent(s, a, silent, out);
}

void screen_skipped(const struct investigation *q, struct buf *out)
{
	const char *reasons[SKIP_REASONS];
	size_t counts[SKIP_REASONS], n = 0;
	for (size_t i = 0; i < q->line_count; i++) {
		const struct line *l = q->lines[i];
		size_t k = 0;
		if (l->judged.action != ACTION_SKIP)
			continue;
		while (k < n && reasons[k] != l->judged.reason)
			k++;
		if (k == n && n < SKIP_REASONS) {
			reasons[n] = l->judged.reason;
			counts[n++] = 0;
		}
		if (k < n)
			counts[k]++;
	}
	buf_printf(out, "SKIP %zu", q->count[ACTION_SKIP]);
	for (size_t k = 0; k < n; k++)
		buf_printf(out, "%s %zu %s", k ? "," : ":", counts[k], reasons[k]);
	buf_putc(out, '\n');
}

static void put_head(const struct screen *s, struct buf *out)
{
	const struct investigation *q = s->inquiry;
	const struct window *w = &q->options.window;
	char from[WHEN_TEXT_MAX], to[WHEN_TEXT_MAX];
	when_text(w->from_s, from);
	when_text(w->to_s, to);
	buf_printf(out, "window    %s .. %s\n", from, to);
	buf_printf(out, "coverage  %s\n", q->evidence->coverage_text);
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void put_report(const struct screen *s, struct buf *out)
{
	const struct investigation *q = s->inquiry;
	size_t names = 0, addresses = 0, files = iocs_count(q->iocs, IOC_FILE);
	size_t candidates = iocs_count(q->iocs, IOC_CANDIDATE);
	size_t references = iocs_count(q->iocs, IOC_REFERENCE);
	for (size_t i = 0; i < q->subject_count; i++)
		if (q->subjects[i].ioc->class == IOC_INDICATOR)
			*(q->subjects[i].ioc->kind == IOC_ADDR ? &addresses : &names) +=
			    1;
	buf_printf(out,
		   "report    %s (%s): %zu name%s, %zu address%s; %zu candidate%s, %zu "
		   "reference%s, %zu file%s\n",
		   s->report, q->iocs->format, names, plural(names), addresses,
		   addresses == 1 ? "" : "es", candidates, plural(candidates), references,
		   plural(references), files, plural(files));
	buf_printf(out, "suffixes  %s\n", psl_version());
}

static void put_note(const struct screen *s, const struct note *n, struct buf *out)
{
	buf_puts(out, "  ");
	put_name(s, out, s->inquiry->subjects[n->subject].text);
	buf_printf(out, ": %s: %s\n", note_name(n->kind), n->text);
}

static void put_notes(const struct screen *s, struct buf *out)
{
	const struct investigation *q = s->inquiry;
	size_t shown = 0, left = 0, nothing = 0;
	if (q->note_count)
		buf_puts(out, "\nNOTES\n");
	for (size_t i = 0; i < q->note_count; i++) {
		const struct note *n = &q->notes[i];
		if (n->kind == NOTE_NOTHING && ++nothing > SILENT_SHOWN)
			continue;
		if (shown++ < NOTES_MOST || s->folder == NULL)
			put_note(s, n, out);
		else
			left++;
	}
	if (nothing > SILENT_SHOWN)
		buf_printf(out, "  and %zu names more without a record\n",
			   nothing - SILENT_SHOWN);
	if (left)
		buf_printf(out, "  and %zu notes more: %s/report.md\n", left, s->folder);
}

void screen_foot(const struct screen *s, int status, struct buf *out)
{
	const struct investigation *q = s->inquiry;
	const struct evidence *e = q->evidence;
	static const char *const meaning[] = {
	    "found", "nothing found, where it was watched", "", "something is missing",
	    "nothing found, and not wholly watched"};
	struct buf b;
	buf_init(&b, 1 << 16);
	buf_puts(&b, "asked the local store");
	if (e->outside.names)
		buf_printf(&b, ", %s (%llu questions, %llu without an answer)",
			   e->outside.names, (unsigned long long)e->outside.asked,
			   (unsigned long long)e->outside.missing);
	buf_printf(
	    &b,
	    ": %zu indicator%s, %zu question%s; %llu cut short, %llu refused, %llu "
	    "with damage. Counts above a resolver are cache fills, not look-ups.",
	    q->subject_count, plural(q->subject_count), e->count, plural(e->count),
	    (unsigned long long)e->truncated, (unsigned long long)e->refused,
	    (unsigned long long)e->damaged);
	put_wrapped(s, &b, out);
	if (s->folder)
		buf_printf(&b, "case in %s; again with: yore investigate --replay %s",
			   s->folder, s->folder);
	put_wrapped(s, &b, out);
	buf_printf(&b, "exit status %d", status);
	if (status >= 0 && status < 5 && *meaning[status])
		buf_printf(&b, ": %s", meaning[status]);
	if (status == STATUS_INCOMPLETE && s->again)
		buf_printf(&b, "; resume with: %s", s->again);
	put_wrapped(s, &b, out);
	buf_release(&b);
}

static size_t rows_of(const struct buf *text)
{
	size_t n = 0;
	for (size_t i = 0; i < text->len; i++)
		n += text->at[i] == '\n';
	return n;
}

static void put_long(const struct screen *s, struct buf *out)
{
	put_action(s, ACTION_HUNT, "1;31", out);
	put_action(s, ACTION_VICTIMS, "1;35", out);
	put_action(s, ACTION_REVIEW, "1;33", out);
	buf_putc(out, '\n');
	screen_skipped(s->inquiry, out);
	put_notes(s, out);
	buf_putc(out, '\n');
}

#define FOOT_ROWS 6

void screen_put(const struct screen *s, struct buf *out)
{
	struct buf all;
	buf_init(&all, (size_t)256 << 20);
	put_head(s, &all);
	put_report(s, &all);
	put_long(s, &all);
	if (s->height == 0) {
		buf_put_bytes(out, buf_bytes(&all));
	} else if (rows_of(&all) + FOOT_ROWS <= s->height) {
		put_wrapped(s, &all, out);
	} else {
		buf_clear(&all);
		put_head(s, &all);
		brief_put(s, &all);
		put_wrapped(s, &all, out);
	}
	buf_release(&all);
}

/* ---- one verdict in full ---- */

static void put_part(const struct part *p, struct buf *out)
{
	char a[WHEN_TEXT_MAX] = "not said", b[WHEN_TEXT_MAX] = "not said";
	if (p->first_s != WHEN_UNKNOWN)
		when_text(p->first_s, a);
	if (p->last_s != WHEN_UNKNOWN)
		when_text(p->last_s, b);
	buf_printf(out, "  source %s: %s .. %s, count %llu, %s", source_name(p->source),
		   a, b, (unsigned long long)p->count, timing_name(p->timed.timing));
	if (p->ttl_min <= p->ttl_max)
		buf_printf(out, ", TTL %u..%u s", p->ttl_min, p->ttl_max);
	if (p->stated)
		buf_puts(out, ", an interval as stated");
	if (p->timed.both_sides)
		buf_puts(out, ", before and after the window");
	if (p->timed.cut_day)
		buf_puts(out, ", seen on a day that the window cuts");
	if (p->timed.single_date)
		buf_puts(out, ", one date only");
	buf_putc(out, '\n');
	for (size_t i = 0; i < p->month_count; i++) {
		const struct month_seen *m = &p->months[i];
		buf_printf(out, "    %d-%02d days", when_month_year(m->month),
			   (int)(m->month % 12) + 1);
		for (unsigned d = 0; d < 31; d++)
			if (m->days >> d & 1)
				buf_printf(out, " %u", d + 1);
		buf_putc(out, '\n');
	}
}

static void why_line(const struct screen *s, const struct line *l, struct buf *out)
{
	const struct investigation *q = s->inquiry;
	const struct subject *j = &q->subjects[l->subject];
	buf_printf(out, "%s  ", action_name(l->judged.action));
	line_name(l, q, out);
	buf_puts(out, "  ");
	line_address(l, out);
	buf_printf(out, "\n  because: %s%s%s\n  indicator: %s (%s), line%s",
		   l->judged.reason, l->override ? ": " : "",
		   l->override ? l->override : "", j->text, j->ioc->why,
		   j->ioc->line_count == 1 ? "" : "s");
	for (size_t i = 0; i < j->ioc->line_count; i++)
		buf_printf(out, "%s%u", i ? "," : " ", j->ioc->lines[i]);
	buf_printf(out, "\n  when: %s\n",
		   l->part_count ? timing_name(l->timed.timing) : "no record");
	for (size_t i = 0; i < l->part_count; i++)
		put_part(&l->parts[i], out);
	buf_printf(out, "  whose: %s; %s\n", ownership_name(l->whose.ownership),
		   l->whose.evidence);
	if (*l->role)
		buf_printf(out, "  found as: %s\n", l->role);
	if (l->facts.named)
		buf_puts(out, "  the report names this address\n");
	if (l->facts.probe)
		buf_puts(out, "  a short appearance before the main activity\n");
	buf_printf(out, "  coverage of the window: %s\n", q->evidence->coverage_text);
}

size_t screen_why(const struct screen *s, const char *what, struct buf *out)
{
	const struct investigation *q = s->inquiry;
	struct addr_range r;
	struct name n;
	bool address = addr_range_parse(what, &r) == 0;
	size_t found = 0;
	if (!address && name_of_idn(what, &n) < 0)
		return 0;
	for (size_t i = 0; i < q->line_count; i++) {
		const struct line *l = q->lines[i];
		const struct ioc *o = q->subjects[l->subject].ioc;
		bool hit = address
			       ? addr_range_has(&r, &l->at.lo)
			       : bytes_equal(name_bytes(&l->owner), name_bytes(&n)) ||
				     (o->kind != IOC_ADDR &&
				      bytes_equal(name_bytes(&o->name), name_bytes(&n)));
		if (!hit)
			continue;
		if (found++)
			buf_putc(out, '\n');
		why_line(s, l, out);
	}
	return found;
}

void screen_indicators(const struct iocs *s, struct buf *out)
{
	char text[IOC_TEXT_MAX];
	for (size_t i = 0; i < s->count; i++) {
		const struct ioc *o = s->at[i];
		ioc_text(o, text);
		buf_printf(out, "%s\t%s\t", ioc_class_name(o->class), text);
		for (size_t k = 0; k < o->line_count; k++)
			buf_printf(out, "%s%u", k ? "," : "", o->lines[k]);
		buf_printf(out, "\t%s\n", o->why);
	}
}
