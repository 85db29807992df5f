/*
 * The HTTP server: libmicrohttpd around service.h. A pool of threads with epoll serves
 * connections; what may take long (a zone, a pattern, a sort, a list of terms) is made by
 * a few workers while its connection sleeps, so nobody waits for somebody else's search;
 * one of them takes only what is short by its estimate.
 * Answers are sent as they are made, in bounded chunks, as fast as the client reads.
 */
#ifndef YORE_API_SERVER_H
#define YORE_API_SERVER_H

#include "api/service.h"

struct server_options {
	int listen_fd;		     /* bound and listening; stays the caller's */
	unsigned threads;	     /* 0: as many as there are processors */
	unsigned workers;	     /* 0: 2 */
	unsigned waiting;	     /* heavy answers in the queue; 0: 256 */
	unsigned connections;	     /* at once; 0: 10,000 */
	unsigned idle_s;	     /* without an octet; 0: 30 */
	unsigned head_s;	     /* until a request has come whole; 0: 60 */
	const char *cert, *cert_key; /* PEM text; NULL: no TLS */
	const char *client_ca;	     /* PEM text: asks clients for certificates */
};

struct server;

int server_start(struct service *s, const struct server_options *o, struct fault *f,
		 struct server **ret) YORE_MUST_CHECK;
/* Takes no more connections; what is under way goes on. */
void server_drain(struct server *s);
unsigned server_connections(struct server *s); /* open ones */
void server_stop(struct server *s);

#endif
