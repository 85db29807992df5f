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
#include "base/num.h"
#include "base/when.h"

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

/*
 * The lock, on the file that has the name now: another process may have written it anew
 * without what may not be kept (journal_remove).
 */
static int lock_file(struct journal *j, struct fault *f)
{
	struct stat here, there;
	for (int i = 0; i < 100; i++) {
		if (locked(j, LOCK_EX) < 0)
			break;
		if (fstat(j->fd, &here) == 0 && stat(j->path, &there) == 0 &&
		    here.st_ino == there.st_ino && here.st_dev == there.st_dev)
			return 0;
		int fd = io_open(j->path, O_RDWR | O_CREAT | O_APPEND, 0600, f);
		if (fd < 0)
			return fd;
		close(j->fd); /* and with it the lock on what has no name any more */
		j->fd = fd;
		j->size = 0;
	}
	return fault_set(f, yore_error_of_errno(errno), "%s: no lock", j->path);
}

int journal_open(struct journal *j, const char *path, struct fault *f)
{
	*j = (struct journal){.fd = -1};
	buf_init(&j->waiting, 1 << 20);
	snprintf(j->path, sizeof(j->path), "%s", path);
	j->fd = io_open(path, O_RDWR | O_CREAT | O_APPEND, 0600, f);
	if (j->fd < 0)
		return j->fd;
	int r = lock_file(j, f);
	if (r == 0)
		r = catch_up(j, f);
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
	r = lock_file(j, f);
	if (r == 0)
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

/* ---- what may not be kept any longer ---- */

/* Times of alerts are of one length and in UTC: they compare as texts. */
static bool is_old(struct bytes line, void *arg)
{
	struct bytes last = journal_text(line, "last");
	return last.len && bytes_compare(last, BYTES_STR((const char *)arg)) < 0;
}

struct bytes journal_text(struct bytes line, const char *key)
{
	char mark[64];
	size_t n = (size_t)snprintf(mark, sizeof(mark), "\"%s\":\"", key);
	const uint8_t *at = memmem(line.at, line.len, mark, n);
	if (at == NULL)
		return BYTES(line.at, 0);
	at += n;
	const uint8_t *end = memchr(at, '"', (size_t)(line.at + line.len - at));
	return end ? BYTES(at, (size_t)(end - at)) : BYTES(line.at, 0);
}

/* Where an alert stood that was delivered up to *mark, it stands now. */
static void move_mark(uint64_t *mark, uint64_t line_at, uint64_t len, uint64_t was)
{
	if (line_at + len <= was)
		*mark -= len;
}

static const char *const receivers[] = {"syslog", "webhook"};
#define RECEIVERS (sizeof(receivers) / sizeof(receivers[0]))

static void read_marks(const struct journal *j, uint64_t marks[RECEIVERS])
{
	for (size_t i = 0; i < RECEIVERS; i++) {
		char path[4200];
		struct buf b;
		marks[i] = 0;
		snprintf(path, sizeof(path), "%s.%s", j->path, receivers[i]);
		if (!io_exists(path) || io_read_file(path, 32, &b, NULL) < 0)
			continue;
		if (num_u64(buf_str(&b), UINT64_MAX, &marks[i]) < 0)
			marks[i] = 0;
		buf_release(&b);
	}
}

static int write_marks(const struct journal *j, const uint64_t marks[RECEIVERS],
		       struct fault *f)
{
	int r = 0;
	for (size_t i = 0; i < RECEIVERS && r == 0; i++) {
		char path[4200], text[24];
		snprintf(path, sizeof(path), "%s.%s", j->path, receivers[i]);
		if (!io_exists(path))
			continue;
		int n =
		    snprintf(text, sizeof(text), "%llu", (unsigned long long)marks[i]);
		r = io_replace(path, BYTES(text, (size_t)n), 0600, f);
	}
	return r;
}

/* What stays, and how many lines do not. */
static int sort_out(struct bytes text, journal_goes_fn goes, void *arg, struct buf *kept,
		    uint64_t marks[RECEIVERS])
{
	uint64_t was[RECEIVERS];
	int gone = 0;
	memcpy(was, marks, sizeof(was));
	for (size_t at = 0, n; at < text.len; at += n) {
		const uint8_t *nl = memchr(text.at + at, '\n', text.len - at);
		n = nl ? (size_t)(nl - text.at) - at + 1 : text.len - at;
		if (!goes(BYTES(text.at + at, n), arg)) {
			buf_put(kept, text.at + at, n);
			continue;
		}
		gone++;
		for (size_t i = 0; i < RECEIVERS; i++)
			move_mark(&marks[i], at, n, was[i]);
	}
	return kept->err ? kept->err : gone;
}

/* A crash between the two: alerts that were delivered are delivered once more. */
static int replace(struct journal *j, struct bytes kept, const uint64_t marks[RECEIVERS],
		   struct fault *f)
{
	int r = write_marks(j, marks, f);
	if (r == 0)
		r = io_replace(j->path, kept, 0600, f);
	if (r < 0)
		return r;
	return lock_file(j, f); /* the new one; what is in it is known */
}

int journal_expire(struct journal *j, int64_t since_s, struct fault *f)
{
	char since[WHEN_TEXT_MAX];
	when_text(since_s, since);
	return journal_remove(j, is_old, since, f);
}

int journal_remove(struct journal *j, journal_goes_fn goes, void *arg, struct fault *f)
{
	struct buf text, kept;
	uint64_t marks[RECEIVERS];
	int r = journal_sync(j, f);
	if (r < 0)
		return r;
	buf_init(&text, (size_t)4 << 30);
	buf_init(&kept, (size_t)4 << 30);
	read_marks(j, marks);
	r = lock_file(j, f);
	if (r == 0)
		r = io_read_file(j->path, (size_t)4 << 30, &text, f);
	int gone = r < 0 ? r : sort_out(buf_bytes(&text), goes, arg, &kept, marks);
	if (gone > 0) {
		r = replace(j, buf_bytes(&kept), marks, f);
		j->size = r < 0 ? j->size : kept.len;
		gone = r < 0 ? r : gone;
	}
	(void)locked(j, LOCK_UN);
	buf_release(&text);
	buf_release(&kept);
	return gone;
}
