#include "format/pdnstool_state.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum { QUEUE, MARK, PENDING, ADD, ADD_MORE, ROWS, STATEMENTS };

static const char *const statements[STATEMENTS] = {
    [QUEUE] = "INSERT OR IGNORE INTO queue (query, state, level, ts) "
	      "VALUES (?1, 'pending', ?2, ?3)",
    [MARK] = "UPDATE queue SET state = ?2 WHERE query = ?1",
    [PENDING] = "SELECT query, level FROM queue WHERE state = 'pending' AND level < ?1 "
		"ORDER BY level, rowid",
    [ADD] = "INSERT INTO results (query, answer, rrtype, ttl, firstseen, lastseen, ts) "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [ADD_MORE] = "INSERT INTO yore_results (result, source, response_time, count, "
		 "security) VALUES (last_insert_rowid(), ?1, ?2, ?3, ?4)",
    [ROWS] = "SELECT r.query, r.answer, r.rrtype, r.ttl, r.firstseen, r.lastseen, "
	     "m.source, m.response_time, m.count, m.security FROM results r "
	     "LEFT JOIN yore_results m ON m.result = r.rowid ORDER BY r.ts, r.rowid",
};

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS results (query, answer, rrtype, ttl, firstseen, "
    "lastseen, "
    "ts REAL);"
    "CREATE TABLE IF NOT EXISTS queue (query, state, level INTEGER, ts REAL);"
    "CREATE INDEX IF NOT EXISTS residx ON results (ts);"
    "CREATE UNIQUE INDEX IF NOT EXISTS queue_unique ON queue (query);"
    "CREATE INDEX IF NOT EXISTS queue_level_idx ON queue (level);"
    "CREATE INDEX IF NOT EXISTS queue_state_idx ON queue (state);"
    "CREATE TABLE IF NOT EXISTS yore_results (result INTEGER PRIMARY KEY, source, "
    "response_time REAL, count INTEGER, security);";

struct pdns_state {
	sqlite3 *db;
	sqlite3_stmt *at[STATEMENTS];
	char *path;
};

static int failed(struct pdns_state *s, struct fault *f)
{
	return fault_set(f, YORE_EIO, "%.200s: %.200s", s->path, sqlite3_errmsg(s->db));
}

void pdns_state_close(struct pdns_state *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(s->at[i]);
	sqlite3_close(s->db);
	free(s->path);
	free(s);
}

int pdns_state_open(const char *path, struct fault *f, struct pdns_state **ret)
{
	struct pdns_state *s = calloc(1, sizeof(*s));
	if (!s || !(s->path = strdup(path))) {
		free(s);
		return fault_set(f, YORE_ENOMEM, "state file: out of memory");
	}
	int r = 0;
	if (sqlite3_open(path, &s->db) != SQLITE_OK ||
	    sqlite3_exec(s->db, schema, NULL, NULL, NULL) != SQLITE_OK)
		r = failed(s, f);
	for (size_t i = 0; i < STATEMENTS && r == 0; i++)
		if (sqlite3_prepare_v2(s->db, statements[i], -1, &s->at[i], NULL) !=
		    SQLITE_OK)
			r = failed(s, f);
	if (r < 0) {
		pdns_state_close(s);
		return r;
	}
	sqlite3_busy_timeout(s->db, 5000);
	*ret = s;
	return 0;
}

static sqlite3_stmt *fresh(struct pdns_state *s, int which)
{
	sqlite3_reset(s->at[which]);
	sqlite3_clear_bindings(s->at[which]);
	return s->at[which];
}

static int step(struct pdns_state *s, sqlite3_stmt *q, struct fault *f)
{
	int r = sqlite3_step(q) == SQLITE_DONE ? 0 : failed(s, f);
	sqlite3_reset(q);
	return r;
}

static void bind_text(sqlite3_stmt *q, int at, const char *text)
{
	if (text)
		sqlite3_bind_text(q, at, text, -1, SQLITE_TRANSIENT);
}

int pdns_state_queue(struct pdns_state *s, const char *query, unsigned level, double now,
		     struct fault *f)
{
	sqlite3_stmt *q = fresh(s, QUEUE);
	bind_text(q, 1, query);
	sqlite3_bind_int(q, 2, (int)level);
	sqlite3_bind_double(q, 3, now);
	return step(s, q, f);
}

int pdns_state_mark(struct pdns_state *s, const char *query, const char *state,
		    struct fault *f)
{
	sqlite3_stmt *q = fresh(s, MARK);
	bind_text(q, 1, query);
	bind_text(q, 2, state);
	return step(s, q, f);
}

int pdns_state_pending(struct pdns_state *s, unsigned below,
		       int (*each)(const char *query, unsigned level, void *arg),
		       void *arg, struct fault *f)
{
	sqlite3_stmt *q = fresh(s, PENDING);
	int r = 0, e;
	sqlite3_bind_int(q, 1, (int)below);
	while (r == 0 && (e = sqlite3_step(q)) == SQLITE_ROW) {
		const char *query = (const char *)sqlite3_column_text(q, 0);
		int level = sqlite3_column_int(q, 1);
		if (query)
			r = each(query, level < 0 ? 0 : (unsigned)level, arg);
	}
	if (r == 0 && e != SQLITE_DONE)
		r = failed(s, f);
	sqlite3_reset(q);
	return r;
}

int pdns_state_begin(struct pdns_state *s, struct fault *f)
{
	return sqlite3_exec(s->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK ? 0
									   : failed(s, f);
}

int pdns_state_commit(struct pdns_state *s, struct fault *f)
{
	return sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK
		   ? 0
		   : failed(s, f);
}

static void bind_time(sqlite3_stmt *q, int at, int64_t t)
{
	char plain[WHEN_TEXT_MAX], text[WHEN_TEXT_MAX + 8];
	if (t == WHEN_UNKNOWN)
		return;
	when_text_plain(t, plain);
	snprintf(text, sizeof(text), "%s +0000", plain);
	bind_text(q, at, text);
}

int pdns_state_add(struct pdns_state *s, const struct pdns_row *row, double now,
		   struct fault *f)
{
	sqlite3_stmt *q = fresh(s, ADD);
	bind_text(q, 1, row->query);
	bind_text(q, 2, row->answer);
	bind_text(q, 3, row->rrtype);
	if (row->ttl >= 0)
		sqlite3_bind_int64(q, 4, row->ttl);
	bind_time(q, 5, row->first_s);
	bind_time(q, 6, row->last_s);
	sqlite3_bind_double(q, 7, now);
	int r = step(s, q, f);
	if (r < 0)
		return r;
	q = fresh(s, ADD_MORE);
	bind_text(q, 1, row->source);
	if (row->response_s >= 0)
		sqlite3_bind_double(q, 2, row->response_s);
	if (row->count >= 0)
		sqlite3_bind_int64(q, 3, row->count);
	bind_text(q, 4, row->security);
	return step(s, q, f);
}

/* "2015-07-01 00:00:00 +0000", with any offset; else unknown. */
static int64_t time_of(const char *text)
{
	char plain[40];
	int64_t t;
	size_t n = text ? strlen(text) : 0;
	if (n < 19 || n > 30)
		return WHEN_UNKNOWN;
	memcpy(plain, text, 19);
	plain[10] = 'T';
	plain[19] = '\0';
	const char *zone = text + 19;
	zone += *zone == ' ';
	if (strlen(zone) == 5 && (*zone == '+' || *zone == '-'))
		snprintf(plain + 19, sizeof(plain) - 19, "%.3s:%.2s", zone, zone + 3);
	else
		snprintf(plain + 19, sizeof(plain) - 19, "Z");
	return when_parse(plain, 0, 0, false, &t) == 0 ? t : WHEN_UNKNOWN;
}

static int64_t number_of(sqlite3_stmt *q, int at)
{
	return sqlite3_column_type(q, at) == SQLITE_INTEGER ? sqlite3_column_int64(q, at)
							    : -1;
}

int pdns_state_rows(struct pdns_state *s,
		    int (*each)(const struct pdns_row *row, void *arg), void *arg,
		    struct fault *f)
{
	sqlite3_stmt *q = fresh(s, ROWS);
	int r = 0, e;
	while (r == 0 && (e = sqlite3_step(q)) == SQLITE_ROW) {
		struct pdns_row row = {
		    .query = (const char *)sqlite3_column_text(q, 0),
		    .answer = (const char *)sqlite3_column_text(q, 1),
		    .rrtype = (const char *)sqlite3_column_text(q, 2),
		    .ttl = number_of(q, 3),
		    .first_s = time_of((const char *)sqlite3_column_text(q, 4)),
		    .last_s = time_of((const char *)sqlite3_column_text(q, 5)),
		    .source = (const char *)sqlite3_column_text(q, 6),
		    .response_s = sqlite3_column_type(q, 7) == SQLITE_NULL
				      ? -1.0
				      : sqlite3_column_double(q, 7),
		    .count = number_of(q, 8),
		    .security = (const char *)sqlite3_column_text(q, 9)};
		r = each(&row, arg);
	}
	if (r == 0 && e != SQLITE_DONE)
		r = failed(s, f);
	sqlite3_reset(q);
	return r;
}
