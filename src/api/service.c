#include "api/login.h"
#include "api/route.h"
#include "api/service.h"

void service_settle(struct service *service)
{
	struct settings *s = &service->settings;
	if (s->rows_max == 0)
		s->rows_max = 1000000;
	if (s->rows_default == 0 || s->rows_default > s->rows_max)
		s->rows_default = s->rows_max < 10000 ? s->rows_max : 10000;
	if (s->offset_max == 0)
		s->offset_max = 100000;
	if (s->terms_max == 0)
		s->terms_max = 100000;
	if (s->answer_s == 0)
		s->answer_s = 300;
	if (s->memory == 0)
		s->memory = 512u << 20;
	service->answers.most = s->memory / 2;
	/* one of the largest must fit */
	service->bodies.most = s->memory / 8 > 2 * (size_t)CALL_BODY_MAX
				   ? s->memory / 8
				   : 2 * (size_t)CALL_BODY_MAX;
}

static void no_route(struct call *c, unsigned methods)
{
	if (methods == 0) {
		call_error(c, 404, "there is nothing at this path (see /openapi.json)");
		return;
	}
	if (strcmp(c->method, "OPTIONS") == 0) {
		origin_preflight(c, methods);
		return;
	}
	call_header(c, "Allow", "%s%s", methods & METHOD_GET ? "GET, HEAD" : "POST",
		    methods == (METHOD_GET | METHOD_POST) ? ", POST" : "");
	call_error(c, 405, "this path does not take that method");
}

void service_admit(struct service *s, struct call *c)
{
	unsigned methods;
	if (!origin_admit(c))
		return;
	const struct route *r = route_find(c->method, c->url, &c->route_at, &methods);
	if (r == NULL) {
		no_route(c, methods);
		return;
	}
	c->dialect = r->dialect;
	c->route = r;
	c->route_methods = r->methods;
	(void)login(c, r->scope, r->charged, &c->key_room);
}

void service_run(struct call *c)
{
	c->route->run(c, c->route_at);
}

int service_first(struct call *c)
{
	struct feed *f = c->feed;
	size_t enough = f->first ? f->first : FEED_ENOUGH;
	buf_release(&c->reply);
	buf_init(&c->reply, FEED_CEILING + FEED_ENOUGH);
	int r = f->fill(f, &c->reply, enough);
	if (r < 0) {
		struct fault fault = f->fault;
		fault.code = fault.code ? fault.code : r;
		if (fault.text[0] == '\0')
			fault_set(&fault, r, "%s", yore_strerror(r));
		call_fault(c, &fault);
		return 0;
	}
	if (c->settle)
		c->settle(c, r == 0);
	return r;
}

int service_init(struct service *s, struct store *st)
{
	memset(s, 0, sizeof(*s));
	service_settle(s);
	s->store = st;
	pthread_rwlock_init(&s->ring_lock, NULL);
	s->quota = quota_new();
	return s->quota ? 0 : YORE_ENOMEM;
}

void service_release(struct service *s)
{
	key_ring_release(&s->ring);
	quota_free(s->quota);
	s->quota = NULL;
	pthread_rwlock_destroy(&s->ring_lock);
}
