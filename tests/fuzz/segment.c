/* Segments from elsewhere: what is read can be written, and reads the same. */
#include "exchange/wire.h"

#include "law.h"

struct copy {
	struct segment_rows pull;
	struct wire_reader *from;
	int64_t january;
	bool interval;
	uint8_t value[SPAN_WIRE_MAX];
};

static int64_t base_of(const struct copy *c, struct bytes key)
{
	if (c->interval)
		return 0;
	int month = key.at[0] == TABLE_RRSET ? key.at[key.len - 1] - 1 : 0;
	return when_month_start((int32_t)c->january + month);
}

static int next(struct segment_rows *self, struct bytes *key, struct bytes *value)
{
	struct copy *c = (struct copy *)self;
	struct span span;
	int r = wire_next(c->from, key, &span, NULL);
	if (r == 1)
		*value = BYTES(c->value, span_encode(&span, base_of(c, *key), c->value));
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_reader *r, *again;
	struct fault f = {0};
	struct buf out;
	struct bytes key;
	struct span span;
	uint64_t rows, count = 0;
	if (wire_open(BYTES(data, size), &f, &r) < 0) {
		LAW(f.text[0], "a line says why");
		return 0;
	}
	const struct wire_head *h = wire_head(r);
	struct copy c = {.pull = {next}, .from = r};
	c.interval = strcmp(h->meta.shelf, "intervals") == 0;
	c.january = c.interval ? 0 : strtol(h->meta.shelf + 1, NULL, 10) * 12;
	buf_init(&out, 64u << 20);
	/* rows of version 1 may come in another order than they are written in */
	if (!h->before &&
	    wire_write(&h->meta, &h->terms, &c.pull, &out, &rows, &f) == 0) {
		LAW(wire_open(buf_bytes(&out), &f, &again) == 0, "written anew: %s",
		    f.text);
		while (wire_next(again, &key, &span, &f) == 1)
			count++;
		LAW(count == rows, "rows");
		wire_close(again);
	}
	wire_close(r);
	buf_release(&out);
	return 0;
}
