#include "remote/replies.h"

#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/io.h"
#include "base/json.h"

#define VERSION 1 /* of the line in front of the body; the first ones do not say it */

#define REPLY_MAX (80u << 20)

int replies_open(struct replies *r, const char *folder, struct fault *f)
{
	if (strlen(folder) >= sizeof(r->folder))
		return fault_set(f, YORE_ELIMIT, "%.100s...: too long a path", folder);
	snprintf(r->folder, sizeof(r->folder), "%s", folder);
	return io_mkdirs(r->folder, 0700, f);
}

void reply_key(const struct request *masked, char key[65])
{
	struct buf b;
	buf_init(&b, 128 << 10);
	request_put(&b, masked);
	digest_sha256_hex(buf_bytes(&b), key);
	buf_release(&b);
}

void kept_reply_release(struct kept_reply *k)
{
	buf_release(&k->body);
	buf_release(&k->head);
}

/* ---- reading ---- */

static int split(struct bytes all, struct kept_reply *ret)
{
	const uint8_t *nl = all.len ? memchr(all.at, '\n', all.len) : NULL;
	json_t *o = NULL;
	char sum[65];
	int64_t status = 0, version = 1;
	if (nl == NULL ||
	    json_in(BYTES(all.at, (size_t)(nl - all.at)), 256 << 10, NULL, &o) < 0)
		return YORE_ECORRUPT;
	const char *sha = json_in_str(o, "sha256"), *head = json_in_str(o, "head");
	struct bytes body = {nl + 1, all.len - (size_t)(nl + 1 - all.at)};
	digest_sha256_hex(body, sum);
	int e = !sha || !head || strcmp(sha, sum) != 0 ||
			json_in_i64_of(o, "status", &status) != 1 ||
			json_in_i64_of(o, "asked", &ret->asked_s) != 1 ||
			json_in_i64_of(o, "version", &version) < 0 || version > VERSION
		    ? YORE_ECORRUPT
		    : 0;
	if (e == 0) {
		buf_put_bytes(&ret->body, body);
		buf_puts(&ret->head, head);
		memcpy(ret->sha256, sum, sizeof(sum));
		ret->reply = (struct http_reply){.status = (long)status,
						 .octets = body.len,
						 .body = buf_bytes(&ret->body),
						 .head = buf_bytes(&ret->head)};
		e = ret->body.err ? ret->body.err : ret->head.err;
	}
	json_decref(o);
	return e;
}

static int read_one(const char *path, struct kept_reply *ret)
{
	struct buf packed, all;
	buf_init(&packed, REPLY_MAX);
	buf_init(&all, REPLY_MAX);
	buf_init(&ret->body, REPLY_MAX);
	buf_init(&ret->head, 128 << 10);
	int e = io_read_file(path, REPLY_MAX, &packed, NULL);
	if (e == 0)
		e = gzip_take(buf_bytes(&packed), &all);
	if (e == 0)
		e = split(buf_bytes(&all), ret);
	buf_release(&packed);
	buf_release(&all);
	if (e < 0)
		kept_reply_release(ret);
	return e;
}

int replies_text(const char *path, struct buf *ret)
{
	struct buf packed;
	buf_init(&packed, REPLY_MAX);
	buf_clear(ret);
	int e = io_read_file(path, REPLY_MAX, &packed, NULL);
	if (e == 0)
		e = gzip_take(buf_bytes(&packed), ret);
	buf_release(&packed);
	return e;
}

/* KEY.TIME.gz -> TIME; 0 when it is something else. */
static int64_t time_of(const char *path)
{
	const char *dot = strrchr(path, '/');
	dot = dot ? strchr(dot, '.') : NULL;
	return dot ? strtoll(dot + 1, NULL, 10) : 0;
}

int replies_find(const struct replies *r, const char *provider, const char *key,
		 int64_t now_s, int64_t max_age_s, struct kept_reply *ret)
{
	char pattern[700];
	glob_t g;
	int found = 0;
	snprintf(pattern, sizeof(pattern), "%s/%s/%.2s/%s.*.gz", r->folder, provider, key,
		 key);
	if (max_age_s <= 0 || glob(pattern, 0, NULL, &g) != 0)
		return 0;
	for (size_t i = g.gl_pathc; i-- && !found;) { /* names sort by time */
		int64_t at = time_of(g.gl_pathv[i]);
		if (at > 0 && at <= now_s && now_s - at <= max_age_s)
			found = read_one(g.gl_pathv[i], ret) == 0;
	}
	globfree(&g);
	return found;
}

/* ---- writing ---- */

static void put_meta(struct buf *out, const char *provider, int64_t now_s,
		     const struct request *masked, const char *term,
		     const struct http_reply *reply, const char *sha256)
{
	struct json j;
	struct buf request;
	buf_init(&request, 128 << 10);
	request_put(&request, masked);
	json_init(&j, out);
	json_open(&j, '{');
	json_key(&j, "version");
	json_i64(&j, VERSION);
	json_key(&j, "asked");
	json_i64(&j, now_s);
	json_key(&j, "provider");
	json_str(&j, provider);
	json_key(&j, "term");
	json_str(&j, term);
	json_key(&j, "request");
	json_bytes(&j, buf_bytes(&request));
	json_key(&j, "status");
	json_i64(&j, reply->status);
	json_key(&j, "sha256");
	json_str(&j, sha256);
	json_key(&j, "octets");
	json_u64(&j, reply->body.len);
	json_key(&j, "head");
	json_bytes(&j, reply->head);
	json_close(&j, '}');
	buf_putc(out, '\n');
	buf_release(&request);
}

int replies_keep(const struct replies *r, const char *provider, const char *key,
		 int64_t now_s, const struct request *masked, const char *term,
		 const struct http_reply *reply, char sha256[65], struct fault *f)
{
	char path[700];
	struct buf all, packed;
	buf_init(&all, REPLY_MAX);
	buf_init(&packed, REPLY_MAX);
	digest_sha256_hex(reply->body, sha256);
	put_meta(&all, provider, now_s, masked, term, reply, sha256);
	buf_put_bytes(&all, reply->body);
	int e = all.err ? all.err : gzip_put(buf_bytes(&all), &packed);
	if (e < 0)
		fault_set(f, e, "keeping a reply of %s: %s", provider, yore_strerror(e));
	snprintf(path, sizeof(path), "%s/%s/%.2s", r->folder, provider, key);
	if (e == 0)
		e = io_mkdirs(path, 0700, f);
	snprintf(path, sizeof(path), "%s/%s/%.2s/%s.%011" PRId64 ".gz", r->folder,
		 provider, key, key, now_s);
	if (e == 0)
		e = io_replace(path, buf_bytes(&packed), 0600, f);
	buf_release(&all);
	buf_release(&packed);
	return e;
}
