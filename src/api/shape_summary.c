/* How much there is, in one object: DNSDB's summarize. */
#include "api/answer_feed.h"
#include "base/json.h"

struct summary {
	struct span seen, zone;
	uint64_t results;
	bool has_seen, has_zone;
};

static int begin_line(struct answer_feed *f, struct buf *out)
{
	return 0;
}

static int begin_stream(struct answer_feed *f, struct buf *out)
{
	buf_puts(out, "{\"cond\":\"begin\"}\n");
	return out->err;
}

static uint64_t count_of(const struct summary *s)
{
	return (s->has_seen ? s->seen.count : 0) + (s->has_zone ? s->zone.count : 0);
}

static int row(struct answer_feed *f, struct buf *out, const struct result *r)
{
	struct summary *s = f->state;
	struct span *into = r->zone_times ? &s->zone : &s->seen;
	bool *has = r->zone_times ? &s->has_zone : &s->has_seen;
	struct span one = r->span;
	one.flags &= (uint8_t)~SPAN_INTERVAL; /* here counts are added */
	if (*has)
		span_merge(into, &one);
	else
		*into = one;
	*has = true;
	s->results++;
	/* "max_count: stop when the count reaches it": whole and not cut by a limit */
	if (f->ask->most && count_of(s) >= f->ask->most)
		return ROW_STOP;
	return s->results >= f->ask->limit ? ROW_STOP : 0;
}

static void put_times(struct json *j, const struct span *s, const char *first,
		      const char *last)
{
	if (s->first_s != WHEN_UNKNOWN) {
		json_key(j, first);
		json_i64(j, s->first_s);
	}
	if (s->last_s != WHEN_UNKNOWN) {
		json_key(j, last);
		json_i64(j, s->last_s);
	}
}

static void put(const struct summary *s, struct buf *out)
{
	struct json j;
	json_init(&j, out);
	json_open(&j, '{');
	json_key(&j, "count");
	json_u64(&j, count_of(s));
	json_key(&j, "num_results");
	json_u64(&j, s->results);
	if (s->has_seen)
		put_times(&j, &s->seen, "time_first", "time_last");
	if (s->has_zone)
		put_times(&j, &s->zone, "zone_time_first", "zone_time_last");
	json_close(&j, '}');
}

static int end_line(struct answer_feed *f, struct buf *out)
{
	struct summary *s = f->state;
	if (f->end == END_FAILED)
		return f->feed.fault.code < 0 ? f->feed.fault.code : YORE_ECORRUPT;
	if (s->results == 0)
		return 0;
	put(s, out);
	buf_putc(out, '\n');
	return out->err;
}

static int end_stream(struct answer_feed *f, struct buf *out)
{
	struct summary *s = f->state;
	if (f->end == END_LIMITED)
		f->end = END_WHOLE;
	if (s->results) {
		buf_puts(out, "{\"obj\":");
		put(s, out);
		buf_puts(out, "}\n");
	}
	saf_put_end(f, out);
	return out->err;
}

const struct shape shape_summary = {.state = sizeof(struct summary),
				    .own_limit = true,
				    .begin = begin_line,
				    .row = row,
				    .end = end_line};
const struct shape shape_summary_saf = {.state = sizeof(struct summary),
					.own_limit = true,
					.begin = begin_stream,
					.row = row,
					.end = end_stream};
