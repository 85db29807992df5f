#include "query/who_audit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/json.h"
#include "store/who.h"

#define TERMS_MOST                                                           \
	((size_t)1 << 20) /* octets of terms in a line; beyond: their number \
			   */

static void put(struct json *j, const char *key, const char *value)
{
	if (value == NULL)
		return;
	json_key(j, key);
	json_str(j, value);
}

static void put_terms(struct json *j, struct bytes asked)
{
	size_t count = 0;
	json_key(j, "terms");
	json_open(j, '[');
	for (size_t at = 0, n; at < asked.len; at += n + 1) {
		const uint8_t *end = memchr(asked.at + at, '\n', asked.len - at);
		n = end ? (size_t)(end - asked.at) - at : asked.len - at;
		if (n && at + n <= TERMS_MOST)
			json_bytes(j, BYTES(asked.at + at, n));
		count += n != 0;
	}
	json_close(j, ']');
	json_key(j, "term_count");
	json_u64(j, count);
}

static int folder(struct store *s, struct fault *f)
{
	struct buf path;
	buf_init(&path, 16 << 10);
	if (!store_who_path(s, "", &path)) {
		buf_release(&path);
		return fault_set(f, YORE_EUSAGE, "who asked is kept on disk only");
	}
	int r = mkdir(buf_str(&path), 0700) < 0 && errno != EEXIST
		    ? fault_set(f, yore_error_of_errno(errno),
				"%s: %s; without a line in its log nothing is shown",
				buf_str(&path), strerror(errno))
		    : 0;
	buf_release(&path);
	return r;
}

static int append(struct store *s, struct buf *line, struct fault *f)
{
	struct buf path;
	int r = folder(s, f);
	buf_init(&path, 16 << 10);
	if (r == 0 && store_who_path(s, "audit", &path)) {
		int fd = io_open(buf_str(&path), O_WRONLY | O_CREAT | O_APPEND, 0600, f);
		r = fd < 0 ? fd
			   : io_write_all(fd, line->at, line->len, buf_str(&path), f);
		if (fd >= 0 && r == 0 && fsync(fd) < 0)
			r = fault_set(f, yore_error_of_errno(errno), "%s: %s",
				      buf_str(&path), strerror(errno));
		if (fd >= 0)
			close(fd);
	}
	buf_release(&path);
	return r;
}

static int write_line(struct store *s, const struct who_audit *a, const uint64_t *rows,
		      struct fault *f)
{
	struct buf line;
	struct json j;
	char time[WHEN_TEXT_MAX];
	buf_init(&line, 16 * TERMS_MOST);
	when_text(a->time_s, time);
	json_init(&j, &line);
	json_open(&j, '{');
	put(&j, "time", time);
	put(&j, "by", a->by);
	put(&j, "command", a->command);
	put_terms(&j, a->asked);
	put(&j, "client", a->client);
	put(&j, "from", a->from);
	put(&j, "to", a->to);
	put(&j, "reason", a->reason);
	if (rows != NULL) {
		json_key(&j, "rows");
		json_u64(&j, *rows);
	}
	json_close(&j, '}');
	buf_putc(&line, '\n');
	int r = line.err ? fault_set(f, line.err, "who asked: its log: %s",
				     yore_strerror(line.err))
			 : append(s, &line, f);
	buf_release(&line);
	return r;
}

int who_audit_begin(struct store *s, const struct who_audit *a, struct fault *f)
{
	const char *text = a->reason ? a->reason : "";
	if (text[strspn(text, " \t\r\n")] == '\0')
		return fault_set(f, YORE_EUSAGE, "who asked is shown for a reason only");
	return write_line(s, a, NULL, f);
}

int who_audit_end(struct store *s, const struct who_audit *a, uint64_t rows,
		  struct fault *f)
{
	return write_line(s, a, &rows, f);
}
