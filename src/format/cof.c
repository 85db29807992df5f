/*
 * draft-dulaunoy-dnsop-passive-dns-cof-13: one JSON object a line. Times of zone files
 * are zone_time_first and zone_time_last (section 3.4). With options.string it is the
 * dialect that CIRCL's clients need: one line for each rdata, as a string, with
 * time_first, time_last and count in every line (they fail without), so a date that is
 * not known is then given as the one that is, and an unknown count as 1.
 */
#include "base/json.h"
#include "dns/name.h"
#include "dns/type.h"
#include "format/formats.h"
#include "format/put.h"

struct cof {
	struct buf text;
};

static struct bytes text_of(struct buf *b)
{
	return buf_bytes(b);
}

static void put_name(struct json *j, struct buf *scratch, const char *key,
		     struct bytes name)
{
	buf_clear(scratch);
	name_put_chomped(scratch, name);
	json_key(j, key);
	json_bytes(j, text_of(scratch));
}

static void put_time(struct json *j, const char *key, int64_t s)
{
	if (s == WHEN_UNKNOWN)
		return;
	json_key(j, key);
	json_i64(j, s);
}

static void put_times(struct json *j, const struct writer *w, const struct result *r)
{
	const struct span *s = &r->span;
	int64_t first = s->first_s, last = s->last_s;
	uint64_t count = s->count;
	bool zone = r->zone_times && !w->options.string;
	if (w->options.string) {
		if (first == WHEN_UNKNOWN)
			first = last;
		if (last == WHEN_UNKNOWN)
			last = first;
		if (count == 0)
			count = 1;
	}
	put_time(j, zone ? "zone_time_first" : "time_first", first);
	put_time(j, zone ? "zone_time_last" : "time_last", last);
	if (count) {
		json_key(j, "count");
		json_u64(j, count);
	}
}

static void put_days(struct json *j, uint32_t days)
{
	json_open(j, '[');
	for (unsigned d = 0; d < 31; d++)
		if (days >> d & 1)
			json_u64(j, d + 1);
	json_close(j, ']');
}

static void put_months(struct json *j, const struct writer *w, const struct result *r)
{
	char month[MONTH_TEXT_MAX];
	if (w->options.view == VIEW_MONTH) {
		if (r->month == 0)
			return;
		month_text(r->month, month);
		json_key(j, "month");
		json_str(j, month);
		json_key(j, "days");
		put_days(j, r->span.days);
		return;
	}
	if (!w->options.days || r->month_count == 0)
		return;
	json_key(j, "months");
	json_open(j, '{');
	for (size_t i = 0; i < r->month_count; i++) {
		month_text(r->months[i].month, month);
		json_key(j, month);
		put_days(j, r->months[i].days);
	}
	json_close(j, '}');
}

static void put_sensors(struct json *j, const struct writer *w, const struct result *r)
{
	struct cof *c = w->state;
	if (w->options.sensor_name == NULL || r->span.sensor_count == 0)
		return;
	buf_clear(&c->text);
	for (unsigned i = 0; i < r->span.sensor_count; i++) {
		const char *name =
		    w->options.sensor_name(r->span.sensors[i], w->options.sensor_arg);
		if (c->text.len)
			buf_putc(&c->text, ',');
		if (name)
			buf_puts(&c->text, name);
		else
			buf_printf(&c->text, "%08x", r->span.sensors[i]);
	}
	if (r->span.flags & SPAN_SENSORS_MORE)
		buf_puts(&c->text, ",...");
	json_key(j, "sensor_id");
	json_bytes(j, text_of(&c->text));
}

static void put_place(struct json *j, const struct writer *w, const char *key,
		      const struct span_place *at)
{
	if (at->number == 0)
		return;
	const char *file = w->options.place_name(at, w->options.place_arg);
	json_key(j, key);
	json_open(j, '{');
	if (file) {
		json_key(j, "file");
		json_bytes(j, BYTES_STR(file));
	}
	json_key(j, "packet");
	json_u64(j, at->number);
	json_close(j, '}');
}

/* What the draft does not know; clients pass it through or drop it. */
static void put_more(struct json *j, const struct writer *w, const struct result *r)
{
	struct cof *c = w->state;
	const struct span *s = &r->span;
	if (w->options.origin || w->options.string) {
		json_key(j, "origin");
		json_str(j, w->options.origin ? w->options.origin
					      : source_name(r->set.source));
	}
	put_sensors(j, w, r);
	json_key(j, "source");
	json_str(j, source_name(r->set.source));
	if (s->ttl_min <= s->ttl_max) {
		json_key(j, "ttl_min");
		json_u64(j, s->ttl_min);
		json_key(j, "ttl_max");
		json_u64(j, s->ttl_max);
	}
	if (s->flags & SPAN_PARTIAL) {
		json_key(j, "partial");
		json_bool(j, true);
	}
	if (r->single && r->set.bailiwick == BAILIWICK_ABSENT &&
	    (s->flags & SPAN_PROVEN)) {
		json_key(j, "proven");
		json_bool(j, true);
	}
	if (r->hop) {
		json_key(j, "hop");
		json_u64(j, r->hop);
		put_name(j, &c->text, "via", r->via);
	}
	put_months(j, w, r);
	if (w->options.place_name) {
		put_place(j, w, "first_place", &s->first_at);
		put_place(j, w, "last_place", &s->last_at);
	}
}

/* rdata: NULL for all of the set as an array. */
static void put_line(struct writer *w, const struct result *r, const struct bytes *rdata)
{
	struct cof *c = w->state;
	struct json j;
	char type[TYPE_TEXT_MAX];
	struct bytes zone, one;
	json_init(&j, w->out);
	json_open(&j, '{');
	put_name(&j, &c->text, "rrname", r->set.owner);
	type_text(r->set.type, type);
	json_key(&j, "rrtype");
	json_str(&j, type);
	json_key(&j, "rdata");
	struct reader in = reader_of(r->set.rdata);
	if (rdata == NULL)
		json_open(&j, '[');
	while (rdata == NULL ? rdataset_next(&in, &one) : in.at != NULL) {
		if (rdata) {
			one = *rdata;
			in.at = NULL;
		}
		buf_clear(&c->text);
		put_rdata(&c->text, r->set.type, one, true);
		json_bytes(&j, text_of(&c->text));
	}
	if (rdata == NULL)
		json_close(&j, ']');
	put_times(&j, w, r);
	if (bailiwick_zone(&r->set, &zone))
		put_name(&j, &c->text, "bailiwick", zone);
	put_more(&j, w, r);
	json_close(&j, '}');
	buf_putc(w->out, '\n');
}

static int begin(struct writer *w)
{
	struct cof *c = w->state;
	buf_init(&c->text, 1 << 20);
	return 0;
}

static int row(struct writer *w, const struct result *r)
{
	struct cof *c = w->state;
	if (!w->options.string) {
		put_line(w, r, NULL);
		return c->text.err;
	}
	struct reader in = reader_of(r->set.rdata);
	struct bytes rdata;
	while (rdataset_next(&in, &rdata))
		put_line(w, r, &rdata);
	return c->text.err;
}

static void release(struct writer *w)
{
	struct cof *c = w->state;
	buf_release(&c->text);
}

/* The same objects as one JSON document, for readers that do not know lines. */
static int begin_array(struct writer *w)
{
	buf_puts(w->out, "[\n");
	return begin(w);
}

static int row_array(struct writer *w, const struct result *r)
{
	struct cof *c = w->state;
	if (w->rows > 1)
		buf_puts(w->out, ",\n");
	put_line(w, r, NULL);
	if (w->out->err == 0)
		w->out->len--; /* the comma comes first */
	return c->text.err;
}

static int end_array(struct writer *w, const struct answer_counters *c)
{
	buf_puts(w->out, w->rows ? "\n]\n" : "]\n");
	return 0;
}

const struct format format_array = {
    .name = "array",
    .about = "the same objects as one JSON array",
    .mime = "application/json",
    .extension = "json",
    .state = sizeof(struct cof),
    .begin = begin_array,
    .row = row_array,
    .end = end_array,
    .release = release,
};

const struct format format_cof = {
    .name = "cof",
    .about = "JSON lines in the Common Output Format (also: json)",
    .mime = "application/x-ndjson",
    .extension = "ndjson",
    .state = sizeof(struct cof),
    .begin = begin,
    .row = row,
    .release = release,
};
