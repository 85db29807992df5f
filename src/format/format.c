#include <stdlib.h>

#include "format/format.h"
#include "format/formats.h"

/* One row a format; the order is that of help. */
static const struct format *const formats[] = {
    &format_text, &format_timeline,  &format_cof,     &format_array,  &format_dnsdb,
    &format_csv,  &format_separated, &format_minimal, &format_xml,    &format_yaml,
    &format_dot,  &format_graphml,   &format_gdf,     &format_sqlite,
};

const struct format *format_at(size_t i)
{
	return i < sizeof(formats) / sizeof(formats[0]) ? formats[i] : NULL;
}

const struct format *format_find(const char *name)
{
	if (strcmp(name, "json") == 0 || strcmp(name, "ndjson") == 0)
		name = "cof";
	if (strcmp(name, "graphviz") == 0)
		name = "dot";
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
	return NULL;
}

int writer_open(const struct format *format, const struct format_options *o,
		struct buf *out, struct writer *ret)
{
	struct writer w = {.format = format, .out = out};
	if (o)
		w.options = *o;
	if (format->state) {
		w.state = calloc(1, format->state);
		if (w.state == NULL)
			return YORE_ENOMEM;
	}
	*ret = w;
	int r = format->begin ? format->begin(ret) : 0;
	if (r == 0)
		r = out->err;
	if (r < 0)
		writer_release(ret);
	return r;
}

int writer_row(struct writer *w, const struct result *r)
{
	w->rows++;
	int e = w->format->row(w, r);
	return e < 0 ? e : w->out->err;
}

int writer_end(struct writer *w, const struct answer_counters *c)
{
	int e = w->format->end ? w->format->end(w, c) : 0;
	return e < 0 ? e : w->out->err;
}

void writer_release(struct writer *w)
{
	if (w == NULL || w->format == NULL)
		return;
	if (w->format->release && w->state)
		w->format->release(w);
	free(w->state);
	w->state = NULL;
}
