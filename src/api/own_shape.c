/* What our own API puts around records: how it ended, and who was watching. */
#include <inttypes.h>
#include <stdio.h>

#include "api/own.h"

#define SENSORS_SHOWN 64

static void put_time(struct json *j, const char *key, int64_t us)
{
	char text[WHEN_TEXT_MAX];
	when_text(us / 1000000, text);
	json_key(j, key);
	json_str(j, text);
}

void own_put_coverage(struct json *j, const struct coverage *c)
{
	static const char *const words[] = {[WATCHED_NOT] = "not",
					    [WATCHED_PARTLY] = "partly",
					    [WATCHED_WHOLLY] = "wholly"};
	json_open(j, '{');
	json_key(j, "watched");
	json_str(j, words[c->watched]);
	json_key(j, "permyriad");
	json_u64(j, c->permyriad);
	if (c->input_total) {
		put_time(j, "from", c->window.from_us);
		put_time(j, "to", c->window.to_us);
	}
	json_key(j, "inputs");
	json_u64(j, c->input_count);
	json_key(j, "sensors");
	json_open(j, '[');
	for (size_t i = 0, n = 0; i < c->input_count && n < SENSORS_SHOWN; i++) {
		const struct coverage_input *in = &c->inputs[i];
		if (!in->is_sensor)
			continue; /* names of files are nobody's business */
		n++;
		json_open(j, '{');
		json_key(j, "name");
		json_str(j, in->name);
		json_key(j, "permyriad");
		json_u64(j, in->permyriad);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
}

static void put_name(struct json *j, const struct name *n)
{
	struct buf text;
	buf_init(&text, NAME_TEXT_MAX);
	name_put_chomped(&text, name_bytes(n));
	json_str(j, buf_str(&text));
	buf_release(&text);
}

bool own_put_absent(struct json *j, struct store *s, const struct query *q)
{
	struct absent why;
	query_absent(s, q, &why, NULL);
	if (why.why == ABSENCE_NONE)
		return false;
	json_key(j, absence_name(why.why));
	if (why.why == ABSENCE_COLLAPSED)
		put_name(j, &why.collapsed);
	else
		json_bool(j, true);
	return true;
}

void own_put_coverage_of(struct json *j, struct store *s, const struct fence *fence,
			 enum watched *watched)
{
	struct coverage c;
	*watched = WATCHED_NOT;
	if (coverage_measure(s, fence, NULL, &c) < 0) {
		json_none(j);
		return;
	}
	*watched = c.watched;
	own_put_coverage(j, &c);
	coverage_release(&c);
}

struct own {
	struct writer writer;
	bool open, document, any;
};

static int begin(struct answer_feed *f, struct buf *out)
{
	struct own *o = f->state;
	f->ask->options.view = f->ask->query.view;
	o->document = f->shape == &shape_own_document;
	if (o->document)
		buf_puts(out, "{\"records\":[");
	int r = writer_open(f->ask->format, &f->ask->options, out, &o->writer);
	o->open = r == 0;
	return r;
}

static int row(struct answer_feed *f, struct buf *out, const struct result *r)
{
	struct own *o = f->state;
	if (o->document && o->any)
		buf_putc(out, ',');
	o->any = true;
	o->writer.out = out;
	return writer_row(&o->writer, r);
}

static void put_end(struct answer_feed *f, struct buf *out)
{
	struct json j;
	enum watched watched;
	struct buf cursor;
	buf_init(&cursor, 1u << 20);
	json_init(&j, out);
	json_open(&j, '{');
	json_key(&j, "records");
	json_u64(&j, f->feed.rows);
	json_key(&j, "complete");
	json_bool(&j, f->end != END_FAILED);
	json_key(&j, "limited");
	json_bool(&j, f->end == END_LIMITED);
	if (f->end == END_LIMITED && f->cursor) {
		if (answer_cursor(f->answer, &cursor) < 0)
			buf_u64(&cursor, f->cursor);
		json_key(&j, "cursor");
		json_str(&j, buf_str(&cursor));
	}
	if (answer_counters(f->answer)->sort_given_up) {
		json_key(&j, "sorted"); /* the order is that of storage */
		json_bool(&j, false);
	}
	if (f->end == END_FAILED) {
		json_key(&j, "message");
		json_str(&j, f->feed.fault.text);
	}
	buf_release(&cursor);
	json_key(&j, "coverage");
	own_put_coverage_of(&j, f->store, &f->ask->query.fence, &watched);
	if (!feed_found(&f->feed) && own_put_absent(&j, f->store, &f->ask->query))
		watched = WATCHED_NOT;
	json_key(&j, "status");
	json_str(&j, feed_found(&f->feed)	 ? "found"
		     : f->end == END_FAILED	 ? "failed"
		     : watched == WATCHED_WHOLLY ? "none"
						 : "unwatched");
	json_close(&j, '}');
}

static int end(struct answer_feed *f, struct buf *out)
{
	struct own *o = f->state;
	o->writer.out = out;
	int r = writer_end(&o->writer, answer_counters(f->answer));
	if (r < 0)
		return r;
	buf_puts(out, o->document ? "],\"end\":" : "{\"end\":");
	put_end(f, out);
	buf_puts(out, "}\n");
	return out->err;
}

static void release(struct answer_feed *f)
{
	struct own *o = f->state;
	if (o->open)
		writer_release(&o->writer);
}

const struct shape shape_own = {.state = sizeof(struct own),
				.begin = begin,
				.row = row,
				.end = end,
				.release = release};
const struct shape shape_own_document = {.state = sizeof(struct own),
					 .begin = begin,
					 .row = row,
					 .end = end,
					 .release = release};
