#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/service.h"

static const uint64_t bounds_us[METRICS_BUCKETS] = {
    100, 250, 500, 1000, 2500, 5000, 10000, 50000, 250000, 1000000, 5000000, 30000000};

void metrics_request(struct metrics *m, unsigned dialect, int status, uint64_t us)
{
	unsigned class = (unsigned)status / 100;
	size_t b = 0;
	if (dialect < METRICS_DIALECTS && class < 6)
		atomic_fetch_add(&m->requests[dialect][class], 1);
	while (b < METRICS_BUCKETS && us > bounds_us[b])
		b++;
	atomic_fetch_add(&m->bucket[b], 1);
	atomic_fetch_add(&m->duration_us, us);
	atomic_fetch_add(&m->durations, 1);
}

static void head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(struct buf *out, const char *name, const char *type, const char *help,
		uint64_t v)
{
	head(out, name, type, help);
	buf_printf(out, "%s %" PRIu64 "\n", name, v);
}

static void put_requests(struct metrics *m, struct buf *out)
{
	head(out, "yore_http_requests_total", "counter",
	     "Requests answered, by dialect and class of status.");
	for (unsigned d = 0; d < DIALECTS; d++)
		for (unsigned k = 1; k < 6; k++) {
			uint64_t v = atomic_load(&m->requests[d][k]);
			if (v)
				buf_printf(out,
					   "yore_http_requests_total{dialect=\"%s\","
					   "code=\"%uxx\"} %" PRIu64 "\n",
					   dialect_name((enum dialect)d), k, v);
		}
}

static void put_durations(struct metrics *m, struct buf *out)
{
	const char *name = "yore_http_request_duration_seconds";
	uint64_t sum = 0;
	head(out, name, "histogram", "From the request's head to the end of its answer.");
	for (size_t i = 0; i < METRICS_BUCKETS; i++) {
		sum += atomic_load(&m->bucket[i]);
		buf_printf(out, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name,
			   (double)bounds_us[i] / 1e6, sum);
	}
	sum += atomic_load(&m->bucket[METRICS_BUCKETS]);
	buf_printf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, sum);
	buf_printf(out, "%s_sum %.6f\n", name,
		   (double)atomic_load(&m->duration_us) / 1e6);
	buf_printf(out, "%s_count %" PRIu64 "\n", name, sum);
}

static int put_shelf(const struct shelf_stat *st, void *arg)
{
	buf_printf(arg, "yore_store_size_bytes{shelf=\"%s\"} %" PRIu64 "\n", st->shelf,
		   st->octets);
	return 0;
}

static int put_level0(const struct shelf_stat *st, void *arg)
{
	buf_printf(arg, "yore_store_level0_files{shelf=\"%s\"} %" PRIu64 "\n", st->shelf,
		   st->level0);
	return 0;
}

static uint64_t resident_octets(void)
{
	char line[64] = "", *end;
	FILE *f = fopen("/proc/self/statm", "re");
	if (f == NULL)
		return 0;
	bool read = fgets(line, sizeof(line), f) != NULL;
	fclose(f);
	strtoul(line, &end, 10); /* all of it; the second is what is in memory */
	unsigned long pages = read ? strtoul(end, NULL, 10) : 0;
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

void metrics_put(struct service *s, struct buf *out)
{
	struct metrics *m = &s->metrics;
	struct store *st = s->store;
	head(out, "yore_build_info", "gauge", "The program's version.");
	buf_printf(out, "yore_build_info{version=\"%s\"} 1\n", YORE_VERSION);
	put_requests(m, out);
	put_durations(m, out);
#define C(field, name, text) one(out, name, "counter", text, atomic_load(&m->field))
	C(rows, "yore_http_rows_total", "Records given to clients.");
	C(octets, "yore_http_sent_bytes_total", "Octets of bodies handed over to send.");
	C(connections_total, "yore_http_connections_total", "Connections accepted.");
	C(keys_refused, "yore_http_keys_refused_total",
	  "Requests without a key that would be good.");
	C(quota_refused, "yore_http_quota_refused_total",
	  "Requests refused by a quota or rate.");
	C(busy_refused, "yore_http_busy_refused_total",
	  "Requests refused because too much was under way.");
	C(broken, "yore_http_broken_total", "Answers that ended early.");
	C(segments_taken, "yore_segments_taken_total", "Segments of sensors added.");
	C(segments_known, "yore_segments_known_total",
	  "Segments that were here already.");
	C(segments_refused, "yore_segments_refused_total", "Segments refused.");
#undef C
#define G(field, name, text) one(out, name, "gauge", text, atomic_load(&m->field))
	G(connections, "yore_http_connections", "Connections open.");
	G(heavy_running, "yore_http_heavy_running", "Long answers being made.");
	G(heavy_waiting, "yore_http_heavy_waiting", "Long answers waiting for a worker.");
#undef G
	one(out, "yore_http_answers_bytes", "gauge",
	    "Memory that answers hold to sort and merge.",
	    atomic_load(&s->answers.taken));
	one(out, "yore_http_bodies_bytes", "gauge", "Memory that holds what is posted.",
	    atomic_load(&s->bodies.taken));
	one(out, "process_resident_memory_bytes", "gauge", "Memory in use.",
	    resident_octets());
	one(out, "process_start_time_seconds", "gauge", "When the server began.",
	    (uint64_t)m->started_s);
	if (st == NULL)
		return;
	head(out, "yore_store_size_bytes", "gauge", "Octets on disk of each shelf.");
	(void)store_stat(st, put_shelf, out, NULL);
	head(out, "yore_store_level0_files", "gauge", "Files in level 0 of each shelf.");
	(void)store_stat(st, put_level0, out, NULL);
}
