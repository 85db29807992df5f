#include <stddef.h>
#include <stdio.h>

#include "cmd/help.h"
#include "format/format.h"

struct help_options {
	bool man, completion, list;
};

static const struct command *verb_find(const struct command *c, const char *name)
{
	for (const struct command *const *v = c->verbs; v && *v; v++)
		if (strcmp((*v)->name, name) == 0)
			return *v;
	return NULL;
}

static void put_list(struct buf *out)
{
	for (const struct command_entry *e = command_table; e->command; e++)
		if (!e->command->hidden)
			buf_printf(out, "%s\n", e->command->name);
}

static void put_formats(struct buf *out)
{
	const struct format *f;
	buf_puts(out, "Formats for -p FORMAT. A terminal gets text, a pipe cof.\n\n");
	for (size_t i = 0; (f = format_at(i)) != NULL; i++)
		buf_printf(out, "  %-10s  %s\n", f->name, f->about);
}

static int run(struct invocation *in)
{
	const struct help_options *o = in->values;
	struct buf *out = &in->out->buf;
	const struct command *c = NULL;
	char name[64] = "";
	if (in->argument_count == 1 && strcmp(in->argument[0], "formats") == 0) {
		put_formats(out);
		return STATUS_OK;
	}
	for (size_t i = 0; i < in->argument_count; i++) {
		const char *word = in->argument[i];
		c = i == 0 ? command_find(word) : verb_find(c, word);
		if (c == NULL)
			return command_unknown(in, word);
		size_t n = strlen(name);
		snprintf(name + n, sizeof(name) - n, "%s%s", i ? " " : "", c->name);
	}
	if (o->completion)
		completion_put_bash(out);
	else if (o->list)
		put_list(out);
	else if (o->man)
		manual_put(out, c);
	else if (c)
		help_put_command(out, c, name);
	else
		help_put_overview(out);
	return STATUS_OK;
}

static const struct option_row rows[] = {
    {"man", 0, OPTION_FLAG, offsetof(struct help_options, man), NULL,
     "print the source of the manual page, for scdoc", NULL, true},
    {"completion", 0, OPTION_FLAG, offsetof(struct help_options, completion), NULL,
     "print the completion script for bash", NULL, false},
    {"list", 0, OPTION_FLAG, offsetof(struct help_options, list), NULL,
     "print the names of all commands", NULL, true},
    {NULL},
};

static const struct option_group groups[] = {{NULL, rows, 0}, {NULL, NULL, 0}};

const struct command command_help = {
    .name = "help",
    .about = "tell what there is and how to call it",
    .usage = "[COMMAND [VERB] | formats]",
    .groups = groups,
    .values = sizeof(struct help_options),
    .most = 2,
    .run = run,
};
