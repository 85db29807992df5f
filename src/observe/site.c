#include "observe/site.h"

#include <stdlib.h>

#include "base/hash.h"
#include "dns/name.h"
#include "dns/type.h"

struct ranges {
	struct addr_range *at;
	size_t count, room;
};

struct names {
	struct name *at;
	size_t count, room;
};

/* Found by hash, each suffix of a name in turn. */
struct zones {
	struct names names;
	uint32_t *slots; /* index + 1 by hash; mask + 1 of them */
	uint64_t mask;
};

struct site {
	struct ranges rewrite, resolvers;
	struct names rewrite_names;
	struct zones doh, single, keep;
};

struct site *site_new(void)
{
	return calloc(1, sizeof(struct site));
}

static void free_zones(struct zones *z)
{
	free(z->names.at);
	free(z->slots);
}

void site_free(struct site *s)
{
	if (s == NULL)
		return;
	free(s->rewrite.at);
	free(s->resolvers.at);
	free(s->rewrite_names.at);
	free_zones(&s->doh);
	free_zones(&s->single);
	free_zones(&s->keep);
	free(s);
}

/* Room for one more of `each` octets; the arrays have the same head. */
static int grow(void **at, size_t count, size_t *room, size_t each, struct fault *f)
{
	if (count == SITE_WORDS_MOST)
		return fault_set(f, YORE_ELIMIT, "more than %d entries of one kind",
				 SITE_WORDS_MOST);
	if (count < *room)
		return 0;
	size_t more = *room ? *room * 2 : 16;
	void *p = realloc(*at, more * each);
	if (p == NULL)
		return fault_set(f, YORE_ENOMEM, "no memory for lists");
	*at = p;
	*room = more;
	return 0;
}

static int add_range(struct ranges *r, const struct addr_range *one, struct fault *f)
{
	int e = grow((void **)&r->at, r->count, &r->room, sizeof(*r->at), f);
	if (e == 0)
		r->at[r->count++] = *one;
	return e;
}

static int add_name(struct names *n, const struct name *one, struct fault *f)
{
	int e = grow((void **)&n->at, n->count, &n->room, sizeof(*n->at), f);
	if (e == 0)
		n->at[n->count++] = *one;
	return e;
}

/* What was meant as an address and is none: no top-level domain is a number. */
static bool botched_address(const char *text)
{
	const char *dot = strrchr(text, '.');
	const char *last = dot ? dot + 1 : text;
	return strpbrk(text, "/:, ") != NULL ||
	       (*last != '\0' && strspn(last, "0123456789") == strlen(last));
}

int site_add_rewrite(struct site *s, const char *text, struct fault *f)
{
	struct addr_range range;
	struct name name;
	if (addr_range_parse(text, &range) == 0)
		return add_range(&s->rewrite, &range, f);
	if (strncmp(text, "*.", 2) == 0)
		text += 2;
	/* the root would mean every alias there is */
	if (!botched_address(text) && name_of_idn(text, &name) == 0 && name.len > 1)
		return add_name(&s->rewrite_names, &name, f);
	return fault_set(f, YORE_EUSAGE,
			 "'%.100s' is neither an address, a prefix, a range nor a name",
			 text);
}

int site_add_resolver(struct site *s, const char *text, struct fault *f)
{
	struct addr_range range;
	if (addr_range_parse(text, &range) == 0)
		return add_range(&s->resolvers, &range, f);
	return fault_set(f, YORE_EUSAGE,
			 "'%.100s' is neither an address, a prefix nor a range", text);
}

/* Half of the slots stay free. */
static int hash_zones(struct zones *z)
{
	size_t n = 64;
	while (n < 2 * z->names.count)
		n *= 2;
	uint32_t *slots = calloc(n, sizeof(*slots));
	if (slots == NULL)
		return YORE_ENOMEM;
	free(z->slots);
	z->slots = slots;
	z->mask = n - 1;
	for (size_t i = 0; i < z->names.count; i++) {
		struct bytes b = name_bytes(&z->names.at[i]);
		uint64_t at = hash_keyed(b.at, b.len);
		while (slots[at & z->mask] != 0)
			at++;
		slots[at & z->mask] = (uint32_t)i + 1;
	}
	return 0;
}

static int add_zone(struct zones *z, const char *text, struct fault *f)
{
	struct name name;
	if (strncmp(text, "*.", 2) == 0)
		text += 2;
	if (botched_address(text) || name_of_idn(text, &name) < 0 || name.len <= 1)
		return fault_set(f, YORE_EUSAGE, "'%.100s' is no name", text);
	int r = add_name(&z->names, &name, f);
	if (r == 0 && hash_zones(z) < 0)
		r = fault_set(f, YORE_ENOMEM, "no memory for lists");
	return r;
}

int site_add_doh(struct site *s, const char *text, struct fault *f)
{
	return add_zone(&s->doh, text, f);
}

int site_add_single(struct site *s, const char *text, struct fault *f)
{
	return add_zone(&s->single, text, f);
}

int site_add_keep(struct site *s, const char *text, struct fault *f)
{
	return add_zone(&s->keep, text, f);
}

static bool ranges_have(const struct ranges *r, const struct addr *a)
{
	for (size_t i = 0; i < r->count; i++)
		if (addr_range_has(&r->at[i], a))
			return true;
	return false;
}

static bool names_have(const struct names *n, struct bytes name)
{
	for (size_t i = 0; i < n->count; i++)
		if (name_within(name, name_bytes(&n->at[i])))
			return true;
	return false;
}

bool site_rewrites(const struct site *s, uint16_t type, struct bytes owner,
		   struct bytes packed)
{
	struct reader r = reader_of(packed);
	struct bytes one;
	size_t len = type == TYPE_A ? 4 : type == TYPE_AAAA ? 16 : 0;
	bool alias = type == TYPE_CNAME || type == TYPE_DNAME;
	bool found = false;
	if ((len == 0 || s->rewrite.count == 0) &&
	    (!alias || s->rewrite_names.count == 0))
		return false;
	while (!found && rdataset_next(&r, &one)) {
		if (alias) {
			found = names_have(&s->rewrite_names, one);
		} else if (one.len == len) {
			struct addr a = addr_of(one.at, (uint8_t)len);
			found = ranges_have(&s->rewrite, &a);
		}
	}
	return found && !names_have(&s->rewrite_names, owner);
}

bool site_is_resolver(const struct site *s, const struct addr *a)
{
	return ranges_have(&s->resolvers, a);
}

static int find_zone(const struct zones *z, struct bytes name)
{
	uint64_t at = hash_keyed(name.at, name.len);
	for (; z->slots[at & z->mask] != 0; at++) {
		uint32_t i = z->slots[at & z->mask] - 1;
		if (bytes_equal(name_bytes(&z->names.at[i]), name))
			return (int)i;
	}
	return -1;
}

/* The zone that it is or lies below; -1: none. */
static int zone_of(const struct zones *z, struct bytes name)
{
	int found = -1;
	if (z->names.count == 0)
		return -1;
	for (; found < 0 && name.len > 1; name = name_parent(name))
		found = find_zone(z, name);
	return found;
}

int site_doh(const struct site *s, struct bytes name)
{
	return zone_of(&s->doh, name);
}

bool site_has_singles(const struct site *s)
{
	return s->single.names.count != 0;
}

bool site_has_keeps(const struct site *s)
{
	return s->keep.names.count != 0;
}

bool site_is_single(const struct site *s, struct bytes name)
{
	return zone_of(&s->single, name) >= 0;
}

bool site_keeps(const struct site *s, struct bytes name)
{
	return zone_of(&s->keep, name) >= 0;
}

size_t site_doh_count(const struct site *s)
{
	return s->doh.names.count;
}

struct bytes site_doh_name(const struct site *s, int index)
{
	return name_bytes(&s->doh.names.at[index]);
}
