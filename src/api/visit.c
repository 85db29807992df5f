#include <netinet/in.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#include "api/client_cert.h"
#include "api/login.h"
#include "api/visit.h"

int64_t clock_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t clock_fine_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static const char *header(const struct call *c, const char *name)
{
	const struct visit *v = c->transport;
	return MHD_lookup_connection_value(v->connection, MHD_HEADER_KIND, name);
}

static struct addr address_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	if (info && info->client_addr->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)info->client_addr;
		return addr_of(&in->sin_addr, 4);
	}
	if (info && info->client_addr->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in = (const void *)info->client_addr;
		const uint8_t *at = in->sin6_addr.s6_addr;
		return memcmp(at, mapped, 12) == 0 ? addr_of(at + 12, 4)
						   : addr_of(at, 16);
	}
	return (struct addr){0};
}

struct lines {
	struct buf text;
	const char *name;
};

static enum MHD_Result join_line(void *arg, enum MHD_ValueKind kind, const char *name,
				 const char *value)
{
	struct lines *l = arg;
	if (value && strcasecmp(name, l->name) == 0) {
		if (l->text.len)
			buf_putc(&l->text, ',');
		buf_puts(&l->text, value);
	}
	return MHD_YES;
}

/* The last hop is ours: who is behind it? */
static void look_behind_proxy(struct visit *v)
{
	struct call *c = &v->call;
	const struct forwarded *trusted = &c->service->proxies;
	if (trusted->count == 0 || !forwarded_trusts(trusted, &c->peer))
		return;
	struct lines l = {.name = "X-Forwarded-For"};
	buf_init(&l.text, 64 << 10);
	(void)MHD_get_connection_values(v->connection, MHD_HEADER_KIND, join_line, &l);
	c->proxy = c->peer;
	c->peer = forwarded_client(trusted, &c->proxy, buf_str(&l.text));
	buf_release(&l.text);
}

static struct peer_link *link_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return info ? info->socket_context : NULL;
}

void *visit_begin(void *arg, const char *target, struct MHD_Connection *c)
{
	struct server *s = arg;
	struct visit *v = malloc(sizeof(*v));
	if (v == NULL)
		return NULL;
	size_t skip = offsetof(struct visit, url);
	memset(v, 0, skip);
	memset((uint8_t *)v + skip + sizeof(v->url), 0,
	       sizeof(*v) - skip - sizeof(v->url));
	v->server = s;
	v->connection = c;
	v->link = link_of(c);
	v->began_us = clock_fine_us();
	call_init(&v->call, s->service);
	v->target = strdup(target);
	bool form = strncmp(target + strspn(target, "/"), "api/", 4) == 0;
	v->url_error = v->target ? url_parse(target, form, &v->url) : YORE_ENOMEM;
	v->call.url = &v->url;
	v->call.target = v->target;
	v->call.header = header;
	v->call.transport = v;
	v->call.now_s = (int64_t)time(NULL);
	v->call.peer = address_of(c);
	return v;
}

/* ---- answering ---- */

static ssize_t read_more(void *arg, uint64_t pos, char *out, size_t room)
{
	struct visit *v = arg;
	struct call *c = &v->call;
	while (v->sent == c->reply.len) {
		if (v->more <= 0) {
			if (v->more == 0)
				return MHD_CONTENT_READER_END_OF_STREAM;
			atomic_fetch_add(&v->server->service->metrics.broken, 1);
			return MHD_CONTENT_READER_END_WITH_ERROR;
		}
		if (v->heavy) {
			if (!work_push(&v->server->queue, v))
				return MHD_CONTENT_READER_END_WITH_ERROR;
			return 0; /* asked again when a worker has resumed it */
		}
		buf_clear(&c->reply);
		v->sent = 0;
		v->more = c->feed->fill(c->feed, &c->reply, FEED_ENOUGH);
	}
	size_t n = c->reply.len - v->sent;
	n = n < room ? n : room;
	memcpy(out, c->reply.at + v->sent, n);
	v->sent += n;
	atomic_fetch_add(&v->server->service->metrics.octets, n);
	return (ssize_t)n;
}

static struct MHD_Response *make_response(struct visit *v)
{
	struct call *c = &v->call;
	if (v->more > 0)
		return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 32 << 10,
							 read_more, v, NULL);
	atomic_fetch_add(&v->server->service->metrics.octets, c->reply.len);
	return MHD_create_response_from_buffer(c->reply.len, c->reply.at,
					       MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result answer(struct visit *v)
{
	struct call *c = &v->call;
	struct MHD_Response *r = make_response(v);
	if (r == NULL)
		return MHD_NO;
	if (c->mime)
		MHD_add_response_header(r, "Content-Type", c->mime);
	MHD_add_response_header(r, "Cache-Control", "no-store");
	MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	for (size_t i = 0; i < c->header_count; i++)
		MHD_add_response_header(r, c->headers[i].name, c->headers[i].value);
	if (atomic_load(&v->server->service->draining))
		MHD_add_response_header(r, "Connection", "close");
	enum MHD_Result done = MHD_queue_response(v->connection, (unsigned)c->status, r);
	MHD_destroy_response(r);
	return done;
}

/* The whole request is here: run it, or let it be run. */
static enum MHD_Result run(struct visit *v)
{
	struct call *c = &v->call;
	v->whole = true;
	if (v->link)
		atomic_store(&v->link->waiting_ms, 0);
	service_run(c);
	if (c->feed == NULL)
		return answer(v);
	v->heavy = c->feed->heavy;
	if (!v->heavy) {
		v->started = true;
		v->more = service_first(c);
		return answer(v);
	}
	if (work_push(&v->server->queue, v))
		return MHD_YES;
	atomic_fetch_add(&v->server->service->metrics.busy_refused, 1);
	call_header(c, "Retry-After", "2");
	call_error(c, 503, "too many long answers are under way");
	return answer(v);
}

/* ---- what is posted ---- */

static enum MHD_Result refuse_body(struct visit *v, int status, const char *text)
{
	call_error(&v->call, status, "%s", text);
	if (status == 503)
		call_header(&v->call, "Retry-After", "5");
	return answer(v);
}

static bool hold_body(struct visit *v, size_t octets)
{
	if (!budget_change(&v->server->service->bodies, v->held, octets))
		return false;
	v->held = octets;
	return true;
}

static enum MHD_Result take_body(struct visit *v, const char *data, size_t *len)
{
	struct call *c = &v->call;
	size_t n = *len;
	*len = 0;
	if (c->status) /* refused already; the rest goes nowhere */
		return MHD_YES;
	buf_put(&c->body, data, n);
	if (c->body.err < 0) {
		call_error(c, 413, "the body is larger than %d octets", CALL_BODY_MAX);
	} else if (hold_body(v, c->body.room) == false) {
		atomic_fetch_add(&v->server->service->metrics.busy_refused, 1);
		call_error(c, 503, "too much is being posted at once");
		call_header(c, "Retry-After", "5");
	}
	if (c->status) {
		buf_release(&c->body);
		hold_body(v, 0);
	}
	return MHD_YES;
}

/* Headers are here, a body is not: who asks, may they? */
static enum MHD_Result admit(struct visit *v, const char *method)
{
	struct call *c = &v->call;
	v->admitted = true;
	c->method = method;
	look_behind_proxy(v);
	if (v->url_error < 0) {
		call_error(c, v->url_error == YORE_ELIMIT ? 414 : 400, "%s",
			   v->url_error == YORE_ELIMIT
			       ? "the URL is too long"
			       : "the URL has a broken percent-encoding or a control "
				 "character");
		return MHD_YES;
	}
	service_admit(v->server->service, c);
	if (c->status == 0 && c->dialect == DIALECT_UPLOAD &&
	    v->server->wants_certificates && !client_cert_good(v->connection))
		call_error(c, 403, "a certificate of the sensor is needed");
	const char *length = header(c, "Content-Length");
	if (c->status == 0 && length && strtoull(length, NULL, 10) > CALL_BODY_MAX)
		call_error(c, 413, "the body is larger than %d octets", CALL_BODY_MAX);
	bool body = length ? strtoull(length, NULL, 10) > 0
			   : header(c, "Transfer-Encoding") != NULL;
	if (c->status && body)
		return answer(v); /* it is not read; the connection ends */
	if (c->status == 0 && body && c->route_methods == METHOD_GET)
		return refuse_body(v, 400, "a GET with a body");
	if (v->link && body && c->status == 0)
		v->link->uploading = true;
	return MHD_YES;
}

enum MHD_Result visit_handle(void *arg, struct MHD_Connection *c, const char *url,
			     const char *method, const char *version, const char *data,
			     size_t *data_len, void **con_cls)
{
	struct visit *v = *con_cls;
	if (v == NULL)
		return MHD_NO;
	if (!v->admitted)
		return admit(v, method);
	if (*data_len)
		return take_body(v, data, data_len);
	if (v->started || (v->whole && v->call.status))
		return answer(v); /* a worker has begun it */
	if (v->call.status) {
		v->whole = true;
		if (v->link)
			atomic_store(&v->link->waiting_ms, 0);
		return answer(v);
	}
	return run(v);
}

void visit_end(void *arg, struct MHD_Connection *c, void **con_cls,
	       enum MHD_RequestTerminationCode why)
{
	struct server *s = arg;
	struct visit *v = *con_cls;
	*con_cls = NULL;
	if (v == NULL)
		return;
	uint64_t us = (uint64_t)(clock_fine_us() - v->began_us);
	if (v->call.status) {
		metrics_request(&s->service->metrics, v->call.dialect, v->call.status,
				us);
		audit_call(s->service->audit, &v->call, us);
	}
	if (v->call.feed)
		atomic_fetch_add(&s->service->metrics.rows, v->call.feed->rows);
	if (v->link) {
		v->link->uploading = false;
		atomic_store(&v->link->waiting_ms, clock_ms());
	}
	call_release(&v->call);
	hold_body(v, 0);
	free(v->target);
	free(v);
}
