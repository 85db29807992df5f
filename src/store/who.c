#include "store/who.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/num.h"
#include "store/engine.h"

#define PATH_ROOM 4200
#define DAY_S 86400

int64_t store_who_since(int64_t retention_s, int64_t now_s)
{
	int64_t oldest = now_s - retention_s;
	return oldest <= 0 ? 0 : (oldest + DAY_S - 1) / DAY_S * DAY_S;
}

static bool path_of(struct store *s, const char *name, char ret[PATH_ROOM])
{
	const char *dir = store_folder(s);
	int n = dir ? snprintf(ret, PATH_ROOM, "%s/" WHO_FOLDER "%s%s", dir,
			       *name ? "/" : "", name)
		    : -1;
	return n > 0 && n < PATH_ROOM;
}

bool store_who_path(struct store *s, const char *name, struct buf *ret)
{
	char path[PATH_ROOM];
	if (!path_of(s, name, path))
		return false;
	buf_puts(ret, path);
	return ret->err == 0;
}

static int write_number(struct store *s, const char *name, int64_t v, struct fault *f)
{
	char path[PATH_ROOM], text[32];
	if (!path_of(s, name, path))
		return fault_set(f, YORE_EUSAGE, "who asked is kept on disk only");
	int n = snprintf(text, sizeof(text), "%" PRId64 "\n", v);
	return io_replace(path, BYTES(text, (size_t)n), 0600, f);
}

/* 1 and the number; 0: there is none. */
static int read_number(struct store *s, const char *name, int64_t *ret, struct fault *f)
{
	char path[PATH_ROOM];
	struct buf b;
	uint64_t v = 0;
	if (!path_of(s, name, path) || !io_exists(path))
		return errno == EACCES
			   ? fault_set(f, YORE_EACCESS, "%s: %s", path, strerror(EACCES))
			   : 0;
	int r = io_read_file(path, 64, &b, f);
	if (r < 0)
		return r;
	char *text = (char *)(uintptr_t)buf_str(&b);
	text[strcspn(text, "\n")] = 0;
	r = num_u64(text, INT64_MAX / 2, &v) < 0
		? fault_set(f, YORE_ECORRUPT, "%s is damaged", path)
		: 1;
	buf_release(&b);
	*ret = (int64_t)v;
	return r;
}

int store_who_state(struct store *s, int64_t retention_s, struct fault *f)
{
	char path[PATH_ROOM];
	int64_t before;
	if (!path_of(s, "", path))
		return fault_set(f, YORE_EUSAGE, "who asked is kept on disk only");
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return fault_set(f, yore_error_of_errno(errno), "cannot make %s: %s",
				 path, strerror(errno));
	if (read_number(s, "retention", &before, NULL) == 1 && before == retention_s)
		return 0;
	return write_number(s, "retention", retention_s, f);
}

int store_who_retention(struct store *s, int64_t *ret_s, struct fault *f)
{
	errno = 0;
	return read_number(s, "retention", ret_s, f);
}

/* ---- expiring ---- */

struct who_expiry {
	struct engine *engine;
	uint16_t first; /* day that stays */
	char (*old)[SHELF_MAX];
	size_t count;
	char border[SHELF_MAX];
};

static int look_at(const char *shelf, void *arg)
{
	struct who_expiry *x = arg;
	int32_t month = shelf_who_month(shelf);
	int64_t first_s = (int64_t)x->first * DAY_S;
	if (month == 0 || when_month_start(month) >= first_s)
		return 0;
	if (when_month_start(month + 1) > first_s) {
		snprintf(x->border, sizeof(x->border), "%s", shelf);
		return 0;
	}
	char(*more)[SHELF_MAX] = realloc(x->old, (x->count + 1) * sizeof(*more));
	if (more == NULL)
		return YORE_ENOMEM;
	x->old = more;
	memcpy(x->old[x->count++], shelf, strlen(shelf) + 1);
	return 0;
}

static bool is_young(struct bytes key, struct bytes value, void *arg)
{
	const struct who_expiry *x = arg;
	uint16_t day;
	if (key.len && !table_is_asked(key.at[0]))
		return true;
	return key_asked_day(key, &day) == 0 && day >= x->first;
}

/* What was set aside because it cannot be read cannot be told to be young either. */
static void forget_damage(struct engine *e, const char *shelf)
{
	if (e->ops->forget != NULL)
		(void)!e->ops->forget(e, shelf, NULL);
}

static int64_t remove_old(struct who_expiry *x, say_fn say, void *arg, struct fault *f)
{
	char line[120];
	int64_t gone = 0;
	for (size_t i = 0; i < x->count; i++) {
		int r = x->engine->ops->drop(x->engine, x->old[i], f);
		if (r < 0)
			return r;
		forget_damage(x->engine, x->old[i]);
		snprintf(line, sizeof(line), "%s: dropped", x->old[i]);
		if (say)
			say(line, arg);
		gone++;
	}
	if (!*x->border)
		return gone;
	int64_t n = x->engine->ops->rewrite(x->engine, x->border, is_young, x, f);
	snprintf(line, sizeof(line), "%s: %" PRId64 " rows removed", x->border, n);
	if (n > 0)
		forget_damage(x->engine, x->border);
	if (n > 0 && say)
		say(line, arg);
	return n < 0 ? n : gone + n;
}

static int64_t count_old(struct who_expiry *x, struct fault *f)
{
	struct stretch all = {.lo = BYTES_LIT(""), .whole = true};
	struct bytes key, value;
	struct shelf_iter *it;
	int64_t n = 0;
	int r = x->engine->ops->iter(x->engine, x->border, &all, f, &it);
	if (r < 0)
		return r;
	while ((r = it->ops->next(it, &key, &value)) == 1 ||
	       (r == YORE_ECORRUPT && it->noted))
		n += r == 1 && !is_young(key, value, x);
	if (r < 0)
		fault_set(f, r, "%s", it->fault.text);
	it->ops->close(it);
	return r < 0 ? r : n;
}

static int64_t tell_old(struct who_expiry *x, say_fn say, void *arg, struct fault *f)
{
	char line[120];
	for (size_t i = 0; i < x->count; i++) {
		snprintf(line, sizeof(line), "%s: would go", x->old[i]);
		say(line, arg);
	}
	int64_t n = *x->border ? count_old(x, f) : 0;
	snprintf(line, sizeof(line), "%s: %" PRId64 " rows would go", x->border, n);
	if (n > 0)
		say(line, arg);
	return n < 0 ? n : (int64_t)x->count + n;
}

int64_t store_who_would_expire(struct store *s, int64_t now_s, say_fn say, void *arg,
			       struct fault *f)
{
	int64_t retention_s;
	int r = store_who_retention(s, &retention_s, f);
	if (r <= 0)
		return r;
	struct who_expiry x = {
	    .engine = store_engine(s),
	    .first = (uint16_t)(store_who_since(retention_s, now_s) / DAY_S)};
	int64_t gone = x.engine->ops->shelves(x.engine, look_at, &x, f);
	if (gone == 0)
		gone = tell_old(&x, say, arg, f);
	free(x.old);
	return gone;
}

int64_t store_who_expire(struct store *s, int64_t now_s, bool all, say_fn say, void *arg,
			 struct fault *f)
{
	int64_t retention_s, done = -1;
	int r = store_who_retention(s, &retention_s, f);
	if (r <= 0)
		return r;
	int64_t since = store_who_since(retention_s, now_s) / DAY_S;
	if (read_number(s, "expired", &done, NULL) == 1 && done == since && !all)
		return 0;
	struct who_expiry x = {.engine = store_engine(s), .first = (uint16_t)since};
	int64_t gone = x.engine->ops->shelves(x.engine, look_at, &x, f);
	if (gone == 0)
		gone = remove_old(&x, say, arg, f);
	free(x.old);
	if (gone >= 0 && write_number(s, "expired", since, f) < 0)
		return YORE_EIO;
	return gone;
}
