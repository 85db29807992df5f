/*
 * What all calls of one server share: the store, the keys, the limits, the counters.
 * Made before the first call and freed after the last; calls run on several threads.
 */
#ifndef YORE_API_SERVICE_H
#define YORE_API_SERVICE_H

#include <pthread.h>

#include "api/call.h"
#include "api/forwarded.h"
#include "api/metrics.h"
#include "api/origin.h"
#include "api/quota.h"
#include "store/store.h"

struct audit;
struct receiver;

#define SOURCES_MET_MAX 256

struct settings {
	uint64_t rows_default; /* where a client names no limit; 0: 10,000 */
	uint64_t rows_max;     /* of one answer; 0: 1,000,000 */
	uint64_t offset_max;   /* 0: 100,000 */
	size_t terms_max;      /* of one posted list; 0: 100,000 */
	int64_t answer_s;      /* longest an answer may take; 0: 300 */
	uint64_t memory;       /* octets of everything; 0: 512 MiB */
	bool upload;	       /* takes segments of sensors */
};

struct service {
	struct settings settings;
	struct store *store;
	struct key_ring ring;
	bool keyed;	/* a key is needed */
	char *key_file; /* NULL: none */
	struct forwarded proxies;
	struct origins origins;
	pthread_rwlock_t ring_lock;
	struct quota_table *quota;
	struct metrics metrics;
	struct budget answers; /* what they hold to sort and merge: a half of memory */
	struct budget bodies;  /* what is being posted: an eighth */
	struct audit *audit;   /* NULL: none */
	struct receiver *receiver; /* NULL: no uploads */
	atomic_int draining;
	atomic_uint sources_met; /* named by clients and new to this process */
};

/* The settings were set: zeros to their defaults, and the budgets by them. */
void service_settle(struct service *s);

/*
 * One call, in two steps: route, key and quota when the head of the request is here; the
 * dialect's handler when all of it is. A step that leaves a status ends it: c->reply is
 * then the whole answer. Otherwise c->feed gives it.
 */
void service_admit(struct service *s, struct call *c);
void service_run(struct call *c);
/* Fills the first chunk of c->feed into c->reply and settles status and headers. 1:
 * there is more to pull. */
int service_first(struct call *c);

/* A service without keys and audit log around a store; release does not close it. */
int service_init(struct service *s, struct store *st) YORE_MUST_CHECK;
void service_release(struct service *s);

#endif
