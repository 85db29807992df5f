#include "remote/departure.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/io.h"
#include "base/json.h"

static int default_path(struct buf *path, struct fault *f)
{
	struct buf dir;
	buf_init(&dir, 512);
	int r = conf_place("STATE", NULL, &dir);
	if (r == 0)
		r = io_mkdirs(buf_str(&dir), 0700, f);
	else
		fault_set(f, r, "no place for the log of what left: set [local] log");
	if (r == 0)
		buf_printf(path, "%s/asked.log", buf_str(&dir));
	buf_release(&dir);
	return r;
}

int departure_open(struct departure *d, struct conf *c, struct fault *f)
{
	struct buf path;
	const char *set = conf_get(c, "local", "log");
	*d = (struct departure){.fd = -1};
	if (set && strcmp(set, "none") == 0)
		return 0;
	buf_init(&path, sizeof(d->path) - 1);
	int r = set ? conf_path(c, "local", "log", &path, f) : default_path(&path, f);
	if (r >= 0) {
		snprintf(d->path, sizeof(d->path), "%s", buf_str(&path));
		r = io_open(d->path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0600, f);
		d->fd = r < 0 ? -1 : r;
	}
	buf_release(&path);
	return r < 0 ? r : 0;
}

void departure_close(struct departure *d)
{
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
}

int departure_write(struct departure *d, int64_t now_s, const struct account *a,
		    const struct inquiry *q, enum tlp tlp, const struct request *masked,
		    struct fault *f)
{
	struct buf line, term;
	struct json j;
	char when[WHEN_TEXT_MAX];
	if (d->fd < 0)
		return 0;
	buf_init(&line, 64 << 10);
	buf_init(&term, 4096);
	json_init(&j, &line);
	when_text(now_s, when);
	inquiry_put_name(&term, q);
	json_open(&j, '{');
	json_key(&j, "time");
	json_str(&j, when);
	json_key(&j, "provider");
	json_str(&j, a->name);
	json_key(&j, "term");
	json_bytes(&j, buf_bytes(&term));
	json_key(&j, "tlp");
	json_str(&j, tlp_text(tlp));
	json_key(&j, "url");
	json_bytes(&j, buf_bytes(&masked->url));
	json_close(&j, '}');
	buf_putc(&line, '\n');
	int r = line.err ? fault_set(f, line.err, "the log of what left: %s",
				     yore_strerror(line.err))
			 : io_write_all(d->fd, line.at, line.len, d->path, f);
	buf_release(&line);
	buf_release(&term);
	return r;
}
