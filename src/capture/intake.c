#include "capture/intake.h"

#include <archive.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PACKED_CHUNK ((size_t)256 << 10)

static const struct compression {
	const char *name;
	uint8_t magic[6];
	uint8_t len;
} compressions[] = {
    {"gzip", {0x1f, 0x8b, 0x08}, 3},	   {"xz", {0xfd, '7', 'z', 'X', 'Z', 0x00}, 6},
    {"zstd", {0x28, 0xb5, 0x2f, 0xfd}, 4}, {"lz4", {0x04, 0x22, 0x4d, 0x18}, 4},
    {"bzip2", {'B', 'Z', 'h'}, 3},
};

static const struct compression *compression_of(struct bytes b)
{
	for (size_t i = 0; i < sizeof(compressions) / sizeof(*compressions); i++)
		if (bytes_begins(b, BYTES(compressions[i].magic, compressions[i].len)))
			return &compressions[i];
	return NULL;
}

/* One read(2): octets got, 0 at the end or after an error (which is kept). */
static size_t fetch(struct intake *in, uint8_t *to, size_t n)
{
	for (;;) {
		ssize_t got = read(in->fd, to, n);
		if (got > 0) {
			in->fetched += (uint64_t)got;
			return (size_t)got;
		}
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			in->err = YORE_EIO;
			snprintf(in->broken, sizeof(in->broken), "reading failed: %s",
				 strerror(errno));
		}
		return 0;
	}
}

/* libarchive's source: first what was read to recognise the format, then the rest. */
static la_ssize_t feed(struct archive *a, void *arg, const void **ret)
{
	struct intake *in = *(struct intake **)arg;
	(void)a;
	*ret = in->packed;
	if (in->packed_len > 0) {
		size_t n = in->packed_len;
		in->packed_len = 0;
		return (la_ssize_t)n;
	}
	size_t n = fetch(in, in->packed, PACKED_CHUNK);
	return in->err ? ARCHIVE_FATAL : (la_ssize_t)n;
}

static void end_broken(struct intake *in)
{
	in->over = true;
	if (in->err)
		return;
	const char *why = archive_error_string(in->archive);
	snprintf(in->broken, sizeof(in->broken), "the %s data is damaged or cut: %s",
		 in->filter, why ? why : "no reason given");
}

/*
 * By blocks, not by archive_read_data: that loses what it has when what follows is
 * damaged, up to all it was asked for.
 */
static size_t fetch_unpacked(struct intake *in, uint8_t *to, size_t n)
{
	while (in->unpacked_len == 0) {
		const void *block;
		la_int64_t offset;
		int r = archive_read_data_block(in->archive, &block, &in->unpacked_len,
						&offset);
		in->unpacked = block;
		if (r == ARCHIVE_OK || r == ARCHIVE_RETRY || r == ARCHIVE_WARN)
			continue;
		in->unpacked_len = 0;
		if (r != ARCHIVE_EOF)
			end_broken(in);
		return 0;
	}
	if (n > in->unpacked_len)
		n = in->unpacked_len;
	memcpy(to, in->unpacked, n);
	in->unpacked += n;
	in->unpacked_len -= n;
	return n;
}

void intake_fill(struct intake *in, size_t n)
{
	size_t have = intake_left(in);
	if (in->over || have >= n)
		return;
	if (have > 0)
		memmove(in->room, in->at, have);
	in->at = in->room;
	while (have < n && !in->over) {
		uint8_t *to = in->room + have;
		size_t want = have + INTAKE_CHUNK <= INTAKE_CHUNK + INTAKE_MOST
				  ? INTAKE_CHUNK
				  : INTAKE_CHUNK + INTAKE_MOST - have;
		size_t got =
		    in->archive ? fetch_unpacked(in, to, want) : fetch(in, to, want);
		if (got == 0)
			in->over = true;
		have += got;
	}
	in->end = in->room + have;
}

bool intake_skip(struct intake *in, uint64_t n)
{
	while (n > 0) {
		size_t step = n < INTAKE_CHUNK ? (size_t)n : INTAKE_CHUNK;
		if (intake_left(in) == 0)
			intake_fill(in, 1);
		if (intake_left(in) == 0)
			return false;
		if (step > intake_left(in))
			step = intake_left(in);
		intake_pass(in, step);
		n -= step;
	}
	return true;
}

static int archive_start(struct intake *in)
{
	struct archive *a = in->archive;
	struct archive_entry *entry;
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_lz4(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_format_raw(a);
	archive_read_support_format_empty(a);
	if (archive_read_open(a, in->self, NULL, feed, NULL) != ARCHIVE_OK)
		return YORE_EMALFORMED;
	int r = archive_read_next_header(a, &entry);
	if (r == ARCHIVE_EOF)
		in->over = true; /* compressed, and nothing inside */
	return r == ARCHIVE_OK || r == ARCHIVE_EOF || r == ARCHIVE_WARN ? 0
									: YORE_EMALFORMED;
}

/* What was read so far moves over to libarchive; the buffer starts anew behind it. */
static int unpack(struct intake *in, const struct compression *c, struct fault *f)
{
	snprintf(in->filter, sizeof(in->filter), "%s", c->name);
	in->packed_len = intake_left(in);
	in->packed =
	    malloc(in->packed_len > PACKED_CHUNK ? in->packed_len : PACKED_CHUNK);
	in->archive = archive_read_new();
	in->self = malloc(sizeof(*in->self));
	if (in->packed == NULL || in->archive == NULL || in->self == NULL)
		return fault_set(f, YORE_ENOMEM, "no memory to decompress with");
	*in->self = in;
	memcpy(in->packed, in->at, in->packed_len);
	in->at = in->end = in->room;
	in->over = false;
	if (archive_start(in) == 0)
		return 0;
	/* cut before its first octet came out: an empty input that is damaged */
	end_broken(in);
	return in->err ? fault_set(f, in->err, "%s", in->broken) : 0;
}

int intake_open(struct intake *in, int fd, bool own_fd, struct fault *f)
{
	*in = (struct intake){.fd = fd, .own_fd = own_fd};
	in->room = malloc(INTAKE_CHUNK + INTAKE_MOST);
	if (in->room == NULL) {
		intake_close(in);
		return fault_set(f, YORE_ENOMEM, "no memory for a read buffer");
	}
	in->at = in->end = in->room;
	intake_fill(in, 16);
	int r = in->err ? fault_set(f, in->err, "%s", in->broken) : 0;
	const struct compression *c = compression_of(BYTES(in->at, intake_left(in)));
	if (r == 0 && c != NULL)
		r = unpack(in, c, f);
	if (r < 0)
		intake_close(in);
	return r;
}

void intake_close(struct intake *in)
{
	if (in->archive != NULL)
		archive_read_free(in->archive);
	free(in->self);
	free(in->packed);
	free(in->room);
	if (in->own_fd && in->fd >= 0)
		close(in->fd);
	*in = (struct intake){.fd = -1};
}

void intake_move(struct intake *from, struct intake *to)
{
	*to = *from;
	if (to->self != NULL)
		*to->self = to;
	*from = (struct intake){.fd = -1};
}

int intake_open_file(struct intake *in, const char *path, struct fault *f)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return fault_set(f, yore_error_of_errno(errno), "%s: cannot open: %s",
				 path, strerror(errno));
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	struct fault inner = {0};
	int r = intake_open(in, fd, !is_stdin, &inner);
	return r < 0 ? fault_set(f, r, "%s: %s", path, inner.text) : 0;
}
