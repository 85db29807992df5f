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

static int read_format(const struct rocks *r, struct fault *f)
{
	char path[ROCKS_PATH];
	struct buf b;
	uint64_t version = 0;
	snprintf(path, sizeof(path), "%s/FORMAT", r->dir);
	if (!io_exists(path)) {
		int code = errno == EACCES ? YORE_EACCESS : YORE_ENOENT;
		return fault_set(f, code, "%s: %s", r->dir,
				 code == YORE_EACCESS ? strerror(EACCES)
						      : "no database there");
	}
	int e = io_read_file(path, 4096, &b, f);
	if (e < 0)
		return e;
	char *text = (char *)b.at;
	size_t n = sizeof(FORMAT_TEXT) - 1;
	if (b.len > n + 1 && text[b.len - 1] == '\n') {
		text[b.len - 1] = 0;
		if (memcmp(text, FORMAT_TEXT, n) != 0 ||
		    num_u64(text + n, UINT32_MAX, &version) < 0)
			version = 0;
	}
	buf_release(&b);
	if (version == 0)
		return fault_set(f, YORE_ECORRUPT, "%s is damaged", path);
	if (version > FORMAT_VERSION)
		return fault_set(f, YORE_EVERSION,
				 "%s: its format is %llu and this program knows up to "
				 "%d; use the newer program",
				 r->dir, (unsigned long long)version, FORMAT_VERSION);
	return 0;
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

static int make_database(const struct rocks *r, struct fault *f)
{
	char path[ROCKS_PATH];
	int e = make_folders(r, f);
	if (e < 0)
		return e;
	snprintf(path, sizeof(path), "%s/FORMAT", r->dir);
	return io_replace(path, BYTES_LIT(FORMAT_LINE), 0666, f);
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
	return make_folders(r, f);
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
	    .folder = folder,
	    .check = rocks_names_check,
	};
	struct rocks *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	r->engine.ops = &ops;
	snprintf(r->dir, sizeof(r->dir), "%s", dir);
	r->write = o->write;
	r->lock_fd = -1;
	r->memory = o->memory ? o->memory : MEMORY_DEFAULT;
	size_t cache = r->memory / 4 * 3;
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
	if (e == 0 && o->write)
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
