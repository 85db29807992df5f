/*
 * HTTP requests to others: libcurl's multi interface behind a few calls.
 *
 * Requests are queued and run together. Each belongs to a *lane*: whoever is asked, with
 * a limit on how many at once and a pause between two starts. A reply of 429 or 503 that
 * says Retry-After holds its whole lane back for so long.
 *
 * What is certain, whatever the configuration:
 * - The peer's certificate is verified, TLS is 1.2 or later, only http and https are
 *   spoken, and proxies come from the environment (https_proxy, no_proxy, ...).
 * - A redirect is followed within the same scheme, host and port only (three times);
 *   any other is EREFUSED and the reply says where it wanted to go.
 * - A body has a ceiling after decompression, a line as well, headers too.
 * - A request that may have been charged is never repeated: only when no connection
 *   came about, or the server said 429 or 503 with Retry-After. A *charged* request
 *   travels on a connection of its own, since a reused one may die behind the request.
 *
 * One thread owns a client. Callbacks run inside http_run and may queue more.
 */
#ifndef YORE_HTTP_CLIENT_H
#define YORE_HTTP_CLIENT_H

#include "base/buf.h"

#define HTTP_LANES_MAX 64
#define HTTP_LINE_MAX (4u << 20) /* of a streamed body */

struct http_client;

struct http_options {
	const char *ca_file; /* PEM of the only authorities trusted; NULL: the system's */
	const char *cert_file, *key_file; /* PEM, of this client; NULL: none */
	const char *user_agent;		  /* NULL: "yore/VERSION" */
	unsigned parallel;		  /* requests at once; 0: 16 */
	unsigned tries;			  /* at most so many of one request; 0: 3 */
	int64_t backoff_ms; /* before a second connection attempt, then doubled; 0: 1 s */
	int64_t patience_ms; /* the longest Retry-After worth waiting for; 0: 60 s */
};

struct http_lane {
	unsigned parallel; /* requests at once; 0: 2 */
	int64_t gap_ms;	   /* from one start to the next */
};

struct http_reply {
	int error;   /* 0: whole; ETIMEOUT, ETRUNCATED, ELIMIT, EREFUSED, EIO, ENOMEM or
			what line() returned */
	long status; /* 0 when none came */
	struct bytes body;  /* up to where it broke, also of an error status; empty when
			       lines were given out and `collect` was not asked for */
	struct fault fault; /* when error is set: what happened, in a sentence */
	int64_t retry_after_s; /* as said by the server, else 0 */
	int64_t elapsed_us;    /* of the last try, from connecting to the end */
	uint64_t octets;       /* of the body, decompressed */
	unsigned tries;	       /* how often it was sent or tried */
	struct bytes head;     /* header lines of the last response, CRLF between */
};

struct http_request {
	const char *url;
	const char *method;	    /* NULL: GET, or POST with a body */
	const char *const *headers; /* "Name: value" */
	size_t header_count;
	const char *user_password; /* "user:password" for Basic; NULL: none */
	struct bytes body;
	unsigned lane;
	const char *ca_file; /* instead of the client's; NULL: that */
	bool charged;	     /* see above */
	int64_t timeout_ms;  /* for the whole of a try; 0: 60 s */
	int64_t idle_ms;     /* without an octet; 0: 20 s */
	size_t ceiling;	     /* octets of body; 0: 64 MiB */
	bool collect;	     /* the body as well as its lines */
	/* Each line of a 2xx body, without its end; negative stops with that error. */
	int (*line)(struct bytes line, void *arg);
	/* Once for every request, also one that http_stop took back (EAGAIN). */
	void (*done)(const struct http_reply *reply, void *arg);
	void *arg;
};

int http_open(const struct http_options *o, struct fault *f,
	      struct http_client **ret) YORE_MUST_CHECK;
void http_close(struct http_client *c); /* done is not called for what is still open */

/* A lane of its own; lane 0 is there from the start. ELIMIT. */
int http_lane(struct http_client *c, const struct http_lane *lane,
	      unsigned *ret) YORE_MUST_CHECK;

/* Queues; everything in the request is copied but arg. EMALFORMED: the URL. */
int http_add(struct http_client *c, const struct http_request *r,
	     struct fault *f) YORE_MUST_CHECK;
/* Until nothing is queued or under way, or http_stop was called from a callback. */
int http_run(struct http_client *c, struct fault *f) YORE_MUST_CHECK;
void http_stop(struct http_client *c);

/*
 * One request, waited for. Returns the reply's error; body and head are the caller's
 * buffers (may be NULL) and what the reply borrows.
 */
int http_perform(struct http_client *c, const struct http_request *r, struct buf *body,
		 struct buf *head, struct http_reply *ret) YORE_MUST_CHECK;

/* Value of a header, by name in any case; 1 found (copied, cut to room), 0 none. */
int http_header(const struct http_reply *r, const char *name, char *out, size_t room);

#endif
