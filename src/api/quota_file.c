#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/quota_file.h"
#include "base/io.h"
#include "base/num.h"
#include "base/when.h"

#define DAY_S 86400
#define DATE_AT (KEY_ID_LEN + 1)
#define USED_AT (DATE_AT + 11)
#define USED_LEN 19
#define LINE_LEN (USED_AT + USED_LEN + 1)

struct quota_file {
	char *path;
	int fd;
	size_t lines;
	atomic_bool dirty;
};

static int take(struct quota_file *q, struct fault *f)
{
	struct stat st;
	q->fd = io_open(q->path, O_RDWR | O_CREAT, 0600, f);
	if (q->fd < 0)
		return q->fd;
	if (flock(q->fd, LOCK_EX | LOCK_NB) < 0)
		return fault_set(f, YORE_EAGAIN, "%s: another server writes to it",
				 q->path);
	if (fstat(q->fd, &st) < 0)
		return fault_set(f, YORE_EIO, "%s: cannot be read", q->path);
	q->lines =
	    (size_t)st.st_size / LINE_LEN; /* what is torn at the end is written over */
	return 0;
}

int quota_file_open(const char *path, struct fault *f, struct quota_file **ret)
{
	struct quota_file *q = calloc(1, sizeof(*q));
	if (q)
		q->path = strdup(path);
	if (q == NULL || q->path == NULL) {
		free(q);
		return fault_set(f, YORE_ENOMEM, "%s: out of memory", path);
	}
	int r = take(q, f);
	if (r < 0) {
		quota_file_close(q);
		return r;
	}
	*ret = q;
	return 0;
}

void quota_file_close(struct quota_file *q)
{
	if (q == NULL)
		return;
	if (q->fd >= 0)
		close(q->fd);
	free(q->path);
	free(q);
}

int quota_file_line(struct quota_file *q, size_t i, struct quota_line *ret)
{
	char text[LINE_LEN + 1] = "";
	int64_t s;
	if (i >= q->lines)
		return YORE_ENOENT;
	if (pread(q->fd, text, LINE_LEN, (off_t)(i * LINE_LEN)) != LINE_LEN ||
	    text[DATE_AT - 1] != ' ' || text[USED_AT - 1] != ' ' ||
	    text[LINE_LEN - 1] != '\n')
		return 0;
	text[DATE_AT - 1] = text[USED_AT - 1] = text[LINE_LEN - 1] = '\0';
	if (strspn(text, "0123456789abcdef") != KEY_ID_LEN ||
	    when_parse(text + DATE_AT, 0, 0, false, &s) < 0 ||
	    num_u64(text + USED_AT, INT64_MAX, &ret->used) < 0)
		return 0;
	memcpy(ret->id, text, sizeof(ret->id));
	ret->day = s / DAY_S;
	return 1;
}

int quota_file_clear(struct quota_file *q)
{
	if (ftruncate(q->fd, 0) < 0)
		return YORE_EIO;
	q->lines = 0;
	return 0;
}

int quota_file_write(struct quota_file *q, size_t *at, const struct quota_line *line)
{
	char text[LINE_LEN + 64], date[WHEN_TEXT_MAX];
	size_t where = *at == QUOTA_FILE_NOWHERE ? q->lines : *at;
	when_date_text(line->day * DAY_S, date);
	int n = snprintf(text, sizeof(text), "%s %s %0*" PRIu64 "\n", line->id, date,
			 USED_LEN, line->used);
	if (n != LINE_LEN)
		return YORE_EUSAGE;
	if (pwrite(q->fd, text, LINE_LEN, (off_t)(where * LINE_LEN)) != LINE_LEN)
		return YORE_EIO;
	if (where == q->lines)
		q->lines++;
	*at = where;
	atomic_store(&q->dirty, true);
	return 0;
}

int quota_file_sync(struct quota_file *q, struct fault *f)
{
	if (atomic_exchange(&q->dirty, false) && fdatasync(q->fd) < 0)
		return fault_set(
		    f, YORE_EIO,
		    "%s: cannot be made safe; a restart may give quotas back", q->path);
	return 0;
}
