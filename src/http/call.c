#include "http/call.h"

#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "base/num.h"
#include "http/url.h"

#define HEAD_MAX (64u << 10)
#define REDIRECTS_MAX 3

int64_t clock_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static char *copy(const char *s, bool *failed)
{
	char *c = s ? strdup(s) : NULL;
	if (s && c == NULL)
		*failed = true;
	return c;
}

static bool copy_headers(struct call *c, const struct http_request *r)
{
	for (size_t i = 0; i < r->header_count; i++) {
		struct curl_slist *l = curl_slist_append(c->headers, r->headers[i]);
		if (l == NULL)
			return false;
		c->headers = l;
	}
	return true;
}

int call_new(const struct http_request *r, struct fault *f, struct call **ret)
{
	int e = url_check(r->url, f);
	if (e < 0)
		return e;
	struct call *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return fault_set(f, YORE_ENOMEM, "a request: out of memory");
	bool failed = false;
	c->rq = *r;
	c->url = copy(r->url, &failed);
	c->method = copy(r->method, &failed);
	c->user_password = copy(r->user_password, &failed);
	c->ca_file = copy(r->ca_file, &failed);
	if (r->body.len) {
		c->body = malloc(r->body.len);
		if (c->body)
			memcpy(c->body, r->body.at, r->body.len);
		failed |= c->body == NULL;
	}
	buf_init(&c->got, r->ceiling ? r->ceiling : 64u << 20);
	buf_init(&c->line, HTTP_LINE_MAX);
	buf_init(&c->head, HEAD_MAX);
	if (!copy_headers(c, r) || failed) {
		call_free(c);
		return fault_set(f, YORE_ENOMEM, "a request: out of memory");
	}
	*ret = c;
	return 0;
}

void call_free(struct call *c)
{
	if (c == NULL)
		return;
	curl_easy_cleanup(c->easy);
	curl_slist_free_all(c->headers);
	buf_release(&c->got);
	buf_release(&c->line);
	buf_release(&c->head);
	free(c->url);
	free(c->method);
	if (c->user_password)
		explicit_bzero(c->user_password, strlen(c->user_password));
	free(c->user_password);
	free(c->ca_file);
	free(c->body);
	free(c);
}

static int stop(struct call *c, int code)
{
	if (c->stopped == 0)
		c->stopped = code;
	return code;
}

/* Whole lines out of what has come; the rest waits in c->line. */
static int give_lines(struct call *c, const uint8_t *p, size_t n)
{
	while (n) {
		const uint8_t *nl = memchr(p, '\n', n);
		size_t part = nl ? (size_t)(nl - p) : n;
		buf_put(&c->line, p, part);
		if (c->line.err)
			return stop(c, c->line.err);
		if (nl == NULL)
			return 0;
		size_t len = c->line.len;
		if (len && c->line.at[len - 1] == '\r')
			len--;
		int r = c->rq.line(BYTES(c->line.at, len), c->rq.arg);
		buf_clear(&c->line);
		if (r < 0)
			return stop(c, r);
		p += part + 1;
		n -= part + 1;
	}
	return 0;
}

static bool good_status(CURL *easy)
{
	long status = 0;
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	return status >= 200 && status < 300;
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct call *c = arg;
	n *= size;
	c->octets += n;
	if (c->octets > c->got.ceiling)
		return stop(c, YORE_ELIMIT), (size_t)0;
	bool lines = c->rq.line && good_status(c->easy);
	if (lines && give_lines(c, (const uint8_t *)p, n) < 0)
		return 0;
	if (!lines || c->rq.collect)
		buf_put(&c->got, p, n);
	if (c->got.err)
		return stop(c, c->got.err), (size_t)0;
	return n;
}

static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
	struct call *c = arg;
	n *= size;
	if (n > 5 && strncasecmp(p, "HTTP/", 5) == 0)
		buf_clear(&c->head); /* of the last response only */
	buf_put(&c->head, p, n);
	if (c->head.err)
		return stop(c, YORE_ELIMIT), (size_t)0;
	return n;
}

static void set_tls(CURL *e, const struct http_options *o, const char *own_ca)
{
	const char *ca_file = own_ca ? own_ca : o->ca_file;
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (ca_file) {
		curl_easy_setopt(e, CURLOPT_CAINFO, ca_file);
		curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
	}
	if (o->cert_file) {
		curl_easy_setopt(e, CURLOPT_SSLCERT, o->cert_file);
		curl_easy_setopt(e, CURLOPT_SSLKEY,
				 o->key_file ? o->key_file : o->cert_file);
	}
}

static void set_limits(CURL *e, const struct http_request *r)
{
	long whole = r->timeout_ms ? (long)r->timeout_ms : 60000;
	long idle = r->idle_ms ? (long)r->idle_ms : 20000;
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, whole);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, whole < 10000 ? whole : 10000L);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, (idle + 999) / 1000);
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
	if (r->charged) {
		curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);
		curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L);
	}
}

static void set_question(struct call *c)
{
	CURL *e = c->easy;
	curl_easy_setopt(e, CURLOPT_URL, c->url);
	curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L); /* a term may hold ".." */
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, c->headers);
	if (c->user_password) {
		curl_easy_setopt(e, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(e, CURLOPT_USERPWD, c->user_password);
	}
	if (c->rq.body.len || (c->method && strcmp(c->method, "POST") == 0)) {
		curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)c->rq.body.len);
		curl_easy_setopt(e, CURLOPT_POSTFIELDS, c->body ? (char *)c->body : "");
	}
	if (c->method)
		curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, c->method);
	if (c->method && strcmp(c->method, "HEAD") == 0)
		curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
}

int call_begin(struct call *c, const struct http_options *o)
{
	c->easy = curl_easy_init();
	if (c->easy == NULL)
		return YORE_ENOMEM;
	CURL *e = c->easy;
	set_tls(e, o, c->ca_file);
	set_limits(e, &c->rq);
	set_question(c);
	curl_easy_setopt(e, CURLOPT_USERAGENT,
			 o->user_agent ? o->user_agent : "yore/" YORE_VERSION);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, c->error);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, c);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, c);
	curl_easy_setopt(e, CURLOPT_PRIVATE, c);
	c->began_us = clock_us();
	c->tries++;
	return 0;
}

void call_rewind(struct call *c)
{
	curl_easy_cleanup(c->easy);
	c->easy = NULL;
	buf_clear(&c->got);
	buf_clear(&c->line);
	buf_clear(&c->head);
	c->octets = 0;
	c->stopped = 0;
	c->error[0] = '\0';
}

static int error_of(const struct call *c, CURLcode result)
{
	switch (result) {
	case CURLE_OK:
		return 0;
	case CURLE_WRITE_ERROR:
		return c->stopped ? c->stopped : YORE_EIO;
	case CURLE_OPERATION_TIMEDOUT:
		return YORE_ETIMEOUT;
	case CURLE_PARTIAL_FILE:
	case CURLE_BAD_CONTENT_ENCODING:
		return YORE_ETRUNCATED;
	case CURLE_RECV_ERROR:
	case CURLE_HTTP2_STREAM:
		return c->head.len ? YORE_ETRUNCATED : YORE_EIO;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return YORE_EREFUSED;
	case CURLE_OUT_OF_MEMORY:
		return YORE_ENOMEM;
	default:
		return YORE_EIO;
	}
}

static void say(struct http_reply *r, const struct call *c, CURLcode result)
{
	char host[URL_HOST_MAX];
	url_host(c->url, host);
	const char *why = c->error[0] ? c->error : curl_easy_strerror(result);
	if (result == CURLE_WRITE_ERROR)
		why = c->stopped == YORE_ELIMIT ? "the reply is over its ceiling"
						: yore_strerror(r->error);
	fault_set(&r->fault, r->error, "%s: %s", host, why);
	for (char *s = r->fault.text; *s; s++) /* parts may be the peer's words */
		if ((unsigned char)*s < 0x20 || (unsigned char)*s >= 0x7f)
			*s = '?';
}

static int64_t retry_after(const struct http_reply *r)
{
	char text[32];
	uint64_t s;
	if (http_header(r, "retry-after", text, sizeof(text)) != 1)
		return 0;
	if (num_u64(text, 1u << 30, &s) == 0)
		return s ? (int64_t)s : 1;
	time_t at = curl_getdate(text, NULL);
	int64_t wait = at == (time_t)-1 ? 0 : (int64_t)(at - time(NULL));
	return wait > 0 ? wait : 0;
}

void call_judge(struct call *c, CURLcode result, struct http_reply *ret)
{
	*ret = (struct http_reply){.tries = c->tries, .octets = c->octets};
	ret->elapsed_us = clock_us() - c->began_us;
	if (result == CURLE_OK && c->rq.line && c->line.len && good_status(c->easy)) {
		int r = c->rq.line(buf_bytes(&c->line), c->rq.arg);
		if (r < 0)
			result = CURLE_WRITE_ERROR, stop(c, r);
	}
	ret->body = buf_bytes(&c->got);
	ret->head = buf_bytes(&c->head);
	ret->error = error_of(c, result);
	if (c->easy)
		curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &ret->status);
	ret->retry_after_s = retry_after(ret);
	if (ret->error)
		say(ret, c, result);
}

bool call_redirects(struct call *c, struct http_reply *r)
{
	char *to = NULL;
	if (r->error || r->status < 300 || r->status > 308 || r->status == 304)
		return false;
	curl_easy_getinfo(c->easy, CURLINFO_REDIRECT_URL, &to);
	if (to == NULL)
		return false;
	bool changes = r->status != 307 && r->status != 308 && c->rq.body.len;
	if (url_same_origin(c->url, to) && !changes && c->redirects++ < REDIRECTS_MAX) {
		char *url = strdup(to);
		if (url) {
			free(c->url);
			c->url = url;
			return true;
		}
	}
	char from[URL_HOST_MAX], host[URL_HOST_MAX];
	url_host(c->url, from);
	url_host(to, host);
	r->error = fault_set(
	    &r->fault, YORE_EREFUSED, "%s redirects to %.100s (status %ld): not followed",
	    from, url_same_origin(c->url, to) ? "itself, too often" : host, r->status);
	return false;
}

bool call_may_repeat(CURLcode result, const struct http_reply *r)
{
	if (result == CURLE_COULDNT_RESOLVE_PROXY ||
	    result == CURLE_COULDNT_RESOLVE_HOST || result == CURLE_COULDNT_CONNECT)
		return true;
	return result == CURLE_OK && (r->status == 429 || r->status == 503) &&
	       r->retry_after_s > 0;
}

int http_header(const struct http_reply *r, const char *name, char *out, size_t room)
{
	size_t len = strlen(name);
	if (r->head.len == 0) /* no pointer arithmetic on NULL */
		return 0;
	const char *at = (const char *)r->head.at, *end = at + r->head.len;
	while (at < end) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));
		const char *stop_at = nl ? nl : end;
		if ((size_t)(stop_at - at) > len && at[len] == ':' &&
		    strncasecmp(at, name, len) == 0) {
			at += len + 1;
			while (at < stop_at && (*at == ' ' || *at == '\t'))
				at++;
			while (stop_at > at && (unsigned char)stop_at[-1] <= ' ')
				stop_at--;
			size_t n = (size_t)(stop_at - at);
			n = n < room ? n : room - 1;
			memcpy(out, at, n);
			out[n] = '\0';
			return 1;
		}
		at = nl ? nl + 1 : end;
	}
	return 0;
}
