/* Bare values for the next program: what was not asked for. */
#include "dns/name.h"
#include "format/formats.h"
#include "format/put.h"

struct minimal {
	struct buf line, last;
};

static void give(struct writer *w)
{
	struct minimal *m = w->state;
	if (bytes_equal(buf_bytes(&m->line), buf_bytes(&m->last)))
		return;
	if (w->options.defang)
		put_defanged(w->out, buf_bytes(&m->line));
	else
		buf_put_bytes(w->out, buf_bytes(&m->line));
	buf_putc(w->out, '\n');
	struct buf swap = m->last;
	m->last = m->line;
	m->line = swap;
}

static int begin(struct writer *w)
{
	struct minimal *m = w->state;
	buf_init(&m->line, 1 << 20);
	buf_init(&m->last, 1 << 20);
	return 0;
}

static int row(struct writer *w, const struct result *r)
{
	struct minimal *m = w->state;
	struct reader in = reader_of(r->set.rdata);
	struct bytes rdata;
	if (r->side == SIDE_RDATA) {
		buf_clear(&m->line);
		name_put_chomped(&m->line, r->set.owner);
		give(w);
	}
	while (r->side != SIDE_RDATA && rdataset_next(&in, &rdata)) {
		buf_clear(&m->line);
		put_rdata(&m->line, r->set.type, rdata, true);
		give(w);
	}
	return m->line.err ? m->line.err : m->last.err;
}

static void release(struct writer *w)
{
	struct minimal *m = w->state;
	buf_release(&m->line);
	buf_release(&m->last);
}

const struct format format_minimal = {
    .name = "minimal",
    .about = "bare values, one a line: rdata of names, owners of addresses",
    .mime = "text/plain; charset=utf-8",
    .extension = "txt",
    .state = sizeof(struct minimal),
    .begin = begin,
    .row = row,
    .release = release,
};
