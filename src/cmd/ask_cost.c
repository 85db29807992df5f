/* What a question would have to read, before it is asked. */
#include <inttypes.h>
#include <stdio.h>

#include "cmd/ask.h"
#include "cmd/database.h"

#define SAMPLE 5000
#define MUCH_OCTETS ((uint64_t)64 << 20)
#define MUCH_ROWS ((uint64_t)1000000)

/* Sampled beyond this: two digits are what an estimate is good for. */
static uint64_t rounded(uint64_t n)
{
	uint64_t unit = 1;
	while (n / unit >= 100)
		unit *= 10;
	return n < SAMPLE ? n : n / unit * unit;
}

static void put_cost(struct buf *out, const struct query_cost *c)
{
	buf_puts(out, "about ");
	if (c->names)
		buf_printf(out, "%" PRIu64 " names and those that match, ",
			   rounded(c->names));
	if (c->rows || c->names == 0)
		buf_printf(out, "%" PRIu64 " rows, ", rounded(c->rows));
	buf_printf(out, "%" PRIu64 " KiB on disk, %u shel%s", c->octets >> 10, c->shelves,
		   c->shelves == 1 ? "f" : "ves");
}

int ask_cost(struct asker *a, const struct query *q)
{
	struct query_cost c;
	struct fault f = {0};
	if (query_cost(a->store, q, SAMPLE, &c, &f) < 0)
		return database_failed(a->in, &f);
	put_cost(&a->in->out->buf, &c);
	buf_putc(&a->in->out->buf, '\n');
	if (c.rows + c.names == 0 && !a->quiet)
		ask_absent(a->in, a->store, q, "");
	return STATUS_OK;
}

void ask_warn(const struct asker *a, const struct query *q)
{
	struct query_cost c;
	struct buf text;
	bool cut = q->limit && q->sort[0].key == SORT_NONE;
	if (a->quiet || cut || !(a->in->terminal.out || a->in->terminal.err))
		return;
	/* first what costs nothing to know */
	if (query_cost(a->store, q, 0, &c, NULL) < 0 || c.octets < MUCH_OCTETS ||
	    query_cost(a->store, q, SAMPLE, &c, NULL) < 0 || c.rows + c.names < MUCH_ROWS)
		return;
	buf_init(&text, 1024);
	put_cost(&text, &c);
	command_say(
	    a->in,
	    "this reads %s; narrow it with --from and --to, or see how many there "
	    "are with --count",
	    buf_str(&text));
	buf_release(&text);
}
