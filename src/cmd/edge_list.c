#include "cmd/edge_list.h"
#include "base/json.h"

const char *edge_time(const struct edge_list *e, int64_t s, char out[WHEN_TEXT_MAX])
{
	if (s == WHEN_UNKNOWN)
		return NULL;
	if (e->json)
		when_text(s, out);
	else
		when_date_text(s, out);
	return out;
}

static void put_json(struct edge_list *e, const char *const *cells)
{
	struct json j;
	json_init(&j, &e->in->out->buf);
	json_open(&j, '{');
	for (size_t i = 0; e->names[i]; i++)
		if (cells[i] && *cells[i]) {
			json_key(&j, e->names[i]);
			json_str(&j, cells[i]);
		}
	json_close(&j, '}');
	buf_putc(&e->in->out->buf, '\n');
}

static void put_table(struct edge_list *e, const char *const *cells)
{
	struct buf *out = &e->in->out->buf;
	for (size_t i = 0; e->names[i]; i++) {
		const char *text = cells[i] ? cells[i] : "";
		size_t from = out->len;
		put_safe(out, BYTES_STR(text));
		bool last = e->names[i + 1] == NULL;
		for (size_t n = out->len - from; !last && n < e->widths[i]; n++)
			buf_putc(out, ' ');
		buf_puts(out, last ? "\n" : "  ");
	}
}

void edge_row(struct edge_list *e, const char *const *cells)
{
	e->rows++;
	if (e->json) {
		put_json(e, cells);
	} else {
		if (!e->headed)
			put_table(e, e->names);
		e->headed = true;
		put_table(e, cells);
	}
	output_ready(e->in->out, false);
}
