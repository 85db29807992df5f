/*
 * Suricata's eve.json, DNS events: version 1 (one event a record), 2 and 3 (detailed, all
 * sections; or grouped by type, without owners). MX stands without its preference and is
 * left out; SOA, SRV and SSHFP are objects and whole.
 */
#include <stdio.h>

#include "base/when.h"
#include "dns/type.h"
#include "logs/json_scan.h"
#include "logs/line.h"

#define PARTS 8 /* numbers and names of an rdata object, in the order of its form */
#define GROUPED_MOST 512

struct answer { /* one object of a list of records */
	struct bytes rrname, rrtype, ttl, rdata;
	struct bytes part[PARTS];
	bool has_parts;
};

struct event {
	struct bytes timestamp, event_type, type, rrname, rrtype, source_port, dest_port;
	bool rd, has_rd, detailed;
	struct answer v1;
	struct {
		struct bytes type, value;
	} grouped[GROUPED_MOST];
	size_t grouped_count;
};

struct suricata {
	struct json_scan *scan;
	struct event e;
	struct answer a;	/* being read */
	struct answer *answers; /* of the line, in the arena */
	size_t count, room;
};

/* The members of rdata objects, each in the order of the presentation form. */
static const struct {
	const char *object;
	const char *member[PARTS];
} objects[] = {
    {"soa", {"mname", "rname", "serial", "refresh", "retry", "expire", "minimum"}},
    {"srv", {"priority", "weight", "port", "name"}},
    {"sshfp", {"algo", "type", "fingerprint"}},
};

static const char *const lists[] = {"dns.answers", "dns.authorities", "dns.additionals",
				    "dns.answer"};

/* The rest of a path below one of the lists; "" for the list itself, NULL: elsewhere. */
static bool below_list(struct bytes path, struct bytes *rest)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		size_t n = strlen(lists[i]);
		if (path.len < n || memcmp(path.at, lists[i], n))
			continue;
		if (path.len == n)
			*rest = BYTES(path.at + n, 0);
		else if (path.at[n] == '.')
			*rest = BYTES(path.at + n + 1, path.len - n - 1);
		else
			continue;
		return true;
	}
	return false;
}

static void take_part(struct answer *a, struct bytes rest, struct bytes v)
{
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		size_t n = strlen(objects[i].object);
		if (rest.len <= n + 1 || memcmp(rest.at, objects[i].object, n) ||
		    rest.at[n] != '.')
			continue;
		for (size_t m = 0; m < PARTS && objects[i].member[m]; m++)
			if (path_is(BYTES(rest.at + n + 1, rest.len - n - 1),
				    objects[i].member[m])) {
				a->part[m] = v;
				a->has_parts = true;
			}
	}
}

static void take_member(struct answer *a, struct bytes rest, struct bytes v)
{
	if (path_is(rest, "rrname"))
		a->rrname = v;
	else if (path_is(rest, "rrtype"))
		a->rrtype = v;
	else if (path_is(rest, "ttl"))
		a->ttl = v;
	else if (path_is(rest, "rdata"))
		a->rdata = v;
	else
		take_part(a, rest, v);
}

static void add_answer(struct log *l, struct suricata *s)
{
	if (s->count == s->room) {
		size_t room = s->room ? s->room * 2 : 16;
		struct answer *more =
		    room > 4096 ? NULL : arena_alloc(&l->arena, room * sizeof(*more));
		if (more == NULL) {
			log_bad(l, "more records than one event may have");
			return;
		}
		if (s->count)
			memcpy(more, s->answers, s->count * sizeof(*more));
		s->answers = more;
		s->room = room;
	}
	s->answers[s->count++] = s->a;
}

static void take_event(struct event *e, enum json_event ev, struct bytes path,
		       struct bytes v)
{
	if (path_is(path, "timestamp"))
		e->timestamp = v;
	else if (path_is(path, "event_type"))
		e->event_type = v;
	else if (path_is(path, "src_port"))
		e->source_port = v;
	else if (path_is(path, "dest_port"))
		e->dest_port = v;
	else if (path_is(path, "dns.type"))
		e->type = v;
	else if (path_is(path, "dns.rd")) {
		e->rd = ev == JSON_TRUE;
		e->has_rd = true;
	} else if (path_is(path, "dns.rrname") || path_is(path, "dns.queries.rrname"))
		e->rrname = v;
	else if (path_is(path, "dns.rrtype") || path_is(path, "dns.queries.rrtype"))
		e->rrtype = v;
	else if (path_is(path, "dns.rdata"))
		e->v1.rdata = v;
	else if (path_is(path, "dns.ttl"))
		e->v1.ttl = v;
	else if (path.len > 12 && memcmp(path.at, "dns.grouped.", 12) == 0 &&
		 e->grouped_count < GROUPED_MOST) {
		e->grouped[e->grouped_count].type = BYTES(path.at + 12, path.len - 12);
		e->grouped[e->grouped_count++].value = v;
	}
}

static void on_value(enum json_event ev, struct bytes path, struct bytes v, void *arg)
{
	struct log *l = arg;
	struct suricata *s = l->own;
	struct bytes rest;
	bool listed = below_list(path, &rest);
	if (listed && rest.len == 0 && ev == JSON_OBJECT) {
		s->a = (struct answer){0};
		return;
	}
	if (listed && rest.len == 0 && ev == JSON_OBJECT_END) {
		s->e.detailed = true;
		add_answer(l, s);
		return;
	}
	if (ev == JSON_OBJECT || ev == JSON_OBJECT_END || ev == JSON_NULL)
		return;
	v = arena_copy(&l->arena, v);
	if (listed)
		take_member(&s->a, rest, v);
	else
		take_event(&s->e, ev, arena_copy(&l->arena, path), v);
}

/* "2017-03-31T10:00:00.123456+0000" */
static bool event_time(struct bytes v, int64_t *ret_us)
{
	char text[48];
	int64_t s, us = 0, unit = 100000;
	if (v.len == 0 || v.len >= sizeof(text))
		return false;
	memcpy(text, v.at, v.len);
	text[v.len] = 0;
	if (when_parse(text, 0, 0, false, &s) < 0)
		return false;
	const char *dot = strchr(text, '.');
	for (const char *p = dot ? dot + 1 : ""; *p >= '0' && *p <= '9'; p++, unit /= 10)
		us += unit * (*p - '0');
	*ret_us = s * 1000000 + us;
	return true;
}

static struct bytes object_text(struct log *l, const struct answer *a)
{
	struct buf text;
	buf_init(&text, 65535);
	for (size_t i = 0; i < PARTS && a->part[i].len; i++) {
		if (i)
			buf_putc(&text, ' ');
		buf_put_bytes(&text, a->part[i]);
	}
	struct bytes r = arena_copy(&l->arena, buf_bytes(&text));
	buf_release(&text);
	return r;
}

static uint32_t ttl_of(struct bytes v)
{
	uint64_t ttl;
	return log_number(v, &ttl) && ttl <= UINT32_MAX ? (uint32_t)ttl : 0;
}

/* Records of one owner and type that follow each other are one set. */
static void emit_answers(struct log *l, const struct answer *a, size_t count,
			 uint16_t source)
{
	struct log_set set = {0};
	struct span span = {0};
	for (size_t i = 0; i < count; i++, a++) {
		struct name owner;
		uint16_t type;
		struct bytes text = a->has_parts ? object_text(l, a) : a->rdata;
		if (!log_owner(a->rrname, &owner) || !log_type(a->rrtype, &type)) {
			log_bad(l, "a record without name or type");
			return;
		}
		if (set.count && (set.type != type || !bytes_equal(name_bytes(&set.owner),
								   name_bytes(&owner))))
			log_set_emit(l, &set, &span, false);
		if (set.count == 0) {
			log_set_begin(&set, &owner, type, source);
			span = span_of_sighting(l->time_us / 1000000, ttl_of(a->ttl));
		}
		if (text.len == 0 || !log_set_add(l, &set, text))
			l->counters.incomplete++;
	}
	log_set_emit(l, &set, &span, false);
}

static void emit_grouped(struct log *l, const struct event *e, uint16_t source)
{
	struct name qname;
	uint16_t qtype;
	if (!log_owner(e->rrname, &qname) || !log_type(e->rrtype, &qtype)) {
		log_bad(l, "grouped answers without the question");
		return;
	}
	struct span span = span_of_sighting(l->time_us / 1000000, 0);
	span.ttl_min = 1; /* not known: grouped answers have none */
	struct log_chain chain;
	log_chain_begin(&chain, &qname, qtype, source, &span);
	/* aliases first, whatever the order of the keys */
	for (int alias = 1; alias >= 0; alias--)
		for (size_t i = 0; i < e->grouped_count; i++) {
			uint16_t type;
			if (!log_type(e->grouped[i].type, &type))
				l->counters.incomplete++;
			else if ((type == TYPE_CNAME) == alias)
				log_chain_add(l, &chain, e->grouped[i].value, 0);
		}
	log_chain_end(l, &chain);
}

static void take(struct log *l, struct suricata *s)
{
	struct event *e = &s->e;
	uint64_t from = 53, to = 0;
	uint16_t source = l->options.sightings;
	if (!bytes_equal(e->event_type, BYTES_LIT("dns"))) {
		l->counters.other++;
		return;
	}
	if (!event_time(e->timestamp, &l->time_us)) {
		log_bad(l, "no time");
		return;
	}
	bool answer = bytes_equal(e->type, BYTES_LIT("answer")) ||
		      bytes_equal(e->type, BYTES_LIT("response"));
	if (!answer) {
		l->counters.other++;
		return;
	}
	if (log_number(e->source_port, &from) && log_number(e->dest_port, &to) &&
	    from != 53 && to != 53) {
		l->counters.other_port++;
		return;
	}
	if (source == 0)
		source = e->has_rd && !e->rd ? SOURCE_ABOVE : SOURCE_BELOW;
	if (!e->detailed && e->v1.rdata.len) {
		e->v1.rrname = e->rrname;
		e->v1.rrtype = e->rrtype;
		emit_answers(l, &e->v1, 1, source);
	} else if (s->count) {
		emit_answers(l, s->answers, s->count, source);
	} else if (e->grouped_count) {
		emit_grouped(l, e, source);
	} else {
		l->counters.unanswered++;
	}
}

static void read_line(struct log *l, struct bytes line)
{
	struct suricata *s = l->own;
	s->count = s->room = 0;
	memset(&s->e, 0, offsetof(struct event, grouped));
	s->e.grouped_count = 0;
	if (json_scan_line(s->scan, line) < 0)
		log_bad(l, "no JSON object");
	else
		take(l, s);
}

static int start(struct log *l, struct fault *f)
{
	struct suricata *s = l->own;
	int r = json_scan_new(on_value, l, &s->scan);
	return r < 0 ? fault_set(f, r, "out of memory") : 0;
}

static void stop(struct log *l)
{
	json_scan_free(((struct suricata *)l->own)->scan);
}

static bool looks(struct bytes head)
{
	return head.len && head.at[0] == '{' &&
	       memmem(head.at, head.len, "\"event_type\"", 12);
}

const struct log_format log_suricata = {
    "suricata", true, looks, sizeof(struct suricata), start, read_line, stop};
