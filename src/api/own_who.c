/*
 * /api/v1/who-asked: which clients asked for the terms (term=, or posted, one a line), or
 * what a client asked for (client=). Only for keys that have the scope by name, only with
 * a reason, and not before both stand in the database's log of who asked.
 *
 *     {"day":"2015-07-01",...,"client":"10.1.2.3","rrname":"bad.example",...}
 *     {"end":{"rows":1,"status":"found",...,"begins":...,"coverage":{...}}}
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/ask.h"
#include "api/dialects.h"
#include "api/own.h"
#include "api/service.h"
#include "format/asked.h"
#include "query/who_audit.h"

#define ROWS_MOST 100000 /* all of them are in memory */

struct who_feed {
	struct feed feed;
	struct ask *ask; /* owned: terms, types, fence */
	struct store *store;
	struct who_query query;
	struct buf text; /* of the terms, for the log */
	struct buf *out;
	char by[32];
	struct who_audit audit;
	char client[64], from[64], to[64], reason[512];
};

static void close_who(struct feed *feed)
{
	struct who_feed *w = (struct who_feed *)feed;
	ask_free(w->ask);
	buf_release(&w->text);
	free(w);
}

static int on_row(const struct who_row *row, void *arg)
{
	struct who_feed *w = arg;
	asked_put_json(w->out, row);
	w->feed.rows++;
	if (atomic_load_explicit(&w->feed.stop, memory_order_relaxed))
		return fault_set(&w->feed.fault, YORE_ETIMEOUT,
				 "the answer took too long");
	return w->out->err;
}

static const char *status_of(const struct who_about *a)
{
	if (a->found)
		return "found";
	return !a->erased && a->watched.watched == WATCHED_WHOLLY ? "none" : "unwatched";
}

static void put_end(struct who_feed *w, const struct who_about *a)
{
	struct json j;
	json_init(&j, w->out);
	json_open(&j, '{');
	json_key(&j, "end");
	json_open(&j, '{');
	json_key(&j, "rows");
	json_u64(&j, a->found);
	json_key(&j, "status");
	json_str(&j, status_of(a));
	json_key(&j, "limited");
	json_bool(&j, a->limited);
	json_key(&j, "complete");
	json_bool(&j, a->damaged == 0 && a->pattern_limit == 0 && !a->pseudonyms);
	json_key(&j, "kept");
	json_bool(&j, a->kept);
	json_key(&j, "pseudonyms");
	json_bool(&j, a->pseudonyms);
	json_key(&j, "retention");
	json_i64(&j, a->retention_s);
	json_key(&j, "begins");
	if (a->begins_s == WHEN_UNKNOWN)
		json_none(&j);
	else
		json_i64(&j, a->begins_s);
	json_key(&j, "coverage");
	own_put_coverage(&j, &a->watched);
	if (a->erased) {
		json_key(&j, "erased");
		json_bool(&j, true);
	}
	json_close(&j, '}');
	json_close(&j, '}');
	buf_putc(w->out, '\n');
}

static int fill(struct feed *feed, struct buf *out, size_t enough)
{
	struct who_feed *w = (struct who_feed *)feed;
	struct who_about about = {0};
	int r = who_audit_begin(w->store, &w->audit, &feed->fault);
	if (r < 0)
		return r;
	w->out = out;
	r = who_ask(w->store, &w->query, on_row, w, &about, &feed->fault);
	if (r == 0)
		put_end(w, &about);
	struct fault f = {0};
	if (who_audit_end(w->store, &w->audit, about.found, &f) < 0 && r == 0) {
		feed->fault = f;
		r = f.code;
	}
	who_about_release(&about);
	return r < 0 ? r : out->err;
}

/* ---- the request ---- */

static bool may_ask(struct call *c)
{
	/* admin does not stand for it: it says nothing about looking at people */
	if (c->key != NULL && (c->key->scopes & SCOPE_WHO_ASKED))
		return true;
	call_error(c, 403, "who asked is shown to keys of scope who-asked only");
	return false;
}

static void keep(char *to, size_t room, const char *text)
{
	snprintf(to, room, "%s", text ? text : "");
}

static bool read_reason(struct call *c, struct who_feed *w)
{
	const char *reason = url_param(c->url, "reason");
	if (reason == NULL || reason[strspn(reason, " \t")] == '\0') {
		call_error(c, 400, "reason: say why; it is kept in the log of who asked");
		return false;
	}
	keep(w->reason, sizeof(w->reason), reason);
	keep(w->client, sizeof(w->client), url_param(c->url, "client"));
	keep(w->from, sizeof(w->from), url_param(c->url, "from"));
	keep(w->to, sizeof(w->to), url_param(c->url, "to"));
	snprintf(w->by, sizeof(w->by), "key %.20s", c->key->id);
	return true;
}

static bool take_line(struct call *c, struct who_feed *w, const char *line)
{
	buf_puts(&w->text, line);
	buf_putc(&w->text, '\n');
	return ask_term(c, w->ask, line);
}

static bool take_posted(struct call *c, struct who_feed *w)
{
	struct buf lines;
	buf_init(&lines, CALL_BODY_MAX);
	bool good = own_posted_terms(c, &lines);
	char *rest = good ? (char *)(uintptr_t)buf_str(&lines) : NULL, *line;
	while (good && (line = strsep(&rest, "\n"))) {
		line[strcspn(line, "\r")] = '\0';
		line += strspn(line, " \t");
		if (*line)
			good = take_line(c, w, line);
	}
	buf_release(&lines);
	return good;
}

static bool take_terms(struct call *c, struct who_feed *w)
{
	const struct url *u = c->url;
	for (size_t i = 0; i < u->param_count; i++)
		if (strcmp(u->param[i].name, "term") == 0 &&
		    !take_line(c, w, u->param[i].value))
			return false;
	if (strcmp(c->method, "POST") == 0 && !take_posted(c, w))
		return false;
	if (w->ask->term_count == 0 && *w->client == '\0') {
		call_error(c, 400,
			   "no term and no client: ask with term=NAME, *.ZONE, "
			   "ADDRESS, or client=ADDRESS");
		return false;
	}
	return true;
}

static bool fill_query(struct call *c, struct who_feed *w)
{
	struct fault f = {0};
	const struct query *q = &w->ask->query;
	uint64_t forwarder = 0;
	if (!ask_number(c, "forwarder", UINT32_MAX, &forwarder))
		return false;
	uint64_t limit = w->ask->limit < ROWS_MOST ? w->ask->limit : ROWS_MOST;
	w->query =
	    (struct who_query){.terms = w->ask->terms,
			       .term_count = w->ask->term_count,
			       .types = q->type,
			       .type_count = q->types == TYPES_LISTED ? q->type_count : 0,
			       .fence = q->fence,
			       .forwarder = forwarder,
			       .limit = limit,
			       .now_s = c->now_s};
	if (*w->client && who_client_parse(w->client, &w->query, &f) < 0) {
		call_error(c, 400, "%s", f.text);
		return false;
	}
	w->audit = (struct who_audit){.time_s = c->now_s,
				      .by = w->by,
				      .command = "api",
				      .asked = buf_bytes(&w->text),
				      .client = *w->client ? w->client : NULL,
				      .from = *w->from ? w->from : NULL,
				      .to = *w->to ? w->to : NULL,
				      .reason = w->reason};
	return true;
}

void own_who(struct call *c, size_t at)
{
	if (!may_ask(c))
		return;
	struct who_feed *w = calloc(1, sizeof(*w));
	struct ask *a = w ? ask_new(c) : NULL;
	if (a == NULL) {
		if (w == NULL)
			call_error(c, 503, "out of memory");
		free(w);
		return;
	}
	w->feed = (struct feed){.fill = fill, .close = close_who, .heavy = true};
	w->ask = a;
	w->store = c->service->store;
	buf_init(&w->text, 2 * CALL_BODY_MAX);
	if (read_reason(c, w) && own_params(c, a) && take_terms(c, w) && fill_query(c, w))
		call_feed(c, &w->feed, "application/x-ndjson");
	else
		close_who(&w->feed);
}
