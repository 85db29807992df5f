#include <stdio.h>

#include "cmd/select.h"
#include "cmd/show.h"
#include "format/formats.h"

#define AT(field) offsetof(struct show_options, field)

const struct option_row show_rows[] = {
    {"format", 'p', OPTION_TEXT, AT(format), "FORMAT",
     "how to print; `yore help formats` lists them"},
    {"json", 'j', OPTION_SET, AT(format), NULL, "COF, one JSON object a line", "cof"},
    {"dnsdb", 0, OPTION_SET, AT(format), NULL, "JSON lines as DNSDB gives them", "dnsdb"},
    {"csv", 0, OPTION_SET, AT(format), NULL, "comma-separated values", "csv"},
    {"text", 0, OPTION_SET, AT(format), NULL, "a table, also into a pipe", "text"},
    {"minimal", 0, OPTION_SET, AT(format), NULL, "bare values, one a line", "minimal"},
    {"separator", 0, OPTION_TEXT, AT(separator), "TEXT",
     "parts the fields of -p tsv instead of a tab"},
    {"view", 0, OPTION_CHOICE, AT(view), "rrset|rr|month",
     "sets as they were answered together, single records, or the rows of each month"},
    {"gravel", 'g', OPTION_FLAG, AT(gravel), NULL, "the same as --view month"},
    {"sort", 'k', OPTION_LIST, AT(sort), "KEY[,...]",
     "first, last, count, duration, name, type, data, source, bailiwick, hop, address; "
     "-KEY turns it round; none: as stored"},
    {"ascending", 's', OPTION_FLAG, AT(ascending), NULL, "sort upwards"},
    {"descending", 'S', OPTION_FLAG, AT(descending), NULL, "sort downwards"},
    {"limit", 'l', OPTION_NUMBER, AT(limit), "N", "at most N rows; 0: all of them"},
    {"offset", 'O', OPTION_NUMBER, AT(offset), "N", "leave out the first N"},
    {"cursor", 0, OPTION_TEXT, AT(cursor), "CURSOR",
     "pages, in the order of storage: 'start', then what the page before said on stderr; "
     "nothing is missed or given twice, whatever arrives in between"},
    {"days", 0, OPTION_FLAG, AT(days), NULL, "with the days on which it was really seen"},
    {"by-month", 0, OPTION_FLAG, AT(by_month), NULL,
     "count only the months that the time asked about touches"},
    {"sensors", 0, OPTION_FLAG, AT(sensors), NULL,
     "name the sensors that saw it (JSON formats)"},
    {"places", 0, OPTION_FLAG, AT(places), NULL,
     "in which file and packet it was first and last seen, if the import kept that "
     "(table, JSON)"},
    {"defang", 0, OPTION_FLAG, AT(defang), NULL, "print example[.]com"},
    {"colour", 0, OPTION_CHOICE, AT(colour), "auto|never|always", "colours in the table"},
    {"color", 0, OPTION_CHOICE, AT(colour), "auto|never|always", "the same", NULL, true},
    {"quiet", 'q', OPTION_FLAG, AT(quiet), NULL, "nothing on stderr but failures"},
    {NULL},
};
#undef AT

static int add_keys(const struct invocation *in, const char *text, struct query *q)
{
	struct fault f = {0};
	if (query_sort_parse(q, text, &f) < 0)
		return command_misused(in, "%s", f.text);
	return STATUS_OK;
}

static int apply_sort(const struct invocation *in, const struct show_options *o,
		      struct query *q)
{
	int status = STATUS_OK;
	if (o->ascending && o->descending)
		return command_misused(in,
				       "-s sorts upwards and -S downwards; choose one");
	for (size_t i = 0; i < o->sort.count && status == STATUS_OK; i++)
		if (strcmp(o->sort.at[i], "none") != 0)
			status = add_keys(in, o->sort.at[i], q);
	if (status != STATUS_OK)
		return status;
	bool named = o->sort.count > 0;
	if (!named && (o->ascending || o->descending)) /* dnsdbq's order */
		status = add_keys(in, "first,last,duration,count,name,type,data", q);
	else if (!named)
		query_sort_default(q);
	for (size_t i = 0; o->descending && i < SORT_KEYS_MAX; i++)
		q->sort[i].descending = true;
	return status;
}

static int check_cursor(const struct invocation *in, const struct show_options *o)
{
	bool sorted = o->ascending || o->descending;
	for (size_t i = 0; i < o->sort.count; i++)
		sorted |= strcmp(o->sort.at[i], "none") != 0;
	if (sorted)
		return command_misused(in, "--cursor goes in the order of storage: "
					   "without --sort");
	if (o->limit == 0)
		return command_misused(in,
				       "--cursor needs the size of a page: --limit N");
	return o->offset
		   ? command_misused(in, "--cursor goes on by itself: without --offset")
		   : STATUS_OK;
}

int show_apply(const struct invocation *in, const struct show_options *o, struct query *q)
{
	q->view = o->gravel ? VIEW_MONTH : (enum view)o->view;
	q->by_month = o->by_month;
	q->limit = o->limit;
	q->offset = o->offset;
	if (o->cursor == NULL)
		return apply_sort(in, o, q);
	q->after = strcmp(o->cursor, "start") == 0 ? "" : o->cursor;
	return check_cursor(in, o);
}

static int no_such_format(const struct invocation *in, const char *name)
{
	char list[512] = "";
	for (size_t i = 0; format_at(i); i++) {
		size_t n = strlen(list);
		snprintf(list + n, sizeof(list) - n, "%s%s", i ? ", " : "",
			 format_at(i)->name);
	}
	return command_misused(in, "there is no format '%.60s'; there are %s", name,
			       list);
}

int show_init(struct show *s, struct invocation *in, const struct show_options *o,
	      const struct query *q)
{
	const char *name = o->format ? o->format : in->terminal.out ? "text" : "cof";
	*s = (struct show){.in = in, .format = format_find(name)};
	if (s->format == NULL)
		return no_such_format(in, name);
	if (s->format == &format_sqlite && in->terminal.out)
		return command_misused(in,
				       "an SQLite database is nothing for a terminal: "
				       "redirect it to a file");
	s->fence = time_window(q);
	s->options = (struct format_options){
	    .view = q->view,
	    .width = in->terminal.width,
	    .colour = terminal_colour(&in->terminal, o->colour),
	    .unicode = in->terminal.unicode && in->terminal.out,
	    .days = o->days,
	    .defang = o->defang,
	    .separator = o->separator,
	};
	return STATUS_OK;
}

bool show_is_table(const struct show *s)
{
	return s->format == &format_text || s->format == &format_timeline;
}

static int begin(struct show *s)
{
	if (s->open)
		return 0;
	s->options.fence = &s->fence;
	int r = writer_open(s->format, &s->options, &s->in->out->buf, &s->writer);
	s->open = r == 0;
	return r;
}

int show_row(struct show *s, const struct result *row)
{
	int r = begin(s);
	if (r == 0)
		r = writer_row(&s->writer, row);
	return r < 0 ? r : output_ready(s->in->out, false);
}

int show_end(struct show *s, const struct answer_counters *c)
{
	int r = begin(s);
	if (r == 0)
		r = writer_end(&s->writer, c);
	show_release(s);
	return r < 0 ? r : output_ready(s->in->out, false);
}

void show_release(struct show *s)
{
	if (s->open)
		writer_release(&s->writer);
	s->open = false;
}
