/*
 * A request on its connection, for the files that speak to libmicrohttpd. A visit is
 * made when the request line has been read and ends when the last octet was sent or the
 * connection broke. Of its life at most one thread at a time owns it: the connection's
 * own, or, while the connection is suspended, a worker.
 */
#ifndef YORE_API_VISIT_H
#define YORE_API_VISIT_H

#include <microhttpd.h>

#include "api/audit.h"
#include "api/route.h"
#include "api/server.h"

struct peer_link { /* one connection */
	struct peer_link *next, *previous;
	int fd;
	/* monotonic milliseconds since when a whole request is awaited; 0: one is being
	 * answered */
	atomic_llong waiting_ms;
	bool uploading;
};

struct visit {
	struct server *server;
	struct MHD_Connection *connection;
	struct peer_link *link;
	struct call call;
	struct url url;
	char *target;
	int url_error;
	bool admitted, whole, started;
	bool heavy;
	int more;    /* 1: the feed has more, 0: all is in call.reply, negative: cut */
	size_t sent; /* of call.reply */
	int64_t began_us;
	size_t held; /* of the bodies' budget */

	/* with a worker */
	struct visit *next;	/* in the queue */
	atomic_llong worker_ms; /* since when one works on it; 0: none */
	struct visit *next_running, *previous_running;
};

struct work_queue {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct visit *first, **last;
	struct visit *running;
	unsigned waiting[2], waiting_max; /* long ones, quick ones */
	bool stopping;
	pthread_t *threads;
	unsigned thread_count;
};

struct server {
	struct service *service;
	struct MHD_Daemon *daemon;
	struct work_queue queue;
	pthread_mutex_t links_lock;
	struct peer_link *links;
	pthread_t janitor;
	bool janitor_runs;
	atomic_int stopping;
	unsigned head_s;
	bool wants_certificates; /* of whoever sends segments */
	int64_t answer_ms;
	int64_t trimmed_ms; /* when memory was last given back to the system, */
	size_t trimmed;	    /* and what the budgets had got back by then */
	bool drained;
};

int64_t clock_ms(void); /* monotonic */

/* visit.c: the callbacks */
void *visit_begin(void *server, const char *target, struct MHD_Connection *c);
enum MHD_Result visit_handle(void *server, struct MHD_Connection *c, const char *url,
			     const char *method, const char *version, const char *data,
			     size_t *data_len, void **visit);
void visit_end(void *server, struct MHD_Connection *c, void **visit,
	       enum MHD_RequestTerminationCode why);

/*
 * work.c. So many threads take what comes, in the order in which it came; one more takes
 * what is quick only, so that it need not wait for what is not.
 */
int work_start(struct work_queue *q, unsigned threads, unsigned waiting_max);
void work_stop(struct work_queue *q); /* ends what is under way, soon */
void work_release(struct work_queue *q);
/* Suspends the connection and puts the visit in the queue; false: no room for it. */
bool work_push(struct work_queue *q, struct visit *v);
/* Tells answers that a worker has been at for too long to stop. */
void work_hurry(struct work_queue *q, int64_t now_ms, int64_t most_ms);

#endif
