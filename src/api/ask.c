#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "api/ask.h"
#include "api/service.h"
#include "base/hash.h"
#include "base/num.h"

/* Some tenths of a second of a worker; patterns may backtrack on every name. */
#define SHORT_OCTETS (2u << 20)
#define SHORT_OCTETS_PATTERN (128u << 10)
#define SHORT_TERMS 64 /* estimated one by one */

/* A key sees what this site saw itself; what was bought or asked elsewhere only when
 * it was granted. Without keys it is the operator who asks. */
static void allow_sources(const struct key *k, struct ask *a)
{
	static const uint16_t own[] = {SOURCE_ABOVE, SOURCE_BELOW, SOURCE_AUTH,
				       SOURCE_ZONE};
	if (k == NULL || (k->scopes & SCOPE_PROVIDERS))
		return;
	size_t n = sizeof(own) / sizeof(own[0]);
	memcpy(a->sources, own, sizeof(own));
	memcpy(a->sources + n, k->sources, k->source_count * sizeof(own[0]));
	a->query.sources = a->sources;
	a->query.source_count = n + k->source_count;
}

struct ask *ask_new(struct call *c)
{
	struct ask *a = calloc(1, sizeof(*a));
	if (a == NULL) {
		call_error(c, 503, "out of memory");
		return NULL;
	}
	a->query = QUERY_ALL;
	a->query.threads = 1; /* others wait for answers, too */
	a->query.budget = &c->service->answers;
	allow_sources(c->key, a);
	a->hide_marked = c->key != NULL;
	a->limit = ask_rows_max(c);
	a->format = format_find("cof");
	return a;
}

void ask_free(struct ask *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < a->term_count; i++)
		term_release(&a->terms[i]);
	if (a->has_exclude)
		term_release(&a->exclude);
	free(a->terms);
	free(a);
}

struct term *ask_add_term(struct ask *a, size_t most)
{
	if (a->term_count == most)
		return NULL;
	if (a->term_count == a->term_room) {
		size_t room = a->term_room ? 2 * a->term_room : 1;
		struct term *at = realloc(a->terms, room * sizeof(*at));
		if (at == NULL)
			return NULL;
		a->terms = at;
		a->term_room = room;
	}
	struct term *t = &a->terms[a->term_count++];
	memset(t, 0, sizeof(*t));
	a->query.terms = a->terms;
	a->query.term_count = a->term_count;
	return t;
}

bool ask_bool(struct call *c, const char *name, bool *ret)
{
	static const struct {
		const char *text;
		bool value;
	} words[] = {{"t", true},  {"true", true}, {"1", true},	  {"yes", true},
		     {"on", true}, {"", true},	   {"f", false},  {"false", false},
		     {"0", false}, {"no", false},  {"off", false}};
	const char *text = url_param(c->url, name);
	if (text == NULL)
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(text, words[i].text) == 0) {
			*ret = words[i].value;
			return true;
		}
	call_error(c, 400, "%s: neither t nor f", name);
	return false;
}

bool ask_number(struct call *c, const char *name, uint64_t max, uint64_t *ret)
{
	const char *text = url_param(c->url, name);
	if (text == NULL)
		return true;
	if (num_u64(text, max, ret) == 0)
		return true;
	call_error(c, 400, "%s: not a number up to %llu", name, (unsigned long long)max);
	return false;
}

uint64_t ask_rows_max(const struct call *c)
{
	uint64_t most = c->service->settings.rows_max;
	if (c->key && c->key->rows && c->key->rows < most)
		most = c->key->rows;
	return most;
}

bool ask_limit(struct call *c, struct ask *a, const char *text, uint64_t absent)
{
	uint64_t most = ask_rows_max(c), n = absent;
	if (text && num_u64(text, UINT64_MAX, &n) < 0) {
		call_error(c, 400, "limit: not a number");
		return false;
	}
	a->limit = n == 0 || n > most ? most : n;
	return true;
}

static bool no_room(struct call *c)
{
	call_error(c, 503, "out of memory");
	return false;
}

bool ask_name(struct call *c, struct ask *a, const char *text)
{
	struct term *t = ask_add_term(a, 1);
	char room[TERM_TEXT_MAX];
	size_t n = strlen(text);
	if (t == NULL)
		return no_room(c);
	if (n >= sizeof(room)) {
		call_error(c, 400, "name too long");
		return false;
	}
	memcpy(room, text, n + 1);
	const char *name = room;
	t->kind = TERM_NAME;
	if (n > 3 && strcmp(room + n - 3, ".*.") == 0)
		room[--n] = '\0';
	if (strcmp(room, "*") == 0 || strcmp(room, "*.") == 0) {
		t->kind = TERM_ZONE;
		name = ".";
	} else if (strncmp(room, "*.", 2) == 0) {
		t->kind = TERM_ZONE;
		name = room + 2;
	} else if (n > 2 && strcmp(room + n - 2, ".*") == 0) {
		t->kind = TERM_STEM;
		room[n - 2] = '\0';
	}
	if (name_of_idn(name, &t->name) < 0) {
		call_error(c, 400, "'%.200s' is not a domain name", text);
		return false;
	}
	return true;
}

bool ask_raw(struct call *c, struct ask *a, const char *hex)
{
	char text[TERM_TEXT_MAX];
	struct fault f = {0};
	struct term *t = ask_add_term(a, 1);
	if (t == NULL)
		return no_room(c);
	if (strlen(hex) + 5 > sizeof(text)) {
		call_error(c, 400, "raw value too long");
		return false;
	}
	snprintf(text, sizeof(text), "raw:%s", hex);
	if (term_parse(text, &f, t) < 0 || t->kind != TERM_RAW) {
		call_error(c, 400, "raw values are an even number of hexadecimal digits");
		return false;
	}
	return true;
}

bool ask_address(struct call *c, struct ask *a, const char *text)
{
	struct term *t = ask_add_term(a, 1);
	if (t == NULL)
		return no_room(c);
	t->kind = TERM_ADDR;
	if (addr_range_parse(text, &t->range) == 0)
		return true;
	call_error(c, 400, "'%.100s' is not an address, prefix or range", text);
	return false;
}

bool ask_term(struct call *c, struct ask *a, const char *text)
{
	struct fault f = {0};
	struct term *t = ask_add_term(a, c->service->settings.terms_max);
	if (t == NULL)
		return no_room(c);
	if (term_parse(text, &f, t) == 0)
		return true;
	a->term_count--;
	a->query.term_count--;
	call_error(c, 400, "%s", f.text);
	return false;
}

bool ask_types(struct call *c, struct ask *a, const char *text)
{
	struct fault f = {0};
	if (query_types_parse(&a->query, text, a->types, ASK_TYPES_MAX, &f) == 0)
		return true;
	call_error(c, 400, "%s", f.text);
	return false;
}

/*
 * A name that this process has not met may still stand in the history. Each takes a
 * number of which there are not many, so strangers get some and no more.
 */
static int meet_source(struct service *s, const char *name, uint16_t *ret)
{
	int r = source_find(name, ret);
	if (r == YORE_ENOENT && atomic_fetch_add(&s->sources_met, 1) < SOURCES_MET_MAX)
		r = source_of_name(name, ret);
	return r;
}

bool ask_source(struct call *c, struct ask *a, const char *name)
{
	uint16_t source = SOURCE_NONE;
	bool allowed = a->query.sources == NULL;
	int r =
	    allowed ? meet_source(c->service, name, &source) : source_find(name, &source);
	if (r < 0 && (r != YORE_ENOENT || allowed)) {
		call_error(c, 400, "'%.40s' is not the name of a source", name);
		return false;
	}
	for (size_t i = 0; i < a->query.source_count && !allowed; i++)
		allowed = a->query.sources[i] == source;
	if (!allowed) {
		call_error(c, 403, "source '%.40s' is not open to this key", name);
		return false;
	}
	a->sources[0] = source;
	a->query.sources = a->sources;
	a->query.source_count = 1;
	return true;
}

/* What a provider marked for fewer eyes (source NAME.tlp-red) is shown when named. */
static bool is_marked(uint16_t source)
{
	return source >= SOURCE_FIRST_NAMED && strstr(source_name(source), ".tlp-");
}

bool ask_hides(const struct ask *a, uint16_t source)
{
	return a->hide_marked && a->query.sources == NULL && is_marked(source);
}

static bool is_exact(const struct query *q)
{
	if (q->term_count != 1 || q->subdomains || q->follow ||
	    q->sort[0].key != SORT_NONE)
		return false;
	const struct term *t = &q->terms[0];
	return t->kind == TERM_NAME || t->kind == TERM_RAW ||
	       (t->kind == TERM_ADDR && addr_equal(&t->range.lo, &t->range.hi));
}

bool ask_is_heavy(const struct ask *a)
{
	return !is_exact(&a->query);
}

bool ask_is_short(struct store *s, const struct query *q)
{
	struct query_cost cost;
	struct fault f = {0};
	uint64_t most = SHORT_OCTETS;
	if (is_exact(q))
		return true;
	if (q->term_count > SHORT_TERMS)
		return false;
	for (size_t i = 0; i < q->term_count; i++)
		if (q->terms[i].pattern)
			most = SHORT_OCTETS_PATTERN;
	return query_cost(s, q, 0, &cost, &f) == 0 && cost.octets <= most;
}

uint64_t ask_cursor_of(const struct result *r)
{
	uint8_t head[12];
	store_u16be(head, r->set.type);
	store_u16be(head + 2, r->set.source);
	head[4] = r->set.bailiwick;
	head[5] = r->single;
	head[6] = (uint8_t)r->side;
	head[7] = 0;
	store_u32be(head + 8, (uint32_t)r->month);
	/* sources have another number in another process: their name counts */
	const char *source = source_name(r->set.source);
	store_u16be(head + 2, 0);
	uint64_t h = hash_fixed(head, sizeof(head), 1);
	h = hash_fixed(source, strlen(source), h);
	h = hash_fixed(r->set.owner.at, r->set.owner.len, h);
	h = hash_fixed(r->set.rdata.at, r->set.rdata.len, h);
	return (h >> 2) | 1;
}
