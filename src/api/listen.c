#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/listen.h"
#include "base/addr.h"
#include "base/num.h"

#define BACKLOG 1024
#define INHERITED_FIRST 3

/* "host:port" apart; false when it has no such form. */
static bool split(const char *text, char host[256], char port[16])
{
	const char *colon = strrchr(text, ':');
	uint64_t number;
	if (colon == NULL || num_u64(colon + 1, 65535, &number) < 0 ||
	    strlen(colon + 1) >= 16)
		return false;
	snprintf(port, 16, "%s", colon + 1);
	size_t n = (size_t)(colon - text);
	if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	if (n >= 256)
		return false;
	memcpy(host, text, n);
	host[n] = '\0';
	return true;
}

static int open_one(const struct addrinfo *a)
{
	int one = 1;
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, a->ai_addr, a->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
		int e = errno;
		close(fd);
		return -e;
	}
	return fd;
}

int listen_open(const char *text, struct fault *f)
{
	char host[256], port[16];
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_PASSIVE | AI_NUMERICSERV},
			*list;
	if (!split(text, host, port))
		return fault_set(f, YORE_EUSAGE, "--listen '%s': not ADDRESS:PORT", text);
	int e = getaddrinfo(host[0] ? host : NULL, port, &hints, &list);
	if (e != 0)
		return fault_set(f, YORE_EUSAGE, "--listen '%s': %s", text,
				 gai_strerror(e));
	int fd = open_one(list);
	freeaddrinfo(list);
	if (fd >= 0)
		return fd;
	return fault_set(f, yore_error_of_errno(-fd), "cannot listen on %s: %s", text,
			 strerror(-fd));
}

int listen_inherited(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	if (pid == NULL || count == NULL || strtol(pid, NULL, 10) != (long)getpid() ||
	    strtol(count, NULL, 10) < 1)
		return -1;
	fcntl(INHERITED_FIRST, F_SETFD, FD_CLOEXEC);
	return INHERITED_FIRST;
}

static bool bound_to(int fd, struct addr *ret, unsigned *port)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);
	if (getsockname(fd, (struct sockaddr *)&at, &len) < 0)
		return false;
	if (at.ss_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)&at;
		*ret = addr_of(&in->sin_addr, 4);
		*port = ntohs(in->sin_port);
		return true;
	}
	if (at.ss_family == AF_INET6) {
		const struct sockaddr_in6 *in = (const void *)&at;
		*ret = addr_of(&in->sin6_addr, 16);
		*port = ntohs(in->sin6_port);
		return true;
	}
	return false;
}

bool listen_is_local(int fd)
{
	struct addr a;
	unsigned port;
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);
	if (getsockname(fd, (struct sockaddr *)&at, &len) == 0 && at.ss_family == AF_UNIX)
		return true;
	if (!bound_to(fd, &a, &port))
		return false;
	static const uint8_t one[16] = {[15] = 1};
	return a.len == 4 ? a.at[0] == 127 : memcmp(a.at, one, 16) == 0;
}

void listen_text(int fd, char out[LISTEN_TEXT_MAX])
{
	struct addr a;
	unsigned port;
	char text[ADDR_TEXT_MAX];
	if (!bound_to(fd, &a, &port)) {
		snprintf(out, LISTEN_TEXT_MAX, "a socket");
		return;
	}
	addr_text(&a, text);
	snprintf(out, LISTEN_TEXT_MAX, a.len == 4 ? "%s:%u" : "[%s]:%u", text, port);
}
