/*
 * What DNSDB's API gives: absolute names with their final dot, no keys but its own
 * (clients fail on others). Sets and records by owner have a bailiwick, "." when none is
 * known; records found by rdata have none, and give a string (v1) or, with
 * options.array, an array (v2).
 */
#include "base/json.h"
#include "dns/name.h"
#include "dns/type.h"
#include "format/formats.h"
#include "format/put.h"

struct dnsdb {
	struct buf text;
};

static void put_name(struct json *j, struct buf *scratch, const char *key,
		     struct bytes name)
{
	buf_clear(scratch);
	name_put(scratch, name);
	json_key(j, key);
	json_bytes(j, buf_bytes(scratch));
}

static void put_rdatas(struct json *j, struct buf *scratch, const struct result *r,
		       bool array)
{
	struct reader in = reader_of(r->set.rdata);
	struct bytes one;
	json_key(j, "rdata");
	if (array)
		json_open(j, '[');
	while (rdataset_next(&in, &one)) {
		buf_clear(scratch);
		put_rdata(scratch, r->set.type, one, false);
		json_bytes(j, buf_bytes(scratch));
		if (!array)
			break;
	}
	if (array)
		json_close(j, ']');
}

static void put_time(struct json *j, const char *key, int64_t s, bool human)
{
	char text[WHEN_TEXT_MAX];
	if (s == WHEN_UNKNOWN)
		return;
	json_key(j, key);
	if (!human) {
		json_i64(j, s);
		return;
	}
	when_text(s, text);
	json_str(j, text);
}

static void put_times(struct json *j, const struct result *r, bool human)
{
	const struct span *s = &r->span;
	if (s->count) {
		json_key(j, "count");
		json_u64(j, s->count);
	}
	put_time(j, r->zone_times ? "zone_time_first" : "time_first", s->first_s, human);
	put_time(j, r->zone_times ? "zone_time_last" : "time_last", s->last_s, human);
}

static int begin(struct writer *w)
{
	struct dnsdb *d = w->state;
	buf_init(&d->text, 1 << 20);
	return 0;
}

static int row(struct writer *w, const struct result *r)
{
	struct dnsdb *d = w->state;
	bool bare = r->single && r->side == SIDE_RDATA;
	char type[TYPE_TEXT_MAX];
	struct json j;
	struct bytes zone;
	json_init(&j, w->out);
	json_open(&j, '{');
	put_times(&j, r, w->options.human_times);
	put_name(&j, &d->text, "rrname", r->set.owner);
	type_text(r->set.type, type);
	json_key(&j, "rrtype");
	json_str(&j, type);
	if (!bare)
		put_name(&j, &d->text, "bailiwick",
			 bailiwick_zone(&r->set, &zone) ? zone : BYTES("", 1));
	put_rdatas(&j, &d->text, r, !bare || w->options.array);
	json_close(&j, '}');
	buf_putc(w->out, '\n');
	return d->text.err;
}

static void release(struct writer *w)
{
	struct dnsdb *d = w->state;
	buf_release(&d->text);
}

const struct format format_dnsdb = {
    .name = "dnsdb",
    .about = "JSON lines as DNSDB gives them",
    .mime = "application/x-ndjson",
    .extension = "ndjson",
    .state = sizeof(struct dnsdb),
    .begin = begin,
    .row = row,
    .release = release,
};
