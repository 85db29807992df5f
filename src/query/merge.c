#include "query/merge.h"

static void tally_add(struct tally *t, const struct dated *row)
{
	bool interval = row->month == 0;
	struct span *into = interval ? &t->intervals : &t->sightings;
	bool *have = interval ? &t->stated : &t->sighted;
	if (!*have) {
		*into = row->span;
		*have = true;
		return;
	}
	if (interval)
		into->flags |= SPAN_INTERVAL;
	span_merge(into, &row->span);
}

static void tally_span(const struct tally *t, struct span *ret)
{
	if (!t->sighted || !t->stated) {
		*ret = t->sighted ? t->sightings : t->intervals;
	} else {
		struct span other = t->intervals;
		*ret = t->sightings;
		ret->flags |= SPAN_INTERVAL; /* by maximum */
		other.flags |= SPAN_INTERVAL;
		span_merge(ret, &other);
		ret->flags &= (uint8_t)~SPAN_INTERVAL;
	}
	ret->days = 0;
}

void merged_clear(struct merged *m)
{
	memset(m, 0, sizeof(*m));
}

int merged_reserve(struct merged *m, size_t months, struct arena *arena)
{
	if (m->month_room == 0) {
		m->months = &m->one;
		m->month_room = 1;
	}
	size_t need = m->month_count + months;
	if (need <= m->month_room)
		return 0;
	size_t room = m->month_room * 2 + 1 > need ? m->month_room * 2 + 1 : need;
	struct month_seen *more = arena_alloc(arena, room * sizeof(*more));
	if (more == NULL)
		return YORE_ENOMEM;
	memcpy(more, m->months, m->month_count * sizeof(*more));
	m->months = more;
	m->month_room = room;
	return 0;
}

int merged_reserve_stated(struct merged *m, const struct dated *row, struct arena *arena)
{
	if (row->month || m->stated_count < m->stated_room)
		return 0;
	size_t room = m->stated_room ? m->stated_room * 2 : 2;
	struct stated *more = arena_alloc(arena, room * sizeof(*more));
	if (more == NULL)
		return YORE_ENOMEM;
	if (m->stated_count)
		memcpy(more, m->stated, m->stated_count * sizeof(*more));
	m->stated = more;
	m->stated_room = room;
	return 0;
}

static void same_month(struct month_seen *have, const struct span *s)
{
	have->days |= s->days;
	if (__builtin_add_overflow(have->count, s->count, &have->count))
		have->count = UINT64_MAX;
	if (s->first_s < have->first_s)
		have->first_s = s->first_s;
	if (s->last_s > have->last_s)
		have->last_s = s->last_s;
}

static void add_month(struct merged *m, const struct dated *row)
{
	size_t at = m->month_count;
	while (at > 0 && m->months[at - 1].month > row->month)
		at--;
	if (at > 0 && m->months[at - 1].month == row->month) {
		same_month(&m->months[at - 1], &row->span);
		return;
	}
	memmove(&m->months[at + 1], &m->months[at],
		(m->month_count - at) * sizeof(*m->months));
	m->months[at] = (struct month_seen){row->month, row->span.days, row->span.count,
					    row->span.first_s, row->span.last_s};
	m->month_count++;
}

/* Which rows --by-month keeps: whole months, and intervals that touch the fence. */
static bool in_cut(const struct query *q, const struct dated *row)
{
	if (row->month)
		return fence_touches_month(&q->fence, row->month);
	struct fence overlap = {q->fence.from_s, q->fence.to_s, false, false};
	return fence_passes(&overlap, row->span.first_s, row->span.last_s);
}

void merged_add(struct merged *m, const struct query *q, const struct dated *row)
{
	bool cut = !q->by_month || in_cut(q, row);
	if (row->month && cut)
		add_month(m, row);
	if (!row->month && cut && m->stated_count < m->stated_room)
		m->stated[m->stated_count++] =
		    (struct stated){row->span.first_s, row->span.last_s};
	tally_add(&m->whole, row);
	if (q->by_month && cut)
		tally_add(&m->cut, row);
	if (q->fence.seen && !m->saw)
		m->saw = fence_saw(&q->fence, row->month, &row->span);
}

void merged_span(const struct merged *m, const struct query *q, struct span *ret)
{
	tally_span(q->by_month ? &m->cut : &m->whole, ret);
}

static bool has_sensor(const struct span *s, uint32_t sensor)
{
	if (sensor == 0 || (s->flags & SPAN_SENSORS_MORE))
		return true;
	for (unsigned i = 0; i < s->sensor_count; i++)
		if (s->sensors[i] == sensor)
			return true;
	return false;
}

bool merged_passes(const struct merged *m, const struct query *q)
{
	struct span s;
	if (!m->whole.sighted && !m->whole.stated)
		return false;
	if (q->by_month && !m->cut.sighted && !m->cut.stated)
		return false;
	tally_span(&m->whole, &s);
	if (q->fence.seen && !m->saw)
		return false;
	if (!fence_passes(&q->fence, s.first_s, s.last_s))
		return false;
	return bounds_pass(&q->bounds, s.first_s, s.last_s) && has_sensor(&s, q->sensor);
}

bool dated_passes(const struct dated *row, const struct query *q)
{
	const struct span *s = &row->span;
	if (q->fence.seen && !fence_saw(&q->fence, row->month, s))
		return false;
	return fence_passes(&q->fence, s->first_s, s->last_s) &&
	       bounds_pass(&q->bounds, s->first_s, s->last_s) && has_sensor(s, q->sensor);
}
