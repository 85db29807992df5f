#include "api/page.h"
#include "api/dialects.h"

struct file {
	const char *name, *mime, *text;
};

#define SCRIPT "text/javascript; charset=utf-8"

static const struct file files[] = {
    {"", "text/html; charset=utf-8", page_index_text},
    {"page.css", "text/css; charset=utf-8", page_style_text},
    {"page.js", SCRIPT, page_script_text},
    {"ask.js", SCRIPT, page_ask_text},
    {"draw.js", SCRIPT, page_draw_text},
    {"spans.js", SCRIPT, page_spans_text},
    {"state.js", SCRIPT, page_state_text},
    {"table.js", SCRIPT, page_table_text},
};

/*
 * Nothing of another origin is fetched or run, no form is sent elsewhere, nobody frames
 * the page: names and texts in it come from whoever answers DNS queries.
 */
void page_file(struct call *c, size_t at)
{
	const char *name = c->url->piece_count > 1 ? c->url->piece[1] : "";
	const size_t count = sizeof(files) / sizeof(files[0]);
	size_t i = 0;
	while (i < count && strcmp(files[i].name, name) != 0)
		i++;
	if (i == count || c->url->piece_count > 2) {
		call_error(c, 404, "the page has no such file");
		return;
	}
	call_header(c, "Content-Security-Policy",
		    "default-src 'none'; script-src 'self'; style-src 'self'; "
		    "connect-src 'self'; img-src data:; base-uri 'none'; "
		    "form-action 'none'; frame-ancestors 'none'");
	call_header(c, "Referrer-Policy", "no-referrer");
	buf_puts(&c->reply, files[i].text);
	call_done(c, 200, files[i].mime);
}
