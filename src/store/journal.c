#include "store/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

#define BLOCK 32768
#define HEAD 7
#define KIND_WHOLE 1
#define TAG_FILE_GONE 6
#define PATH_ROOM 4608

/* CRC-32C (Castagnoli), reflected, a bit at a time: a few octets once in a lifetime. */
static uint32_t crc32c(const uint8_t *p, size_t n)
{
	uint32_t c = UINT32_MAX;
	for (size_t i = 0; i < n; i++) {
		c ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			c = c >> 1 ^ (c & 1 ? 0x82f63b78u : 0);
	}
	return ~c;
}

/* The engine does not store sums of what contains sums as they are. */
static uint32_t masked(uint32_t c)
{
	return (c >> 15 | c << 17) + 0xa282ead8u;
}

static void put_le(struct buf *b, uint32_t v, unsigned octets)
{
	for (unsigned i = 0; i < octets; i++)
		buf_putc(b, (int)(v >> 8 * i & 0xff));
}

/* A record does not begin where it would not fit into its block. */
static void put_record(struct buf *b, uint64_t begin, const struct journal_file *file)
{
	struct buf body;
	size_t left = BLOCK - (size_t)((begin + b->len) % BLOCK);
	for (; left < HEAD + 32 && left; left--)
		buf_putc(b, 0);
	buf_init(&body, 64);
	buf_putc(&body, KIND_WHOLE);
	buf_varint(&body, TAG_FILE_GONE);
	buf_varint(&body, file->level);
	buf_varint(&body, file->number);
	put_le(b, masked(crc32c(body.at, body.len)), 4);
	put_le(b, (uint32_t)body.len - 1, 2);
	buf_put_bytes(b, buf_bytes(&body));
	buf_release(&body);
}

int journal_current(const char *path, char name[JOURNAL_NAME], struct fault *f)
{
	char file[PATH_ROOM];
	struct buf b;
	snprintf(file, sizeof(file), "%.4000s/CURRENT", path);
	int r = io_read_file(file, 200, &b, f);
	if (r < 0)
		return r;
	size_t n = strcspn(buf_str(&b), "\n");
	if (n == 0 || n >= JOURNAL_NAME)
		r = fault_set(f, YORE_ECORRUPT, "%s names no journal", file);
	else
		snprintf(name, JOURNAL_NAME, "%.*s", (int)n, buf_str(&b));
	buf_release(&b);
	return r;
}

int journal_let_go(const char *path, const struct journal_file *files, size_t count,
		   struct fault *f)
{
	char file[PATH_ROOM], name[JOURNAL_NAME];
	struct buf b;
	struct stat st;
	int r = journal_current(path, name, f);
	if (r < 0)
		return r;
	snprintf(file, sizeof(file), "%.4000s/%s", path, name);
	int fd = io_open(file, O_WRONLY | O_APPEND, 0, f);
	if (fd < 0)
		return fd;
	buf_init(&b, 64 * (count + 1));
	r = fstat(fd, &st) < 0 ? yore_error_of_errno(errno) : 0;
	for (size_t i = 0; i < count && r == 0; i++)
		put_record(&b, (uint64_t)st.st_size, &files[i]);
	if (r == 0 && b.len)
		r = b.err ? b.err : io_write_all(fd, b.at, b.len, file, f);
	if (r == 0 && fsync(fd) < 0)
		r = fault_set(f, yore_error_of_errno(errno), "cannot sync %s: %s", file,
			      strerror(errno));
	close(fd);
	buf_release(&b);
	return r;
}

int journal_files(const char *path, const char *what, char name[JOURNAL_NAME])
{
	DIR *d = opendir(path);
	struct dirent *e;
	int n = 0;
	while (d && (e = readdir(d))) {
		if (strstr(e->d_name, what) == NULL)
			continue;
		n++;
		if (name)
			snprintf(name, JOURNAL_NAME, "%.*s", JOURNAL_NAME - 2, e->d_name);
	}
	if (d)
		closedir(d);
	return n;
}
