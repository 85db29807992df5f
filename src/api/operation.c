/* For those who run it: is it alive, is it ready, how much does it do. */
#include "api/dialects.h"
#include "api/openapi.h"
#include "api/service.h"

void operation_health(struct call *c, size_t at)
{
	buf_puts(&c->reply, "ok\n");
	call_done(c, 200, "text/plain; charset=utf-8");
}

void operation_ready(struct call *c, size_t at)
{
	if (atomic_load(&c->service->draining)) {
		call_error(c, 503, "going down");
		return;
	}
	buf_puts(&c->reply, "ready\n");
	call_done(c, 200, "text/plain; charset=utf-8");
}

void operation_metrics(struct call *c, size_t at)
{
	metrics_put(c->service, &c->reply);
	call_done(c, 200, "text/plain; version=0.0.4; charset=utf-8");
}

void operation_openapi(struct call *c, size_t at)
{
	buf_puts(&c->reply, openapi_text);
	call_done(c, 200, "application/json");
}
