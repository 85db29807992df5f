/*
 * Every alert that was ever raised, as lines of JSON in one file that only grows. It is
 * the memory as well: the key of each line says what it was about, so nothing is
 * raised twice, whatever is restarted, and what is in the file is not lost. A line that
 * a crash tore is cut off when the file is opened again (its alert comes once more).
 * Several processes may have it open (a sensor, and yore watch beside it): each writes
 * behind a lock, after it has read what the others wrote.
 */
#ifndef YORE_ALERT_JOURNAL_H
#define YORE_ALERT_JOURNAL_H

#include "base/buf.h"

struct journal {
	int fd;
	char path[4096];
	uint64_t *keys; /* open addressing; 0: free */
	size_t count, slot_count;
	uint64_t size;	    /* octets of the file that are known here */
	struct buf waiting; /* lines not yet written */
	bool unsafe;	    /* written and not yet durable */
};

int journal_open(struct journal *j, const char *path, struct fault *f) YORE_MUST_CHECK;
void journal_close(struct journal *j);
/* 1: new; 0: raised before. */
int journal_key(struct journal *j, uint64_t key) YORE_MUST_CHECK;
bool journal_has(const struct journal *j, uint64_t key);
/* One line, without its end. Kept until journal_sync, or 64 KiB. */
int journal_line(struct journal *j, struct bytes line, struct fault *f) YORE_MUST_CHECK;
/* Written and durable. */
int journal_sync(struct journal *j, struct fault *f) YORE_MUST_CHECK;
/*
 * Without the alerts whose "last" lies before that second: written anew, and what was
 * delivered of it stays delivered. How many went.
 */
int journal_expire(struct journal *j, int64_t since_s, struct fault *f) YORE_MUST_CHECK;
/* The same without the lines that go. */
typedef bool (*journal_goes_fn)(struct bytes line, void *arg);
int journal_remove(struct journal *j, journal_goes_fn goes, void *arg,
		   struct fault *f) YORE_MUST_CHECK;
/* The text of a line's "key", as it stands there; empty: it has none. */
struct bytes journal_text(struct bytes line, const char *key);

#endif
