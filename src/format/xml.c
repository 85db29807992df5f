/*
 * XML: <records> of <record>, each with an element for every field that is known and one
 * <rdata> for each record of the set. Names and rdata are presentation form, which is
 * printable ASCII, so no character is left out that XML cannot hold.
 */
#include <libxml/xmlwriter.h>

#include "format/fields.h"
#include "format/formats.h"
#include "format/put.h"

struct xml {
	struct fields fields;
	struct buf rdata;
	xmlBufferPtr buffer;
	xmlTextWriterPtr writer;
};

static int take(struct writer *w)
{
	struct xml *x = w->state;
	if (xmlTextWriterFlush(x->writer) < 0)
		return YORE_ENOMEM;
	buf_put(w->out, xmlBufferContent(x->buffer), (size_t)xmlBufferLength(x->buffer));
	xmlBufferEmpty(x->buffer);
	return 0;
}

static int begin(struct writer *w)
{
	struct xml *x = w->state;
	fields_init(&x->fields);
	buf_init(&x->rdata, 1 << 20);
	x->buffer = xmlBufferCreate();
	x->writer = x->buffer ? xmlNewTextWriterMemory(x->buffer, 0) : NULL;
	if (x->writer == NULL)
		return YORE_ENOMEM;
	xmlTextWriterSetIndent(x->writer, 1);
	xmlTextWriterSetIndentString(x->writer, BAD_CAST "  ");
	if (xmlTextWriterStartDocument(x->writer, NULL, "UTF-8", NULL) < 0 ||
	    xmlTextWriterStartElement(x->writer, BAD_CAST "records") < 0)
		return YORE_ENOMEM;
	return take(w);
}

static int put_element(struct xml *x, const char *name, const char *text)
{
	int r = xmlTextWriterWriteElement(x->writer, BAD_CAST name, BAD_CAST text);
	return r < 0 ? YORE_ENOMEM : 0;
}

static int put_fields(struct xml *x)
{
	int e = 0;
	for (unsigned i = 0; i < FIELDS && e == 0; i++)
		if (x->fields.at[i])
			e = put_element(x, field_names[i], x->fields.at[i]);
	return e;
}

static int row(struct writer *w, const struct result *r)
{
	struct xml *x = w->state;
	struct reader in = reader_of(r->set.rdata);
	struct bytes one;
	int e = fields_fill(&x->fields, r, TIMES_RFC3339);
	if (e == 0 && xmlTextWriterStartElement(x->writer, BAD_CAST "record") < 0)
		e = YORE_ENOMEM;
	if (e == 0)
		e = put_fields(x);
	while (e == 0 && rdataset_next(&in, &one)) {
		buf_clear(&x->rdata);
		put_rdata(&x->rdata, r->set.type, one, true);
		e = put_element(x, "rdata", buf_str(&x->rdata));
		if (e == 0)
			e = x->rdata.err;
	}
	if (e == 0 && xmlTextWriterEndElement(x->writer) < 0)
		e = YORE_ENOMEM;
	return e < 0 ? e : take(w);
}

static int end(struct writer *w, const struct answer_counters *c)
{
	struct xml *x = w->state;
	if (xmlTextWriterEndDocument(x->writer) < 0)
		return YORE_ENOMEM;
	return take(w);
}

static void release(struct writer *w)
{
	struct xml *x = w->state;
	if (x->writer)
		xmlFreeTextWriter(x->writer);
	if (x->buffer)
		xmlBufferFree(x->buffer);
	fields_release(&x->fields);
	buf_release(&x->rdata);
}

const struct format format_xml = {
    .name = "xml",
    .about = "XML",
    .mime = "application/xml",
    .extension = "xml",
    .state = sizeof(struct xml),
    .begin = begin,
    .row = row,
    .end = end,
    .release = release,
};
