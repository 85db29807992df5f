#include "store/store.h"

#include <stdlib.h>

#include "store/cursor.h"
#include "store/erase.h"
#include "store/erased.h"
#include "store/expired.h"
#include "store/estimate.h"
#include "store/ledger.h"
#include "store/merge.h"
#include "store/segment.h"
#include "store/shelf.h"
#include "store/verify.h"

#define PATH_ROOM 4096

struct store {
	struct engine *engine;
};

int store_open(const char *dir, const struct store_options *o, struct fault *f,
	       struct store **ret)
{
	struct store *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return fault_set(f, YORE_ENOMEM, "%s: out of memory", dir);
	int r = strcmp(dir, "mem:") == 0 ? mem_open(&s->engine)
					 : rocks_open(dir, o, f, &s->engine);
	if (r < 0) {
		free(s);
		return r;
	}
	*ret = s;
	return 0;
}

void store_close(struct store *s)
{
	if (s == NULL)
		return;
	s->engine->ops->close(s->engine);
	free(s);
}

int store_beside(struct store *a, struct store *b, struct fault *f, struct store **ret)
{
	struct store *s = calloc(1, sizeof(*s));
	if (s == NULL || beside_open(a->engine, b->engine, &s->engine) < 0) {
		free(s);
		return fault_set(f, YORE_ENOMEM, "two stores as one: out of memory");
	}
	*ret = s;
	return 0;
}

const char *store_folder(const struct store *s)
{
	return s->engine->ops->folder(s->engine);
}

unsigned store_format(const struct store *s)
{
	return s->engine->ops->format ? s->engine->ops->format(s->engine) : STORE_FORMAT;
}

int store_need_format(const struct store *s, struct fault *f)
{
	const char *dir = store_folder(s);
	if (store_format(s) >= STORE_FORMAT)
		return 0;
	return fault_set(f, YORE_EVERSION,
			 "%s is of format %u and this program writes format %d; bring it "
			 "up to that first: yore db upgrade %s",
			 dir, store_format(s), STORE_FORMAT, dir);
}

struct engine *store_engine(struct store *s)
{
	return s->engine;
}

/* $name/rest, if the variable is set and not empty. */
static bool from_environment(struct buf *ret, const char *name, const char *rest)
{
	const char *v = getenv(name);
	if (v == NULL || *v == 0)
		return false;
	buf_printf(ret, "%s%s", v, rest);
	return true;
}

int store_default_dir(const char *arg, struct buf *ret)
{
	buf_clear(ret);
	if (arg && *arg)
		buf_puts(ret, arg);
	else if (!from_environment(ret, "YORE_DB", "") &&
		 !from_environment(ret, "XDG_DATA_HOME", "/yore/db") &&
		 !from_environment(ret, "HOME", "/.local/share/yore/db"))
		return YORE_ENOENT;
	return ret->err;
}

/* ---- writing ---- */

int store_commit(struct store *s, const struct segment_meta *meta,
		 struct segment_rows *rows, struct fault *f)
{
	if (!shelf_name_good(meta->shelf))
		return fault_set(f, YORE_EUSAGE, "'%.31s' is no name of a shelf",
				 meta->shelf);
	if (meta->entry_count == 0)
		return fault_set(f, YORE_EUSAGE, "%s: a segment without an input",
				 meta->shelf);
	return s->engine->ops->commit(s->engine, meta, rows, f);
}

static int sink_commit(void *arg, const struct segment_meta *meta,
		       struct segment_rows *rows, struct fault *f)
{
	return store_commit(arg, meta, rows, f);
}

struct segment_sink store_sink(struct store *s)
{
	return (struct segment_sink){sink_commit, s};
}

int store_drain(struct store *s, struct fault *f)
{
	return s->engine->ops->drain(s->engine, f);
}

/* ---- asking ---- */

int store_scan(struct store *s, const struct scan *scan, struct fault *f,
	       struct cursor **ret)
{
	return cursor_open(s->engine, scan, f, ret);
}

int store_estimate(struct store *s, const struct scan *scan, unsigned sample,
		   struct scan_cost *add, struct fault *f)
{
	return estimate_scan(s->engine, scan, sample, add, f);
}

int store_shelves(struct store *s, shelf_name_fn each, void *arg, struct fault *f)
{
	return s->engine->ops->shelves(s->engine, each, arg, f);
}

struct ledger_walk {
	struct engine *engine;
	const char *shelf; /* NULL: all */
	uint8_t lo[18], hi[18];
	size_t lo_len, hi_len;
	bool last;	/* the last entry of each input, else all entries */
	bool past_lost; /* go on behind a shelf that cannot be opened */
	ledger_fn each;
	void *arg;
	struct fault *fault;
};

static int walk_entry(struct ledger_walk *w, const char *shelf, struct bytes key,
		      struct bytes value)
{
	struct ledger_entry e;
	if (ledger_key_is_last(key) != w->last)
		return 0;
	int r = ledger_read(key, value, NULL, &e);
	if (r < 0)
		return fault_set(w->fault, r, "%s: a row of the ledger is damaged",
				 shelf);
	return w->each(shelf, &e, w->arg);
}

/* Past the commits of the input that this key is of. */
static void skip_input(struct shelf_iter *it, struct bytes key)
{
	uint8_t next[18];
	memcpy(next, key.at, sizeof(next));
	next[17] = 0xff;
	it->ops->seek(it, BYTES(next, sizeof(next)));
}

static int walk_shelf(const char *shelf, void *arg)
{
	struct ledger_walk *w = arg;
	struct stretch s = {.lo = BYTES(w->lo, w->lo_len), .hi = BYTES(w->hi, w->hi_len)};
	struct shelf_iter *it;
	struct bytes key, value;
	if (w->shelf && strcmp(w->shelf, shelf) != 0)
		return 0;
	int r = w->engine->ops->iter(w->engine, shelf, &s, w->fault, &it);
	if (r < 0)
		return r == YORE_ENOENT ? 0 : r;
	while ((r = it->ops->next(it, &key, &value)) == 1) {
		bool last = w->last && ledger_key_is_last(key);
		uint8_t at[18];
		memcpy(at, key.at, key.len < sizeof(at) ? key.len : sizeof(at));
		r = walk_entry(w, shelf, key, value);
		if (r < 0)
			break;
		if (last)
			skip_input(it, BYTES(at, sizeof(at)));
	}
	if (r == YORE_ECORRUPT && w->past_lost && it->fault.code == r)
		r = 0;
	if (r < 0 && w->fault && w->fault->code == 0)
		*w->fault = it->fault;
	it->ops->close(it);
	return r;
}

static int walk_ledger(struct ledger_walk *w)
{
	return w->engine->ops->shelves(w->engine, walk_shelf, w, w->fault);
}

int store_ledger(struct store *s, const char *shelf, ledger_fn each, void *arg,
		 struct fault *f)
{
	struct ledger_walk w = {.engine = s->engine,
				.shelf = shelf,
				.lo = {TABLE_LEDGER},
				.hi = {TABLE_LEDGER + 1},
				.lo_len = 1,
				.hi_len = 1,
				.each = each,
				.arg = arg,
				.fault = f};
	return walk_ledger(&w);
}

int store_inputs(struct store *s, const struct input_id *id, ledger_fn each, void *arg,
		 struct fault *f)
{
	struct ledger_walk w = {.engine = s->engine,
				.lo = {TABLE_LEDGER},
				.lo_len = 13,
				.hi_len = 18,
				.past_lost = true,
				.last = true,
				.each = each,
				.arg = arg,
				.fault = f};
	memcpy(w.lo + 1, id->octets, 12);
	memset(w.hi, 0xff, sizeof(w.hi));
	memcpy(w.hi, w.lo, 13);
	return walk_ledger(&w);
}

int store_position(struct store *s, const char *shelf, const struct input_id *id,
		   struct ledger_entry *ret, struct fault *f)
{
	return ledger_last(s->engine, shelf, id, NULL, ret, f);
}

/* ---- looking after it ---- */

int store_stat(struct store *s, shelf_fn each, void *arg, struct fault *f)
{
	return s->engine->ops->stat(s->engine, each, arg, f);
}

int64_t store_verify(struct store *s, say_fn say, void *arg, struct fault *f)
{
	return verify_engine(s->engine, say, arg, f);
}

struct mending {
	struct engine *engine;
	say_fn say;
	void *arg;
	struct fault *fault;
	int64_t count;
	int failed;
};

static int mend_shelf(const char *shelf, void *arg)
{
	struct mending *m = arg;
	struct fault f = {0};
	int64_t n = m->engine->ops->mend(m->engine, shelf, m->say, m->arg, &f);
	if (n >= 0) {
		m->count += n;
		return 0;
	}
	if (n != YORE_ECORRUPT && n != YORE_EACCESS)
		return fault_set(m->fault, (int)n, "%s", f.text);
	/* the others are not to wait for it; the last one is told by who called */
	if (m->failed && m->say && m->fault)
		m->say(m->fault->text, m->arg);
	m->failed = fault_set(m->fault, (int)n, "%s", f.text);
	return 0;
}

int64_t store_repair(struct store *s, say_fn say, void *arg, struct fault *f)
{
	struct mending m = {.engine = s->engine, .say = say, .arg = arg, .fault = f};
	if (s->engine->ops->mend == NULL)
		return 0;
	int r = s->engine->ops->shelves(s->engine, mend_shelf, &m, f);
	if (r == 0)
		r = m.failed;
	return r < 0 ? r : m.count;
}

int store_forget_missing(struct store *s, const char *shelf, struct fault *f)
{
	if (!shelf_name_good(shelf))
		return fault_set(f, YORE_EUSAGE, "'%.31s' is no name of a shelf", shelf);
	return s->engine->ops->forget ? s->engine->ops->forget(s->engine, shelf, f) : 0;
}

int store_compact(struct store *s, struct fault *f)
{
	return s->engine->ops->compact(s->engine, f);
}

int store_backup(struct store *s, const char *to, bool who_asked, struct fault *f)
{
	return s->engine->ops->backup(s->engine, to, who_asked, f);
}

struct expiry {
	int64_t before_s;
	char (*names)[SHELF_MAX];
	size_t count;
};

static int note_old(const char *shelf, void *arg)
{
	struct expiry *x = arg;
	int year = shelf_year(shelf);
	if (year == 0 || when_month_start((year + 1) * 12) > x->before_s)
		return 0;
	char(*more)[SHELF_MAX] = realloc(x->names, (x->count + 1) * sizeof(*more));
	if (more == NULL)
		return YORE_ENOMEM;
	x->names = more;
	memcpy(x->names[x->count++], shelf, strlen(shelf) + 1);
	return 0;
}

/*
 * What goes is noted first, and the note taken back where nothing went. r: what came of
 * it, and what is returned unless that fails.
 */
static int settle_note(const char *folder, struct buf *old, int r, int64_t gone,
		       struct fault *f)
{
	bool sure = r == 0 || r == YORE_ENOENT || r == YORE_ELOCKED || r == YORE_EREFUSED;
	if (gone == 0 && sure) {
		int back = expired_take_back(folder, buf_bytes(old), r ? NULL : f);
		r = r ? r : back;
	}
	buf_release(old);
	return r;
}

static int drop_year(struct engine *e, const char *shelf, struct fault *f)
{
	const char *folder = e->ops->folder(e);
	struct expiring x = {.before_s = when_month_start((shelf_year(shelf) + 1) * 12),
			     .source = SOURCE_NONE};
	struct buf old;
	memcpy(x.shelf, shelf, strlen(shelf) + 1);
	int r = folder ? expired_note(folder, &x, &old, f) : 0;
	if (r < 0)
		return r;
	r = e->ops->drop(e, shelf, f);
	if (folder)
		r = settle_note(folder, &old, r, r == 0, f);
	return r;
}

static int expire_years(struct engine *e, int64_t before_s, bool only_look, say_fn say,
			void *arg, struct fault *f)
{
	struct expiry x = {.before_s = before_s};
	size_t dropped = 0;
	int r = e->ops->shelves(e, note_old, &x, f);
	for (size_t i = 0; i < x.count && r == 0; i++)
		r = erase_check(e, x.names[i], f);
	for (; dropped < x.count && r == 0; dropped++) {
		r = only_look ? 0 : drop_year(e, x.names[dropped], f);
		if (r == 0 && say)
			say(x.names[dropped], arg);
	}
	free(x.names);
	return r < 0 ? r : (int)dropped;
}

int store_expire(struct store *s, int64_t before_s, say_fn say, void *arg,
		 struct fault *f)
{
	return expire_years(s->engine, before_s, false, say, arg, f);
}

int store_would_expire(struct store *s, int64_t before_s, say_fn say, void *arg,
		       struct fault *f)
{
	return expire_years(s->engine, before_s, true, say, arg, f);
}

unsigned store_waiting(const struct store *s)
{
	return store_folder(s) ? segments_waiting(store_folder(s)) : 0;
}

/* The ledger of what is taken here knows less than theirs will. */
static int need_drained(const struct store *s, struct fault *f)
{
	unsigned n = store_waiting(s);
	if (n == 0)
		return 0;
	return fault_set(f, YORE_EREFUSED,
			 "%s: %u segment%s to be taken in, and what is left out of a "
			 "merge cannot be merged later; nothing was done; first take "
			 "them in: yore db compact --db %s",
			 store_folder(s), n, n == 1 ? " waits" : "s wait",
			 store_folder(s));
}

int store_merge(struct store *into, struct store *from, say_fn say, void *arg,
		struct fault *f)
{
	int r = store_need_format(from, f);
	if (r == 0)
		r = store_need_whole(from, f);
	if (r == 0)
		r = need_drained(from, f);
	return r < 0 ? r : merge_engines(into->engine, from->engine, say, arg, f);
}

int store_erased(struct store *s, struct erased *ret, struct fault *f)
{
	memset(ret, 0, sizeof(*ret));
	return s->engine->ops->erased ? s->engine->ops->erased(s->engine, ret, f) : 0;
}

int store_may_erase(struct store *s, struct fault *f)
{
	return erase_check(s->engine, "", f);
}

int store_erase(struct store *s, const struct erasure *what, size_t count, say_fn say,
		void *arg, int64_t *gone, struct fault *f)
{
	return erase_rows(s->engine, what, count, false, say, arg, gone, f);
}

int store_would_erase(struct store *s, const struct erasure *what, size_t count,
		      say_fn say, void *arg, int64_t *gone, struct fault *f)
{
	return erase_rows(s->engine, what, count, true, say, arg, gone, f);
}

int store_expire_rows(struct store *s, const struct expiring *x, say_fn say, void *arg,
		      int64_t *gone, struct fault *f)
{
	const char *folder = store_folder(s);
	struct buf old;
	*gone = 0;
	int r = erase_check(s->engine, x->shelf, f);
	if (r == 0 && folder)
		r = expired_note(folder, x, &old, f);
	if (r < 0)
		return r;
	r = expire_rows(s->engine, x, false, say, arg, gone, f);
	return folder ? settle_note(folder, &old, r, *gone, f) : r;
}

int store_would_expire_rows(struct store *s, const struct expiring *x, say_fn say,
			    void *arg, int64_t *gone, struct fault *f)
{
	*gone = 0;
	int r = erase_check(s->engine, x->shelf, f);
	return r < 0 ? r : expire_rows(s->engine, x, true, say, arg, gone, f);
}
