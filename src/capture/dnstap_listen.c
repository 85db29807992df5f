#include "capture/dnstap_listen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/dnstap.h"
#include "capture/dnstap_socket.h"
#include "capture/fstrm_step.h"

#define ROOM_AT_FIRST ((size_t)64 << 10)
#define TURN ((size_t)256 << 10) /* octets of one producer before the next has a turn */
#define EVENTS 16
/* When all places are taken, who was silent for so long gives way, and may come back. */
#define SILENT_US ((int64_t)30 * 1000000)

struct producer {
	int fd; /* -1: this place is free */
	struct fstrm_step step;
	uint8_t *room;
	size_t room_len, at, end; /* octets at..end are read and not yet used */
	int64_t heard_us;	  /* when octets last came */
};

struct dnstap_listen {
	int fd, epoll;
	char unix_path[108]; /* "": tcp */
	uint32_t input;
	struct dnstap *tap;
	struct dnstap_listen_counters counters;
	struct epoll_event ready[EVENTS];
	int ready_count, turn; /* whose turn it is among them */
	size_t taken;	       /* octets read in this turn */
	struct producer producers[DNSTAP_PRODUCERS_MOST];
};

static int watch(struct dnstap_listen *l, int fd, void *who)
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = who};
	return epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e);
}

int dnstap_listen_open(const char *where, gid_t group, uint32_t input, struct fault *f,
		       struct dnstap_listen **ret)
{
	struct dnstap_listen *l = calloc(1, sizeof(*l));
	if (l == NULL)
		return fault_set(f, YORE_ENOMEM, "no memory to listen with");
	l->input = input;
	l->fd = -1;
	for (size_t i = 0; i < DNSTAP_PRODUCERS_MOST; i++)
		l->producers[i].fd = -1;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	int r = l->epoll < 0 ? fault_set(f, YORE_EIO, "epoll: %s", strerror(errno)) : 0;
	if (r == 0)
		r = dnstap_new(&l->tap);
	if (r == 0)
		r = l->fd = dnstap_socket(where, group, f);
	if (r >= 0 && strncmp(where, DNSTAP_UNIX, sizeof(DNSTAP_UNIX) - 1) == 0)
		snprintf(l->unix_path, sizeof(l->unix_path), "%s",
			 where + sizeof(DNSTAP_UNIX) - 1);
	if (r >= 0 && watch(l, l->fd, NULL) < 0)
		r = fault_set(f, YORE_EIO, "epoll: %s", strerror(errno));
	if (r < 0) {
		dnstap_listen_close(l);
		return r;
	}
	*ret = l;
	return 0;
}

/* Closing takes it out of the epoll set as well. */
static void leave(struct dnstap_listen *l, struct producer *p, uint64_t *counter)
{
	close(p->fd);
	fstrm_step_release(&p->step);
	free(p->room);
	*p = (struct producer){.fd = -1};
	l->counters.connected--;
	++*counter;
}

void dnstap_listen_close(struct dnstap_listen *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < DNSTAP_PRODUCERS_MOST; i++)
		if (l->producers[i].fd >= 0)
			leave(l, &l->producers[i], &l->counters.ended);
	if (l->fd >= 0)
		close(l->fd);
	if (l->unix_path[0] != '\0')
		unlink(l->unix_path);
	if (l->epoll >= 0)
		close(l->epoll);
	dnstap_free(l->tap);
	free(l);
}

/* A free place, or that of somebody who never began or has long been silent. */
static struct producer *place(struct dnstap_listen *l, int64_t now_us)
{
	struct producer *idle = NULL;
	for (size_t i = 0; i < DNSTAP_PRODUCERS_MOST; i++) {
		struct producer *p = &l->producers[i];
		if (p->fd < 0)
			return p;
		bool gives_way =
		    p->step.state != FSTRM_RUNNING || now_us - p->heard_us > SILENT_US;
		if (gives_way && (idle == NULL || p->heard_us < idle->heard_us))
			idle = p;
	}
	if (idle != NULL)
		leave(l, idle, &l->counters.full);
	return idle;
}

static void welcome(struct dnstap_listen *l, int64_t now_us)
{
	int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	struct producer *p = place(l, now_us);
	if (p == NULL) {
		l->counters.full++;
		close(fd);
		return;
	}
	*p = (struct producer){.fd = fd, .heard_us = now_us};
	l->counters.accepted++;
	l->counters.connected++;
	p->room = malloc(ROOM_AT_FIRST);
	p->room_len = p->room ? ROOM_AT_FIRST : 0;
	if (fstrm_step_init(&p->step) < 0 || p->room == NULL || watch(l, fd, p) < 0)
		leave(l, p, &l->counters.full);
}

/* Room for `want` octets from p->at on; what was used goes. */
static bool make_room(struct producer *p, size_t want)
{
	if (p->at > 0) {
		memmove(p->room, p->room + p->at, p->end - p->at);
		p->end -= p->at;
		p->at = 0;
	}
	if (want <= p->room_len)
		return true;
	uint8_t *room =
	    realloc(p->room, want); /* FSTRM_FRAME_MOST and its head at most */
	if (room == NULL)
		return false;
	p->room = room;
	p->room_len = want;
	return true;
}

/* Reads on: true when there are more octets now. The connection may be gone after it. */
static bool read_on(struct dnstap_listen *l, struct producer *p, int64_t now_us)
{
	if (!make_room(p, p->step.want)) {
		leave(l, p, &l->counters.full);
		return false;
	}
	ssize_t n;
	do
		n = recv(p->fd, p->room + p->end, p->room_len - p->end, 0);
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		p->end += (size_t)n;
		l->taken += (size_t)n;
		p->heard_us = now_us;
		return true;
	}
	if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
		leave(l, p, &l->counters.broken_off);
	return false;
}

static uint64_t *counter_of(struct dnstap_listen_counters *c, int err)
{
	return err == YORE_ELIMIT	  ? &c->absurd
	       : err == YORE_EUNSUPPORTED ? &c->other_content
					  : &c->malformed;
}

/* One producer's next frame, 1 and p->step.data; 0: its turn is over. */
static int producer_next(struct dnstap_listen *l, struct producer *p, int64_t now_us)
{
	while (p->fd >= 0) {
		struct bytes in = BYTES(p->room + p->at, p->end - p->at);
		int r = fstrm_step(&p->step, in);
		p->at += p->step.used;
		if (r == FSTRM_DATA)
			return 1;
		if (r < 0) {
			leave(l, p, counter_of(&l->counters, r));
			return 0;
		}
		if (r == FSTRM_REPLY &&
		    send(p->fd, p->step.reply.at, p->step.reply.len, MSG_NOSIGNAL) !=
			(ssize_t)p->step.reply.len) {
			leave(l, p, &l->counters.broken_off);
			return 0;
		}
		if (p->step.state == FSTRM_OVER) {
			leave(l, p, &l->counters.ended);
			return 0;
		}
		if (r == FSTRM_MORE && (l->taken >= TURN || !read_on(l, p, now_us)))
			return 0;
	}
	return 0;
}

static bool next_ready(struct dnstap_listen *l)
{
	l->taken = 0;
	if (++l->turn < l->ready_count)
		return true;
	l->turn = 0;
	l->ready_count = epoll_wait(l->epoll, l->ready, EVENTS, 0);
	return l->ready_count > 0;
}

int dnstap_listen_next(struct dnstap_listen *l, int64_t now_us, struct frame *ret)
{
	do {
		if (l->turn >= l->ready_count)
			continue;
		struct producer *p = l->ready[l->turn].data.ptr;
		if (p == NULL) {
			welcome(l, now_us);
		} else if (producer_next(l, p, now_us) == 1) {
			int64_t at = dnstap_time(l->tap, p->step.data);
			*ret = (struct frame){
			    .time_us = at ? at : now_us,
			    .link = LINK_DNSTAP,
			    .wire_len = (uint32_t)p->step.data.len,
			    .octets = p->step.data,
			    .number = ++l->counters.frames,
			    .input = l->input,
			};
			return 1;
		}
	} while (next_ready(l));
	return 0;
}

int dnstap_listen_fd(const struct dnstap_listen *l)
{
	return l->epoll;
}

const struct dnstap_listen_counters *dnstap_listen_counters(const struct dnstap_listen *l)
{
	return &l->counters;
}
