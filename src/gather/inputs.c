#include "gather/inputs.h"

#include <stdlib.h>

#define INPUTS_MAX ((uint32_t)1 << 22)

void inputs_release(struct inputs *in)
{
	for (uint32_t i = 0; i < in->count; i++)
		free(in->at[i].marks);
	free(in->at);
	*in = (struct inputs){0};
}

struct gather_source *inputs_make(struct inputs *in, uint32_t input)
{
	if (input >= INPUTS_MAX)
		return NULL;
	if (input >= in->count) {
		uint32_t count = input + 1 + input / 2;
		struct gather_source *at = realloc(in->at, count * sizeof(*at));
		if (at == NULL)
			return NULL;
		memset(at + in->count, 0, (count - in->count) * sizeof(*at));
		in->at = at;
		in->count = count;
	}
	struct gather_source *s = &in->at[input];
	if (!s->used)
		s->first_us = s->last_us = WHEN_UNKNOWN;
	s->used = true;
	return s;
}

uint64_t source_mark(const struct gather_source *s, const char *shelf)
{
	for (unsigned i = 0; i < s->mark_count; i++)
		if (strcmp(s->marks[i].shelf, shelf) == 0)
			return s->marks[i].packets;
	return 0;
}

int source_set_mark(struct gather_source *s, const char *shelf, uint64_t packets)
{
	for (unsigned i = 0; i < s->mark_count; i++)
		if (strcmp(s->marks[i].shelf, shelf) == 0) {
			s->marks[i].packets = packets;
			return 0;
		}
	struct shelf_mark *marks =
	    realloc(s->marks, (s->mark_count + 1) * sizeof(*marks));
	if (marks == NULL)
		return YORE_ENOMEM;
	s->marks = marks;
	struct shelf_mark *m = &marks[s->mark_count++];
	*m = (struct shelf_mark){.packets = packets};
	size_t n = strnlen(shelf, SHELF_MAX - 1);
	memcpy(m->shelf, shelf, n);
	return 0;
}

bool inputs_moved(const struct inputs *in)
{
	for (uint32_t i = 0; i < in->count; i++)
		if (in->at[i].used && in->at[i].moved)
			return true;
	return false;
}

static int32_t year_of(int64_t us)
{
	return when_month_year(when_month(us / 1000000));
}

/* Rows came of it, or its packets lie in the shelf's year: then it was watched. */
static bool concerns(const struct gather_source *s, const struct shelf *shelf,
		     unsigned index)
{
	if (!s->used || !s->moved)
		return false;
	if (s->touched >> index & 1)
		return true;
	return shelf->year != 0 && s->first_us != WHEN_UNKNOWN &&
	       (year_of(s->first_us) == shelf->year ||
		year_of(s->last_us) == shelf->year);
}

static void cover(struct gather_source *s, const char *shelf, char *losses,
		  struct ledger_entry *e)
{
	*e = s->entry;
	e->from = source_mark(s, shelf);
	e->first_us = s->first_us;
	e->last_us = s->last_us;
	memcpy(losses, s->losses, s->losses_len);
	e->counters = BYTES(losses, s->losses_len);
}

int inputs_cover(struct inputs *in, const struct shelf *shelf, unsigned index,
		 struct covered *ret)
{
	size_t n = 0;
	for (uint32_t i = 0; i < in->count; i++)
		n += concerns(&in->at[i], shelf, index);
	*ret = (struct covered){0};
	ret->entries = calloc(n + 1, sizeof(*ret->entries));
	ret->losses = malloc(n * INPUT_LOSSES_MAX + 1);
	if (!ret->entries || !ret->losses) {
		covered_release(ret);
		return YORE_ENOMEM;
	}
	for (uint32_t i = 0; i < in->count; i++) {
		struct gather_source *s = &in->at[i];
		if (!concerns(s, shelf, index) ||
		    source_mark(s, shelf->name) >= s->entry.to.packets)
			continue;
		cover(s, shelf->name, ret->losses + ret->count * INPUT_LOSSES_MAX,
		      &ret->entries[ret->count]);
		ret->count++;
		if (source_set_mark(s, shelf->name, s->entry.to.packets) < 0) {
			covered_release(ret);
			return YORE_ENOMEM;
		}
	}
	return 0;
}

void inputs_begin(struct inputs *in)
{
	for (uint32_t i = 0; i < in->count; i++) {
		struct gather_source *s = &in->at[i];
		s->first_us = s->last_us = WHEN_UNKNOWN;
		s->touched = 0;
		s->losses_len = 0;
		s->moved = false;
	}
}

void covered_release(struct covered *c)
{
	free(c->entries);
	free(c->losses);
	*c = (struct covered){0};
}
