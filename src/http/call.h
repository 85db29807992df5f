/*
 * One request on its way, for http/ itself: a copy of what was asked, libcurl's handle
 * while it is under way, and what came so far.
 */
#ifndef YORE_HTTP_CALL_H
#define YORE_HTTP_CALL_H

#include <curl/curl.h>

#include "http/client.h"

struct call {
	struct call *next; /* in the queue, or among those under way */
	struct http_request rq;
	char *url, *method, *user_password, *ca_file;
	uint8_t *body;
	struct curl_slist *headers;
	CURL *easy; /* NULL while queued */
	struct buf got, line, head;
	uint64_t octets;
	int stopped; /* by one of our callbacks: its error */
	unsigned tries, redirects;
	int64_t not_before_ms, began_us;
	char error[CURL_ERROR_SIZE];
};

int call_new(const struct http_request *r, struct fault *f,
	     struct call **ret) YORE_MUST_CHECK;
void call_free(struct call *c);

/* Makes the handle for the next try. ENOMEM. */
int call_begin(struct call *c, const struct http_options *o) YORE_MUST_CHECK;

/* What libcurl's result and the status mean; borrows from the call. */
void call_judge(struct call *c, CURLcode result, struct http_reply *ret);
/* Gives the handle back and forgets what came, before another try. */
void call_rewind(struct call *c);
/* The reply is a redirect that may be followed: the call now asks there. */
bool call_redirects(struct call *c, struct http_reply *r);
/* May it be sent once more? Only what cannot have been charged. */
bool call_may_repeat(CURLcode result, const struct http_reply *r);

int64_t clock_us(void);

#endif
