#include "remote/account.h"

#include <stdio.h>
#include <stdlib.h>

#include "http/url.h"
#include "remote/mapping.h"

struct loading {
	struct accounts *a;
	struct conf *c;
	struct fault *f;
	int err;
};

static void free_secret(char *s)
{
	if (s)
		explicit_bzero(s, strlen(s));
	free(s);
}

void accounts_release(struct accounts *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < a->count; i++) {
		free(a->at[i].url);
		free(a->at[i].ca_file);
		free_secret(a->at[i].key);
		free_secret(a->at[i].user);
		free_secret(a->at[i].password);
	}
	for (size_t i = 0; i < a->mapping_count; i++)
		mapping_free(a->mappings[i]);
	free(a->mappings);
	free(a->at);
	memset(a, 0, sizeof(*a));
}

struct account *accounts_find(const struct accounts *a, const char *name)
{
	for (size_t i = 0; i < a->count; i++)
		if (strcasecmp(a->at[i].name, name) == 0)
			return &a->at[i];
	return NULL;
}

struct account *accounts_letter(const struct accounts *a, char letter)
{
	for (size_t i = 0; i < a->count; i++)
		if (letter && a->at[i].provider->letter == letter &&
		    strcmp(a->at[i].name, a->at[i].provider->name) == 0)
			return &a->at[i];
	return NULL;
}

/* ---- one account ---- */

static int read_secret(struct loading *l, struct account *a, const char *key, char **ret)
{
	struct buf b;
	buf_init(&b, 8192);
	int r = conf_secret(l->c, a->section, key, &b, l->f);
	if (r == 1) {
		*ret = strdup(buf_str(&b));
		explicit_bzero(b.at, b.len);
	}
	buf_release(&b);
	return r < 0 ? r : r == 1 && !*ret ? YORE_ENOMEM : 0;
}

static int read_path(struct loading *l, struct account *a, const char *key, char **ret)
{
	struct buf b;
	buf_init(&b, 4096);
	int r = conf_path(l->c, a->section, key, &b, l->f);
	if (r == 1)
		*ret = strdup(buf_str(&b));
	buf_release(&b);
	return r < 0 ? r : 0;
}

static int read_url(struct loading *l, struct account *a)
{
	const struct conf_entry *e = conf_find(l->c, a->section, "url");
	const char *url = e && *e->value ? e->value : a->provider->url;
	if (url == NULL)
		return 0;
	struct fault f = {0};
	if (e && url_check(url, &f) < 0)
		return fault_set(l->f, YORE_EMALFORMED, "%s:%u: [%s] url: %s", e->file,
				 e->line, a->section, f.text);
	a->url = strdup(url);
	size_t n = a->url ? strlen(a->url) : 0;
	while (n && a->url[n - 1] == '/')
		a->url[--n] = '\0';
	return a->url ? 0 : YORE_ENOMEM;
}

static int read_numbers(struct loading *l, struct account *a)
{
	uint64_t n = a->provider->parallel;
	uint64_t pages = a->provider->pages ? a->provider->pages : 100;
	int64_t gap = 0, timeout = 0;
	const struct conf_entry *e = conf_find(l->c, a->section, "tlp");
	a->ceiling = TLP_AMBER;
	a->gap_ms = a->provider->gap_ms;
	int r = conf_number(l->c, a->section, "parallel", 64, &n, l->f);
	if (r >= 0)
		r = conf_number(l->c, a->section, "pages", 100000, &pages, l->f);
	if (r >= 0)
		r = conf_span(l->c, a->section, "gap", &gap, l->f);
	if (r == 1)
		a->gap_ms = gap * 1000;
	if (r >= 0)
		r = conf_span(l->c, a->section, "timeout", &timeout, l->f);
	if (r >= 0)
		r = conf_bool(l->c, a->section, "own", &a->own, l->f);
	if (r >= 0)
		r = conf_bool(l->c, a->section, "plain-http", &a->plain_http, l->f);
	if (r >= 0 && a->own)
		a->ceiling = TLP_RED;
	if (r >= 0 && e && tlp_of_text(e->value, &a->ceiling) < 0)
		r = fault_set(l->f, YORE_EMALFORMED, "%s:%u: [%s] tlp: no TLP colour",
			      e->file, e->line, a->section);
	a->parallel = n ? (unsigned)n : 1;
	a->pages = pages ? (unsigned)pages : 1;
	a->timeout_ms = timeout * 1000;
	return r < 0 ? r : 0;
}

static bool has(const struct account *a, const char *what, size_t n)
{
	if (n && what[n - 1] == '?')
		return true;
	if (n == 3 && memcmp(what, "key", 3) == 0)
		return a->key;
	if (n == 4 && memcmp(what, "user", 4) == 0)
		return a->user;
	return n != 8 || a->password;
}

/* "user password|key" -> "user password, or key" */
static void say_needs(struct account *a, const char *needs)
{
	size_t n = strcspn(needs, "|");
	snprintf(a->lacks, sizeof(a->lacks), "%.*s%s%s", (int)n, needs,
		 needs[n] ? ", or " : "", needs[n] ? needs + n + 1 : "");
}

/* needs: words that all have to be there; '|' between ways of which one will do. */
static void judge(struct account *a)
{
	const char *needs = a->provider->needs;
	a->configured = false;
	if (a->url == NULL) {
		snprintf(a->lacks, sizeof(a->lacks), "url");
		return;
	}
	for (const char *way = needs; !a->configured;) {
		size_t n = strcspn(way, "|");
		bool all = true;
		for (const char *w = way; w < way + n;) {
			size_t len = strcspn(w, " |");
			all &= len == 0 || has(a, w, len);
			w += len;
			w += *w == ' ';
		}
		a->configured = all;
		if (way[n] == '\0')
			break;
		way += n + 1;
	}
	if (!a->configured)
		say_needs(a, needs);
	else if (a->provider->state == PROVIDER_RETIRED &&
		 strcmp(a->url, a->provider->url ? a->provider->url : "") == 0) {
		a->configured = false;
		snprintf(a->lacks, sizeof(a->lacks),
			 "retired: a url of something that "
			 "answers like it");
	}
}

static int fill(struct loading *l, struct account *a)
{
	int r = read_url(l, a);
	if (r == 0)
		r = read_secret(l, a, "key", &a->key);
	if (r == 0)
		r = read_secret(l, a, "user", &a->user);
	if (r == 0)
		r = read_secret(l, a, "password", &a->password);
	if (r == 0)
		r = read_path(l, a, "ca-file", &a->ca_file);
	if (r == 0)
		r = read_numbers(l, a);
	if (r == 0)
		judge(a);
	return r;
}

static void add(struct loading *l, const char *name, const struct provider *p,
		const struct mapping *m)
{
	if (l->err || accounts_find(l->a, name))
		return;
	if (l->a->count == ACCOUNTS_MAX) {
		l->err =
		    fault_set(l->f, YORE_ELIMIT, "more than %d providers", ACCOUNTS_MAX);
		return;
	}
	struct account *a = &l->a->at[l->a->count++];
	a->provider = p;
	a->mapping = m;
	snprintf(a->name, sizeof(a->name), "%s", name);
	snprintf(a->section, sizeof(a->section), "provider %s", name);
	l->err = fill(l, a);
	if (l->err < 0 && l->f && l->f->code == 0)
		fault_set(l->f, l->err, "[%s]: %s", a->section, yore_strerror(l->err));
}

/* ---- all of them ---- */

/* Where a section begins, for complaints about the whole of it. */
struct beginning {
	const char *section;
	const struct conf_entry *at;
};

static void note_beginning(const struct conf_entry *e, void *arg)
{
	struct beginning *b = arg;
	if (b->at == NULL && strcmp(e->section, b->section) == 0)
		b->at = e;
}

static void complain(struct loading *l, struct conf *c, const char *section,
		     const char *what)
{
	struct beginning b = {section, NULL};
	conf_each(c, note_beginning, &b);
	l->err = b.at ? fault_set(l->f, YORE_EMALFORMED, "%s:%u: [%s]: %s", b.at->file,
				  b.at->line, section, what)
		      : fault_set(l->f, YORE_EMALFORMED, "[%s]: %s", section, what);
}

/* A mapping's words stand in one configuration (shipped or not), its account in another.
 */
struct mapping_source {
	struct loading *l;
	struct conf *words;
};

static void add_mapping(const char *section, void *arg)
{
	struct mapping_source *s = arg;
	struct loading *l = s->l;
	const char *name = section + strlen("mapping ");
	struct mapping *m;
	uint16_t source;
	if (l->err || l->a->mapping_count == ACCOUNTS_MAX)
		return;
	if (accounts_find(l->a, name) && !provider_find(name))
		return; /* the user's own words come first */
	if (source_of_name(name, &source) < 0 || provider_find(name)) {
		complain(l, s->words, section, "the name is taken, or not [a-z0-9._-]");
		return;
	}
	l->err = mapping_new(s->words, name, l->f, &m);
	if (l->err == 0) {
		l->a->mappings[l->a->mapping_count++] = m;
		add(l, name, mapping_provider(m), m);
	}
}

static void add_section(const char *section, void *arg)
{
	struct loading *l = arg;
	const char *name = section + strlen("provider ");
	const char *type = conf_get(l->c, section, "type");
	const struct account *like = NULL;
	uint16_t source;
	if (l->err || accounts_find(l->a, name))
		return;
	if (source_of_name(name, &source) < 0 || source < SOURCE_FIRST_NAMED ||
	    strlen(name) > 24)
		complain(l, l->c, section, "not a name of [a-z0-9._-], 24 at most");
	else if (type == NULL || (like = accounts_find(l->a, type)) == NULL)
		complain(l, l->c, section,
			 "no such provider; type = says what it is (yore, cof, dnsdb, "
			 "...)");
	else
		add(l, name, like->provider, like->mapping);
}

static int load_shipped(struct fault *f, struct conf **ret)
{
	int r = conf_new(ret);
	if (r == 0)
		r = conf_read_text(*ret, "providers.conf", BYTES_STR(mapping_shipped), 0,
				   f);
	return r;
}

int accounts_load(struct accounts *a, struct conf *c, struct fault *f)
{
	struct conf *shipped = NULL;
	struct loading l = {a, c, f, 0};
	memset(a, 0, sizeof(*a));
	a->at = calloc(ACCOUNTS_MAX, sizeof(*a->at));
	a->mappings = calloc(ACCOUNTS_MAX, sizeof(struct mapping *));
	if (!a->at || !a->mappings)
		l.err = fault_set(f, YORE_ENOMEM, "providers: out of memory");
	for (size_t i = 0; l.err == 0 && provider_at(i); i++)
		add(&l, provider_at(i)->name, provider_at(i), NULL);
	struct mapping_source own = {&l, c};
	if (l.err == 0)
		conf_sections(c, "mapping ", add_mapping, &own);
	if (l.err == 0)
		l.err = load_shipped(f, &shipped);
	own.words = shipped;
	if (l.err == 0)
		conf_sections(shipped, "mapping ", add_mapping, &own);
	if (l.err == 0)
		conf_sections(c, "provider ", add_section, &l);
	conf_free(shipped);
	if (l.err < 0)
		accounts_release(a);
	return l.err;
}
