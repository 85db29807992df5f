/*
 * The engine on disk: one RocksDB a shelf, each filled with whole sorted files only.
 *
 *   DIR/FORMAT        "yore database 2\n"
 *   DIR/LOCK          flock: whoever holds it ingests (and opens shelves for writing)
 *   DIR/y2015/ ...    a shelf, private ones mode 0700
 *   DIR/incoming/     finished segments that wait (store/segment.h)
 *   DIR/rejected/     segments that did not fit, each with the reason in one line
 *   DIR/damaged/      what was set aside because it cannot be read (store/aside.h)
 *
 * The process with the lock opens shelves as their owner, when it needs them; all others
 * follow it: they open read-only, and anew where something has come, and look for news at
 * most every REFRESH_US. Handles are counted, so that a cursor outlives whatever
 * replaces or drops the shelf it reads.
 */
#ifndef YORE_STORE_ROCKS_H
#define YORE_STORE_ROCKS_H

#include <pthread.h>
#include <rocksdb/c.h>
#include <stdatomic.h>

#include "store/aside.h"
#include "store/engine.h"
#include "store/segment.h"
#include "store/shelf.h"

#define FORMAT_VERSION STORE_FORMAT /* docs/design/store.md, Versions */
#define FORMAT_TEXT "yore database "
#define SUPPRESSED_MAX (1u << 26) /* octets of the list of what was erased */
#define REFRESH_US 50000
#define RETRY_US 1000000 /* a shelf that could not be opened, though nothing has come */
#define LEVEL0_MAX 30
#define ROCKS_PATH 4096
#define MEMORY_FOLDER "/dev/shm"

/*
 * An iterator within one owner or head, for the next look-up to use: making one costs as
 * much as seeking with it. Only followers keep them, since what they read never changes.
 */
#define SPARES_MAX 16
struct spare {
	rocksdb_readoptions_t *options;
	rocksdb_iterator_t *at;
};

struct names_runs; /* store/names_runs.h */

/* One open shelf. */
struct handle {
	_Atomic unsigned users;
	char shelf[SHELF_MAX];
	rocksdb_t *db;
	rocksdb_options_t *options;
	bool owner;		    /* not a follower */
	_Atomic uint64_t waited_us; /* for level 0 */
	uint64_t inode;		    /* of its folder: another one is another shelf */
	uint64_t journal;	    /* of a follower: where the owner's was */
	struct aside aside;	    /* what is known to be missing */
	pthread_mutex_t spare_lock;
	struct spare spares[SPARES_MAX];
	unsigned spare_count;
	struct names_runs *names; /* under spare_lock, too; NULL: none */
	uint64_t names_bad;	  /* the mark of one that was no good */
	uint64_t names_upto;	  /* where they were last looked for, and when */
	int64_t names_looked_us;
	struct rocks *rocks;
	struct kept_table *kept; /* answers of a follower; NULL: none yet */
};

struct slot {
	char shelf[SHELF_MAX];
	struct handle *handle; /* NULL: not open yet */
	int error;	       /* it cannot be opened, and why */
	char why[400];
	uint64_t journal; /* what was there when that was found out, and when it was */
	int64_t failed_us;
};

/* Where folding of the ledger goes on (fold.c); of the drainer's thread. */
struct fold_place {
	char shelf[SHELF_MAX]; /* "": begin with the first */
	uint8_t key[64];
	uint8_t len; /* 0: the next shelf */
	int64_t done_us;
};

/* Looking after runs of names (rocks_names_care.c). */
struct names_care {
	pthread_mutex_t lock; /* before the ingest lock */
	atomic_bool merge;    /* something came */
	atomic_bool stop;     /* the holder's thread is to end */
	int64_t due_us;	      /* when holes are looked for */
};

struct rocks {
	struct engine engine;
	char dir[ROCKS_PATH - 300];
	uint64_t device, inode; /* of that folder when it was opened */
	unsigned format;	/* of the database: FORMAT_VERSION, or an earlier one */
	bool older; /* rows of an earlier format come out as they are (upgrade.c) */
	bool write;
	bool steady; /* a thread of its own looks for news and opens them */
	rocksdb_cache_t *cache;
	size_t memory;

	pthread_mutex_t table_lock; /* slots */
	struct slot *slots;	    /* ascending */
	size_t slot_count;
	int64_t looked_us; /* when news were last looked for; 0: look now */

	pthread_mutex_t ingest_lock; /* the lock file, and everything that ingests */
	_Atomic unsigned aside_at_opening; /* files that opening has set aside */
	_Atomic size_t kept_octets; /* of answers that are kept, over all shelves */
	_Atomic bool holder;
	bool swept;		    /* leftovers from before are gone */
	char waiting[8][SHELF_MAX]; /* shelves that were told of: segments wait */
	int lock_fd;

	pthread_t drainer; /* of the holder: others' segments */
	bool drainer_runs;
	int wake[2], watch_fd;
	struct fold_place folding;
	struct names_care names;
};

/* ---- rocks.c ---- */

/* FORMAT anew, in the folder to. */
int rocks_put_format(const char *to, unsigned version, struct fault *f);

/* ---- rocks_options.c ---- */

rocksdb_options_t *rocks_options(const struct rocks *r);
void rocks_log_to_memory(rocksdb_options_t *o);
void rocks_log_remove(const char *dir);
/*
 * The one place that picks read options. bounds must stay until they are destroyed.
 * Those of all stretches within one prefix differ in hi only.
 */
rocksdb_readoptions_t *rocks_read_options(const struct stretch *s);
bool rocks_within_one_prefix(const struct stretch *s);
/*
 * A sorted file goes in as a whole, moved; NULL, or the message. The sequence number
 * always grows by one, also where nothing is there that the file overlaps.
 */
char *rocks_take_file(rocksdb_t *db, const char *path);
/* The error code behind a message of the engine; frees the message. */
int rocks_error(char *message, struct fault *f, const char *doing, const char *where);

/* ---- rocks_open.c ---- */

/* Of the holder of the lock: what is in the way is set aside. ECORRUPT: no use in trying
   again before something else lies there. */
int rocks_open_shelf(struct rocks *r, struct handle *h, const char *path, bool create,
		     struct fault *f);
uint64_t rocks_journal(const char *path); /* of this shelf: another number is news */

/* ---- rocks_shelf.c ---- */

/* Counted up; ENOENT, ECORRUPT, EIO. With create: made when it is not there. */
int rocks_get(struct rocks *r, const char *shelf, bool create, struct fault *f,
	      struct handle **ret);
void rocks_put(struct handle *h);
int rocks_look(struct rocks *r, struct fault *f); /* shelves that came or went */
/* Is there any year, or intervals, whatever else there is? The name of one. */
bool rocks_any_year(const struct rocks *r, char ret[SHELF_MAX]);
/* Opens anew what has moved on, while questions go on with what was there. */
void rocks_renew(struct rocks *r);
int renewer_start(struct rocks *r, struct fault *f); /* drainer_stop ends it */
void rocks_news(struct rocks *r);		     /* look again at the next question */
void rocks_forget(struct rocks *r, const char *shelf); /* or all, with NULL */
/* The same for a shelf that is about to be replaced: nothing works on it any more. */
void rocks_retire(struct rocks *r, const char *shelf);
int64_t rocks_now_us(void);

/* ---- rocks_iter.c ---- */

void rocks_spares_free(struct handle *h);

int rocks_iter(struct engine *e, const char *shelf, const struct stretch *s,
	       struct fault *f, struct shelf_iter **ret);

/* ---- rocks_kept.c ---- */

#define KEPT_MAX ((size_t)4096) /* octets of an answer that is worth keeping */
struct kept_table;
bool kept_begin(struct buf *b, struct bytes lo, struct bytes hi);
bool kept_row(struct buf *b, struct bytes key, struct bytes value);
void kept_add(struct rocks *r, struct handle *h, struct bytes answer);
/* The same answer again, or NULL. */
struct shelf_iter *kept_iter(struct handle *h, struct bytes question);
void kept_free(struct rocks *r, struct kept_table *t);

/* ---- rocks_names.c ---- */

void rocks_names_folder(const struct rocks *r, const char *shelf, char ret[ROCKS_PATH]);
uint64_t rocks_names_upto(rocksdb_t *db); /* what runs have to cover */
void rocks_names_stat(const struct rocks *r, struct handle *h, struct shelf_stat *st);
void rocks_names_forget(struct rocks *r, const char *shelf);
bool rocks_names_bad(struct handle *h); /* one was met that cannot be read */
int rocks_names_iter(struct rocks *r, const char *shelf, const struct stretch *s,
		     struct shelf_iter **ret);

/* ---- rocks_names_check.c ---- */

/* One line for each run that cannot be read whole, one where names are not in any. */
void rocks_names_check(struct engine *e, const char *shelf, say_fn say, void *arg);

/* ---- rocks_names_care.c ---- */

struct names_place {
	char path[ROCKS_PATH + 104]; /* "": nowhere */
	uint64_t to;
};
/*
 * Under the ingest lock: the run of what is about to be taken in goes into its place
 * (NULL: an empty one), and away again if the shelf is not where the run ends; with a
 * db of NULL in any case.
 */
void rocks_names_place(struct rocks *r, struct handle *h, const char *run,
		       struct names_place *ret);
void rocks_names_placed(struct rocks *r, const struct names_place *p, rocksdb_t *db);
void rocks_names_tidy(struct rocks *r, const char *shelf);
/* Anew, from table N as it is now; of the holder. */
int rocks_names_make(struct rocks *r, const char *shelf, struct fault *f);
void rocks_names_mend(struct rocks *r); /* all there is to do, at once */
void rocks_names_care(struct rocks *r); /* of the holder's thread */

/* ---- lock.c ---- */

/* The lock, if it can be had; with it come the leftovers of others. */
bool rocks_try_lock(struct rocks *r);
void rocks_unlock(struct rocks *r);
int rocks_need_lock(struct rocks *r, struct fault *f); /* ELOCKED: another has it */
/* Notes which folder it is; is it still the one that goes by its name? ENOENT. */
void rocks_place(struct rocks *r);
int rocks_in_place(const struct rocks *r, struct fault *f);

/* ---- incoming.c ---- */

int rocks_drain(struct engine *e, struct fault *f);
int drainer_start(struct rocks *r, struct fault *f);
void drainer_stop(struct rocks *r);

/* DIR/incoming/NAME with something behind it. */
void incoming_path(const struct rocks *r, const char *name, const char *tail,
		   char ret[ROCKS_PATH]);
int incoming_point(const char *step, struct fault *f);
/* Does the code say that the segment itself does not fit? */
bool incoming_is_refusal(int code);
/* Why its shelf cannot be opened; 0: it can. */
int incoming_lost(struct rocks *r, const char *shelf, struct fault *f);
/*
 * Takes one segment in, under the ingest lock. What does not fit goes to rejected/; what
 * fails for want of space or of a working disk stays. *unsure: it stays, too, since it
 * may be in; or, with ECORRUPT, since its shelf cannot be opened: then it goes in when
 * that is mended, and its writer need not wait (SEGMENT_WAITS says so in its folder).
 */
#define SEGMENT_WAITS "waits"
int incoming_take(struct rocks *r, const char *name, bool *unsure, struct fault *f);

/* ---- commit.c ---- */

int rocks_commit(struct engine *e, const struct segment_meta *meta,
		 struct segment_rows *rows, struct fault *f);

/* ---- rocks_care.c ---- */

int rocks_stat(struct engine *e, shelf_fn each, void *arg, struct fault *f);
uint64_t rocks_octets(struct engine *e, const char *shelf, const struct stretch *s);
int rocks_compact(struct engine *e, struct fault *f);
int rocks_drop(struct engine *e, const char *shelf, struct fault *f);
uint64_t rocks_property(rocksdb_t *db, const char *name);
uint64_t rocks_level0(rocksdb_t *db); /* files at level 0 */

/* ---- fold.c ---- */

/* Old commits in the ledger made fewer: all of them, or for some milliseconds. */
int rocks_fold(struct rocks *r, struct fault *f);
void rocks_fold_some(struct rocks *r);

/* ---- rewrite.c ---- */

int64_t rocks_rewrite(struct engine *e, const char *shelf, keep_fn keep, void *arg,
		      struct fault *f);
/* Without what cannot be read, which is told to lost; under the ingest lock. */
typedef int (*lost_fn)(struct shelf_iter *it, void *arg);
int64_t rocks_rewrite_readable(struct rocks *r, const char *shelf, lost_fn lost,
			       void *arg, struct fault *f);
/* Anew with just these rows; rows is closed. Under the ingest lock. */
int rocks_rewrite_from(struct rocks *r, const char *shelf, struct shelf_iter *rows,
		       struct fault *f);
int rocks_suppress(struct engine *e, const struct erasure *what, size_t count,
		   struct fault *f);
int rocks_erased_here(struct engine *e, struct erased *ret, struct fault *f);
int rocks_erased(const struct rocks *r, struct erased *ret, struct fault *f);

/* ---- mend.c ---- */

int64_t rocks_mend(struct engine *e, const char *shelf, say_fn say, void *arg,
		   struct fault *f);
/* The same under the ingest lock. */
int64_t rocks_mend_locked(struct rocks *r, const char *shelf, say_fn say, void *arg,
			  struct fault *f);
int rocks_forget_missing(struct engine *e, const char *shelf, struct fault *f);

/* ---- backup.c ---- */

#define BACKUP_BEGUN "not finished\n" /* what its file BACKUP says until it is whole */
int rocks_backup(struct engine *e, const char *to, bool who_asked, struct fault *f);
bool rocks_is_begun(const char *dir); /* is it a copy that is not finished? */
/* Is there nothing of the name? A link to another disk that is away is something. */
bool rocks_is_gone(const char *dir, const char *shelf);
/* May a copy be written there? EREFUSED says why not. */
int rocks_backup_target(struct rocks *r, const char *to, struct fault *f);

#endif
