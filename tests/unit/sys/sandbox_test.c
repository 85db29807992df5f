/* A process that tries: what works before the sandbox and does not behind it. */
#include "sys/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static char home[] = "/tmp/yore-sandbox-XXXXXX";
static char inside[64], outside[64], moved[64];
static int open_before; /* a pair of sockets from before */

static int can_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	int r = write(fd, "x", 1) == 1 && fsync(fd) == 0 ? 0 : errno;
	close(fd);
	return r;
}

static int errno_of(long r)
{
	return r < 0 ? errno : 0;
}

static void *nothing(void *arg)
{
	return arg;
}

static int try_inside(void)
{
	return can_write(inside);
}

static int try_outside(void)
{
	return can_write(outside);
}

static int try_move_in(void)
{
	return errno_of(rename(outside, inside));
}

static int try_move_out(void)
{
	int r = can_write(inside);
	return r ? r : errno_of(rename(inside, moved));
}

static int try_read(void)
{
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	int r = errno_of(fd);
	if (fd >= 0)
		close(fd);
	return r;
}

static int try_thread(void)
{
	pthread_t t;
	int r = pthread_create(&t, NULL, nothing, NULL);
	return r ? r : pthread_join(t, NULL);
}

static int try_fork(void)
{
	pid_t p = fork();
	if (p == 0)
		_exit(0);
	return errno_of(p);
}

static int try_open_socket(void)
{
	char c;
	return errno_of(send(open_before, "x", 1, 0)) ||
	       errno_of(recv(open_before, &c, 1, MSG_DONTWAIT) < 0 && errno != EAGAIN);
}

static int try_new_socket(void)
{
	return errno_of(socket(AF_INET, SOCK_STREAM, 0));
}

static int try_packet_socket(void)
{
	return errno_of(socket(AF_PACKET, SOCK_RAW, 0));
}

static int try_root(void)
{
	return errno_of(setuid(0));
}

static int try_mode(void)
{
	int r = can_write(inside);
	return r ? r : errno_of(chmod(inside, 0777));
}

static int try_exec(void)
{
	execl("/bin/true", "true", (char *)NULL);
	return errno;
}

static int try_trace(void)
{
	return errno_of(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

#define DIES 1000

static const struct attempt {
	const char *what;
	int (*attempt)(void);
	int free, confined; /* errno, or DIES; -1: anything but 0 */
	bool landlock;	    /* what stops it is Landlock */
} attempts[] = {
    {"write below its folder", try_inside, 0, 0, false},
    {"write elsewhere", try_outside, 0, EACCES, true},
    {"move a file in from elsewhere", try_move_in, 0, -1, true},
    {"move a file out", try_move_out, 0, -1, true},
    {"read a file", try_read, 0, 0, false},
    {"start a thread", try_thread, 0, 0, false},
    {"start a process", try_fork, 0, EPERM, false},
    {"use a socket that is open", try_open_socket, 0, 0, false},
    {"open a socket", try_new_socket, 0, EPERM, false},
    {"open a packet socket", try_packet_socket, -2, EPERM, false},
    {"become root", try_root, -2, EPERM, false},
    {"change a file's mode", try_mode, 0, EPERM, false},
    {"start a program", try_exec, DIES + 1, DIES, false},
    {"trace", try_trace, 0, DIES, false},
};

static bool confine(bool *landlock)
{
	struct fault f = {0};
	struct sandbox_user nobody;
	const char *folders[] = {home};
	bool root = getuid() == 0;
	if (root && sandbox_user_find("nobody", &nobody, &f) < 0)
		return false;
	if (sandbox_drop(root ? &nobody : NULL, &f) < 0)
		return false;
	int r = sandbox_files(folders, 1, &f);
	*landlock = r == 1;
	return r >= 0 && sandbox_calls(SANDBOX_NO_SOCKETS, &f) == 0;
}

/* The attempt's errno, DIES when a signal ended it, DIES + 1 when it became another. */
static int outcome(const struct attempt *a, bool confined)
{
	can_write(outside);
	chmod(outside, 0666);
	pid_t p = fork();
	if (p == 0) {
		bool landlock = true;
		if (confined && !confine(&landlock))
			_exit(250);
		if (confined && !landlock && a->landlock)
			_exit(251);
		int r = a->attempt();
		_exit(r > 200 ? 200 : r == 0 ? 0 : r);
	}
	int status;
	if (p < 0 || waitpid(p, &status, 0) != p)
		return 252;
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? DIES : 253;
	return WEXITSTATUS(status);
}

static bool as_said(int got, int want)
{
	if (want == DIES + 1) /* another program: it says 0 */
		return got == 0;
	return want == -2 || (want == -1 ? got > 0 && got < 250 : got == want);
}

int main(void)
{
	int pair[2];
	if (mkdtemp(home) == NULL || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return 1;
	open_before = pair[0];
	chmod(home, 0777);
	snprintf(inside, sizeof(inside), "%s/file", home);
	snprintf(outside, sizeof(outside), "%s.outside", home);
	snprintf(moved, sizeof(moved), "%s.moved", home);
	for (size_t i = 0; i < sizeof(attempts) / sizeof(*attempts); i++) {
		const struct attempt *a = &attempts[i];
		unlink(inside);
		int got = outcome(a, false);
		ok(as_said(got, a->free), "before, it can %s (%d)", a->what, got);
		unlink(inside);
		got = outcome(a, true);
		if (got == 251) {
			printf("ok %d # SKIP no Landlock in this kernel\n", ++tap_count);
			continue;
		}
		bool same = a->free == 0 && a->confined == 0;
		ok(as_said(got, a->confined), "confined, it can%s %s (%d)",
		   same ? "" : "not", a->what, got);
	}
	unlink(inside);
	unlink(outside);
	unlink(moved);
	rmdir(home);
	return tap_done();
}
