/*
 * The frames of one file of an import, which may have to be read more than once: to see
 * what the ledger knows of it, to import it, and again when another import was faster.
 * A file is opened anew; standard input cannot be, so its frames are kept on disk (in an
 * unlinked file) when somebody wants to read ahead.
 */
#ifndef YORE_SENSOR_FEED_H
#define YORE_SENSOR_FEED_H

#include <stdio.h>

#include "capture/source.h"

struct feed {
	const char *path;
	struct source *source;	   /* NULL: not open */
	FILE *kept;		   /* frames of standard input; NULL: none */
	bool consumed;		   /* standard input, read and not kept */
	struct frame first;	   /* borrowed from source while `ahead` */
	bool ahead;		   /* the first frame was read, feed_next gives it */
	uint8_t head[SOURCE_HEAD]; /* how the input begins, for telling logs apart */
	size_t head_len;
	uint64_t frames;
	uint8_t *octets; /* room for one kept frame */
	struct source_state state;
};

/* Opens and reads the first frame: 1, 0 (there is none), or negative. */
int input_feed_open(struct feed *fd, const char *path, struct fault *f) YORE_MUST_CHECK;
void input_feed_close(struct feed *fd);
void input_feed_release(struct feed *fd);

/* Before a reading ahead of standard input. */
int input_feed_keep(struct feed *fd, struct fault *f) YORE_MUST_CHECK;
/* Begin again from the first frame. YORE_EAGAIN: standard input that was not kept. */
int input_feed_rewind(struct feed *fd, struct fault *f) YORE_MUST_CHECK;
int input_feed_next(struct feed *fd, struct frame *ret); /* as source_next */
const struct source_state *input_feed_state(const struct feed *fd);

static inline bool input_feed_is_stdin(const struct feed *fd)
{
	return fd->path[0] == '-' && fd->path[1] == '\0';
}

#endif
