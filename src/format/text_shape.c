/* Which columns the table has, and how wide they are. */
#include "format/text_own.h"

static void widen(unsigned *width, unsigned need)
{
	if (need > *width)
		*width = need;
}

static bool same_data(const struct line *a, const struct line *b)
{
	if (a->data_count != 1 || b->data_count != 1)
		return false;
	return strcmp(a->data[0], b->data[0]) == 0 && strcmp(a->type, b->type) == 0;
}

/* Which columns there are. When more rows may come, nothing is known to be constant. */
static void choose_columns(struct text *t, bool all)
{
	bool same_name = all, same_rdata = all, by_rdata = false, by_owner = false;
	for (size_t i = 0; i < t->held; i++) {
		const struct line *l = &t->lines[i];
		same_name = same_name && strcmp(l->name, t->lines[0].name) == 0;
		same_rdata = same_rdata && same_data(l, &t->lines[0]);
		by_rdata |= l->by_rdata;
		by_owner |= !l->by_rdata;
		t->show_hop |= l->hop > 0;
	}
	t->show_name = !(same_name && !by_rdata);
	t->show_data = !(same_rdata && !by_owner);
}

static bool same_source(const struct text *t)
{
	for (size_t i = 0; i < t->held; i++)
		if (t->lines[i].unproven ||
		    strcmp(t->lines[i].source, t->lines[0].source) != 0)
			return false;
	return true;
}

unsigned text_fixed_width(const struct text *t, unsigned time_width)
{
	unsigned n = t->month_view ? 7 + 2 + 31 : 2 * time_width + 2;
	n += 2 + t->count_width + 2 + t->type_width + 2;
	return n + (t->show_hop ? 5 : 0);
}

static void measure_cells(struct text *t)
{
	t->count_width = 5;
	t->type_width = 4;
	t->source_width = 6;
	for (size_t i = 0; i < t->held; i++) {
		const struct line *l = &t->lines[i];
		widen(&t->count_width, l->count ? text_digits(l->count) : 1);
		widen(&t->type_width, (unsigned)strlen(l->type));
		widen(&t->name_width, text_columns(l->name));
		widen(&t->source_width, (unsigned)strlen(l->source) + l->unproven);
		for (size_t d = 0; d < l->data_count; d++)
			widen(&t->data_width, text_columns(l->data[d]));
	}
	widen(&t->name_width, 4);
	widen(&t->data_width, 5);
}

/* What is too long spoils its own line only; the shorter column gets what it needs. */
static void squeeze(struct text *t, unsigned left)
{
	unsigned *shorter =
	    t->name_width < t->data_width ? &t->name_width : &t->data_width;
	unsigned *longer = shorter == &t->name_width ? &t->data_width : &t->name_width;
	if (!t->show_name || !t->show_data) {
		unsigned *only = t->show_name ? &t->name_width : &t->data_width;
		*only = *only > left ? left : *only;
		return;
	}
	if (*shorter > left / 2)
		*shorter = left / 2;
	if (*longer > left - *shorter)
		*longer = left - *shorter;
}

/*
 * Times lose their seconds, then their minutes, then a source that is the same in all
 * lines goes below the table, before any name is squeezed.
 */
void text_choose_widths(struct writer *w, bool all)
{
	static const unsigned precise[] = {19, 16, 10};
	struct text *t = w->state;
	unsigned width = w->options.width ? w->options.width : 80, cells, i = 0;
	choose_columns(t, all);
	measure_cells(t);
	t->show_source = true;
	cells = (t->show_name ? t->name_width + 2 : 0) +
		(t->show_data ? t->data_width + 2 : 0);
	while (i < 2 && text_fixed_width(t, precise[i]) + cells + t->source_width > width)
		i++;
	t->time_width = precise[i];
	if (text_fixed_width(t, t->time_width) + cells + t->source_width <= width)
		return;
	t->show_source = !(all && same_source(t));
	unsigned taken = text_fixed_width(t, t->time_width) +
			 (t->show_source ? t->source_width + 4 : 2);
	squeeze(t, width > taken + 20 ? width - taken : 20);
}
