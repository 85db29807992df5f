/*
 * The table for people. The first rows are held back to see how wide the columns must
 * be and which of them say the same in every line: such a name (or such rdata, asked by
 * rdata) stands once above the table. After that, rows go straight out.
 *
 * Times are UTC, as exact as the width allows: seconds, minutes or days. A question mark
 * behind the source: the set was never seen to come from a server known for its zone.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/safe.h"
#include "format/formats.h"
#include "format/put.h"
#include "format/text_own.h"

#define HELD_OCTETS (1u << 20)

enum { BOLD = 1, DIM = 2, ADDRESS = 36 };

static void colour(struct writer *w, int code)
{
	if (w->options.colour)
		buf_printf(w->out, "\033[%dm", code);
}

static void uncolour(struct writer *w)
{
	if (w->options.colour)
		buf_puts(w->out, "\033[0m");
}

/* ---- printing ---- */

static void pad(struct writer *w, unsigned have, unsigned width)
{
	for (; have < width; have++)
		buf_putc(w->out, ' ');
}

static void trim(struct buf *out)
{
	while (out->err == 0 && out->len > 0 && out->at[out->len - 1] == ' ')
		out->len--;
}

static void put_cell(struct writer *w, const char *s, unsigned width)
{
	buf_puts(w->out, s);
	pad(w, text_columns(s), width);
	buf_puts(w->out, "  ");
}

static void put_time(struct writer *w, int64_t s, unsigned width)
{
	char text[WHEN_TEXT_MAX] = "-";
	if (s != WHEN_UNKNOWN)
		when_text_plain(s, text);
	text[width] = '\0';
	put_cell(w, text, width);
}

static unsigned days_in(int32_t month)
{
	return (unsigned)((when_month_start(month + 1) - when_month_start(month)) /
			  86400);
}

static void put_bar(struct writer *w, int32_t month, uint32_t days)
{
	unsigned n = days_in(month);
	for (unsigned d = 0; d < 31; d++) {
		bool seen = days >> d & 1;
		if (d >= n)
			buf_putc(w->out, ' ');
		else if (w->options.unicode)
			buf_puts(w->out, seen ? "\xe2\x96\x88" : "\xc2\xb7");
		else
			buf_putc(w->out, seen ? '#' : '.');
	}
}

static void put_when(struct writer *w, const struct line *l)
{
	struct text *t = w->state;
	char month[MONTH_TEXT_MAX] = "stated ";
	if (!t->month_view) {
		put_time(w, l->first_s, t->time_width);
		put_time(w, l->last_s, t->time_width);
		return;
	}
	if (l->month == 0) { /* an interval somebody stated, no days known */
		put_time(w, l->first_s, 10);
		buf_puts(w->out, "to ");
		put_time(w, l->last_s, 10);
		pad(w, 27, 42);
		return;
	}
	month_text(l->month, month);
	put_cell(w, month, 7);
	put_bar(w, l->month, l->days);
	buf_puts(w->out, "  ");
}

static void put_head(struct writer *w)
{
	struct text *t = w->state;
	const struct line *l = &t->lines[0];
	if (!t->show_name || !t->show_data) {
		colour(w, BOLD);
		buf_puts(w->out, t->show_name ? l->data[0] : l->name);
		uncolour(w);
		buf_putc(w->out, '\n');
	}
	colour(w, DIM);
	if (t->month_view) {
		put_cell(w, "MONTH", 7);
		put_cell(w, "DAYS SEEN", 31);
	} else {
		put_cell(w, "FIRST SEEN", t->time_width);
		put_cell(w, "LAST SEEN", t->time_width);
	}
	pad(w, 5, t->count_width);
	buf_puts(w->out, "COUNT  ");
	if (t->show_hop)
		buf_puts(w->out, "HOP  ");
	put_cell(w, "TYPE", t->type_width);
	if (t->show_name)
		put_cell(w, "NAME", t->name_width);
	if (t->show_data)
		put_cell(w, "RDATA", t->data_width);
	if (t->show_source)
		buf_puts(w->out, "SOURCE");
	trim(w->out);
	uncolour(w);
	buf_putc(w->out, '\n');
}

static void put_count(struct writer *w, uint64_t count)
{
	struct text *t = w->state;
	pad(w, count ? text_digits(count) : 1, t->count_width);
	if (count)
		buf_u64(w->out, count);
	else
		buf_putc(w->out, '-');
	buf_puts(w->out, "  ");
}

static void put_data(struct writer *w, const struct line *l, size_t i)
{
	struct text *t = w->state;
	const char *s = i < l->data_count ? l->data[i] : "";
	if (l->address)
		colour(w, ADDRESS);
	buf_puts(w->out, s);
	if (l->address)
		uncolour(w);
	if (i == 0) {
		pad(w, text_columns(s), t->data_width);
		buf_puts(w->out, "  ");
	}
}

/* A name too long for its column has its rdata below it, so that columns stay columns. */
static bool hangs(const struct text *t, const struct line *l)
{
	return t->show_name && t->show_data && text_columns(l->name) > t->name_width;
}

static void put_place(struct writer *w, const char *what, const struct span_place *at)
{
	if (at->number == 0)
		return;
	const char *file = w->options.place_name(at, w->options.place_arg);
	colour(w, DIM);
	buf_printf(w->out, "  %s: packet %" PRIu32 " of ", what, at->number);
	put_safe(w->out, BYTES_STR(file ? file : "a file that the ledger does not name"));
	uncolour(w);
	buf_putc(w->out, '\n');
}

static void put_rest(struct writer *w, const struct line *l)
{
	struct text *t = w->state;
	unsigned indent = text_fixed_width(t, t->time_width);
	if (hangs(t, l))
		indent += 2;
	else if (t->show_name)
		indent += t->name_width + 2;
	for (size_t i = hangs(t, l) ? 0 : 1; i < l->data_count; i++) {
		pad(w, 0, indent);
		put_data(w, l, i);
		trim(w->out);
		buf_putc(w->out, '\n');
	}
	for (size_t i = 0; i < l->month_count; i++) {
		char month[MONTH_TEXT_MAX];
		month_text(l->months[i].month, month);
		buf_printf(w->out, "  %s  ", month);
		put_bar(w, l->months[i].month, l->months[i].days);
		buf_putc(w->out, '\n');
	}
	if (w->options.place_name) {
		put_place(w, "first seen", &l->first_at);
		put_place(w, "last seen", &l->last_at);
	}
}

static void put_line(struct writer *w, const struct line *l)
{
	struct text *t = w->state;
	put_when(w, l);
	put_count(w, l->count);
	if (t->show_hop) {
		char hop[16] = "";
		if (l->hop)
			snprintf(hop, sizeof(hop), "+%u", l->hop);
		put_cell(w, hop, 3);
	}
	put_cell(w, l->type, t->type_width);
	if (t->show_name)
		put_cell(w, l->name, t->name_width);
	if (t->show_data && !hangs(t, l))
		put_data(w, l, 0);
	if (t->show_source)
		buf_puts(w->out, l->source);
	if (l->unproven)
		buf_putc(w->out, '?');
	trim(w->out);
	buf_putc(w->out, '\n');
	put_rest(w, l);
}

static void put_held(struct writer *w, bool all)
{
	struct text *t = w->state;
	if (t->held == 0)
		return;
	text_choose_widths(w, all);
	put_head(w);
	for (size_t i = 0; i < t->held; i++)
		put_line(w, &t->lines[i]);
	t->held = 0;
	arena_reset(&t->arena);
}

/* ---- the format ---- */

static int begin(struct writer *w)
{
	struct text *t = w->state;
	arena_init(&t->arena, 0);
	buf_init(&t->scratch, 1 << 20);
	t->month_view = w->options.view == VIEW_MONTH;
	return 0;
}

static int row(struct writer *w, const struct result *r)
{
	struct text *t = w->state;
	int e = text_fill_line(w, r, &t->lines[t->held]);
	if (e < 0)
		return e;
	if (t->streaming) {
		put_line(w, &t->lines[0]);
		arena_reset(&t->arena);
		return 0;
	}
	t->held++;
	if (t->held == HELD_ROWS || t->arena.used > HELD_OCTETS) {
		put_held(w, false);
		t->streaming = true;
	}
	return 0;
}

static int end(struct writer *w, const struct answer_counters *c)
{
	struct text *t = w->state;
	const char *source = t->held ? t->lines[0].source : NULL;
	put_held(w, true);
	if (source && !t->show_source) {
		colour(w, DIM);
		buf_printf(w->out, "source: %s\n", source);
		uncolour(w);
	}
	if (t->any_unproven) {
		colour(w, DIM);
		buf_puts(w->out, "? unproven: the server that answered was not known for "
				 "the zone\n");
		uncolour(w);
	}
	return 0;
}

static void release(struct writer *w)
{
	struct text *t = w->state;
	arena_release(&t->arena);
	buf_release(&t->scratch);
}

const struct format format_text = {
    .name = "text",
    .about = "a table for people",
    .mime = "text/plain; charset=utf-8",
    .extension = "txt",
    .state = sizeof(struct text),
    .begin = begin,
    .row = row,
    .end = end,
    .release = release,
};
