/* Which names have the most RRsets: where a rotating pool makes a history explode. */
#include <inttypes.h>
#include <stdio.h>

#include "cmd/db_owners.h"
#include "dns/name.h"

struct owner {
	uint8_t wire[255];
	size_t len;
	uint64_t sets, rows;
};

struct worst {
	struct owner at[DB_OWNERS_MAX];
	size_t count, most;
	struct owner now;
};

/* Keeps the list sorted, most sets first. */
static void settle(struct worst *w)
{
	size_t i = w->count;
	if (w->now.sets == 0)
		return;
	if (i == w->most && w->at[i - 1].sets >= w->now.sets)
		return;
	if (i < w->most)
		w->count++;
	else
		i--;
	for (; i > 0 && w->at[i - 1].sets < w->now.sets; i--)
		w->at[i] = w->at[i - 1];
	w->at[i] = w->now;
}

static int take(struct worst *w, struct buf *last, const struct store_row *row)
{
	struct key_rrset_parts parts;
	if (bytes_equal(buf_bytes(last), row->base)) { /* another month of it */
		w->now.rows++;
		return 0;
	}
	buf_clear(last);
	buf_put_bytes(last, row->base);
	if (key_rrset_read(row->base, &parts) < 0)
		return last->err;
	struct bytes owner = parts.set.owner;
	if (!bytes_equal(BYTES(w->now.wire, w->now.len), owner)) {
		settle(w);
		w->now = (struct owner){.len = owner.len};
		memcpy(w->now.wire, owner.at, owner.len);
	}
	w->now.sets++;
	w->now.rows++;
	return last->err;
}

static void put_list(struct buf *out, const struct worst *w)
{
	buf_puts(out, "     rrsets         rows  owner\n");
	for (size_t i = 0; i < w->count; i++) {
		const struct owner *o = &w->at[i];
		buf_printf(out, "%11" PRIu64 "  %11" PRIu64 "  ", o->sets, o->rows);
		name_put_chomped(out, BYTES(o->wire, o->len));
		buf_putc(out, '\n');
	}
}

int db_put_owners(struct buf *out, struct store *s, size_t most, struct fault *f)
{
	struct scan scan = {.table = TABLE_RRSET, .intervals = true};
	struct worst w = {.most = most};
	struct cursor *c;
	struct store_row row;
	struct buf last;
	struct fault first = {0};
	uint64_t damaged = 0, read = 0;
	int r = store_scan(s, &scan, f, &c);
	if (r < 0)
		return r;
	buf_init(&last, 16u << 20);
	while ((r = cursor_next(c, &row)) == 1 || r == YORE_ECORRUPT) {
		if (r == YORE_ECORRUPT && damaged++ == 0)
			first = *cursor_fault(c);
		if (r == 1 && (r = take(&w, &last, &row)) < 0)
			break;
		if (++read % 4096 == 0 && progress_due())
			progress_show("%" PRIu64 " rows read", read);
	}
	progress_end();
	settle(&w);
	if (r < 0 && f->code == 0)
		*f = *cursor_fault(c);
	cursor_close(c);
	buf_release(&last);
	if (r < 0)
		return r;
	put_list(out, &w);
	if (damaged)
		buf_printf(out, "%" PRIu64 " damaged stretch%s left out; the first: %s\n",
			   damaged, damaged == 1 ? " was" : "es were", first.text);
	return 0;
}
