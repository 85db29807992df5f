/* Opening and closing a database. */
#include "store/rocks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/num.h"

#define MEMORY_DEFAULT ((size_t)128 << 20)
#define CACHE_MIN ((size_t)8 << 20)

/* What FORMAT says; what else may stand there is told. */
static int parse_format(const char *path, const struct buf *b, uint64_t *ret,
			struct fault *f)
{
	static const size_t n = sizeof(FORMAT_TEXT) - 1;
	char text[64];
	size_t len = b->len && b->at[b->len - 1] == '\n' ? b->len - 1 : b->len;
	snprintf(text, sizeof(text), "%.*s", (int)(len < 60 ? len : 60), (char *)b->at);
	for (size_t i = 0; text[i]; i++)
		if (text[i] < ' ' || text[i] > '~')
			text[i] = '?';
	if (len == b->len || len <= n || len >= 60 || memcmp(text, FORMAT_TEXT, n) != 0 ||
	    num_u64(text + n, UINT32_MAX, ret) < 0 || *ret == 0)
		return fault_set(f, YORE_ECORRUPT,
				 "%s is damaged: it says '%s' where '" FORMAT_TEXT
				 "%d' is meant to stand (restore it from a backup; the "
				 "years beside it are as they were)",
				 path, text, FORMAT_VERSION);
	return 0;
}

/* Of years without it nobody knows in which form their rows are. */
static int no_format(const struct rocks *r, int err, struct fault *f)
{
	char year[SHELF_MAX];
	if (err == EACCES)
		return fault_set(f, YORE_EACCESS, "%s: %s", r->dir, strerror(err));
	if (!rocks_any_year(r, year))
		return fault_set(f, YORE_ENOENT, "%s: no database there", r->dir);
	return fault_set(
	    f, YORE_ECORRUPT,
	    "%s: its file FORMAT is missing, and %s is there; restore FORMAT "
	    "from a backup (one line: '" FORMAT_TEXT
	    "%d', or 1 if it was never upgraded from that format); nothing "
	    "was done",
	    r->dir, year, FORMAT_VERSION);
}

static int read_format(struct rocks *r, struct fault *f)
{
	char path[ROCKS_PATH];
	struct buf b;
	uint64_t version = 0;
	snprintf(path, sizeof(path), "%s/FORMAT", r->dir);
	if (!io_exists(path))
		return no_format(r, errno, f);
	int e = io_read_file(path, 4096, &b, f);
	if (e < 0)
		return e;
	e = parse_format(path, &b, &version, f);
	buf_release(&b);
	if (e < 0)
		return e;
	r->format = (unsigned)version;
	if (version > FORMAT_VERSION)
		return fault_set(f, YORE_EVERSION,
				 "%s: its format is %llu and this program knows up to "
				 "%d; use the newer program",
				 r->dir, (unsigned long long)version, FORMAT_VERSION);
	return 0;
}

int rocks_put_format(const char *to, unsigned version, struct fault *f)
{
	char path[ROCKS_PATH], line[40];
	snprintf(path, sizeof(path), "%s/FORMAT", to);
	int n = snprintf(line, sizeof(line), FORMAT_TEXT "%u\n", version);
	return io_replace(path, BYTES(line, (size_t)n), 0666, f);
}

static int make_folders(const struct rocks *r, struct fault *f)
{
	static const char *const names[] = {"incoming", "rejected"};
	char path[ROCKS_PATH];
	int e = io_mkdirs(r->dir, 0777, f);
	for (size_t i = 0; i < 2 && e == 0; i++) {
		snprintf(path, sizeof(path), "%s/%s", r->dir, names[i]);
		e = io_mkdirs(path, 0777, f);
	}
	return e;
}

static int make_database(struct rocks *r, struct fault *f)
{
	int e = make_folders(r, f);
	r->format = FORMAT_VERSION;
	return e < 0 ? e : rocks_put_format(r->dir, FORMAT_VERSION, f);
}

static int prepare(struct rocks *r, const struct store_options *o, struct fault *f)
{
	struct fault first = {0};
	int e = read_format(r, &first);
	if (e == YORE_ENOENT && o->create)
		e = make_database(r, f);
	else if (e < 0)
		return fault_set(f, e, "%s", first.text);
	if (e < 0 || !o->write)
		return e;
	if (r->format < FORMAT_VERSION && !o->older)
		return fault_set(f, YORE_EVERSION,
				 "%s is of format %u and this program writes format %d; "
				 "bring it up to that first: yore db upgrade %s",
				 r->dir, r->format, FORMAT_VERSION, r->dir);
	e = make_folders(r, f);
	rocks_place(r);
	return e;
}

static int begin_writing(struct rocks *r, struct fault *f)
{
	int e = rocks_drain(&r->engine, f);
	/* A full disk or a lost shelf is for commits to report. */
	(void)e;
	return drainer_start(r, f);
}

static void rocks_close(struct engine *e)
{
	struct rocks *r = (struct rocks *)e;
	drainer_stop(r);
	rocks_forget(r, NULL);
	rocks_unlock(r);
	if (r->cache)
		rocksdb_cache_destroy(r->cache);
	pthread_mutex_destroy(&r->table_lock);
	pthread_mutex_destroy(&r->ingest_lock);
	pthread_mutex_destroy(&r->names.lock);
	free(r->slots);
	free(r);
}

static int rocks_shelves(struct engine *e, shelf_name_fn each, void *arg, struct fault *f)
{
	struct rocks *r = (struct rocks *)e;
	int result = rocks_look(r, f);
	if (result < 0)
		return result;
	pthread_mutex_lock(&r->table_lock);
	size_t count = r->slot_count;
	char(*names)[SHELF_MAX] = malloc((count + 1) * sizeof(*names));
	for (size_t i = 0; names && i < count; i++)
		memcpy(names[i], r->slots[i].shelf, SHELF_MAX);
	pthread_mutex_unlock(&r->table_lock);
	if (names == NULL)
		return fault_set(f, YORE_ENOMEM, "%s: out of memory", r->dir);
	for (size_t i = 0; i < count && result >= 0; i++)
		result = each(names[i], arg);
	free(names);
	return result < 0 ? result : 0;
}

static const char *folder(const struct engine *e)
{
	return ((const struct rocks *)e)->dir;
}

static unsigned format(const struct engine *e)
{
	return ((const struct rocks *)e)->format;
}

static struct rocks *rocks_new(const char *dir, const struct store_options *o)
{
	static const struct store_ops ops = {
	    rocks_close,
	    rocks_commit,
	    rocks_drain,
	    rocks_shelves,
	    rocks_iter,
	    rocks_stat,
	    rocks_compact,
	    rocks_backup,
	    rocks_drop,
	    rocks_rewrite,
	    rocks_suppress,
	    .mend = rocks_mend,
	    .forget = rocks_forget_missing,
	    .erased = rocks_erased_here,
	    .octets = rocks_octets,
	    .format = format,
	    .folder = folder,
	    .check = rocks_names_check,
	};
	struct rocks *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	r->engine.ops = &ops;
	snprintf(r->dir, sizeof(r->dir), "%s", dir);
	r->write = o->write;
	r->older = o->older;
	r->lock_fd = -1;
	r->memory = o->memory ? o->memory : MEMORY_DEFAULT;
	/* Blocks come and go at any size, and what malloc keeps between them is half as
	 * much again where compaction runs (100 million RRs: 411 MiB in use took 608). */
	size_t cache = o->write ? r->memory / 2 : r->memory / 4 * 3;
	r->cache = rocksdb_cache_create_lru(cache > CACHE_MIN ? cache : CACHE_MIN);
	pthread_mutex_init(&r->table_lock, NULL);
	pthread_mutex_init(&r->ingest_lock, NULL);
	pthread_mutex_init(&r->names.lock, NULL);
	return r;
}

int rocks_open(const char *dir, const struct store_options *o, struct fault *f,
	       struct engine **ret)
{
	static const struct store_options reading;
	if (o == NULL)
		o = &reading;
	if (strlen(dir) >= sizeof(((struct rocks *)0)->dir))
		return fault_set(f, YORE_ELIMIT, "path too long: %.80s...", dir);
	struct rocks *r = rocks_new(dir, o);
	if (r == NULL)
		return fault_set(f, YORE_ENOMEM, "%s: out of memory", dir);
	int e = prepare(r, o, f);
	if (e == 0 && o->older)
		; /* nothing happens by itself */
	else if (e == 0 && o->write)
		e = begin_writing(r, f);
	else if (e == 0 && o->steady)
		e = renewer_start(r, f);
	if (e < 0) {
		rocks_close(&r->engine);
		return e;
	}
	*ret = &r->engine;
	return 0;
}
