/*
 * The table for people. The first rows are held back to see how wide the columns must
 * be and which of them say the same in every line: such a name (or such rdata, asked by
 * rdata) stands once above the table. After that, rows go straight out.
 *
 * Times are UTC, as exact as the width allows: seconds, minutes or days. A question mark
 * behind the source: the set was never seen to come from a server known for its zone.
 */
#include "base/arena.h"
#include "dns/name.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "format/formats.h"
#include "format/put.h"

#include <stdio.h>

#define HELD_ROWS 500
#define HELD_OCTETS (1u << 20)
#define RDATA_SHOWN 1000 /* characters; a table is not where 64 KiB are read */

enum { BOLD = 1, DIM = 2, ADDRESS = 36 };

struct line { /* one row of the table, as cells */
	char *name, **data;
	size_t data_count;
	int64_t first_s, last_s;
	uint64_t count;
	char type[TYPE_TEXT_MAX];
	const char *source;
	bool unproven, address, by_rdata, zone;
	unsigned hop;
	int32_t month;
	uint32_t days;
	struct month_seen *months;
	size_t month_count;
};

struct text {
	struct arena arena;
	struct line lines[HELD_ROWS];
	size_t held;
	bool streaming;
	struct buf scratch;
	/* columns */
	unsigned time_width, name_width, count_width, type_width, data_width;
	unsigned source_width;
	bool show_name, show_data, show_source, show_hop, month_view;
	bool any_unproven, any_zone;
};

/* Characters as they stand on a screen: continuation octets of UTF-8 take no room. */
static unsigned columns(const char *s)
{
	unsigned n = 0;
	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

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

/* ---- cells ---- */

static char *cell(struct text *t)
{
	return arena_strdup(&t->arena, buf_str(&t->scratch));
}

static char *name_cell(struct writer *w, struct bytes name)
{
	struct text *t = w->state;
	buf_clear(&t->scratch);
	if (w->options.defang) {
		struct buf plain;
		buf_init(&plain, NAME_TEXT_MAX);
		name_put_chomped(&plain, name);
		put_defanged(&t->scratch, buf_bytes(&plain));
		buf_release(&plain);
	} else {
		name_put_chomped(&t->scratch, name);
	}
	if (w->options.unicode) {
		size_t before = t->scratch.len;
		buf_puts(&t->scratch, " [");
		if (put_unicode(&t->scratch, name))
			buf_putc(&t->scratch, ']');
		else if (t->scratch.err == 0)
			t->scratch.len = before;
	}
	return cell(t);
}

static char *rdata_cell(struct writer *w, uint16_t type, struct bytes rdata)
{
	struct text *t = w->state;
	struct name n;
	if (rdata_is_name(type) && name_of_wire(rdata, &n) == 0)
		return name_cell(w, rdata);
	buf_clear(&t->scratch);
	put_rdata(&t->scratch, type, rdata, true);
	if (t->scratch.err == 0 && t->scratch.len > RDATA_SHOWN) {
		size_t more = t->scratch.len - RDATA_SHOWN;
		t->scratch.len = RDATA_SHOWN;
		buf_printf(&t->scratch, "... (%zu more characters; --json shows all)",
			   more);
	}
	if (w->options.defang && (type == TYPE_A || type == TYPE_AAAA)) {
		char plain[ADDR_TEXT_MAX];
		snprintf(plain, sizeof(plain), "%s", buf_str(&t->scratch));
		buf_clear(&t->scratch);
		put_defanged(&t->scratch, BYTES_STR(plain));
	}
	return cell(t);
}

static int fill_line(struct writer *w, const struct result *r, struct line *l)
{
	struct text *t = w->state;
	struct reader in = reader_of(r->set.rdata);
	struct bytes rdata;
	size_t n = rdataset_count(r->set.rdata);
	memset(l, 0, sizeof(*l));
	l->name = name_cell(w, r->set.owner);
	l->data = arena_alloc(&t->arena, (n + 1) * sizeof(*l->data));
	if (l->name == NULL || l->data == NULL)
		return YORE_ENOMEM;
	while (l->data_count < n && rdataset_next(&in, &rdata)) {
		char *data = rdata_cell(w, r->set.type, rdata);
		if (data == NULL)
			return YORE_ENOMEM;
		l->data[l->data_count++] = data;
	}
	l->first_s = r->span.first_s;
	l->last_s = r->span.last_s;
	l->count = r->span.count;
	type_text(r->set.type, l->type);
	l->source = source_name(r->set.source);
	l->unproven = is_unproven(r);
	l->zone = r->zone_times;
	l->address = r->set.type == TYPE_A || r->set.type == TYPE_AAAA;
	l->by_rdata = r->side == SIDE_RDATA;
	l->hop = r->hop;
	l->month = r->month;
	l->days = r->span.days;
	if (w->options.days && !t->month_view && r->month_count) {
		size_t octets = r->month_count * sizeof(*l->months);
		l->months = arena_alloc(&t->arena, octets);
		if (l->months == NULL)
			return YORE_ENOMEM;
		memcpy(l->months, r->months, octets);
		l->month_count = r->month_count;
	}
	t->any_unproven |= l->unproven;
	t->any_zone |= l->zone;
	return t->scratch.err;
}

/* ---- the shape of the table ---- */

static unsigned digits(uint64_t v)
{
	unsigned n = 1;
	while (v >= 10) {
		v /= 10;
		n++;
	}
	return n;
}

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

static unsigned fixed_width(const struct text *t, unsigned time_width)
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
		widen(&t->count_width, l->count ? digits(l->count) : 1);
		widen(&t->type_width, (unsigned)strlen(l->type));
		widen(&t->name_width, columns(l->name));
		widen(&t->source_width, (unsigned)strlen(l->source) + l->unproven);
		for (size_t d = 0; d < l->data_count; d++)
			widen(&t->data_width, columns(l->data[d]));
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
static void choose_widths(struct writer *w, bool all)
{
	static const unsigned precise[] = {19, 16, 10};
	struct text *t = w->state;
	unsigned width = w->options.width ? w->options.width : 80, cells, i = 0;
	choose_columns(t, all);
	measure_cells(t);
	t->show_source = true;
	cells = (t->show_name ? t->name_width + 2 : 0) +
		(t->show_data ? t->data_width + 2 : 0);
	while (i < 2 && fixed_width(t, precise[i]) + cells + t->source_width > width)
		i++;
	t->time_width = precise[i];
	if (fixed_width(t, t->time_width) + cells + t->source_width <= width)
		return;
	t->show_source = !(all && same_source(t));
	unsigned taken =
	    fixed_width(t, t->time_width) + (t->show_source ? t->source_width + 4 : 2);
	squeeze(t, width > taken + 20 ? width - taken : 20);
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
	pad(w, columns(s), width);
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
	pad(w, count ? digits(count) : 1, t->count_width);
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
		pad(w, columns(s), t->data_width);
		buf_puts(w->out, "  ");
	}
}

/* A name too long for its column has its rdata below it, so that columns stay columns. */
static bool hangs(const struct text *t, const struct line *l)
{
	return t->show_name && t->show_data && columns(l->name) > t->name_width;
}

static void put_rest(struct writer *w, const struct line *l)
{
	struct text *t = w->state;
	unsigned indent = fixed_width(t, t->time_width);
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
	choose_widths(w, all);
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
	int e = fill_line(w, r, &t->lines[t->held]);
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
