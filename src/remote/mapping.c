#include "remote/mapping.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/num.h"
#include "remote/json_path.h"
#include "remote/mapping_read.h"

struct loading {
	struct conf *conf;
	struct mapping *m;
	char section[64];
	struct fault *f;
	int err;
};

static const struct conf_entry *entry(struct loading *l, const char *key)
{
	return conf_find(l->conf, l->section, key);
}

static void wrong(struct loading *l, const char *key, const char *wants)
{
	const struct conf_entry *e = entry(l, key);
	if (l->err)
		return;
	if (e && e->line)
		l->err = fault_set(l->f, YORE_EMALFORMED, "%s:%u: [%s] %s: %s", e->file,
				   e->line, l->section, key, wants);
	else
		l->err = fault_set(l->f, YORE_EMALFORMED, "[%s] %s: %s", l->section, key,
				   wants);
}

static const char *text(struct loading *l, const char *key)
{
	const struct conf_entry *e = entry(l, key);
	char *copy = e && *e->value ? arena_strdup(&l->m->arena, e->value) : NULL;
	if (e && *e->value && copy == NULL && l->err == 0)
		l->err = fault_set(l->f, YORE_ENOMEM, "[%s]: out of memory", l->section);
	return copy;
}

static const char *field(struct loading *l, const char *key)
{
	const char *t = text(l, key);
	if (t && !json_field_valid(t))
		wrong(l, key, "not a field");
	return t;
}

static const char *path(struct loading *l, const char *key)
{
	const char *t = text(l, key);
	if (t && !json_path_valid(t))
		wrong(l, key, "not a path");
	return t;
}

static unsigned choice(struct loading *l, const char *key, const char *const *words,
		       unsigned usual)
{
	const struct conf_entry *e = entry(l, key);
	if (e == NULL)
		return usual;
	for (unsigned i = 0; words[i]; i++)
		if (strcmp(words[i], e->value) == 0)
			return i;
	wrong(l, key, "is none of the words that may stand here");
	return usual;
}

static void load_statuses(struct loading *l, const char *key, uint16_t *ret)
{
	const char *at = text(l, key);
	for (size_t i = 0; at && *at && i < MAPPING_STATUSES;) {
		char word[8];
		uint64_t v = 0;
		at += strspn(at, " ,");
		size_t n = strcspn(at, " ,");
		if (n == 0)
			break;
		snprintf(word, sizeof(word), "%.*s", (int)n, at);
		if (num_u64(word, 599, &v) < 0)
			wrong(l, key, "wants HTTP status numbers");
		ret[i++] = (uint16_t)v;
		at += n;
	}
}

static void load_fields(struct loading *l, const char *prefix, struct mapping_side *s,
			const struct mapping_side *usual)
{
	static const char *const names[MAPPING_FIELDS] = {
	    "owner", "type", "rdata", "first", "last", "count", "ttl", "source", "tlp"};
	char key[64];
	for (size_t i = 0; i < MAPPING_FIELDS; i++) {
		snprintf(key, sizeof(key), "%s%s", prefix, names[i]);
		s->field[i] = field(l, key);
		if (s->field[i] == NULL && usual)
			s->field[i] = usual->field[i];
	}
	snprintf(key, sizeof(key), "%srecords", prefix);
	s->records = path(l, key);
	if (s->records == NULL)
		s->records = usual ? usual->records : "";
}

static void load_side(struct loading *l, const char *name, struct mapping_side *s)
{
	char key[64];
	const char *line = text(l, name);
	if (line == NULL)
		return;
	if (strncmp(line, "GET ", 4) != 0 && strncmp(line, "POST ", 5) != 0)
		wrong(l, name, "wants GET or POST, a blank, and what is asked");
	s->post = line[0] == 'P';
	s->url = line + (s->post ? 5 : 4);
	snprintf(key, sizeof(key), "%s-body", name);
	s->body = text(l, key);
	snprintf(key, sizeof(key), "%s-parts", name);
	s->parts = text(l, key);
}

static void load_next(struct loading *l, struct mapping *m)
{
	static const char *const words[] = {"pages ", "cursor ", "total "};
	const char *t = text(l, "next");
	m->next = NEXT_NONE;
	for (unsigned i = 0; t && i < 3; i++) {
		if (strncmp(t, words[i], strlen(words[i])) == 0) {
			m->next = (enum mapping_next)(NEXT_PAGES + i);
			m->next_path = t + strlen(words[i]);
		}
	}
	if (t && m->next == NEXT_NONE)
		wrong(l, "next", "wants pages, cursor or total, and a path");
	else if (t && (strpbrk(m->next_path, "[{") || !json_path_valid(m->next_path)))
		wrong(l, "next", "wants a path without [] and {}");
}

static void load_provider(struct loading *l, struct mapping *m, const char *name)
{
	static const char *const states[] = {"live", "retired", "unverified", NULL};
	static const char *const lookups[] = {"never", "forbidden", "always", "unknown",
					      NULL};
	struct provider *p = &m->provider;
	uint64_t n;
	int64_t s;
	p->name = arena_strdup(&m->arena, name);
	p->title = text(l, "title");
	if (p->title == NULL)
		p->title = p->name;
	const char *letter = text(l, "letter"), *tlp = text(l, "tlp-answers");
	p->letter = letter ? letter[0] : 0;
	p->state = (enum provider_state)choice(l, "state", states, PROVIDER_UNVERIFIED);
	p->lookup = (enum provider_lookup)choice(l, "lookup", lookups, LOOKUP_UNKNOWN);
	p->url = text(l, "url");
	p->needs = text(l, "needs");
	if (p->needs == NULL)
		p->needs = "";
	p->note = text(l, "note");
	p->quotas = text(l, "quotas");
	p->tlp = TLP_AMBER;
	if (tlp && tlp_of_text(tlp, &p->tlp) < 0)
		wrong(l, "tlp-answers", "is no TLP colour");
	p->parallel = 2;
	if (conf_number(l->conf, l->section, "parallel", 64, &n, NULL) == 1)
		p->parallel = (unsigned)n;
	if (conf_span(l->conf, l->section, "gap", &s, NULL) == 1)
		p->gap_ms = s * 1000;
	p->can = (m->name.url ? CAN_NAME : 0u) | (m->address.url ? CAN_ADDR : 0u);
	p->build = mapping_build;
	p->read = mapping_read;
	p->own_status = mapping_own_status;
}

/* rdata-MX and the like: any type, up to MAPPING_RDATA of them. */
static void load_rdata(const struct conf_entry *e, void *arg)
{
	struct loading *l = arg;
	struct mapping *m = l->m;
	if (strcasecmp(e->section, l->section) != 0 || strncmp(e->key, "rdata-", 6) != 0)
		return;
	if (m->rdata_count == MAPPING_RDATA) {
		wrong(l, e->key, "too many of these");
		return;
	}
	m->rdata[m->rdata_count].type = arena_strdup(&m->arena, e->key + 6);
	m->rdata[m->rdata_count].field = field(l, e->key);
	if (m->rdata[m->rdata_count].type && m->rdata[m->rdata_count].field)
		m->rdata_count++;
}

static void load(struct loading *l, struct mapping *m, const char *name)
{
	static const char *const dates[] = {"text", "epoch", "ms", NULL};
	uint64_t full = 0;
	bool basic = false;
	load_side(l, "name", &m->name);
	load_side(l, "address", &m->address);
	load_fields(l, "", &m->name, NULL);
	load_fields(l, "address-", &m->address, &m->name);
	load_provider(l, m, name);
	load_next(l, m);
	m->header = text(l, "header");
	m->error = field(l, "error");
	m->error_quota = text(l, "error-quota");
	m->date = (enum mapping_date)choice(l, "date", dates, DATE_TEXT);
	load_statuses(l, "none-status", m->none_status);
	load_statuses(l, "quota-status", m->quota_status);
	if (conf_number(l->conf, l->section, "full", UINT32_MAX, &full, l->f) < 0 ||
	    conf_bool(l->conf, l->section, "basic", &basic, l->f) < 0)
		l->err = YORE_EMALFORMED;
	m->full = full;
	m->basic = basic;
	conf_each(l->conf, load_rdata, l);
	if (!m->name.url && !m->address.url)
		wrong(l, "name", "neither name nor address says how to ask");
	else if (!m->name.field[FIELD_OWNER] || !m->name.field[FIELD_RDATA] ||
		 !m->name.field[FIELD_TYPE])
		wrong(l, "owner", "owner, type and rdata are needed");
}

int mapping_new(struct conf *c, const char *name, struct fault *f, struct mapping **ret)
{
	struct mapping *m = calloc(1, sizeof(*m));
	if (m == NULL)
		return fault_set(f, YORE_ENOMEM, "mapping: out of memory");
	arena_init(&m->arena, 1 << 20);
	struct loading l = {.conf = c, .m = m, .f = f};
	snprintf(l.section, sizeof(l.section), "mapping %s", name);
	load(&l, m, name);
	if (l.err) {
		mapping_free(m);
		return l.err;
	}
	*ret = m;
	return 0;
}

void mapping_free(struct mapping *m)
{
	if (m == NULL)
		return;
	arena_release(&m->arena);
	free(m);
}

const struct provider *mapping_provider(const struct mapping *m)
{
	return &m->provider;
}
