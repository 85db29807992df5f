/*
 * Making runs of names (store/names_runs.h). A segment brings its own: it is put into
 * the shelf's folder before the segment is taken in, so that a crash in between leaves
 * a run too many, which goes with the next segment, and never a hole. The holder's
 * thread merges runs when there are many, and makes them anew from table N where they
 * do not cover the shelf: an older database, one that was restored, a damaged run.
 *
 * names_lock is for whoever merges or makes anew, one at a time, and for whoever erases;
 * it is taken before the ingest lock, which is held only to begin and to end.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "record/key.h"
#include "store/names_runs.h"
#include "store/rocks.h"

#define FIRST_CARE_US ((int64_t)60 * 1000000)
#define CARE_US ((int64_t)3600 * 1000000)
#define MANY 28 /* runs: nobody has merged them in the background */
#define NAMES_A_LOOK 4096

/* ---- a segment's ---- */

/* The position of the shelf; 0: there is nothing in it. */
static uint64_t position(rocksdb_t *db)
{
	if (rocksdb_get_latest_sequence_number(db))
		return rocks_names_upto(db);
	const rocksdb_livefiles_t *files = rocksdb_livefiles(db);
	int n = rocksdb_livefiles_count(files);
	rocksdb_livefiles_destroy(files);
	return n ? rocks_names_upto(db) : 0;
}

static int make_empty(const char *path)
{
	struct names_writer *w;
	int e = names_begin(path, NULL, &w);
	return e < 0 ? e : names_end(w, NULL);
}

static int move_run(const char *from, const char *to)
{
	return from == NULL	       ? make_empty(to)
	       : rename(from, to) == 0 ? 0
				       : yore_error_of_errno(errno);
}

static void merge_many(struct rocks *r, struct handle *h);

void rocks_names_place(struct rocks *r, struct handle *h, const char *run,
		       struct names_place *ret)
{
	char folder[ROCKS_PATH];
	uint64_t at = position(h->db);
	struct names_run n = {.from = at, .to = at ? at + 1 : 2};
	ret->path[0] = '\0';
	ret->to = n.to;
	if (!shelf_is_history(h->shelf))
		return;
	rocks_names_folder(r, h->shelf, folder);
	if (run && !io_exists(run))
		return; /* of a version before: a hole, to be mended */
	if (mkdir(folder, 0777) < 0 && errno == EEXIST) {
		names_sweep(folder, at);
		merge_many(r, h);
	}
	names_run_path(folder, &n, ret->path);
	if (move_run(run, ret->path) < 0)
		ret->path[0] = '\0';
}

void rocks_names_placed(struct rocks *r, const struct names_place *p, rocksdb_t *db)
{
	if (p->path[0] == '\0')
		return;
	if (db == NULL || rocks_names_upto(db) != p->to)
		(void)unlink(p->path);
	else
		r->names.merge = true;
}

/* Under the ingest lock: away with what was left by a crash. */
void rocks_names_tidy(struct rocks *r, const char *shelf)
{
	char folder[ROCKS_PATH];
	struct handle *h;
	rocks_names_folder(r, shelf, folder);
	if (rocks_look(r, NULL) < 0 || rocks_get(r, shelf, false, NULL, &h) < 0)
		return;
	names_sweep(folder, rocks_names_upto(h->db));
	rocks_put(h);
}

/* ---- several to one, or table N to one ---- */

struct making {
	struct rocks *r;
	const char *shelf;
	uint64_t inode; /* of the shelf's folder when it began */
	char folder[ROCKS_PATH], tmp[ROCKS_PATH];
	struct names_run made;
	struct names_writer *out;
};

static uint64_t inode_of(const struct rocks *r, const char *shelf)
{
	char path[ROCKS_PATH];
	struct stat st;
	snprintf(path, sizeof(path), "%s/%s", r->dir, shelf);
	return stat(path, &st) == 0 ? (uint64_t)st.st_ino : 0;
}

static int begin(struct making *m, struct rocks *r, const char *shelf, struct fault *f)
{
	m->r = r;
	m->shelf = shelf;
	m->inode = inode_of(r, shelf);
	rocks_names_folder(r, shelf, m->folder);
	snprintf(m->tmp, sizeof(m->tmp), "%s/incoming/.rewrite-names-%s", r->dir, shelf);
	return names_begin(m->tmp, f, &m->out);
}

/* Under the ingest lock. The shelf must be what it was, and so must the sources be. */
static int end(struct making *m, const struct names_run *from, size_t count,
	       struct fault *f)
{
	char path[NAMES_PATH];
	struct stat st;
	bool same = m->inode && m->inode == inode_of(m->r, m->shelf);
	for (size_t i = 0; i < count && same; i++) {
		names_run_path(m->folder, &from[i], path);
		same = stat(path, &st) == 0 && names_mark(&st) == from[i].mark;
	}
	if (!same)
		return fault_set(f, YORE_EAGAIN, "%s: another one by now", m->shelf);
	if (count == 0)
		(void)unlink(m->folder); /* a file: of a version before */
	(void)mkdir(m->folder, 0777);
	names_run_path(m->folder, &m->made, path);
	int e = io_rename(m->tmp, path, f);
	if (e == 0)
		e = io_point("names-made");
	return e;
}

/* What is in it now need not be there twice, nor be held open. */
static void settle(struct making *m, uint64_t upto)
{
	names_sweep(m->folder, upto);
	rocks_names_forget(m->r, m->shelf);
	(void)!io_point("names-swept");
}

static int copy_runs(struct making *m, struct names_runs *runs, bool patient,
		     struct fault *f)
{
	struct names_many *many = calloc(1, sizeof(*many));
	struct bytes name;
	int e = many ? 0 : YORE_ENOMEM, r = 1;
	if (e == 0)
		names_many_init(many, runs, BYTES(NULL, 0), BYTES(NULL, 0),
				BYTES(NULL, 0));
	for (uint64_t n = 1; e == 0; n++) {
		r = names_many_next(many, &name);
		if (r <= 0)
			break;
		e = names_add(m->out, name, f);
		if (e == 0 && !patient && n % NAMES_A_LOOK == 0 && m->r->names.stop)
			e = YORE_EAGAIN;
	}
	if (many)
		names_many_release(many);
	free(many);
	return e < 0 ? e : r;
}

/* The last runs of the chain that should be one. How many; 0: none. */
static size_t choose(struct rocks *r, struct handle *h, struct names_run *ret)
{
	struct names_run chain[NAMES_RUNS_MOST];
	struct names_list l;
	char folder[ROCKS_PATH];
	size_t n = 0;
	rocks_names_folder(r, h->shelf, folder);
	names_list(folder, &l);
	/* from the oldest run behind the last hole */
	for (size_t i = 0; i < l.count && n == 0; i++)
		n = names_chain(&l, l.at[i].from, rocks_names_upto(h->db), 0, chain);
	size_t due = names_chain_due(chain, n);
	memcpy(ret, chain + n - due, due * sizeof(*ret));
	return due;
}

/* Without a lock of its own. */
static int merge_chosen(struct making *m, const struct names_run *from, size_t count,
			bool patient, struct fault *f)
{
	struct names_runs *runs;
	uint64_t bad = 0;
	m->made = (struct names_run){.from = from[0].from, .to = from[count - 1].to};
	int e = names_runs_of(m->folder, from, count, &bad, f, &runs);
	if (e == 0) {
		e = copy_runs(m, runs, patient, f);
		if (bad == 0)
			bad = names_runs_bad(runs);
		names_runs_put(runs);
	}
	for (size_t i = 0; i < count && bad; i++) {
		char path[NAMES_PATH];
		names_run_path(m->folder, &from[i], path);
		if (from[i].mark == bad && unlink(path) == 0)
			log_warn("%s is damaged and was removed; patterns read table N "
				 "until it is made anew",
				 path);
	}
	if (e < 0)
		names_drop(m->out);
	else
		e = names_end(m->out, f);
	m->out = NULL;
	return e;
}

/* While a segment is taken in: where there are so many that nobody else has done it. */
static void merge_many(struct rocks *r, struct handle *h)
{
	struct names_run from[NAMES_RUNS_MOST];
	struct making m = {0};
	struct names_list l;
	char folder[ROCKS_PATH];
	rocks_names_folder(r, h->shelf, folder);
	names_list(folder, &l);
	if (l.count < MANY || pthread_mutex_trylock(&r->names.lock) != 0)
		return;
	size_t n = choose(r, h, from);
	if (n && begin(&m, r, h->shelf, NULL) == 0) {
		int e = merge_chosen(&m, from, n, true, NULL);
		if (e == 0)
			e = end(&m, from, n, NULL);
		if (e == 0)
			settle(&m, rocks_names_upto(h->db));
		else
			(void)unlink(m.tmp);
	}
	pthread_mutex_unlock(&r->names.lock);
}

/* In the background. 1: there was something to do. */
static int merge_shelf(struct rocks *r, const char *shelf)
{
	struct names_run from[NAMES_RUNS_MOST];
	struct making m = {0};
	struct handle *h;
	size_t n = 0;
	pthread_mutex_lock(&r->ingest_lock);
	if (r->holder && rocks_get(r, shelf, false, NULL, &h) == 0) {
		n = h->owner ? choose(r, h, from) : 0;
		rocks_put(h);
	}
	int e = n ? begin(&m, r, shelf, NULL) : YORE_ENOENT;
	pthread_mutex_unlock(&r->ingest_lock);
	if (e < 0)
		return 0;
	e = merge_chosen(&m, from, n, false, NULL);
	pthread_mutex_lock(&r->ingest_lock);
	if (e == 0)
		e = end(&m, from, n, NULL);
	if (e == 0)
		settle(&m, UINT64_MAX);
	else
		(void)unlink(m.tmp);
	pthread_mutex_unlock(&r->ingest_lock);
	return e == 0;
}

/* ---- from table N ---- */

static rocksdb_iterator_t *table_iterator(struct handle *h, rocksdb_readoptions_t **o)
{
	static const uint8_t lo = TABLE_NAME, hi = TABLE_NAME + 1;
	struct stretch s = {.lo = BYTES(&lo, 1), .hi = BYTES(&hi, 1), .whole = true};
	*o = rocks_read_options(&s);
	rocksdb_iterator_t *it = rocksdb_create_iterator(h->db, *o);
	rocksdb_iter_seek(it, (const char *)&lo, 1);
	return it;
}

static int copy_table(struct making *m, rocksdb_iterator_t *it, bool patient,
		      struct fault *f)
{
	struct bytes name;
	char *err = NULL;
	int e = 0;
	for (uint64_t n = 1; e == 0 && rocksdb_iter_valid(it); rocksdb_iter_next(it)) {
		struct bytes key;
		key.at = (const uint8_t *)rocksdb_iter_key(it, &key.len);
		/* what is no name is for verify to find */
		if (key_name_read(key, &name) == 0)
			e = names_add(m->out, name, f);
		if (e == 0 && !patient && n++ % NAMES_A_LOOK == 0 && m->r->names.stop)
			e = YORE_EAGAIN;
	}
	rocksdb_iter_get_error(it, &err);
	return err ? rocks_error(err, f, "table N cannot be read", m->shelf) : e;
}

static int make_of(struct making *m, struct handle *h, bool patient, struct fault *f)
{
	rocksdb_readoptions_t *o;
	/* the iterator sees what is there now, and the position is of now */
	rocksdb_iterator_t *it = table_iterator(h, &o);
	m->made = (struct names_run){.to = rocks_names_upto(h->db)};
	pthread_mutex_unlock(&m->r->ingest_lock);
	int e = copy_table(m, it, patient, f);
	rocksdb_iter_destroy(it);
	rocksdb_readoptions_destroy(o);
	if (e < 0)
		names_drop(m->out);
	else
		e = names_end(m->out, f);
	pthread_mutex_lock(&m->r->ingest_lock);
	return e;
}

/* Under names_lock and the ingest lock, which is let go in between. */
static int make(struct rocks *r, struct handle *h, bool patient, struct fault *f)
{
	struct making m = {0};
	int e = begin(&m, r, h->shelf, f);
	if (e < 0)
		return e;
	e = make_of(&m, h, patient, f);
	if (e == 0)
		e = end(&m, NULL, 0, f);
	if (e == 0)
		settle(&m, UINT64_MAX);
	else
		(void)unlink(m.tmp);
	return e;
}

static int make_shelf(struct rocks *r, const char *shelf, bool only_if, bool patient,
		      struct fault *f)
{
	struct shelf_stat st = {0};
	struct handle *h;
	pthread_mutex_lock(&r->ingest_lock);
	int e = r->holder ? rocks_look(r, f) : YORE_ELOCKED;
	if (e == 0)
		e = rocks_get(r, shelf, false, f, &h);
	if (e == 0) {
		rocks_names_stat(r, h, &st);
		if (!only_if || !st.names_covered || rocks_names_bad(h))
			e = make(r, h, patient, f);
		rocks_put(h);
	}
	pthread_mutex_unlock(&r->ingest_lock);
	return e;
}

int rocks_names_make(struct rocks *r, const char *shelf, struct fault *f)
{
	pthread_mutex_lock(&r->names.lock);
	int e = make_shelf(r, shelf, false, true, f);
	pthread_mutex_unlock(&r->names.lock);
	return e;
}

/* ---- in the background ---- */

struct all_shelves {
	struct rocks *r;
	bool patient;
};

static int merge_one(const char *shelf, void *arg)
{
	struct all_shelves *a = arg;
	if (shelf_is_history(shelf) && !a->r->names.stop)
		while (merge_shelf(a->r, shelf) == 1 && !a->r->names.stop)
			;
	return 0;
}

static int mend_one(const char *shelf, void *arg)
{
	struct all_shelves *a = arg;
	struct fault f = {0};
	int e = 0;
	if (shelf_is_history(shelf) && !a->r->names.stop)
		e = make_shelf(a->r, shelf, true, a->patient, &f);
	if (e < 0 && e != YORE_EAGAIN && e != YORE_ENOENT)
		log_warn("%s: its file of names was not made, so patterns take longer: "
			 "%.200s",
			 shelf, f.text);
	return 0;
}

static void each(struct rocks *r, shelf_name_fn fn, bool patient)
{
	struct all_shelves a = {r, patient};
	pthread_mutex_lock(&r->names.lock);
	(void)r->engine.ops->shelves(&r->engine, fn, &a, NULL);
	pthread_mutex_unlock(&r->names.lock);
}

void rocks_names_mend(struct rocks *r)
{
	each(r, mend_one, true);
	each(r, merge_one, true);
}

void rocks_names_care(struct rocks *r)
{
	int64_t now_us = rocks_now_us();
	if (r->names.due_us == 0)
		r->names.due_us = now_us + FIRST_CARE_US;
	if (now_us >= r->names.due_us) {
		r->names.due_us = now_us + CARE_US;
		each(r, mend_one, false);
	}
	if (atomic_exchange(&r->names.merge, false))
		each(r, merge_one, false);
}
