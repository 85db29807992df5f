#include "base/safe.h"
#include "cmd/pdnstool_print.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/json.h"

static const char *const columns[] = {"source", "response_time", "query",     "answer",
				      "rrtype", "ttl",		 "firstseen", "lastseen",
				      "count",	"security"};
enum { COLUMNS = 10 };

/* ---- rows ---- */

static char *copy(const char *s, bool *failed)
{
	char *c = s ? strdup(s) : NULL;
	*failed |= s && c == NULL;
	return c;
}

int pdns_rows_add(struct pdns_rows *r, const struct pdns_row *row)
{
	bool failed = false;
	if (r->count == r->room) {
		size_t room = r->room ? r->room * 2 : 64;
		struct pdns_row *more = realloc(r->at, room * sizeof(*more));
		if (more == NULL)
			return YORE_ENOMEM;
		r->at = more;
		r->room = room;
	}
	struct pdns_row *c = &r->at[r->count++];
	*c = *row;
	c->source = copy(row->source, &failed);
	c->query = copy(row->query, &failed);
	c->answer = copy(row->answer, &failed);
	c->rrtype = copy(row->rrtype, &failed);
	c->security = copy(row->security, &failed);
	return failed ? YORE_ENOMEM : 0;
}

void pdns_rows_release(struct pdns_rows *r)
{
	for (size_t i = 0; i < r->count; i++) {
		free((void *)(uintptr_t)r->at[i].source);
		free((void *)(uintptr_t)r->at[i].query);
		free((void *)(uintptr_t)r->at[i].answer);
		free((void *)(uintptr_t)r->at[i].rrtype);
		free((void *)(uintptr_t)r->at[i].security);
	}
	free(r->at);
	*r = (struct pdns_rows){0};
}

/* ---- cells ---- */

struct cells {
	char room[5][64];
	const char *at[COLUMNS]; /* NULL: nothing known */
};

/* "2015-07-01 02:00:00 +0200": local time, as the original; TZ says which. */
static const char *local_time(int64_t s, char out[64])
{
	struct tm tm;
	time_t t = (time_t)s;
	if (s == WHEN_UNKNOWN || !localtime_r(&t, &tm))
		return NULL;
	strftime(out, 64, "%Y-%m-%d %H:%M:%S %z", &tm);
	return out;
}

static const char *number(int64_t n, char out[64])
{
	if (n < 0)
		return NULL;
	snprintf(out, 64, "%" PRId64, n);
	return out;
}

static const char *seconds(double s, char out[64])
{
	if (s < 0)
		return NULL;
	snprintf(out, 64, "%.6f", s);
	return out;
}

static void fill(struct cells *c, const struct pdns_row *r)
{
	c->at[0] = r->source;
	c->at[1] = seconds(r->response_s, c->room[0]);
	c->at[2] = r->query;
	c->at[3] = r->answer;
	c->at[4] = r->rrtype;
	c->at[5] = number(r->ttl, c->room[1]);
	c->at[6] = local_time(r->first_s, c->room[2]);
	c->at[7] = local_time(r->last_s, c->room[3]);
	c->at[8] = number(r->count, c->room[4]);
	c->at[9] = r->security;
}

/* ---- text and CSV ---- */

static void put_csv(struct buf *out, const char *s)
{
	if (*s && strchr("=+-@\t\r", *s)) { /* no spreadsheet's formula */
		buf_puts(out, "\"'");
	} else if (!strpbrk(s, ",\"\r\n")) {
		buf_puts(out, s);
		return;
	} else {
		buf_putc(out, '"');
	}
	for (; *s; s++) {
		if (*s == '"')
			buf_putc(out, '"');
		buf_putc(out, *s);
	}
	buf_putc(out, '"');
}

static void print_separated(struct buf *out, const struct pdns_rows *rows,
			    const char *sep, bool csv)
{
	struct cells c;
	for (int i = 0; i < COLUMNS; i++)
		buf_printf(out, "%s%s", i ? sep : "", columns[i]);
	buf_putc(out, '\n');
	for (size_t n = 0; n < rows->count; n++) {
		fill(&c, &rows->at[n]);
		for (int i = 0; i < COLUMNS; i++) {
			const char *s = c.at[i] ? c.at[i] : "";
			if (i)
				buf_puts(out, sep);
			if (csv)
				put_csv(out, s);
			else
				buf_puts(out, s);
		}
		buf_putc(out, '\n');
	}
}

/* ---- JSON ---- */

static void put_value(struct json *j, const struct cells *c, int i)
{
	json_key(j, columns[i]);
	if (c->at[i] == NULL)
		json_none(j);
	else if (i == 1 || i == 5 || i == 8)
		json_raw(j, BYTES_STR(c->at[i]));
	else
		json_str(j, c->at[i]);
}

static void print_json(struct buf *out, const struct pdns_rows *rows)
{
	/* the original's order: by the members' names */
	static const int order[] = {3, 8, 6, 7, 2, 1, 4, 9, 0, 5};
	struct cells c;
	buf_puts(out, "[\n");
	for (size_t n = 0; n < rows->count; n++) {
		struct json j;
		fill(&c, &rows->at[n]);
		json_init(&j, out);
		json_open(&j, '{');
		json_key(&j, "class");
		json_str(&j, "PassiveDNS::PDNSResult");
		for (int i = 0; i < COLUMNS; i++)
			put_value(&j, &c, order[i]);
		json_close(&j, '}');
		buf_puts(out, n + 1 < rows->count ? ",\n" : "\n");
	}
	buf_puts(out, rows->count ? "]\n" : "\n]\n");
}

/* ---- XML ---- */

static void print_xml(struct buf *out, const struct pdns_rows *rows)
{
	struct cells c;
	buf_puts(out,
		 "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<report>\n  <results>\n");
	for (size_t n = 0; n < rows->count; n++) {
		const struct pdns_row *r = &rows->at[n];
		char first[WHEN_TEXT_MAX], last[WHEN_TEXT_MAX];
		fill(&c, r);
		if (r->first_s != WHEN_UNKNOWN)
			when_text(r->first_s, first);
		if (r->last_s != WHEN_UNKNOWN)
			when_text(r->last_s, last);
		c.at[6] = r->first_s == WHEN_UNKNOWN ? NULL : first;
		c.at[7] = r->last_s == WHEN_UNKNOWN ? NULL : last;
		buf_puts(out, "    <PDNSResult");
		for (int i = 0; i < COLUMNS; i++) {
			buf_printf(out, " %s='", columns[i]);
			put_markup(out, c.at[i] ? c.at[i] : "");
			buf_putc(out, '\'');
		}
		buf_puts(out, " />\n");
	}
	buf_puts(out, "  </results>\n</report>\n");
}

/* ---- YAML ---- */

/* Could a reader take the plain text for anything but this string? */
static bool is_plain(const char *s)
{
	size_t n = strlen(s), dots = 0, letters = 0;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		dots += c == '.';
		letters += isalpha(c) != 0;
		if (!isalnum(c) && !strchr("._- :/", c))
			return false;
		if (c == ':' && (i + 1 == n || s[i + 1] == ' '))
			return false;
	}
	static const char *const words[] = {"true", "false", "yes", "no", "on",
					    "off",  "null",  "y",   "n",  "nan"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(s, words[i]) == 0)
			return false;
	return n && isalnum((unsigned char)s[0]) && s[n - 1] != ' ' &&
	       (dots > 1 ||
		(letters && strpbrk(s, "ghijklmnopqrstuvwyzGHIJKLMNOPQRSTUVWYZ")));
}

static void put_yaml(struct buf *out, const char *s)
{
	if (is_plain(s)) {
		buf_puts(out, s);
		return;
	}
	buf_putc(out, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			buf_putc(out, '\'');
		buf_putc(out, *s);
	}
	buf_putc(out, '\'');
}

static void put_yaml_time(struct buf *out, int64_t s)
{
	char text[64];
	const char *t = local_time(s, text);
	if (t) /* 2015-07-01 00:00:00 +0200 -> with nanoseconds and a colon */
		buf_printf(out, "%.19s.000000000 %.3s:%.2s", t, t + 20, t + 23);
}

static void print_yaml(struct buf *out, const struct pdns_rows *rows)
{
	struct cells c;
	for (size_t n = 0; n < rows->count; n++) {
		fill(&c, &rows->at[n]);
		buf_puts(out, "--- !ruby/struct:PassiveDNS::PDNSResult\n");
		for (int i = 0; i < COLUMNS; i++) {
			buf_printf(out, "%s:%s", columns[i], c.at[i] ? " " : "");
			if (i == 6)
				put_yaml_time(out, rows->at[n].first_s);
			else if (i == 7)
				put_yaml_time(out, rows->at[n].last_s);
			else if (c.at[i] && (i == 1 || i == 5 || i == 8))
				buf_puts(out, c.at[i]);
			else if (c.at[i])
				put_yaml(out, c.at[i]);
			buf_putc(out, '\n');
		}
		buf_putc(out, '\n');
	}
	if (rows->count == 0)
		buf_putc(out, '\n');
}

void pdns_print(struct buf *out, const char *format, const char *separator,
		const struct pdns_rows *rows)
{
	if (strcmp(format, "csv") == 0)
		print_separated(out, rows, ",", true);
	else if (strcmp(format, "json") == 0)
		print_json(out, rows);
	else if (strcmp(format, "xml") == 0)
		print_xml(out, rows);
	else if (strcmp(format, "yaml") == 0)
		print_yaml(out, rows);
	else if (strcmp(format, "gdf") == 0)
		pdns_print_gdf(out, rows);
	else if (strcmp(format, "graphviz") == 0)
		pdns_print_graphviz(out, rows);
	else if (strcmp(format, "graphml") == 0)
		pdns_print_graphml(out, rows);
	else
		print_separated(out, rows, separator ? separator : "\t", false);
}
