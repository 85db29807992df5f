#include "sys/notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"

int notify_open(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;
	if (len < 2 || len >= sizeof(to.sun_path) || (path[0] != '/' && path[0] != '@'))
		return -1;
	memcpy(to.sun_path, path, len);
	if (path[0] == '@') /* the abstract name space */
		to.sun_path[0] = '\0';
	unsetenv("NOTIFY_SOCKET");
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, size) == 0)
		return fd;
	notify_close(fd);
	return -1;
}

void notify_send(int fd, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	if (fd < 0)
		return;
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n > 0)
		send(fd, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1,
		     MSG_NOSIGNAL | MSG_DONTWAIT);
}

void notify_reloading(int fd)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	notify_send(fd, "RELOADING=1\nMONOTONIC_USEC=%lld",
		    (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000);
}

int64_t notify_watchdog_us(void)
{
	const char *every = getenv("WATCHDOG_USEC"), *whose = getenv("WATCHDOG_PID");
	uint64_t us, pid;
	if (every == NULL || num_u64(every, INT64_MAX, &us) < 0)
		return 0;
	if (whose != NULL &&
	    (num_u64(whose, INT32_MAX, &pid) < 0 || (pid_t)pid != getpid()))
		return 0;
	return (int64_t)us / 2;
}

void notify_close(int fd)
{
	if (fd >= 0)
		close(fd);
}
