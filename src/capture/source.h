/*
 * Where frames come from: one interface, several sources. A source is pulled.
 *
 * File sources recognise pcap (both byte orders, micro- and nanoseconds), pcapng, snoop
 * and dnstap (frames of LINK_DNSTAP, see capture/dnstap.h), and any of these compressed
 * (gz, xz, zst, lz4, bz2) by their first octets; "-" is stdin.
 */
#ifndef YORE_CAPTURE_SOURCE_H
#define YORE_CAPTURE_SOURCE_H

#include "net/frame.h"

struct source;

/* How far a source has come, and what it met. Offsets are in the decompressed stream. */
struct source_state {
	uint64_t frames, octets; /* octets: file position, decompressed */
	uint64_t file_size;	 /* of the file on disk, 0 if not known: for progress */
	uint64_t file_octets;	 /* read from the file on disk so far */
	bool damaged;		 /* ended before its end; `damage` says where and why */
	char damage[240];
	char format[32]; /* "pcap", "pcapng", "pcap (zstd)" */
};

/*
 * Opens a capture. The name is for messages. Fails with YORE_EUNSUPPORTED and a line
 * saying what the file is instead when it is no capture; YORE_EIO when unreadable.
 */
int source_open_file(const char *path, uint32_t input, struct fault *f,
		     struct source **ret) YORE_MUST_CHECK;
int source_open_fd(int fd, const char *name, uint32_t input, struct fault *f,
		   struct source **ret) YORE_MUST_CHECK;

/* A source on an input that is open already; it is taken over, on failure as well. */
struct intake;
int source_open_intake(struct intake *in, const char *name, uint32_t input,
		       struct fault *f, struct source **ret) YORE_MUST_CHECK;

/*
 * The next frame: 1 and *ret (borrowed until the next call), 0 at the end, negative on
 * an I/O error. A damaged or cut file ends with 0 and state->damaged.
 */
int source_next(struct source *s, struct frame *ret);
/* What is in view of the input right behind opening: its beginning, 512 octets at least
   if it has them, of text the first line unless it is longer than SOURCE_HEAD. Borrowed
   until source_next. */
#define SOURCE_HEAD ((size_t)8 << 10)
struct bytes source_head(const struct source *s);
const struct source_state *source_state(const struct source *s);
void source_close(struct source *s);

#endif
