#include "observe/selection.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/io.h"
#include "dns/name.h"
#include "dns/type.h"

#define FILE_MOST ((size_t)256 << 20)
#define LINE_MOST 1200
#define TYPES 65536
#define ZONE_SALT 0x7a6f6e6500000001u

/* Names and zones as keyed 64-bit fingerprints. */
struct name_rules {
	uint64_t *slots;
	uint64_t mask;
	size_t used;
	uint64_t depths; /* bit n: a zone of n labels; 63: of 63 and more */
	bool any_name;
};

struct range_rules { /* sorted and apart, once settled */
	struct addr_range *at;
	size_t count, room;
};

struct rules {
	struct name_rules names;
	struct range_rules servers, clients;
	uint8_t types[TYPES / 8];
	bool any_type;
};

struct selection {
	struct rules lists[2];
};

struct selection *selection_new(void)
{
	return calloc(1, sizeof(struct selection));
}

static void release(struct rules *r)
{
	free(r->names.slots);
	free(r->servers.at);
	free(r->clients.at);
	*r = (struct rules){0};
}

void selection_free(struct selection *s)
{
	if (s == NULL)
		return;
	release(&s->lists[SELECTION_SKIP]);
	release(&s->lists[SELECTION_ONLY]);
	free(s);
}

/* ---- names ---- */

static uint64_t name_key(struct bytes name, bool zone)
{
	uint64_t h = hash_keyed(name.at, name.len);
	if (zone)
		h = hash_mix(h, ZONE_SALT);
	return h ? h : 1;
}

static bool has(const struct name_rules *n, uint64_t key)
{
	for (uint64_t i = key & n->mask; n->slots[i] != 0; i = (i + 1) & n->mask)
		if (n->slots[i] == key)
			return true;
	return false;
}

static void put(struct name_rules *n, uint64_t key)
{
	uint64_t i = key & n->mask;
	while (n->slots[i] != 0 && n->slots[i] != key)
		i = (i + 1) & n->mask;
	n->used += n->slots[i] == 0;
	n->slots[i] = key;
}

static int grow(struct name_rules *n)
{
	if (n->slots != NULL && n->used < n->mask / 2)
		return 0;
	struct name_rules larger = *n;
	larger.mask = n->slots ? n->mask * 2 + 1 : 63;
	larger.used = 0;
	larger.slots = calloc(larger.mask + 1, sizeof(*larger.slots));
	if (larger.slots == NULL)
		return YORE_ENOMEM;
	for (uint64_t i = 0; n->slots != NULL && i <= n->mask; i++)
		if (n->slots[i] != 0)
			put(&larger, n->slots[i]);
	free(n->slots);
	*n = larger;
	return 0;
}

static unsigned depth_bit(unsigned labels)
{
	return labels < 63 ? labels : 63;
}

static int add_name(struct name_rules *n, struct bytes name, bool zone)
{
	int r = grow(n);
	if (r < 0)
		return r;
	put(n, name_key(name, zone));
	if (zone)
		n->depths |= 1ull << depth_bit(name_labels(name));
	else
		n->any_name = true;
	return 0;
}

static bool names_match(const struct name_rules *n, struct bytes owner)
{
	if (n->any_name && has(n, name_key(owner, false)))
		return true;
	if (n->depths == 0)
		return false;
	unsigned labels = name_labels(owner);
	for (unsigned i = 0; i <= labels; i++) /* at most 127 */
		if (n->depths >> depth_bit(i) & 1 &&
		    has(n, name_key(name_suffix(owner, i), true)))
			return true;
	return false;
}

/* ---- addresses ---- */

static int add_range(struct range_rules *r, const struct addr_range *range)
{
	if (r->count == r->room) {
		size_t room = r->room ? r->room * 2 : 16;
		struct addr_range *at = realloc(r->at, room * sizeof(*at));
		if (at == NULL)
			return YORE_ENOMEM;
		r->at = at;
		r->room = room;
	}
	r->at[r->count++] = *range;
	return 0;
}

static int by_lo(const void *a, const void *b)
{
	return addr_compare(&((const struct addr_range *)a)->lo,
			    &((const struct addr_range *)b)->lo);
}

/* Sorted, and those that overlap made one. */
static void settle(struct range_rules *r)
{
	size_t to = 0;
	if (r->count)
		qsort(r->at, r->count, sizeof(*r->at), by_lo);
	for (size_t i = 0; i < r->count; i++) {
		struct addr_range *last = to ? &r->at[to - 1] : NULL;
		if (last && last->lo.len == r->at[i].lo.len &&
		    addr_compare(&r->at[i].lo, &last->hi) <= 0) {
			if (addr_compare(&r->at[i].hi, &last->hi) > 0)
				last->hi = r->at[i].hi;
		} else {
			r->at[to++] = r->at[i];
		}
	}
	r->count = to;
}

static bool ranges_match(const struct range_rules *r, const struct addr *a)
{
	size_t lo = 0, hi = r->count;
	while (lo < hi) { /* the last one that begins at or before a */
		size_t mid = lo + (hi - lo) / 2;
		if (addr_compare(&r->at[mid].lo, a) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo > 0 && addr_range_has(&r->at[lo - 1], a);
}

/* ---- rules ---- */

static int add_owner(struct rules *r, const char *text, bool zone)
{
	struct name name;
	if (text[0] == '*' && text[1] == '.') {
		zone = true;
		text += 2;
	}
	int e = name_of_idn(text, &name);
	return e < 0 ? e : add_name(&r->names, name_bytes(&name), zone);
}

static int add_type(struct rules *r, const char *text)
{
	uint16_t type;
	int e = type_of_text(text, &type);
	if (e < 0)
		return e;
	r->types[type / 8] |= (uint8_t)(1u << type % 8);
	r->any_type = true;
	return 0;
}

static int add_address(struct range_rules *r, const char *text)
{
	struct addr_range range;
	int e = addr_range_parse(text, &range);
	return e < 0 ? e : add_range(r, &range);
}

static int add_rule(struct rules *r, const char *line)
{
	char word[LINE_MOST], value[LINE_MOST], rest[2];
	int n = sscanf(line, "%1199s %1199s %1s", word, value, rest);
	if (n <= 0 || word[0] == '#')
		return 0;
	if (n >= 2 && value[0] == '#')
		n = 1;
	if (n == 1)
		return add_owner(r, word, false);
	if (n == 3 && rest[0] != '#')
		return YORE_EMALFORMED;
	if (strcmp(word, "name") == 0)
		return add_owner(r, value, false);
	if (strcmp(word, "zone") == 0)
		return add_owner(r, value, true);
	if (strcmp(word, "type") == 0)
		return add_type(r, value);
	if (strcmp(word, "server") == 0)
		return add_address(&r->servers, value);
	if (strcmp(word, "client") == 0)
		return add_address(&r->clients, value);
	return YORE_EMALFORMED;
}

static int add_lines(struct rules *r, struct bytes text, const char *name,
		     struct fault *f)
{
	unsigned number = 0;
	for (size_t at = 0; at < text.len;) {
		char line[LINE_MOST];
		const uint8_t *end = memchr(text.at + at, '\n', text.len - at);
		size_t n = end ? (size_t)(end - (text.at + at)) : text.len - at;
		number++;
		int e = n < sizeof(line) ? 0 : YORE_EMALFORMED;
		if (e == 0) {
			memcpy(line, text.at + at, n);
			line[n] = '\0';
			e = add_rule(r, line);
		}
		if (e < 0)
			return fault_set(
			    f, e,
			    "%s: line %u is no rule: name NAME, zone ZONE, type "
			    "TYPE, server ADDRESS, client ADDRESS",
			    name, number);
		at += n + 1;
	}
	return 0;
}

/* Twice: into nothing first, so that a file with a bad line adds none of its rules. */
int selection_parse(struct selection *s, enum selection_list list, struct bytes text,
		    const char *name, struct fault *f)
{
	struct rules *trial = calloc(1, sizeof(*trial));
	if (trial == NULL)
		return fault_set(f, YORE_ENOMEM, "%s: no memory", name);
	int r = add_lines(trial, text, name, f);
	release(trial);
	free(trial);
	if (r == 0)
		r = add_lines(&s->lists[list], text, name, f);
	settle(&s->lists[list].servers);
	settle(&s->lists[list].clients);
	return r;
}

int selection_load(struct selection *s, enum selection_list list, const char *path,
		   struct fault *f)
{
	struct buf text;
	buf_init(&text, FILE_MOST);
	int r = io_read_file(path, FILE_MOST, &text, f);
	if (r >= 0)
		r = selection_parse(s, list, buf_bytes(&text), path, f);
	buf_release(&text);
	return r < 0 ? r : 0;
}

/* ---- asking ---- */

bool selection_wants_message(const struct selection *s, const struct addr *server,
			     const struct addr *client)
{
	const struct rules *skip = &s->lists[SELECTION_SKIP];
	const struct rules *only = &s->lists[SELECTION_ONLY];
	if (ranges_match(&skip->servers, server) || ranges_match(&skip->clients, client))
		return false;
	if (only->servers.count && !ranges_match(&only->servers, server))
		return false;
	return only->clients.count == 0 || ranges_match(&only->clients, client);
}

static bool has_type(const struct rules *r, uint16_t type)
{
	return r->types[type / 8] >> type % 8 & 1;
}

bool selection_wants_set(const struct selection *s, struct bytes owner, uint16_t type)
{
	const struct rules *skip = &s->lists[SELECTION_SKIP];
	const struct rules *only = &s->lists[SELECTION_ONLY];
	if (has_type(skip, type) ||
	    (skip->names.slots && names_match(&skip->names, owner)))
		return false;
	if (only->any_type && !has_type(only, type))
		return false;
	return only->names.slots == NULL || names_match(&only->names, owner);
}
