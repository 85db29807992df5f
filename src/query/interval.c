#include <stdlib.h>

#include "query/interval.h"

void interval_set_init(struct interval_set *s, int64_t slack_us)
{
	*s = (struct interval_set){.slack_us = slack_us, .sorted = true};
}

void interval_set_release(struct interval_set *s)
{
	if (s == NULL)
		return;
	free(s->at);
	interval_set_init(s, s->slack_us);
}

/* to - from without overflow; both are times, so the difference fits when ordered. */
static int64_t distance(int64_t from, int64_t to)
{
	uint64_t d = (uint64_t)to - (uint64_t)from;
	return d > INT64_MAX ? INT64_MAX : (int64_t)d;
}

int interval_set_add(struct interval_set *s, int64_t from_us, int64_t to_us)
{
	if (from_us > to_us)
		return YORE_EMALFORMED;
	if (s->count == s->room) {
		/* most inputs follow one another: joining first often makes the room */
		interval_set_join(s);
		if (s->count * 2 >= s->room) {
			size_t room = s->room ? s->room * 2 : 16;
			struct interval *at = realloc(s->at, room * sizeof(*at));
			if (at == NULL)
				return YORE_ENOMEM;
			s->at = at;
			s->room = room;
		}
	}
	s->at[s->count++] = (struct interval){from_us, to_us};
	s->sorted = s->count == 1;
	return 0;
}

static int by_start(const void *a, const void *b)
{
	const struct interval *x = a, *y = b;
	return x->from_us < y->from_us ? -1 : x->from_us > y->from_us;
}

void interval_set_join(struct interval_set *s)
{
	if (s->sorted || s->count == 0)
		return;
	qsort(s->at, s->count, sizeof(*s->at), by_start);
	size_t n = 1;
	for (size_t i = 1; i < s->count; i++) {
		struct interval *last = &s->at[n - 1], next = s->at[i];
		if (next.from_us <= last->to_us ||
		    distance(last->to_us, next.from_us) <= s->slack_us) {
			if (next.to_us > last->to_us)
				last->to_us = next.to_us;
		} else {
			s->at[n++] = next;
		}
	}
	s->count = n;
	s->sorted = true;
}

/*
 * How far an interval may end before the window does and still reach its end: the slack,
 * but of a short window a twentieth at most (times are asked for in whole seconds, so
 * never less than one).
 */
static int64_t slack_at_ends(const struct interval_set *s, struct interval window)
{
	int64_t most = distance(window.from_us, window.to_us) / 20;
	if (most < 1000000)
		most = 1000000;
	return most < s->slack_us ? most : s->slack_us;
}

/*
 * An interval as it counts against a window: one that touches the window, and ends
 * within the slack of the window's end, reaches it. In a silence between two intervals
 * that is long enough to be one nobody watched, whatever small window is laid into it.
 */
static bool clip(const struct interval_set *s, struct interval i, struct interval window,
		 struct interval *ret)
{
	int64_t slack_us = slack_at_ends(s, window);
	if (i.to_us < window.from_us || i.from_us > window.to_us)
		return false;
	if (i.from_us > window.from_us && distance(window.from_us, i.from_us) <= slack_us)
		i.from_us = window.from_us;
	if (i.to_us < window.to_us && distance(i.to_us, window.to_us) <= slack_us)
		i.to_us = window.to_us;
	ret->from_us = i.from_us > window.from_us ? i.from_us : window.from_us;
	ret->to_us = i.to_us < window.to_us ? i.to_us : window.to_us;
	return ret->from_us <= ret->to_us;
}

/* Closed intervals: [a, a] is one microsecond long. */
static int64_t length(struct interval i)
{
	int64_t d = distance(i.from_us, i.to_us);
	return d == INT64_MAX ? d : d + 1;
}

int64_t interval_set_covered(const struct interval_set *s, struct interval window)
{
	int64_t sum = 0;
	for (size_t i = 0; i < s->count; i++) {
		struct interval c;
		if (clip(s, s->at[i], window, &c) &&
		    __builtin_add_overflow(sum, length(c), &sum))
			return INT64_MAX;
	}
	return sum;
}

unsigned interval_set_permyriad(const struct interval_set *s, struct interval window)
{
	if (window.from_us > window.to_us)
		return 0;
	int64_t whole = length(window), part = interval_set_covered(s, window);
	if (part >= whole)
		return 10000;
	/* never 100 % of what is not, never 0 % of what is something */
	unsigned r = (unsigned)((__int128)part * 10000 / whole);
	return r == 0 && part > 0 ? 1 : r;
}

int interval_set_gaps(const struct interval_set *s, struct interval window,
		      interval_fn each, void *arg)
{
	int64_t at = window.from_us;
	for (size_t i = 0; i < s->count; i++) {
		struct interval c;
		if (!clip(s, s->at[i], window, &c))
			continue;
		if (c.from_us > at) {
			int r = each((struct interval){at, c.from_us - 1}, arg);
			if (r)
				return r;
		}
		if (c.to_us >= window.to_us)
			return 0;
		at = c.to_us + 1;
	}
	return at <= window.to_us ? each((struct interval){at, window.to_us}, arg) : 0;
}
