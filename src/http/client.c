#include "http/client.h"

#include <pthread.h>
#include <stdlib.h>

#include "http/call.h"

struct lane {
	struct http_lane limit;
	unsigned active;
	int64_t next_ms; /* no start before */
};

struct http_client {
	struct http_options o;
	char *ca_file, *cert_file, *key_file, *user_agent;
	CURLM *multi;
	struct lane lanes[HTTP_LANES_MAX];
	unsigned lane_count;
	struct call *queue, **queue_end;
	struct call *active;
	unsigned active_count;
	bool stop;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static bool keep(const char **at, char **own)
{
	if (*at && (*own = strdup(*at)) == NULL)
		return false;
	*at = *own;
	return true;
}

int http_open(const struct http_options *o, struct fault *f, struct http_client **ret)
{
	pthread_once(&once, start_curl);
	struct http_client *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return fault_set(f, YORE_ENOMEM, "HTTP client: out of memory");
	if (o)
		c->o = *o;
	c->queue_end = &c->queue;
	c->multi = curl_multi_init();
	if (!c->multi || !keep(&c->o.ca_file, &c->ca_file) ||
	    !keep(&c->o.cert_file, &c->cert_file) ||
	    !keep(&c->o.key_file, &c->key_file) ||
	    !keep(&c->o.user_agent, &c->user_agent)) {
		http_close(c);
		return fault_set(f, YORE_ENOMEM, "HTTP client: out of memory");
	}
	if (c->o.parallel == 0)
		c->o.parallel = 16;
	if (c->o.tries == 0)
		c->o.tries = 3;
	if (c->o.backoff_ms == 0)
		c->o.backoff_ms = 1000;
	if (c->o.patience_ms == 0)
		c->o.patience_ms = 60000;
	c->lanes[0].limit = (struct http_lane){.parallel = 2};
	c->lane_count = 1;
	*ret = c;
	return 0;
}

static void unlink_active(struct http_client *c, struct call *k)
{
	struct call **at = &c->active;
	while (*at && *at != k)
		at = &(*at)->next;
	if (*at)
		*at = k->next;
	curl_multi_remove_handle(c->multi, k->easy);
	c->active_count--;
	c->lanes[k->rq.lane].active--;
}

void http_close(struct http_client *c)
{
	if (c == NULL)
		return;
	while (c->active) {
		struct call *k = c->active;
		unlink_active(c, k);
		call_free(k);
	}
	while (c->queue) {
		struct call *k = c->queue;
		c->queue = k->next;
		call_free(k);
	}
	if (c->multi)
		curl_multi_cleanup(c->multi);
	free(c->ca_file);
	free(c->cert_file);
	free(c->key_file);
	free(c->user_agent);
	free(c);
}

int http_lane(struct http_client *c, const struct http_lane *lane, unsigned *ret)
{
	if (c->lane_count == HTTP_LANES_MAX)
		return YORE_ELIMIT;
	struct lane *l = &c->lanes[c->lane_count];
	*l = (struct lane){.limit = *lane};
	if (l->limit.parallel == 0)
		l->limit.parallel = 2;
	*ret = c->lane_count++;
	return 0;
}

static void enqueue(struct http_client *c, struct call *k)
{
	k->next = NULL;
	*c->queue_end = k;
	c->queue_end = &k->next;
}

int http_add(struct http_client *c, const struct http_request *r, struct fault *f)
{
	struct call *k;
	if (r->lane >= c->lane_count)
		return fault_set(f, YORE_EUSAGE, "no such lane");
	int e = call_new(r, f, &k);
	if (e == 0)
		enqueue(c, k);
	return e;
}

static void finish(struct call *k, const struct http_reply *r)
{
	if (k->rq.done)
		k->rq.done(r, k->rq.arg);
	call_free(k);
}

/* May this one start now? If not, *wait_ms is lowered to when it may. */
static bool ready(struct http_client *c, const struct call *k, int64_t now_ms,
		  int64_t *wait_ms)
{
	const struct lane *l = &c->lanes[k->rq.lane];
	int64_t at = k->not_before_ms > l->next_ms ? k->not_before_ms : l->next_ms;
	if (c->active_count >= c->o.parallel || l->active >= l->limit.parallel)
		return false;
	if (at > now_ms && at - now_ms < *wait_ms)
		*wait_ms = at - now_ms;
	return at <= now_ms;
}

static void start(struct http_client *c, struct call *k, int64_t now_ms)
{
	struct lane *l = &c->lanes[k->rq.lane];
	if (call_begin(k, &c->o) < 0 ||
	    curl_multi_add_handle(c->multi, k->easy) != CURLM_OK) {
		struct http_reply r = {.error = YORE_ENOMEM};
		fault_set(&r.fault, YORE_ENOMEM, "a request: out of memory");
		finish(k, &r);
		return;
	}
	k->next = c->active;
	c->active = k;
	c->active_count++;
	l->active++;
	l->next_ms = now_ms + l->limit.gap_ms;
}

static void start_what_may(struct http_client *c, int64_t now_ms, int64_t *wait_ms)
{
	struct call **at = &c->queue;
	while (*at) {
		struct call *k = *at;
		if (!ready(c, k, now_ms, wait_ms)) {
			at = &k->next;
			continue;
		}
		*at = k->next;
		if (*at == NULL)
			c->queue_end = at;
		start(c, k, now_ms);
	}
}

/* How long to wait before another try; negative: none. */
static int64_t again_after(struct http_client *c, const struct call *k, CURLcode result,
			   const struct http_reply *r)
{
	if (k->tries >= c->o.tries || !call_may_repeat(result, r))
		return -1;
	if (result != CURLE_OK)
		return c->o.backoff_ms << (k->tries - 1);
	int64_t ms = r->retry_after_s * 1000;
	return ms <= c->o.patience_ms ? ms : -1;
}

static void complete(struct http_client *c, struct call *k, CURLcode result)
{
	struct http_reply r;
	int64_t now_ms = clock_us() / 1000;
	unlink_active(c, k);
	call_judge(k, result, &r);
	int64_t wait = again_after(c, k, result, &r);
	bool redirect = wait < 0 && call_redirects(k, &r);
	if (c->stop || (wait < 0 && !redirect)) {
		finish(k, &r);
		return;
	}
	if (redirect)
		k->tries--;
	k->not_before_ms = redirect ? now_ms : now_ms + wait;
	if (!redirect && result == CURLE_OK) /* the server wants rest from all of us */
		c->lanes[k->rq.lane].next_ms = k->not_before_ms;
	call_rewind(k);
	enqueue(c, k);
}

/* Whether any was: then another may begin. */
static bool collect_done(struct http_client *c)
{
	CURLMsg *m;
	bool any = false;
	int left;
	while ((m = curl_multi_info_read(c->multi, &left))) {
		struct call *k = NULL;
		CURLcode result = m->data.result;
		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &k);
		complete(c, k, result);
		any = true;
	}
	return any;
}

static void take_back(struct http_client *c)
{
	struct http_reply r = {.error = YORE_EAGAIN};
	fault_set(&r.fault, YORE_EAGAIN, "not asked: stopped before");
	while (c->queue) {
		struct call *k = c->queue;
		c->queue = k->next;
		if (c->queue == NULL)
			c->queue_end = &c->queue;
		finish(k, &r);
	}
}

int http_run(struct http_client *c, struct fault *f)
{
	c->stop = false;
	while (c->queue || c->active) {
		int64_t wait_ms = 1000;
		int running;
		if (!c->stop)
			start_what_may(c, clock_us() / 1000, &wait_ms);
		if (curl_multi_perform(c->multi, &running) != CURLM_OK)
			return fault_set(f, YORE_EIO, "HTTP client: libcurl failed");
		bool ended = collect_done(c);
		if (c->stop)
			take_back(c);
		if (!ended && (c->active || c->queue))
			curl_multi_poll(c->multi, NULL, 0, (int)wait_ms, NULL);
	}
	return 0;
}

void http_stop(struct http_client *c)
{
	c->stop = true;
}

struct single {
	struct buf *body, *head;
	struct http_reply *reply;
	void (*done)(const struct http_reply *reply, void *arg);
	int (*line)(struct bytes line, void *arg);
	void *arg;
};

static int single_line(struct bytes line, void *arg)
{
	struct single *s = arg;
	return s->line(line, s->arg);
}

static void single_done(const struct http_reply *r, void *arg)
{
	struct single *s = arg;
	*s->reply = *r;
	s->reply->body = s->reply->head = BYTES(NULL, 0);
	if (s->body) {
		buf_put_bytes(s->body, r->body);
		s->reply->body = buf_bytes(s->body);
	}
	if (s->head) {
		buf_put_bytes(s->head, r->head);
		s->reply->head = buf_bytes(s->head);
	}
	if (s->done)
		s->done(s->reply, s->arg);
}

int http_perform(struct http_client *c, const struct http_request *r, struct buf *body,
		 struct buf *head, struct http_reply *ret)
{
	struct single s = {body, head, ret, r->done, r->line, r->arg};
	struct http_request mine = *r;
	*ret = (struct http_reply){0};
	mine.done = single_done;
	mine.line = r->line ? single_line : NULL;
	mine.arg = &s;
	int e = http_add(c, &mine, &ret->fault);
	if (e == 0)
		e = http_run(c, &ret->fault);
	return ret->error = e < 0 ? e : ret->error;
}
