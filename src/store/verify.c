#include "store/verify.h"

#include <inttypes.h>
#include <stdio.h>

#include "store/erased.h"
#include "store/expired.h"
#include "store/ledger.h"
#include "store/shelf.h"

#define SAY_MOST 1000 /* findings that are told one by one */
#define DAMAGE_MOST 100000

struct check {
	struct engine *engine;
	say_fn say;
	void *arg;
	struct fault *fault;
	int64_t findings;
	struct shelf_form form;
	const char *shelf;
	enum { DAMAGE = 1, ASIDE = 2, DENIED = 4, SENSELESS = 8, BESIDE = 16 } kinds;
	char aside[SHELF_MAX]; /* the first with something set aside */
	/* of the input whose ledger rows are being read */
	struct input_id input;
	bool begun;
	uint64_t stated, reached; /* by its last row; by its commits */
};

static void find(struct check *c, const char *text)
{
	char line[600];
	if (++c->findings > SAY_MOST || c->say == NULL)
		return;
	size_t n = c->shelf ? strlen(c->shelf) : 0;
	bool named = n == 0 || (strncmp(text, c->shelf, n) == 0 && text[n] == ':');
	snprintf(line, sizeof(line), "%s%s%s", named ? "" : c->shelf, named ? "" : ": ",
		 text);
	c->say(line, c->arg);
}

static void find_row(struct check *c, const char *what, struct bytes key)
{
	c->kinds |= SENSELESS;
	char text[400], hex[161];
	size_t n = key.len < 80 ? key.len : 80;
	for (size_t i = 0; i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", key.at[i]);
	hex[2 * n] = 0;
	snprintf(text, sizeof(text), "%s: the row with key %s%s", what, hex,
		 key.len > n ? "..." : "");
	find(c, text);
}

/* ---- the ledger ---- */

static void end_input(struct check *c)
{
	char text[200];
	if (c->begun && c->stated != c->reached) {
		snprintf(text, sizeof(text),
			 "ledger: an input stands at packet %" PRIu64
			 " and its commits reach %" PRIu64,
			 c->stated, c->reached);
		c->kinds |= SENSELESS;
		find(c, text);
	}
	c->begun = false;
}

static void check_ledger(struct check *c, struct bytes key, struct bytes value)
{
	struct ledger_entry e;
	char text[400];
	if (ledger_read(key, value, NULL, &e) < 0) {
		find_row(c, "ledger", key);
		return;
	}
	if (ledger_key_is_last(key)) {
		end_input(c);
		c->input = e.input;
		c->stated = e.to.packets;
		c->reached = 0;
		c->begun = true;
		return;
	}
	bool same = c->begun && memcmp(&c->input, &e.input, sizeof(e.input)) == 0;
	if (!same || e.from != c->reached) {
		snprintf(text, sizeof(text),
			 "ledger: input '%.200s': a commit of packets %" PRIu64
			 " to %" PRIu64 " follows one that ends at %" PRIu64,
			 e.name, e.from, e.to.packets, same ? c->reached : 0);
		c->kinds |= SENSELESS;
		find(c, text);
	}
	c->reached = e.to.packets;
}

/* ---- rows ---- */

static bool base_is_good(struct bytes base)
{
	struct key_rrset_parts set;
	struct key_rdata_parts one;
	struct bytes name;
	struct addr server;
	struct asked_key asked;
	uint8_t zone[255];
	size_t n;
	switch (base.at[0]) {
	case TABLE_RRSET:
		return key_rrset_read(base, &set) == 0 && rdataset_valid(set.set.rdata);
	case TABLE_RDATA:
		return key_rdata_read(base, &one) == 0;
	case TABLE_NAME:
		return key_name_read(base, &name) == 0;
	case TABLE_SERVER:
		return key_server_read(base, &server, zone, &n) == 0;
	case TABLE_ASKED:
	case TABLE_CLIENT:
		return key_asked_read(base, zone, &asked) == 0;
	}
	return false;
}

static void check_row(struct check *c, struct bytes key, struct bytes value)
{
	struct store_row row;
	if (key.len == 0) {
		find_row(c, "empty key", key);
	} else if (key.at[0] == TABLE_LEDGER) {
		check_ledger(c, key, value);
	} else if (shelf_row(&c->form, key, value, &row) < 0) {
		find_row(c, "value", key);
	} else if ((shelf_is_history(c->shelf) || table_is_asked(key.at[0])) &&
		   !base_is_good(row.base)) {
		find_row(c, "key", key);
	}
}

static void note_kind(struct check *c, const struct shelf_iter *it)
{
	if (it->fault.code == YORE_EACCESS) {
		c->kinds |= DENIED;
		return;
	}
	c->kinds |= it->noted ? ASIDE : DAMAGE;
	if (it->noted && c->aside[0] == 0)
		snprintf(c->aside, sizeof(c->aside), "%s", c->shelf);
}

static int check_rows(struct check *c, struct shelf_iter *it)
{
	struct bytes key, value;
	int r;
	while ((r = it->ops->next(it, &key, &value)) != 0) {
		if (r == 1) {
			check_row(c, key, value);
			continue;
		}
		note_kind(c, it);
		find(c, it->fault.text);
		if (r != YORE_ECORRUPT || c->findings > DAMAGE_MOST)
			break;
	}
	end_input(c);
	return r == YORE_ECORRUPT ? 0 : r;
}

static void find_beside(const char *line, void *arg)
{
	struct check *c = arg;
	c->kinds |= BESIDE;
	find(c, line);
}

static int check_shelf(const char *shelf, void *arg)
{
	struct check *c = arg;
	struct stretch all = {.lo = BYTES_LIT(""), .whole = true};
	struct shelf_iter *it;
	shelf_form_init(&c->form, shelf);
	c->shelf = shelf;
	int r = c->engine->ops->iter(c->engine, shelf, &all, c->fault, &it);
	if (r == 0) {
		r = check_rows(c, it);
		if (r < 0)
			fault_set(c->fault, r, "%s", it->fault.text);
		it->ops->close(it);
	}
	if (r == 0 && c->engine->ops->check)
		c->engine->ops->check(c->engine, shelf, find_beside, c);
	c->shelf = NULL;
	return r == YORE_ENOENT ? 0 : r;
}

/* ---- all of it ---- */

static void check_lists(struct check *c)
{
	const char *folder = c->engine->ops->folder(c->engine);
	struct erased erased = {0};
	struct fault f = {0};
	int r =
	    c->engine->ops->erased ? c->engine->ops->erased(c->engine, &erased, &f) : 0;
	erased_release(&erased);
	if (r < 0)
		find_beside(f.text, c);
	if (folder && expired_check(folder, &f) < 0)
		find_beside(f.text, c);
}

/* What helps against what was found, and nothing that does not. */
static void advise(const struct check *c)
{
	struct buf b;
	buf_init(&b, 1024);
	if (c->kinds & DAMAGE)
		buf_puts(&b, "; restore the shelf from a backup, or set what is damaged "
			     "aside: yore db repair");
	if (c->kinds & ASIDE)
		buf_printf(&b,
			   "; what was set aside is missing: restore its shelf from a "
			   "backup, or accept the loss, and then: yore db repair "
			   "--forget %s",
			   c->aside);
	if (c->kinds & DENIED)
		buf_puts(&b, "; not all of it may be read by this user: run this as the "
			     "one who owns it");
	if (c->kinds & SENSELESS)
		buf_puts(&b, "; rows that make no sense only go when their shelf is "
			     "restored from a backup");
	if (c->kinds == BESIDE)
		buf_puts(&b, "; what helps is said with each");
	fault_set(c->fault, YORE_ECORRUPT, "%s", b.len > 2 ? buf_str(&b) + 2 : "");
	buf_release(&b);
}

int64_t verify_engine(struct engine *e, say_fn say, void *arg, struct fault *f)
{
	struct check c = {.engine = e, .say = say, .arg = arg, .fault = f};
	char text[100];
	int r = e->ops->shelves(e, check_shelf, &c, f);
	check_lists(&c);
	if (r == 0 && c.findings)
		advise(&c);
	if (c.findings > SAY_MOST && say) {
		snprintf(text, sizeof(text), "and %" PRId64 " more findings",
			 c.findings - SAY_MOST);
		say(text, arg);
	}
	return r < 0 ? r : c.findings;
}
