/*
 * Whole requests without a socket: every dialect, parameters, posted lists. An answer has
 * a status that HTTP knows, a body within its ceilings and in the form it claims, and no
 * more rows than the server gives.
 *
 * Octet of flags, the target up to a newline, a header up to the next one, the body.
 */
#include "api/route.h"
#include "api/service.h"
#include "base/json_in.h"

#include "../unit/store/segments.h"
#include "law.h"

#define ROWS_MAX 200
#define TERMS_MAX 20

static struct service service;
static struct store *history;

static void fill(const char *shelf, unsigned rows, uint64_t sequence)
{
	static struct made made;
	struct ledger_entry e = made_entry((uint8_t)sequence, 0, 100);
	struct segment_meta m = made_meta(shelf, sequence, &e, 1);
	made_fill(&made, shelf, rows);
	LAW(store_commit(history, &m, &made.rows, NULL) == 0, "a segment");
}

static void load(void)
{
	struct store_options o = {.write = true, .create = true};
	if (history)
		return;
	LAW(store_open("mem:", &o, NULL, &history) == 0, "a store");
	fill("y2015", 300, 1);
	fill("intervals", 200, 2);
	LAW(service_init(&service, history) == 0, "a service");
	service.settings.rows_max = service.settings.rows_default = ROWS_MAX;
	service.settings.terms_max = TERMS_MAX;
	service.settings.offset_max = 50;
}

struct posted {
	char name[64];
	char *value;
};

/* strndup looks behind the octets where the sanitizer checks strings strictly. */
static char *text_of(const void *at, size_t n)
{
	char *s = malloc(n + 1);
	LAW(s != NULL, "memory");
	if (n)
		memcpy(s, at, n);
	s[n] = '\0';
	return s;
}

static const char *header(const struct call *c, const char *name)
{
	const struct posted *h = c->transport;
	return h->value && strcasecmp(h->name, name) == 0 ? h->value : NULL;
}

static struct posted read_header(struct input *f)
{
	struct posted h = {0};
	const uint8_t *nl = f->left ? memchr(f->at, '\n', f->left) : NULL;
	struct bytes line = feed_bytes(f, nl ? (size_t)(nl - f->at) : f->left);
	const uint8_t *colon = line.len ? memchr(line.at, ':', line.len) : NULL;
	(void)feed_u8(f);
	if (colon == NULL)
		return h;
	size_t n = (size_t)(colon - line.at);
	if (n >= sizeof(h.name))
		return h;
	memcpy(h.name, line.at, n);
	h.value = text_of(colon + 1, line.len - n - 1);
	return h;
}

/* ---- what came ---- */

static void check_json(const struct buf *b)
{
	json_t *root = NULL;
	struct fault f = {0};
	LAW(json_in(buf_bytes(b), b->len + 1, &f, &root) == 0, "no JSON: %s in %.300s",
	    f.text, buf_str((struct buf *)b));
	json_decref(root);
}

static void check_lines(const struct buf *b)
{
	struct buf line;
	buf_init(&line, FEED_CEILING);
	for (size_t at = 0; at < b->len;) {
		const uint8_t *nl = memchr(b->at + at, '\n', b->len - at);
		LAW(nl != NULL, "a line that ends");
		size_t n = (size_t)(nl - b->at) - at;
		buf_clear(&line);
		buf_put_bytes(&line, BYTES(b->at + at, n));
		if (n)
			check_json(&line);
		at += n + 1;
	}
	buf_release(&line);
}

static size_t occurrences(const struct buf *b, const char *what)
{
	size_t n = 0, len = strlen(what);
	const uint8_t *at = b->at, *end = b->at + b->len;
	while (at && (at = memmem(at, (size_t)(end - at), what, len)) != NULL) {
		n++;
		at += len;
	}
	return n;
}

static void check_answer(struct call *c, const struct buf *all, bool cut, uint64_t rows)
{
	LAW(c->status >= 200 && c->status < 600, "status %d", c->status);
	LAW(c->header_count <= CALL_HEADERS_MAX, "headers");
	for (size_t i = 0; i < c->header_count; i++)
		LAW(strpbrk(c->headers[i].value, "\r\n") == NULL, "a header of one line");
	LAW(rows <= ROWS_MAX * TERMS_MAX, "%llu rows", (unsigned long long)rows);
	/* as it stands where no text of a client can: that has its quotes escaped */
	LAW(c->route == NULL || c->route->run != own_batch ||
		occurrences(all, ",\"asked\":\"") <= TERMS_MAX,
	    "more terms than are taken");
	if (c->mime == NULL || cut)
		return;
	/* CIRCL, D4 and the old DNSDB call lines of JSON so, too */
	bool lines = c->dialect == DIALECT_CIRCL || c->dialect == DIALECT_D4 ||
		     c->dialect == DIALECT_DNSDB1 || c->route == NULL ||
		     strstr(c->mime, "ndjson");
	if (strstr(c->mime, "json") && lines)
		check_lines(all);
	else if (strstr(c->mime, "json"))
		check_json(all);
}

static void pull(struct call *c)
{
	struct buf all;
	buf_init(&all, 256u << 20);
	int more = c->feed ? service_first(c) : 0;
	uint64_t rows = c->feed ? c->feed->rows : 0;
	buf_put_bytes(&all, buf_bytes(&c->reply));
	while (more == 1 && c->feed) {
		buf_clear(&c->reply);
		more = c->feed->fill(c->feed, &c->reply, FEED_ENOUGH);
		rows = c->feed->rows;
		buf_put_bytes(&all, buf_bytes(&c->reply));
	}
	check_answer(c, &all, more < 0, rows);
	buf_release(&all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const methods[] = {"GET", "POST", "OPTIONS", "HEAD"};
	static struct url url;
	struct input f = {data, size};
	struct call c;
	load();
	uint8_t how = feed_u8(&f);
	const uint8_t *nl = f.left ? memchr(f.at, '\n', f.left) : NULL;
	size_t n = nl ? (size_t)(nl - f.at) : f.left;
	char *target = text_of(f.at, n);
	feed_bytes(&f, n + 1);
	struct posted h = read_header(&f);
	if (url_parse(target, how & 4, &url) == 0) {
		call_init(&c, &service);
		c.method = methods[how & 3];
		c.url = &url;
		c.target = target;
		c.header = header;
		c.transport = &h;
		c.now_s = 1450000000;
		buf_put_bytes(&c.body, feed_bytes(&f, f.left));
		service_admit(&service, &c);
		if (c.status == 0)
			service_run(&c);
		pull(&c);
		call_release(&c);
	}
	free(target);
	free(h.value);
	return 0;
}
