/*
 * YAML: one sequence of mappings. Texts are always quoted, so that no reader takes NO,
 * 1e3 or 2015-07 for anything but a text; numbers are bare.
 */
#include <yaml.h>

#include "format/fields.h"
#include "format/formats.h"
#include "format/put.h"

struct yaml {
	struct fields fields;
	struct buf rdata;
	yaml_emitter_t emitter;
	bool made;
};

static int on_write(void *out, unsigned char *p, size_t n)
{
	struct buf *b = out;
	buf_put(b, p, n);
	return b->err == 0;
}

/* The event is the emitter's whatever happens. */
static int emit(struct yaml *y, yaml_event_t *event, int made)
{
	return made && yaml_emitter_emit(&y->emitter, event) ? 0 : YORE_ENOMEM;
}

static int put_scalar(struct yaml *y, const char *text, bool quoted)
{
	yaml_event_t e;
	yaml_scalar_style_t style =
	    quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE;
	int made =
	    yaml_scalar_event_initialize(&e, NULL, NULL, (yaml_char_t *)(uintptr_t)text,
					 (int)strlen(text), !quoted, 1, style);
	return emit(y, &e, made);
}

static int put_sequence(struct yaml *y, yaml_sequence_style_t style)
{
	yaml_event_t e;
	return emit(y, &e,
		    yaml_sequence_start_event_initialize(&e, NULL, NULL, 1, style));
}

static int end_sequence(struct yaml *y)
{
	yaml_event_t e;
	return emit(y, &e, yaml_sequence_end_event_initialize(&e));
}

static int begin(struct writer *w)
{
	struct yaml *y = w->state;
	yaml_event_t e;
	fields_init(&y->fields);
	buf_init(&y->rdata, 1 << 20);
	y->made = yaml_emitter_initialize(&y->emitter);
	if (!y->made)
		return YORE_ENOMEM;
	yaml_emitter_set_output(&y->emitter, on_write, w->out);
	yaml_emitter_set_width(&y->emitter, -1);
	int r = emit(y, &e, yaml_stream_start_event_initialize(&e, YAML_UTF8_ENCODING));
	if (r == 0)
		r = emit(y, &e,
			 yaml_document_start_event_initialize(&e, NULL, NULL, NULL, 0));
	return r == 0 ? put_sequence(y, YAML_BLOCK_SEQUENCE_STYLE) : r;
}

static int put_fields(struct yaml *y)
{
	int r = 0;
	for (unsigned i = 0; i < FIELDS && r == 0; i++) {
		if (y->fields.at[i] == NULL)
			continue;
		r = put_scalar(y, field_names[i], false);
		if (r == 0)
			r = put_scalar(y, y->fields.at[i], !field_is_number(i));
	}
	return r;
}

static int put_rdatas(struct yaml *y, const struct result *row)
{
	struct reader in = reader_of(row->set.rdata);
	struct bytes one;
	int r = put_scalar(y, "rdata", false);
	if (r == 0)
		r = put_sequence(y, YAML_BLOCK_SEQUENCE_STYLE);
	while (r == 0 && rdataset_next(&in, &one)) {
		buf_clear(&y->rdata);
		put_rdata(&y->rdata, row->set.type, one, true);
		r = put_scalar(y, buf_str(&y->rdata), true);
		if (r == 0)
			r = y->rdata.err;
	}
	return r == 0 ? end_sequence(y) : r;
}

static int row(struct writer *w, const struct result *result)
{
	struct yaml *y = w->state;
	yaml_event_t e;
	int r = fields_fill(&y->fields, result, TIMES_RFC3339);
	if (r == 0)
		r = emit(y, &e,
			 yaml_mapping_start_event_initialize(&e, NULL, NULL, 1,
							     YAML_BLOCK_MAPPING_STYLE));
	if (r == 0)
		r = put_fields(y);
	if (r == 0)
		r = put_rdatas(y, result);
	return r == 0 ? emit(y, &e, yaml_mapping_end_event_initialize(&e)) : r;
}

static int end(struct writer *w, const struct answer_counters *c)
{
	struct yaml *y = w->state;
	yaml_event_t e;
	int r = end_sequence(y);
	if (r == 0)
		r = emit(y, &e, yaml_document_end_event_initialize(&e, 1));
	if (r == 0)
		r = emit(y, &e, yaml_stream_end_event_initialize(&e));
	return r == 0 && !yaml_emitter_flush(&y->emitter) ? YORE_ENOMEM : r;
}

static void release(struct writer *w)
{
	struct yaml *y = w->state;
	if (y->made)
		yaml_emitter_delete(&y->emitter);
	fields_release(&y->fields);
	buf_release(&y->rdata);
}

const struct format format_yaml = {
    .name = "yaml",
    .about = "YAML, one list",
    .mime = "application/yaml",
    .extension = "yaml",
    .state = sizeof(struct yaml),
    .begin = begin,
    .row = row,
    .end = end,
    .release = release,
};
