/*
 * The client against a server of a few lines: a thread that reads a request's head and
 * answers with what its path names, or breaks off.
 */
#include "http/client.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"

static int listener, port, other_port;
static _Atomic int asked_count;

static const struct {
	const char *path, *answer;
} answers[] = {
    {"/plain", "HTTP/1.1 200 OK\r\nX-Thing:  value \r\nContent-Length: 5\r\n\r\nhello"},
    {"/lines", "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\none\r\ntwo\nend"},
    {"/refused", "HTTP/1.1 403 No\r\nContent-Length: 4\r\n\r\nlook"},
    {"/cut", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nonly this"},
    {"/busy", "HTTP/1.1 429 Slow\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"},
    {"/long-busy", "HTTP/1.1 429 Slow\r\nRetry-After: 9999\r\nContent-Length: 0\r\n\r\n"},
    {"/broken", "HTTP/1.1 500 Broken\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"},
    {"/here", "HTTP/1.1 302 Moved\r\nLocation: /plain\r\nContent-Length: 0\r\n\r\n"},
    {"/loop", "HTTP/1.1 302 Moved\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n"},
    {"/away", "HTTP/1.1 302 Moved\r\nLocation: http://elsewhere.example/\r\n"
	      "Content-Length: 0\r\n\r\n"},
    {"/nothing", ""},
};

static void *serve(void *arg)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		char head[4096] = "", path[100] = "";
		size_t n = 0;
		if (fd < 0)
			return NULL;
		while (n < sizeof(head) - 1 && !strstr(head, "\r\n\r\n")) {
			ssize_t got = recv(fd, head + n, sizeof(head) - 1 - n, 0);
			if (got <= 0)
				break;
			n += (size_t)got;
			head[n] = '\0';
		}
		asked_count++;
		const char *from = strchr(head, ' ');
		if (from) {
			size_t len = strcspn(from + 1, " ?");
			if (len < sizeof(path))
				memcpy(path, from + 1, len);
		}
		if (strcmp(path, "/slow") == 0)
			usleep(600000);
		if (strcmp(path, "/large") == 0) {
			dprintf(fd, "HTTP/1.1 200 OK\r\n\r\n");
			char block[1000] = {'x'};
			for (int i = 0; i < 100; i++)
				if (send(fd, block, sizeof(block), MSG_NOSIGNAL) < 0)
					break;
		}
		for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
			if (strcmp(answers[i].path, path) == 0)
				send(fd, answers[i].answer, strlen(answers[i].answer),
				     MSG_NOSIGNAL);
		close(fd);
	}
}

static int listen_on(int *ret_port)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 16) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		perror("listen");
	*ret_port = ntohs(a.sin_port);
	return fd;
}

static struct http_client *client;
static struct buf body, head;

static int ask(const char *path, struct http_request rq, struct http_reply *r)
{
	char url[200];
	snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", port, path);
	rq.url = url;
	buf_clear(&body);
	buf_clear(&head);
	asked_count = 0;
	return http_perform(client, &rq, &body, &head, r);
}

static void test_statuses(void)
{
	struct http_reply r;
	char value[20];
	is_int(ask("/plain", (struct http_request){0}, &r), 0, "a plain reply");
	is_int(r.status, 200, "its status");
	is_str(buf_str(&body), "hello", "its body");
	is_int(http_header(&r, "x-thing", value, sizeof(value)), 1, "has the header");
	is_str(value, "value", "without blanks around it");
	is_int(http_header(&r, "thing", value, sizeof(value)), 0, "no other header");
	is_int(ask("/refused", (struct http_request){0}, &r), 0, "403 is a whole reply");
	is_int(r.status, 403, "its status");
	is_str(buf_str(&body), "look", "its body");
}

static void test_broken(void)
{
	struct http_reply r;
	is_int(ask("/cut", (struct http_request){0}, &r), YORE_ETRUNCATED, "cut short");
	is_str(buf_str(&body), "only this", "what came is there");
	is_int(asked_count, 1, "and it is not asked again");
	is_int(ask("/nothing", (struct http_request){0}, &r), YORE_EIO,
	       "no reply at all");
	is_int(asked_count, 1, "not asked again: it may have been charged");
	is_int(ask("/slow", (struct http_request){.timeout_ms = 200}, &r), YORE_ETIMEOUT,
	       "slow");
	is_int(r.tries, 1, "not asked again either");
	is_int(ask("/large", (struct http_request){.ceiling = 5000}, &r), YORE_ELIMIT,
	       "over the ceiling");
	ok(body.len <= 5000, "no more than the ceiling was kept");
	is_int(ask("/broken", (struct http_request){0}, &r), 0, "500");
	is_int(asked_count, 1, "is not repeated, whatever Retry-After says");
	ok(r.fault.code == 0, "no fault for a whole reply");
}

static void test_again(void)
{
	struct http_reply r;
	is_int(ask("/busy", (struct http_request){.charged = true}, &r), 0, "429");
	is_int(asked_count, 3, "is repeated as the server asks");
	is_int(r.status, 429, "and told when it stays so");
	is_int(ask("/long-busy", (struct http_request){0}, &r), 0, "429 for hours");
	is_int(asked_count, 1, "is told at once");
	is_int(r.retry_after_s, 9999, "with how long");
	char url[80];
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", other_port);
	struct http_request rq = {.url = url};
	is_int(http_perform(client, &rq, NULL, NULL, &r), YORE_EIO, "nobody listens");
	is_int(r.tries, 3, "tried again: nothing was sent");
	ok(strstr(r.fault.text, "127.0.0.1") != NULL, "said: %s", r.fault.text);
}

static void test_redirects(void)
{
	struct http_reply r;
	is_int(ask("/here", (struct http_request){0}, &r), 0, "within the origin");
	is_str(buf_str(&body), "hello", "is followed");
	is_int(ask("/loop", (struct http_request){0}, &r), YORE_EREFUSED,
	       "but not for ever");
	is_int(asked_count, 4, "three times");
	is_int(ask("/away", (struct http_request){0}, &r), YORE_EREFUSED, "to elsewhere");
	ok(strstr(r.fault.text, "elsewhere.example") != NULL, "said: %s", r.fault.text);
}

struct heard {
	char text[200];
	int count, stop_at;
};

static int hear(struct bytes line, void *arg)
{
	struct heard *h = arg;
	size_t n = strlen(h->text);
	snprintf(h->text + n, sizeof(h->text) - n, "[%.*s]", (int)line.len,
		 (const char *)line.at);
	return ++h->count == h->stop_at ? YORE_EMALFORMED : 0;
}

static void test_lines(void)
{
	struct http_reply r;
	struct heard h = {0};
	is_int(ask("/lines", (struct http_request){.line = hear, .arg = &h}, &r), 0,
	       "lines");
	is_str(h.text, "[one][two][end]", "also the last one");
	h = (struct heard){0};
	is_int(ask("/refused", (struct http_request){.line = hear, .arg = &h}, &r), 0,
	       "an error's body");
	is_int(h.count, 0, "is no data");
	h = (struct heard){.stop_at = 2};
	is_int(ask("/lines", (struct http_request){.line = hear, .arg = &h}, &r),
	       YORE_EMALFORMED, "a line stops it");
	is_int(h.count, 2, "there");
}

static int done_count;
static void count_done(const struct http_reply *r, void *arg)
{
	done_count++;
	if (arg)
		http_stop(arg);
}

static void test_many(void)
{
	char url[80];
	struct fault f = {0};
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/plain", port);
	struct http_request rq = {.url = url, .done = count_done};
	for (int i = 0; i < 50; i++)
		if (http_add(client, &rq, &f) < 0)
			ok(false, "queued");
	is_int(http_run(client, &f), 0, "fifty at once");
	is_int(done_count, 50, "all done");
	done_count = 0;
	rq.arg = client;
	for (int i = 0; i < 50; i++)
		if (http_add(client, &rq, &f) < 0)
			ok(false, "queued");
	is_int(http_run(client, &f), 0, "stopped by the first");
	is_int(done_count, 50, "and all are told");
	rq.url = "gopher://x/";
	is_int(http_add(client, &rq, &f), YORE_EMALFORMED, "a URL of another kind");
}

int main(void)
{
	pthread_t t;
	struct fault f = {0};
	struct http_options o = {.backoff_ms = 10};
	static const char *const proxies[] = {"http_proxy", "HTTP_PROXY", "all_proxy",
					      "ALL_PROXY"};
	for (size_t i = 0; i < 4; i++)
		unsetenv(proxies[i]);
	listener = listen_on(&port);
	close(listen_on(&other_port));
	buf_init(&body, 1 << 20);
	buf_init(&head, 1 << 20);
	pthread_create(&t, NULL, serve, NULL);
	pthread_detach(t);
	if (http_open(&o, &f, &client) < 0)
		return 1;
	test_statuses();
	test_broken();
	test_again();
	test_redirects();
	test_lines();
	test_many();
	http_close(client);
	buf_release(&body);
	buf_release(&head);
	return tap_done();
}
