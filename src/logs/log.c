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

bool log_knows(struct bytes head)
{
	return format_of(head) != NULL;
}

static int choose(struct log *l, const char *name, struct fault *f)
{
	intake_fill(&l->in, 4096);
	struct bytes head = BYTES(l->in.at, intake_left(&l->in));
	const char *wanted = l->options.format;
	l->format = wanted ? format_named(wanted, head) : format_of(head);
	if (l->format == NULL && wanted)
		return fault_set(f, YORE_EUSAGE, "%s: no log format is called %s", name,
				 wanted);
	if (l->format == NULL)
		return fault_set(f, YORE_EUNSUPPORTED,
				 "%s: neither a capture nor a log that is known here",
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

int log_open(struct intake *in, const char *name, const struct log_options *o,
	     struct fault *f, struct log **ret)
{
	struct log *l = calloc(1, sizeof(*l));
	if (l == NULL) {
		intake_close(in);
		return fault_set(f, YORE_ENOMEM, "%s: out of memory", name);
	}
	intake_move(in, &l->in);
	l->options = *o;
	arena_init(&l->arena, ARENA_MOST);
	buf_init(&l->scratch, ARENA_MOST);
	int r = choose(l, name, f);
	if (r < 0) {
		log_close(l);
		return r;
	}
	*ret = l;
	return 0;
}

void log_close(struct log *l)
{
	if (l == NULL)
		return;
	if (l->own && l->format->close)
		l->format->close(l);
	free(l->own);
	free(l->records);
	arena_release(&l->arena);
	buf_release(&l->scratch);
	intake_close(&l->in);
	free(l);
}

/* ---- lines ---- */

/* The next line into view: its length without the end, and how much to pass. */
static bool find_line(struct log *l, size_t *len, size_t *whole)
{
	size_t looked = 0;
	for (size_t want = 4096;; want *= 2) {
		size_t left = intake_left(&l->in);
		const uint8_t *nl =
		    left > looked ? memchr(l->in.at + looked, '\n', left - looked) : NULL;
		if (nl) {
			*len = (size_t)(nl - l->in.at);
			*whole = *len + 1;
			return true;
		}
		looked = left;
		if (l->in.over || left > LOG_LINE_MOST) {
			*len = *whole = left;
			return left > 0;
		}
		intake_fill(&l->in, want < LOG_LINE_MOST ? want : LOG_LINE_MOST + 1);
	}
}

/* Passes what is left of a line that is too long. */
static void pass_rest(struct log *l)
{
	for (;;) {
		size_t left = intake_left(&l->in);
		const uint8_t *nl = left ? memchr(l->in.at, '\n', left) : NULL;
		intake_pass(&l->in, nl ? (size_t)(nl - l->in.at) + 1 : left);
		if (nl)
			return;
		intake_fill(&l->in, 1);
		if (intake_left(&l->in) == 0)
			return;
	}
}

static void begin_line(struct log *l)
{
	l->number++;
	l->counters.lines++;
	l->count = 0;
	l->bad = NULL;
	l->time_us = WHEN_UNKNOWN;
	arena_reset(&l->arena);
}

static struct bytes take_line(struct log *l)
{
	size_t len, whole;
	if (!find_line(l, &len, &whole))
		return BYTES(NULL, 0);
	struct bytes line = BYTES(l->in.at, len);
	bool too_long = len > LOG_LINE_MOST;
	begin_line(l);
	intake_pass(&l->in, whole);
	if (too_long) {
		log_bad(l, "longer than a line may be");
		line.len = 0;
		if (whole == len)
			pass_rest(l);
	}
	if (line.len && line.at[line.len - 1] == '\r')
		line.len--;
	return line;
}

int log_next(struct log *l, struct log_line *ret)
{
	struct bytes line = take_line(l);
	if (line.at == NULL)
		return l->in.err;
	if (line.len)
		l->format->line(l, line);
	else if (l->bad == NULL)
		l->counters.other++;
	if (l->bad)
		l->count = 0;
	l->counters.bad += l->bad != NULL;
	l->counters.records += l->count;
	*ret = (struct log_line){.number = l->number,
				 .octets = line,
				 .time_us = l->time_us,
				 .bad = l->bad,
				 .records = l->records,
				 .count = l->count};
	return 1;
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

const char *log_damage(const struct log *l)
{
	return l->in.broken[0] ? l->in.broken : NULL;
}

uint64_t log_fetched(const struct log *l)
{
	return l->in.fetched;
}
