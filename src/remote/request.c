#include "remote/request.h"

#include <strings.h>

#include "http/url.h"

void request_init(struct request *r, bool masked)
{
	*r = (struct request){.masked = masked};
	buf_init(&r->url, 16 << 10);
	buf_init(&r->body, 64 << 10);
	buf_init(&r->user_password, 4 << 10);
	buf_init(&r->header_text, 16 << 10);
}

static void wipe(struct buf *b)
{
	if (b->at)
		explicit_bzero(b->at, b->room);
	buf_release(b);
}

void request_release(struct request *r)
{
	wipe(&r->url);
	wipe(&r->body);
	wipe(&r->user_password);
	wipe(&r->header_text);
}

void request_url(struct request *r, const char *text)
{
	buf_puts(&r->url, text);
}

void request_value(struct request *r, const char *text)
{
	url_put(&r->url, BYTES_STR(text), NULL);
}

void request_value_keep(struct request *r, const char *text, const char *keep)
{
	url_put(&r->url, BYTES_STR(text), keep);
}

void request_secret(struct request *r, const char *text)
{
	r->secret = true;
	if (r->masked)
		buf_puts(&r->url, REQUEST_MASK);
	else
		url_put(&r->url, BYTES_STR(text), NULL);
}

void request_header(struct request *r, const char *name, const char *value)
{
	struct buf *b = &r->header_text;
	if (r->header_count == REQUEST_HEADERS || strpbrk(value, "\r\n")) {
		b->err = YORE_ELIMIT;
		return;
	}
	r->header_at[r->header_count++] = b->len;
	buf_printf(b, "%s: %s", name, value);
	buf_putc(b, 0);
}

void request_header_secret(struct request *r, const char *name, const char *value)
{
	r->secret = true;
	request_header(r, name, r->masked ? REQUEST_MASK : value);
}

void request_basic(struct request *r, const char *user, const char *password)
{
	r->secret = true;
	buf_printf(&r->user_password, "%s:%s", r->masked ? REQUEST_MASK : user,
		   r->masked ? REQUEST_MASK : password);
}

int request_error(const struct request *r)
{
	const struct buf *all[] = {&r->url, &r->body, &r->user_password, &r->header_text};
	for (size_t i = 0; i < 4; i++)
		if (all[i]->err)
			return all[i]->err;
	return 0;
}

const char *request_header_line(const struct request *r, size_t i)
{
	return (const char *)r->header_text.at + r->header_at[i];
}

void request_put(struct buf *out, const struct request *r)
{
	buf_printf(out, "%s ", r->method ? r->method : r->body.len ? "POST" : "GET");
	buf_put_bytes(out, buf_bytes(&r->url));
	buf_putc(out, '\n');
	for (size_t i = 0; i < r->header_count; i++)
		buf_printf(out, "  %s\n", request_header_line(r, i));
	if (r->user_password.len)
		buf_puts(out, "  Authorization: Basic " REQUEST_MASK "\n");
	if (r->body.len) {
		buf_puts(out, "  ");
		buf_put_bytes(out, buf_bytes(&r->body));
		buf_putc(out, '\n');
	}
}
