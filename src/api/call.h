/*
 * One request and what is to be answered, apart from any HTTP library: dialects see
 * nothing else, so that tests call them without a socket.
 *
 * A dialect (dnsdb.c, circl.c, own.c, ...) reads the request, and leaves either a status
 * with a short body (call_error, call_text), or a feed: octets that are pulled in
 * bounded chunks while they are sent. The feed belongs to the call.
 */
#ifndef YORE_API_CALL_H
#define YORE_API_CALL_H

#include "api/feed.h"
#include "api/key.h"
#include "api/url.h"
#include "base/addr.h"

struct service; /* api/service.h: what all calls share */
struct route;	/* api/route.h */

enum {
	CALL_BODY_MAX = 16 << 20, /* octets of a posted list */
	CALL_REPLY_MAX = 1 << 20, /* octets of a body that is no feed */
	CALL_HEADERS_MAX = 16
};

struct call_header {
	const char *name;
	char value[480];
};

/* How errors and missing keys are told: what the clients of that dialect understand. */
enum dialect {
	DIALECT_OWN,
	DIALECT_DNSDB2,
	DIALECT_DNSDB1,
	DIALECT_CIRCL,
	DIALECT_D4,
	DIALECT_MNEMONIC,
	DIALECT_WISE,
	DIALECT_OPERATION, /* health, metrics, documents */
	DIALECT_UPLOAD,
	DIALECTS
};
const char *dialect_name(enum dialect d);

struct call {
	/* the request */
	struct service *service;
	const char *method;
	const struct url *url;
	const char *target; /* as it was sent, for the audit log */
	const char *(*header)(const struct call *c, const char *name); /* NULL: absent */
	void *transport;
	struct buf body;   /* what was posted */
	struct addr peer;  /* the client, behind proxies of ours as well */
	struct addr proxy; /* who handed it on; none: it came by itself */
	int64_t now_s;
	enum dialect dialect;
	const struct route *route; /* set by service_admit */
	size_t route_at;
	unsigned route_methods;
	const struct key *key; /* NULL: none was needed */
	struct key key_room;   /* a copy, as the ring may be read anew meanwhile */

	/* the answer */
	int status;
	const char *mime;
	struct buf reply;
	struct feed *feed;
	/* After the first chunk was pulled into reply: what only then is known. May turn
	   the answer into an error. NULL: nothing. */
	void (*settle)(struct call *c, bool ended);
	struct call_header headers[CALL_HEADERS_MAX];
	size_t header_count;
};

void call_init(struct call *c, struct service *s);
void call_release(struct call *c);

/* One line of text, as all clients read it: "Error: ...". */
void call_error(struct call *c, int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void call_fault(struct call *c, const struct fault *f); /* status by its code */
/* The content of c->reply, put there by the caller. */
void call_done(struct call *c, int status, const char *mime);
/* Takes the feed. */
void call_feed(struct call *c, struct feed *feed, const char *mime);
void call_header(struct call *c, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
