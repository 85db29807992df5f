/* The axis of time that all bars share: its ends, its columns, its ticks. */
#include <stdio.h>

#include "format/timeline_own.h"

void timeline_choose_axis(struct timeline *t)
{
	t->from_s = INT64_MAX;
	t->to_s = INT64_MIN;
	for (size_t i = 0; i < t->count; i++) {
		const struct bar *b = &t->bars[i];
		if (b->first_s == WHEN_UNKNOWN)
			continue;
		t->from_s = b->first_s < t->from_s ? b->first_s : t->from_s;
		t->to_s = b->last_s > t->to_s ? b->last_s : t->to_s;
	}
	if (t->from_s > t->to_s)
		t->from_s = t->to_s = 0;
	/* whole days, and never so short that a day is many columns wide */
	t->from_s -= ((t->from_s % DAY_S) + DAY_S) % DAY_S;
	t->to_s += DAY_S - ((t->to_s % DAY_S) + DAY_S) % DAY_S;
	int64_t least = (int64_t)t->columns * DAY_S / 2;
	if (t->to_s - t->from_s < least)
		t->to_s = t->from_s + least;
}

/* Which column a moment falls into; -1 before the axis, columns behind it. */
static int column_of(const struct timeline *t, int64_t s)
{
	if (s < t->from_s)
		return -1;
	if (s >= t->to_s)
		return (int)t->columns;
	__int128 part = (__int128)(s - t->from_s) * t->columns / (t->to_s - t->from_s);
	return (int)part;
}

static void set_marks(const struct timeline *t, uint8_t *marks, int64_t from_s,
		      int64_t to_s, enum mark m)
{
	int a = column_of(t, from_s), b = column_of(t, to_s);
	for (int i = a < 0 ? 0 : a; i <= b && i < (int)t->columns; i++)
		if (marks[i] < m)
			marks[i] = (uint8_t)m;
}

void timeline_fill_marks(const struct timeline *t, const struct bar *b, uint8_t *marks)
{
	memset(marks, MARK_NONE, t->columns);
	if (b->first_s == WHEN_UNKNOWN)
		return;
	bool between = b->month_count || b->stated_count;
	set_marks(t, marks, b->first_s, b->last_s, between ? MARK_BETWEEN : MARK_STATED);
	for (size_t i = 0; i < b->stated_count; i++) {
		const struct stated *s = &b->stated[i];
		int64_t first = s->first_s == WHEN_UNKNOWN ? s->last_s : s->first_s;
		int64_t last = s->last_s == WHEN_UNKNOWN ? s->first_s : s->last_s;
		if (first != WHEN_UNKNOWN)
			set_marks(t, marks, first, last, MARK_STATED);
	}
	/* a day fills its columns; where a column is longer it counts for one only */
	bool fine = t->to_s - t->from_s < (int64_t)t->columns * DAY_S;
	int64_t length = fine ? DAY_S - 1 : 0;
	for (size_t i = 0; i < b->month_count; i++) {
		int64_t start = when_month_start(b->months[i].month);
		for (unsigned d = 0; d < 31; d++)
			if (b->months[i].days >> d & 1)
				set_marks(t, marks, start + (int64_t)d * DAY_S,
					  start + (int64_t)d * DAY_S + length, MARK_SEEN);
	}
}

/* Writes text into line at a column, when it is free there; true if it was. */
static bool put_at(char *line, unsigned columns, int at, const char *text)
{
	size_t n = strlen(text);
	if (at < 0 || at + n > columns)
		return false;
	for (size_t i = 0; i < n + 1 && at + i < columns; i++)
		if (line[at + i] != ' ')
			return false;
	if (at > 0 && line[at - 1] != ' ')
		return false;
	memcpy(line + at, text, n);
	return true;
}

/* How many months from tick to tick, so that their texts stand apart. */
static int32_t tick_step(const struct timeline *t)
{
	static const int32_t steps[] = {1, 2, 3, 6, 12, 24, 60, 120};
	double month_columns =
	    30.4 * DAY_S / (double)(t->to_s - t->from_s) * (double)t->columns;
	size_t i = 0;
	while (i < 7 && month_columns * steps[i] < 7)
		i++;
	return steps[i];
}

/* The year at each January, the month at other ticks; the first column says both. */
static void put_month_ticks(const struct timeline *t, char *line)
{
	char text[24];
	int32_t first = when_month(t->from_s), last = when_month(t->to_s);
	int32_t step = tick_step(t);
	snprintf(text, sizeof(text), "|%04d-%02d", when_month_year(first) % 10000,
		 first % 12 + 1);
	put_at(line, t->columns, 0, text);
	for (int32_t m = first + step - first % step; m <= last; m += step) {
		if (m % 12 == 0)
			snprintf(text, sizeof(text), "|%d", when_month_year(m));
		else
			snprintf(text, sizeof(text), "|%02d", m % 12 + 1);
		put_at(line, t->columns, column_of(t, when_month_start(m)), text);
	}
}

/* For an axis of a few weeks. */
static void put_day_ticks(const struct timeline *t, char *line, int64_t days)
{
	char text[WHEN_TEXT_MAX + 1] = "|";
	int64_t step = 1;
	while (step * t->columns < 8 * days)
		step++;
	for (int64_t d = 0; d < days; d += step) {
		int64_t s = t->from_s + d * DAY_S;
		when_date_text(s, text + 1);
		if (d > 0) /* the year stands in the first column */
			memmove(text + 1, text + 6, strlen(text + 6) + 1);
		put_at(line, t->columns, column_of(t, s), text);
	}
}

static void put_ticks(struct writer *w)
{
	struct timeline *t = w->state;
	char line[COLUMNS_MOST + 1];
	int64_t days = (t->to_s - t->from_s) / DAY_S;
	memset(line, ' ', t->columns);
	line[t->columns] = '\0';
	if (days < 100)
		put_day_ticks(t, line, days);
	else
		put_month_ticks(t, line);
	size_t n = t->columns;
	while (n > 0 && line[n - 1] == ' ')
		n--;
	buf_printf(w->out, "%*s", (int)t->label_width + 2, "");
	timeline_colour(w, DIM);
	buf_put(w->out, line, n);
	timeline_colour(w, 0);
	buf_putc(w->out, '\n');
}

static void put_fence(struct writer *w)
{
	struct timeline *t = w->state;
	const struct fence *f = w->options.fence;
	if (f == NULL || fence_is_open(f))
		return;
	int a = f->from_s == WHEN_UNKNOWN ? -1 : column_of(t, f->from_s);
	int b = f->to_s == WHEN_UNKNOWN ? (int)t->columns : column_of(t, f->to_s);
	buf_printf(w->out, "%-*s  ", (int)t->label_width, "time asked about");
	for (int i = 0; i < (int)t->columns && i <= b; i++)
		buf_putc(w->out, i < a		    ? ' '
				 : i == a && i == b ? '^'
				 : i == a	    ? '['
				 : i == b	    ? ']'
						    : '=');
	if (a >= (int)t->columns)
		buf_puts(w->out, ">");
	buf_putc(w->out, '\n');
}

void timeline_put_axis(struct writer *w)
{
	put_ticks(w);
	put_fence(w);
}
