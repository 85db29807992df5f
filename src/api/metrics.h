/*
 * Counters of the server, as Prometheus reads them (text format 0.0.4). Labels have few
 * values, fixed when the program is built: a dialect, a class of status. Never a name.
 */
#ifndef YORE_API_METRICS_H
#define YORE_API_METRICS_H

#include <stdatomic.h>

#include "base/budget.h"
#include "base/buf.h"

#define METRICS_DIALECTS 16
#define METRICS_BUCKETS 12

struct metrics {
	atomic_ullong requests[METRICS_DIALECTS][6]; /* by status / 100 */
	atomic_ullong bucket[METRICS_BUCKETS + 1], duration_us, durations;
	atomic_ullong rows, octets;
	atomic_ullong connections_total, connections;
	atomic_ullong keys_refused, quota_refused, busy_refused, broken;
	atomic_ullong heavy_running, heavy_waiting;
	atomic_ullong segments_taken, segments_known, segments_refused;
	int64_t started_s;
};

void metrics_request(struct metrics *m, unsigned dialect, int status, uint64_t us);

/* Everything; m and what stands in the service beside it. */
struct service;
void metrics_put(struct service *s, struct buf *out);

#endif
