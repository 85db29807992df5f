#include "cmd/help.h"

#define HELP_WIDTH 80
#define OPTION_COLUMN 26

/* Words of one paragraph, broken at the width; the first line begins at column `at`. */
static void put_wrapped(struct buf *out, const char *text, size_t len, unsigned at,
			unsigned indent)
{
	unsigned column = at;
	for (size_t i = 0; i < len;) {
		size_t n = 0;
		while (i + n < len && text[i + n] != ' ' && text[i + n] != '\n')
			n++;
		if (column > indent && column + 1 + n > HELP_WIDTH) {
			buf_printf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			buf_putc(out, ' ');
			column++;
		}
		buf_put(out, text + i, n);
		column += (unsigned)n;
		for (i += n; i < len && (text[i] == ' ' || text[i] == '\n'); i++)
			;
	}
	buf_putc(out, '\n');
}

/* Paragraphs; one that begins with a blank is an example and stays as it is. */
static void put_paragraphs(struct buf *out, const char *text)
{
	while (*text) {
		const char *end = strstr(text, "\n\n");
		size_t n = end ? (size_t)(end - text) : strlen(text);
		if (*text == ' ') {
			buf_put(out, text, n);
			buf_putc(out, '\n');
		} else {
			put_wrapped(out, text, n, 0, 0);
		}
		text += n;
		if (end) {
			buf_putc(out, '\n');
			text += 2;
		}
	}
}

static void put_option(struct buf *out, const struct option_row *row)
{
	size_t before = out->len;
	buf_puts(out, row->letter ? "  " : "      ");
	option_put(out, row);
	unsigned column = (unsigned)(out->len - before);
	if (column + 2 > OPTION_COLUMN) {
		buf_printf(out, "\n%*s", OPTION_COLUMN, "");
	} else {
		buf_printf(out, "%*s", (int)(OPTION_COLUMN - column), "");
	}
	put_wrapped(out, row->help, strlen(row->help), OPTION_COLUMN, OPTION_COLUMN);
}

static void put_options(struct buf *out, const struct command *c)
{
	for (const struct option_group *g = c->groups; g && g->rows; g++) {
		if (g->rows->name == NULL)
			continue;
		buf_printf(out, "\n%s:\n", g->title ? g->title : "Options");
		for (const struct option_row *row = g->rows; row->name; row++)
			if (!row->hidden)
				put_option(out, row);
	}
}

static void put_verb(struct buf *out, const char *name, const char *about)
{
	buf_printf(out, "  %-12s  ", name);
	put_wrapped(out, about, strlen(about), 16, 16);
}

static void put_examples(struct buf *out, const char *examples)
{
	size_t n = strlen(examples);
	buf_printf(out, "\nExamples:\n%s%s", examples,
		   n && examples[n - 1] != '\n' ? "\n" : "");
}

void help_put_command(struct buf *out, const struct command *c, const char *name)
{
	buf_printf(out, "usage: yore %s %s\n\n", name,
		   c->verbs   ? "VERB ..."
		   : c->usage ? c->usage
			      : "");
	if (c->verbs) {
		for (const struct command *const *v = c->verbs; *v; v++)
			put_verb(out, (*v)->name, (*v)->about);
		buf_printf(out, "\nyore help %s VERB tells more.\n", name);
		return;
	}
	put_paragraphs(out, c->manual ? c->manual : c->about);
	put_options(out, c);
	if (c->examples)
		put_examples(out, c->examples);
}

void help_put_overview(struct buf *out)
{
	buf_puts(out,
		 "usage: yore COMMAND ...\n\nyore keeps the history of the DNS: what a "
		 "name resolved to, and when.\n");
	for (unsigned s = 0; s <= SECTION_ABOUT; s++) {
		bool titled = false;
		for (const struct command_entry *e = command_table; e->command; e++) {
			if (e->section != s || e->command->hidden)
				continue;
			if (!titled)
				buf_printf(out, "\n%s:\n", section_title(s));
			titled = true;
			put_verb(out, e->command->name, e->command->about);
		}
	}
	buf_puts(out, "\nyore help COMMAND tells more about one; yore COMMAND --help the "
		      "same.\n");
}
