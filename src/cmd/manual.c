/* Manual pages in the language of scdoc(5), and completion for bash. */
#include <stdio.h>

#include "cmd/help.h"

/* Text in which nothing is markup. */
static void put_plain(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool begins = i == 0 || text[i - 1] == '\n';
		if (strchr("\\_*<[]|", text[i]) || (begins && strchr("#-.:", text[i])))
			buf_putc(out, '\\');
		buf_putc(out, text[i]);
	}
}

static void put_literal(struct buf *out, const char *text, size_t len)
{
	buf_puts(out, "```\n");
	buf_put(out, text, len);
	if (len && text[len - 1] != '\n')
		buf_putc(out, '\n');
	buf_puts(out, "```\n");
}

static void put_paragraphs(struct buf *out, const char *text)
{
	while (*text) {
		const char *end = strstr(text, "\n\n");
		size_t n = end ? (size_t)(end - text) : strlen(text);
		if (*text == ' ') {
			put_literal(out, text, n);
		} else {
			put_plain(out, text, n);
			buf_putc(out, '\n');
		}
		buf_putc(out, '\n');
		text += end ? n + 2 : n;
	}
}

static void put_option(struct buf *out, const struct option_row *row)
{
	if (row->letter)
		buf_printf(out, "*-%c*, ", row->letter);
	buf_printf(out, "*--%s*", row->name);
	if (option_takes_argument(row)) {
		buf_putc(out, ' ');
		if (strpbrk(row->arg, "|_"))
			put_plain(out, row->arg, strlen(row->arg));
		else
			buf_printf(out, "_%s_", row->arg);
	}
	buf_puts(out, "\n\t");
	put_plain(out, row->help, strlen(row->help));
	buf_puts(out, ".\n\n");
}

static void put_options(struct buf *out, const struct command *c)
{
	for (const struct option_group *g = c->groups; g && g->rows; g++) {
		if (g->rows->name == NULL)
			continue;
		buf_puts(out, "## ");
		const char *title = g->title ? g->title : "Options";
		put_plain(out, title, strlen(title));
		buf_puts(out, "\n\n");
		for (const struct option_row *row = g->rows; row->name; row++)
			if (!row->hidden)
				put_option(out, row);
	}
}

static void put_verb(struct buf *out, const struct command *c, const char *parent)
{
	buf_printf(out, "# YORE %s ", parent);
	put_plain(out, c->name, strlen(c->name));
	buf_puts(out, " ");
	put_plain(out, c->usage ? c->usage : "", c->usage ? strlen(c->usage) : 0);
	buf_puts(out, "\n\n");
	put_paragraphs(out, c->manual ? c->manual : c->about);
	put_options(out, c);
	if (c->examples)
		put_literal(out, c->examples, strlen(c->examples));
	buf_putc(out, '\n');
}

static void put_statuses(struct buf *out)
{
	buf_puts(out, "# EXIT STATUS\n\n"
		      "*0*\n\tfound and complete, or done\n\n"
		      "*1*\n\tnothing found, and the time asked about was watched\n\n"
		      "*2*\n\twrong usage\n\n"
		      "*3*\n\tincomplete: cut short, refused, timed out, damaged\n\n"
		      "*4*\n\tnothing found, and not, or not wholly, watched\n\n"
		      "*5*\n\tanother failure\n\n"
		      "*6*\n\tno database, or it cannot be read or written\n\n"
		      "*7*\n\toutput could not be written\n\n"
		      "*8*\n\tthe other side could not be reached\n\n");
}

static void put_command(struct buf *out, const struct command *c)
{
	buf_printf(out, "yore-%s(1)\n\n# NAME\n\nyore-%s - ", c->name, c->name);
	put_plain(out, c->about, strlen(c->about));
	buf_printf(out, "\n\n# SYNOPSIS\n\n*yore %s* ", c->name);
	const char *usage = c->verbs ? "VERB ..." : c->usage ? c->usage : "";
	put_plain(out, usage, strlen(usage));
	buf_puts(out, "\n\n");
	if (c->verbs) {
		for (const struct command *const *v = c->verbs; *v; v++)
			put_verb(out, *v, c->name);
	} else {
		buf_puts(out, "# DESCRIPTION\n\n");
		put_paragraphs(out, c->manual ? c->manual : c->about);
		buf_puts(out, "# OPTIONS\n\n");
		put_options(out, c);
	}
	if (!c->verbs && c->examples) {
		buf_puts(out, "# EXAMPLES\n\n");
		put_literal(out, c->examples, strlen(c->examples));
		buf_putc(out, '\n');
	}
	put_statuses(out);
	buf_puts(out, "# SEE ALSO\n\n*yore*(1)\n");
}

static void put_program(struct buf *out)
{
	buf_puts(out, "yore(1)\n\n# NAME\n\nyore - the history of the DNS\n\n"
		      "# SYNOPSIS\n\n*yore* _COMMAND_ ...\n\n# DESCRIPTION\n\n"
		      "yore collects what names resolved to, remembers it, and answers "
		      "questions about it, even after the name is gone.\n\n");
	for (unsigned s = 0; s <= SECTION_ABOUT; s++) {
		bool titled = false;
		for (const struct command_entry *e = command_table; e->command; e++) {
			if (e->section != s || e->command->hidden)
				continue;
			if (!titled)
				buf_printf(out, "## %s\n\n", section_title(s));
			titled = true;
			buf_printf(out, "*yore-%s*(1)\n\t", e->command->name);
			put_plain(out, e->command->about, strlen(e->command->about));
			buf_puts(out, "\n\n");
		}
	}
	put_statuses(out);
	buf_puts(out, "# ENVIRONMENT\n\n*YORE\\_DB*\n\tthe database folder, when --db is "
		      "not given\n\n*NO\\_COLOR*\n\tno colours\n");
}

void manual_put(struct buf *out, const struct command *c)
{
	if (c)
		put_command(out, c);
	else
		put_program(out);
}

/* ---- completion ---- */

static void put_words(struct buf *out, const struct command *c, const char *path)
{
	buf_printf(out, "\t\t'%s') words='--help", path);
	for (const struct option_group *g = c->groups; g && g->rows; g++)
		for (const struct option_row *row = g->rows; row->name; row++)
			if (!row->hidden)
				buf_printf(out, " --%s", row->name);
	for (const struct command *const *v = c->verbs; v && *v; v++)
		buf_printf(out, " %s", (*v)->name);
	buf_puts(out, "' ;;\n");
	for (const struct command *const *v = c->verbs; v && *v; v++) {
		char longer[128];
		snprintf(longer, sizeof(longer), "%s %s", path, (*v)->name);
		put_words(out, *v, longer);
	}
}

/* One case for each option whose argument is one of a few words, or a folder. */
static void put_arguments(struct buf *out, const struct command *c, const char *path)
{
	for (const struct option_group *g = c->groups; g && g->rows; g++)
		for (const struct option_row *row = g->rows; row->name; row++) {
			if (row->kind != OPTION_CHOICE)
				continue;
			buf_printf(out, "\t\t'%s --%s') words='", path, row->name);
			for (const char *p = row->arg; *p; p++)
				buf_putc(out, *p == '|' ? ' ' : *p);
			buf_puts(out, "' ;;\n");
		}
	for (const struct command *const *v = c->verbs; v && *v; v++) {
		char longer[128];
		snprintf(longer, sizeof(longer), "%s %s", path, (*v)->name);
		put_arguments(out, *v, longer);
	}
}

static void put_help_words(struct buf *out)
{
	for (const struct command_entry *e = command_table; e->command; e++)
		if (!e->command->hidden)
			buf_printf(out, " %s", e->command->name);
}

void completion_put_bash(struct buf *out)
{
	buf_puts(
	    out,
	    "# bash completion for yore; made by `yore help --completion`\n"
	    "_yore()\n{\n"
	    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	    "\tlocal path=${COMP_WORDS[1]} words=\n"
	    "\tif ((COMP_CWORD == 1)); then\n\t\twords='");
	put_help_words(out);
	buf_puts(out, "'\n\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
		      "\t\treturn\n\tfi\n\tcase $path in\n");
	for (const struct command_entry *e = command_table; e->command; e++)
		if (e->command->verbs)
			buf_printf(out,
				   "\t\t%s) ((COMP_CWORD > 2)) && path+=\" "
				   "${COMP_WORDS[2]}\" ;;\n",
				   e->command->name);
	buf_puts(out, "\t\thelp) words='");
	put_help_words(out);
	buf_puts(out, "' ;;\n\tesac\n\tcase \"$path $prev\" in\n");
	for (const struct command_entry *e = command_table; e->command; e++)
		put_arguments(out, e->command, e->command->name);
	buf_puts(out, "\tesac\n\t[[ -z $words ]] && case $path in\n");
	for (const struct command_entry *e = command_table; e->command; e++)
		put_words(out, e->command, e->command->name);
	buf_puts(out,
		 "\tesac\n"
		 "\tif [[ $words == --help* && $cur != -* && $words != *' '[a-z]* ]]; "
		 "then\n\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n\t\treturn\n\tfi\n"
		 "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\n"
		 "complete -o filenames -F _yore yore\n");
}
