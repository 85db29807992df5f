/* The bars of time in report.html: inline SVG, coloured by the page's own style. */
#include "base/safe.h"
#include "intel/case_html.h"

#define BAR_WIDTH 420
#define BAR_HEIGHT 14

static double at(const struct axis *x, int64_t s)
{
	double span = (double)(x->to_s - x->from_s);
	double p = span > 0 ? (double)(s - x->from_s) / span : 0;
	return (p < 0 ? 0 : p > 1 ? 1 : p) * BAR_WIDTH;
}

void html_day(struct buf *out, int64_t s)
{
	char day[WHEN_TEXT_MAX];
	if (s == WHEN_UNKNOWN) {
		buf_puts(out, "not said");
		return;
	}
	when_date_text(s, day);
	buf_puts(out, day);
}

static const char *colour_of(const struct line *l)
{
	switch (l->whose.special) {
	case SPECIAL_CDN:
		return "cdn";
	case SPECIAL_CLOUD:
		return "cloud";
	case SPECIAL_SINKHOLE:
		return "sinkhole";
	case SPECIAL_NONE:
		return ownership_name(l->whose.ownership);
	default:
		return "dormant";
	}
}

static void put_rect(struct buf *out, const struct axis *x, int64_t from, int64_t to,
		     const char *colour, const char *opacity)
{
	double a = at(x, from), b = at(x, to);
	buf_printf(out,
		   "<rect x=\"%.1f\" y=\"2\" width=\"%.1f\" height=\"10\" rx=\"1.5\" "
		   "fill=\"var(--%s)\" fill-opacity=\"%s\"/>",
		   a, b - a < 1.5 ? 1.5 : b - a, colour, opacity);
}

/* Runs of days seen, month by month. */
static void put_days(struct buf *out, const struct axis *x, const struct part *p,
		     const char *colour)
{
	for (size_t i = 0; i < p->month_count; i++) {
		int64_t start = when_month_start(p->months[i].month);
		uint32_t days = p->months[i].days;
		for (unsigned d = 0; d < 31; d++) {
			if (!(days >> d & 1))
				continue;
			unsigned e = d;
			while (e + 1 < 31 && (days >> (e + 1) & 1))
				e++;
			put_rect(out, x, start + d * INT64_C(86400),
				 start + (e + 1) * INT64_C(86400) - 1, colour, "1");
			d = e;
		}
	}
}

/* What the bar shows, for who cannot see it and for the pointer that rests on it. */
static void put_bar_title(struct buf *out, const struct line *l)
{
	for (size_t i = 0; i < l->part_count; i++) {
		const struct part *p = &l->parts[i];
		unsigned days = 0;
		for (size_t k = 0; k < p->month_count; k++)
			days += (unsigned)__builtin_popcount(p->months[k].days);
		put_markup(out, i ? "; " : "");
		put_markup(out, source_name(p->source));
		buf_puts(out, ": ");
		html_day(out, p->first_s);
		buf_puts(out, " to ");
		html_day(out, p->last_s);
		if (days)
			buf_printf(out, ", seen on %u day%s", days, days == 1 ? "" : "s");
	}
	if (l->part_count == 0)
		buf_puts(out, "no record");
}

void html_bar(struct buf *out, const struct axis *x, const struct line *l,
	      const struct window *w)
{
	const char *colour = colour_of(l);
	buf_printf(out,
		   "<svg width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\">"
		   "<title>",
		   BAR_WIDTH, BAR_HEIGHT, BAR_WIDTH, BAR_HEIGHT);
	put_bar_title(out, l);
	buf_puts(out, "</title>");
	double a = at(x, w->from_s), b = at(x, w->to_s);
	buf_printf(out,
		   "<rect x=\"%.1f\" y=\"0\" width=\"%.1f\" height=\"%d\" "
		   "fill=\"var(--window)\"/>",
		   a, b - a < 1 ? 1 : b - a, BAR_HEIGHT);
	for (size_t i = 0; i < l->part_count; i++) {
		const struct part *p = &l->parts[i];
		int64_t from = p->first_s != WHEN_UNKNOWN ? p->first_s : p->last_s;
		int64_t to = p->last_s != WHEN_UNKNOWN ? p->last_s : p->first_s;
		if (from != WHEN_UNKNOWN)
			put_rect(out, x, from, to, colour,
				 p->month_count ? ".35" : ".45");
	}
	for (size_t i = 0; i < l->part_count; i++)
		put_days(out, x, &l->parts[i], colour);
	buf_printf(out,
		   "<path d=\"M%.1f 0V%dM%.1f 0V%d\" stroke=\"var(--edge)\" "
		   "stroke-width=\"1\"/></svg>",
		   a, BAR_HEIGHT, b, BAR_HEIGHT);
}

/* Years, or months where the whole is short. */
void html_scale(struct buf *out, const struct axis *x)
{
	int32_t first = when_month(x->from_s) + 1, last = when_month(x->to_s);
	int32_t step = last - first > 60   ? 12
		       : last - first > 20 ? 6
		       : last - first > 6  ? 3
					   : 1;
	buf_printf(out,
		   "<svg width=\"%d\" height=\"16\" viewBox=\"0 0 %d 16\" "
		   "aria-hidden=\"true\">",
		   BAR_WIDTH, BAR_WIDTH);
	for (int32_t m = first; m <= last; m++) {
		static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
		int mon = (int)(m % 12);
		double p = at(x, when_month_start(m));
		if (mon % step != 0 || p > BAR_WIDTH - 30)
			continue;
		buf_printf(out,
			   "<path d=\"M%.1f 10V16\" stroke=\"var(--rule)\"/>"
			   "<text x=\"%.1f\" y=\"11\" font-size=\"10.5\" "
			   "fill=\"var(--dim)\">",
			   p, p + 2);
		if (mon == 0)
			buf_printf(out, "%d", when_month_year(m));
		else
			buf_printf(out, "%.3s", names + 3 * mon);
		buf_puts(out, "</text>");
	}
	buf_puts(out, "</svg>");
}

struct axis html_axis(const struct investigation *q, size_t subject)
{
	struct axis x = {q->options.window.from_s, q->options.window.to_s};
	for (size_t i = 0; i < q->line_count; i++) {
		int64_t first, last;
		if (q->lines[i]->subject != subject)
			continue;
		line_ends(q->lines[i], &first, &last);
		if (first != WHEN_UNKNOWN && first < x.from_s)
			x.from_s = first;
		if (last != WHEN_UNKNOWN && last > x.to_s)
			x.to_s = last;
	}
	int64_t pad = (x.to_s - x.from_s) / 50;
	x.from_s -= pad;
	x.to_s += pad;
	return x;
}
