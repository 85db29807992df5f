#include "sys/signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void ours(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGUSR1);
}

int signals_open(struct fault *f)
{
	sigset_t set;
	ours(&set);
	signal(SIGPIPE, SIG_IGN);
	int err = pthread_sigmask(SIG_BLOCK, &set, NULL);
	int fd = err ? -1 : signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return fault_set(f, YORE_EIO, "cannot wait for signals: %s",
				 strerror(err ? err : errno));
	return fd;
}

static unsigned asked_by(uint32_t signal)
{
	switch (signal) {
	case SIGHUP:
		return SIGNAL_RELOAD;
	case SIGUSR1:
		return SIGNAL_TELL;
	default:
		return SIGNAL_END;
	}
}

unsigned signals_take(int fd)
{
	struct signalfd_siginfo info;
	unsigned asked = SIGNAL_NONE;
	while (read(fd, &info, sizeof(info)) == sizeof(info))
		asked |= asked_by(info.ssi_signo);
	return asked;
}

void signals_close(int fd)
{
	if (fd >= 0)
		close(fd);
}
