/*
 * What an implementation of the store has to bring. Everything else (merging shelves,
 * spans, the ledger's content, choosing shelves) is written once, on top of this.
 *
 * An engine keeps whole keys and values in order, shelf by shelf; L rows are replaced
 * (put), all other rows are merged with span_merge. A segment goes in as a whole, and
 * only if ledger_check says that its inputs are where it begins.
 */
#ifndef YORE_STORE_ENGINE_H
#define YORE_STORE_ENGINE_H

#include "store/store.h"

/* Rows of one shelf between two keys. next: 1, 0 at the end, ECORRUPT: something was
   skipped and the fault says where, call again; other errors end it. */
struct shelf_iter {
	const struct shelf_iter_ops *ops;
	struct fault fault;
	/* after ECORRUPT: what was skipped lies behind from and before to (empty: the
	   end); or it is known to be missing since long ago. Borrowed until next. */
	struct bytes lost_from, lost_to;
	bool noted;
};

struct shelf_iter_ops {
	int (*next)(struct shelf_iter *it, struct bytes *key, struct bytes *value);
	void (*seek)(struct shelf_iter *it, struct bytes key); /* next gives >= key */
	void (*close)(struct shelf_iter *it);
};

struct stretch {
	struct bytes lo, hi; /* [lo, hi); hi empty: no end */
	bool exact; /* all keys in it share key_shared_len(lo) octets: filters help */
	bool whole; /* everything there is: do not disturb the caches */
	/* Of table N: values may say anything, and names without the literal in one of
	   their labels may be left out. */
	bool names_only;
	struct bytes literal;
};

/* Does the row stay? */
typedef bool (*keep_fn)(struct bytes key, struct bytes value, void *arg);

struct engine;
struct erased;

struct store_ops {
	void (*close)(struct engine *e);
	int (*commit)(struct engine *e, const struct segment_meta *meta,
		      struct segment_rows *rows, struct fault *f);
	int (*drain)(struct engine *e, struct fault *f);
	/* All there are, ascending; negative results of each end it and are returned. */
	int (*shelves)(struct engine *e, shelf_name_fn each, void *arg, struct fault *f);
	/* ENOENT when there is no such shelf. */
	int (*iter)(struct engine *e, const char *shelf, const struct stretch *s,
		    struct fault *f, struct shelf_iter **ret);
	int (*stat)(struct engine *e, shelf_fn each, void *arg, struct fault *f);
	int (*compact)(struct engine *e, struct fault *f);
	int (*backup)(struct engine *e, const char *to, bool who_asked, struct fault *f);
	int (*drop)(struct engine *e, const char *shelf, struct fault *f);
	/* Without the rows that do not stay: all of it or nothing. How many went. */
	int64_t (*rewrite)(struct engine *e, const char *shelf, keep_fn keep, void *arg,
			   struct fault *f);
	/* For ever: segments are taken in without rows that speak of these. */
	int (*suppress)(struct engine *e, const struct erasure *what, size_t count,
			struct fault *f);
	/* Whatever cannot be read is taken out of the shelf, and noted. How much; NULL:
	   nothing here can be damaged. */
	int64_t (*mend)(struct engine *e, const char *shelf, say_fn say, void *arg,
			struct fault *f);
	/* What is missing is not told any more. How many notes there were. */
	int (*forget)(struct engine *e, const char *shelf, struct fault *f);
	/* The list of what was erased; NULL: there is none. */
	int (*erased)(struct engine *e, struct erased *ret, struct fault *f);
	/* Estimated octets on disk between two keys; NULL: not known. */
	uint64_t (*octets)(struct engine *e, const char *shelf, const struct stretch *s);
	/* Of an earlier format; NULL: there are none. */
	unsigned (*format)(const struct engine *e);
	/* Where it lies; NULL: nowhere. */
	const char *(*folder)(const struct engine *e);
	/* Says what is wrong with what lies beside the rows of a shelf; NULL: nothing. */
	void (*check)(struct engine *e, const char *shelf, say_fn say, void *arg);
};

struct engine {
	const struct store_ops *ops;
};

/* What a store is made of, for the parts that look after it. */
struct engine *store_engine(struct store *s);

int mem_open(struct engine **ret) YORE_MUST_CHECK;
/* Both stay the caller's and must outlive it. */
int beside_open(struct engine *a, struct engine *b, struct engine **ret) YORE_MUST_CHECK;
int rocks_open(const char *dir, const struct store_options *o, struct fault *f,
	       struct engine **ret) YORE_MUST_CHECK;

#endif
