/* Which clients ask for others; internal to query/who.c. */
#ifndef YORE_QUERY_WHO_FORWARD_H
#define YORE_QUERY_WHO_FORWARD_H

#include "query/who.h"

struct who_mark { /* a client on a day, and whether it forwards */
	struct asked_client client;
	uint16_t day;
	bool forwarder;
};

struct who_marks {
	struct store *store;
	const char *shelf;
	uint64_t most; /* distinct names a day */
	struct fault *fault;
	struct who_mark *at; /* open addressing */
	size_t room, count;
};

static inline bool who_same_client(const struct asked_client *a,
				   const struct asked_client *b)
{
	return a->len == b->len && memcmp(a->at, b->at, a->len) == 0;
}

/* Looked at once for each client and day. */
int who_forwards(struct who_marks *m, const struct asked_client *c, uint16_t day,
		 bool *ret);
void who_marks_release(struct who_marks *m);

#endif
