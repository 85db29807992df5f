/*
 * One object of the Common Output Format (draft-dulaunoy-dnsop-passive-dns-cof), as
 * servers really write it: rdata a string or an array, numbers quoted or not, the type
 * a mnemonic or a number, times of zone files beside or instead of sightings.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/addr.h"
#include "dns/type.h"
#include "remote/provider.h"

struct texts {
	const char *at[RDATA_PER_ROW];
	size_t count;
	bool bad; /* something that is no text, or too many */
};

static void take_rdata(const json_t *v, struct texts *t)
{
	size_t n = json_is_array(v) ? json_array_size(v) : 1;
	for (size_t i = 0; i < n; i++) {
		const json_t *e = json_is_array(v) ? json_array_get(v, i) : v;
		if (!json_is_string(e) || t->count == RDATA_PER_ROW) {
			t->bad = true;
			return;
		}
		t->at[t->count++] = json_string_value(e);
	}
}

/* Seconds, or from the key with milliseconds; false: something that is no time. */
static bool take_time(const json_t *o, const char *key, const char *key_ms, int64_t *ret)
{
	int64_t v;
	int r = json_in_i64_of(o, key, &v);
	if (r == 0 && key_ms) {
		r = json_in_i64_of(o, key_ms, &v);
		v = r == 1 ? v / 1000 : 0;
	}
	if (r == 1)
		*ret = v;
	return r >= 0;
}

/*
 * CIRCL has served A records with the address as rrname and the name as rdata, and MX
 * with "10 host" as rrname. Nothing else looks so: put them right.
 */
static bool exchanged(const char *type, const char *owner)
{
	struct addr a;
	if (strcasecmp(type, "A") == 0 || strcasecmp(type, "AAAA") == 0)
		return addr_parse(owner, &a) == 0;
	if (strcasecmp(type, "MX") != 0)
		return false;
	size_t digits = strspn(owner, "0123456789");
	return digits && owner[digits] == ' ';
}

static void say_times(struct findings *rows, const json_t *o, struct said *s)
{
	int64_t zone_first = WHEN_UNKNOWN, zone_last = WHEN_UNKNOWN;
	if (!take_time(o, "time_first", "time_first_ms", &s->first_s) ||
	    !take_time(o, "time_last", "time_last_ms", &s->last_s) ||
	    !take_time(o, "zone_time_first", NULL, &zone_first) ||
	    !take_time(o, "zone_time_last", NULL, &zone_last)) {
		findings_unread(rows, "a time that is no number");
		return;
	}
	bool seen = s->first_s != WHEN_UNKNOWN || s->last_s != WHEN_UNKNOWN;
	bool zone = zone_first != WHEN_UNKNOWN || zone_last != WHEN_UNKNOWN;
	if (seen || !zone)
		findings_say(rows, s);
	if (zone) {
		struct said z = *s;
		z.first_s = zone_first;
		z.last_s = zone_last;
		z.subsource = "zone";
		if (seen)
			z.count = 0; /* it was said of the sightings */
		findings_say(rows, &z);
	}
}

void cof_say(struct findings *rows, const json_t *o, bool swap)
{
	struct said s = SAID_NOTHING;
	struct texts t = {.count = 0};
	char number[8];
	int64_t n;
	const json_t *type = json_object_get(o, "rrtype");
	s.owner = json_in_str(o, "rrname");
	s.type = json_string_value(type);
	if (json_is_integer(type)) {
		json_int_t v = json_integer_value(type);
		snprintf(number, sizeof(number), "%d", v >= 0 && v < 65536 ? (int)v : -1);
		s.type = number;
	}
	take_rdata(json_object_get(o, "rdata"), &t);
	if (!s.owner || !s.type || t.bad || t.count == 0) {
		findings_unread(rows, "an object without rrname, rrtype or rdata");
		return;
	}
	if (swap && t.count == 1 && exchanged(s.type, s.owner)) {
		const char *owner = s.owner;
		s.owner = t.at[0];
		t.at[0] = owner;
	}
	int r = json_in_i64_of(o, "count", &n);
	if (r < 0 || (r == 1 && n < 0)) {
		findings_unread(rows, "a count that is no number");
		return;
	}
	s.count = r == 1 ? (uint64_t)n : 0;
	s.rdata = t.at;
	s.rdata_count = t.count;
	s.bailiwick = json_in_str(o, "bailiwick");
	s.subsource = json_in_str(o, "source");
	if (s.subsource == NULL)
		s.subsource = json_in_str(o, "sensor_id");
	say_times(rows, o, &s);
}

size_t cof_lines(struct reading *r, struct bytes body, bool swap)
{
	size_t good = 0;
	while (body.len && r->findings->err == 0) {
		const uint8_t *nl = memchr(body.at, '\n', body.len);
		size_t n = nl ? (size_t)(nl - body.at) : body.len, len = n;
		json_t *o = NULL;
		struct fault f = {0};
		while (len && strchr(" \t\r", body.at[len - 1]) && body.at[len - 1])
			len--;
		if (len && json_in(BYTES(body.at, len), HTTP_LINE_MAX, &f, &o) < 0)
			findings_unread(r->findings, "a line that is no JSON");
		else if (len && !json_is_object(o))
			findings_unread(r->findings, "a line that is no object");
		else if (len) {
			cof_say(r->findings, o, swap);
			good++;
		}
		json_decref(o);
		n += nl != NULL;
		body.at += n;
		body.len -= n;
	}
	return good;
}
