#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/audit.h"
#include "base/io.h"
#include "base/json.h"
#include "base/log.h"
#include "base/when.h"

#define AUDIT_LINE_MAX (32u << 10)

struct audit {
	char *path;
	int fd;
	pthread_mutex_t lock;
};

static int open_file(const char *path, struct fault *f)
{
	return io_open(path, O_WRONLY | O_APPEND | O_CREAT, 0600, f);
}

int audit_open(const char *path, struct fault *f, struct audit **ret)
{
	struct audit *a = calloc(1, sizeof(*a));
	if (a)
		a->path = strdup(path);
	if (a == NULL || a->path == NULL) {
		free(a);
		return fault_set(f, YORE_ENOMEM, "audit log: out of memory");
	}
	a->fd = open_file(path, f);
	if (a->fd < 0) {
		int r = a->fd;
		free(a->path);
		free(a);
		return r;
	}
	pthread_mutex_init(&a->lock, NULL);
	*ret = a;
	return 0;
}

void audit_close(struct audit *a)
{
	if (a == NULL)
		return;
	close(a->fd);
	pthread_mutex_destroy(&a->lock);
	free(a->path);
	free(a);
}

int audit_reopen(struct audit *a, struct fault *f)
{
	int fd = open_file(a->path, f);
	if (fd < 0)
		return fd;
	pthread_mutex_lock(&a->lock);
	close(a->fd);
	a->fd = fd;
	pthread_mutex_unlock(&a->lock);
	return 0;
}

static void put(struct buf *line, const struct call *c, uint64_t us)
{
	struct json j;
	char time[WHEN_TEXT_MAX], peer[ADDR_TEXT_MAX] = "";
	when_text(c->now_s, time);
	if (c->peer.len)
		addr_text(&c->peer, peer);
	json_init(&j, line);
	json_open(&j, '{');
	json_key(&j, "time");
	json_str(&j, time);
	json_key(&j, "client");
	json_str(&j, peer);
	if (c->proxy.len) {
		addr_text(&c->proxy, peer);
		json_key(&j, "proxy");
		json_str(&j, peer);
	}
	json_key(&j, "key");
	if (c->key)
		json_str(&j, c->key->id);
	else
		json_none(&j);
	json_key(&j, "name");
	json_str(&j, c->key ? c->key->name : "");
	json_key(&j, "dialect");
	json_str(&j, dialect_name(c->dialect));
	json_key(&j, "method");
	json_str(&j, c->method);
	json_key(&j, "target");
	json_str(&j, c->target ? c->target : "");
	if (c->body.len && c->dialect == DIALECT_OWN) {
		json_key(&j, "terms");
		size_t n =
		    c->body.len < AUDIT_LINE_MAX / 8 ? c->body.len : AUDIT_LINE_MAX / 8;
		json_bytes(&j, BYTES(c->body.at, n));
		json_key(&j, "terms_octets");
		json_u64(&j, c->body.len);
	}
	json_key(&j, "status");
	json_u64(&j, (uint64_t)c->status);
	json_key(&j, "records");
	json_u64(&j, c->feed ? c->feed->rows : 0);
	json_key(&j, "us");
	json_u64(&j, us);
	json_close(&j, '}');
	buf_putc(line, '\n');
}

void audit_call(struct audit *a, const struct call *c, uint64_t us)
{
	struct buf line;
	struct fault f = {0};
	if (a == NULL || c->dialect == DIALECT_OPERATION)
		return;
	buf_init(&line, 8 * AUDIT_LINE_MAX);
	put(&line, c, us);
	pthread_mutex_lock(&a->lock);
	if (line.err == 0 && io_write_all(a->fd, line.at, line.len, a->path, &f) < 0)
		log_error("%s", f.text);
	pthread_mutex_unlock(&a->lock);
	buf_release(&line);
}
