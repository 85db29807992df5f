/* How much there is for a term, each source apart. */
#include "api/dialects.h"
#include "api/own.h"

#define SUMMARY_SOURCES 64

struct source_sum {
	uint16_t source;
	uint64_t records;
	struct span span;
};

struct sums {
	struct source_sum at[SUMMARY_SOURCES];
	size_t count;
};

static int begin(struct answer_feed *f, struct buf *out)
{
	return 0;
}

static int row(struct answer_feed *f, struct buf *out, const struct result *r)
{
	struct sums *s = f->state;
	size_t i = 0;
	while (i < s->count && s->at[i].source != r->set.source)
		i++;
	if (i == SUMMARY_SOURCES)
		return ROW_STOP;
	struct source_sum *sum = &s->at[i];
	struct span one = r->span;
	one.flags &= (uint8_t)~SPAN_INTERVAL; /* here counts are added */
	if (i == s->count) {
		s->count++;
		*sum = (struct source_sum){.source = r->set.source, .span = one};
	} else {
		span_merge(&sum->span, &one);
	}
	sum->records++;
	return 0;
}

static void put_sum(struct json *j, const struct source_sum *s)
{
	json_key(j, source_name(s->source));
	json_open(j, '{');
	json_key(j, "records");
	json_u64(j, s->records);
	json_key(j, "count");
	json_u64(j, s->span.count);
	if (s->span.first_s != WHEN_UNKNOWN) {
		json_key(j, "time_first");
		json_i64(j, s->span.first_s);
	}
	if (s->span.last_s != WHEN_UNKNOWN) {
		json_key(j, "time_last");
		json_i64(j, s->span.last_s);
	}
	json_close(j, '}');
}

static int end(struct answer_feed *f, struct buf *out)
{
	struct sums *s = f->state;
	struct json j;
	enum watched watched;
	json_init(&j, out);
	json_open(&j, '{');
	json_key(&j, "records");
	json_u64(&j, f->feed.rows);
	json_key(&j, "complete");
	json_bool(&j, f->end == END_WHOLE);
	json_key(&j, "sources");
	json_open(&j, '{');
	for (size_t i = 0; i < s->count; i++)
		put_sum(&j, &s->at[i]);
	json_close(&j, '}');
	json_key(&j, "coverage");
	own_put_coverage_of(&j, f->store, &f->ask->query.fence, &watched);
	if (!feed_found(&f->feed))
		own_put_absent(&j, f->store, &f->ask->query);
	json_close(&j, '}');
	buf_putc(out, '\n');
	return out->err;
}

static const struct shape shape_sums = {
    .state = sizeof(struct sums), .begin = begin, .row = row, .end = end};

void own_summary(struct call *c, size_t at)
{
	const char *term = url_param(c->url, "term");
	struct ask *a = ask_new(c);
	if (a == NULL)
		return;
	if (term == NULL)
		call_error(c, 400, "no term: ask with term=...");
	if (term == NULL || !own_params(c, a) || !ask_term(c, a, term)) {
		ask_free(a);
		return;
	}
	a->limit = ask_rows_max(c);
	call_answer(c, a, &shape_sums, "application/json");
	if (c->feed)
		c->feed->heavy = true;
}
