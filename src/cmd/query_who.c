#include "cmd/query_who.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/batch.h"
#include "format/asked.h"
#include "query/who_audit.h"

#define AT(field) offsetof(struct query_who_options, field)

const struct option_row query_who_rows[] = {
    {"who-asked", 0, OPTION_FLAG, AT(on), NULL,
     "instead of the history: which clients asked for it, where import or sense kept "
     "that"},
    {"client", 0, OPTION_TEXT, AT(client), "CLIENT",
     "only of this client: an address, a prefix, a pseudonym (~0123...)"},
    {"reason", 0, OPTION_TEXT, AT(reason), "TEXT",
     "why you ask; must be given, is kept in the log of who asked"},
    {"forwarder", 0, OPTION_NUMBER, AT(forwarder), "N",
     "mark clients that asked for N names or more in a day (5000)"},
    {"who-pseudonyms", 0, OPTION_TEXT, AT(pseudonyms), "DIR",
     "the folder of keys that finds an address among pseudonyms"},
    {NULL},
};

enum look { LOOK_TABLE, LOOK_JSON, LOOK_CSV };

struct who_call {
	struct query_call *call;
	struct who_query query;
	enum look look;
	struct buf asked; /* the terms as given, one a line */
	bool headed;
};

/* ---- what is asked ---- */

static int choose_look(const struct query_call *c, enum look *ret)
{
	const char *name = c->options->show.format;
	*ret = c->in->terminal.out ? LOOK_TABLE : LOOK_JSON;
	if (name == NULL)
		return STATUS_OK;
	if (strcmp(name, "text") == 0)
		*ret = LOOK_TABLE;
	else if (strcmp(name, "cof") == 0)
		*ret = LOOK_JSON;
	else if (strcmp(name, "csv") == 0)
		*ret = LOOK_CSV;
	else
		return command_misused(c->in, "--who-asked prints a table (--text), "
					      "--json or --csv");
	return STATUS_OK;
}

int query_who_check(const struct query_call *c)
{
	const struct query_options *o = c->options;
	const struct query_who_options *w = &o->who;
	enum look look;
	if (!w->on && (w->client || w->reason || w->forwarder || w->pseudonyms))
		return command_misused(c->in, "--client, --reason, --forwarder and "
					      "--who-pseudonyms belong to --who-asked");
	if (!w->on)
		return STATUS_OK;
	if (w->reason == NULL || w->reason[strspn(w->reason, " \t")] == '\0')
		return command_misused(c->in,
				       "--who-asked shows what people did: say why "
				       "with --reason TEXT, it is kept");
	if (outside_wanted(&o->outside))
		return command_misused(c->in, "--who-asked is answered here; nobody else "
					      "knows (leave --with out)");
	if (o->select.negative || o->select.suspicious)
		return command_misused(c->in, "--who-asked has every outcome; leave "
					      "--negative and --suspicious out");
	if (o->count || o->estimate || o->coverage || o->status || o->show.offset)
		return command_misused(c->in, "--count, --estimate, --coverage, --status "
					      "and --offset are not for --who-asked");
	return choose_look(c, &look);
}

static void note_term(struct who_call *w, const char *text)
{
	buf_puts(&w->asked, text);
	buf_putc(&w->asked, '\n');
}

/* Lines of a list; one that is no term is said and counted. */
static int read_list(struct who_call *w, const char *path, uint64_t *bad, bool *own_time)
{
	struct query_call *c = w->call;
	struct batch *b;
	struct batch_line line;
	struct fault f = {0};
	int r = batch_open(path, &f, &b);
	if (r < 0)
		return command_failed(c->in, &f);
	while ((r = batch_next(b, &line, &f)) == 1) {
		struct fault why = {0};
		*own_time |= line.from != NULL;
		if (selection_add(&c->selection, line.term, &why) < 0) {
			++*bad;
			command_say(c->in, "line %lu: %s", line.number, why.text);
			continue;
		}
		note_term(w, line.term);
	}
	batch_close(b);
	return r < 0 ? command_failed(c->in, &f) : STATUS_OK;
}

static int fill(struct who_call *w, uint64_t *bad)
{
	struct query_call *c = w->call;
	const struct query_options *o = c->options;
	struct fault f = {0};
	bool own_time = false;
	int status = choose_look(c, &w->look);
	for (size_t i = 0; i < c->in->argument_count; i++)
		note_term(w, c->in->argument[i]);
	if (status == STATUS_OK && o->file)
		status = read_list(w, o->file, bad, &own_time);
	if (status != STATUS_OK)
		return status;
	if (own_time && !o->show.quiet)
		command_say(c->in, "times of single lines are not looked at here: --from "
				   "and --to hold for all");
	if (o->file && c->selection.count == 0)
		return command_misused(c->in, "%.200s holds no term", o->file);
	w->query =
	    (struct who_query){.terms = c->selection.terms,
			       .term_count = c->selection.count,
			       .types = c->selection.query.type,
			       .type_count = c->selection.query.types == TYPES_LISTED
						 ? c->selection.query.type_count
						 : 0,
			       .fence = time_window(&c->selection.query),
			       .forwarder = o->who.forwarder,
			       .limit = o->show.limit,
			       .now_s = c->in->now_s};
	if (o->who.client && who_client_parse(o->who.client, &w->query, &f) < 0)
		return command_misused(c->in, "%s", f.text);
	if (o->who.pseudonyms &&
	    pseudonyms_open(o->who.pseudonyms, false, &f, &w->query.keys) < 0)
		return command_failed(c->in, &f);
	return STATUS_OK;
}

/* ---- what comes ---- */

static void put_heading(struct who_call *w)
{
	struct buf *out = &w->call->in->out->buf;
	if (!w->headed && w->look == LOOK_TABLE)
		asked_put_heading(out);
	if (!w->headed && w->look == LOOK_CSV)
		asked_put_csv_heading(out);
	w->headed = true;
}

static int on_row(const struct who_row *row, void *arg)
{
	struct who_call *w = arg;
	struct output *out = w->call->in->out;
	put_heading(w);
	if (w->look == LOOK_TABLE)
		asked_put_text(&out->buf, row, w->call->options->show.defang);
	else if (w->look == LOOK_JSON)
		asked_put_json(&out->buf, row);
	else
		asked_put_csv(&out->buf, row);
	output_ready(out, false);
	return output_done(out);
}

static void say_begin(const struct who_call *w, const struct who_about *a)
{
	struct invocation *in = w->call->in;
	char begins[WHEN_TEXT_MAX];
	struct buf text;
	if (!a->kept && a->begins_s == WHEN_UNKNOWN) {
		command_say(in, "who asked is not kept here: import or sense with "
				"--who-asked keeps it");
		return;
	}
	buf_init(&text, 64 << 10);
	if (a->begins_s == WHEN_UNKNOWN) {
		buf_puts(&text, "of nothing yet");
	} else {
		when_text(a->begins_s, begins);
		buf_printf(&text, "from %s on", begins);
	}
	if (a->retention_s)
		buf_printf(&text, " (kept for %" PRId64 " days)", a->retention_s / 86400);
	buf_puts(&text, "; ");
	coverage_put(&text, &a->watched);
	command_say(in, "who asked is known %s", buf_str(&text));
	buf_release(&text);
}

static void say_about(const struct who_call *w, const struct who_about *a)
{
	struct invocation *in = w->call->in;
	if (a->damaged)
		command_say(in, "%" PRIu64 " damaged rows or stretches were left out%s%s",
			    a->damaged, a->first.code ? "; the first: " : "",
			    a->first.text);
	if (a->pattern_limit)
		command_say(in, "a pattern gave up on %" PRIu64 " names: make it simpler",
			    a->pattern_limit);
	if (a->pseudonyms)
		command_say(in, "clients of that time are kept as pseudonyms: "
				"--who-pseudonyms DIR finds them for who holds the keys");
	if (w->call->options->show.quiet)
		return;
	if (a->limited)
		command_say(in, "cut off at --limit %" PRIu64 "; there is more",
			    w->query.limit);
	if (a->erased)
		command_say(in, "nothing can be said: it was erased from this history, "
				"and is left out whenever it is seen");
	else
		say_begin(w, a);
}

static int status_of(const struct who_about *a, uint64_t bad)
{
	if (a->damaged || a->pattern_limit || a->limited || a->pseudonyms || bad)
		return STATUS_INCOMPLETE;
	if (a->found)
		return STATUS_OK;
	if (a->erased)
		return STATUS_UNWATCHED;
	return a->watched.watched == WATCHED_WHOLLY ? STATUS_NONE : STATUS_UNWATCHED;
}

static int ask_and_show(struct who_call *w, struct store *store, uint64_t bad)
{
	struct query_call *c = w->call;
	const struct query_options *o = c->options;
	struct who_about about = {0};
	struct fault f = {0};
	char by[32];
	snprintf(by, sizeof(by), "uid %u", (unsigned)getuid());
	struct who_audit audit = {.time_s = c->in->now_s,
				  .by = by,
				  .command = "query",
				  .asked = buf_bytes(&w->asked),
				  .client = o->who.client,
				  .from = o->time.from,
				  .to = o->time.to,
				  .reason = o->who.reason};
	int r = who_audit_begin(store, &audit, &f);
	if (r < 0)
		return command_failed(c->in, &f);
	r = who_ask(store, &w->query, on_row, w, &about, &f);
	if (r == 0 && w->look == LOOK_CSV)
		put_heading(w);
	output_ready(c->in->out, true);
	progress_end();
	int status = r < 0 ? database_failed(c->in, &f) : status_of(&about, bad);
	if (r == 0)
		say_about(w, &about);
	if (who_audit_end(store, &audit, about.found, &f) < 0)
		status = command_failed(c->in, &f);
	who_about_release(&about);
	return status;
}

int query_who(struct query_call *c, struct store *store)
{
	struct who_call w = {.call = c};
	uint64_t bad = 0;
	buf_init(&w.asked, 64 << 20);
	int status = fill(&w, &bad);
	if (status == STATUS_OK)
		status = ask_and_show(&w, store, bad);
	pseudonyms_close(w.query.keys);
	buf_release(&w.asked);
	return status;
}
