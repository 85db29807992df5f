#include <stddef.h>

#include "cmd/command.h"
#include "intel/iocs.h"

struct investigate_options {
	struct option_list publishers;
	bool indicators;
};

#define AT(field) offsetof(struct investigate_options, field)

static const struct option_row own_rows[] = {
    {"publisher", 0, OPTION_LIST, AT(publishers), "ZONE",
     "the report's publisher: its hosts are references"},
    {"indicators", 0, OPTION_FLAG, AT(indicators), NULL,
     "only list what was found in the report, with class, lines and reason"},
    {NULL},
};

static const struct option_group groups[] = {
    {NULL, own_rows, 0},
    {NULL, NULL, 0},
};

/* class, indicator, lines, reason: one a line, tabs between. */
static void list_indicators(struct buf *out, const struct iocs *s)
{
	char text[IOC_TEXT_MAX];
	for (size_t i = 0; i < s->count; i++) {
		const struct ioc *o = s->at[i];
		ioc_text(o, text);
		buf_printf(out, "%s\t%s\t", ioc_class_name(o->class), text);
		for (size_t k = 0; k < o->line_count; k++)
			buf_printf(out, "%s%u", k ? "," : "", o->lines[k]);
		buf_printf(out, "\t%s\n", o->why);
	}
}

static int run(struct invocation *in)
{
	struct investigate_options *o = in->values;
	struct ioc_options io = {.name = in->argument[0]};
	struct iocs found;
	struct fault f = {0};
	iocs_init(&found);
	int r = iocs_read_file(&found, in->argument[0], &io, &f);
	if (r == 0 && o->indicators)
		list_indicators(&in->out->buf, &found);
	iocs_release(&found);
	return r < 0 ? command_failed(in, &f) : STATUS_OK;
}

const struct command command_investigate = {
    .name = "investigate",
    .about = "from a report and a window of time to the addresses that mattered",
    .usage = "[OPTION...] REPORT",
    .groups = groups,
    .values = sizeof(struct investigate_options),
    .least = 1,
    .most = 1,
    .run = run,
};
