#include "capture/dnstap_socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <arpa/inet.h>

#include "base/addr.h"
#include "base/num.h"

#define WAITING 16

static int failed(const char *what, const char *where, struct fault *f)
{
	return fault_set(f, yore_error_of_errno(errno), "%s: %s: %s", where, what,
			 strerror(errno));
}

static int close_failed(int fd, const char *what, const char *where, struct fault *f)
{
	int r = failed(what, where, f);
	close(fd);
	return r;
}

/* A left-over socket file of an earlier run answers with ECONNREFUSED. */
static int clear_the_way(const struct sockaddr_un *to, const char *where, struct fault *f)
{
	struct stat st;
	if (lstat(to->sun_path, &st) < 0)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return fault_set(f, YORE_EEXIST, "%s: is there and is no socket", where);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return failed("cannot have a socket", where, f);
	int r = connect(fd, (const struct sockaddr *)to, sizeof(*to));
	int why = r == 0 ? 0 : errno;
	close(fd);
	if (why != ECONNREFUSED)
		return fault_set(f, YORE_EEXIST, "%s: somebody listens there already",
				 where);
	return unlink(to->sun_path) < 0 ? failed("cannot replace it", where, f) : 0;
}

static int listen_unix(const char *where, const char *path, gid_t group, struct fault *f)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	if (path[0] == '\0' || strlen(path) >= sizeof(to.sun_path))
		return fault_set(f, YORE_EUSAGE,
				 "%s: a socket's path has 1 to %zu octets", where,
				 sizeof(to.sun_path) - 1);
	memcpy(to.sun_path, path, strlen(path) + 1);
	int r = clear_the_way(&to, where, f);
	if (r < 0)
		return r;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return failed("cannot have a socket", where, f);
	mode_t before = umask(0117); /* 0660 from its first moment */
	r = bind(fd, (struct sockaddr *)&to, sizeof(to));
	int why = errno;
	umask(before);
	errno = why;
	if (r < 0)
		return close_failed(fd, "cannot be bound", where, f);
	if (group != (gid_t)-1 && chown(path, (uid_t)-1, group) < 0)
		return close_failed(fd,
				    "cannot be given to its group (whoever starts this "
				    "must be in that group)",
				    where, f);
	if (listen(fd, WAITING) < 0)
		return close_failed(fd, "cannot be listened on", where, f);
	return fd;
}

/* "192.0.2.1:6000", "[2001:db8::1]:6000". */
static int parse_tcp(const char *text, struct addr *addr, uint16_t *port)
{
	char host[ADDR_TEXT_MAX];
	const char *colon = strrchr(text, ':'), *from = text;
	uint64_t number;
	if (colon == NULL || num_u64(colon + 1, 65535, &number) < 0)
		return YORE_EUSAGE;
	const char *to = colon;
	if (*from == '[') {
		if (to == from || to[-1] != ']')
			return YORE_EUSAGE;
		from++;
		to--;
	}
	if (to <= from || (size_t)(to - from) >= sizeof(host))
		return YORE_EUSAGE;
	memcpy(host, from, (size_t)(to - from));
	host[to - from] = '\0';
	*port = (uint16_t)number;
	return addr_parse(host, addr);
}

static int listen_tcp(const char *where, const char *text, struct fault *f)
{
	struct addr addr;
	uint16_t port;
	if (parse_tcp(text, &addr, &port) < 0)
		return fault_set(f, YORE_EUSAGE,
				 "%s: not tcp:ADDRESS:PORT (an IPv6 address stands in "
				 "brackets)",
				 where);
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	bool is_v4 = addr.len == 4;
	memcpy(is_v4 ? (void *)&v4.sin_addr : (void *)&v6.sin6_addr, addr.at, addr.len);
	const struct sockaddr *to =
	    is_v4 ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6;
	int fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return failed("cannot have a socket", where, f);
	int on = 1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* inherited by what connects: a producer whose machine died is noticed */
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	if (bind(fd, to, is_v4 ? sizeof(v4) : sizeof(v6)) < 0)
		return close_failed(fd, "cannot be bound", where, f);
	if (listen(fd, WAITING) < 0)
		return close_failed(fd, "cannot be listened on", where, f);
	return fd;
}

int dnstap_socket(const char *where, gid_t group, struct fault *f)
{
	if (strncmp(where, DNSTAP_UNIX, sizeof(DNSTAP_UNIX) - 1) == 0)
		return listen_unix(where, where + sizeof(DNSTAP_UNIX) - 1, group, f);
	if (strncmp(where, DNSTAP_TCP, sizeof(DNSTAP_TCP) - 1) == 0)
		return listen_tcp(where, where + sizeof(DNSTAP_TCP) - 1, f);
	return fault_set(f, YORE_EUSAGE, "%s: neither unix:PATH nor tcp:ADDRESS:PORT",
			 where);
}
