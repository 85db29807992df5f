/* The service manager hears what was said; without one nothing happens. */
#include "sys/notify.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sys/signals.h"
#include "tap.h"

static int manager(char *name, size_t len)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX}; /* autobind: an abstract name */
	socklen_t size = sizeof(at);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(sa_family_t)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &size) < 0)
		return -1;
	snprintf(name, len, "@%.*s",
		 (int)(size - offsetof(struct sockaddr_un, sun_path) - 1),
		 at.sun_path + 1);
	return fd;
}

int main(void)
{
	char name[64], got[128] = "";
	unsetenv("NOTIFY_SOCKET");
	int nobody = notify_open();
	is_int(nobody, -1, "without a manager there is nobody to tell");
	notify_send(nobody, "READY=1");
	setenv("NOTIFY_SOCKET", "relative", 1);
	is_int(notify_open(), -1, "a name that is neither a path nor abstract");

	int fd = manager(name, sizeof(name));
	setenv("NOTIFY_SOCKET", name, 1);
	int to = notify_open();
	ok(to >= 0, "a manager is found");
	ok(getenv("NOTIFY_SOCKET") == NULL, "children do not speak for us");
	notify_send(to, "READY=1\nSTATUS=%d packets", 7);
	ssize_t n = recv(fd, got, sizeof(got) - 1, 0);
	got[n > 0 ? n : 0] = '\0';
	is_str(got, "READY=1\nSTATUS=7 packets", "and hears what is said");
	notify_close(to);
	close(fd);

	setenv("WATCHDOG_USEC", "20000000", 1);
	is_int(notify_watchdog_us(), 10000000,
	       "the watchdog hears twice as often as asked");
	setenv("WATCHDOG_PID", "1", 1);
	is_int(notify_watchdog_us(), 0, "another process's watchdog is not ours");

	struct fault f = {0};
	int signals = signals_open(&f);
	is_int(signals_take(signals), SIGNAL_NONE, "no signal, nothing asked");
	raise(SIGHUP);
	raise(SIGUSR1);
	is_int(signals_take(signals), SIGNAL_RELOAD | SIGNAL_TELL,
	       "what two signals ask");
	raise(SIGTERM);
	is_int(signals_take(signals), SIGNAL_END, "SIGTERM asks for the end");
	raise(SIGPIPE);
	ok(true, "SIGPIPE ends nothing");
	signals_close(signals);
	return tap_done();
}
