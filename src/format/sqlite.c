/*
 * A whole SQLite database as the output, for people who want SQL. One table, a row for
 * each single rdata:
 *
 *   records(rrname, rrtype, rdata TEXT, time_first, time_last INTEGER (epoch), count
 *           INTEGER, bailiwick, source TEXT, hop INTEGER, via TEXT, ttl_min, ttl_max
 *           INTEGER, zone_first, zone_last INTEGER, month, days TEXT)
 *
 * with indexes on rrname, rdata and time_last. What is not known is NULL. It is built in
 * memory and comes out at the end.
 */
#include <sqlite3.h>

#include "format/fields.h"
#include "format/formats.h"
#include "format/put.h"

struct sqlite {
	struct fields fields;
	struct buf rdata;
	sqlite3 *db;
	sqlite3_stmt *insert;
};

static const char schema[] =
    "CREATE TABLE records (time_first INTEGER, time_last INTEGER, zone_first INTEGER, "
    "zone_last INTEGER, count INTEGER, bailiwick TEXT, rrname TEXT NOT NULL, "
    "rrtype TEXT NOT NULL, source TEXT NOT NULL, hop INTEGER NOT NULL, via TEXT, "
    "ttl_min INTEGER, ttl_max INTEGER, month TEXT, days TEXT, rdata TEXT NOT NULL);"
    "BEGIN";

static const char insert[] = "INSERT INTO records VALUES "
			     "(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16)";

static const char finish[] = "COMMIT;"
			     "CREATE INDEX records_rrname ON records (rrname);"
			     "CREATE INDEX records_rdata ON records (rdata);"
			     "CREATE INDEX records_time_last ON records (time_last)";

static int error_of(int code)
{
	return code == SQLITE_NOMEM  ? YORE_ENOMEM
	       : code == SQLITE_FULL ? YORE_EFULL
				     : YORE_EIO;
}

static int begin(struct writer *w)
{
	struct sqlite *q = w->state;
	fields_init(&q->fields);
	buf_init(&q->rdata, 1 << 20);
	int r = sqlite3_open(":memory:", &q->db);
	if (r == SQLITE_OK)
		r = sqlite3_exec(q->db, schema, NULL, NULL, NULL);
	if (r == SQLITE_OK)
		r = sqlite3_prepare_v2(q->db, insert, -1, &q->insert, NULL);
	return r == SQLITE_OK ? 0 : error_of(r);
}

static int bind(struct sqlite *q)
{
	int r = SQLITE_OK;
	for (unsigned i = 0; i < FIELDS && r == SQLITE_OK; i++)
		r = q->fields.at[i] ? sqlite3_bind_text(q->insert, (int)i + 1,
							q->fields.at[i], -1, NULL)
				    : sqlite3_bind_null(q->insert, (int)i + 1);
	return r;
}

static int add(struct sqlite *q)
{
	int r = sqlite3_bind_text(q->insert, FIELDS + 1, buf_str(&q->rdata), -1, NULL);
	if (r == SQLITE_OK)
		r = sqlite3_step(q->insert);
	sqlite3_reset(q->insert);
	return r == SQLITE_DONE ? q->rdata.err : error_of(r);
}

static int row(struct writer *w, const struct result *r)
{
	struct sqlite *q = w->state;
	struct reader in = reader_of(r->set.rdata);
	struct bytes one;
	int e = fields_fill(&q->fields, r, TIMES_EPOCH);
	if (e == 0 && bind(q) != SQLITE_OK)
		e = YORE_ENOMEM;
	while (e == 0 && rdataset_next(&in, &one)) {
		buf_clear(&q->rdata);
		put_rdata(&q->rdata, r->set.type, one, true);
		e = add(q);
	}
	return e;
}

static int end(struct writer *w, const struct answer_counters *c)
{
	struct sqlite *q = w->state;
	sqlite3_int64 n = 0;
	sqlite3_finalize(q->insert);
	q->insert = NULL;
	int r = sqlite3_exec(q->db, finish, NULL, NULL, NULL);
	if (r != SQLITE_OK)
		return error_of(r);
	unsigned char *p = sqlite3_serialize(q->db, "main", &n, 0);
	if (p == NULL)
		return YORE_ENOMEM;
	buf_put(w->out, p, (size_t)n);
	sqlite3_free(p);
	return 0;
}

static void release(struct writer *w)
{
	struct sqlite *q = w->state;
	sqlite3_finalize(q->insert);
	sqlite3_close(q->db);
	fields_release(&q->fields);
	buf_release(&q->rdata);
}

const struct format format_sqlite = {
    .name = "sqlite",
    .about = "an SQLite database with one indexed table (redirect it to a file)",
    .mime = "application/vnd.sqlite3",
    .extension = "sqlite",
    .state = sizeof(struct sqlite),
    .begin = begin,
    .row = row,
    .end = end,
    .release = release,
};
