#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
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

int journal_key(struct journal *j, uint64_t key)
{
	int r = j->slot_count < (j->count + 1) * 2 ? grow(j) : 0;
	if (r < 0)
		return r;
	key = key ? key : 1;
	size_t k = key & (j->slot_count - 1);
	while (j->keys[k] && j->keys[k] != key)
		k = (k + 1) & (j->slot_count - 1);
	if (j->keys[k])
		return 0;
	j->keys[k] = key;
	j->count++;
	return 1;
}

/* Every whole line's key; the octets that whole lines take. */
static int load(struct journal *j, struct bytes text, uint64_t *whole)
{
	static const char mark[] = "{\"key\":\"";
	int r = 0;
	*whole = 0;
	for (size_t at = 0; at < text.len && r >= 0;) {
		const uint8_t *nl = memchr(text.at + at, '\n', text.len - at);
		if (nl == NULL)
			break;
		unsigned long long key;
		char line[64];
		size_t n = (size_t)(nl - text.at) - at, m = n < 63 ? n : 63;
		memcpy(line, text.at + at, m);
		line[m] = '\0';
		if (strncmp(line, mark, sizeof(mark) - 1) == 0 &&
		    sscanf(line + sizeof(mark) - 1, "%16llx", &key) == 1)
			r = journal_key(j, key);
		at += n + 1;
		*whole = at;
	}
	return r < 0 ? r : 0;
}

int journal_open(struct journal *j, const char *path, struct fault *f)
{
	struct buf text;
	*j = (struct journal){.fd = -1};
	buf_init(&j->waiting, 1 << 20);
	snprintf(j->path, sizeof(j->path), "%s", path);
	j->fd = io_open(path, O_RDWR | O_CREAT | O_APPEND, 0600, f);
	if (j->fd < 0)
		return j->fd;
	buf_init(&text, (size_t)4 << 30);
	int r = io_read_file(path, (size_t)4 << 30, &text, f);
	if (r == 0)
		r = load(j, buf_bytes(&text), &j->size);
	if (r == 0 && j->size < text.len && ftruncate(j->fd, (off_t)j->size) < 0)
		r = fault_set(f, yore_error_of_errno(errno),
			      "%s: a torn line cannot be cut", path);
	buf_release(&text);
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
	if (r == 0 && j->waiting.len)
		r = io_write_all(j->fd, j->waiting.at, j->waiting.len, j->path, f);
	buf_clear(&j->waiting);
	return r;
}

int journal_line(struct journal *j, struct bytes line, struct fault *f)
{
	buf_put_bytes(&j->waiting, line);
	buf_putc(&j->waiting, '\n');
	j->size += line.len + 1;
	return j->waiting.len < WAITING_MOST ? 0 : write_out(j, f);
}

int journal_sync(struct journal *j, struct fault *f)
{
	bool any = j->waiting.len != 0;
	int r = write_out(j, f);
	if (r == 0 && any && fdatasync(j->fd) < 0)
		r = fault_set(f, yore_error_of_errno(errno), "%s cannot be made durable",
			      j->path);
	return r;
}
