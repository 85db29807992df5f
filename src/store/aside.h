/*
 * What cannot be read is set aside, so that the rest of its shelf goes on: the owner of
 * a shelf that does not open because of one of its files takes that file out of the
 * shelf's journal and keeps it, with a note that names what is missing:
 *
 *   DIR/damaged/SHELF-000012.sst   the file
 *   DIR/damaged/SHELF-000012       the note, four lines: `yore damaged 1`, the keys from
 *                                  and to (hexadecimal; from "-": the beginning, to "-":
 *                                  the end), `ledger` or `rows`, the reason
 *
 * Each question that touches these keys is told of it. A note that says `ledger` means
 * that rows are left whose ledger is lost: nothing may be added to that shelf any more,
 * since it might be there already. It says `rows` where ledger and rows went together.
 */
#ifndef YORE_STORE_ASIDE_H
#define YORE_STORE_ASIDE_H

#include <rocksdb/c.h>

#include "store/store.h"

#define ASIDE_FOLDER "damaged"

struct aside_note {
	struct bytes from, to; /* keys, both included; of len 0: no bound */
	bool ledger;
	bool denied;  /* this reader may not look into DIR/damaged */
	char *reason; /* one line */
};

struct aside {
	struct aside_note *at;
	size_t count;
};

/* Notes of a shelf. ENOMEM; notes that cannot be read count as one of all keys. */
int aside_read(const char *dir, const char *shelf, struct aside *ret, struct fault *f);
void aside_release(struct aside *a);

/* Does the note concern the stretch [lo, hi)? */
bool aside_touches(const struct aside_note *n, struct bytes lo, struct bytes hi);

/* Writes a note under DIR/damaged/SHELF-TAIL, durably. */
int aside_write(const char *dir, const char *shelf, const char *tail,
		const struct aside_note *n, struct fault *f);

/*
 * The message of a shelf that does not open (nobody has it open): the file it names is
 * set aside, and said: one line for people. 0: try again; negative: it was not that, or
 * it cannot be done.
 */
#define ASIDE_SAID 600
int aside_file(const char *dir, const char *shelf, rocksdb_options_t *o,
	       const char *message, char said[ASIDE_SAID], struct fault *f);

/* Where the message names none: the first that does not open, and why; 0: all do. */
unsigned long aside_find(const char *dir, const char *shelf, rocksdb_options_t *o,
			 char message[ASIDE_SAID]);
/* Read-only, and whatever state its files are in; NULL: its journal cannot be read. */
rocksdb_t *aside_open(const char *path, rocksdb_options_t *o);

/* The number of the file that a message names; 0: none. */
unsigned long aside_named(const char *message);

/* The notes, and no others, into a copy of the database. */
int aside_copy(const char *from, const char *to, const char *shelf, struct fault *f);

/* Notes of a shelf whose keys are to be others; change says whether they are. Their from
   and to may then point at octets that stay until the next call. */
typedef bool (*aside_fn)(struct aside_note *n, void *arg);
int aside_change(const char *dir, const char *shelf, aside_fn change, void *arg,
		 struct fault *f);

/* Forgets what is missing, and the files. How many notes there were. */
int aside_forget(const char *dir, const char *shelf, struct fault *f);

#endif
