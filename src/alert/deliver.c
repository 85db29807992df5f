#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include "alert/deliver.h"
#include "base/io.h"
#include "base/num.h"
#include "http/client.h"

#define BATCH_MOST (256 << 10)

int delivery_open(struct delivery *d, const char *journal, bool to_syslog,
		  const char *webhook, struct fault *f)
{
	*d = (struct delivery){.syslog = to_syslog};
	snprintf(d->journal, sizeof(d->journal), "%s", journal);
	if (to_syslog)
		openlog("yore", LOG_PID, LOG_AUTHPRIV);
	if (webhook == NULL)
		return 0;
	struct http_options o = {.parallel = 1};
	d->webhook = strdup(webhook);
	return d->webhook ? http_open(&o, f, &d->http) : YORE_ENOMEM;
}

void delivery_close(struct delivery *d)
{
	http_close(d->http);
	free(d->webhook);
	*d = (struct delivery){0};
}

static void mark_path(const struct delivery *d, const char *to, char out[4200])
{
	snprintf(out, 4200, "%s.%s", d->journal, to);
}

static uint64_t mark_of(const struct delivery *d, const char *to)
{
	char path[4200];
	struct buf b;
	uint64_t at = 0;
	mark_path(d, to, path);
	buf_init(&b, 64);
	if (io_exists(path) && io_read_file(path, 32, &b, NULL) == 0 &&
	    num_u64(buf_str(&b), UINT64_MAX, &at) < 0)
		at = 0;
	buf_release(&b);
	return at;
}

static int set_mark(const struct delivery *d, const char *to, uint64_t at,
		    struct fault *f)
{
	char path[4200], text[24];
	mark_path(d, to, path);
	int n = snprintf(text, sizeof(text), "%llu", (unsigned long long)at);
	return io_replace(path, BYTES(text, (size_t)n), 0600, f);
}

/* Whole lines from `at` on, up to a batch. */
static int next_batch(const struct delivery *d, uint64_t at, struct buf *out,
		      struct fault *f)
{
	int fd = io_open(d->journal, O_RDONLY, 0, f);
	if (fd < 0)
		return fd;
	buf_clear(out);
	uint8_t *room = buf_room(out, BATCH_MOST);
	ssize_t n = room ? pread(fd, room, BATCH_MOST, (off_t)at) : -1;
	close(fd);
	if (n < 0)
		return fault_set(f, YORE_EIO, "%s cannot be read", d->journal);
	while (n > 0 && room[n - 1] != '\n')
		n--;
	out->len = (size_t)n;
	return 0;
}

static int to_syslog(struct delivery *d, struct bytes batch, struct fault *f)
{
	for (size_t at = 0; at < batch.len;) {
		const uint8_t *nl = memchr(batch.at + at, '\n', batch.len - at);
		size_t n = nl ? (size_t)(nl - batch.at) - at : batch.len - at;
		syslog(LOG_ALERT, "%.*s", (int)(n < 2000 ? n : 2000), batch.at + at);
		at += n + 1;
	}
	return 0;
}

static int to_webhook(struct delivery *d, struct bytes batch, struct fault *f)
{
	static const char *const headers[] = {"Content-Type: application/x-ndjson"};
	struct http_request r = {.url = d->webhook,
				 .method = "POST",
				 .headers = headers,
				 .header_count = 1,
				 .body = batch,
				 .timeout_ms = 20000};
	struct http_reply reply;
	struct buf body;
	buf_init(&body, 1 << 20);
	int e = http_perform(d->http, &r, &body, NULL, &reply);
	long status = reply.status;
	buf_release(&body);
	if (e == 0 && status >= 200 && status < 300)
		return 0;
	return fault_set(f, YORE_EAGAIN,
			 "the webhook did not take the alerts (%s%ld); they wait",
			 e ? yore_strerror(e) : "status ", e ? 0 : status);
}

typedef int (*send_fn)(struct delivery *d, struct bytes batch, struct fault *f);

static int run(struct delivery *d, const char *to, send_fn send, uint64_t *sent,
	       struct fault *f)
{
	struct buf batch;
	uint64_t at = mark_of(d, to);
	int r;
	buf_init(&batch, 2 * BATCH_MOST);
	while ((r = next_batch(d, at, &batch, f)) == 0 && batch.len) {
		r = send(d, buf_bytes(&batch), f);
		if (r < 0)
			break;
		for (size_t i = 0; i < batch.len; i++)
			*sent += batch.at[i] == '\n';
		at += batch.len;
		r = set_mark(d, to, at, f);
		if (r < 0)
			break;
	}
	buf_release(&batch);
	return r;
}

int delivery_run(struct delivery *d, uint64_t *sent, struct fault *f)
{
	int r = d->syslog ? run(d, "syslog", to_syslog, sent, f) : 0;
	if (r == 0 && d->webhook)
		r = run(d, "webhook", to_webhook, sent, f);
	return r;
}
