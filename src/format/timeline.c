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

#include "base/hash.h"
#include "dns/name.h"
#include "dns/type.h"
#include "format/timeline_own.h"

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

/* The texts that tell bars apart; the name stands above those that share it. */
static int name_bar(struct writer *w, const struct result *r, struct bar *b)
{
	struct timeline *t = w->state;
	enum timeline_group by = w->options.group;
	buf_clear(&t->text);
	if (by == TIMELINE_RECORD || by == TIMELINE_MONTH)
		name_put_chomped(&t->text, r->set.owner);
	b->name = keep(t);
	buf_clear(&t->text);
	if (by == TIMELINE_NETWORK)
		timeline_put_network(&t->text, r);
	else
		put_label(t, r);
	b->label = keep(t);
	if (b->name == NULL || b->label == NULL)
		return YORE_ENOMEM;
	b->hash = hash_fixed(b->label, strlen(b->label),
			     hash_fixed(b->name, strlen(b->name), b->source));
	return 0;
}

static int row(struct writer *w, const struct result *r)
{
	struct timeline *t = w->state;
	struct bar b = {.first_s = r->span.first_s,
			.last_s = r->span.last_s,
			.source = r->set.source};
	if (b.first_s == WHEN_UNKNOWN)
		b.first_s = b.last_s;
	if (b.last_s == WHEN_UNKNOWN)
		b.last_s = b.first_s;
	if (t->count == ROWS_HELD && w->options.group == TIMELINE_RECORD) {
		t->more++;
		return 0;
	}
	int e = name_bar(w, r, &b);
	if (e == 0)
		e = keep_months(t, &b, r);
	if (e == 0)
		e = keep_stated(t, &b, r);
	if (e < 0)
		return e;
	struct bar *have = NULL;
	if (w->options.group != TIMELINE_RECORD)
		have = timeline_find(t, b.hash, b.name, b.label, b.source);
	if (have)
		return timeline_merge(t, have, &b);
	if (t->count == ROWS_HELD)
		t->more++;
	else
		t->bars[t->count++] = b;
	return 0;
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

/* ---- printing ---- */

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
			timeline_colour(w, 0);
		if (marks[i] != now && marks[i] != MARK_NONE)
			timeline_colour(w, marks[i] == MARK_SEEN ? SEEN : DIM);
		now = marks[i];
		buf_puts(w->out, (w->options.unicode ? nice : plain)[now]);
	}
	if (now != MARK_NONE)
		timeline_colour(w, 0);
}

static void put_bar(struct writer *w, const struct bar *b)
{
	struct timeline *t = w->state;
	uint8_t marks[COLUMNS_MOST];
	int indent = t->show_name ? 2 : 0, width = (int)t->label_width - indent;
	bool cut = (int)strlen(b->label) > width;
	timeline_fill_marks(t, b, marks);
	buf_printf(w->out, "%*s%-*.*s%s", indent, "", width - (cut ? 3 : 0),
		   width - (cut ? 3 : 0), b->label, cut ? "..." : "");
	buf_puts(w->out, "  ");
	put_marks(w, marks);
	buf_putc(w->out, '\n');
}

static void put_name(struct writer *w, const struct bar *b)
{
	timeline_colour(w, BOLD);
	buf_puts(w->out, b->name);
	timeline_colour(w, 0);
	buf_putc(w->out, '\n');
}

static void put_legend(struct writer *w)
{
	const struct timeline *t = w->state;
	bool u = w->options.unicode;
	timeline_colour(w, DIM);
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
	timeline_colour(w, 0);
	if (t->more)
		buf_printf(w->out, "%" PRIu64 " more records are not shown\n", t->more);
}

static int end(struct writer *w, const struct answer_counters *c)
{
	struct timeline *t = w->state;
	if (t->count == 0)
		return 0;
	if (w->options.group == TIMELINE_MONTH) {
		timeline_put_months(w);
		return 0;
	}
	if (name_sources(t) < 0)
		return YORE_ENOMEM;
	choose_widths(w);
	timeline_choose_axis(t);
	if (!t->show_name && *t->bars[0].name)
		put_name(w, &t->bars[0]);
	timeline_put_axis(w);
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
