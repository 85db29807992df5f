/*
 * COF (draft-dulaunoy-dnsop-passive-dns-cof-13) and DNSDB's NDJSON, bare or in its stream
 * framing, where each object stands under "obj". Both state intervals.
 */
#include "logs/json_scan.h"
#include "logs/line.h"

#define RDATA_MOST 4096

struct cof {
	struct json_scan *scan;
	uint16_t zone_source;
	size_t prefix; /* octets of "obj." in front of the paths of this line */
	struct name owner;
	struct name bailiwick;
	uint16_t type;
	struct bytes *rdata; /* texts, in the arena of the line */
	size_t rdata_count, rdata_room;
	int64_t first_s, last_s, zone_first_s, zone_last_s;
	uint64_t count;
	bool has_owner, has_type;
	char cond[16];
};

static struct bytes keep(struct log *l, struct bytes v)
{
	return arena_copy(&l->arena, v);
}

static void add_rdata(struct log *l, struct cof *c, struct bytes text)
{
	if (c->rdata_count == c->rdata_room) {
		size_t room = c->rdata_room ? c->rdata_room * 2 : 8;
		struct bytes *more = room > RDATA_MOST
					 ? NULL
					 : arena_alloc(&l->arena, room * sizeof(*more));
		if (more == NULL) {
			log_bad(l, "more rdata than one record may have");
			return;
		}
		if (c->rdata_count)
			memcpy(more, c->rdata, c->rdata_count * sizeof(*more));
		c->rdata = more;
		c->rdata_room = room;
	}
	struct bytes copy = keep(l, text);
	if (copy.at)
		c->rdata[c->rdata_count++] = copy;
}

static void take_time(struct log *l, struct bytes v, int64_t unit, int64_t *ret)
{
	int64_t us;
	if (!log_epoch(v, &us)) {
		log_bad(l, "a time that is no number");
		return;
	}
	*ret = us / 1000000 / unit;
}

static void take_owner(struct log *l, struct cof *c, struct bytes v)
{
	c->has_owner = log_owner(v, &c->owner);
	if (!c->has_owner)
		log_bad(l, "rrname is no name");
}

static void take_type(struct log *l, struct cof *c, struct bytes v)
{
	c->has_type = log_type(v, &c->type);
	if (!c->has_type)
		log_bad(l, "rrtype is no type");
}

static void take_count(struct log *l, struct cof *c, struct bytes v)
{
	if (!log_number(v, &c->count))
		log_bad(l, "count is no number");
}

static void take_bailiwick(struct cof *c, struct bytes v)
{
	if (!log_owner(v, &c->bailiwick))
		c->bailiwick.len = 0;
}

static void on_value(enum json_event e, struct bytes path, struct bytes v, void *arg)
{
	struct log *l = arg;
	struct cof *c = l->own;
	if (e == JSON_OBJECT && path_is(path, "obj"))
		c->prefix = 4;
	if (e != JSON_STRING && e != JSON_NUMBER)
		return;
	if (c->prefix && path.len > 4 && memcmp(path.at, "obj.", 4) == 0)
		path = BYTES(path.at + 4, path.len - 4);
	if (path_is(path, "rrname"))
		take_owner(l, c, v);
	else if (path_is(path, "rrtype"))
		take_type(l, c, v);
	else if (path_is(path, "rdata"))
		add_rdata(l, c, v);
	else if (path_is(path, "time_first"))
		take_time(l, v, 1, &c->first_s);
	else if (path_is(path, "time_last"))
		take_time(l, v, 1, &c->last_s);
	else if (path_is(path, "count"))
		take_count(l, c, v);
	else if (path_is(path, "bailiwick"))
		take_bailiwick(c, v);
	else if (path_is(path, "zone_time_first"))
		take_time(l, v, 1, &c->zone_first_s);
	else if (path_is(path, "zone_time_last"))
		take_time(l, v, 1, &c->zone_last_s);
	else if (path_is(path, "cond") && v.len < sizeof(c->cond))
		memcpy(c->cond, v.at, v.len);
	else if (path_is(path, "msg") && v.len < sizeof(l->counters.note))
		memcpy(l->counters.note, v.at, v.len);
}

static void add_all(struct log *l, struct cof *c, struct log_set *s)
{
	for (size_t i = 0; i < c->rdata_count; i++)
		if (!log_set_add(l, s, c->rdata[i])) {
			log_bad(l, "rdata is not of its type's form");
			return;
		}
}

static void emit(struct log *l, struct cof *c, uint16_t source, int64_t first_s,
		 int64_t last_s)
{
	struct span span = {.first_s = first_s,
			    .last_s = last_s,
			    .count = c->count,
			    .ttl_min = 1,
			    .flags = SPAN_INTERVAL};
	struct log_set s;
	log_set_begin(&s, &c->owner, c->type, source);
	if (c->bailiwick.len &&
	    name_within(name_bytes(&c->owner), name_bytes(&c->bailiwick)))
		s.bailiwick = (uint8_t)name_labels(name_bytes(&c->bailiwick));
	add_all(l, c, &s);
	if (l->bad == NULL)
		log_set_emit(l, &s, &span, true);
}

static bool turned_round(int64_t first_s, int64_t last_s)
{
	return last_s != WHEN_UNKNOWN && first_s > last_s;
}

static void emit_all(struct log *l, struct cof *c)
{
	bool sensed = c->first_s != WHEN_UNKNOWN || c->last_s != WHEN_UNKNOWN;
	bool zoned = c->zone_first_s != WHEN_UNKNOWN || c->zone_last_s != WHEN_UNKNOWN;
	if (!c->has_owner || !c->has_type || c->rdata_count == 0) {
		log_bad(l, "rrname, rrtype or rdata is missing");
		return;
	}
	if (turned_round(c->first_s, c->last_s) ||
	    turned_round(c->zone_first_s, c->zone_last_s)) {
		log_bad(l, "a first time is after its last");
		return;
	}
	if (sensed || !zoned)
		emit(l, c, l->source, c->first_s, c->last_s);
	if (zoned)
		emit(l, c, c->zone_source, c->zone_first_s, c->zone_last_s);
}

static void read_line(struct log *l, struct bytes line)
{
	struct cof *c = l->own;
	struct json_scan *scan = c->scan;
	uint16_t zone_source = c->zone_source;
	memset(c, 0, sizeof(*c));
	c->scan = scan;
	c->zone_source = zone_source;
	c->first_s = c->last_s = c->zone_first_s = c->zone_last_s = WHEN_UNKNOWN;
	if (json_scan_line(scan, line) < 0) {
		log_bad(l, "no JSON object");
		return;
	}
	if (c->cond[0] && !c->has_owner && !c->has_type) {
		l->counters.other++; /* begin, or how the stream ended */
		return;
	}
	if (l->bad == NULL)
		emit_all(l, c);
}

static int start(struct log *l, struct fault *f)
{
	struct cof *c = l->own;
	char zone[SOURCE_NAME_MAX + 1];
	const char *name = source_name(l->source);
	/* zone times are a source of their own, told by the ending (query/run.h) */
	if (strlen(name) + 5 > SOURCE_NAME_MAX)
		return fault_set(f, YORE_EUSAGE, "data set name '%s' is too long", name);
	memcpy(zone, name, strlen(name));
	memcpy(zone + strlen(name), ".zone", 6);
	int r = source_of_name(zone, &c->zone_source);
	if (r == 0)
		r = json_scan_new(on_value, l, &c->scan);
	return r < 0 ? fault_set(f, r, "out of memory") : 0;
}

static void stop(struct log *l)
{
	json_scan_free(((struct cof *)l->own)->scan);
}

#define CUT 500 /* octets: a file of so many would have shown 512 */

static bool has(struct bytes head, const char *text)
{
	return memmem(head.at, head.len, text, strlen(text)) != NULL;
}

/* Of a first line that is longer than what is shown, times may stand behind the end. */
static bool looks_cof(struct bytes head)
{
	bool cut = head.len >= CUT && memchr(head.at, '\n', head.len) == NULL;
	return head.len && head.at[0] == '{' && has(head, "\"rrname\"") &&
	       has(head, "\"rrtype\"") && has(head, "\"rdata\"") &&
	       (cut || has(head, "\"time_first\"") || has(head, "\"zone_time_first\""));
}

static bool looks_dnsdb(struct bytes head)
{
	static const char begin[] = "{\"cond\"";
	return head.len && head.at[0] == '{' &&
	       (bytes_begins(head, BYTES(begin, sizeof(begin) - 1)) ||
		has(head, "{\"obj\"")) &&
	       (has(head, "\"begin\"") || has(head, "\"rrname\""));
}

const struct log_format log_cof = {"cof", false,     looks_cof, sizeof(struct cof),
				   start, read_line, stop};
const struct log_format log_dnsdb = {"dnsdb", false,	 looks_dnsdb, sizeof(struct cof),
				     start,   read_line, stop};
