#include "cmd/investigate_who.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/database.h"
#include "dns/type.h"
#include "format/asked.h"
#include "query/who_audit.h"

#define AT(field) offsetof(struct investigate_who_options, field)
#define CLIENTS_COUNTED 1000

const struct option_row investigate_who_rows[] = {
    {"who-asked", 0, OPTION_FLAG, AT(on), NULL,
     "also which of our clients asked for an indicator first, where that is kept; on the "
     "screen, not in the case"},
    {"reason", 0, OPTION_TEXT, AT(reason), "TEXT",
     "why; must be given with --who-asked, is kept in the log of who asked"},
    {NULL},
};

int investigate_who_check(const struct invocation *in,
			  const struct investigate_who_options *o, bool replay)
{
	if (!o->on)
		return o->reason ? command_misused(in, "--reason belongs to --who-asked")
				 : STATUS_OK;
	if (o->reason == NULL || o->reason[strspn(o->reason, " \t")] == '\0')
		return command_misused(in, "--who-asked shows what people did: say why "
					   "with --reason TEXT, it is kept");
	if (replay)
		return command_misused(in,
				       "--who-asked is asked of the database and is no "
				       "part of a case: leave --replay out");
	return STATUS_OK;
}

/* What is known of one indicator. */
struct first_question {
	struct term term;
	bool parsed;
	uint64_t rows, clients;
	struct asked_client seen[CLIENTS_COUNTED];
	int64_t first_s;
	char text[NAME_TEXT_MAX + 128]; /* by whom, and what came of it */
};

struct asking_who {
	const struct investigation *q;
	struct first_question *at; /* one a subject */
	struct term *terms;	   /* the same terms, borrowed */
	size_t count;
};

/* A name means everything below it, as its records do. */
static void take_subject(struct asking_who *a, size_t i, struct buf *asked)
{
	struct first_question *s = &a->at[i];
	struct fault f = {0};
	if (term_parse(a->q->subjects[i].text, &f, &s->term) < 0)
		return;
	if (s->term.kind == TERM_NAME)
		s->term.kind = TERM_ZONE;
	s->parsed = true;
	s->first_s = WHEN_UNKNOWN;
	a->terms[a->count++] = s->term;
	buf_puts(asked, a->q->subjects[i].text);
	buf_putc(asked, '\n');
}

static bool is_about(const struct term *t, const struct who_row *row)
{
	if (term_wants_owner(t, row->key.name) == 1)
		return true;
	for (unsigned i = 0; t->kind == TERM_ADDR && i < row->value.count; i++)
		if (addr_range_has(&t->range, &row->value.addrs[i]))
			return true;
	return false;
}

static void count_client(struct first_question *s, const struct asked_client *c)
{
	for (uint64_t i = 0; i < s->clients; i++)
		if (s->seen[i].len == c->len && memcmp(s->seen[i].at, c->at, c->len) == 0)
			return;
	if (s->clients < CLIENTS_COUNTED)
		s->seen[s->clients++] = *c;
}

static void note_first(struct first_question *s, const struct who_row *row)
{
	char client[ASKED_CLIENT_TEXT], outcome[ASKED_OUTCOME_TEXT], type[TYPE_TEXT_MAX];
	struct buf name;
	buf_init(&name, NAME_TEXT_MAX);
	name_put_chomped(&name, row->key.name);
	asked_client_text(&row->key.client, client);
	asked_outcome_text(row->key.outcome, outcome);
	type_text(row->key.type, type);
	s->first_s = row->value.span.first_s;
	snprintf(s->text, sizeof(s->text), "%s%s for %s %s: %s", client,
		 row->forwarder ? " (forwarder)" : "", buf_str(&name), type, outcome);
	buf_release(&name);
}

static int on_row(const struct who_row *row, void *arg)
{
	struct asking_who *a = arg;
	for (size_t i = 0; i < a->q->subject_count; i++) {
		struct first_question *s = &a->at[i];
		if (!s->parsed || !is_about(&s->term, row))
			continue;
		s->rows++;
		count_client(s, &row->key.client);
		if (s->first_s == WHEN_UNKNOWN || row->value.span.first_s < s->first_s)
			note_first(s, row);
	}
	return 0;
}

static void show(struct invocation *in, const struct asking_who *a,
		 const struct who_about *about)
{
	struct buf *out = &in->out->buf;
	char time[WHEN_TEXT_MAX];
	size_t silent = 0;
	buf_puts(out, "\nWho asked first (");
	if (about->begins_s == WHEN_UNKNOWN) {
		buf_puts(out, "not kept here");
	} else {
		when_text(about->begins_s, time);
		buf_printf(out, "known from %s on", time);
	}
	buf_puts(out, ")\n");
	for (size_t i = 0; i < a->q->subject_count; i++) {
		const struct first_question *s = &a->at[i];
		if (!s->parsed || s->rows == 0) {
			silent++;
			continue;
		}
		when_text(s->first_s, time);
		buf_printf(out, "  %s ", time);
		put_safe(out, BYTES_STR(s->text));
		buf_printf(out, "; %s%" PRIu64 " client%s\n",
			   s->clients == CLIENTS_COUNTED ? "at least " : "", s->clients,
			   s->clients == 1 ? "" : "s");
	}
	if (silent)
		buf_printf(out, "  nobody asked for %zu of %zu indicators\n", silent,
			   a->q->subject_count);
	if (about->pseudonyms)
		buf_puts(out, "  clients are pseudonyms\n");
}

static int ask(struct invocation *in, const struct investigate_who_options *o,
	       struct asking_who *a, struct store *store)
{
	struct who_about about = {0};
	struct fault f = {0};
	struct buf asked;
	char by[32];
	buf_init(&asked, 16 << 20);
	for (size_t i = 0; i < a->q->subject_count; i++)
		take_subject(a, i, &asked);
	snprintf(by, sizeof(by), "uid %u", (unsigned)getuid());
	struct who_audit audit = {.time_s = in->now_s,
				  .by = by,
				  .command = "investigate",
				  .asked = buf_bytes(&asked),
				  .reason = o->reason};
	struct who_query q = {.terms = a->terms,
			      .term_count = a->count,
			      .fence = FENCE_OPEN,
			      .now_s = in->now_s};
	int r = who_audit_begin(store, &audit, &f);
	if (r == 0 && a->count)
		r = who_ask(store, &q, on_row, a, &about, &f);
	if (r == 0)
		show(in, a, &about);
	if (r == 0)
		r = who_audit_end(store, &audit, about.found, &f);
	who_about_release(&about);
	buf_release(&asked);
	return r < 0 ? database_failed(in, &f) : STATUS_OK;
}

int investigate_who(struct invocation *in, const struct investigate_who_options *o,
		    const struct investigation *q, struct store *store)
{
	struct asking_who a = {.q = q};
	if (!o->on || store == NULL)
		return STATUS_OK;
	a.at = calloc(q->subject_count + 1, sizeof(*a.at));
	a.terms = calloc(q->subject_count + 1, sizeof(*a.terms));
	int status = a.at && a.terms ? ask(in, o, &a, store) : STATUS_FAILED;
	for (size_t i = 0; a.at && i < q->subject_count; i++)
		if (a.at[i].parsed)
			term_release(&a.at[i].term);
	free(a.at);
	free(a.terms);
	return status;
}
