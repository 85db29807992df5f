/*
 * Signals as something to poll(2): a long-running command blocks them before its first
 * thread and reads them where it waits for everything else.
 *
 * SIGTERM and SIGINT: end in order. SIGHUP: read again what can be read again. SIGUSR1:
 * say how it goes. SIGPIPE is ignored: a write says that the other side has gone.
 */
#ifndef YORE_SYS_SIGNALS_H
#define YORE_SYS_SIGNALS_H

#include "base/err.h"

enum signal_asked {
	SIGNAL_NONE = 0,
	SIGNAL_END = 1,
	SIGNAL_RELOAD = 2,
	SIGNAL_TELL = 4,
};

/* A descriptor to poll for POLLIN, before any other thread exists; or an error. */
int signals_open(struct fault *f) YORE_MUST_CHECK;
/* What was asked for since the last call: bits of enum signal_asked. Does not wait. */
unsigned signals_take(int fd);
void signals_close(int fd);

#endif
