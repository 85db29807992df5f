/*
 * An investigation on one screen: when all that there is to say does not fit, a line for
 * each find without its reason, notes by their number, and the case for the rest.
 */
#include "cmd/investigate_screen.h"

#define HEAD_AND_FOOT 12 /* rows that are no finds: both, skipped, notes, the prompt */
#define ADDRESS_WIDTH 15
#define WHEN_WIDTH 6
#define VERDICT_WIDTH 7

static void put_cell(struct buf *out, const char *text, size_t width)
{
	size_t n = strlen(text);
	if (n > width) { /* names differ at their ends */
		buf_printf(out, "..%s ", text + (n - width + 2));
		return;
	}
	buf_printf(out, "%-*s ", (int)width, text);
}

static void put_whose(struct buf *out, const struct line *l)
{
	if (l->whose.special == SPECIAL_NONE)
		buf_puts(out, ownership_name(l->whose.ownership));
	else if (l->whose.ownership == OWNER_UNKNOWN)
		buf_puts(out, special_name(l->whose.special));
	else
		buf_printf(out, "%s, %s", ownership_name(l->whose.ownership),
			   special_name(l->whose.special));
	buf_puts(out, "; ");
	line_sources(l, out);
}

static void put_find(const struct screen *s, const struct line *l, size_t name_width,
		     struct buf *out)
{
	struct buf b, row;
	buf_init(&b, 1 << 16);
	buf_init(&row, 1 << 16);
	put_cell(&row, action_name(l->judged.action), VERDICT_WIDTH);
	line_name(l, s->inquiry, &b);
	put_cell(&row, buf_str(&b), name_width);
	buf_clear(&b);
	line_address(l, &b);
	buf_printf(&row, "%-*s ", ADDRESS_WIDTH, buf_str(&b));
	put_cell(&row, l->part_count ? timing_name(l->timed.timing) : "-", WHEN_WIDTH);
	put_whose(&row, l);
	buf_printf(out, "%.*s\n", (int)s->width, buf_str(&row));
	buf_release(&b);
	buf_release(&row);
}

static size_t name_width_of(const struct screen *s)
{
	struct buf b;
	size_t most = 8, rest = VERDICT_WIDTH + ADDRESS_WIDTH + WHEN_WIDTH + 28;
	size_t room = s->width > rest + 12 ? s->width - rest : 12;
	buf_init(&b, 1 << 16);
	for (size_t i = 0; i < s->inquiry->line_count; i++) {
		if (s->inquiry->lines[i]->judged.action == ACTION_SKIP)
			continue;
		buf_clear(&b);
		line_name(s->inquiry->lines[i], s->inquiry, &b);
		most = b.len > most ? b.len : most;
	}
	buf_release(&b);
	return most < room ? most : room;
}

static void put_notes(const struct screen *s, struct buf *out)
{
	size_t count[NOTE_NOTHING + 1] = {0}, n = 0;
	for (size_t i = 0; i < s->inquiry->note_count; i++)
		count[s->inquiry->notes[i].kind]++;
	for (unsigned k = NOTE_ASKED + 1; k <= NOTE_NOTHING; k++)
		if (count[k])
			buf_printf(out, "%s%zu %s", n++ ? ", " : "notes: ", count[k],
				   note_name(k));
	if (n && s->folder)
		buf_printf(out, "; in %s/report.md", s->folder);
	if (n)
		buf_putc(out, '\n');
}

void brief_put(const struct screen *s, struct buf *out)
{
	static const enum action order[] = {ACTION_HUNT, ACTION_VICTIMS, ACTION_REVIEW};
	const struct investigation *q = s->inquiry;
	size_t room = s->height > HEAD_AND_FOOT + 4 ? s->height - HEAD_AND_FOOT : 4;
	size_t width = name_width_of(s), shown = 0, left = 0;
	for (size_t a = 0; a < sizeof(order) / sizeof(order[0]); a++)
		for (size_t i = 0; i < q->line_count; i++) {
			if (q->lines[i]->judged.action != order[a])
				continue;
			if (shown == room) {
				left++;
				continue;
			}
			put_find(s, q->lines[i], width, out);
			shown++;
		}
	if (left)
		buf_printf(out, "and %zu more%s%s%s\n", left, s->folder ? ": " : "",
			   s->folder ? s->folder : "", s->folder ? "/addresses.csv" : "");
	screen_skipped(q, out);
	put_notes(s, out);
}
