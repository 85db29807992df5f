/*
 * The history on disk: the one place where what comes in and what is asked meet.
 *
 * The store is a table of functions with several implementations (RocksDB; sorted
 * arrays in memory, the reference that every test compares with). It holds rows in key
 * order (record/key.h) on *shelves*: "y2015" and so on for sighting rows of a year,
 * "intervals" for interval rows, and private ones (negative, suspicious, and who asked,
 * "who-2015-07"). Each
 * shelf is exact on its own and has its own ledger.
 *
 * Writing is by segment only: all rows of one window and one shelf. A segment becomes
 * visible as a whole or not at all, and only when every input it names is at its `from`
 * in that shelf's ledger. So a retry, a second importer of the same file or a crash
 * anywhere adds nothing twice. Reading needs no lock and runs beside a writer.
 */
#ifndef YORE_STORE_STORE_H
#define YORE_STORE_STORE_H

#include "record/key.h"

#define SHELF_MAX 32
#define INPUT_CHECKPOINTS 40

struct store; /* opaque */

struct store_options {
	bool write;  /* take part in ingestion: segments go to incoming/, and are ingested
			when the lock can be had */
	bool create; /* make the database when there is none */
	bool older;  /* one of an earlier format as it is: for store_upgrade only */
	bool steady; /* a reader that lives long: news are opened beside the questions,
			which never wait for them, and seen a little later */
	size_t memory; /* octets for caches and compaction; 0: 128 MiB */
};

/*
 * dir "mem:" is the in-memory reference. ENOENT (no database), EVERSION, ECORRUPT, EIO.
 * One of an earlier format cannot be written to (EVERSION); when it is read, scans leave
 * out rows in a form that is no more, and say so once (as of damage).
 */
int store_open(const char *dir, const struct store_options *o, struct fault *f,
	       struct store **ret) YORE_MUST_CHECK;
void store_close(struct store *s);
/*
 * Nobody writes there from now on, whatever its format, until the descriptor that is
 * returned is closed. ELOCKED: somebody does; EACCESS, EIO.
 */
int store_hold(const char *dir, struct fault *f) YORE_MUST_CHECK;
/* Its folder; NULL: in memory. */
const char *store_folder(const struct store *s);

/*
 * Reads two stores as one (a history, and beside it what others answered just now): what
 * both hold is merged. Writing goes to the first. Both must outlive it.
 */
int store_beside(struct store *a, struct store *b, struct fault *f,
		 struct store **ret) YORE_MUST_CHECK;

/* $arg (--db), else $YORE_DB, else $XDG_DATA_HOME/yore/db, else ~/.local/share/yore/db.
 */
int store_default_dir(const char *arg, struct buf *ret) YORE_MUST_CHECK;

/* ---- inputs and the ledger ---- */

struct input_id {
	uint8_t octets[16]; /* hash of sensor name, link type and first packet, and a
			       branch */
};

/*
 * Where an input stands: packets so far, and a chained hash over them. `checkpoints[k]`
 * is the chain after 2^k packets (0: not that far), so that a cut copy is recognised.
 */
struct input_position {
	uint64_t packets, octets;
	uint64_t chain;
	uint64_t checkpoints[INPUT_CHECKPOINTS];
};

/* One commit of one input, as the ledger keeps it. */
struct ledger_entry {
	struct input_id input;
	uint64_t from; /* packets: the position this commit begins behind */
	struct input_position to;
	int64_t first_us, last_us; /* of the packets from..to; WHEN_UNKNOWN: no packets */
	char name[256];		   /* file or interface, for people */
	char sensor[64];	   /* "" when not named */
	char kind[16];		   /* "pcap", "live", "dnstap", "log", ... */
	struct bytes counters;	   /* "name=value\n" lines: losses by reason; borrowed */
	char version[24];	   /* of the program */
};

/* ---- writing ---- */

struct segment_meta {
	char shelf[SHELF_MAX];
	uint8_t origin[16]; /* who made it: random per run */
	uint64_t sequence;  /* within origin; origin and sequence name the segment */
	const struct ledger_entry *entries; /* every input of the window; at least one */
	size_t entry_count;
	bool own_ledger; /* the rows bring the ledger's rows of these inputs with them:
			    for store_merge only */
};

/* Rows in strictly ascending key order (whole keys: base and suffix), pulled. */
struct segment_rows {
	int (*next)(struct segment_rows *self, struct bytes *key, struct bytes *value);
	/* 1: a row; 0: end; negative: stop with this error. Borrowed until the next call.
	 */
};

/*
 * Commits one segment and waits until it is acknowledged. Values are spans as
 * span_encode writes them against the shelf's base (the month's start; the year's start
 * for N and B; 0 on "intervals"). 0: in the history for good. YORE_ESTALE: an input is
 * not at its `from` (somebody else imported it meanwhile); nothing was added; ask for
 * positions again and start over. YORE_EFULL, YORE_EIO: nothing was added.
 */
int store_commit(struct store *s, const struct segment_meta *meta,
		 struct segment_rows *rows, struct fault *f) YORE_MUST_CHECK;

/* Where segments go: the store itself (store_sink), an upload spool, a test. As above. */
struct segment_sink {
	int (*commit)(void *arg, const struct segment_meta *meta,
		      struct segment_rows *rows, struct fault *f);
	void *arg;
};
struct segment_sink store_sink(struct store *s);

/* Takes in what other processes left in incoming/, if the lock can be had. */
int store_drain(struct store *s, struct fault *f);
/* How many segments wait there: committed, and in no answer, copy or merge yet. */
unsigned store_waiting(const struct store *s);

/* ---- asking ---- */

struct scan {
	uint8_t table;	     /* TABLE_* */
	struct bytes lo, hi; /* whole-key bounds [lo, hi) with the table octet; hi empty:
				to the table's end */
	bool exact_owner;    /* lo..hi lies within one owner (R) or one head (D): filters
				help */
	int year_first, year_last; /* shelves to read; 0, 0: all */
	bool intervals;		   /* also interval rows */
	const char *shelf;	   /* NULL: the history as above; else only this one */
	/*
	 * Table N, for patterns: spans are not wanted (they come out as zero), and names
	 * that do not have the literal within one of their labels (lower case; empty:
	 * all do) may be left out. The file of names is read then.
	 */
	bool names_only;
	struct bytes literal;
};

struct store_row {
	struct bytes base; /* key without the suffix; borrowed until the next call */
	int32_t month;	   /* 0: interval row, or a table without months */
	struct span span;
	struct bytes value; /* as it stands on the shelf (of the first, where several have
			       the row); borrowed */
};

/*
 * Rows of all shelves asked for, merged, in order of (base, month). Damage does not end
 * a scan: cursor_next returns YORE_ECORRUPT once for each stretch it had to skip, with
 * the fault saying where, and goes on after it.
 */
struct cursor;
int store_scan(struct store *s, const struct scan *scan, struct fault *f,
	       struct cursor **ret) YORE_MUST_CHECK;
int cursor_next(struct cursor *c, struct store_row *ret); /* 1, 0 or negative */
int cursor_seek(struct cursor *c, struct bytes key);	  /* forward only, to >= key */
void cursor_close(struct cursor *c);
const struct fault *cursor_fault(const struct cursor *c);

/*
 * What a scan would have to read, estimated and added up: octets on disk and shelves from
 * the indices; rows too, where sample is not 0, by reading so many of each shelf.
 */
struct scan_cost {
	uint64_t rows, octets;
	unsigned shelves;
};
int store_estimate(struct store *s, const struct scan *scan, unsigned sample,
		   struct scan_cost *add, struct fault *f);

/* Ledger entries, oldest first within an input; shelf NULL: all shelves. */
typedef int (*ledger_fn)(const char *shelf, const struct ledger_entry *e, void *arg);
int store_ledger(struct store *s, const char *shelf, ledger_fn each, void *arg,
		 struct fault *f);

/*
 * The last entry of an input on a shelf: 1 found, 0 none. Branch and sensor are part of
 * the id. store_inputs calls back for each id whose first 12 octets match (the last 4
 * are the branch), once per shelf, with its last entry; shelves that are damaged are
 * passed over (nothing can be added to them on a guess).
 */
int store_position(struct store *s, const char *shelf, const struct input_id *id,
		   struct ledger_entry *ret, struct fault *f);
int store_inputs(struct store *s, const struct input_id *id, ledger_fn each, void *arg,
		 struct fault *f);

/* The names of all shelves, ascending; a negative result of each ends it. */
typedef int (*shelf_name_fn)(const char *shelf, void *arg);
int store_shelves(struct store *s, shelf_name_fn each, void *arg, struct fault *f);

/* ---- looking after it ---- */

struct shelf_stat {
	char shelf[SHELF_MAX];
	uint64_t octets; /* on disk */
	uint64_t files, level0;
	uint64_t waited_us;	  /* commits of this process, for compaction */
	uint64_t rows[5];	  /* estimates: R, D, N, B, L */
	uint64_t table_octets[5]; /* estimates, same order; 0 when not known */
	/* The file of names: its octets, in so many runs; does it cover the shelf? */
	uint64_t names_octets, names_runs;
	bool names_covered;
};
typedef int (*shelf_fn)(const struct shelf_stat *st, void *arg);
int store_stat(struct store *s, shelf_fn each, void *arg, struct fault *f);

/* Reads everything back; each finding is one line to say(). Returns the number of them;
   the fault says what to do about them. */
typedef void (*say_fn)(const char *line, void *arg);
int64_t store_verify(struct store *s, say_fn say, void *arg, struct fault *f);
/*
 * What cannot be read is taken out of its shelf and kept in DIR/damaged: files that make
 * no sense as a whole, and stretches of others, whose shelf is then written anew without
 * them. Answers go on naming what is missing. Says each; returns how many; ELOCKED. A
 * shelf that is beyond mending does not keep it from the others.
 */
int64_t store_repair(struct store *s, say_fn say, void *arg, struct fault *f);
/* Answers do not name any more what is missing on this shelf. How many notes; ELOCKED. */
int store_forget_missing(struct store *s, const char *shelf, struct fault *f);
int store_compact(struct store *s,
		  struct fault *f); /* everything into the bottom level */
/* A checkpoint, without a pause. who_asked: with the shelves of who asked, which are left
   out otherwise. */
int store_backup(struct store *s, const char *to, bool who_asked, struct fault *f);
/* EREFUSED where it is a copy into which a later backup is brought, and that has not
   ended: what is missing there proves nothing. A copy of it is one, too. */
int store_need_whole(const struct store *s, struct fault *f);
/* Drops whole year shelves that end before, and notes it (store/expired.h); says each.
   Returns how many. */
int store_expire(struct store *s, int64_t before_s, say_fn say, void *arg,
		 struct fault *f);
/* The same of each that removes something, without removing: says what would go, and
   needs no lock. What would keep it from being done is told in the same way. */
int store_would_expire(struct store *s, int64_t before_s, say_fn say, void *arg,
		       struct fault *f);

/*
 * Erasing: every row that speaks of these names and addresses, in all tables and shelves
 * (private ones too), also in sets of other owners; and what is written from now on
 * leaves them out. Shelves are written anew: afterwards the octets are gone. So many rows
 * went; -1: nothing was begun (ELOCKED while another process writes). A shelf that cannot
 * be read or written is left as it is, the others are done, and the fault names it.
 */
enum erase_kind { ERASE_NAME, ERASE_ZONE, ERASE_RANGE, ERASE_PSEUDONYM };
struct erasure {
	enum erase_kind kind;
	struct bytes name; /* wire form, lower case */
	struct addr_range range;
	uint8_t pseudonym[8]; /* of a client: rows of who asked */
};
/* The list of all that was erased here (store/erased.h); erased_release it. */
struct erased;
int store_erased(struct store *s, struct erased *ret, struct fault *f);
/* EREFUSED where a shelf is a link: what it points to would stay. Erasing and expiring
   begin with it. */
int store_may_erase(struct store *s, struct fault *f) YORE_MUST_CHECK;
int store_erase(struct store *s, const struct erasure *what, size_t count, say_fn say,
		void *arg, int64_t *gone, struct fault *f) YORE_MUST_CHECK;
int store_would_erase(struct store *s, const struct erasure *what, size_t count,
		      say_fn say, void *arg, int64_t *gone,
		      struct fault *f) YORE_MUST_CHECK;

/*
 * Before a database is made that shall become part of another one: what was erased there
 * is on its list, too. Nothing where it has one already, or there is none to take.
 */
int store_inherit_erased(const char *from, const char *dir,
			 struct fault *f) YORE_MUST_CHECK;

/*
 * Brings a database of an earlier format, and its stages, to the one that is written now
 * (docs/design/store.md, Versions): rows in an older form are written anew, shelf by
 * shelf, and FORMAT last. A crash leaves one of the earlier format that can be upgraded
 * again. only_look: nothing is changed, not even locked; rows and room are what would be
 * needed. Says each shelf. ELOCKED, EFULL (says how much room is needed).
 */
struct upgrade {
	unsigned from, to;    /* formats; the same: there was nothing to do */
	uint64_t rows;	      /* in an older form */
	uint64_t room_octets; /* the most that is needed at once */
};
int store_upgrade(const char *dir, bool only_look, say_fn say, void *arg,
		  struct upgrade *ret, struct fault *f) YORE_MUST_CHECK;
#define STORE_FORMAT 2			      /* what this program writes */
unsigned store_format(const struct store *s); /* what stands there */
/* EVERSION where it is an earlier one: what cannot be taken over as it is. */
int store_need_format(const struct store *s, struct fault *f) YORE_MUST_CHECK;

/*
 * Removes R and D rows of a type (0: all) and a source (SOURCE_NONE: all) that were last
 * seen before, and notes it (store/expired.h). Of one shelf only, where
 * that is named ("": all but who asked); then, and with all types and sources, its names
 * and servers that were last seen before go, too. ENOENT: there is no such shelf.
 */
struct expiring {
	int64_t before_s;
	uint16_t type, source;
	char shelf[SHELF_MAX];
};
int store_expire_rows(struct store *s, const struct expiring *x, say_fn say, void *arg,
		      int64_t *gone, struct fault *f) YORE_MUST_CHECK;
int store_would_expire_rows(struct store *s, const struct expiring *x, say_fn say,
			    void *arg, int64_t *gone, struct fault *f) YORE_MUST_CHECK;

/*
 * Takes in everything of another history, shelf by shelf, each whole or not at all;
 * says each. A shelf whose inputs all stand here as they stand there is there already.
 * EREFUSED, and nothing is done, where the two overlap otherwise: then rows would count
 * twice; and where the other one is a copy that is not finished, or segments wait there
 * (store_waiting). Private shelves are left out. What was erased there is left out here
 * from now on (said, too; rows that are here stay), and what expired there is known here.
 * ELOCKED: that list would grow, and another process writes.
 */
int store_merge(struct store *into, struct store *from, say_fn say, void *arg,
		struct fault *f) YORE_MUST_CHECK;

#endif
