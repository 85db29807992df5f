/* The case as text: Markdown for a ticket, CSV for a spreadsheet, records as COF. */
#include "base/json.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "intel/case.h"

static void put_day(struct buf *out, int64_t s)
{
	char day[WHEN_TEXT_MAX];
	if (s == WHEN_UNKNOWN)
		return;
	when_date_text(s, day);
	buf_puts(out, day);
}

/* ---- Markdown ---- */

/* Nothing of a name may be markup. */
static void put_cell(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("|`*_<>[]\\", *text) && *text)
			buf_putc(out, '\\');
		buf_putc(out, (unsigned char)*text);
	}
}

static void md_line(struct buf *out, const struct investigation *q, const struct line *l)
{
	struct buf b, d;
	int64_t first, last;
	buf_init(&b, 1 << 16);
	buf_init(&d, 1 << 16);
	line_ends(l, &first, &last);
	buf_printf(out, "| %s | ", action_name(l->judged.action));
	line_name(l, q, &b);
	put_defanged_text(&d, buf_str(&b));
	put_cell(out, buf_str(&d));
	buf_clear(&b);
	buf_clear(&d);
	line_address(l, &b);
	put_defanged_text(&d, buf_str(&b));
	buf_puts(out, " | ");
	put_cell(out, buf_str(&d));
	buf_printf(out, " | %s ", l->part_count ? timing_name(l->timed.timing) : "-");
	put_day(out, first);
	buf_puts(out, "..");
	put_day(out, last);
	buf_printf(out, " | %s%s%s | ", ownership_name(l->whose.ownership),
		   l->whose.special != SPECIAL_NONE ? ", " : "",
		   special_name(l->whose.special));
	buf_clear(&b);
	line_sources(l, &b);
	put_cell(out, buf_str(&b));
	buf_printf(out, " | %s; ", l->judged.reason);
	put_cell(out, l->whose.evidence);
	buf_puts(out, " |\n");
	buf_release(&b);
	buf_release(&d);
}

void case_markdown(const struct investigation *q, const struct case_about *a,
		   struct buf *out)
{
	char from[WHEN_TEXT_MAX], to[WHEN_TEXT_MAX], now[WHEN_TEXT_MAX];
	when_text(q->options.window.from_s, from);
	when_text(q->options.window.to_s, to);
	when_text(a->now_s, now);
	buf_puts(out, "# Investigation of ");
	put_cell(out, a->report);
	buf_printf(out, "\n\n- Window: %s .. %s\n- Coverage: ", from, to);
	put_cell(out, q->evidence->coverage_text);
	buf_puts(out, "\n- Asked: ");
	put_cell(out, a->asked);
	buf_printf(out, "\n- Made: %s\n", now);
	buf_printf(out,
		   "- %zu to hunt for, %zu that tell of victims, %zu to review, %zu "
		   "skipped\n\n",
		   q->count[ACTION_HUNT], q->count[ACTION_VICTIMS],
		   q->count[ACTION_REVIEW], q->count[ACTION_SKIP]);
	buf_puts(out, "| Verdict | Name | Address | When | Whose | Source | Because |\n"
		      "|---|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < q->line_count; i++)
		md_line(out, q, q->lines[i]);
	if (q->note_count)
		buf_puts(out, "\n## Notes\n\n");
	for (size_t i = 0; i < q->note_count; i++) {
		struct buf d;
		buf_init(&d, 1 << 16);
		put_defanged_text(&d, q->subjects[q->notes[i].subject].text);
		buf_puts(out, "- ");
		put_cell(out, buf_str(&d));
		buf_printf(out, ": %s: ", note_name(q->notes[i].kind));
		put_cell(out, q->notes[i].text);
		buf_putc(out, '\n');
		buf_release(&d);
	}
	buf_puts(out, "\nCounts above a resolver are cache fills, not look-ups.\n");
}

/* ---- CSV ---- */

/* Quoted where needed; nothing that a spreadsheet would take for a formula. */
static void put_field(struct buf *out, const char *text, bool last)
{
	bool formula = *text && strchr("=+-@\t\r", *text);
	bool quote = formula || strpbrk(text, ",\"\r\n");
	if (quote)
		buf_putc(out, '"');
	if (formula)
		buf_putc(out, '\'');
	for (; *text; text++) {
		if (*text == '"')
			buf_putc(out, '"');
		buf_putc(out, (unsigned char)*text);
	}
	if (quote)
		buf_putc(out, '"');
	buf_puts(out, last ? "\r\n" : ",");
}

static void put_time_field(struct buf *out, int64_t s)
{
	char t[WHEN_TEXT_MAX] = "";
	if (s != WHEN_UNKNOWN)
		when_text(s, t);
	put_field(out, t, false);
}

static void csv_line(struct buf *out, const struct investigation *q, const struct line *l,
		     const struct part *p)
{
	struct buf b;
	buf_init(&b, 1 << 16);
	put_field(out, action_name(l->judged.action), false);
	put_field(out, q->subjects[l->subject].text, false);
	if (l->owner.len)
		name_put_chomped(&b, name_bytes(&l->owner));
	put_field(out, buf_str(&b), false);
	buf_clear(&b);
	line_address(l, &b);
	put_field(out, buf_str(&b), false);
	put_field(out, l->part_count ? timing_name(l->timed.timing) : "", false);
	put_field(out, ownership_name(l->whose.ownership), false);
	put_field(out, special_name(l->whose.special), false);
	put_field(out, p ? source_name(p->source) : "", false);
	put_field(out, p ? timing_name(p->timed.timing) : "", false);
	put_time_field(out, p ? p->first_s : WHEN_UNKNOWN);
	put_time_field(out, p ? p->last_s : WHEN_UNKNOWN);
	buf_clear(&b);
	if (p)
		buf_u64(&b, p->count);
	put_field(out, buf_str(&b), false);
	int64_t from = WHEN_UNKNOWN, to = WHEN_UNKNOWN;
	if (line_is_hunted(l))
		line_interval(l, &q->options.window, &from, &to);
	put_time_field(out, from);
	put_time_field(out, to);
	put_field(out, l->role, false);
	put_field(out, l->facts.named ? "yes" : "", false);
	buf_clear(&b);
	buf_puts(&b, l->judged.reason);
	if (l->override)
		buf_printf(&b, ": %s", l->override);
	put_field(out, buf_str(&b), false);
	put_field(out, l->whose.evidence, true);
	buf_release(&b);
}

void case_csv(const struct investigation *q, struct buf *out)
{
	buf_puts(out, "verdict,indicator,name,address,when,whose,special,source,"
		      "source_when,first,last,count,hunt_from,hunt_to,found_as,in_report,"
		      "reason,evidence\r\n");
	for (size_t i = 0; i < q->line_count; i++) {
		const struct line *l = q->lines[i];
		for (size_t k = 0; k < l->part_count; k++)
			csv_line(out, q, l, &l->parts[k]);
		if (l->part_count == 0)
			csv_line(out, q, l, NULL);
	}
}

/* ---- COF ---- */

static void cof_time(struct json *j, const char *key, int64_t s)
{
	if (s == WHEN_UNKNOWN)
		return;
	json_key(j, key);
	json_i64(j, s);
}

static void cof_row(const struct row *r, struct buf *out)
{
	struct json j;
	struct buf b;
	char type[TYPE_TEXT_MAX];
	buf_init(&b, 1 << 20);
	json_init(&j, out);
	json_open(&j, '{');
	name_put_chomped(&b, r->owner);
	json_key(&j, "rrname");
	json_str(&j, buf_str(&b));
	type_text(r->type, type);
	json_key(&j, "rrtype");
	json_str(&j, type);
	buf_clear(&b);
	rdata_put(&b, r->type, r->rdata);
	if (rdata_is_name(r->type) && b.len > 1 && b.at[b.len - 1] == '.')
		b.len--;
	json_key(&j, "rdata");
	json_open(&j, '[');
	json_str(&j, buf_str(&b));
	json_close(&j, ']');
	cof_time(&j, r->zone_times ? "zone_time_first" : "time_first", r->span.first_s);
	cof_time(&j, r->zone_times ? "zone_time_last" : "time_last", r->span.last_s);
	if (r->span.count) {
		json_key(&j, "count");
		json_u64(&j, r->span.count);
	}
	json_key(&j, "source");
	json_str(&j, source_name(r->source));
	json_close(&j, '}');
	buf_putc(out, '\n');
	buf_release(&b);
}

void case_records(const struct investigation *q, struct buf *out)
{
	for (size_t i = 0; i < q->evidence->count; i++) {
		const struct answered *a = q->evidence->at[i];
		if (strncmp(a->question, "name ", 5) != 0 &&
		    strncmp(a->question, "address ", 8) != 0)
			continue;
		for (size_t k = 0; k < a->count; k++)
			cof_row(&a->rows[k], out);
	}
}
