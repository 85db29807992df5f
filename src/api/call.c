#include <stdarg.h>
#include <stdio.h>

#include "api/call.h"

const char *dialect_name(enum dialect d)
{
	static const char *const names[DIALECTS] = {
	    [DIALECT_OWN] = "own",	 [DIALECT_DNSDB2] = "dnsdb2",
	    [DIALECT_DNSDB1] = "dnsdb1", [DIALECT_CIRCL] = "circl",
	    [DIALECT_D4] = "d4",	 [DIALECT_MNEMONIC] = "mnemonic",
	    [DIALECT_WISE] = "wise",	 [DIALECT_OPERATION] = "operation",
	    [DIALECT_UPLOAD] = "upload",
	};
	return d < DIALECTS ? names[d] : "none";
}

void call_init(struct call *c, struct service *s)
{
	memset(c, 0, sizeof(*c));
	c->service = s;
	buf_init(&c->body, CALL_BODY_MAX);
	buf_init(&c->reply, CALL_REPLY_MAX);
}

void call_release(struct call *c)
{
	if (c == NULL)
		return;
	if (c->feed)
		c->feed->close(c->feed);
	c->feed = NULL;
	buf_release(&c->body);
	buf_release(&c->reply);
}

/* Text of strangers may be in it: it stays one line of printable octets. */
static void flatten(struct buf *b)
{
	for (size_t i = 0; i < b->len; i++)
		if (b->at[i] < 0x20 || b->at[i] == 0x7f)
			b->at[i] = '?';
}

void call_error(struct call *c, int status, const char *fmt, ...)
{
	char text[600];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_clear(&c->reply);
	buf_puts(&c->reply, "Error: ");
	buf_puts(&c->reply, text);
	flatten(&c->reply);
	buf_putc(&c->reply, '\n');
	c->status = status;
	c->mime = "text/plain; charset=utf-8";
}

void call_fault(struct call *c, const struct fault *f)
{
	static const struct {
		int code, status;
	} table[] = {
	    {YORE_EMALFORMED, 400},   {YORE_EUSAGE, 400},   {YORE_ELIMIT, 400},
	    {YORE_EUNSUPPORTED, 400}, {YORE_ENOENT, 404},   {YORE_EREFUSED, 403},
	    {YORE_EACCESS, 403},      {YORE_ETIMEOUT, 503}, {YORE_EAGAIN, 503},
	    {YORE_ENOMEM, 503},	      {YORE_EFULL, 507},
	};
	int status = 500;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].code == f->code)
			status = table[i].status;
	/* what broke inside is for the operator's log, not for strangers */
	if (status == 500)
		call_error(c, 500, "internal error");
	else
		call_error(c, status, "%s", f->text);
}

void call_done(struct call *c, int status, const char *mime)
{
	c->status = status;
	c->mime = mime;
	if (c->reply.err < 0)
		call_error(c, 500, "the answer does not fit");
}

void call_feed(struct call *c, struct feed *feed, const char *mime)
{
	c->feed = feed;
	c->status = 200;
	c->mime = mime;
	/* lines of JSON: browsers would rather save than show them */
	const char *accept = c->header(c, "Accept");
	if (accept && strncmp(accept, "text/html", 9) == 0 &&
	    strcmp(mime, "application/x-ndjson") == 0)
		c->mime = "text/plain; charset=utf-8";
}

void call_header(struct call *c, const char *name, const char *fmt, ...)
{
	if (c->header_count == CALL_HEADERS_MAX)
		return;
	struct call_header *h = &c->headers[c->header_count++];
	va_list ap;
	h->name = name;
	va_start(ap, fmt);
	vsnprintf(h->value, sizeof(h->value), fmt, ap);
	va_end(ap);
}
