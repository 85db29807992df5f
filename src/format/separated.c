/*
 * A line for each single rdata, its fields parted by a separator: a tab, or whatever
 * options.separator says. No quotes: an octet of a text that also begins the separator
 * is written \DDD, as presentation form allows, so a line always has the same number of
 * fields. The first line names them.
 */
#include "format/fields.h"
#include "format/formats.h"
#include "format/put.h"

struct separated {
	struct fields fields;
	struct buf rdata;
	const char *separator;
};

static void put_field(struct writer *w, const char *s)
{
	struct separated *t = w->state;
	for (; s && *s; s++)
		if (*s == *t->separator)
			buf_printf(w->out, "\\%03u", (unsigned char)*s);
		else
			buf_putc(w->out, *s);
}

static void put_line(struct writer *w, const char *rdata)
{
	struct separated *t = w->state;
	for (unsigned i = 0; i < FIELDS; i++) {
		if (i == FIELD_source) { /* where the header has rdata */
			put_field(w, rdata);
			buf_puts(w->out, t->separator);
		}
		put_field(w, t->fields.at[i]);
		if (i + 1 < FIELDS)
			buf_puts(w->out, t->separator);
	}
	buf_putc(w->out, '\n');
}

static int begin(struct writer *w)
{
	struct separated *t = w->state;
	fields_init(&t->fields);
	buf_init(&t->rdata, 1 << 20);
	t->separator =
	    w->options.separator && *w->options.separator ? w->options.separator : "\t";
	for (unsigned i = 0; i < FIELDS; i++)
		t->fields.at[i] = field_names[i];
	put_line(w, "rdata");
	return 0;
}

static int row(struct writer *w, const struct result *r)
{
	struct separated *t = w->state;
	struct reader in = reader_of(r->set.rdata);
	struct bytes one;
	int e = fields_fill(&t->fields, r, TIMES_PLAIN);
	while (e == 0 && rdataset_next(&in, &one)) {
		buf_clear(&t->rdata);
		put_rdata(&t->rdata, r->set.type, one, true);
		put_line(w, buf_str(&t->rdata));
		e = t->rdata.err;
	}
	return e;
}

static void release(struct writer *w)
{
	struct separated *t = w->state;
	fields_release(&t->fields);
	buf_release(&t->rdata);
}

const struct format format_separated = {
    .name = "tsv",
    .about = "fields parted by a tab, or by --separator",
    .mime = "text/tab-separated-values; charset=utf-8",
    .extension = "tsv",
    .state = sizeof(struct separated),
    .begin = begin,
    .row = row,
    .release = release,
};
