/*
 * Sockets to listen on: opened by us, or handed over by a service manager (the protocol
 * of sd_listen_fds: descriptors from 3 on, $LISTEN_PID and $LISTEN_FDS).
 */
#ifndef YORE_API_LISTEN_H
#define YORE_API_LISTEN_H

#include "base/bytes.h"

#define LISTEN_TEXT_MAX 80

/* "127.0.0.1:8053", "[::1]:8053", ":8053" (all addresses). A descriptor or an error. */
int listen_open(const char *text, struct fault *f) YORE_MUST_CHECK;
/* The first socket handed over; -1: none. */
int listen_inherited(void);
/* Can nobody but this machine reach it? */
bool listen_is_local(int fd);
/* "127.0.0.1:8053", as it is really bound. */
void listen_text(int fd, char out[LISTEN_TEXT_MAX]);

#endif
