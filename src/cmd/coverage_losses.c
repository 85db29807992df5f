#include "cmd/coverage_losses.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/num.h"
#include "store/shelf.h"

#define REASONS_MOST 100000

/* A commit that touches two years leaves an entry on both shelves: once is enough. */
static int first_time(struct losses *l, const struct ledger_entry *e)
{
	uint64_t h = hash_fixed(e->input.octets, sizeof(e->input.octets), e->to.packets);
	h += h == 0;
	if (l->seen_count * 2 >= l->seen_room) {
		size_t room = l->seen_room ? l->seen_room * 2 : 1024;
		uint64_t *seen = calloc(room, sizeof(*seen));
		if (seen == NULL)
			return YORE_ENOMEM;
		for (size_t i = 0; i < l->seen_room; i++) {
			size_t at = l->seen[i] & (room - 1);
			while (l->seen[i] && seen[at])
				at = (at + 1) & (room - 1);
			if (l->seen[i])
				seen[at] = l->seen[i];
		}
		free(l->seen);
		l->seen = seen;
		l->seen_room = room;
	}
	size_t at = h & (l->seen_room - 1);
	for (; l->seen[at]; at = (at + 1) & (l->seen_room - 1))
		if (l->seen[at] == h)
			return 0;
	l->seen[at] = h;
	l->seen_count++;
	return 1;
}

static const struct coverage_input *input_of(const struct coverage *c,
					     const struct ledger_entry *e)
{
	bool sensor = e->sensor[0] != '\0';
	const char *name = sensor ? e->sensor : e->name;
	for (size_t i = 0; i < c->input_count; i++)
		if (c->inputs[i].is_sensor == sensor &&
		    strcmp(c->inputs[i].name, name) == 0)
			return &c->inputs[i];
	return NULL;
}

static bool is_below(struct bytes reason)
{
	return bytes_begins(reason, BYTES_LIT("below."));
}

/* Where the row of this reason is, or would be. */
static uint32_t *find(const struct losses *l, const struct coverage_input *in,
		      struct bytes reason)
{
	size_t mask = l->slot_count - 1;
	size_t at = hash_keyed(reason.at, reason.len) ^ (size_t)(in - l->c->inputs);
	for (; l->slots[at & mask] != 0; at++) {
		const struct loss *one = &l->at[l->slots[at & mask] - 1];
		if (one->input == in && bytes_equal(BYTES_STR(one->reason), reason))
			break;
	}
	return &l->slots[at & mask];
}

static int grow(struct losses *l)
{
	size_t room = l->room ? l->room * 2 : 64;
	struct loss *at = realloc(l->at, room * sizeof(*at));
	if (at == NULL)
		return YORE_ENOMEM;
	l->at = at;
	l->room = room;
	uint32_t *slots = calloc(room * 2, sizeof(*slots));
	if (slots == NULL)
		return YORE_ENOMEM;
	free(l->slots);
	l->slots = slots;
	l->slot_count = room * 2;
	for (size_t i = 0; i < l->count; i++)
		*find(l, at[i].input, BYTES_STR(at[i].reason)) = (uint32_t)i + 1;
	return 0;
}

/* Servers are what somebody asks: of too many the rest is one. */
static int add(struct losses *l, const struct coverage_input *in, struct bytes reason,
	       uint64_t count)
{
	int r = l->count == l->room ? grow(l) : 0;
	if (r < 0)
		return r;
	uint32_t *slot = find(l, in, reason);
	if (*slot == 0 && l->count >= REASONS_MOST) {
		if (!is_below(reason))
			return 0;
		reason = BYTES_LIT("below.others");
		slot = find(l, in, reason);
	}
	if (*slot == 0) {
		struct loss *new = &l->at[l->count++];
		*new = (struct loss){.input = in};
		memcpy(new->reason, reason.at, reason.len);
		*slot = (uint32_t)l->count;
	}
	l->at[*slot - 1].count += count;
	return 0;
}

/* Lines come from other machines, too: they go to terminals and into JSON keys. */
static bool is_plain(struct bytes name)
{
	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = name.at[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      (c >= '0' && c <= '9') || (c != 0 && strchr("._:-", c) != NULL)))
			return false;
	}
	return name.len > 0;
}

/* "name=value\n" lines; what is no such line is not ours to judge. */
static int add_lines(struct losses *l, const struct coverage_input *in, struct bytes b)
{
	int r = 0;
	while (b.len > 0 && r == 0) {
		const uint8_t *end = memchr(b.at, '\n', b.len);
		size_t n = end ? (size_t)(end - b.at) : b.len;
		const uint8_t *mark = memchr(b.at, '=', n);
		char number[24] = "";
		uint64_t count;
		if (mark != NULL && !bytes_begins(b, BYTES_LIT("who."))) {
			size_t name = (size_t)(mark - b.at), digits = n - name - 1;
			if (name < sizeof(l->at->reason) && is_plain(BYTES(b.at, name)) &&
			    digits < sizeof(number)) {
				memcpy(number, mark + 1, digits);
				if (num_u64(number, UINT64_MAX, &count) == 0)
					r = add(l, in, BYTES(b.at, name), count);
			}
		}
		size_t step = end ? n + 1 : n;
		b = BYTES(b.at + step, b.len - step);
	}
	return r;
}

static int on_entry(const char *shelf, const struct ledger_entry *e, void *arg)
{
	struct losses *l = arg;
	const struct coverage_input *in;
	if (e->counters.len == 0 || shelf_who_month(shelf) ||
	    e->last_us < l->c->window.from_us || e->first_us > l->c->window.to_us ||
	    (in = input_of(l->c, e)) == NULL)
		return 0;
	int r = first_time(l, e);
	return r == 1 ? add_lines(l, in, e->counters) : r;
}

int losses_gather(struct losses *l, struct store *s, const struct coverage *c,
		  struct fault *f)
{
	*l = (struct losses){.c = c};
	int r = store_ledger(s, NULL, on_entry, l, f);
	if (r < 0 && f->code == 0)
		fault_set(f, r, "losses: %s", yore_strerror(r));
	return r < 0 ? r : 0;
}

const struct loss *losses_next(const struct losses *l, const struct coverage_input *in,
			       bool below, const struct loss *after)
{
	for (size_t i = after ? (size_t)(after - l->at) + 1 : 0; i < l->count; i++)
		if (l->at[i].input == in && is_below(BYTES_STR(l->at[i].reason)) == below)
			return &l->at[i];
	return NULL;
}

void losses_release(struct losses *l)
{
	free(l->at);
	free(l->slots);
	free(l->seen);
	*l = (struct losses){0};
}
