#include <stdlib.h>

#include "base/io.h"
#include "intel/lists.h"
#include "intel/networks.h"

static const struct {
	const char *kind, *list;
	enum special special;
} kinds[] = {
    {"cdn", "networks/cdn", SPECIAL_CDN},
    {"cloud", "networks/cloud", SPECIAL_CLOUD},
    {"sinkhole", "networks/sinkhole", SPECIAL_SINKHOLE},
    {"parking", "networks/parking", SPECIAL_PARKED},
    {"resolvers", "networks/resolvers", SPECIAL_RESOLVER},
};
#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

static int grow(void **at, size_t *room, size_t count, size_t each)
{
	if (count < *room)
		return 0;
	size_t more = *room ? *room * 2 : 512;
	void *p = realloc(*at, more * each);
	if (p == NULL)
		return YORE_ENOMEM;
	*at = p;
	*room = more;
	return 0;
}

int networks_put(struct networks *n, const struct network *one)
{
	int r = grow((void **)&n->at, &n->room, n->count, sizeof(*n->at));
	if (r == 0)
		n->at[n->count++] = *one;
	return r;
}

int networks_put_zone(struct networks *n, const struct zone_note *z)
{
	int r = grow((void **)&n->zones, &n->zone_room, n->zone_count, sizeof(*n->zones));
	if (r == 0)
		n->zones[n->zone_count++] = *z;
	return r;
}

static const char *keep(struct networks *n, struct bytes b)
{
	char *s = (char *)arena_bytes(&n->arena, b.len + 1);
	if (s) {
		memcpy(s, b.at, b.len);
		s[b.len] = '\0';
	}
	return s ? s : "";
}

static int load_prefixes(struct networks *n, struct bytes text, enum special special,
			 const char *origin, struct fault *f)
{
	struct bytes key, label;
	char word[ADDR_TEXT_MAX * 2 + 8];
	for (size_t at = 0; list_next(text, &at, &key, &label);) {
		struct network one = {.special = special, .origin = origin};
		if (key.len >= sizeof(word))
			return fault_set(f, YORE_EMALFORMED, "%s: a prefix is too long",
					 origin);
		memcpy(word, key.at, key.len);
		word[key.len] = '\0';
		struct zone_note z = {.special = special, .origin = origin};
		bool prefix = addr_range_parse(word, &one.range) == 0;
		if (!prefix && name_of_idn(word, &z.zone) < 0)
			return fault_set(f, YORE_EMALFORMED,
					 "%s: %s is neither a prefix nor a name", origin,
					 word);
		one.label = z.label = keep(n, label);
		int r = prefix ? networks_put(n, &one) : networks_put_zone(n, &z);
		if (r < 0)
			return fault_set(f, r, "%s: out of memory", origin);
	}
	return 0;
}

static int load_cdn_names(struct networks *n)
{
	struct bytes key, label, text = list_text("lists/cdn-names");
	char word[NAME_TEXT_MAX];
	int r = 0;
	for (size_t at = 0; r == 0 && list_next(text, &at, &key, &label);) {
		struct zone_note z = {.special = SPECIAL_CDN,
				      .origin = "lists/cdn-names"};
		if (key.len >= sizeof(word))
			continue;
		memcpy(word, key.at, key.len);
		word[key.len] = '\0';
		z.label = keep(n, label);
		if (name_of_text(word, &z.zone) == 0)
			r = networks_put_zone(n, &z);
	}
	return r;
}

int networks_init(struct networks *n, struct fault *f)
{
	*n = (struct networks){0};
	arena_init(&n->arena, (size_t)256 << 20);
	for (size_t i = 0; i < KIND_COUNT; i++) {
		int r = load_prefixes(n, list_text(kinds[i].list), kinds[i].special,
				      kinds[i].list, f);
		if (r < 0)
			return r;
	}
	return load_cdn_names(n);
}

void networks_release(struct networks *n)
{
	asn_tables_free(n->asn);
	free(n->at);
	free(n->zones);
	arena_release(&n->arena);
	*n = (struct networks){0};
}

int networks_add_rewriting(struct networks *n, const char *text, struct fault *f)
{
	struct network one = {.special = SPECIAL_REWRITTEN,
			      .label = "own rewriting",
			      .origin = "--rewriting"};
	struct zone_note z = {.special = SPECIAL_REWRITTEN,
			      .label = "own rewriting",
			      .origin = "--rewriting"};
	if (addr_range_parse(text, &one.range) == 0)
		return networks_put(n, &one);
	if (name_of_idn(text, &z.zone) == 0)
		return networks_put_zone(n, &z);
	return fault_set(f, YORE_EUSAGE,
			 "'%s' is neither an address, a prefix nor a name", text);
}

int networks_add_file(struct networks *n, const char *path, const char *kind,
		      struct fault *f)
{
	for (size_t i = 0; i < KIND_COUNT; i++) {
		if (strcmp(kinds[i].kind, kind) != 0)
			continue;
		struct buf text;
		const char *slash = strrchr(path, '/');
		buf_init(&text, (size_t)64 << 20);
		int r = io_read_file(path, (size_t)64 << 20, &text, f);
		if (r == 0)
			r = load_prefixes(n, buf_bytes(&text), kinds[i].special,
					  keep(n, BYTES_STR(slash ? slash + 1 : path)),
					  f);
		buf_release(&text);
		return r;
	}
	return fault_set(f, YORE_EUSAGE,
			 "'%s' is no kind of network: cdn, cloud, sinkhole, parking or "
			 "resolvers",
			 kind);
}

/* Lower is smaller: the range that lies within the other says more. */
static bool says_more(const struct network *a, const struct network *b)
{
	if (a->special != b->special)
		return a->special < b->special;
	return addr_compare(&a->range.lo, &b->range.lo) >= 0 &&
	       addr_compare(&a->range.hi, &b->range.hi) <= 0;
}

bool addr_is_unreachable(const struct addr *a)
{
	static const struct {
		uint8_t len, octets[4], used;
	} examples[] = {{4, {192, 0, 2}, 3},
			{4, {198, 51, 100}, 3},
			{4, {203, 0, 113}, 3},
			{16, {0x20, 0x01, 0x0d, 0xb8}, 4}};
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
		if (a->len == examples[i].len &&
		    memcmp(a->at, examples[i].octets, examples[i].used) == 0)
			return false;
	return addr_is_special(a);
}

static const struct network unreachable = {.special = SPECIAL_UNREACHABLE,
					   .label = "never reachable from outside",
					   .origin = "RFC 6890"};

const struct network *networks_find(const struct networks *n, const struct addr *a)
{
	const struct network *best = NULL;
	for (size_t i = 0; i < n->count; i++)
		if (addr_range_has(&n->at[i].range, a) &&
		    (best == NULL || says_more(&n->at[i], best)))
			best = &n->at[i];
	/* a list of the user's own may speak of documentation and private prefixes */
	return best == NULL && addr_is_unreachable(a) ? &unreachable : best;
}

const struct zone_note *networks_find_zone(const struct networks *n, struct bytes name)
{
	const struct zone_note *best = NULL;
	for (size_t i = 0; i < n->zone_count; i++) {
		const struct zone_note *z = &n->zones[i];
		if (name_within(name, name_bytes(&z->zone)) &&
		    (best == NULL || z->special < best->special))
			best = z;
	}
	return best;
}

const char *special_name(enum special s)
{
	static const char *const names[] = {
	    "",		"own rewriting", "not reachable", "public resolver",
	    "sinkhole", "parking",	 "CDN edge",	  "cloud"};
	return names[s];
}

bool special_is_dormant(enum special s)
{
	return s == SPECIAL_UNREACHABLE || s == SPECIAL_RESOLVER || s == SPECIAL_PARKED;
}
