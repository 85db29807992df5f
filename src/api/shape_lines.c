/* Shapes around a format: as it is, and inside DNSDB's stream. */
#include "api/answer_feed.h"
#include "base/json.h"
#include "query/absent.h"

struct lines {
	struct writer writer;
	bool open;
};

static int begin_lines(struct answer_feed *f, struct buf *out)
{
	struct lines *l = f->state;
	f->ask->options.view = f->ask->query.view;
	int r = writer_open(f->ask->format, &f->ask->options, out, &l->writer);
	l->open = r == 0;
	return r;
}

static int put_row(struct answer_feed *f, struct buf *out, const struct result *row)
{
	struct lines *l = f->state;
	l->writer.out = out;
	return writer_row(&l->writer, row);
}

static void release_lines(struct answer_feed *f)
{
	struct lines *l = f->state;
	if (l->open)
		writer_release(&l->writer);
}

/* A plain stream has no other way to say that it is not whole than to break off. */
static int end_plain(struct answer_feed *f, struct buf *out)
{
	struct lines *l = f->state;
	l->writer.out = out;
	int r = writer_end(&l->writer, answer_counters(f->answer));
	if (r == 0 && f->end == END_FAILED)
		return f->feed.fault.code < 0 ? f->feed.fault.code : YORE_ECORRUPT;
	return r;
}

const struct shape shape_plain = {.state = sizeof(struct lines),
				  .begin = begin_lines,
				  .row = put_row,
				  .end = end_plain,
				  .release = release_lines};

static int begin_saf(struct answer_feed *f, struct buf *out)
{
	buf_puts(out, "{\"cond\":\"begin\"}\n");
	return begin_lines(f, out);
}

static int row_saf(struct answer_feed *f, struct buf *out, const struct result *row)
{
	buf_puts(out, "{\"obj\":");
	int r = put_row(f, out, row);
	if (r < 0)
		return r;
	out->len--; /* the line's end */
	buf_puts(out, "}\n");
	return out->err;
}

/* Where nothing was found and that proves nothing, the message says so. */
static void put_succeeded(const struct answer_feed *f, struct buf *out)
{
	struct absent why = {.why = ABSENCE_NONE};
	struct json j;
	struct buf text;
	if (!feed_found(&f->feed))
		query_absent(f->store, &f->ask->query, &why, NULL);
	buf_init(&text, 4096);
	absent_put(&text, &why);
	json_init(&j, out);
	json_open(&j, '{');
	json_key(&j, "cond");
	json_str(&j, "succeeded");
	if (text.len) {
		json_key(&j, "msg");
		json_str(&j, buf_str(&text));
	}
	json_close(&j, '}');
	buf_putc(out, '\n');
	buf_release(&text);
}

void saf_put_end(const struct answer_feed *f, struct buf *out)
{
	struct json j;
	if (f->end == END_WHOLE) {
		put_succeeded(f, out);
		return;
	}
	json_init(&j, out);
	json_open(&j, '{');
	json_key(&j, "cond");
	json_str(&j, f->end == END_LIMITED ? "limited" : "failed");
	json_key(&j, "msg");
	json_str(&j, f->end == END_LIMITED ? "Result limit reached" : f->feed.fault.text);
	json_close(&j, '}');
	buf_putc(out, '\n');
}

static int end_saf(struct answer_feed *f, struct buf *out)
{
	saf_put_end(f, out);
	return out->err;
}

const struct shape shape_saf = {.state = sizeof(struct lines),
				.begin = begin_saf,
				.row = row_saf,
				.end = end_saf,
				.release = release_lines};
