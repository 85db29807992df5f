/* Our own API: records of one or more terms, and who was watching. */
#include <inttypes.h>
#include <strings.h>

#include "api/dialects.h"
#include "api/own.h"
#include "api/service.h"

static const struct format *format_of_mime(const char *accept)
{
	const struct format *f;
	size_t len = strcspn(accept, " ;,");
	for (size_t i = 0; (f = format_at(i)) != NULL; i++) {
		size_t n = strcspn(f->mime, " ;");
		if (n == len && strncasecmp(accept, f->mime, n) == 0)
			return f;
	}
	return NULL;
}

/*
 * format=NAME, or the first entry of Accept that we know; lines of COF otherwise.
 * Somebody who looks at it in a browser gets the document, which browsers show.
 */
static bool choose_format(struct call *c, struct ask *a, bool *document)
{
	const char *name = url_param(c->url, "format");
	const char *accept = c->header(c, "Accept");
	*document = name && strcmp(name, "document") == 0;
	if (*document)
		return true;
	if (name) {
		a->format = format_find(name);
		if (a->format == NULL)
			call_error(c, 400, "format: there is no '%.40s'", name);
		return a->format != NULL;
	}
	while (accept && *accept) {
		accept += strspn(accept, " ,");
		if (strncasecmp(accept, "application/json", 16) == 0 ||
		    strncasecmp(accept, "text/html", 9) == 0) {
			*document = true;
			return true;
		}
		const struct format *f = format_of_mime(accept);
		if (f) {
			a->format = f;
			return true;
		}
		accept += strcspn(accept, ",");
	}
	return true;
}

static bool add_terms(struct call *c, struct ask *a)
{
	const struct url *u = c->url;
	for (size_t i = 0; i < u->param_count; i++)
		if (strcmp(u->param[i].name, "term") == 0 &&
		    !ask_term(c, a, u->param[i].value))
			return false;
	if (a->term_count)
		return true;
	call_error(c, 400, "no term: ask with term=NAME, *.ZONE, ADDRESS, PREFIX, ...");
	return false;
}

static const struct shape *choose_shape(struct call *c, const struct ask *a,
					bool document)
{
	bool end = true;
	if (!ask_bool(c, "end", &end))
		return NULL;
	if (document)
		return &shape_own_document;
	return end && strcmp(a->format->name, "cof") == 0 ? &shape_own : &shape_plain;
}

void own_records(struct call *c, size_t at)
{
	bool document = false;
	struct ask *a = ask_new(c);
	if (a == NULL)
		return;
	const struct shape *shape = NULL;
	if (own_params(c, a) && add_terms(c, a) && choose_format(c, a, &document))
		shape = choose_shape(c, a, document);
	if (shape == NULL) {
		ask_free(a);
		return;
	}
	call_answer(c, a, shape, document ? "application/json" : a->format->mime);
}

void own_coverage(struct call *c, size_t at)
{
	struct json j;
	struct ask *a = ask_new(c);
	enum watched watched;
	if (a == NULL)
		return;
	if (own_params(c, a)) {
		json_init(&j, &c->reply);
		own_put_coverage_of(&j, c->service->store, &a->query.fence, &watched);
		buf_putc(&c->reply, '\n');
		call_done(c, 200, "application/json");
	}
	ask_free(a);
}

static int put_input(const char *shelf, const struct ledger_entry *e, void *arg)
{
	struct json j;
	struct buf *out = arg;
	json_init(&j, out);
	json_open(&j, '{');
	json_key(&j, "input");
	struct buf id;
	buf_init(&id, 64);
	buf_hex(&id, BYTES(e->input.octets, sizeof(e->input.octets)));
	json_bytes(&j, buf_bytes(&id));
	buf_release(&id);
	json_key(&j, "shelf");
	json_str(&j, shelf);
	json_key(&j, "name");
	json_str(&j, e->name);
	json_key(&j, "sensor");
	json_str(&j, e->sensor);
	json_key(&j, "kind");
	json_str(&j, e->kind);
	json_key(&j, "from");
	json_u64(&j, e->from);
	json_key(&j, "to");
	json_u64(&j, e->to.packets);
	if (e->first_us != WHEN_UNKNOWN) {
		json_key(&j, "time_first");
		json_i64(&j, e->first_us / 1000000);
		json_key(&j, "time_last");
		json_i64(&j, e->last_us / 1000000);
	}
	json_close(&j, '}');
	buf_putc(out, '\n');
	return out->err;
}

void own_inputs(struct call *c, size_t at)
{
	struct fault f = {0};
	buf_release(&c->reply);
	buf_init(&c->reply, FEED_CEILING);
	int r = store_ledger(c->service->store, NULL, put_input, &c->reply, &f);
	if (r < 0 && c->reply.err == 0)
		call_fault(c, &f);
	else
		call_done(c, 200, "application/x-ndjson");
}
