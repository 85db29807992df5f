/*
 * POST /api/v1/records: up to 100,000 terms, one a line (or {"terms": [...]}), each
 * answered on its own:
 *
 *     {"term":0,"record":{...}}         one line a record
 *     {"term":0,"asked":"example.com","status":"found","records":1,"limited":false}
 *     ...
 *     {"end":{"terms":2,"found":1,...,"complete":true,"coverage":{...}}}
 *
 * status: found; none (watched, and nothing there); unwatched (nothing, and not or not
 * wholly watched); bad (the term makes no sense, "message" says why); failed; not-asked
 * (the rows of this key were used up before). Terms are read as they come up, so memory
 * is that of the posted text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "api/dialects.h"
#include "api/own.h"
#include "api/service.h"
#include "base/json_in.h"

#define TERM_ROWS_DEFAULT 1000
#define JSON_COMMAS 4 /* for each term allowed; more is not read: memory */

enum outcome { FOUND, NONE, UNWATCHED, BAD, FAILED, NOT_ASKED, OUTCOMES };
static const char *const outcome_names[OUTCOMES] = {"found", "none",   "unwatched",
						    "bad",   "failed", "not-asked"};

struct batch {
	struct feed feed;
	struct ask *ask; /* owned; without terms */
	struct store *store;
	struct buf text; /* the terms, a line each */
	size_t at;	 /* of the line to come */
	uint64_t index, counts[OUTCOMES], rows_left;
	struct coverage coverage;
	bool covered;

	/* the term in hand */
	struct term term;
	struct answer *answer;
	struct writer writer;
	char asked[256];
	uint64_t rows;
};

static void close_batch(struct feed *feed)
{
	struct batch *b = (struct batch *)feed;
	answer_close(b->answer);
	term_release(&b->term);
	if (b->writer.format)
		writer_release(&b->writer);
	if (b->covered)
		coverage_release(&b->coverage);
	ask_free(b->ask);
	buf_release(&b->text);
	free(b);
}

/* The next line that is not empty, without its end; false: none is left. */
static bool next_line(struct batch *b, char *out, size_t room, bool *cut)
{
	while (b->at < b->text.len) {
		const char *line = (const char *)b->text.at + b->at;
		size_t left = b->text.len - b->at;
		const char *end = memchr(line, '\n', left);
		size_t n = end ? (size_t)(end - line) : left;
		b->at += n + (end != NULL);
		while (n && strchr(" \t\r", line[n - 1]))
			n--;
		while (n && strchr(" \t", *line))
			line++, n--;
		if (n == 0)
			continue;
		*cut = n >= room;
		n = *cut ? room - 1 : n;
		memcpy(out, line, n);
		out[n] = '\0';
		*cut = *cut || strlen(out) != n;
		return true;
	}
	return false;
}

static void put_status(struct batch *b, struct buf *out, enum outcome outcome,
		       bool limited, const struct fault *f)
{
	struct json j;
	b->counts[outcome]++;
	json_init(&j, out);
	json_open(&j, '{');
	json_key(&j, "term");
	json_u64(&j, b->index++);
	json_key(&j, "asked");
	json_str(&j, b->asked);
	json_key(&j, "status");
	json_str(&j, outcome_names[outcome]);
	json_key(&j, "records");
	json_u64(&j, b->rows);
	json_key(&j, "limited");
	json_bool(&j, limited);
	if (outcome == UNWATCHED)
		own_put_absent(&j, b->store, &b->ask->query);
	if (f && f->text[0]) {
		json_key(&j, "message");
		json_str(&j, f->text);
	}
	json_close(&j, '}');
	buf_putc(out, '\n');
}

/* 1: an answer is open; 0: this term is done with, or comes again (feed.quick). */
static int open_term(struct batch *b, struct buf *out, const char *text, bool cut)
{
	struct fault f = {0};
	struct query *q = &b->ask->query;
	b->rows = 0;
	snprintf(b->asked, sizeof(b->asked), "%.*s", (int)sizeof(b->asked) - 1, text);
	if (b->rows_left == 0) {
		put_status(b, out, NOT_ASKED, true, NULL);
		return 0;
	}
	if (cut || term_parse(text, &f, &b->term) < 0) {
		if (cut)
			fault_set(&f, YORE_ELIMIT, "the term is too long");
		put_status(b, out, BAD, false, &f);
		return 0;
	}
	q->terms = &b->term;
	q->term_count = 1;
	q->limit = b->ask->limit < b->rows_left ? b->ask->limit : b->rows_left;
	if (b->feed.quick &&
	    !ask_is_short(b->store, q)) { /* it waits with the long ones */
		b->feed.quick = false;
		term_release(&b->term);
		memset(&b->term, 0, sizeof(b->term));
		return 0;
	}
	if (answer_open(b->store, q, &f, &b->answer) == 0)
		return 1;
	put_status(b, out, f.code == YORE_EUSAGE ? BAD : FAILED, false, &f);
	term_release(&b->term);
	memset(&b->term, 0, sizeof(b->term));
	return 0;
}

/* Nothing was found: it was not there. */
static bool is_proof(const struct batch *b)
{
	struct absent why;
	if (!b->covered || b->coverage.watched != WATCHED_WHOLLY)
		return false;
	query_absent(b->store, &b->ask->query, &why, NULL);
	return why.why == ABSENCE_NONE;
}

static void close_term(struct batch *b, struct buf *out, int r)
{
	const struct fault *f = NULL;
	bool found = b->rows || answer_counters(b->answer)->passed;
	enum outcome outcome = found ? FOUND : is_proof(b) ? NONE : UNWATCHED;
	if (r < 0 || !answer_is_whole(b->answer)) {
		f = answer_fault(b->answer);
		outcome = FAILED;
	}
	put_status(b, out, outcome, answer_counters(b->answer)->limited, f);
	answer_close(b->answer);
	b->answer = NULL;
	term_release(&b->term);
	memset(&b->term, 0, sizeof(b->term));
	b->feed.quick = true;
}

static int put_row(struct batch *b, struct buf *out, const struct result *row)
{
	buf_puts(out, "{\"term\":");
	buf_u64(out, b->index);
	buf_puts(out, ",\"record\":");
	b->writer.out = out;
	int r = writer_row(&b->writer, row);
	if (r < 0)
		return r;
	out->len--;
	buf_puts(out, "}\n");
	b->rows++;
	b->rows_left--;
	b->feed.rows++;
	return out->err;
}

static void put_end(struct batch *b, struct buf *out)
{
	struct json j;
	json_init(&j, out);
	json_open(&j, '{');
	json_key(&j, "end");
	json_open(&j, '{');
	json_key(&j, "terms");
	json_u64(&j, b->index);
	json_key(&j, "records");
	json_u64(&j, b->feed.rows);
	for (unsigned i = 0; i < OUTCOMES; i++) {
		json_key(&j, outcome_names[i]);
		json_u64(&j, b->counts[i]);
	}
	json_key(&j, "complete");
	json_bool(&j, b->counts[FAILED] == 0 && b->counts[NOT_ASKED] == 0);
	json_key(&j, "coverage");
	if (b->covered)
		own_put_coverage(&j, &b->coverage);
	else
		json_none(&j);
	json_close(&j, '}');
	json_close(&j, '}');
	buf_putc(out, '\n');
}

/* 1: go on, 0: all terms are done, negative. */
static int step(struct batch *b, struct buf *out)
{
	char line[TERM_TEXT_MAX];
	struct result row;
	bool cut;
	if (b->answer == NULL) {
		size_t from = b->at;
		bool quick = b->feed.quick;
		if (!next_line(b, line, sizeof(line), &cut)) {
			put_end(b, out);
			return 0;
		}
		open_term(b, out, line, cut);
		if (b->feed.quick != quick)
			b->at = from;
		return 1;
	}
	int r = answer_next(b->answer, &row);
	if (r == 1) {
		r = put_row(b, out, &row);
		return r < 0 ? r : 1;
	}
	close_term(b, out, r);
	return 1;
}

static int fill(struct feed *feed, struct buf *out, size_t enough)
{
	struct batch *b = (struct batch *)feed;
	if (b->writer.format == NULL) {
		b->ask->options.view = b->ask->query.view;
		int r = writer_open(b->ask->format, &b->ask->options, out, &b->writer);
		if (r < 0)
			return r;
		b->covered = coverage_measure(b->store, &b->ask->query.fence, NULL,
					      &b->coverage) == 0;
	}
	bool quick = feed->quick;
	while (out->len < enough && feed->quick == quick) {
		if (atomic_load_explicit(&feed->stop, memory_order_relaxed))
			return fault_set(&feed->fault, YORE_ETIMEOUT,
					 "the answer took too long");
		int r = step(b, out);
		if (r <= 0)
			return r < 0 ? r : out->err;
	}
	return out->err < 0 ? out->err : 1;
}

/* ---- the posted text ---- */

/* {"terms": ["a", "b"]} as lines. */
static bool take_json(struct call *c, struct buf *lines)
{
	struct fault f = {0};
	json_t *root = NULL, *item;
	size_t i, commas = 0;
	for (i = 0; i < c->body.len; i++)
		commas += c->body.at[i] == ',';
	if (commas > JSON_COMMAS * c->service->settings.terms_max) {
		call_error(c, 413, "more than %zu terms", c->service->settings.terms_max);
		return false;
	}
	if (json_in(buf_bytes(&c->body), CALL_BODY_MAX, &f, &root) < 0) {
		call_error(c, 400, "%s", f.text);
		return false;
	}
	json_t *list = json_is_object(root) ? json_in_array(root, "terms") : root;
	bool good = json_is_array(list);
	if (good)
		json_array_foreach(list, i, item)
		{
			const char *text = json_string_value(item);
			good = good && text && strpbrk(text, "\r\n") == NULL;
			buf_puts(lines, text ? text : "");
			buf_putc(lines, '\n');
		}
	json_decref(root);
	buf_release(&c->body);
	if (!good)
		call_error(c, 400, "terms: not a list of strings of one line");
	return good;
}

bool own_posted_terms(struct call *c, struct buf *lines)
{
	const char *type = c->header(c, "Content-Type");
	size_t count = 0;
	if (type && strncasecmp(type, "application/json", 16) == 0) {
		if (!take_json(c, lines))
			return false;
	} else {
		*lines = c->body; /* it is large: not twice */
		buf_init(&c->body, CALL_BODY_MAX);
	}
	for (size_t i = 0; i < lines->len; i++)
		count += lines->at[i] == '\n';
	count += lines->len && lines->at[lines->len - 1] != '\n';
	if (count > c->service->settings.terms_max) {
		call_error(c, 413, "more than %zu terms", c->service->settings.terms_max);
		return false;
	}
	if (lines->err < 0)
		call_error(c, 413, "the list is too long");
	else if (count == 0)
		call_error(c, 400, "no terms: post one a line");
	return count > 0 && lines->err == 0;
}

void own_batch(struct call *c, size_t at)
{
	struct batch *b = calloc(1, sizeof(*b));
	struct ask *a = b ? ask_new(c) : NULL;
	if (a == NULL) {
		if (b == NULL)
			call_error(c, 503, "out of memory");
		free(b);
		return;
	}
	b->feed = (struct feed){
	    .fill = fill, .close = close_batch, .heavy = true, .quick = true};
	b->ask = a;
	a->query.stop = &b->feed.stop;
	b->store = c->service->store;
	buf_init(&b->text, CALL_BODY_MAX);
	bool good = own_params(c, a) && own_posted_terms(c, &b->text);
	if (good && url_param(c->url, "limit") == NULL && a->limit > TERM_ROWS_DEFAULT)
		a->limit = TERM_ROWS_DEFAULT;
	b->rows_left = ask_rows_max(c);
	if (!good) {
		close_batch(&b->feed);
		return;
	}
	call_feed(c, &b->feed, "application/x-ndjson");
}
