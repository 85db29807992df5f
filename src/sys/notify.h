/*
 * Telling the service manager how it goes: sd_notify(3)'s datagrams, without its library.
 * The socket is opened once, so it still works behind the sandbox. Without
 * $NOTIFY_SOCKET everything here does nothing.
 */
#ifndef YORE_SYS_NOTIFY_H
#define YORE_SYS_NOTIFY_H

#include <stdint.h>

/* Connects and forgets the variable, so that no child speaks for us; -1: nobody asks. */
int notify_open(void);
/* "READY=1", "RELOADING=1", "STOPPING=1", "STATUS=...", "WATCHDOG=1"; several lines may
 * be sent at once. */
void notify_send(int fd, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "RELOADING=1" with the clock that systemd wants beside it. */
void notify_reloading(int fd);
/* How often WATCHDOG=1 should be sent at the least, in microseconds; 0: never. */
int64_t notify_watchdog_us(void);
void notify_close(int fd);

#endif
