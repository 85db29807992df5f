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

static void put_record(struct buf *b, unsigned level, unsigned long number)
{
	struct buf body;
	buf_init(&body, 64);
	buf_putc(&body, KIND_WHOLE);
	buf_varint(&body, TAG_FILE_GONE);
	buf_varint(&body, level);
	buf_varint(&body, number);
	put_le(b, masked(crc32c(body.at, body.len)), 4);
	put_le(b, (uint32_t)body.len - 1, 2);
	buf_put_bytes(b, buf_bytes(&body));
	buf_release(&body);
}

static int current(const char *path, char ret[PATH_ROOM], struct fault *f)
{
	struct buf b;
	snprintf(ret, PATH_ROOM, "%.4000s/CURRENT", path);
	int r = io_read_file(ret, 200, &b, f);
	if (r < 0)
		return r;
	snprintf(ret, PATH_ROOM, "%.4000s/%.*s", path, (int)strcspn(buf_str(&b), "\n"),
		 buf_str(&b));
	buf_release(&b);
	return 0;
}

int journal_let_go(const char *path, unsigned level, unsigned long number,
		   struct fault *f)
{
	char file[PATH_ROOM];
	struct buf b;
	struct stat st;
	int r = current(path, file, f);
	if (r < 0)
		return r;
	int fd = io_open(file, O_WRONLY | O_APPEND, 0, f);
	if (fd < 0)
		return fd;
	buf_init(&b, BLOCK);
	r = fstat(fd, &st) < 0 ? yore_error_of_errno(errno) : 0;
	/* a record does not begin where it would not fit into its block */
	size_t left = r == 0 ? BLOCK - (size_t)(st.st_size % BLOCK) : BLOCK;
	for (; r == 0 && left < HEAD + 32 && left; left--)
		buf_putc(&b, 0);
	put_record(&b, level, number);
	if (r == 0)
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
