/* Inside of dnstap_listen: from "unix:PATH" or "tcp:ADDRESS:PORT" to a listening socket.
 */
#ifndef YORE_CAPTURE_DNSTAP_SOCKET_H
#define YORE_CAPTURE_DNSTAP_SOCKET_H

#include <sys/types.h>

#include "base/bytes.h"

#define DNSTAP_UNIX "unix:"
#define DNSTAP_TCP "tcp:"

/* A descriptor (not blocking), or an error. */
int dnstap_socket(const char *where, gid_t group, struct fault *f) YORE_MUST_CHECK;

#endif
