/* Evidence back from its lines of JSON. */
#include "base/json_in.h"
#include "intel/evidence.h"

static uint64_t number(const json_t *o, const char *key)
{
	int64_t v = 0;
	return json_in_i64_of(o, key, &v) == 1 && v >= 0 ? (uint64_t)v : 0;
}

static int64_t time_of(const json_t *o, const char *key)
{
	int64_t v;
	return json_in_i64_of(o, key, &v) == 1 ? v : WHEN_UNKNOWN;
}

static int digit(int c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int hex(const json_t *o, const char *key, struct buf *out, struct bytes *ret)
{
	const char *s = json_in_str(o, key);
	size_t from = out->len;
	for (; s && s[0]; s += 2) {
		int hi = digit(s[0]), lo = hi < 0 ? -1 : digit(s[1]);
		if (lo < 0)
			return YORE_EMALFORMED;
		buf_putc(out, hi * 16 + lo);
	}
	*ret = BYTES(out->at + from, out->len - from);
	return out->err;
}

#define MONTHS_MOST 4096

static int load_row(struct evidence *e, struct answered *a, const json_t *o,
		    struct buf *octets)
{
	struct month_seen months[MONTHS_MOST];
	struct row r = {.type = (uint16_t)number(o, "type"),
			.zone_times = number(o, "zone") != 0,
			.hop = (unsigned)number(o, "hop"),
			.months = months};
	r.span = (struct span){.first_s = time_of(o, "first"),
			       .last_s = time_of(o, "last"),
			       .count = number(o, "count"),
			       .ttl_min = (uint32_t)number(o, "ttl_min"),
			       .ttl_max = (uint32_t)number(o, "ttl_max")};
	const char *source = json_in_str(o, "source");
	if (source == NULL || source_of_name(source, &r.source) < 0)
		return YORE_EMALFORMED;
	buf_clear(octets);
	if (buf_room(octets, 1 << 18) == NULL) /* views into it must not move */
		return YORE_ENOMEM;
	if (hex(o, "owner", octets, &r.owner) < 0 || !name_wire_valid(r.owner) ||
	    hex(o, "rdata", octets, &r.rdata) < 0 || hex(o, "via", octets, &r.via) < 0)
		return YORE_EMALFORMED;
	json_t *list = json_in_array(o, "months"), *m;
	size_t i;
	json_array_foreach(list, i, m)
	{
		if (i >= MONTHS_MOST || json_array_size(m) != 5)
			return YORE_EMALFORMED;
		int64_t v[5];
		for (size_t k = 0; k < 5; k++)
			v[k] = json_integer_value(json_array_get(m, k));
		months[r.month_count++] = (struct month_seen){
		    (int32_t)v[0], (uint32_t)v[1], (uint64_t)v[2], v[3], v[4]};
	}
	return evidence_add_row(e, a, &r);
}

static int load_line(struct evidence *e, const json_t *v, struct buf *octets)
{
	const char *question = json_in_str(v, "question");
	if (question == NULL) {
		const char *c = json_in_str(v, "coverage");
		e->coverage_text = arena_strdup(&e->arena, c ? c : "");
		e->watched = (unsigned)number(v, "watched");
		e->history_begins_s = time_of(v, "history_begins");
		const char *outside = json_in_str(v, "outside");
		e->outside.names = outside ? arena_strdup(&e->arena, outside) : NULL;
		e->outside.asked = number(v, "outside_asked");
		e->outside.missing = number(v, "outside_missing");
		return e->coverage_text ? 0 : YORE_ENOMEM;
	}
	struct answered *a = evidence_new(e, question);
	if (a == NULL)
		return YORE_ENOMEM;
	a->truncated = number(v, "truncated") != 0;
	a->damaged = number(v, "damaged") != 0;
	a->refused = number(v, "refused") != 0;
	a->absent = (enum absence)(number(v, "absent") % (ABSENCE_LAST + 1));
	a->wide = (unsigned)number(v, "wide");
	evidence_sum(e, a);
	json_t *rows = json_in_array(v, "rows"), *o;
	size_t i;
	int r = 0;
	json_array_foreach(rows, i, o)
	{
		if ((r = load_row(e, a, o, octets)) < 0)
			return r;
	}
	return r;
}

int evidence_load(struct evidence *e, struct bytes text, struct fault *f)
{
	struct buf octets;
	size_t n = 0;
	int r = 0;
	buf_init(&octets, 1 << 20);
	for (size_t at = 0; r == 0 && at < text.len;) {
		const uint8_t *nl = memchr(text.at + at, '\n', text.len - at);
		size_t len = nl ? (size_t)(nl - text.at) - at : text.len - at;
		json_t *v = NULL;
		r = json_in(BYTES(text.at + at, len), 0, f, &v);
		if (r == 0)
			r = load_line(e, v, &octets);
		json_decref(v);
		at += len + 1;
		n++;
	}
	buf_release(&octets);
	return r < 0 ? fault_set(f, r, "evidence: line %zu cannot be read", n) : 0;
}
