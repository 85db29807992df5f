#include <stdio.h>
#include <stdlib.h>

#include "logs/line.h"

#define ARENA_MOST ((size_t)16 << 20)

/* Of the formats of one tool the text comes first: it is what a bare name means. */
static const struct log_format *const formats[] = {
    &log_zeek,	   &log_zeek_json, &log_passivedns, &log_passivedns_json,
    &log_suricata, &log_dnsdb,	   &log_cof,	    &log_zone,
};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

static const struct log_format *format_of(struct bytes head)
{
	for (size_t i = 0; i < FORMATS; i++)
		if (formats[i]->knows(head))
			return formats[i];
	return NULL;
}

static const struct log_format *format_named(const char *name, struct bytes head)
{
	const struct log_format *first = NULL;
	for (size_t i = 0; i < FORMATS; i++) {
		if (strcmp(formats[i]->name, name))
			continue;
		if (formats[i]->knows(head)) /* text or JSON of one tool */
			return formats[i];
		if (first == NULL)
			first = formats[i];
	}
	return first;
}

static int choose(struct log *l, struct bytes head, const char *name, struct fault *f)
{
	const char *wanted = l->options.format;
	l->format = wanted ? format_named(wanted, head) : format_of(head);
	if (l->format == NULL && wanted)
		return fault_set(f, YORE_EUSAGE, "%s: no log format is called %s", name,
				 wanted);
	if (l->format == NULL)
		return fault_set(f, YORE_EUNSUPPORTED,
				 "%s: neither a capture nor a log that is known here "
				 "by how it begins; --format NAME says what it is",
				 name);
	const char *source = l->options.source ? l->options.source : l->format->name;
	if (source_of_name(source, &l->source) < 0)
		return fault_set(f, YORE_EUSAGE,
				 "%s: '%s' cannot name a data set (a-z 0-9 . _ -, at "
				 "most 32)",
				 name, source);
	l->own = calloc(1, l->format->own ? l->format->own : 1);
	if (l->own == NULL)
		return fault_set(f, YORE_ENOMEM, "%s: out of memory", name);
	return l->format->open ? l->format->open(l, f) : 0;
}

int log_new(struct bytes head, const char *name, const struct log_options *o,
	    struct fault *f, struct log **ret)
{
	struct log *l = calloc(1, sizeof(*l));
	if (l == NULL)
		return fault_set(f, YORE_ENOMEM, "%s: out of memory", name);
	l->options = *o;
	arena_init(&l->arena, ARENA_MOST);
	buf_init(&l->scratch, ARENA_MOST);
	int r = choose(l, head, name, f);
	if (r < 0) {
		log_free(l);
		return r;
	}
	*ret = l;
	return 0;
}

void log_free(struct log *l)
{
	if (l == NULL)
		return;
	if (l->own && l->format->close)
		l->format->close(l);
	free(l->own);
	free(l->records);
	arena_release(&l->arena);
	buf_release(&l->scratch);
	free(l);
}

void log_read(struct log *l, struct bytes line, bool cut, struct log_line *ret)
{
	l->counters.lines++;
	l->count = 0;
	l->bad = NULL;
	l->time_us = WHEN_UNKNOWN;
	arena_reset(&l->arena);
	if (cut)
		log_bad(l, "longer than a line may be");
	else if (line.len)
		l->format->line(l, line);
	else
		l->counters.other++;
	if (l->bad)
		l->count = 0;
	l->counters.bad += l->bad != NULL;
	l->counters.records += l->count;
	*ret = (struct log_line){.time_us = l->time_us,
				 .bad = l->bad,
				 .records = l->records,
				 .count = l->count};
}

bool log_is_dated(const struct log *l)
{
	return l->format->dated;
}

void log_bad(struct log *l, const char *why)
{
	if (l->bad == NULL)
		l->bad = why;
}

const char *log_format_name(const struct log *l)
{
	return l->format->name;
}

const struct log_counters *log_counters(const struct log *l)
{
	return &l->counters;
}
