#include "store/erase.h"

#include <inttypes.h>
#include <stdio.h>

#include "store/erased.h"
#include "store/shelf.h"

struct rewriting {
	struct engine *engine;
	keep_fn keep;
	const void *what; /* struct erased or struct expiring */
	struct shelf_form form;
	say_fn say;
	void *arg;
	struct fault *fault;
	int64_t removed;
};

static int rewrite_shelf(const char *shelf, void *arg)
{
	struct rewriting *w = arg;
	char line[120];
	shelf_form_init(&w->form, shelf);
	int64_t n = w->engine->ops->rewrite(w->engine, shelf, w->keep, w, w->fault);
	if (n < 0)
		return n == YORE_ENOENT ? 0 : (int)n;
	w->removed += n;
	snprintf(line, sizeof(line), "%s: %" PRId64 " rows removed", shelf, n);
	if (n && w->say)
		w->say(line, w->arg);
	return 0;
}

static int64_t rewrite_all(struct rewriting *w)
{
	int r = w->engine->ops->shelves(w->engine, rewrite_shelf, w, w->fault);
	return r < 0 ? r : w->removed;
}

static bool is_not_erased(struct bytes key, struct bytes value, void *arg)
{
	struct rewriting *w = arg;
	size_t suffix = key.len ? key_suffix_len(key.at[0], !w->form.dated) : 0;
	return !erased_has(w->what, key, value, suffix);
}

int64_t erase_rows(struct engine *e, const struct erasure *what, size_t count, say_fn say,
		   void *arg, struct fault *f)
{
	struct erased list = {0};
	struct buf text;
	buf_init(&text, 1u << 26);
	/* First the list, so that nothing comes in behind. */
	int64_t r = e->ops->suppress(e, what, count, f);
	if (r == 0)
		r = erased_put(&text, BYTES(NULL, 0), what, count);
	if (r == 0)
		r = erased_read(buf_bytes(&text), &list);
	buf_release(&text);
	struct rewriting w = {.engine = e,
			      .keep = is_not_erased,
			      .what = &list,
			      .say = say,
			      .arg = arg,
			      .fault = f};
	if (r == 0)
		r = rewrite_all(&w);
	erased_release(&list);
	return r;
}

static bool matches(const struct expiring *x, uint16_t type, uint16_t source)
{
	return (x->type == 0 || x->type == type) &&
	       (x->source == SOURCE_NONE || x->source == source);
}

static bool is_not_expired(struct bytes key, struct bytes value, void *arg)
{
	struct rewriting *w = arg;
	const struct expiring *x = w->what;
	struct key_rrset_parts set;
	struct key_rdata_parts one;
	struct store_row row;
	/* N and B are of all types and sources */
	bool all = x->shelf[0] && x->type == 0 && x->source == SOURCE_NONE && key.len &&
		   (key.at[0] == TABLE_NAME || key.at[0] == TABLE_SERVER);
	if (!all && (key.len == 0 || !key_suffix_len(key.at[0], false)))
		return true;
	if (shelf_row(&w->form, key, value, &row) < 0)
		return true;
	if (key.at[0] == TABLE_RRSET) {
		if (key_rrset_read(row.base, &set) < 0 ||
		    !matches(x, set.set.type, set.set.source))
			return true;
	} else if (!all && (key_rdata_read(row.base, &one) < 0 ||
			    !matches(x, one.set.type, one.set.source))) {
		return true;
	}
	return row.span.last_s == WHEN_UNKNOWN || row.span.last_s >= x->before_s;
}

static int is_named(const char *shelf, void *arg)
{
	return strcmp(shelf, arg) == 0 ? YORE_EEXIST : 0;
}

int64_t expire_rows(struct engine *e, const struct expiring *x, say_fn say, void *arg,
		    struct fault *f)
{
	struct rewriting w = {.engine = e,
			      .keep = is_not_expired,
			      .what = x,
			      .say = say,
			      .arg = arg,
			      .fault = f};
	if (x->shelf[0] == 0)
		return rewrite_all(&w);
	int r = e->ops->shelves(e, is_named, (void *)(uintptr_t)x->shelf, f);
	if (r == 0)
		return fault_set(f, YORE_ENOENT, "there is no shelf '%s'", x->shelf);
	r = r == YORE_EEXIST ? rewrite_shelf(x->shelf, &w) : r;
	return r < 0 ? r : w.removed;
}
