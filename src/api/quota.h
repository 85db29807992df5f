/*
 * How much each key has used: a bucket of tokens (rate, burst) and requests of the day
 * (quota, UTC). In memory, one entry a key; what of the day's quota is used can be kept
 * in a file, and then outlives the process.
 */
#ifndef YORE_API_QUOTA_H
#define YORE_API_QUOTA_H

#include "api/key.h"

struct quota_table;

struct quota_table *quota_new(void); /* NULL: no memory */
void quota_free(struct quota_table *t);

/* Goes on with what the file says, and writes there; t takes nothing before. */
int quota_keep(struct quota_table *t, const char *path, int64_t now_s,
	       struct fault *f) YORE_MUST_CHECK;
/* Now and then, and at the end: survives also the machine. What could not be written is
 * told here. */
int quota_sync(struct quota_table *t, struct fault *f) YORE_MUST_CHECK;

enum quota_verdict { QUOTA_GOOD, QUOTA_RATE, QUOTA_DAY };
/* Takes one request; *wait_s says when to come again. */
enum quota_verdict quota_take(struct quota_table *t, const struct key *k, int64_t now_us,
			      int64_t *wait_s);

struct quota_state {
	uint64_t limit, left;
	int64_t reset_s;
};
/* False: the key (or NULL) has no quota. Takes nothing. */
bool quota_look(struct quota_table *t, const struct key *k, int64_t now_s,
		struct quota_state *ret);

#endif
