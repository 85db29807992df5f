/*
 * A bar for each record on one axis of time. A block stands where the record was really
 * seen on a day that falls into that column, a thin line where it was not seen between
 * its first and last day, a shade where only an interval was stated. The fence, when
 * there is one, is drawn under the axis.
 *
 * Rows are held until the end, because the axis must know them all; behind ROWS_HELD of
 * them the rest is only counted.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"
#include "dns/name.h"
#include "dns/type.h"
#include "format/formats.h"
#include "format/put.h"

#define ROWS_HELD 2000
#define LABEL_MOST 44
#define DAY_S 86400
#define COLUMNS_MOST 400

enum { BOLD = 1, DIM = 2, SEEN = 32 };
enum mark { MARK_NONE, MARK_BETWEEN, MARK_STATED, MARK_SEEN };

struct bar {
	char *name, *label;
	int64_t first_s, last_s;
	struct month_seen *months;
	size_t month_count;
	struct stated *stated; /* none: from first to last */
	size_t stated_count;
	uint16_t source;
};

struct timeline {
	struct arena arena;
	struct bar bars[ROWS_HELD];
	size_t count;
	uint64_t more;
	struct buf text;
	int64_t from_s, to_s; /* of the axis */
	unsigned label_width, columns;
	bool show_name;
};

/* ---- taking rows ---- */

static void put_label(struct timeline *t, const struct result *r)
{
	struct reader in = reader_of(r->set.rdata);
	struct bytes one;
	char type[TYPE_TEXT_MAX];
	type_text(r->set.type, type);
	buf_puts(&t->text, type);
	for (unsigned n = 0; rdataset_next(&in, &one); n++) {
		if (one.len == 0) /* a negative answer: its source says which */
			buf_printf(&t->text, " (%s)", source_name(r->set.source));
		if (one.len == 0)
			continue;
		buf_puts(&t->text, n ? ", " : " ");
		put_rdata(&t->text, r->set.type, one, true);
		if (t->text.len > 2 * LABEL_MOST)
			break;
	}
}

static char *keep(struct timeline *t)
{
	return arena_strdup(&t->arena, buf_str(&t->text));
}

static int keep_months(struct timeline *t, struct bar *b, const struct result *r)
{
	b->month_count = r->month_count;
	if (r->month_count == 0)
		return 0;
	b->months = arena_alloc(&t->arena, r->month_count * sizeof(*b->months));
	if (b->months == NULL)
		return YORE_ENOMEM;
	memcpy(b->months, r->months, r->month_count * sizeof(*b->months));
	return 0;
}

static int keep_stated(struct timeline *t, struct bar *b, const struct result *r)
{
	if (r->stated_count == 0)
		return 0;
	b->stated = arena_alloc(&t->arena, r->stated_count * sizeof(*b->stated));
	if (b->stated == NULL)
		return YORE_ENOMEM;
	memcpy(b->stated, r->stated, r->stated_count * sizeof(*b->stated));
	b->stated_count = r->stated_count;
	return 0;
}

static int begin(struct writer *w)
{
	struct timeline *t = w->state;
	arena_init(&t->arena, 64u << 20);
	buf_init(&t->text, 1 << 20);
	return 0;
}

static int row(struct writer *w, const struct result *r)
{
	struct timeline *t = w->state;
	if (t->count == ROWS_HELD) {
		t->more++;
		return 0;
	}
	struct bar *b = &t->bars[t->count];
	*b = (struct bar){.first_s = r->span.first_s,
			  .last_s = r->span.last_s,
			  .source = r->set.source};
	if (b->first_s == WHEN_UNKNOWN)
		b->first_s = b->last_s;
	if (b->last_s == WHEN_UNKNOWN)
		b->last_s = b->first_s;
	buf_clear(&t->text);
	name_put_chomped(&t->text, r->set.owner);
	b->name = keep(t);
	buf_clear(&t->text);
	put_label(t, r);
	b->label = keep(t);
	if (b->name == NULL || b->label == NULL)
		return YORE_ENOMEM;
	t->count++;
	int e = keep_months(t, b, r);
	return e == 0 ? keep_stated(t, b, r) : e;
}

/* ---- the axis ---- */

static void choose_axis(struct writer *w)
{
	struct timeline *t = w->state;
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

/*
 * Where several sources speak, each bar says whose it is, also when its label is cut.
 * ENOMEM.
 */
static int name_sources(struct timeline *t)
{
	size_t i = 1;
	while (i < t->count && t->bars[i].source == t->bars[0].source)
		i++;
	for (size_t k = 0; i < t->count && k < t->count; k++) {
		struct bar *b = &t->bars[k];
		const char *source = source_name(b->source);
		size_t room = LABEL_MOST - 6 - strlen(source), n = strlen(b->label);
		buf_clear(&t->text);
		buf_put(&t->text, b->label, n > room ? room : n);
		buf_printf(&t->text, "%s (%s)", n > room ? "..." : "", source);
		b->label = keep(t);
		if (b->label == NULL)
			return YORE_ENOMEM;
	}
	return 0;
}

static void choose_widths(struct writer *w)
{
	struct timeline *t = w->state;
	unsigned width = w->options.width ? w->options.width : 80, need = 10;
	for (size_t i = 0; i < t->count; i++) {
		const struct bar *b = &t->bars[i];
		unsigned n = (unsigned)strlen(b->label);
		t->show_name |= strcmp(b->name, t->bars[0].name) != 0;
		need = n > need ? n : need;
	}
	if (t->show_name)
		need += 2; /* names stand above, labels are indented */
	unsigned most = width / 2 < LABEL_MOST ? width / 2 : LABEL_MOST;
	t->label_width = need < most ? need : most;
	t->columns = width > t->label_width + 24 ? width - t->label_width - 2 : 20;
	if (t->columns > COLUMNS_MOST)
		t->columns = COLUMNS_MOST;
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

static void fill_marks(const struct timeline *t, const struct bar *b, uint8_t *marks)
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

/* ---- printing ---- */

static void colour(struct writer *w, int code)
{
	if (w->options.colour)
		buf_printf(w->out, "\033[%dm", code);
}

static void put_marks(struct writer *w, const uint8_t *marks)
{
	static const char *const plain[] = {" ", "-", "=", "#"};
	static const char *const nice[] = {" ", "\xe2\x94\x80", "\xe2\x96\x91",
					   "\xe2\x96\x88"};
	const struct timeline *t = w->state;
	unsigned n = t->columns;
	enum mark now = MARK_NONE;
	while (n > 0 && marks[n - 1] == MARK_NONE)
		n--;
	for (unsigned i = 0; i < n; i++) {
		if (marks[i] != now && now != MARK_NONE)
			colour(w, 0);
		if (marks[i] != now && marks[i] != MARK_NONE)
			colour(w, marks[i] == MARK_SEEN ? SEEN : DIM);
		now = marks[i];
		buf_puts(w->out, (w->options.unicode ? nice : plain)[now]);
	}
	if (now != MARK_NONE)
		colour(w, 0);
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

static void put_axis(struct writer *w)
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
	colour(w, DIM);
	buf_put(w->out, line, n);
	colour(w, 0);
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

static void put_bar(struct writer *w, const struct bar *b)
{
	struct timeline *t = w->state;
	uint8_t marks[COLUMNS_MOST];
	int indent = t->show_name ? 2 : 0, width = (int)t->label_width - indent;
	bool cut = (int)strlen(b->label) > width;
	fill_marks(t, b, marks);
	buf_printf(w->out, "%*s%-*.*s%s", indent, "", width - (cut ? 3 : 0),
		   width - (cut ? 3 : 0), b->label, cut ? "..." : "");
	buf_puts(w->out, "  ");
	put_marks(w, marks);
	buf_putc(w->out, '\n');
}

static void put_name(struct writer *w, const struct bar *b)
{
	colour(w, BOLD);
	buf_puts(w->out, b->name);
	colour(w, 0);
	buf_putc(w->out, '\n');
}

static void put_legend(struct writer *w)
{
	const struct timeline *t = w->state;
	bool u = w->options.unicode;
	colour(w, DIM);
	buf_printf(w->out, "%s seen  %s not seen in between", u ? "\xe2\x96\x88" : "#",
		   u ? "\xe2\x94\x80" : "-");
	for (size_t i = 0; i < t->count; i++)
		if (t->bars[i].month_count == 0 || t->bars[i].stated_count) {
			buf_printf(w->out, "  %s stated, days not known",
				   u ? "\xe2\x96\x91" : "=");
			break;
		}
	double days = (double)(t->to_s - t->from_s) / DAY_S / (double)t->columns;
	buf_printf(w->out, "; a column is %.1f days\n", days);
	colour(w, 0);
	if (t->more)
		buf_printf(w->out, "%" PRIu64 " more records are not shown\n", t->more);
}

static int end(struct writer *w, const struct answer_counters *c)
{
	struct timeline *t = w->state;
	if (t->count == 0)
		return 0;
	if (name_sources(t) < 0)
		return YORE_ENOMEM;
	choose_widths(w);
	choose_axis(w);
	if (!t->show_name)
		put_name(w, &t->bars[0]);
	put_axis(w);
	put_fence(w);
	for (size_t i = 0; i < t->count; i++) {
		const struct bar *b = &t->bars[i];
		if (t->show_name && (i == 0 || strcmp(b->name, t->bars[i - 1].name) != 0))
			put_name(w, b);
		put_bar(w, b);
	}
	put_legend(w);
	return 0;
}

static void release(struct writer *w)
{
	struct timeline *t = w->state;
	arena_release(&t->arena);
	buf_release(&t->text);
}

const struct format format_timeline = {
    .name = "timeline",
    .about = "bars on one axis of time: when each record was really seen",
    .mime = "text/plain; charset=utf-8",
    .extension = "txt",
    .state = sizeof(struct timeline),
    .begin = begin,
    .row = row,
    .end = end,
    .release = release,
};
