#include "store/erase.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "dns/name.h"
#include "store/erased.h"
#include "store/shelf.h"

struct rewriting {
	struct engine *engine;
	keep_fn keep;
	const void *what; /* struct erased or struct expiring */
	struct shelf_form form;
	say_fn say;
	void *arg;
	struct fault *fault;
	int64_t removed;
	struct fault first; /* why the first shelf that is not done is not */
	char left[200];	    /* these shelves, for people */
	bool only_look;
	const char *shelf; /* the one in hand */
	bool gone;	   /* a record went */
	uint8_t *losers;   /* owners of D rows that went, a bit each by their hash */
};

#define LOSER_BITS (1u << 27)

/* How many rows would go; as in writing anew, a first pass ends at the first of them. */
static int64_t count_rows(struct rewriting *w, const char *shelf, bool first_only)
{
	struct stretch all = {.lo = BYTES_LIT(""), .whole = true};
	struct bytes key, value;
	struct shelf_iter *it;
	int64_t n = 0;
	int r = w->engine->ops->iter(w->engine, shelf, &all, w->fault, &it);
	if (r < 0)
		return r;
	while ((r = it->ops->next(it, &key, &value)) == 1 ||
	       (r == YORE_ECORRUPT && it->noted)) {
		n += r == 1 && !w->keep(key, value, w);
		if (n && first_only)
			break;
	}
	if (r < 0)
		fault_set(w->fault, r, "%s", it->fault.text);
	it->ops->close(it);
	return r < 0 ? r : n;
}

static int64_t look_at(struct rewriting *w, const char *shelf)
{
	int64_t n = count_rows(w, shelf, true);
	return n > 0 ? count_rows(w, shelf, false) : n;
}

/* What cannot be read, or written, on one shelf does not keep the others back. */
static int pass_over(struct rewriting *w, const char *shelf, int code,
		     const struct fault *why)
{
	size_t n = strlen(w->left);
	if (code == YORE_ELOCKED || code == YORE_ENOMEM)
		return fault_set(w->fault, code, "%s", why->text);
	if (n == 0)
		fault_set(&w->first, code, "%s", why->text);
	snprintf(w->left + n, sizeof(w->left) - n, "%s%s", n ? ", " : "", shelf);
	return 0;
}

static int rewrite_shelf(const char *shelf, void *arg)
{
	struct rewriting *w = arg;
	char line[120];
	shelf_form_init(&w->form, shelf);
	w->shelf = shelf;
	w->gone = false;
	free(w->losers);
	w->losers = NULL;
	struct fault why = {0}, *all = w->fault;
	w->fault = &why;
	int64_t n = w->only_look
			? look_at(w, shelf)
			: w->engine->ops->rewrite(w->engine, shelf, w->keep, w, &why);
	w->fault = all;
	if (n < 0)
		return n == YORE_ENOENT ? 0 : pass_over(w, shelf, (int)n, &why);
	w->removed += n;
	snprintf(line, sizeof(line), "%s: %" PRId64 " rows %s", shelf, n,
		 w->only_look ? "would go" : "removed");
	if (n && w->say)
		w->say(line, w->arg);
	return 0;
}

static int tell_left(struct rewriting *w)
{
	const char *mend =
	    w->first.code == YORE_ECORRUPT ? "yore db repair" : "mend that";
	if (w->first.code == 0)
		return 0;
	if (w->only_look)
		return fault_set(w->fault, w->first.code,
				 "not looked through: %s; %s first (%.220s)", w->left,
				 mend, w->first.text);
	return fault_set(w->fault, w->first.code,
			 "not done: %s; on the others it is; %s, then once more (%.220s)",
			 w->left, mend, w->first.text);
}

static int rewrite_all(struct rewriting *w)
{
	int r = w->engine->ops->shelves(w->engine, rewrite_shelf, w, w->fault);
	return r < 0 ? r : tell_left(w);
}

struct checking {
	struct engine *engine;
	const char *only; /* "": all */
	struct fault *fault;
};

static int check_shelf(const char *shelf, void *arg)
{
	const struct checking *c = arg;
	if (*c->only && strcmp(c->only, shelf) != 0)
		return 0;
	return shelf_is_no_link(c->engine->ops->folder(c->engine), shelf, c->fault);
}

int erase_check(struct engine *e, const char *only, struct fault *f)
{
	struct checking c = {e, only, f};
	return e->ops->shelves(e, check_shelf, &c, f);
}

static bool is_not_erased(struct bytes key, struct bytes value, void *arg)
{
	struct rewriting *w = arg;
	size_t suffix = key.len ? key_suffix_len(key.at[0], !w->form.dated) : 0;
	return !erased_has(w->what, key, value, suffix);
}

int erase_rows(struct engine *e, const struct erasure *what, size_t count, bool only_look,
	       say_fn say, void *arg, int64_t *gone, struct fault *f)
{
	*gone = -1;
	struct erased list = {0};
	struct buf text;
	buf_init(&text, 1u << 26);
	/* First the list, so that nothing comes in behind. */
	int r = erase_check(e, "", f);
	if (r == 0 && !only_look)
		r = e->ops->suppress(e, what, count, f);
	if (r == 0)
		r = erased_put(&text, BYTES(NULL, 0), what, count);
	if (r == 0)
		r = erased_read(buf_bytes(&text), &list);
	buf_release(&text);
	struct rewriting w = {.engine = e,
			      .keep = is_not_erased,
			      .what = &list,
			      .only_look = only_look,
			      .say = say,
			      .arg = arg,
			      .fault = f};
	if (r == 0) {
		r = rewrite_all(&w);
		*gone = w.removed;
	}
	erased_release(&list);
	return r;
}

static bool matches(const struct expiring *x, uint16_t type, uint16_t source)
{
	return (x->type == 0 || x->type == type) &&
	       (x->source == SOURCE_NONE || x->source == source);
}

static uint32_t loser_bit(struct bytes owner)
{
	return (uint32_t)(hash_keyed(owner.at, owner.len) % LOSER_BITS);
}

/* Without memory for it all names are looked at. */
static void note_loser(struct rewriting *w, struct bytes owner)
{
	if (w->losers == NULL)
		w->losers = calloc(LOSER_BITS / 8, 1);
	if (w->losers)
		w->losers[loser_bit(owner) / 8] |= (uint8_t)(1u << loser_bit(owner) % 8);
}

static bool may_have_lost(const struct rewriting *w, struct bytes owner)
{
	return w->losers == NULL ||
	       w->losers[loser_bit(owner) / 8] >> loser_bit(owner) % 8 & 1;
}

/* Was the record, or all of the shelf's row, last seen before? */
static bool is_expired(struct rewriting *w, struct bytes key, struct bytes value)
{
	const struct expiring *x = w->what;
	struct key_rrset_parts set;
	struct key_rdata_parts one;
	struct store_row row;
	if (shelf_row(&w->form, key, value, &row) < 0 ||
	    row.span.last_s == WHEN_UNKNOWN || row.span.last_s >= x->before_s)
		return false;
	if (key.at[0] == TABLE_RRSET)
		return key_rrset_read(row.base, &set) == 0 &&
		       matches(x, set.set.type, set.set.source);
	if (key.at[0] != TABLE_RDATA)
		return true;
	if (key_rdata_read(row.base, &one) < 0 ||
	    !matches(x, one.set.type, one.set.source))
		return false;
	note_loser(w, one.set.owner);
	return true;
}

/* Does a set of the name stay? What cannot be read counts as one. */
static bool keeps_a_set(struct rewriting *w, struct bytes name_key)
{
	uint8_t lo[1 + NAME_WIRE_MAX] = {TABLE_RRSET}, hi[1 + NAME_WIRE_MAX];
	struct bytes owner, key, value;
	struct shelf_iter *sets;
	if (key_name_read(name_key, &owner) < 0 || !may_have_lost(w, owner))
		return true;
	size_t n = 1 + name_reverse(owner, lo + 1);
	memcpy(hi, lo, n);
	hi[n - 1]++; /* the root behind the last label: here another one would begin */
	struct stretch s = {.lo = BYTES(lo, n), .hi = BYTES(hi, n), .exact = true};
	if (w->engine->ops->iter(w->engine, w->shelf, &s, NULL, &sets) < 0)
		return true;
	int r;
	bool found = false;
	while (!found && (r = sets->ops->next(sets, &key, &value)) != 0)
		found = r < 0 || !is_expired(w, key, value);
	sets->ops->close(sets);
	return found;
}

/*
 * N and B rows are of all types and sources: when all of a shelf expires they go by
 * their own times, else names go with their last set. Records stand before N, or on a
 * shelf without table D are met by the pass that looks whether there is something to do.
 */
static bool is_not_expired(struct bytes key, struct bytes value, void *arg)
{
	struct rewriting *w = arg;
	const struct expiring *x = w->what;
	bool all = x->shelf[0] && x->type == 0 && x->source == SOURCE_NONE;
	if (key.len == 0)
		return true;
	if (key_suffix_len(key.at[0], false)) {
		bool gone = is_expired(w, key, value);
		w->gone |= gone;
		return !gone;
	}
	if (key.at[0] == TABLE_NAME && !all)
		return !w->gone || keeps_a_set(w, key);
	return !all || (key.at[0] != TABLE_NAME && key.at[0] != TABLE_SERVER) ||
	       !is_expired(w, key, value);
}

static int is_named(const char *shelf, void *arg)
{
	return strcmp(shelf, arg) == 0 ? YORE_EEXIST : 0;
}

int expire_rows(struct engine *e, const struct expiring *x, bool only_look, say_fn say,
		void *arg, int64_t *gone, struct fault *f)
{
	struct rewriting w = {.engine = e,
			      .keep = is_not_expired,
			      .what = x,
			      .only_look = only_look,
			      .say = say,
			      .arg = arg,
			      .fault = f};
	int r;
	if (x->shelf[0] == 0)
		r = rewrite_all(&w);
	else if ((r = e->ops->shelves(e, is_named, (void *)(uintptr_t)x->shelf, f)) == 0)
		r = fault_set(f, YORE_ENOENT, "there is no shelf '%s'", x->shelf);
	else if (r == YORE_EEXIST && (r = rewrite_shelf(x->shelf, &w)) == 0)
		r = tell_left(&w);
	*gone = w.removed;
	free(w.losers);
	return r;
}
