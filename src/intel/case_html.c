/*
 * report.html: one file, no script, nothing from elsewhere. Names are defanged and
 * escaped. Each indicator has a table of its lines with a bar of time each: days really
 * seen are solid, intervals as somebody stated them are pale; the window is shaded.
 */
#include "base/safe.h"
#include "dns/psl.h"
#include "intel/case.h"
#include "intel/case_html.h"

static const char style[] =
    ":root{--ink:#1b2733;--dim:#5a6b7c;--rule:#dbe2e8;--paper:#fff;--soft:#f3f6f8;"
    "--window:#dce9f8;--edge:#2f6db5;--hunt:#c2261d;--review:#966000;--victims:#7a3fb0;"
    "--skip:#5f6e7c;--dedicated:#1f6fd0;--unknown:#5d6f80;--shared:#8796a6;"
    "--cdn:#b9c6d2;--cloud:#8a5cd6;--sinkhole:#d08a00;--dormant:#c9b79b}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e3e9ee;--dim:#93a3b2;--rule:#2d3a46;"
    "--paper:#12181e;--soft:#1a232b;--window:#1c3350;--edge:#5b9be6;--hunt:#ff6b60;"
    "--review:#eeb04c;--victims:#bd8cf0;--skip:#8696a4;--dedicated:#4f97ee;"
    "--unknown:#8fa1b2;--shared:#71808e;--cdn:#4b5a68;--cloud:#a884ec;"
    "--sinkhole:#e3a733;--dormant:#7d6f58}}"
    "*{box-sizing:border-box}"
    "body{font:15px/1.45 system-ui,sans-serif;color:var(--ink);background:var(--paper);"
    "margin:0 auto;max-width:1240px;padding:28px 24px 60px}"
    "h1{font-size:24px;margin:0 0 4px}"
    "h2{font-size:17px;margin:34px 0 8px;border-bottom:1px solid var(--rule);"
    "padding-bottom:4px}"
    "h3{font-size:15px;margin:26px 0 6px;font-family:ui-monospace,monospace}"
    "p{margin:4px 0}.dim{color:var(--dim)}"
    "dl{display:grid;grid-template-columns:110px 1fr;gap:2px 12px;margin:12px 0}"
    "dt{color:var(--dim)}dd{margin:0}"
    ".tiles{display:flex;gap:12px;margin:18px 0;flex-wrap:wrap}"
    ".tile{background:var(--soft);border-radius:8px;padding:10px 18px;min-width:112px}"
    ".tile b{display:block;font-size:26px;line-height:1.15}"
    "table{border-collapse:collapse;width:100%;margin:6px 0}"
    "th{text-align:left;font-weight:600;font-size:12.5px;color:var(--dim)}"
    "th,td{padding:5px 10px 5px 0;border-bottom:1px solid var(--rule);"
    "vertical-align:top}"
    "td.name,td.addr{font-family:ui-monospace,monospace;font-size:13px;"
    "overflow-wrap:anywhere}td.addr,td.day{white-space:nowrap}"
    "tr.line td{border-bottom:0;padding-bottom:0}"
    "td.why{font-size:13px;color:var(--dim);padding-top:1px}td.bar{width:430px;padding-"
    "right:0}"
    ".HUNT{color:var(--hunt);font-weight:700}.REVIEW{color:var(--review);"
    "font-weight:700}.VICTIMS{color:var(--victims);font-weight:700}"
    ".mono{font-family:ui-monospace,monospace;font-size:13px;overflow-wrap:anywhere}"
    ".SKIP{color:var(--skip)}"
    "ul{margin:6px 0;padding-left:20px}"
    "summary{cursor:pointer;margin:8px 0}svg{display:block}"
    ".key span{margin-right:16px;white-space:nowrap}"
    ".key i{display:inline-block;width:12px;height:12px;border-radius:3px;"
    "margin-right:5px;vertical-align:-1px}"
    "svg{max-width:100%;height:auto}"
    "@media(max-width:900px){body{padding:16px 14px 40px}table,tbody{display:block}"
    "tr{display:flex;flex-wrap:wrap;gap:0 12px;padding-top:6px}tr.line+tr{padding:0 0 "
    "6px;"
    "border-bottom:1px solid var(--rule)}tr td,tr th{border:0;padding:0}"
    "th:not(.scale){display:none}td:empty{display:none}td.bar,th.scale{width:100%;"
    "max-width:430px}td.name{flex:1 1 60%}td.day br{display:none}}"
    "@media print{body{max-width:none;padding:0}h3,tr{break-inside:avoid}}";

static void put_line(struct buf *out, const struct investigation *q, const struct line *l,
		     const struct axis *x)
{
	struct buf b;
	int64_t first, last;
	buf_init(&b, 1 << 16);
	line_ends(l, &first, &last);
	buf_printf(out, "<tr class=\"line\"><td class=\"%s\">%s</td><td class=\"name\">",
		   action_name(l->judged.action), action_name(l->judged.action));
	const struct ioc *o = q->subjects[l->subject].ioc;
	/* below its own heading a name need not be said again */
	if (x == NULL || l->chain || o->kind != IOC_NAME ||
	    !bytes_equal(name_bytes(&o->name), name_bytes(&l->owner)))
		line_name(l, q, &b);
	struct buf d;
	buf_init(&d, 1 << 16);
	put_defanged_text(&d, buf_str(&b));
	put_markup(out, buf_str(&d));
	buf_clear(&b);
	buf_clear(&d);
	buf_puts(out, "</td><td class=\"addr\">");
	line_address(l, &b);
	put_defanged_text(&d, buf_str(&b));
	put_markup(out, buf_str(&d));
	buf_clear(&b);
	buf_printf(out, "</td><td>%s</td><td>%s%s%s</td><td>",
		   l->part_count ? timing_name(l->timed.timing) : "no record",
		   ownership_name(l->whose.ownership),
		   l->whose.special != SPECIAL_NONE ? ", " : "",
		   special_name(l->whose.special));
	line_sources(l, &b);
	put_markup(out, buf_str(&b));
	buf_puts(out, "</td><td class=\"day\">");
	if (l->part_count) {
		html_day(out, first);
		buf_puts(out, " <br>");
		html_day(out, last);
	}
	buf_puts(out, "</td>");
	if (x) {
		buf_puts(out, "<td class=\"bar\">");
		html_bar(out, x, l, &q->options.window);
		buf_puts(out, "</td>");
	}
	buf_puts(out, "</tr>\n<tr><td></td><td class=\"why\" colspan=\"7\">");
	put_markup(out, l->judged.reason);
	if (l->override) {
		buf_puts(out, ": ");
		put_markup(out, l->override);
	}
	buf_puts(out, "; ");
	put_markup(out, l->whose.evidence);
	if (*l->role) {
		buf_puts(out, "; found as ");
		put_markup(out, l->role);
	}
	buf_puts(out, "</td></tr>\n");
	buf_release(&b);
	buf_release(&d);
}

static void put_head(struct buf *out, const struct axis *x)
{
	buf_puts(out, "<table><tr><th scope=\"col\">Verdict</th>"
		      "<th scope=\"col\">Name</th><th scope=\"col\">Address</th>"
		      "<th scope=\"col\">When</th><th scope=\"col\">Whose</th>"
		      "<th scope=\"col\">Source</th><th scope=\"col\">First, last</th>");
	if (x) {
		buf_puts(out, "<th class=\"scale\">");
		html_scale(out, x);
		buf_puts(out, "</th>");
	}
	buf_puts(out, "</tr>\n");
}

static void put_subject(struct buf *out, const struct investigation *q, size_t n)
{
	const struct subject *s = &q->subjects[n];
	struct axis x = html_axis(q, n);
	struct buf b;
	bool any = false;
	buf_init(&b, 1 << 16);
	put_defanged_text(&b, s->text);
	buf_puts(out, "<h3>");
	put_markup(out, buf_str(&b));
	buf_release(&b);
	buf_puts(out, "</h3><p class=\"dim\">");
	buf_puts(out, ioc_class_name(s->ioc->class));
	buf_printf(out, ", %s, line%s", s->ioc->why, s->ioc->line_count == 1 ? "" : "s");
	for (size_t i = 0; i < s->ioc->line_count && i < 20; i++)
		buf_printf(out, "%s%u", i ? ", " : " ", s->ioc->lines[i]);
	buf_puts(out, "</p>\n");
	for (size_t i = 0; i < q->note_count; i++) {
		if (q->notes[i].subject != n)
			continue;
		buf_printf(out, "<p><b>%s</b>: ", note_name(q->notes[i].kind));
		put_markup(out, q->notes[i].text);
		buf_puts(out, "</p>\n");
	}
	for (size_t i = 0; i < q->line_count; i++) {
		if (q->lines[i]->subject != n)
			continue;
		if (!any)
			put_head(out, &x);
		any = true;
		put_line(out, q, q->lines[i], &x);
	}
	buf_puts(out, any ? "</table>\n" : "<p class=\"dim\">No address is known.</p>\n");
}

static void put_key(struct buf *out)
{
	static const char *const keys[][2] = {
	    {"dedicated", "dedicated"}, {"unknown", "not known whose"},
	    {"shared", "shared"},	{"cdn", "CDN edge"},
	    {"cloud", "cloud"},		{"sinkhole", "sinkhole"},
	    {"dormant", "dormant"},	{"window", "the window"}};
	buf_puts(out, "<p class=\"key dim\">");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		buf_printf(out, "<span><i style=\"background:var(--%s)\"></i>%s</span>",
			   keys[i][0], keys[i][1]);
	buf_puts(out,
		 "</p><p class=\"dim\">Solid: days really seen. Pale: an interval, as "
		 "stated or between first and last.</p>\n");
}

static void put_definition(struct buf *out, const char *term, const char *text)
{
	buf_printf(out, "<dt>%s</dt><dd>", term);
	put_markup(out, text);
	buf_puts(out, "</dd>");
}

static void put_facts(struct buf *out, const struct investigation *q,
		      const struct case_about *a)
{
	char from[WHEN_TEXT_MAX], to[WHEN_TEXT_MAX], now[WHEN_TEXT_MAX];
	struct buf b;
	buf_init(&b, 1 << 16);
	when_text(q->options.window.from_s, from);
	when_text(q->options.window.to_s, to);
	when_text(a->now_s, now);
	buf_printf(&b, "%s .. %s", from, to);
	buf_puts(out, "<dl>");
	put_definition(out, "Window", buf_str(&b));
	put_definition(out, "Coverage", q->evidence->coverage_text);
	put_definition(out, "Asked", a->asked);
	put_definition(out, "Made", now);
	put_definition(out, "Suffixes", psl_version());
	buf_puts(out, "</dl>\n<div class=\"tiles\">");
	static const enum action order[] = {ACTION_HUNT, ACTION_VICTIMS, ACTION_REVIEW,
					    ACTION_SKIP};
	for (size_t i = 0; i < 4; i++)
		buf_printf(out, "<div class=\"tile\"><b class=\"%s\">%zu</b>%s</div>",
			   action_name(order[i]), q->count[order[i]],
			   action_name(order[i]));
	buf_puts(out, "</div>\n");
	buf_release(&b);
}

static void put_answers(struct buf *out, const struct investigation *q)
{
	bool any = false;
	buf_puts(out, "<h2>What to do</h2>\n");
	for (size_t i = 0; i < q->line_count; i++) {
		if (q->lines[i]->judged.action == ACTION_SKIP)
			continue;
		if (!any)
			put_head(out, NULL);
		any = true;
		put_line(out, q, q->lines[i], NULL);
	}
	buf_puts(out, any ? "</table>\n"
			  : "<p>Nothing to hunt for and nothing to review.</p>\n");
}

static bool same_reason(const struct line *a, const struct line *b)
{
	return a->judged.action == b->judged.action &&
	       strcmp(a->judged.reason, b->judged.reason) == 0;
}

static void put_skipped_line(struct buf *out, const struct investigation *q,
			     const struct line *l)
{
	struct buf b, d;
	int64_t first, last;
	buf_init(&b, 1 << 16);
	buf_init(&d, 1 << 16);
	line_name(l, q, &b);
	put_defanged_text(&d, buf_str(&b));
	buf_clear(&b);
	line_address(l, &b);
	buf_putc(&d, ' ');
	put_defanged_text(&d, buf_str(&b));
	buf_puts(out, "<li><span class=\"mono\">");
	put_markup(out, buf_str(&d));
	line_ends(l, &first, &last);
	buf_printf(out, "</span> <span class=\"dim\">%s ",
		   l->part_count ? timing_name(l->timed.timing) : "no record");
	if (l->part_count) {
		html_day(out, first);
		buf_puts(out, " to ");
		html_day(out, last);
	}
	buf_puts(out, "</span></li>\n");
	buf_release(&b);
	buf_release(&d);
}

/* Nothing is hidden: every line that is skipped, under its reason. */
static void put_skipped(struct buf *out, const struct investigation *q)
{
	if (q->count[ACTION_SKIP] == 0)
		return;
	buf_printf(out,
		   "<h2>Skipped</h2>\n<details><summary>%zu lines, by reason</summary>\n",
		   q->count[ACTION_SKIP]);
	for (size_t i = 0; i < q->line_count; i++) {
		const struct line *l = q->lines[i];
		bool before = false;
		if (l->judged.action != ACTION_SKIP)
			continue;
		for (size_t k = 0; k < i && !before; k++)
			before = same_reason(q->lines[k], l);
		if (before)
			continue;
		buf_puts(out, "<p><b>");
		put_markup(out, l->judged.reason);
		buf_puts(out, "</b></p><ul>\n");
		for (size_t k = i; k < q->line_count; k++)
			if (same_reason(q->lines[k], l))
				put_skipped_line(out, q, q->lines[k]);
		buf_puts(out, "</ul>\n");
	}
	buf_puts(out, "</details>\n");
}

static void put_others(struct buf *out, const struct investigation *q)
{
	struct buf b, d;
	char text[IOC_TEXT_MAX];
	buf_init(&b, 1 << 16);
	buf_init(&d, 1 << 16);
	buf_puts(out, "<h2>Other finds in the report</h2>\n<details><summary>References, "
		      "files and other words</summary><ul>");
	for (size_t i = 0; i < q->iocs->count; i++) {
		const struct ioc *o = q->iocs->at[i];
		if (o->class == IOC_INDICATOR || o->class == IOC_CANDIDATE)
			continue;
		ioc_text(o, text);
		put_defanged_text(&d, text);
		buf_puts(out, "<li>");
		put_markup(out, buf_str(&d));
		buf_clear(&d);
		buf_printf(out, " <span class=\"dim\">%s: %s, line %u</span></li>",
			   ioc_class_name(o->class), o->why, o->lines[0]);
	}
	buf_puts(out, "</ul></details>\n<h2>Questions</h2>\n<details><summary>");
	buf_printf(out, "%zu questions were asked</summary><ul>", q->evidence->count);
	for (size_t i = 0; i < q->evidence->count; i++) {
		const struct answered *w = q->evidence->at[i];
		buf_puts(out, "<li>");
		put_markup(out, w->question);
		buf_printf(out, " <span class=\"dim\">%zu records%s%s%s</span></li>",
			   w->count, w->truncated ? ", cut short" : "",
			   w->damaged ? ", damage" : "", w->refused ? ", refused" : "");
	}
	buf_puts(out, "</ul></details>\n");
	buf_release(&b);
	buf_release(&d);
}

void case_html(const struct investigation *q, const struct case_about *a, struct buf *out)
{
	buf_puts(out,
		 "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		 "<meta name=\"viewport\" content=\"width=device-width\">"
		 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
		 "'none'; style-src 'unsafe-inline'\"><title>Investigation of ");
	put_markup(out, a->report);
	buf_printf(out, "</title><style>%s</style></head><body>\n<h1>Investigation of ",
		   style);
	put_markup(out, a->report);
	buf_puts(out, "</h1>\n");
	put_facts(out, q, a);
	put_answers(out, q);
	buf_puts(out, "<h2>Each indicator</h2>\n");
	put_key(out);
	for (size_t i = 0; i < q->subject_count; i++)
		put_subject(out, q, i);
	put_skipped(out, q);
	put_others(out, q);
	buf_puts(out,
		 "<p class=\"dim\">Counts above a resolver are cache fills, not "
		 "look-ups. An address is dedicated only when a wide source answered "
		 "whole; what the local history alone knows is a lower bound.</p>\n"
		 "</body></html>\n");
}
