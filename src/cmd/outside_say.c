#include "cmd/outside_say.h"

#include <inttypes.h>
#include <stdio.h>

#define FEW 8
#define NOT_WHOLE_SAID 10

static void put_pair(const struct outside *w, const struct asked *a, bool term)
{
	char when[WHEN_TEXT_MAX], tail[400] = "";
	size_t n = 0;
	if (a->records)
		n +=
		    (size_t)snprintf(tail + n, sizeof(tail) - n, ", %" PRIu64 " record%s",
				     a->records, a->records == 1 ? "" : "s");
	if (a->cached) {
		when_text(a->asked_s, when);
		n += (size_t)snprintf(tail + n, sizeof(tail) - n, ", as answered %s",
				      when);
	}
	if (a->text[0])
		snprintf(tail + n, sizeof(tail) - n, ": %s", a->text);
	command_say(w->in, "%s: %s%s%s%s", w->chosen[a->account]->name,
		    term ? a->term : "", term ? ": " : "", outcome_text(a->outcome),
		    tail);
}

static void say_sums(const struct outside *w, size_t account)
{
	uint64_t sums[OUTCOME_EARLIER + 1] = {0}, terms = 0;
	char text[400] = "";
	size_t n = 0;
	for (size_t i = 0; i < asking_count(w->asking); i++) {
		const struct asked *a = asking_at(w->asking, i);
		if (a->account == account) {
			sums[a->outcome]++;
			terms++;
		}
	}
	for (int o = 0; o <= OUTCOME_EARLIER; o++)
		if (sums[o])
			n += (size_t)snprintf(text + n, sizeof(text) - n,
					      "%s%" PRIu64 " %s", n ? ", " : "", sums[o],
					      outcome_text((enum outcome)o));
	command_say(w->in, "%s: %" PRIu64 " questions: %s", w->chosen[account]->name,
		    terms, text);
}

static void say_not_whole(const struct outside *w)
{
	size_t said = 0, left = 0;
	for (size_t i = 0; i < asking_count(w->asking); i++) {
		const struct asked *a = asking_at(w->asking, i);
		if (outcome_is_whole(a->outcome))
			continue;
		if (said++ < NOT_WHOLE_SAID)
			put_pair(w, a, true);
		else
			left++;
	}
	if (left)
		command_say(w->in, "... and %zu more that are not whole%s", left,
			    w->o->resume ? ""
					 : " (--resume FILE writes all of them down)");
}

static void say_unread(const struct outside *w)
{
	for (size_t i = 0; i < w->ask.with_count; i++) {
		const struct findings *f = asking_findings(w->asking, i);
		if (f->unread)
			command_say(w->in,
				    "%s: %" PRIu64
				    " record%s could not be read; the first: "
				    "%s",
				    w->chosen[i]->name, f->unread,
				    f->unread == 1 ? "" : "s", f->why);
	}
}

static void say_pivot(const struct outside *w)
{
	const struct pivot_counters *c;
	if (w->pivot == NULL || w->quiet)
		return;
	c = pivot_counters(w->pivot);
	if (c->shared)
		command_say(w->in,
			    "%u term%s led to too many others to go on from: shared "
			    "hosting or pools",
			    c->shared, c->shared == 1 ? "" : "s");
	if (c->at_home)
		command_say(w->in, "%u found term%s not asked: kept on this machine",
			    c->at_home, c->at_home == 1 ? " was" : "s were");
	if (c->full)
		command_say(w->in, "--recurse ended at %u terms", c->added);
}

void outside_say(const struct outside *w)
{
	size_t count = asking_count(w->asking);
	for (size_t i = 0; i < w->ask.with_count; i++)
		if (w->chosen[i]->provider->state == PROVIDER_RETIRED)
			command_say(w->in,
				    "%s is retired: it was switched off by its owner",
				    w->chosen[i]->provider->title);
	if (count <= FEW * w->ask.with_count) {
		bool terms = count > w->ask.with_count;
		for (size_t i = 0; i < count; i++)
			if (!w->quiet ||
			    !outcome_is_whole(asking_at(w->asking, i)->outcome))
				put_pair(w, asking_at(w->asking, i), terms);
	} else {
		for (size_t i = 0; i < w->ask.with_count && !w->quiet; i++)
			say_sums(w, i);
		say_not_whole(w);
	}
	say_unread(w);
	say_pivot(w);
}

void put_safe_lines(struct buf *out, struct bytes text)
{
	while (text.len) {
		const uint8_t *nl = memchr(text.at, '\n', text.len);
		size_t n = nl ? (size_t)(nl - text.at) : text.len;
		put_safe(out, BYTES(text.at, n));
		buf_putc(out, '\n');
		n += nl != NULL;
		text.at += n;
		text.len -= n;
	}
}
