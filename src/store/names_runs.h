/*
 * The runs of a shelf: SHELF/names/FROM-TO, each all names of what came between two
 * positions of the shelf. A position is RocksDB's sequence number and one more; 0: the
 * shelf was empty. Each segment that is taken in moves it on by one and brings a run;
 * neighbours are merged into one from time to time. Where runs lead from 0 without a
 * hole to where the shelf is, they have every name that table N has.
 *
 *   0000000000000000-0000000000000019      names of the first 24 segments
 *   0000000000000019-000000000000001a      of one more
 *
 * Runs may overlap after a crash: names are given once whatever the runs say.
 */
#ifndef YORE_STORE_NAMES_RUNS_H
#define YORE_STORE_NAMES_RUNS_H

#include "store/names.h"

#define NAMES_FOLDER "names"
#define NAMES_RUNS_MOST 40 /* that are read together; where it takes more, N is read */
#define NAMES_RUNS_FEW 12  /* where there are more, neighbours are merged */
#define NAMES_LIST_MOST 256
#define NAMES_PATH 4200

struct names_run {
	uint64_t from, to, octets, mark;
};

/* By from, of the same the one that reaches farthest first. */
struct names_list {
	struct names_run at[NAMES_LIST_MOST];
	size_t count;
};

/* What is there; no folder: nothing. What is no run is passed over. */
void names_list(const char *folder, struct names_list *ret);
void names_run_path(const char *folder, const struct names_run *n, char ret[NAMES_PATH]);
/*
 * The fewest that lead from `from` to `upto` or beyond; how many, 0: there is a hole.
 * Without the one whose mark is `but`.
 */
size_t names_chain(const struct names_list *l, uint64_t from, uint64_t upto, uint64_t but,
		   struct names_run chain[NAMES_RUNS_MOST]);
/*
 * How many of the last runs of a chain should become one: 0 or at least 2. What one name
 * is written in all grows with the logarithm of the shelf, and so does the number of
 * runs.
 */
size_t names_chain_due(const struct names_run *chain, size_t count);
/* Removes runs that lie within another one, and those that reach beyond `upto`: of a
   segment that was about to be taken in when the process ended. */
void names_sweep(const char *folder, uint64_t upto);
void names_remove(const char *folder); /* all of it */

/* ---- reading several as one ---- */

struct names_runs {
	_Atomic unsigned users;
	uint64_t upto;
	size_t count;
	struct names_file *files[NAMES_RUNS_MOST];
};

/*
 * ENOENT: they do not lead to `upto`; ECORRUPT and others: one cannot be read, *bad is
 * its mark (and not looked at the next time).
 */
int names_runs_open(const char *folder, uint64_t upto, uint64_t *bad, struct fault *f,
		    struct names_runs **ret) YORE_MUST_CHECK;
/* Exactly these. */
int names_runs_of(const char *folder, const struct names_run *chain, size_t count,
		  uint64_t *bad, struct fault *f,
		  struct names_runs **ret) YORE_MUST_CHECK;
void names_runs_put(struct names_runs *n);
/* The mark of one that turned out to be damaged while it was read; 0: none. */
uint64_t names_runs_bad(const struct names_runs *n);

/* As names_scan, each name once. */
struct names_many {
	struct names_runs *runs;
	size_t live, stale;
	struct names_scan scans[NAMES_RUNS_MOST];
	struct bytes heads[NAMES_RUNS_MOST];
	uint8_t order[NAMES_RUNS_MOST]; /* of scans with a head, by it */
	int failed;			/* of one that cannot be read, before any name */
};

/* Begins reading. */
void names_many_init(struct names_many *m, struct names_runs *runs, struct bytes lo,
		     struct bytes hi, struct bytes literal);
int names_many_next(struct names_many *m, struct bytes *name) YORE_MUST_CHECK;
void names_many_seek(struct names_many *m, struct bytes lo);
void names_many_release(struct names_many *m);

#endif
