/* yore db erase: what is to be forgotten, wherever it is kept. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "alert/journal.h"
#include "base/io.h"
#include "cmd/database.h"
#include "cmd/db_life.h"
#include "conf/conf.h"
#include "dns/psl.h"
#include "exchange/ship.h"
#include "exchange/spool.h"
#include "query/term.h"
#include "record/pseudonym.h"
#include "remote/replies.h"
#include "store/erased.h"
#include "store/shelf.h"
#include "store/who.h"

struct erase_options {
	struct database_options database;
	const char *spool, *pseudonyms;
	bool wide, dry_run;
};

struct forgetting {
	struct invocation *in;
	const struct erasure *what;
	size_t count;
	struct erased list;
	char dir[4096];
	int64_t rows, stages, segments, replies, files;
	bool begun;
	struct fault after; /* the first thing behind the history that failed */
};

/* A slip of the pen must not forget half of the world, for ever. */
static bool is_wide(const struct term *t)
{
	struct bytes zone = name_bytes(&t->name);
	if (t->kind == TERM_ZONE)
		return zone.len <= 1 || psl_is_suffix(zone);
	if (t->kind != TERM_ADDR)
		return false;
	size_t octets = t->range.lo.len == 4 ? 1 : 2; /* more than a /8, a /16 */
	return memcmp(t->range.lo.at, t->range.hi.at, octets) != 0;
}

/* The terms stay alive: names are borrowed from them. */
static int take_erasure(const struct invocation *in, const char *text, struct term *t,
			struct erasure *ret)
{
	struct fault f = {0};
	if (term_parse(text, &f, t) < 0)
		return command_misused(in, "%s", f.text);
	const struct erase_options *o = in->values;
	/* what is cut off there is passed over when somebody asks, not when it is for
	 * ever */
	if (t->refanged)
		return command_misused(
		    in,
		    "'%.80s' is more than a name, zone, address or range; "
		    "nothing was erased; write only that (all types "
		    "and ports of it go)",
		    text);
	if (is_wide(t) && !o->wide)
		return command_misused(in,
				       "'%.80s' is very much to forget for ever; nothing "
				       "was erased; --wide if it is meant",
				       text);
	switch (t->kind) {
	case TERM_NAME:
		*ret = (struct erasure){.kind = ERASE_NAME, .name = name_bytes(&t->name)};
		return STATUS_OK;
	case TERM_ZONE:
		*ret = (struct erasure){.kind = ERASE_ZONE, .name = name_bytes(&t->name)};
		return STATUS_OK;
	case TERM_ADDR:
		*ret = (struct erasure){.kind = ERASE_RANGE, .range = t->range};
		return STATUS_OK;
	default:
		return command_misused(in,
				       "'%.80s': only names, zones (*.example.com), "
				       "addresses and ranges can be erased",
				       text);
	}
}

/* ---- clients, which may be kept as pseudonyms ---- */

/* What is erased: as given, and what clients of that address are called. */
struct collecting {
	struct invocation *in;
	struct erasure *what;
	size_t count, room;
	struct pseudonyms *keys; /* NULL: none were given */
	struct fault fault;
};

static struct erasure *add_erasure(struct collecting *e)
{
	if (e->count == e->room) {
		size_t room = e->room ? 2 * e->room : 64;
		struct erasure *more = realloc(e->what, room * sizeof(*more));
		if (more == NULL)
			return NULL;
		e->what = more;
		e->room = room;
	}
	struct erasure *x = &e->what[e->count++];
	*x = (struct erasure){.kind = ERASE_NAME};
	return x;
}

/* Of one address, in a month of which there is a shelf; a key that is gone is no harm. */
static int add_pseudonym(const char *shelf, void *arg)
{
	struct collecting *e = arg;
	int32_t month = shelf_who_month(shelf);
	size_t given = e->in->argument_count;
	for (size_t i = 0; month && i < given; i++) {
		const struct addr_range range = e->what[i].range;
		struct asked_client c;
		if (e->what[i].kind != ERASE_RANGE)
			continue;
		if (!addr_equal(&range.lo, &range.hi))
			return fault_set(&e->fault, YORE_EUSAGE,
					 "--who-pseudonyms: one address at a time, not "
					 "ranges");
		int r = pseudonym_of(e->keys, &range.lo, month, &c, &e->fault);
		if (r == YORE_ENOENT) {
			e->fault.code = 0;
			continue;
		}
		struct erasure *x = r < 0 ? NULL : add_erasure(e);
		if (x == NULL)
			return r < 0 ? r : YORE_ENOMEM;
		x->kind = ERASE_PSEUDONYM;
		memcpy(x->pseudonym, c.at, sizeof(x->pseudonym));
	}
	return 0;
}

/* ---- databases: the history, and what stands apart from it ---- */

static int erase_in(struct forgetting *x, const char *dir, say_fn say, int64_t *rows,
		    struct fault *f)
{
	const struct erase_options *o = x->in->values;
	struct store_options so = {.write = !o->dry_run};
	struct store *s;
	int64_t n;
	int r = store_open(dir, &so, f, &s);
	if (r < 0)
		return r;
	r = o->dry_run ? store_would_erase(s, x->what, x->count, say, x->in, &n, f)
		       : store_erase(s, x->what, x->count, say, x->in, &n, f);
	if (n >= 0 && x->list.count == 0 && !o->dry_run) {
		int e = store_erased(s, &x->list, r ? NULL : f);
		r = r ? r : e;
	}
	store_close(s);
	*rows += n > 0 ? n : 0;
	return r;
}

/* The first failure is told, and what can be done is done. */
static void keep_first(struct fault *first, int r, const struct fault *f)
{
	if (r < 0 && first->code == 0)
		fault_set(first, r, "%s", f->text);
}

static int erase_stage(const char *name, void *arg)
{
	struct forgetting *x = arg;
	char path[4700];
	struct fault f = {0}, named;
	snprintf(path, sizeof(path), "%s/stage/%.255s", x->dir, name);
	int r = erase_in(x, path, NULL, &x->stages, &f);
	if (r == 0 && database_has_stages(path))
		r = fault_set(&f, YORE_EREFUSED,
			      "it has stages of its own, which were not looked through; "
			      "promote or drop these first, with --db %.200s",
			      path);
	fault_set(&named, r, "stage %.63s: %.380s", name, f.text);
	keep_first(&x->after, r, &named);
	return 0;
}

/* ---- files that nobody can look through ---- */

/* Segments that were not taken in; sorted files that were set aside as damaged. */
static void drop_files(struct forgetting *x, const char *folder, const char *inside)
{
	char path[4700];
	struct dirent *e;
	snprintf(path, sizeof(path), "%s/%s", x->dir, folder);
	DIR *d = opendir(path);
	while (d && (e = readdir(d))) {
		size_t n = strlen(e->d_name);
		bool sorted = n > 4 && strcmp(e->d_name + n - 4, ".sst") == 0;
		if (e->d_name[0] == '.' || (*inside == 0 && !sorted))
			continue;
		snprintf(path, sizeof(path), "%s/%s/%.255s%s", x->dir, folder, e->d_name,
			 inside);
		x->files += unlink(path) == 0;
	}
	if (d)
		closedir(d);
}

/* ---- answers of others, and what is to be sent ---- */

static int erase_replies(struct forgetting *x, struct fault *f)
{
	struct buf folder;
	buf_init(&folder, 4096);
	buf_printf(&folder, "%s/raw.replies", x->dir);
	int64_t n = replies_erase(buf_str(&folder), &x->list, f);
	x->replies += n > 0 ? n : 0;
	buf_clear(&folder);
	if (n >= 0 && conf_place("CACHE", "replies", &folder) == 0) {
		n = replies_erase(buf_str(&folder), &x->list, f);
		x->replies += n > 0 ? n : 0;
	}
	buf_release(&folder);
	return n < 0 ? (int)n : 0;
}

static int erase_spool(struct forgetting *x, const char *named, struct fault *f)
{
	struct buf dir;
	int64_t n = 0;
	buf_init(&dir, 4096);
	if (named)
		buf_puts(&dir, named);
	else if (ship_default_dir(&dir) < 0)
		buf_clear(&dir);
	if (dir.len && io_exists(buf_str(&dir)))
		n = spool_erase(buf_str(&dir), x->what, x->count, f);
	x->segments += n > 0 ? n : 0;
	buf_release(&dir);
	return n < 0 ? (int)n : 0;
}

/* ---- the log: that and how much, not what ---- */

static void put_sums(const struct forgetting *x, struct buf *out)
{
	const struct erase_options *o = x->in->values;
	const struct {
		int64_t n;
		const char *one, *more;
	} sums[] = {{x->stages, "row of stages", "rows of stages"},
		    {x->segments, "spooled segment", "spooled segments"},
		    {x->replies, "kept answer", "kept answers"},
		    {x->files, "rejected or damaged file", "rejected or damaged files"}};
	buf_printf(out, "%" PRId64 " row%s %s", x->rows, x->rows == 1 ? "" : "s",
		   o->dry_run ? "would go" : "erased");
	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++)
		if (sums[i].n)
			buf_printf(out, ", %" PRId64 " %s", sums[i].n,
				   sums[i].n == 1 ? sums[i].one : sums[i].more);
	buf_putc(out, '\n');
}

static int log_it(const struct forgetting *x, struct fault *f)
{
	char path[4352];
	struct buf line;
	buf_init(&line, 4096);
	buf_printf(&line, "%" PRId64 " %zu term%s: ", x->in->now_s, x->in->argument_count,
		   x->in->argument_count == 1 ? "" : "s");
	put_sums(x, &line);
	snprintf(path, sizeof(path), "%s/erasures", x->dir);
	int fd = io_open(path, O_WRONLY | O_CREAT | O_APPEND, 0600, f);
	int r = fd < 0 ? fd : io_write_all(fd, line.at, line.len, path, f);
	if (r == 0 && fsync(fd) < 0)
		r = fault_set(f, yore_error_of_errno(errno), "cannot sync %s", path);
	if (fd >= 0)
		close(fd);
	buf_release(&line);
	return r;
}

/* What lies behind the history. */
static void forget_more(struct forgetting *x)
{
	const struct erase_options *o = x->in->values;
	struct fault f = {0};
	(void)database_stages(x->dir, erase_stage, x);
	if (o->dry_run)
		return;
	drop_files(x, "rejected", "/rows.sst");
	drop_files(x, "damaged", "");
	keep_first(&x->after, erase_replies(x, &f), &f);
	keep_first(&x->after, erase_spool(x, o->spool, &f), &f);
}

static int forget(struct forgetting *x, struct fault *f)
{
	const struct erase_options *o = x->in->values;
	int r = erase_in(x, x->dir, db_say_line, &x->rows, f);
	if (x->list.count == 0 && !o->dry_run)
		return r; /* nothing was begun */
	x->begun = true;
	forget_more(x);
	if (r == 0 && x->after.code)
		r = fault_set(f, x->after.code, "%.300s%s", x->after.text,
			      o->dry_run
				  ? ""
				  : "; the history is done, this is not: erase once "
				    "more when that is mended");
	int logged = o->dry_run ? 0 : log_it(x, r ? NULL : f);
	return r ? r : logged;
}

static bool is_pseudonym(const char *text, const uint8_t pseudonym[8])
{
	char own[18] = "~";
	for (int i = 0; i < 8; i++)
		snprintf(own + 1 + 2 * i, 3, "%02x", pseudonym[i]);
	return strcmp(text, own) == 0;
}

/* Does an alert for a client speak of it? Names in it are escaped as they are told. */
static bool alert_goes(struct bytes line, void *arg)
{
	const struct collecting *e = arg;
	struct bytes parts[] = {journal_text(line, "client"), journal_text(line, "rdata"),
				journal_text(line, "rrname")};
	char text[NAME_TEXT_MAX];
	for (size_t p = 0; p < 3; p++) {
		struct addr a;
		struct name n;
		if (parts[p].len == 0 || parts[p].len >= sizeof(text))
			continue;
		snprintf(text, sizeof(text), "%.*s", (int)parts[p].len, parts[p].at);
		bool addr = p < 2 && addr_parse(text, &a) == 0;
		bool name = p == 2 && name_of_text(text, &n) == 0;
		for (size_t i = 0; i < e->count; i++) {
			const struct erasure *x = &e->what[i];
			if ((x->kind == ERASE_RANGE && addr &&
			     addr_range_has(&x->range, &a)) ||
			    (x->kind == ERASE_NAME && name &&
			     bytes_equal(x->name, name_bytes(&n))) ||
			    (x->kind == ERASE_ZONE && name &&
			     name_within(name_bytes(&n), x->name)) ||
			    (x->kind == ERASE_PSEUDONYM && p == 0 &&
			     is_pseudonym(text, x->pseudonym)))
				return true;
		}
	}
	return false;
}

/* Alerts for clients lie beside who asked. */
static int erase_alerts(struct collecting *e, struct store *s)
{
	struct journal j;
	struct buf path;
	int r = 0;
	buf_init(&path, 16 << 10);
	if (store_who_path(s, "alerts.ndjson", &path) && io_exists(buf_str(&path))) {
		r = journal_open(&j, buf_str(&path), &e->fault);
		if (r == 0)
			r = journal_remove(&j, alert_goes, e, &e->fault);
		journal_close(&j);
	}
	buf_release(&path);
	return r < 0 ? r : 0;
}

static int add_pseudonyms(struct collecting *e, struct store *s)
{
	const struct erase_options *o = e->in->values;
	if (o->pseudonyms == NULL)
		return 0;
	int r = pseudonyms_open(o->pseudonyms, false, &e->fault, &e->keys);
	if (r == 0)
		r = store_shelves(s, add_pseudonym, e, &e->fault);
	pseudonyms_close(e->keys);
	return r;
}

static int erase_all(struct collecting *e)
{
	const struct erase_options *o = e->in->values;
	struct forgetting x = {.in = e->in};
	struct store *s;
	struct buf dir;
	int r = 0;
	buf_init(&dir, sizeof(x.dir) - 256);
	if (o->spool && !io_exists(o->spool))
		return command_misused(e->in,
				       "there is no spool at %.300s; nothing was "
				       "erased",
				       o->spool);
	/* opened to be read first: it says what every command says where there is none */
	int status = database_open(e->in, &o->database, NULL, &s);
	if (status == STATUS_OK) {
		r = store_may_erase(s, &e->fault);
		if (r == 0)
			r = add_pseudonyms(e, s);
		if (r == 0 && !o->dry_run)
			r = erase_alerts(e, s);
		store_close(s);
		status = database_dir(e->in, &o->database, &dir);
	}
	if (status == STATUS_OK && r == 0) {
		snprintf(x.dir, sizeof(x.dir), "%s", buf_str(&dir));
		x.what = e->what;
		x.count = e->count;
		r = forget(&x, &e->fault);
		erased_release(&x.list);
	}
	buf_release(&dir);
	if (status != STATUS_OK)
		return status;
	if (r < 0 && !x.begun)
		return database_failed(e->in, &e->fault);
	put_sums(&x, &e->in->out->buf);
	output_ready(e->in->out, true);
	if (r < 0)
		return database_failed(e->in, &e->fault);
	if (o->dry_run) {
		command_say(e->in, "nothing was erased; what waits in incoming/, kept "
				   "answers, spools and alerts were not looked through");
		return STATUS_OK;
	}
	command_say(e->in, "not looked through: backups, exports, cases of yore "
			   "investigate, captures, and what others were sent");
	return STATUS_OK;
}

static int run_erase(struct invocation *in)
{
	size_t count = in->argument_count, taken = 0;
	struct term *terms = calloc(count, sizeof(*terms));
	struct collecting e = {.in = in};
	int status = terms ? STATUS_OK : STATUS_FAILED;
	for (; taken < count && status == STATUS_OK; taken++) {
		struct erasure *x = add_erasure(&e);
		status = x ? take_erasure(in, in->argument[taken], &terms[taken], x)
			   : STATUS_FAILED;
	}
	if (status == STATUS_OK)
		status = erase_all(&e);
	for (size_t i = 0; terms && i < taken; i++)
		term_release(&terms[i]);
	free(terms);
	free(e.what);
	return status;
}

static const struct option_row rows[] = {
    {"who-pseudonyms", 0, OPTION_TEXT, offsetof(struct erase_options, pseudonyms), "DIR",
     "the folder of keys: clients of these addresses that are kept as pseudonyms go, "
     "too"},
    {"wide", 0, OPTION_FLAG, offsetof(struct erase_options, wide), NULL,
     "also whole public suffixes (*.com) and ranges larger than a /8 (IPv6: /16)"},
    {"dry-run", 'n', OPTION_FLAG, offsetof(struct erase_options, dry_run), NULL,
     "say how many rows would go, and change nothing; also beside a writer"},
    {"spool", 0, OPTION_TEXT, offsetof(struct erase_options, spool), "DIR",
     "where segments for another server wait (yore/spool in $XDG_STATE_HOME or "
     "~/.local/state, if it is there)"},
    {NULL},
};
static const struct option_group groups[] = {
    {NULL, rows, 0},
    {"Database", database_rows, offsetof(struct erase_options, database)},
    {NULL, NULL, 0},
};

const struct command db_erase = {
    .name = "erase",
    .about = "forget names, zones, addresses for good",
    .usage = "[OPTION...] TERM...",
    .manual =
	"Removes every row that speaks of a name (www.example.com), a zone and all below "
	"it (*.example.com), an address or a range: as owner, as target, in every table "
	"and on private shelves, and with them the sets of other owners that contain it. "
	"The years concerned are written anew, so that nothing of it is left on the "
	"disk, and what is imported from now on leaves it out.\n\n"
	"It also goes from stages, from kept raw answers of providers (those that "
	"mention "
	"it are removed) and from the spool of segments for another server; segments "
	"that "
	"were rejected and files that were set aside as damaged go altogether, since "
	"they "
	"cannot be looked through. DB/erasures notes when, and how much. Whoever asks "
	"for "
	"it later is told that it was erased, not that it was never seen.\n\n"
	"A shelf that cannot be read does not keep the others back; it is named, with "
	"what "
	"to do. Where a year is a link to another disk nothing is done: what it points "
	"to "
	"would stay.\n\n"
	"Backups, other databases, files of exports and cases, and the captures "
	"themselves "
	"are not touched.",
    .examples = "  yore db erase --dry-run '*.example.com' 192.0.2.7\n"
		"  yore db erase '*.example.com' 192.0.2.7\n",
    .groups = groups,
    .values = sizeof(struct erase_options),
    .least = 1,
    .most = SIZE_MAX,
    .run = run_erase,
};
