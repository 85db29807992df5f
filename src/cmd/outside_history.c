#include "cmd/outside_history.h"

#include "base/io.h"

int outside_history(struct invocation *in, const struct outside_options *o,
		    const struct database_options *db, struct store **ret)
{
	struct store_options so = {.write = o->keep, .create = o->keep};
	struct store_options mem = {.write = true, .create = true};
	struct fault f = {0};
	struct buf dir;
	buf_init(&dir, 16 << 10);
	int status = database_dir(in, db, &dir);
	bool there = o->keep || !outside_wanted(o) || db->dir || db->stage ||
		     (status == STATUS_OK && io_exists(buf_str(&dir)) == 1);
	buf_release(&dir);
	if (status != STATUS_OK)
		return status;
	if (there)
		return database_open(in, db, &so, ret);
	return store_open("mem:", &mem, &f, ret) < 0 ? command_failed(in, &f) : STATUS_OK;
}

static void tell(struct outside *w, const struct query *q)
{
	struct fence f = q ? time_window(q) : (struct fence){WHEN_UNKNOWN, WHEN_UNKNOWN};
	w->narrow.last_after_s = f.from_s;
	w->narrow.first_before_s = f.to_s;
	if (q && q->type_count == 1)
		w->narrow.type = q->type[0];
	if (q)
		w->narrow.months =
		    w->narrow.months || q->view == VIEW_MONTH || q->by_month;
}

int outside_begin(struct outside *w, struct invocation *in,
		  const struct outside_options *o, const struct database_options *db,
		  const struct query *q, bool quiet, struct store **ret)
{
	struct buf dir;
	buf_init(&dir, 16 << 10);
	tell(w, q);
	int status = database_dir(in, db, &dir);
	int opened = outside_open(in, o, quiet, buf_str(&dir), w);
	if (status == STATUS_OK)
		status = opened;
	if (status == STATUS_OK)
		status = outside_history(in, o, db, ret);
	buf_release(&dir);
	return status;
}

int outside_add_selected(struct outside *w, const struct query *q)
{
	int status = STATUS_OK;
	for (size_t i = 0; i < q->term_count && status == STATUS_OK; i++) {
		struct term t = q->terms[i];
		if (q->subdomains && t.kind == TERM_NAME)
			t.kind = TERM_ZONE;
		status = outside_add(w, &t, query_side(q, &q->terms[i]));
	}
	return status;
}

int outside_add_found(const struct outside *w, struct selection *s)
{
	struct fault f = {0};
	struct buf text;
	int status = STATUS_OK;
	buf_init(&text, 8192);
	for (size_t i = 0; i < w->found_count && status == STATUS_OK; i++) {
		const struct term *t = &w->found_terms[i];
		char address[ADDR_TEXT_MAX];
		buf_clear(&text);
		if (t->kind == TERM_ADDR) {
			addr_text(&t->range.lo, address);
			buf_puts(&text, address);
		} else {
			name_put(&text, name_bytes(&t->name));
		}
		if (selection_add(s, buf_str(&text), &f) < 0)
			status = command_failed(w->in, &f);
	}
	buf_release(&text);
	return status;
}
