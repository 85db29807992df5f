/*
 * The log of what left: one JSON object a line for every request that was sent outside,
 * without keys. Mode 0600; names are in it, so it stands apart from every other log.
 */
#ifndef YORE_REMOTE_DEPARTURE_H
#define YORE_REMOTE_DEPARTURE_H

#include "conf/conf.h"
#include "remote/provider.h"

struct departure {
	int fd; /* -1: not wanted */
	char path[512];
};

/* [local] log, else $XDG_STATE_HOME/yore/asked.log; "none" for no log. */
int departure_open(struct departure *d, struct conf *c, struct fault *f) YORE_MUST_CHECK;
void departure_close(struct departure *d);
/* Before the request is sent: what cannot be written down does not leave. */
int departure_write(struct departure *d, int64_t now_s, const struct account *a,
		    const struct inquiry *q, enum tlp tlp, const struct request *masked,
		    struct fault *f) YORE_MUST_CHECK;

#endif
