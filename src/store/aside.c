#include "store/aside.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "store/journal.h"
#include "store/names_runs.h"

#define NOTE_FIRST "yore damaged 1"
#define NOTE_MAX (256u << 10)
#define PATH_ROOM 4608
#define KEY_KEPT 1000 /* octets of a key in a note */

/* ---- notes ---- */

static void note_path(const char *dir, const char *shelf, const char *tail,
		      char ret[PATH_ROOM])
{
	snprintf(ret, PATH_ROOM, "%.3900s/" ASIDE_FOLDER "/%.40s-%.255s", dir, shelf,
		 tail);
}

static void put_key(struct buf *b, struct bytes key)
{
	for (size_t i = 0; i < key.len; i++)
		buf_printf(b, "%02x", key.at[i]);
	buf_puts(b, key.len ? "\n" : "-\n");
}

int aside_write(const char *dir, const char *shelf, const char *tail,
		const struct aside_note *n, struct fault *f)
{
	char path[PATH_ROOM];
	struct buf b;
	snprintf(path, sizeof(path), "%.4000s/" ASIDE_FOLDER, dir);
	int r = io_mkdirs(path, 0700, f);
	if (r < 0)
		return r;
	buf_init(&b, NOTE_MAX);
	buf_puts(&b, NOTE_FIRST "\n");
	put_key(&b, n->from);
	put_key(&b, n->to);
	buf_printf(&b, "%s\n%s\n", n->ledger ? "ledger" : "rows", n->reason);
	note_path(dir, shelf, tail, path);
	r = b.err ? b.err : io_replace(path, buf_bytes(&b), 0600, f);
	buf_release(&b);
	return r;
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place: the text gives its room to the key. */
static bool read_key(char *text, struct bytes *ret)
{
	size_t n = 0;
	*ret = BYTES((uint8_t *)text, 0);
	if (strcmp(text, "-") == 0)
		return true;
	for (; text[2 * n]; n++) {
		int hi = digit(text[2 * n]), lo = hi < 0 ? -1 : digit(text[2 * n + 1]);
		if (lo < 0)
			return false;
		((uint8_t *)text)[n] = (uint8_t)(hi << 4 | lo);
	}
	*ret = BYTES((uint8_t *)text, n);
	return n > 0;
}

static char *next_line(char **text)
{
	char *line = *text, *end = line + strcspn(line, "\n");
	*text = *end ? end + 1 : end;
	*end = 0;
	return line;
}

/* The note's own memory begins at from.at - what the keys and the reason lie in. */
static bool parse_note(char *text, struct aside_note *ret)
{
	if (strcmp(next_line(&text), NOTE_FIRST) != 0 ||
	    !read_key(next_line(&text), &ret->from) ||
	    !read_key(next_line(&text), &ret->to))
		return false;
	const char *what = next_line(&text);
	ret->ledger = strcmp(what, "rows") != 0;
	ret->reason = next_line(&text);
	return *ret->reason != 0;
}

/* Copies of what was parsed; the keys lie in one piece, which begins at from.at. */
static int own_note(struct aside_note *n)
{
	uint8_t *room = malloc(n->from.len + n->to.len + 1);
	n->reason = strdup(n->reason);
	if (room) {
		memcpy(room, n->from.at, n->from.len);
		memcpy(room + n->from.len, n->to.at, n->to.len);
	}
	n->from.at = room;
	n->to.at = room ? room + n->from.len : NULL;
	return room && n->reason ? 0 : YORE_ENOMEM;
}

static int read_note(const char *path, const char *shelf, struct aside_note *ret)
{
	struct buf b;
	char reason[PATH_ROOM + 100], *text = NULL;
	int e = io_read_file(path, NOTE_MAX, &b, NULL);
	if (e == 0) {
		text = strdup(buf_str(&b));
		buf_release(&b);
	}
	struct aside_note n = {0};
	if (text == NULL || !parse_note(text, &n)) {
		snprintf(reason, sizeof(reason),
			 e == YORE_EACCESS
			     ? "%s: something may be missing, and what may not be read "
			       "by this user: %s"
			     : "%s: something is missing, and the note about it cannot "
			       "be read: %s",
			 shelf, path);
		n = (struct aside_note){.from = BYTES_LIT(""),
					.to = BYTES_LIT(""),
					.ledger = true,
					.denied = e == YORE_EACCESS,
					.reason = reason};
	}
	int r = own_note(&n);
	free(text);
	*ret = n;
	return r;
}

/* SHELF-TAIL without a dot in it: a note of this shelf. */
static bool is_note(const char *name, const char *shelf)
{
	size_t n = strlen(shelf);
	return strncmp(name, shelf, n) == 0 && name[n] == '-' && name[n + 1] &&
	       strspn(name + n + 1, "0123456789k") == strlen(name + n + 1);
}

static int add_note(struct aside *a, const char *path, const char *shelf)
{
	struct aside_note *more = realloc(a->at, (a->count + 1) * sizeof(*more));
	if (more == NULL)
		return YORE_ENOMEM;
	a->at = more;
	more[a->count] = (struct aside_note){0};
	int r = read_note(path, shelf, &more[a->count]);
	a->count++;
	return r;
}

int aside_read(const char *dir, const char *shelf, struct aside *ret, struct fault *f)
{
	char path[PATH_ROOM];
	snprintf(path, sizeof(path), "%.4000s/" ASIDE_FOLDER, dir);
	*ret = (struct aside){0};
	DIR *d = opendir(path);
	struct dirent *e;
	int r = 0;
	/* a folder that this reader may not look into hides what is missing */
	if (d == NULL && errno != ENOENT)
		return add_note(ret, path, shelf);
	while (d && r == 0 && (e = readdir(d)))
		if (is_note(e->d_name, shelf)) {
			note_path(dir, shelf, e->d_name + strlen(shelf) + 1, path);
			r = add_note(ret, path, shelf);
		}
	if (d)
		closedir(d);
	if (r < 0) {
		aside_release(ret);
		return fault_set(f, r, "%s: out of memory", shelf);
	}
	return 0;
}

void aside_release(struct aside *a)
{
	for (size_t i = 0; i < a->count; i++) {
		free((void *)(uintptr_t)a->at[i].from.at);
		free(a->at[i].reason);
	}
	free(a->at);
	*a = (struct aside){0};
}

bool aside_touches(const struct aside_note *n, struct bytes lo, struct bytes hi)
{
	/* rows and ledger went together: what is left of the ledger is right */
	if (!n->ledger && lo.len > 1 && lo.at[0] == TABLE_LEDGER)
		return false;
	return (hi.len == 0 || bytes_compare(n->from, hi) < 0) &&
	       (n->to.len == 0 || bytes_compare(lo, n->to) <= 0);
}

int aside_forget(const char *dir, const char *shelf, struct fault *f)
{
	char path[PATH_ROOM];
	snprintf(path, sizeof(path), "%.4000s/" ASIDE_FOLDER, dir);
	DIR *d = opendir(path);
	struct dirent *e;
	size_t n = strlen(shelf);
	int count = 0;
	while (d && (e = readdir(d))) {
		if (strncmp(e->d_name, shelf, n) != 0 || e->d_name[n] != '-')
			continue;
		count += is_note(e->d_name, shelf);
		note_path(dir, shelf, e->d_name + n + 1, path);
		if (unlink(path) < 0) {
			count = fault_set(f, yore_error_of_errno(errno),
					  "cannot remove %s: %s", path, strerror(errno));
			break;
		}
	}
	if (d)
		closedir(d);
	return count;
}

/* One that cannot be read counts as one of all keys, and stays as it is. */
static int change_one(const char *dir, const char *shelf, const char *tail,
		      aside_fn change, void *arg, struct fault *f)
{
	char path[PATH_ROOM];
	struct aside one = {0};
	note_path(dir, shelf, tail, path);
	int r = add_note(&one, path, shelf);
	if (r == 0) {
		struct aside_note n = one.at[0];
		bool whole = n.from.len == 0 && n.to.len == 0;
		if (!whole && change(&n, arg))
			r = aside_write(dir, shelf, tail, &n, f);
	}
	aside_release(&one);
	return r;
}

int aside_change(const char *dir, const char *shelf, aside_fn change, void *arg,
		 struct fault *f)
{
	char path[PATH_ROOM];
	snprintf(path, sizeof(path), "%.4000s/" ASIDE_FOLDER, dir);
	DIR *d = opendir(path);
	struct dirent *e;
	int r = 0;
	while (d && r == 0 && (e = readdir(d)))
		if (is_note(e->d_name, shelf))
			r = change_one(dir, shelf, e->d_name + strlen(shelf) + 1, change,
				       arg, f);
	if (d)
		closedir(d);
	return r;
}

int aside_copy(const char *from, const char *to, const char *shelf, struct fault *f)
{
	struct aside a;
	int r = aside_forget(to, shelf, f);
	if (r >= 0)
		r = aside_read(from, shelf, &a, f);
	if (r < 0)
		return r;
	for (size_t i = 0; i < a.count && r == 0; i++) {
		char tail[24];
		snprintf(tail, sizeof(tail), "k%zu", i + 1);
		r = aside_write(to, shelf, tail, &a.at[i], f);
	}
	aside_release(&a);
	return r;
}

/* ---- setting a file aside ---- */

unsigned long aside_named(const char *message)
{
	for (const char *p = strchr(message, '/'); p; p = strchr(p, '/')) {
		char *end;
		unsigned long n = strtoul(++p, &end, 10);
		if (end != p &&
		    (strncmp(end, ".sst", 4) == 0 || strncmp(end, ".ldb", 4) == 0))
			return n;
	}
	return 0;
}

rocksdb_t *aside_open(const char *path, rocksdb_options_t *o)
{
	char *err = NULL;
	rocksdb_options_set_paranoid_checks(o, 0);
	rocksdb_t *db = rocksdb_open_for_read_only(o, path, 0, &err);
	rocksdb_options_set_paranoid_checks(o, 1);
	rocksdb_free(err);
	return err ? NULL : db;
}

/* What the journal says of a file: its level, and its keys into the note. */
static int look_up(const char *path, rocksdb_options_t *o, unsigned long number,
		   struct aside_note *note, struct buf *keys)
{
	int level = YORE_ENOENT, beside = 0;
	rocksdb_t *db = aside_open(path, o);
	if (db == NULL)
		return YORE_ECORRUPT;
	const rocksdb_livefiles_t *files = rocksdb_livefiles(db);
	int count = rocksdb_livefiles_count(files);
	size_t from = 0, to = 0, whole;
	for (int i = 0; i < count; i++)
		if (aside_named(rocksdb_livefiles_name(files, i)) == number) {
			level = rocksdb_livefiles_level(files, i);
			const char *k = rocksdb_livefiles_smallestkey(files, i, &whole);
			from = whole < KEY_KEPT ? whole : KEY_KEPT;
			buf_put(keys, k, from);
			k = rocksdb_livefiles_largestkey(files, i, &whole);
			to = whole < KEY_KEPT ? whole : KEY_KEPT;
			buf_put(keys, k, to);
			if (to < whole) { /* cut keys must not be less */
				buf_putc(keys, 0xff);
				to++;
			}
		}
	for (int i = 0; i < count && level > 0; i++)
		beside += rocksdb_livefiles_level(files, i) == level;
	rocksdb_livefiles_destroy(files);
	rocksdb_close(db);
	note->from = BYTES(keys->at, from);
	note->to = BYTES(keys->at + from, to);
	/* One file of a run that is cut by keys takes its ledger and leaves its rows. */
	note->ledger = beside > 1 && to && note->from.at[0] <= TABLE_LEDGER &&
		       note->to.at[0] >= TABLE_LEDGER;
	return level;
}

static void put_words(struct buf *b, const struct aside_note *n, const char *shelf,
		      unsigned long number, const char *message)
{
	char tables[4] = {(char)n->from.at[0], '-', (char)n->to.at[0], 0};
	if (tables[0] == tables[2])
		tables[1] = 0;
	buf_printf(b, "%s: file %06lu.sst (tables %s, keys ", shelf, number, tables);
	for (size_t i = 0; i < n->from.len && i < 20; i++)
		buf_printf(b, "%02x", n->from.at[i]);
	buf_puts(b, " to ");
	for (size_t i = 0; i < n->to.len && i < 20; i++)
		buf_printf(b, "%02x", n->to.at[i]);
	buf_printf(b, ") cannot be read and was set aside%s: %.160s",
		   n->ledger ? "; its ledger is lost, so nothing can be added" : "",
		   message);
	for (size_t i = 0; i < b->len; i++)
		if (b->at[i] == '\n')
			b->at[i] = ' ';
}

/* Kept under the same number before the journal lets go of it. */
static int keep_file(const char *dir, const char *shelf, unsigned long number)
{
	char from[PATH_ROOM], to[PATH_ROOM], name[32];
	snprintf(from, sizeof(from), "%.4000s/%.40s/%06lu.sst", dir, shelf, number);
	snprintf(name, sizeof(name), "%06lu.sst", number);
	note_path(dir, shelf, name, to);
	if (link(from, to) < 0 && errno != EEXIST && errno != ENOENT)
		return yore_error_of_errno(errno);
	return 0;
}

/* Runs have names of what is gone, and it is not for them to outlive it. */
static void let_names_go(const char *folder)
{
	char path[PATH_ROOM + 16];
	snprintf(path, sizeof(path), "%s/" NAMES_FOLDER, folder);
	names_remove(path);
}

int aside_file(const char *dir, const char *shelf, rocksdb_options_t *o,
	       const char *message, char said[ASIDE_SAID], struct fault *f)
{
	char path[PATH_ROOM], tail[24], found[ASIDE_SAID];
	unsigned long number = aside_named(message);
	struct aside_note note = {0};
	struct buf keys, words;
	if (number == 0) {
		number = aside_find(dir, shelf, o, found);
		message = found;
	}
	if (number == 0)
		return YORE_ECORRUPT;
	snprintf(path, sizeof(path), "%.4000s/%.40s", dir, shelf);
	snprintf(tail, sizeof(tail), "%06lu", number);
	buf_init(&keys, NOTE_MAX / 4);
	buf_init(&words, 4096);
	int level = look_up(path, o, number, &note, &keys),
	    r = level < 0 ? level : keys.err;
	if (r == 0 && (note.from.len == 0 || note.to.len == 0))
		r = YORE_ECORRUPT;
	if (r == 0) {
		put_words(&words, &note, shelf, number, message);
		snprintf(said, ASIDE_SAID, "%s", buf_str(&words));
		note.reason = (char *)(uintptr_t)buf_str(&words);
		r = aside_write(dir, shelf, tail, &note, f);
	}
	if (r == 0)
		r = keep_file(dir, shelf, number);
	if (r == 0)
		r = io_point("aside-kept");
	if (r == 0)
		let_names_go(path);
	if (r == 0)
		r = journal_let_go(path, &(struct journal_file){(unsigned)level, number},
				   1, f);
	if (r == 0)
		r = io_point("aside-gone");
	buf_release(&keys);
	buf_release(&words);
	return r;
}
