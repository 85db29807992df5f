#include <malloc.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/visit.h"

#define TRIM_MS 1000
#define TRIM_OCTETS ((size_t)1 << 20)
#define UPLOAD_FACTOR 10 /* a body may take so many times longer than a head */

static void link_event(void *arg, struct MHD_Connection *c, void **context,
		       enum MHD_ConnectionNotificationCode code)
{
	struct server *s = arg;
	struct peer_link *l;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		const union MHD_ConnectionInfo *info =
		    MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
		l = calloc(1, sizeof(*l));
		*context = l;
		if (l == NULL)
			return;
		l->fd = info->connect_fd;
		atomic_store(&l->waiting_ms, clock_ms());
		pthread_mutex_lock(&s->links_lock);
		l->next = s->links;
		if (l->next)
			l->next->previous = l;
		s->links = l;
		pthread_mutex_unlock(&s->links_lock);
		atomic_fetch_add(&s->service->metrics.connections, 1);
		atomic_fetch_add(&s->service->metrics.connections_total, 1);
		return;
	}
	l = *context;
	*context = NULL;
	if (l == NULL)
		return;
	pthread_mutex_lock(&s->links_lock);
	if (l->previous)
		l->previous->next = l->next;
	else
		s->links = l->next;
	if (l->next)
		l->next->previous = l->previous;
	pthread_mutex_unlock(&s->links_lock);
	atomic_fetch_sub(&s->service->metrics.connections, 1);
	free(l);
}

/* A request that comes an octet at a time would hold its connection for ever. */
static void cut_slow(struct server *s, int64_t now)
{
	pthread_mutex_lock(&s->links_lock);
	for (struct peer_link *l = s->links; l; l = l->next) {
		int64_t since = atomic_load(&l->waiting_ms);
		int64_t most =
		    (int64_t)s->head_s * 1000 * (l->uploading ? UPLOAD_FACTOR : 1);
		if (since && now - since > most)
			shutdown(l->fd, SHUT_RDWR);
	}
	pthread_mutex_unlock(&s->links_lock);
}

/* The C library keeps what was freed between what is in use: the system gets it back. */
static void trim(struct server *s, int64_t now)
{
	size_t back = atomic_load(&s->service->answers.given_back) +
		      atomic_load(&s->service->bodies.given_back);
	if (back - s->trimmed < TRIM_OCTETS || now - s->trimmed_ms < TRIM_MS)
		return;
	(void)malloc_trim(0);
	s->trimmed = back;
	s->trimmed_ms = now;
}

static void *look_after(void *arg)
{
	struct server *s = arg;
	while (!atomic_load(&s->stopping)) {
		int64_t now = clock_ms();
		cut_slow(s, now);
		work_hurry(&s->queue, now, s->answer_ms);
		trim(s, now);
		usleep(200000);
	}
	return NULL;
}

/* The target is decoded by us, from what was sent. */
static size_t keep_escapes(void *arg, struct MHD_Connection *c, char *text)
{
	return strlen(text);
}

static struct MHD_Daemon *start_daemon(struct server *s, const struct server_options *o,
				       int fd)
{
	struct MHD_OptionItem more[8];
	size_t n = 0;
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
	if (o->cert) {
		flags |= MHD_USE_TLS;
		more[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0,
						    (void *)(uintptr_t)o->cert};
		more[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0,
						    (void *)(uintptr_t)o->cert_key};
		if (o->client_ca)
			more[n++] =
			    (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_TRUST, 0,
						    (void *)(uintptr_t)o->client_ca};
	}
	more[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned threads = o->threads ? o->threads : online > 0 ? (unsigned)online : 1;
	return MHD_start_daemon(
	    flags, 0, NULL, NULL, visit_handle, s, MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_URI_LOG_CALLBACK, visit_begin, s, MHD_OPTION_UNESCAPE_CALLBACK,
	    keep_escapes, s, MHD_OPTION_NOTIFY_COMPLETED, visit_end, s,
	    MHD_OPTION_NOTIFY_CONNECTION, link_event, s, MHD_OPTION_CONNECTION_LIMIT,
	    o->connections ? o->connections : 10000, MHD_OPTION_CONNECTION_TIMEOUT,
	    o->idle_s ? o->idle_s : 30, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)32 << 10, MHD_OPTION_THREAD_POOL_SIZE, threads > 1 ? threads : 0,
	    MHD_OPTION_ARRAY, more, MHD_OPTION_END);
}

int server_start(struct service *service, const struct server_options *o, struct fault *f,
		 struct server **ret)
{
	struct server *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return fault_set(f, YORE_ENOMEM, "server: out of memory");
	s->service = service;
	s->head_s = o->head_s ? o->head_s : 60;
	s->wants_certificates = o->client_ca != NULL;
	s->answer_ms = service->settings.answer_s * 1000;
	pthread_mutex_init(&s->links_lock, NULL);
	if (work_start(&s->queue, o->workers ? o->workers : 2,
		       o->waiting ? o->waiting : 256) < 0) {
		server_stop(s);
		return fault_set(f, YORE_EAGAIN, "server: no thread can be made");
	}
	int fd = dup(o->listen_fd);
	if (fd >= 0)
		s->daemon = start_daemon(s, o, fd);
	if (s->daemon == NULL) {
		if (fd >= 0)
			close(fd);
		server_stop(s);
		return fault_set(f, YORE_EIO, "server: cannot be started%s",
				 o->cert ? ": look at certificate and key" : "");
	}
	s->janitor_runs = pthread_create(&s->janitor, NULL, look_after, s) == 0;
	*ret = s;
	return 0;
}

void server_drain(struct server *s)
{
	if (s->drained)
		return;
	s->drained = true;
	int fd = MHD_quiesce_daemon(s->daemon);
	if (fd >= 0)
		close(fd);
}

unsigned server_connections(struct server *s)
{
	unsigned n = 0;
	pthread_mutex_lock(&s->links_lock);
	for (struct peer_link *l = s->links; l; l = l->next)
		n += atomic_load(&l->waiting_ms) == 0; /* idle ones need no waiting for */
	pthread_mutex_unlock(&s->links_lock);
	return n;
}

void server_stop(struct server *s)
{
	if (s == NULL)
		return;
	if (s->daemon)
		server_drain(s);
	atomic_store(&s->stopping, 1);
	if (s->janitor_runs)
		pthread_join(s->janitor, NULL);
	/* first the workers, so that no connection is suspended when the daemon ends */
	if (s->queue.threads)
		work_stop(&s->queue);
	if (s->daemon)
		MHD_stop_daemon(s->daemon);
	if (s->queue.threads)
		work_release(&s->queue);
	pthread_mutex_destroy(&s->links_lock);
	free(s);
}
