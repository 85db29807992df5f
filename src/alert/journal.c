#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alert/journal.h"
#include "base/io.h"

#define WAITING_MOST (64 << 10)

static int grow(struct journal *j)
{
	size_t n = j->slot_count ? j->slot_count * 2 : 1024;
	uint64_t *keys = calloc(n, sizeof(*keys));
	if (keys == NULL)
		return YORE_ENOMEM;
	for (size_t i = 0; i < j->slot_count; i++) {
		size_t k = j->keys[i] & (n - 1);
		while (j->keys[i] && keys[k])
			k = (k + 1) & (n - 1);
		if (j->keys[i])
			keys[k] = j->keys[i];
	}
	free(j->keys);
	j->keys = keys;
	j->slot_count = n;
	return 0;
}

static uint64_t *slot_of(const struct journal *j, uint64_t key)
{
	size_t k = key & (j->slot_count - 1);
	while (j->keys[k] && j->keys[k] != key)
		k = (k + 1) & (j->slot_count - 1);
	return &j->keys[k];
}

bool journal_has(const struct journal *j, uint64_t key)
{
	return j->slot_count && *slot_of(j, key ? key : 1) != 0;
}

int journal_key(struct journal *j, uint64_t key)
{
	int r = j->slot_count < (j->count + 1) * 2 ? grow(j) : 0;
	if (r < 0)
		return r;
	key = key ? key : 1;
	uint64_t *slot = slot_of(j, key);
	if (*slot)
		return 0;
	*slot = key;
	j->count++;
	return 1;
}

#define MARK "{\"key\":\""
#define MARK_LEN (sizeof(MARK) - 1)

static int locked(struct journal *j, int how)
{
	int r;
	do {
		r = flock(j->fd, how);
	} while (r < 0 && errno == EINTR);
	return r;
}

/* A line that waits to be written; what another process wrote meanwhile is not new. */
static void drop_waiting(struct journal *j, const char *mark)
{
	struct buf *b = &j->waiting;
	uint8_t *at = b->len ? memmem(b->at, b->len, mark, strlen(mark)) : NULL;
	if (at == NULL)
		return;
	size_t left = b->len - (size_t)(at - b->at);
	uint8_t *end = memchr(at, '\n', left);
	size_t n = end ? (size_t)(end - at) + 1 : left;
	memmove(at, at + n, left - n);
	b->len -= n;
}

/* Every whole line's key; the octets that whole lines take. */
static int load(struct journal *j, struct bytes text, uint64_t *whole)
{
	int r = 0;
	*whole = 0;
	for (size_t at = 0; at < text.len && r >= 0;) {
		const uint8_t *nl = memchr(text.at + at, '\n', text.len - at);
		if (nl == NULL)
			break;
		unsigned long long key;
		char line[MARK_LEN + 17];
		size_t n = (size_t)(nl - text.at) - at;
		n = n < sizeof(line) - 1 ? n : sizeof(line) - 1;
		memcpy(line, text.at + at, n);
		line[n] = '\0';
		if (strncmp(line, MARK, MARK_LEN) == 0 &&
		    sscanf(line + MARK_LEN, "%16llx", &key) == 1)
			r = journal_key(j, key);
		if (r == 0)
			drop_waiting(j, line);
		at = (size_t)(nl - text.at) + 1;
		*whole = at;
	}
	return r < 0 ? r : 0;
}

/* With the lock held: what the file has that was not read yet. A torn line is of a
 * process that died while it wrote. */
static int catch_up(struct journal *j, struct fault *f)
{
	struct stat st;
	struct buf text;
	uint64_t whole = 0;
	if (fstat(j->fd, &st) < 0)
		return fault_set(f, YORE_EIO, "%s cannot be read", j->path);
	if ((uint64_t)st.st_size <= j->size)
		return 0;
	size_t n = (size_t)st.st_size - j->size;
	buf_init(&text, n + 1);
	uint8_t *room = buf_room(&text, n);
	int r = room ? 0 : YORE_ENOMEM;
	if (room && pread(j->fd, room, n, (off_t)j->size) != (ssize_t)n)
		r = fault_set(f, YORE_EIO, "%s cannot be read", j->path);
	if (r == 0)
		r = load(j, BYTES(room, n), &whole);
	buf_release(&text);
	if (r < 0)
		return r;
	j->size += whole;
	if (whole < n && ftruncate(j->fd, (off_t)j->size) < 0)
		return fault_set(f, yore_error_of_errno(errno),
				 "%s: a torn line cannot be cut", j->path);
	return 0;
}

int journal_open(struct journal *j, const char *path, struct fault *f)
{
	*j = (struct journal){.fd = -1};
	buf_init(&j->waiting, 1 << 20);
	snprintf(j->path, sizeof(j->path), "%s", path);
	j->fd = io_open(path, O_RDWR | O_CREAT | O_APPEND, 0600, f);
	if (j->fd < 0)
		return j->fd;
	int r = locked(j, LOCK_EX) < 0
		    ? fault_set(f, yore_error_of_errno(errno), "%s: no lock", path)
		    : catch_up(j, f);
	(void)locked(j, LOCK_UN);
	if (r < 0)
		journal_close(j);
	return r;
}

void journal_close(struct journal *j)
{
	if (j->fd >= 0)
		close(j->fd);
	free(j->keys);
	buf_release(&j->waiting);
	*j = (struct journal){.fd = -1};
}

static int write_out(struct journal *j, struct fault *f)
{
	int r = j->waiting.err;
	if (r < 0 || j->waiting.len == 0)
		return r;
	if (locked(j, LOCK_EX) < 0)
		return fault_set(f, yore_error_of_errno(errno), "%s: no lock", j->path);
	r = catch_up(j, f);
	if (r == 0)
		r = io_write_all(j->fd, j->waiting.at, j->waiting.len, j->path, f);
	if (r == 0) {
		j->size += j->waiting.len;
		j->unsafe = true;
		buf_clear(&j->waiting);
	} else if (ftruncate(j->fd, (off_t)j->size) < 0) {
		j->unsafe = true; /* a torn line: the next one to open it cuts it off */
	}
	(void)locked(j, LOCK_UN);
	return r;
}

int journal_line(struct journal *j, struct bytes line, struct fault *f)
{
	buf_put_bytes(&j->waiting, line);
	buf_putc(&j->waiting, '\n');
	return j->waiting.len < WAITING_MOST ? 0 : write_out(j, f);
}

int journal_sync(struct journal *j, struct fault *f)
{
	int r = write_out(j, f);
	if (r < 0 || !j->unsafe)
		return r;
	if (fdatasync(j->fd) < 0)
		return fault_set(f, yore_error_of_errno(errno),
				 "%s cannot be made durable", j->path);
	j->unsafe = false;
	return 0;
}
