/*
 * Making a shelf whole again, without what cannot be read: files of which nothing can be
 * read are set aside (aside.c); where single blocks are bad the shelf is written anew
 * without them. What is missing is noted before it goes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/io.h"
#include "store/rocks.h"

#define TURNS 1000
#define NOTES_MOST 10000

struct mending {
	struct rocks *r;
	const char *shelf;
	say_fn say;
	void *arg;
	struct fault *fault;
};

static void say(struct mending *m, const char *line)
{
	if (m->say)
		m->say(line, m->arg);
}

/* ---- noting a stretch ---- */

/* A name for a note that is not taken: k1, k2, ... */
static int free_tail(const struct mending *m, char ret[16])
{
	for (int i = 1; i < NOTES_MOST; i++) {
		char path[ROCKS_PATH];
		snprintf(path, sizeof(path), "%s/" ASIDE_FOLDER "/%s-k%d", m->r->dir,
			 m->shelf, i);
		snprintf(ret, 16, "k%d", i);
		if (!io_exists(path))
			return 0;
	}
	return fault_set(m->fault, YORE_ELIMIT, "%s: too much is missing; restore it",
			 m->shelf);
}

static int note_stretch(struct shelf_iter *it, void *arg)
{
	struct mending *m = arg;
	char tail[16], reason[560];
	struct aside_note n = {
	    .from = it->lost_from, .to = it->lost_to, .reason = reason};
	uint8_t ledger[] = {TABLE_LEDGER, TABLE_LEDGER + 1};
	/* rows may be left whose ledger is gone */
	n.ledger = bytes_compare(n.from, BYTES(ledger + 1, 1)) < 0 &&
		   (n.to.len == 0 || bytes_compare(n.to, BYTES(ledger, 1)) > 0);
	snprintf(reason, sizeof(reason), "%s%s", it->fault.text,
		 n.ledger ? "; its ledger is lost, so nothing can be added" : "");
	int r = free_tail(m, tail);
	if (r == 0)
		r = aside_write(m->r->dir, m->shelf, tail, &n, m->fault);
	if (r == 0)
		say(m, reason);
	return r;
}

/* ---- looking for damage ---- */

enum found { NOTHING, A_FILE, A_STRETCH };

/* Does nothing at all of this file answer? Then it makes no sense to step over it. */
static bool is_whole_file(struct handle *h, const struct shelf_iter *it)
{
	unsigned long number = aside_named(it->fault.text);
	const rocksdb_livefiles_t *files = rocksdb_livefiles(h->db);
	bool whole = false;
	for (int i = 0; i < rocksdb_livefiles_count(files) && number; i++) {
		size_t from, to;
		const char *a = rocksdb_livefiles_smallestkey(files, i, &from),
			   *b = rocksdb_livefiles_largestkey(files, i, &to);
		if (aside_named(rocksdb_livefiles_name(files, i)) == number)
			whole = bytes_compare(it->lost_from, BYTES(a, from)) < 0 &&
				(it->lost_to.len == 0 ||
				 bytes_compare(it->lost_to, BYTES(b, to)) > 0);
	}
	rocksdb_livefiles_destroy(files);
	return whole;
}

/* The first damage that is a whole file into message; else whether there is any. */
static int look(struct mending *m, enum found *ret, char message[480])
{
	struct stretch all = {.lo = BYTES_LIT(""), .whole = true};
	struct shelf_iter *it;
	struct handle *h;
	struct bytes key, value;
	*ret = NOTHING;
	int r =
	    rocks_look(m->r, m->fault); /* it was let go of when a file was set aside */
	if (r == 0)
		r = rocks_get(m->r, m->shelf, false, m->fault, &h);
	if (r < 0)
		return r;
	r = m->r->engine.ops->iter(&m->r->engine, m->shelf, &all, m->fault, &it);
	if (r < 0) {
		rocks_put(h);
		return r;
	}
	while ((r = it->ops->next(it, &key, &value)) != 0) {
		if (r == 1 || (r == YORE_ECORRUPT && it->noted))
			continue;
		if (r != YORE_ECORRUPT) {
			fault_set(m->fault, r, "%s", it->fault.text);
			break;
		}
		*ret = A_STRETCH;
		if (is_whole_file(h, it)) {
			*ret = A_FILE;
			snprintf(message, 480, "%s", it->fault.text);
			break;
		}
	}
	it->ops->close(it);
	rocks_put(h);
	return r < 0 && r != YORE_ECORRUPT ? r : 0;
}

static int set_aside(struct mending *m, const char *message)
{
	struct rocks *r = m->r;
	char line[ASIDE_SAID];
	rocks_retire(r, m->shelf);
	rocksdb_options_t *o = rocks_options(NULL);
	int e = aside_file(r->dir, m->shelf, o, message, line, m->fault);
	rocksdb_options_destroy(o);
	rocks_forget(r, m->shelf);
	if (e == 0)
		say(m, line);
	else if (m->fault && m->fault->code == 0)
		fault_set(m->fault, e, "%s: file %06lu.sst cannot be set aside: %.300s",
			  m->shelf, aside_named(message), message);
	return e;
}

int64_t rocks_mend_locked(struct rocks *r, const char *shelf, say_fn say_to, void *arg,
			  struct fault *f)
{
	struct mending m = {r, shelf, say_to, arg, f};
	int64_t count = 0;
	enum found found = NOTHING;
	int e = 0;
	for (int turn = 0; turn < TURNS && e == 0; turn++, count++) {
		char message[480];
		e = look(&m, &found, message);
		if (e == 0 && found != A_FILE)
			break;
		if (e == 0)
			e = set_aside(&m, message);
	}
	if (e < 0 || found != A_STRETCH)
		return e < 0 ? e : count;
	int64_t stretches = rocks_rewrite_readable(r, shelf, note_stretch, &m, f);
	rocks_forget(r, shelf);
	return stretches < 0 ? stretches : count + stretches;
}

int64_t rocks_mend(struct engine *e, const char *shelf, say_fn say_to, void *arg,
		   struct fault *f)
{
	struct rocks *r = (struct rocks *)e;
	int64_t n = rocks_need_lock(r, f);
	if (n < 0)
		return n;
	pthread_mutex_lock(&r->ingest_lock);
	n = rocks_mend_locked(r, shelf, say_to, arg, f);
	if (n >= 0) /* what was set aside when a shelf was opened was said there */
		n += atomic_exchange(&r->aside_at_opening, 0);
	pthread_mutex_unlock(&r->ingest_lock);
	return n;
}

int rocks_forget_missing(struct engine *e, const char *shelf, struct fault *f)
{
	struct rocks *r = (struct rocks *)e;
	char path[ROCKS_PATH];
	int n = rocks_need_lock(r, f);
	if (n < 0)
		return n;
	n = aside_forget(r->dir, shelf, f);
	rocks_forget(r, shelf);
	snprintf(path, sizeof(path), "%s/%s", r->dir, shelf);
	if (n == 0 && !io_exists(path))
		return fault_set(f, YORE_ENOENT,
				 "%s: there is no shelf '%s', and nothing of one is "
				 "missing (yore db stat names them)",
				 r->dir, shelf);
	return n;
}
