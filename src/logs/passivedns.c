/*
 * gamelinux passivedns: a line tells the last time a record was seen and how often since
 * the line before it. Text has a configurable delimiter and list of fields.
 */
#include "dns/type.h"
#include "logs/json_scan.h"
#include "logs/line.h"

#define FIELDS_MOST 24
static const char default_fields[] =
    "timestamp,client,server,class,query,type,answer,ttl,count";

struct entry { /* what a line says; views into it */
	struct bytes timestamp, fraction, class, query, type, answer, ttl, count;
};

struct text_state {
	struct bytes delimiter;
	size_t
	    at[8]; /* which column is which member of struct entry; FIELDS_MOST: none */
	size_t columns;
};

struct json_state {
	struct json_scan *scan;
	struct entry e;
};

static bool is_internet(struct bytes class)
{
	return class.len == 0 || bytes_equal(class, BYTES_LIT("IN")) ||
	       bytes_equal(class, BYTES_LIT("1"));
}

static bool number_or(struct bytes text, uint64_t none, uint64_t *ret)
{
	*ret = none;
	return text.len == 0 || log_number(text, ret);
}

static bool read_time(struct log *l, const struct entry *e)
{
	int64_t us;
	uint64_t fraction;
	if (!log_epoch(e->timestamp, &us) || !number_or(e->fraction, 0, &fraction))
		return false;
	l->time_us = us + (int64_t)(fraction % 1000000);
	return true;
}

static void emit(struct log *l, const struct entry *e, const struct name *owner,
		 uint16_t type, uint64_t count, uint64_t ttl)
{
	struct span span = span_of_sighting(l->time_us / 1000000, (uint32_t)ttl);
	struct log_set s;
	span.count = count ? count : 1;
	if (e->ttl.len == 0)
		span.ttl_min = span.ttl_max + 1;
	log_set_begin(&s, owner, type,
		      l->options.sightings ? l->options.sightings : SOURCE_BELOW);
	if (!log_set_add(l, &s, e->answer)) {
		/* passivedns prints an MX, SOA or NAPTR without all of its fields */
		l->counters.incomplete++;
		return;
	}
	log_set_emit(l, &s, &span, false);
}

static void take(struct log *l, const struct entry *e)
{
	struct name owner;
	uint16_t type;
	uint64_t count, ttl;
	if (!read_time(l, e))
		log_bad(l, "no time");
	else if (!is_internet(e->class))
		l->counters.other_class++;
	else if (!log_owner(e->query, &owner))
		log_bad(l, "no name");
	else if (!log_type(e->type, &type))
		log_bad(l, "no type");
	else if (!number_or(e->count, 1, &count) || !number_or(e->ttl, 0, &ttl) ||
		 ttl > UINT32_MAX)
		log_bad(l, "ttl or count is no number");
	else if (e->answer.len == 0 || bytes_equal(e->answer, BYTES_LIT("NXDOMAIN")) ||
		 bytes_equal(e->answer, BYTES_LIT("SERVFAIL")))
		l->counters.unanswered++;
	else
		emit(l, e, &owner, type, count, ttl);
}

/* ---- text ---- */

static const struct {
	const char *name;
	size_t offset;
} members[] = {
#define M(text, member)                              \
	{                                            \
		text, offsetof(struct entry, member) \
	}
    M("timestamp", timestamp), M("class", class), M("query", query), M("type", type),
    M("answer", answer),       M("ttl", ttl),	  M("count", count),
#undef M
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

static int read_fields(struct text_state *t, const char *fields, struct fault *f)
{
	for (size_t i = 0; i < MEMBERS; i++)
		t->at[i] = FIELDS_MOST;
	for (const char *p = fields; *p; t->columns++) {
		size_t n = strcspn(p, ",");
		if (t->columns == FIELDS_MOST)
			return fault_set(f, YORE_EUSAGE, "more than %d fields",
					 FIELDS_MOST);
		for (size_t i = 0; i < MEMBERS; i++)
			if (strlen(members[i].name) == n &&
			    memcmp(members[i].name, p, n) == 0)
				t->at[i] = t->columns;
		p += n + (p[n] == ',');
	}
	for (size_t i = 0; i < MEMBERS; i++)
		if (t->at[i] == FIELDS_MOST && i != 1 && i < 5)
			return fault_set(f, YORE_EUSAGE, "the list of fields names no %s",
					 members[i].name);
	return 0;
}

static int open_text(struct log *l, struct fault *f)
{
	struct text_state *t = l->own;
	const char *d = l->options.delimiter ? l->options.delimiter : "||";
	if (*d == 0)
		return fault_set(f, YORE_EUSAGE, "the delimiter is empty");
	t->delimiter = BYTES_STR(d);
	return read_fields(t, l->options.fields ? l->options.fields : default_fields, f);
}

static void read_text(struct log *l, struct bytes line)
{
	struct text_state *t = l->own;
	struct entry e = {0};
	size_t column = 0;
	const uint8_t *p = line.at, *end = line.at + line.len;
	if (*p == '#') {
		l->counters.other++;
		return;
	}
	for (; column < t->columns; column++) {
		const uint8_t *d =
		    memmem(p, (size_t)(end - p), t->delimiter.at, t->delimiter.len);
		struct bytes field = BYTES(p, (size_t)((d ? d : end) - p));
		for (size_t i = 0; i < MEMBERS; i++)
			if (t->at[i] == column)
				memcpy((char *)&e + members[i].offset, &field,
				       sizeof(field));
		if (d == NULL)
			break;
		p = d + t->delimiter.len;
	}
	if (column + 1 < t->columns)
		log_bad(l, "fewer fields than there should be");
	else
		take(l, &e);
}

/* ---- JSON ---- */

static void on_value(enum json_event ev, struct bytes path, struct bytes v, void *arg)
{
	struct log *l = arg;
	struct json_state *j = l->own;
	if (ev != JSON_STRING && ev != JSON_NUMBER)
		return;
	v = arena_copy(&l->arena, v);
	if (path_is(path, "timestamp_s") || path_is(path, "timestamp"))
		j->e.timestamp = v;
	else if (path_is(path, "timestamp_ms"))
		j->e.fraction = v; /* microseconds, whatever its name says */
	for (size_t i = 1; i < MEMBERS; i++)
		if (path_is(path, members[i].name))
			memcpy((char *)&j->e + members[i].offset, &v, sizeof(v));
}

static int open_json(struct log *l, struct fault *f)
{
	struct json_state *j = l->own;
	int r = json_scan_new(on_value, l, &j->scan);
	return r < 0 ? fault_set(f, r, "out of memory") : 0;
}

static void read_json(struct log *l, struct bytes line)
{
	struct json_state *j = l->own;
	j->e = (struct entry){0};
	if (json_scan_line(j->scan, line) < 0)
		log_bad(l, "no JSON object");
	else
		take(l, &j->e);
}

static void close_json(struct log *l)
{
	json_scan_free(((struct json_state *)l->own)->scan);
}

/* ---- recognition ---- */

static bool looks_text(struct bytes head)
{
	size_t n = 0, delimiters = 0;
	while (n < head.len &&
	       (head.at[n] == '.' || (head.at[n] >= '0' && head.at[n] <= '9')))
		n++;
	if (n < 9 || n + 2 > head.len || memcmp(head.at + n, "||", 2))
		return false;
	for (; n + 1 < head.len && head.at[n] != '\n'; n++)
		delimiters += head.at[n] == '|' && head.at[n + 1] == '|';
	return delimiters >= 7;
}

static bool looks_json(struct bytes head)
{
	return head.len && head.at[0] == '{' &&
	       memmem(head.at, head.len, "\"answer\"", 8) &&
	       memmem(head.at, head.len, "\"query\"", 7) &&
	       memmem(head.at, head.len, "\"timestamp", 10) &&
	       !memmem(head.at, head.len, "\"event_type\"", 12);
}

const struct log_format log_passivedns = {
    "passivedns", true,	     looks_text, sizeof(struct text_state),
    open_text,	  read_text, NULL};
const struct log_format log_passivedns_json = {
    "passivedns", true,	     looks_json, sizeof(struct json_state),
    open_json,	  read_json, close_json};
