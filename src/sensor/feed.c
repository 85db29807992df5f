#include "sensor/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define FRAME_ROOM ((size_t)1 << 20) /* more than any source gives */

/* A frame as it is kept. */
struct kept_head {
	int64_t time_us;
	uint32_t link, wire_len, len;
};

static void first_of(struct feed *fd, int r)
{
	fd->ahead = r == 1;
	fd->frames = 0;
}

int input_feed_open(struct feed *fd, const char *path, struct fault *f)
{
	*fd = (struct feed){.path = path};
	int r = source_open_file(path, 0, f, &fd->source);
	if (r < 0)
		return r;
	struct bytes head = source_head(fd->source);
	fd->head_len = head.len < sizeof(fd->head) ? head.len : sizeof(fd->head);
	if (fd->head_len)
		memcpy(fd->head, head.at, fd->head_len);
	r = source_next(fd->source, &fd->first);
	first_of(fd, r);
	fd->state = *source_state(fd->source);
	if (r < 0) {
		fault_set(f, r, "%s: cannot be read", path);
		input_feed_release(fd);
	}
	return r;
}

void input_feed_close(struct feed *fd)
{
	if (fd->source == NULL || input_feed_is_stdin(fd))
		return;
	fd->state = *source_state(fd->source);
	source_close(fd->source);
	fd->source = NULL;
	fd->ahead = false;
}

void input_feed_release(struct feed *fd)
{
	if (fd->source != NULL)
		source_close(fd->source);
	if (fd->kept != NULL)
		fclose(fd->kept);
	free(fd->octets);
	fd->source = NULL;
	fd->kept = NULL;
	fd->octets = NULL;
	fd->ahead = false;
}

/* ---- keeping ---- */

static FILE *unlinked_file(void)
{
	const char *dir = getenv("TMPDIR");
	int fd = open(dir && dir[0] ? dir : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w+");
	if (fd >= 0 && file == NULL)
		close(fd);
	return file;
}

static bool keep_frame(FILE *to, const struct frame *f)
{
	struct kept_head h = {f->time_us, f->link, f->wire_len, (uint32_t)f->octets.len};
	return fwrite(&h, sizeof(h), 1, to) == 1 &&
	       (h.len == 0 || fwrite(f->octets.at, h.len, 1, to) == 1);
}

static int keep_all(struct feed *fd, FILE *to, struct fault *f)
{
	struct frame frame = fd->first;
	int r = fd->ahead;
	for (; r == 1; r = source_next(fd->source, &frame))
		if (!keep_frame(to, &frame))
			return fault_set(f, yore_error_of_errno(errno),
					 "stdin: keeping it in a temporary file failed; "
					 "nothing was imported; make room or set TMPDIR");
	return r < 0 ? fault_set(f, r, "stdin: reading failed") : 0;
}

int input_feed_keep(struct feed *fd, struct fault *f)
{
	if (!input_feed_is_stdin(fd) || fd->kept != NULL)
		return 0;
	FILE *to = unlinked_file();
	if (to == NULL)
		return fault_set(f, yore_error_of_errno(errno),
				 "stdin: no temporary file can be made; set TMPDIR");
	fd->octets = malloc(FRAME_ROOM);
	int r = fd->octets ? keep_all(fd, to, f) : YORE_ENOMEM;
	if (r < 0) {
		fclose(to);
		return r;
	}
	fd->state = *source_state(fd->source);
	fd->kept = to;
	return input_feed_rewind(fd, f);
}

static int kept_next(struct feed *fd, struct frame *ret)
{
	struct kept_head h;
	if (fread(&h, sizeof(h), 1, fd->kept) != 1)
		return ferror(fd->kept) ? YORE_EIO : 0;
	if (h.len > FRAME_ROOM || (h.len && fread(fd->octets, h.len, 1, fd->kept) != 1))
		return YORE_EIO;
	*ret = (struct frame){.time_us = h.time_us,
			      .link = h.link,
			      .wire_len = h.wire_len,
			      .octets = BYTES(fd->octets, h.len),
			      .number = ++fd->frames};
	return 1;
}

/* ---- reading ---- */

int input_feed_rewind(struct feed *fd, struct fault *f)
{
	if (fd->kept != NULL) {
		fd->frames = 0;
		fd->ahead = false;
		rewind(fd->kept);
		return 0;
	}
	if (fd->source != NULL && fd->ahead)
		return 0;
	if (input_feed_is_stdin(fd))
		return fault_set(f, YORE_EAGAIN,
				 "stdin: another import took in the same packets at the "
				 "same time; offer it again");
	input_feed_close(fd);
	struct feed again;
	int r = input_feed_open(&again, fd->path, f);
	if (r < 0)
		return r;
	free(fd->octets);
	*fd = again;
	return 0;
}

int input_feed_next(struct feed *fd, struct frame *ret)
{
	if (fd->kept != NULL)
		return kept_next(fd, ret);
	if (fd->ahead) {
		fd->ahead = false;
		*ret = fd->first;
		return 1;
	}
	return source_next(fd->source, ret);
}

const struct source_state *input_feed_state(const struct feed *fd)
{
	return fd->kept == NULL && fd->source != NULL ? source_state(fd->source)
						      : &fd->state;
}
