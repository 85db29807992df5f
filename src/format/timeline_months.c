/*
 * A history by month: what was seen in each, as a list. Sources stand apart, their counts
 * are never added up. What is known as an interval only stands in brackets in each month
 * that it covers.
 */
#include <inttypes.h>

#include "format/timeline_own.h"

struct line {
	uint64_t count;
	bool any;
	unsigned column; /* of the screen, of what is written already */
};

static const struct month_seen *month_of(const struct bar *b, int32_t month)
{
	size_t low = 0, high = b->month_count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (b->months[mid].month < month)
			low = mid + 1;
		else
			high = mid;
	}
	return low < b->month_count && b->months[low].month == month ? &b->months[low]
								     : NULL;
}

static bool overlaps(int64_t first_s, int64_t last_s, int32_t month)
{
	return first_s != WHEN_UNKNOWN && first_s < when_month_start(month + 1) &&
	       last_s >= when_month_start(month);
}

static bool stated_in(const struct bar *b, int32_t month)
{
	if (b->stated_count == 0)
		return b->month_count == 0 && overlaps(b->first_s, b->last_s, month);
	for (size_t i = 0; i < b->stated_count; i++)
		if (overlaps(b->stated[i].first_s, b->stated[i].last_s, month))
			return true;
	return false;
}

#define TEXTS_AT 29 /* column where the list begins, and goes on in the next line */

static void put_text(struct writer *w, struct line *l, const struct bar *b, bool stated)
{
	struct timeline *t = w->state;
	unsigned width = w->options.width ? w->options.width : 80;
	buf_clear(&t->text);
	if (t->show_name)
		buf_printf(&t->text, "%s ", b->name);
	buf_printf(&t->text, stated ? "(%s)" : "%s", b->label);
	unsigned n = (unsigned)t->text.len;
	if (l->any && l->column + n + 2 > width) {
		buf_printf(w->out, ",\n%*s", TEXTS_AT, "");
		l->column = TEXTS_AT;
	} else if (l->any) {
		buf_puts(w->out, ", ");
		l->column += 2;
	}
	buf_put_bytes(w->out, buf_bytes(&t->text));
	l->column += n;
	l->any = true;
}

static void put_month(struct writer *w, int32_t month, uint16_t source)
{
	struct timeline *t = w->state;
	struct line l = {.column = TEXTS_AT};
	char text[MONTH_TEXT_MAX];
	bool found = false;
	for (size_t i = 0; i < t->count; i++) {
		const struct bar *b = &t->bars[i];
		const struct month_seen *m = month_of(b, month);
		if (b->source != source || (m == NULL && !stated_in(b, month)))
			continue;
		l.count += m ? m->count : 0;
		found = true;
	}
	if (!found)
		return;
	month_text(month, text);
	buf_printf(w->out, "%s  %8" PRIu64 "  %-9.9s ", text, l.count,
		   source_name(source));
	for (size_t i = 0; i < t->count; i++) {
		const struct bar *b = &t->bars[i];
		const struct month_seen *m = month_of(b, month);
		if (b->source == source && (m || stated_in(b, month)))
			put_text(w, &l, b, m == NULL);
	}
	buf_putc(w->out, '\n');
}

static bool first_of_source(const struct timeline *t, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (t->bars[i].source == t->bars[at].source)
			return false;
	return true;
}

/* Other months were not asked about. */
static void cut_to_fence(const struct fence *f, int64_t *first, int64_t *last)
{
	if (f == NULL)
		return;
	if (f->from_s != WHEN_UNKNOWN && f->from_s > *first)
		*first = f->from_s;
	if (f->to_s != WHEN_UNKNOWN && f->to_s < *last)
		*last = f->to_s;
}

void timeline_put_months(struct writer *w)
{
	struct timeline *t = w->state;
	int64_t first = INT64_MAX, last = INT64_MIN;
	for (size_t i = 0; i < t->count; i++) {
		const struct bar *b = &t->bars[i];
		t->show_name |= strcmp(b->name, t->bars[0].name) != 0;
		if (b->first_s == WHEN_UNKNOWN)
			continue;
		first = b->first_s < first ? b->first_s : first;
		last = b->last_s > last ? b->last_s : last;
	}
	if (!t->show_name) {
		timeline_colour(w, BOLD);
		buf_printf(w->out, "%s\n", t->bars[0].name);
		timeline_colour(w, 0);
	}
	timeline_colour(w, DIM);
	buf_puts(w->out, "MONTH       COUNT  SOURCE    SEEN\n");
	timeline_colour(w, 0);
	cut_to_fence(w->options.fence, &first, &last);
	for (int32_t m = first <= last ? when_month(first) : 0;
	     first <= last && m <= when_month(last); m++)
		for (size_t i = 0; i < t->count; i++)
			if (first_of_source(t, i))
				put_month(w, m, t->bars[i].source);
	if (t->more)
		buf_printf(w->out, "%" PRIu64 " more records are not shown\n", t->more);
}
