/*
 * Writes a history into a database from lines of text, for tests of what asks it:
 *
 *   watch SENSOR FROM TO                          a sensor watched
 *   seen  OWNER TYPE SOURCE FIRST LAST EVERY TTL RDATA...    a sighting every so many
 * days state OWNER TYPE SOURCE FIRST LAST COUNT RDATA...        an interval; - : not said
 *   gone  OWNER TYPE SOURCE FIRST LAST EVERY RDATA...        the same as seen, no TTL
 *
 * usage: history DB < LINES      times as 2015-07-01 or 2015-07-01T12:00:00Z
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "gather/gather.h"

struct maker {
	struct gather *gather;
	uint32_t inputs;
	uint64_t number;
};

static void die(const char *what, const char *text)
{
	fprintf(stderr, "history: %s: %s\n", what, text);
	exit(1);
}

static int64_t time_of(const char *text)
{
	int64_t s;
	if (strcmp(text, "-") == 0)
		return WHEN_UNKNOWN;
	if (when_parse(text, 0, 0, false, &s) < 0)
		die("no time", text);
	return s;
}

static void watch(struct maker *m, const char *sensor, const char *from, const char *to,
		  uint64_t packets)
{
	struct ledger_entry e = {.kind = "pcap"};
	snprintf(e.name, sizeof(e.name), "%s-%u.pcap", sensor, m->inputs);
	snprintf(e.sensor, sizeof(e.sensor), "%s", sensor);
	e.input.octets[0] = (uint8_t)(m->inputs + 1);
	e.input.octets[1] = (uint8_t)(m->inputs >> 8);
	struct input_position at = {.packets = packets};
	if (gather_input(m->gather, m->inputs, &e) < 0)
		die("no input", sensor);
	gather_progress(m->gather, m->inputs, &at, time_of(from) * 1000000,
			time_of(to) * 1000000);
	m->inputs++;
}

static void one(struct maker *m, const struct record *r)
{
	if (gather_record(m->gather, r, 0, ++m->number) < 0)
		die("no record", "gather_record");
}

static void line(struct maker *m, char *text)
{
	char *word[8], *save;
	size_t n = 0, want;
	char *verb = strtok_r(text, " \n", &save);
	if (verb == NULL || *verb == '#' || strcmp(verb, "watch") == 0)
		return;
	want = strcmp(verb, "seen") == 0 ? 7 : 6;
	while (n < want && (word[n] = strtok_r(NULL, " \n", &save)))
		n++;
	char *rdata = strtok_r(NULL, "\n", &save);
	if (n < want || rdata == NULL)
		die("too few words", verb);
	struct name owner;
	struct buf raw, set;
	struct record r = {.set.bailiwick = BAILIWICK_ABSENT};
	buf_init(&raw, 1 << 16);
	buf_init(&set, 1 << 16);
	if (name_of_text(word[0], &owner) < 0 || type_of_text(word[1], &r.set.type) < 0 ||
	    source_of_name(word[2], &r.set.source) < 0 ||
	    rdata_of_text(r.set.type, rdata, &raw) < 0)
		die("cannot read", rdata);
	struct bytes single = buf_bytes(&raw);
	if (rdataset_pack(&single, 1, &set) < 0)
		die("no set", rdata);
	r.set.owner = name_bytes(&owner);
	r.set.rdata = buf_bytes(&set);
	int64_t first = time_of(word[3]), last = time_of(word[4]);
	uint64_t number = 0, ttl = 0;
	if (num_u64(word[5], UINT32_MAX, &number) < 0 ||
	    (want == 7 && num_u64(word[6], UINT32_MAX, &ttl) < 0))
		die("no number", word[5]);
	if (strcmp(verb, "state") == 0) {
		r.span = (struct span){.first_s = first,
				       .last_s = last,
				       .count = number,
				       .ttl_min = UINT32_MAX,
				       .flags = SPAN_INTERVAL};
		one(m, &r);
	} else {
		for (int64_t s = first; s <= last; s += (int64_t)number * 86400) {
			r.month = when_month(s);
			r.span = span_of_sighting(s, (uint32_t)ttl);
			one(m, &r);
		}
	}
	buf_release(&raw);
	buf_release(&set);
}

int main(int argc, char **argv)
{
	struct store_options so = {.write = true, .create = true};
	struct fault f = {0};
	struct store *store = NULL;
	struct maker m = {0};
	char *text = NULL;
	size_t room = 0, count = 0;
	char(*lines)[1024] = calloc(100000, sizeof(*lines));
	if (argc != 2 || lines == NULL || store_open(argv[1], &so, &f, &store) < 0)
		die("cannot open", argc == 2 ? f.text : "usage: history DB");
	struct gather_options go = {.memory = 64 << 20};
	struct segment_sink sink = store_sink(store);
	if (gather_new(&sink, &go, &m.gather) < 0)
		die("no gather", "");
	while (count < 100000 && getline(&text, &room, stdin) > 0)
		snprintf(lines[count++], sizeof(*lines), "%s", text);
	for (size_t i = 0; i < count; i++) { /* inputs first */
		char sensor[64], from[64], to[64];
		if (sscanf(lines[i], "watch %63s %63s %63s", sensor, from, to) == 3)
			watch(&m, sensor, from, to, 10000000);
	}
	if (m.inputs == 0) { /* records of nobody's watching: a stated data set */
		struct ledger_entry e = {.kind = "cof", .name = "stated"};
		struct input_position at = {.packets = 10000000};
		e.input.octets[0] = 0xff;
		if (gather_input(m.gather, m.inputs++, &e) < 0)
			die("no input", "stated");
		gather_progress(m.gather, 0, &at, WHEN_UNKNOWN, WHEN_UNKNOWN);
	}
	for (size_t i = 0; i < count; i++)
		line(&m, lines[i]);
	if (gather_flush(m.gather, &f) < 0)
		die("cannot commit", f.text);
	gather_free(m.gather);
	store_close(store);
	free(lines);
	free(text);
	return 0;
}
