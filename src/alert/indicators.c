#include <stdlib.h>

#include "alert/indicators.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/when.h"
#include "dns/rdata.h"
#include "dns/type.h"

#define LIST_MOST ((size_t)1 << 30)
#define ZONE_SALT UINT64_C(0x5bd1e9955bd1e995)

struct indicator_slot {
	uint64_t hash;	/* 0: free */
	uint32_t index; /* of the indicator */
};

/* ---- hashes: of a name from the right, so that every zone's comes on the way ---- */

/* Up to seven octets as a number, without a call and without reading beyond them. */
static inline uint64_t few_octets(const uint8_t *p, size_t n)
{
	uint32_t a, b;
	if (n >= 4) {
		memcpy(&a, p, 4);
		memcpy(&b, p + n - 4, 4);
		return (uint64_t)a << 32 ^ b;
	}
	if (n == 0)
		return 0;
	return (uint64_t)p[0] << 16 | (uint64_t)p[n / 2] << 8 | p[n - 1];
}

static inline uint64_t label_hash(uint64_t h, const uint8_t *p, size_t n)
{
	size_t left = n;
	for (; left >= 8; p += 8, left -= 8) {
		uint64_t v;
		memcpy(&v, p, 8);
		h = hash_mix(h, v);
	}
	return hash_mix(h, few_octets(p, left) ^ (uint64_t)n << 56);
}

static uint64_t addr_hash(const struct indicators *s, const struct addr *a, unsigned bits)
{
	uint64_t hi, lo;
	memcpy(&hi, a->at, 8);
	memcpy(&lo, a->at + 8, 8);
	uint64_t h = hash_mix(s->seed ^ hi, lo ^ ((uint64_t)a->len << 8 | bits));
	return h ? h : 1;
}

static struct addr masked(const struct addr *a, unsigned bits)
{
	struct addr m = {.len = a->len};
	memcpy(m.at, a->at, bits / 8);
	if (bits % 8)
		m.at[bits / 8] = a->at[bits / 8] & (uint8_t)(0xff << (8 - bits % 8));
	return m;
}

/* ---- the filter ---- */

static uint64_t filter_bits(uint64_t h)
{
	return UINT64_C(1) << (h >> 52 & 63) | UINT64_C(1) << (h >> 46 & 63) |
	       UINT64_C(1) << (h >> 40 & 63);
}

static bool filter_has(const struct indicators *s, uint64_t h)
{
	uint64_t bits = filter_bits(h);
	return (s->filter[h & (s->block_count - 1)] & bits) == bits;
}

static void place(struct indicators *s, uint64_t h, size_t index)
{
	size_t k = (h >> 8) & (s->slot_count - 1);
	while (s->slots[k].hash)
		k = (k + 1) & (s->slot_count - 1);
	s->slots[k] = (struct indicator_slot){h, (uint32_t)index};
	s->filter[h & (s->block_count - 1)] |= filter_bits(h);
}

/* ---- from the list to the tables ---- */

static uint64_t name_hash(const struct indicators *s, struct bytes wire)
{
	const uint8_t *label[128];
	size_t n = 0;
	for (size_t i = 0; i + 1 < wire.len && n < 128; i += wire.at[i] + (size_t)1)
		label[n++] = wire.at + i;
	uint64_t h = s->seed;
	while (n-- > 0)
		h = label_hash(h, label[n] + 1, label[n][0]);
	return h ? h : 1;
}

static void put_prefix(struct indicators *s, const struct addr *a, unsigned bits,
		       size_t index)
{
	if (a->len == 4)
		s->lengths4 |= UINT64_C(1) << bits;
	else
		s->lengths6[bits / 64] |= UINT64_C(1) << (bits % 64);
	place(s, addr_hash(s, a, bits), index);
}

/* The largest prefixes that make up lo..hi. Returns how many; places them when put. */
static size_t split_range(struct indicators *s, const struct addr_range *r, size_t index,
			  bool put)
{
	struct addr_range left = *r, prefix;
	unsigned bits;
	size_t n = 0;
	for (; addr_range_split(&left, &prefix, &bits); n++)
		if (put)
			put_prefix(s, &prefix.lo, bits, index);
	return n;
}

static void place_one(struct indicators *s, size_t i)
{
	const struct term *t = &s->at[i].term;
	struct bytes name = name_bytes(&t->name);
	unsigned depth;
	switch (t->kind) {
	case TERM_NAME:
		place(s, name_hash(s, name), i);
		break;
	case TERM_ZONE:
		depth = name_labels(name);
		s->zone_depths[depth / 64] |= UINT64_C(1) << (depth % 64);
		place(s, name_hash(s, name) ^ ZONE_SALT, i);
		break;
	case TERM_ADDR:
		split_range(s, &t->range, i, true);
		break;
	default:
		s->patterns[s->pattern_count++] = i;
	}
}

static size_t power_of_two(size_t n)
{
	size_t p = 64;
	while (p < n)
		p *= 2;
	return p;
}

static int build(struct indicators *s)
{
	size_t keys = 0;
	for (size_t i = 0; i < s->count; i++)
		keys += s->at[i].term.kind == TERM_ADDR
			    ? split_range(s, &s->at[i].term.range, i, false)
			    : 1;
	s->slot_count = power_of_two(keys * 2);
	s->block_count = power_of_two(keys / 4 + 1); /* 16 bits a key, or more */
	s->slots = calloc(s->slot_count, sizeof(*s->slots));
	s->filter = aligned_alloc(64, s->block_count * sizeof(*s->filter));
	s->patterns = calloc(s->count + 1, sizeof(*s->patterns));
	if (s->slots == NULL || s->filter == NULL || s->patterns == NULL)
		return YORE_ENOMEM;
	memset(s->filter, 0, s->block_count * sizeof(*s->filter));
	for (size_t i = 0; i < s->count; i++)
		place_one(s, i);
	return 0;
}

static int64_t time_of(const char *text, int64_t now_s, bool end, int *err)
{
	int64_t s = WHEN_UNKNOWN;
	if (when_parse(text, now_s, 0, end, &s) < 0)
		*err = YORE_EMALFORMED;
	return s;
}

static uint64_t identity_of(const struct term *t)
{
	struct buf b;
	buf_init(&b, 1 << 16);
	term_put(&b, t);
	uint64_t id = hash_fixed(b.at, b.len, 0x796f7265); /* on disk: same for ever */
	buf_release(&b);
	return id;
}

static int add(struct indicators *s, char *line, int64_t now_s, struct fault *f)
{
	struct indicator one = {
	    .from_s = WHEN_UNKNOWN, .to_s = WHEN_UNKNOWN, .label = ""};
	char *hash = strstr(line, " #"), *save;
	int err = 0;
	if (hash) {
		*hash = '\0';
		hash += 2;
		one.label = arena_strdup(&s->arena, hash + strspn(hash, " \t"));
	}
	char *word = strtok_r(line, " \t\r", &save);
	if (word == NULL)
		return 0;
	int r = term_parse(word, f, &one.term);
	if (r < 0)
		return r;
	one.text = arena_strdup(&s->arena, word);
	while ((word = strtok_r(NULL, " \t\r", &save)) && err == 0) {
		if (strncmp(word, "from=", 5) == 0)
			one.from_s = time_of(word + 5, now_s, false, &err);
		else if (strncmp(word, "to=", 3) == 0)
			one.to_s = time_of(word + 3, now_s, true, &err);
		else
			err = YORE_EMALFORMED;
	}
	if (s->count == s->room && err == 0) {
		size_t room = s->room ? s->room * 2 : 1024;
		struct indicator *at = realloc(s->at, room * sizeof(*at));
		if (at) {
			s->at = at;
			s->room = room;
		}
	}
	if (err < 0 || one.term.kind == TERM_RAW || s->count == s->room ||
	    one.text == NULL || one.label == NULL) {
		term_release(&one.term);
		return err < 0 || one.term.kind == TERM_RAW
			   ? fault_set(f, YORE_EMALFORMED,
				       "expected a term, from=TIME, to=TIME, # label")
			   : YORE_ENOMEM;
	}
	one.id = identity_of(&one.term);
	s->at[s->count++] = one;
	return 0;
}

int indicators_read(struct indicators *s, struct bytes text, int64_t now_s,
		    struct fault *f)
{
	*s = (struct indicators){.seed = hash_seed()};
	arena_init(&s->arena, LIST_MOST);
	int r = 0;
	size_t number = 0;
	char line[TERM_TEXT_MAX + 512];
	for (size_t at = 0; r == 0 && at < text.len;) {
		const uint8_t *nl = memchr(text.at + at, '\n', text.len - at);
		size_t n = nl ? (size_t)(nl - text.at) - at : text.len - at;
		struct fault why = {0};
		number++;
		if (n >= sizeof(line))
			r = fault_set(&why, YORE_EMALFORMED, "longer than %zu characters",
				      sizeof(line));
		memcpy(line, text.at + at, n < sizeof(line) ? n : 0);
		line[n < sizeof(line) ? n : 0] = '\0';
		if (r == 0 && *line != '#')
			r = add(s, line, now_s, &why);
		if (r < 0)
			fault_set(f, r, "line %zu: %s", number,
				  why.code ? why.text : yore_strerror(r));
		at += n + 1;
	}
	if (r == 0)
		r = build(s);
	if (r < 0)
		indicators_release(s);
	return r;
}

int indicators_load(struct indicators *s, const char *path, int64_t now_s,
		    struct fault *f)
{
	struct buf text;
	struct fault why = {0};
	buf_init(&text, LIST_MOST);
	int r = io_read_file(path, LIST_MOST, &text, f);
	if (r == 0) {
		r = indicators_read(s, buf_bytes(&text), now_s, &why);
		if (r < 0)
			fault_set(f, r, "%s, %s", path, why.text);
	}
	buf_release(&text);
	return r;
}

void indicators_release(struct indicators *s)
{
	for (size_t i = 0; i < s->count; i++)
		term_release(&s->at[i].term);
	free(s->at);
	free(s->slots);
	free(s->filter);
	free(s->patterns);
	arena_release(&s->arena);
	*s = (struct indicators){0};
}

/* ---- matching ---- */

static bool is_valid(const struct indicator *i, int64_t time_s)
{
	if (time_s == WHEN_UNKNOWN)
		return true;
	return (i->from_s == WHEN_UNKNOWN || time_s >= i->from_s) &&
	       (i->to_s == WHEN_UNKNOWN || time_s <= i->to_s);
}

struct probe {
	uint64_t hash;
	enum term_kind kind;
	struct bytes name; /* NAME, ZONE: what it must be */
	const struct addr *addr;
	int64_t time_s;
	indicator_fn each;
	void *arg;
};

static bool is_really(const struct indicator *i, const struct probe *p)
{
	if (i->term.kind != p->kind)
		return false;
	return p->kind == TERM_ADDR ? addr_range_has(&i->term.range, p->addr)
				    : bytes_equal(name_bytes(&i->term.name), p->name);
}

static int probe(struct indicators *s, const struct probe *p)
{
	int r = 0;
	if (!filter_has(s, p->hash))
		return 0;
	for (size_t k = (p->hash >> 8) & (s->slot_count - 1); s->slots[k].hash && r >= 0;
	     k = (k + 1) & (s->slot_count - 1)) {
		const struct indicator *i = &s->at[s->slots[k].index];
		if (s->slots[k].hash == p->hash && is_really(i, p) &&
		    is_valid(i, p->time_s))
			r = p->each(i, p->arg);
	}
	return r < 0 ? r : 0;
}

static int match_patterns(struct indicators *s, const struct probe *p)
{
	int r = 0;
	for (size_t i = 0; i < s->pattern_count && r >= 0; i++) {
		const struct indicator *one = &s->at[s->patterns[i]];
		if (is_valid(one, p->time_s) &&
		    term_wants_owner(&one->term, p->name) == 1)
			r = p->each(one, p->arg);
	}
	return r < 0 ? r : 0;
}

static int match_name(struct indicators *s, struct bytes name, struct probe *p)
{
	uint8_t label[128];
	size_t n = 0;
	for (size_t i = 0; i + 1 < name.len && n < 128; i += name.at[i] + (size_t)1)
		label[n++] = (uint8_t)i;
	uint64_t h = s->seed;
	for (size_t k = n; k-- > 0;) {
		unsigned depth = (unsigned)(n - k);
		h = label_hash(h, name.at + label[k] + 1, name.at[label[k]]);
		if (!(s->zone_depths[depth / 64] >> (depth % 64) & 1))
			continue;
		p->kind = TERM_ZONE;
		p->hash = (h ? h : 1) ^ ZONE_SALT;
		p->name = BYTES(name.at + label[k], name.len - label[k]);
		int r = probe(s, p);
		if (r < 0)
			return r;
	}
	p->kind = TERM_NAME;
	p->hash = h ? h : 1;
	p->name = name;
	int r = probe(s, p);
	return r < 0 || s->pattern_count == 0 ? r : match_patterns(s, p);
}

int indicators_name(struct indicators *s, struct bytes name, int64_t time_s,
		    indicator_fn each, void *arg)
{
	struct probe p = {.time_s = time_s, .each = each, .arg = arg};
	return match_name(s, name, &p);
}

static int probe_prefix(struct indicators *s, const struct addr *a, unsigned bits,
			struct probe *p)
{
	struct addr m = masked(a, bits);
	p->hash = addr_hash(s, &m, bits);
	return probe(s, p);
}

int indicators_addr(struct indicators *s, const struct addr *a, int64_t time_s,
		    indicator_fn each, void *arg)
{
	struct probe p = {
	    .kind = TERM_ADDR, .addr = a, .time_s = time_s, .each = each, .arg = arg};
	int r = 0;
	if (a->len == 4) {
		for (uint64_t m = s->lengths4; m && r >= 0; m &= m - 1)
			r = probe_prefix(s, a, (unsigned)__builtin_ctzll(m), &p);
		return r;
	}
	for (unsigned w = 0; w < 3; w++)
		for (uint64_t m = s->lengths6[w]; m && r >= 0; m &= m - 1)
			r = probe_prefix(s, a, w * 64 + (unsigned)__builtin_ctzll(m), &p);
	return r;
}

struct parts {
	struct indicators *s;
	struct probe p;
	int err;
};

static void part(enum rdata_part kind, struct bytes value, void *arg)
{
	struct parts *w = arg;
	if (w->err < 0)
		return;
	if (kind == RDATA_NAME) {
		uint8_t lower[NAME_WIRE_MAX];
		if (value.len > sizeof(lower))
			return;
		memcpy(lower, value.at, value.len);
		name_lower(lower, value.len);
		w->err = match_name(w->s, BYTES(lower, value.len), &w->p);
	} else {
		struct addr a = addr_of(value.at, (uint8_t)value.len);
		w->err = indicators_addr(w->s, &a, w->p.time_s, w->p.each, w->p.arg);
	}
}

int indicators_record(struct indicators *s, struct bytes owner, uint16_t type,
		      struct bytes rdata, int64_t time_s, indicator_fn each, void *arg)
{
	struct parts w = {s, {.time_s = time_s, .each = each, .arg = arg}, 0};
	w.err = match_name(s, owner, &w.p);
	if (w.err < 0)
		return w.err;
	if ((type == TYPE_A && rdata.len == 4) || (type == TYPE_AAAA && rdata.len == 16))
		part(rdata.len == 4 ? RDATA_ADDR4 : RDATA_ADDR6, rdata, &w);
	else
		rdata_parts(type, rdata, part, &w);
	return w.err;
}
