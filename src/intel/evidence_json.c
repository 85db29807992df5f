/* Evidence as lines of JSON; see docs/investigate.md. */
#include "base/json.h"
#include "intel/evidence.h"

static void put_time(struct json *j, const char *key, int64_t s)
{
	json_key(j, key);
	if (s == WHEN_UNKNOWN)
		json_none(j);
	else
		json_i64(j, s);
}

static void put_hex(struct json *j, const char *key, struct bytes b)
{
	struct buf hex;
	buf_init(&hex, 1 << 18);
	buf_hex(&hex, b);
	json_key(j, key);
	json_str(j, buf_str(&hex));
	buf_release(&hex);
}

static void put_number(struct json *j, const char *key, uint64_t v)
{
	json_key(j, key);
	json_u64(j, v);
}

static void put_row(struct json *j, const struct row *r)
{
	json_open(j, '{');
	put_hex(j, "owner", r->owner);
	put_number(j, "type", r->type);
	json_key(j, "source");
	json_str(j, source_name(r->source));
	put_hex(j, "rdata", r->rdata);
	put_time(j, "first", r->span.first_s);
	put_time(j, "last", r->span.last_s);
	put_number(j, "count", r->span.count);
	put_number(j, "ttl_min", r->span.ttl_min);
	put_number(j, "ttl_max", r->span.ttl_max);
	put_number(j, "zone", r->zone_times);
	json_key(j, "months");
	json_open(j, '[');
	for (size_t i = 0; i < r->month_count; i++) {
		const struct month_seen *m = &r->months[i];
		json_open(j, '[');
		json_i64(j, m->month);
		json_u64(j, m->days);
		json_u64(j, m->count);
		json_i64(j, m->first_s);
		json_i64(j, m->last_s);
		json_close(j, ']');
	}
	json_close(j, ']');
	if (r->hop) {
		put_number(j, "hop", r->hop);
		put_hex(j, "via", r->via);
	}
	json_close(j, '}');
}

void evidence_put(const struct evidence *e, struct buf *out)
{
	struct json j;
	json_init(&j, out);
	json_open(&j, '{');
	json_key(&j, "coverage");
	json_str(&j, e->coverage_text ? e->coverage_text : "");
	put_number(&j, "watched", e->watched);
	put_time(&j, "history_begins", e->history_begins_s);
	if (e->outside.names) {
		json_key(&j, "outside");
		json_str(&j, e->outside.names);
		put_number(&j, "outside_asked", e->outside.asked);
		put_number(&j, "outside_missing", e->outside.missing);
	}
	json_close(&j, '}');
	buf_putc(out, '\n');
	for (size_t i = 0; i < e->count; i++) {
		const struct answered *a = e->at[i];
		json_init(&j, out);
		json_open(&j, '{');
		json_key(&j, "question");
		json_str(&j, a->question);
		put_number(&j, "truncated", a->truncated);
		put_number(&j, "damaged", a->damaged);
		put_number(&j, "refused", a->refused);
		if (a->absent != ABSENCE_NONE)
			put_number(&j, "absent", a->absent);
		put_number(&j, "wide", a->wide);
		json_key(&j, "rows");
		json_open(&j, '[');
		for (size_t k = 0; k < a->count; k++)
			put_row(&j, &a->rows[k]);
		json_close(&j, ']');
		json_close(&j, '}');
		buf_putc(out, '\n');
	}
}
