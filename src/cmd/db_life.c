/* yore db erase, merge, promote, drop. */
#include "cmd/db_life.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "alert/journal.h"
#include "base/io.h"
#include "cmd/database.h"
#include "query/term.h"
#include "record/pseudonym.h"
#include "store/who.h"

struct life_options {
	struct database_options database;
	const char *pseudonyms;
};

static const struct option_group database_only[] = {
    {"Database", database_rows, offsetof(struct life_options, database)},
    {NULL, NULL, 0},
};

static void say_line(const char *line, void *arg)
{
	struct invocation *in = arg;
	put_safe(&in->out->buf, BYTES_STR(line));
	buf_putc(&in->out->buf, '\n');
	output_ready(in->out, true);
}

/* ---- erase ---- */

/* The terms stay alive: names are borrowed from them. */
static int take_erasure(const struct invocation *in, const char *text, struct term *t,
			struct erasure *ret)
{
	struct fault f = {0};
	if (term_parse(text, &f, t) < 0)
		return command_misused(in, "'%.80s': %s", text, f.text);
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

/* What is erased: as given, and what clients of that address are called. */
struct erasing {
	struct invocation *in;
	struct erasure *what;
	size_t count, room;
	struct pseudonyms *keys; /* NULL: none were given */
	struct fault fault;
};

static struct erasure *add_erasure(struct erasing *e)
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
	struct erasing *e = arg;
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
	const struct erasing *e = arg;
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
static int erase_alerts(struct erasing *e, struct store *s)
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

static int erase_all(struct erasing *e)
{
	const struct life_options *o = e->in->values;
	struct store_options so = {.write = true};
	struct store *s;
	int status = database_open(e->in, &o->database, &so, &s);
	if (status != STATUS_OK)
		return status;
	int64_t n = 0;
	if (o->pseudonyms)
		n = pseudonyms_open(o->pseudonyms, false, &e->fault, &e->keys);
	if (n == 0 && e->keys)
		n = store_shelves(s, add_pseudonym, e, &e->fault);
	if (n == 0)
		n = store_erase(s, e->what, e->count, say_line, e->in, &e->fault);
	if (n >= 0 && erase_alerts(e, s) < 0)
		n = e->fault.code;
	store_close(s);
	pseudonyms_close(e->keys);
	if (n < 0)
		return command_failed(e->in, &e->fault);
	buf_printf(&e->in->out->buf, "%" PRId64 " row%s erased\n", n, n == 1 ? "" : "s");
	return STATUS_OK;
}

static int run_erase(struct invocation *in)
{
	size_t count = in->argument_count, taken = 0;
	struct term *terms = calloc(count, sizeof(*terms));
	struct erasing e = {.in = in};
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

static const struct option_row erase_rows[] = {
    {"who-pseudonyms", 0, OPTION_TEXT, offsetof(struct life_options, pseudonyms), "DIR",
     "the folder of keys: clients of these addresses that are kept as pseudonyms go, "
     "too"},
    {NULL},
};
static const struct option_group erase_groups[] = {
    {NULL, erase_rows, 0},
    {"Database", database_rows, offsetof(struct life_options, database)},
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
	"Backups, files of exports, kept raw answers of providers and the captures "
	"themselves are not touched: they are other files.",
    .examples = "yore db erase '*.example.com' 192.0.2.7\n    forget both\n",
    .groups = erase_groups,
    .values = sizeof(struct life_options),
    .least = 1,
    .most = SIZE_MAX,
    .run = run_erase,
};

/* ---- merge, promote ---- */

static int merge_from(struct invocation *in, const char *dir)
{
	const struct life_options *o = in->values;
	struct store_options so = {.write = true, .create = true}, there = {0};
	struct fault f = {0};
	struct store *into, *from;
	int status = database_open(in, &o->database, &so, &into);
	if (status != STATUS_OK)
		return status;
	int r = store_open(dir, &there, &f, &from);
	if (r == 0) {
		r = store_merge(into, from, say_line, in, &f);
		store_close(from);
	}
	store_close(into);
	return r < 0 ? command_failed(in, &f) : STATUS_OK;
}

static int run_merge(struct invocation *in)
{
	return merge_from(in, in->argument[0]);
}

const struct command db_merge = {
    .name = "merge",
    .about = "take in everything of another database",
    .usage = "[OPTION...] DIR",
    .manual = "Adds the history in DIR to this one, year by year, with its ledger, so "
	      "that inputs go on where they stood. Refused, and nothing done, where both "
	      "hold the same input and not all of a year is there: counts would double. "
	      "Repeating it adds nothing. Private shelves are left out.",
    .groups = database_only,
    .values = sizeof(struct life_options),
    .least = 1,
    .most = 1,
    .run = run_merge,
};

/* The folder of a stage, into dir; a status. */
static int stage_dir(struct invocation *in, struct buf *dir)
{
	const struct life_options *o = in->values;
	struct database_options d = o->database;
	if (d.stage)
		return command_misused(in, "a stage has no stage: leave --stage out");
	d.stage = in->argument[0];
	int status = database_dir(in, &d, dir);
	if (status != STATUS_OK)
		return status;
	if (io_exists(buf_str(dir)))
		return STATUS_OK;
	command_say(in, "there is no stage '%.80s'", in->argument[0]);
	return STATUS_DATABASE;
}

/* Takes in what waits there; fails while somebody writes to it. */
static int settle_stage(struct invocation *in, const char *dir)
{
	struct store_options so = {.write = true};
	struct fault f = {0};
	struct store *s;
	int r = store_open(dir, &so, &f, &s);
	if (r < 0)
		return command_failed(in, &f);
	r = store_drain(s, &f);
	store_close(s);
	return r < 0 ? command_failed(in, &f) : STATUS_OK;
}

static int remove_stage(struct invocation *in, const char *dir)
{
	struct fault f = {0};
	return io_remove_tree(dir, &f) < 0 ? command_failed(in, &f) : STATUS_OK;
}

static int run_promote(struct invocation *in)
{
	struct buf dir;
	buf_init(&dir, 16 << 10);
	int status = stage_dir(in, &dir);
	if (status == STATUS_OK)
		status = settle_stage(in, buf_str(&dir));
	if (status == STATUS_OK)
		status = merge_from(in, buf_str(&dir));
	if (status == STATUS_OK)
		status = remove_stage(in, buf_str(&dir));
	buf_release(&dir);
	return status;
}

const struct command db_promote = {
    .name = "promote",
    .about = "make what was imported with --stage part of the history",
    .usage = "[OPTION...] NAME",
    .groups = database_only,
    .values = sizeof(struct life_options),
    .least = 1,
    .most = 1,
    .run = run_promote,
};

static int run_drop(struct invocation *in)
{
	struct buf dir;
	buf_init(&dir, 16 << 10);
	int status = stage_dir(in, &dir);
	if (status == STATUS_OK)
		status = remove_stage(in, buf_str(&dir));
	buf_release(&dir);
	return status;
}

const struct command db_drop = {
    .name = "drop",
    .about = "throw away what was imported with --stage",
    .usage = "[OPTION...] NAME",
    .groups = database_only,
    .values = sizeof(struct life_options),
    .least = 1,
    .most = 1,
    .run = run_drop,
};
