#include <inttypes.h>

#include <stdio.h>

#include "cmd/ask.h"
#include "cmd/database.h"

#define UNBELIEVED_MOST 1000

static bool same_time(const struct fence *a, const struct fence *b)
{
	return a->from_s == b->from_s && a->to_s == b->to_s;
}

static void forget_coverage(struct asker *a)
{
	if (a->measured)
		coverage_release(&a->watched);
	a->measured = false;
}

static int measure(struct asker *a, const struct query *q)
{
	struct fence w = time_window(q);
	struct fault f = {0};
	if (a->measured && same_time(&w, &a->window))
		return 0;
	forget_coverage(a);
	int r = coverage_measure(a->store, &w, &f, &a->watched);
	if (r < 0) {
		command_say(a->in, "what was watched cannot be read: %s", f.text);
		return r == YORE_ECORRUPT ? STATUS_INCOMPLETE : status_of_error(r);
	}
	a->measured = true;
	a->window = w;
	return 0;
}

void asker_release(struct asker *a)
{
	forget_coverage(a);
	sensor_names_release(&a->sensors);
	place_names_release(&a->places);
}

int asker_names(struct asker *a, const struct show_options *o)
{
	struct fault f = {0};
	struct format_options *to = &a->show->options;
	if (o->sensors && sensor_names_load(&a->sensors, a->store, &f) < 0)
		return command_failed(a->in, &f);
	if (o->places && place_names_load(&a->places, a->store, &f) < 0)
		return command_failed(a->in, &f);
	to->sensor_name = o->sensors ? sensor_names_find : NULL;
	to->sensor_arg = &a->sensors;
	to->place_name = o->places ? place_names_find : NULL;
	to->place_arg = &a->places;
	return STATUS_OK;
}

void ask_say_fence(const struct asker *a, const struct query *q)
{
	struct fence w = time_window(q);
	struct buf text;
	if (a->quiet || fence_is_open(&w))
		return;
	buf_init(&text, 1024);
	fence_put(&text, &w);
	if (!fence_is_open(&q->fence))
		command_say(a->in, "time %s", buf_str(&text));
	else
		command_say(a->in, "time %s%s", buf_str(&text),
			    q->bounds.first_after_s != WHEN_UNKNOWN ||
				    q->bounds.last_before_s != WHEN_UNKNOWN
				? ", complete"
				: "");
	buf_release(&text);
}

static void say_watched(struct asker *a, const char *before, const char *after)
{
	struct buf text;
	buf_init(&text, 64 << 10);
	coverage_put(&text, &a->watched);
	command_say(a->in, "%s%s%s", before, buf_str(&text), after);
	buf_release(&text);
}

void ask_say_absent(const struct invocation *in, const struct absent *why,
		    const char *about, const char *after)
{
	struct buf text;
	buf_init(&text, 4096);
	if (why->why == ABSENCE_UNKNOWN)
		buf_puts(&text, why->fault.text);
	else
		absent_put(&text, why);
	if (why->why == ABSENCE_ERASED)
		command_say(in, "nothing can be said%s%.300s: %s%s",
			    *about ? " about " : "", about, buf_str(&text), after);
	else
		command_say(in, "nothing found%s%.300s, but it may have been there: %s%s",
			    *about ? " for " : "", about, buf_str(&text), after);
	buf_release(&text);
}

bool ask_absent(const struct invocation *in, struct store *s, const struct query *q,
		const char *about)
{
	struct absent why;
	query_absent(s, q, &why, NULL);
	if (why.why != ABSENCE_NONE)
		ask_say_absent(in, &why, about, "");
	return why.why != ABSENCE_NONE;
}

/* Nothing was found: what does that mean? */
static void explain_nothing(struct asker *a, const struct query *q, const char *about,
			    struct reply *ret)
{
	struct fault f = {0};
	char before[512], after[160] = "";
	ret->unbelieved =
	    q->shelf ? 0 : query_count_unbelieved(a->store, q, UNBELIEVED_MOST, &f);
	int failed = measure(a, q);
	if (failed) {
		ret->status = failed;
		return;
	}
	ret->watched = a->watched.watched;
	/* whatever was watched: it is left out at the door */
	query_absent(a->store, q, &ret->absent, NULL);
	if (ret->absent.why != ABSENCE_NONE)
		ret->watched = WATCHED_NOT;
	if (ret->status == STATUS_OK)
		ret->status =
		    ret->watched == WATCHED_WHOLLY ? STATUS_NONE : STATUS_UNWATCHED;
	if (a->quiet)
		return;
	if (ret->unbelieved > 0)
		snprintf(after, sizeof(after),
			 "; %s%" PRId64 " record%s not believed: --suspicious shows %s",
			 ret->unbelieved == UNBELIEVED_MOST ? "at least " : "",
			 ret->unbelieved, ret->unbelieved == 1 ? " was" : "s were",
			 ret->unbelieved == 1 ? "it" : "them");
	if (ret->absent.why != ABSENCE_NONE) {
		ask_say_absent(a->in, &ret->absent, about, after);
		return;
	}
	snprintf(before, sizeof(before), "nothing found%s%.300s; ", *about ? " for " : "",
		 about);
	say_watched(a, before, after);
}

/* Something was found, but none of it is behind where this page was to begin. */
static bool is_behind_all(struct asker *a, const struct query *q, const char *about,
			  uint64_t passed)
{
	bool by_cursor = q->after && *q->after;
	if (!by_cursor && (passed == 0 || a->wanted))
		return false;
	if (a->quiet)
		return true;
	if (by_cursor)
		command_say(a->in, "nothing is behind this cursor");
	else
		command_say(a->in,
			    "%" PRIu64 " found%s%.300s, nothing behind --offset %" PRIu64,
			    passed, *about ? " for " : "", about, q->offset);
	return true;
}

/* What a page is asked for: said also when little is to be said. */
static void say_cursor(const struct asker *a, const struct answer *an)
{
	struct buf cursor;
	buf_init(&cursor, 1u << 20);
	if (answer_cursor(an, &cursor) == 0)
		command_say(a->in, "there is more: --cursor %s", buf_str(&cursor));
	buf_release(&cursor);
}

static void say_limits(struct asker *a, const struct answer *an, const struct query *q)
{
	const struct answer_counters *c = answer_counters(an);
	const struct fault *f = answer_fault(an);
	if (c->damaged)
		command_say(a->in,
			    "%" PRIu64 " damaged stretch%s left out, the rest is shown; "
			    "the first: %s",
			    c->damaged, c->damaged == 1 ? " was" : "es were", f->text);
	if (c->pattern_limit)
		command_say(a->in,
			    "the pattern gave up on %" PRIu64 " names: make it simpler",
			    c->pattern_limit);
	if (c->follow_limit)
		command_say(a->in,
			    "%" PRIu64 " aliases were not followed: too many or too far",
			    c->follow_limit);
	if (c->limited && q->after)
		say_cursor(a, an);
	if (c->merge_limit)
		command_say(a->in,
			    "%" PRIu64 " names have more records than fit in memory: "
			    "some come in parts",
			    c->merge_limit);
	if (a->quiet)
		return;
	if (c->sort_given_up)
		command_say(a->in,
			    "too much to sort in %zu MiB: shown in the order of storage; "
			    "--limit N keeps the best N only",
			    (q->memory ? q->memory : QUERY_MEMORY) >> 20);
	if (c->limited && q->after == NULL)
		command_say(a->in,
			    "cut off at --limit %" PRIu64
			    "; there is more (--offset %" PRIu64 " goes on)",
			    q->limit, q->offset + q->limit);
}

static void show_progress(const struct answer *an, uint64_t found)
{
	const struct answer_counters *c = answer_counters(an);
	if (progress_due())
		progress_show("%" PRIu64 " rows read, %" PRIu64 " names tried, %" PRIu64
			      " found",
			      c->rows, c->names, found);
}

static int show_all(struct asker *a, struct answer *an, struct reply *ret,
		    struct fault *f)
{
	struct result row;
	int r = 0;
	while (!output_done(a->in->out) && (r = answer_next(an, &row)) == 1) {
		if (a->wanted && !a->wanted(&row, a->wanted_arg))
			continue;
		ret->found++;
		r = a->count ? 0 : show_row(a->show, &row);
		if (r < 0)
			return fault_set(f, r, "cannot print this: %s", yore_strerror(r));
		show_progress(an, ret->found);
	}
	if (r < 0)
		*f = *answer_fault(an);
	return r;
}

/* The end of the table comes before what there is to say about it. */
static int end_writer(struct asker *a, const struct answer *an, struct reply *ret,
		      struct fault *f)
{
	bool ends = a->count   ? false
		    : a->alone ? ret->found || a->empty_too
			       : ret->found && show_is_table(a->show);
	int r = ends ? show_end(a->show, answer_counters(an)) : 0;
	if (r < 0)
		return fault_set(f, r, "cannot print this: %s", yore_strerror(r));
	return a->alone || a->in->terminal.out ? output_ready(a->in->out, true) : 0;
}

void ask(struct asker *a, const struct query *q, const char *about, struct reply *ret)
{
	struct answer *an;
	struct fault f = {0};
	*ret = (struct reply){.status = STATUS_OK};
	int r = answer_open(a->store, q, &f, &an);
	if (r < 0) {
		ret->status = database_failed(a->in, &f);
		return;
	}
	r = show_all(a, an, ret, &f);
	progress_end();
	if (r >= 0)
		r = end_writer(a, an, ret, &f);
	if (r < 0 && a->in->out->fault.code == 0)
		ret->status = database_failed(a->in, &f);
	else if (!output_done(a->in->out) && !answer_is_whole(an))
		ret->status = STATUS_INCOMPLETE;
	if (r >= 0)
		say_limits(a, an, q);
	uint64_t passed = answer_counters(an)->passed;
	answer_close(an);
	if (r < 0 || output_done(a->in->out))
		return;
	if (ret->found == 0 && !is_behind_all(a, q, about, passed))
		explain_nothing(a, q, about, ret);
	else if (a->coverage && measure(a, q) == 0)
		say_watched(a, "", "");
}
