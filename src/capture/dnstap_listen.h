/*
 * dnstap from running servers: a socket to which they connect and send frame streams,
 * with or without the handshake. Any number of producers come and go on one listener
 * (up to a ceiling); their frames come out as one input.
 *
 * A producer that breaks the format, offers something else or states an absurd length
 * loses its connection, is counted, and may connect again; the others never notice. A
 * server whose data is not taken fast enough drops it on its own side and counts there.
 */
#ifndef YORE_CAPTURE_DNSTAP_LISTEN_H
#define YORE_CAPTURE_DNSTAP_LISTEN_H

#include <sys/types.h>

#include "net/frame.h"

#define DNSTAP_PRODUCERS_MOST 64

#define DNSTAP_LISTEN_COUNTERS(X)                                                     \
	X(accepted, "producers that connected")                                       \
	X(ended, "connections that ended in order")                                   \
	X(broken_off, "connections that ended without saying so")                     \
	X(malformed, "connections closed: not a frame stream")                        \
	X(absurd, "connections closed: a frame of absurd length")                     \
	X(other_content, "connections closed: they carry something else than dnstap") \
	X(full, "connections refused or closed: too many at once")

struct dnstap_listen_counters {
#define X(name, text) uint64_t name;
	DNSTAP_LISTEN_COUNTERS(X)
#undef X
	uint64_t frames;
	unsigned connected; /* now */
};

struct dnstap_listen;

/*
 * "unix:PATH" or "tcp:ADDRESS:PORT" ("tcp:[::1]:6000"). A socket file that nobody
 * listens on is replaced; one that somebody does is EEXIST. It belongs to `group`
 * ((gid_t)-1: ours) and that group may write to it.
 */
int dnstap_listen_open(const char *where, gid_t group, uint32_t input, struct fault *f,
		       struct dnstap_listen **ret) YORE_MUST_CHECK;
/* Takes the socket file away as well, where that is still allowed. */
void dnstap_listen_close(struct dnstap_listen *l);

/*
 * The next frame that has already arrived: 1 and *ret (LINK_DNSTAP, borrowed until the
 * next call), 0 when there is none now. now_us is the wall clock: the frame's time.
 */
int dnstap_listen_next(struct dnstap_listen *l, int64_t now_us, struct frame *ret);

int dnstap_listen_fd(const struct dnstap_listen *l); /* to poll(2) for POLLIN */
const struct dnstap_listen_counters *dnstap_listen_counters(const struct dnstap_listen *);

#endif
