#include "cmd/outside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/outside_say.h"
#include "remote/keep.h"

#define AT(field) offsetof(struct outside_options, field)

const struct option_row outside_rows[] = {
    {"with", 0, OPTION_LIST, AT(with), "PROVIDER",
     "ask these as well: names from yore providers, several parted by commas"},
    {"keep", 0, OPTION_FLAG, AT(keep), NULL,
     "put their answers into the history, and keep the raw replies"},
    {"max-age", 0, OPTION_SPAN, AT(max_age_s), "TIME",
     "do not ask again what was answered so recently (1d)"},
    {"most", 0, OPTION_NUMBER, AT(most), "N",
     "ask for at most N records of each answer (what the provider gives)"},
    {"recurse", 0, OPTION_NUMBER, AT(recurse), "N",
     "go on N times from the names and addresses that they found"},
    {"dry-run", 0, OPTION_FLAG, AT(dry_run), NULL,
     "print the exact requests, without keys, and send nothing"},
    {"tlp", 0, OPTION_TEXT, AT(tlp), "COLOUR",
     "how far the terms may travel: clear, green, amber, amber+strict, red"},
    {"live", 0, OPTION_FLAG, AT(live), NULL,
     "allow providers to look the names up themselves: others may notice"},
    {"no-live", 0, OPTION_FLAG, AT(no_live), NULL, "do not (as usual)"},
    {"resume", 0, OPTION_TEXT, AT(resume), "FILE",
     "write down what became of each term, and do not ask again what it says is done"},
    {"config", 0, OPTION_TEXT, AT(config), "FILE", "this configuration file alone"},
    {"set", 0, OPTION_LIST, AT(set), "SECTION.KEY=VALUE",
     "a value over what the configuration says"},
    {NULL},
};

int outside_without(const struct invocation *in, const struct outside_options *o)
{
	const struct {
		bool given;
		const char *name;
	} rows[] = {{o->keep, "keep"},	     {o->max_age_s != 0, "max-age"},
		    {o->most != 0, "most"},  {o->recurse != 0, "recurse"},
		    {o->dry_run, "dry-run"}, {o->tlp != NULL, "tlp"},
		    {o->live, "live"},	     {o->resume != NULL, "resume"}};
	if (o->with.count)
		return STATUS_OK;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].given)
			return command_misused(in, "--%s goes with --with PROVIDER",
					       rows[i].name);
	return STATUS_OK;
}

int outside_configuration(const struct invocation *in, const char *path,
			  const struct option_list *set, struct conf **ret)
{
	struct fault f = {0};
	struct conf *c;
	if (conf_new(&c) < 0) {
		command_say(in, "out of memory");
		return STATUS_FAILED;
	}
	int r = conf_load(c, path, &f);
	for (size_t i = 0; set && i < set->count && r == 0; i++)
		r = conf_set(c, set->at[i], &f);
	if (r < 0) {
		conf_free(c);
		return command_failed(in, &f);
	}
	*ret = c;
	return STATUS_OK;
}

/* ---- opening ---- */

static int choose_one(struct outside *w, const char *name)
{
	struct account *a = accounts_find(&w->accounts, name);
	if (a == NULL)
		return command_misused(w->in,
				       "there is no provider '%.60s' (yore "
				       "providers lists them)",
				       name);
	for (size_t i = 0; i < w->ask.with_count; i++)
		if (w->chosen[i] == a)
			return STATUS_OK;
	w->chosen[w->ask.with_count++] = a;
	return STATUS_OK;
}

static int choose(struct outside *w)
{
	int status = STATUS_OK;
	for (size_t i = 0; i < w->o->with.count; i++) {
		const char *at = w->o->with.at[i];
		while (*at && status == STATUS_OK) {
			char name[64];
			size_t n = strcspn(at, ",");
			snprintf(name, sizeof(name), "%.*s", (int)(n < 63 ? n : 63), at);
			if (n)
				status = choose_one(w, name);
			at += n + (at[n] == ',');
		}
	}
	if (status == STATUS_OK && w->ask.with_count == 0)
		status = command_misused(w->in, "--with names no provider");
	return status;
}

static int open_replies(struct outside *w, const char *database, struct fault *f)
{
	struct buf folder;
	int64_t age = 0;
	int r = conf_span(w->conf, "local", "max-age", &age, f);
	w->ask.max_age_s = w->o->max_age_s ? w->o->max_age_s : age;
	w->ask.keep = w->o->keep;
	if (r < 0 || (!w->o->keep && w->ask.max_age_s == 0))
		return r < 0 ? r : 0;
	buf_init(&folder, 4096);
	if (w->o->keep && database && strcmp(database, "mem:") != 0)
		buf_printf(&folder, "%s/raw.replies", database);
	else if ((r = conf_place("CACHE", "replies", &folder)) < 0)
		fault_set(f, r, "no place for kept answers: $HOME is not set");
	if (r >= 0)
		r = replies_open(&w->replies, buf_str(&folder), f);
	if (r == 0)
		w->ask.replies = &w->replies;
	buf_release(&folder);
	return r < 0 ? r : 0;
}

static void on_progress(size_t done, size_t all, void *arg)
{
	if (progress_due())
		progress_show("%zu of %zu questions asked", done, all);
}

static int open_pivot(struct outside *w, struct fault *f)
{
	struct pivot_options po = {.discretion = &w->discretion};
	uint64_t shared = 0;
	if (w->o->recurse == 0)
		return 0;
	int r = conf_number(w->conf, "local", "shared-above", 1000000, &shared, f);
	po.shared_above = (unsigned)shared;
	return r < 0 ? r : pivot_new(&po, &w->pivot);
}

static int open_all(struct outside *w, const char *database, struct fault *f)
{
	int r = discretion_load(&w->discretion, w->conf, f);
	if (r < 0)
		return r;
	w->discretion.live |= w->o->live;
	if (w->o->no_live)
		w->discretion.live = false;
	w->ask.discretion = &w->discretion;
	w->ask.with = w->chosen;
	w->ask.progress = on_progress;
	w->ask.last_after_s = w->narrow.last_after_s;
	w->ask.first_before_s = w->narrow.first_before_s;
	w->ask.type = w->narrow.type;
	w->ask.months = w->narrow.months;
	w->ask.limit = w->narrow.limit ? w->narrow.limit : w->o->most;
	if (w->o->dry_run) {
		w->ask.dry_run = &w->dry;
	} else {
		r = departure_open(&w->departure, w->conf, f);
		w->ask.departure = &w->departure;
		if (r == 0)
			r = open_replies(w, database, f);
	}
	if (r == 0 && w->o->resume)
		r = resume_open(w->o->resume, f, &w->resume);
	w->ask.resume = w->resume;
	if (r == 0)
		r = open_pivot(w, f);
	return r == 0 ? asking_new(&w->ask, f, &w->asking) : r;
}

int outside_open(struct invocation *in, const struct outside_options *o, bool quiet,
		 const char *database, struct outside *ret)
{
	struct fault f = {0};
	struct outside_narrow narrow = ret->narrow;
	*ret = (struct outside){
	    .narrow = narrow, .in = in, .o = o, .quiet = quiet, .departure.fd = -1};
	buf_init(&ret->dry, 64u << 20);
	if (o->tlp && tlp_of_text(o->tlp, &ret->tlp) < 0)
		return command_misused(
		    in,
		    "--tlp: '%.40s' is no colour (clear, green, amber, "
		    "amber+strict, red)",
		    o->tlp);
	if (o->live && o->no_live)
		return command_misused(in, "--live or --no-live, not both");
	if (o->recurse > 10)
		return command_misused(in, "--recurse: at most 10");
	int status = outside_configuration(in, o->config, &o->set, &ret->conf);
	if (status != STATUS_OK)
		return status;
	if (accounts_load(&ret->accounts, ret->conf, &f) < 0)
		return command_failed(in, &f);
	status = choose(ret);
	if (status == STATUS_OK && open_all(ret, database, &f) < 0)
		status = command_failed(in, &f);
	return status;
}

void outside_release(struct outside *w)
{
	asking_free(w->asking);
	pivot_free(w->pivot);
	resume_close(w->resume);
	departure_close(&w->departure);
	if (w->joined)
		store_close(w->store);
	store_close(w->answers);
	if (w->discretion.zones)
		discretion_release(&w->discretion);
	accounts_release(&w->accounts);
	conf_free(w->conf);
	free(w->found_terms);
	free(w->lines);
	buf_release(&w->dry);
}

/* ---- asking ---- */

int outside_add(struct outside *w, const struct term *t, enum side side)
{
	struct fault f = {0};
	const enum tlp *tlp = w->o->tlp ? &w->tlp : NULL;
	enum side own = t->kind == TERM_ADDR ? SIDE_RDATA : SIDE_RRNAME;
	enum side sides[2] = {side == SIDE_DEFAULT ? own : side, SIDE_DEFAULT};
	if (side == SIDE_BOTH) {
		sides[0] = SIDE_RRNAME;
		sides[1] = SIDE_RDATA;
	}
	for (int i = 0; i < 2; i++)
		if (sides[i] != SIDE_DEFAULT &&
		    asking_add(w->asking, t, sides[i], tlp, &f) < 0)
			return command_failed(w->in, &f);
	if (w->pivot && pivot_seen(w->pivot, t) < 0) {
		command_say(w->in, "out of memory");
		return STATUS_FAILED;
	}
	return STATUS_OK;
}

int outside_mark(struct outside *w, unsigned long number)
{
	if (w->line_count == w->line_room) {
		size_t room = w->line_room ? w->line_room * 2 : 256;
		struct outside_line *more = realloc(w->lines, room * sizeof(*more));
		if (more == NULL) {
			command_say(w->in, "out of memory");
			return STATUS_FAILED;
		}
		w->lines = more;
		w->line_room = room;
	}
	w->lines[w->line_count++] =
	    (struct outside_line){number, asking_count(w->asking)};
	return STATUS_OK;
}

bool outside_line_whole(struct outside *w, unsigned long number)
{
	while (w->line_at < w->line_count && w->lines[w->line_at].number < number)
		w->line_at++;
	if (w->line_at == w->line_count || w->lines[w->line_at].number != number)
		return true;
	size_t end =
	    w->line_at + 1 < w->line_count ? w->lines[w->line_at + 1].first : w->listed;
	for (size_t i = w->lines[w->line_at].first; i < end; i++) {
		const struct asked *a = asking_at(w->asking, i);
		if (!outcome_is_whole(a->outcome) || a->unread)
			return false;
	}
	return true;
}

static int add_found(const struct term *t, void *arg)
{
	struct outside *w = arg;
	struct term *more =
	    realloc(w->found_terms, (w->found_count + 1) * sizeof(*w->found_terms));
	if (more == NULL)
		return YORE_ENOMEM;
	w->found_terms = more;
	w->found_terms[w->found_count++] = *t;
	return outside_add(w, t, SIDE_DEFAULT) == STATUS_OK ? 0 : YORE_ENOMEM;
}

static int ask_rounds(struct outside *w, struct fault *f)
{
	w->listed = asking_count(w->asking);
	int r = asking_run(w->asking, f);
	for (uint64_t i = 0; i < w->o->recurse && r == 0; i++) {
		r = pivot_round(w->pivot, w->asking, w->ask.with_count, add_found, w);
		if (r <= 0)
			return r < 0 ? fault_set(f, r, "going on: %s", yore_strerror(r))
				     : 0;
		r = asking_run(w->asking, f);
	}
	return r;
}

static int take_in(struct outside *w, struct store *local, struct fault *f)
{
	struct store_options mem = {.write = true, .create = true};
	if (w->o->keep) {
		w->store = local;
		return asking_keep(w->asking, &w->ask, local, w->in->now_s, f);
	}
	int r = store_open("mem:", &mem, f, &w->answers);
	if (r == 0)
		r = asking_keep(w->asking, &w->ask, w->answers, w->in->now_s, f);
	if (r == 0)
		r = store_beside(local, w->answers, f, &w->store);
	w->joined = r == 0;
	return r;
}

int outside_ask(struct outside *w)
{
	struct fault f = {0};
	int r = ask_rounds(w, &f);
	progress_end();
	outside_say(w);
	return r < 0 ? command_failed(w->in, &f) : STATUS_OK;
}

int outside_run(struct outside *w, struct store *local)
{
	struct fault f = {0};
	int r = ask_rounds(w, &f);
	progress_end();
	if (r == 0 && w->o->dry_run) {
		put_safe_lines(&w->in->out->buf, buf_bytes(&w->dry));
		w->store = local;
		return STATUS_OK;
	}
	outside_say(w);
	/* what came before a failure is not lost */
	struct fault later = {0};
	int kept = take_in(w, local, &later);
	if (r < 0)
		return command_failed(w->in, &f);
	return kept < 0 ? command_failed(w->in, &later) : STATUS_OK;
}

int outside_status(const struct outside *w, int status)
{
	if (status >= STATUS_FAILED || status == STATUS_USAGE)
		return status;
	return asking_is_whole(w->asking) ? status : STATUS_INCOMPLETE;
}
