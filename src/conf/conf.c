#include "conf/conf.h"

#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/io.h"

#define FILE_MAX (4u << 20)
#define ENTRIES_MAX 20000

struct conf {
	struct arena arena;
	struct conf_entry *entries; /* of files, in order; then flags win over all */
	size_t count, room;
	struct conf_entry *flags;
	size_t flag_count, flag_room;
	struct conf_entry *env; /* looked up so far */
	size_t env_count, env_room;
};

int conf_new(struct conf **ret)
{
	struct conf *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return YORE_ENOMEM;
	arena_init(&c->arena, 64u << 20);
	*ret = c;
	return 0;
}

void conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	arena_release(&c->arena);
	free(c->entries);
	free(c->flags);
	free(c->env);
	free(c);
}

static struct conf_entry *add(struct conf_entry **list, size_t *count, size_t *room)
{
	if (*count == *room) {
		size_t more = *room ? *room * 2 : 32;
		struct conf_entry *at = realloc(*list, more * sizeof(*at));
		if (at == NULL || more > ENTRIES_MAX)
			return NULL;
		*list = at;
		*room = more;
	}
	struct conf_entry *e = &(*list)[(*count)++];
	memset(e, 0, sizeof(*e));
	return e;
}

/* ---- one file ---- */

struct reading {
	struct conf *conf;
	const char *path; /* in the arena */
	const char *at, *end;
	unsigned line, flags;
	size_t began; /* entries before this file */
	bool exposed, continued;
	int err;
	unsigned err_line;
	const char *why;
};

static void fail(struct reading *r, int code, const char *why)
{
	if (r->err == 0) {
		r->err = code;
		r->err_line = r->line;
		r->why = why;
	}
}

static bool is_bare(const char *s, size_t n)
{
	if (n == 0 || isspace((unsigned char)*s) || strchr("[#;", *s))
		return false;
	return !memchr(s, '=', n) && !memchr(s, ':', n);
}

/* inih pulls lines through here, so that we know which one it is at. */
static char *next_line(char *out, int room, void *arg)
{
	struct reading *r = arg;
	if (r->at == r->end || r->err)
		return NULL;
	const char *nl = memchr(r->at, '\n', (size_t)(r->end - r->at));
	size_t n = (size_t)((nl ? nl : r->end) - r->at);
	r->line++;
	r->continued = n && isspace((unsigned char)*r->at);
	bool bare = (r->flags & CONF_BARE) && is_bare(r->at, n);
	if (n + (bare ? 9u : 2u) >= (size_t)room) {
		fail(r, YORE_ELIMIT, "the line is too long; go on in an indented line");
		return NULL;
	}
	if (memchr(r->at, '\0', n))
		fail(r, YORE_EMALFORMED, "a NUL octet");
	memcpy(out, r->at, n);
	snprintf(out + n, (size_t)room - n, "%s\n", bare ? " = true" : "");
	r->at = nl ? nl + 1 : r->end;
	return out;
}

static bool seen_before(const struct reading *r, const char *section, const char *key)
{
	for (size_t i = r->began; i < r->conf->count; i++)
		if (strcmp(r->conf->entries[i].section, section) == 0 &&
		    strcmp(r->conf->entries[i].key, key) == 0)
			return true;
	return false;
}

static void go_on(struct reading *r, const char *more)
{
	struct conf_entry *last = &r->conf->entries[r->conf->count - 1];
	size_t n = strlen(last->value) + strlen(more) + 2;
	char *joined = (char *)arena_bytes(&r->conf->arena, n);
	if (joined == NULL) {
		fail(r, YORE_ENOMEM, "out of memory");
		return;
	}
	snprintf(joined, n, "%s%s%s", last->value, *last->value ? " " : "", more);
	last->value = joined;
}

static int on_value(void *arg, const char *section, const char *key, const char *value)
{
	struct reading *r = arg;
	struct arena *a = &r->conf->arena;
	if (r->err)
		return 0;
	if (r->continued && r->conf->count > r->began) {
		go_on(r, value);
		return 1;
	}
	bool again = seen_before(r, section, key);
	struct conf_entry *e = add(&r->conf->entries, &r->conf->count, &r->conf->room);
	if (e) {
		e->section = arena_strdup(a, section);
		e->key = arena_strdup(a, key);
		e->value = arena_strdup(a, value);
		e->file = r->path;
		e->line = r->line;
		e->exposed = r->exposed;
		e->again = again;
	}
	if (!e || !e->section || !e->key || !e->value) {
		fail(r, YORE_ENOMEM, "too much of it, or out of memory");
		r->conf->count -= e != NULL;
		return 0;
	}
	return 1;
}

static bool others_can_read(const char *path)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return true;
	return (st.st_mode & 077) != 0 || (st.st_uid != geteuid() && st.st_uid != 0);
}

static int read_text(struct conf *c, const char *path, struct bytes text, unsigned flags,
		     bool exposed, struct fault *f)
{
	struct reading r = {.conf = c,
			    .path = arena_strdup(&c->arena, path),
			    .at = (const char *)text.at,
			    .end = (const char *)text.at + text.len,
			    .flags = flags,
			    .began = c->count,
			    .exposed = exposed};
	if (r.path == NULL)
		return fault_set(f, YORE_ENOMEM, "%s: out of memory", path);
	int line = ini_parse_stream(next_line, &r, on_value, &r);
	if (r.err)
		return fault_set(f, r.err, "%s:%u: %s", path, r.err_line, r.why);
	if (line > 0)
		return fault_set(f, YORE_EMALFORMED,
				 "%s:%d: neither [section] nor key = value", path, line);
	return line < 0 ? fault_set(f, YORE_EIO, "%s: cannot be read", path) : 0;
}

int conf_read_text(struct conf *c, const char *label, struct bytes text, unsigned flags,
		   struct fault *f)
{
	return read_text(c, label, text, flags, false, f);
}

int conf_read(struct conf *c, const char *path, unsigned flags, struct fault *f)
{
	struct buf text;
	buf_init(&text, FILE_MAX);
	int e = io_read_file(path, FILE_MAX, &text, f);
	if (e == 0)
		e = read_text(c, path, buf_bytes(&text), flags, others_can_read(path), f);
	if (text.at)
		explicit_bzero(text.at, text.len);
	buf_release(&text);
	return e;
}

/* ---- the usual places ---- */

static int read_if_there(struct conf *c, const char *path, struct fault *f)
{
	if (access(path, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	return conf_read(c, path, 0, f);
}

static int read_folder(struct conf *c, const char *folder, struct fault *f)
{
	char path[4096];
	glob_t g;
	snprintf(path, sizeof(path), "%s/yore.conf", folder);
	int r = read_if_there(c, path, f);
	snprintf(path, sizeof(path), "%s/yore.conf.d/?*.conf", folder);
	if (r < 0 || glob(path, 0, NULL, &g) != 0)
		return r;
	for (size_t i = 0; i < g.gl_pathc && r == 0; i++)
		r = conf_read(c, g.gl_pathv[i], 0, f);
	globfree(&g);
	return r;
}

int conf_load(struct conf *c, const char *path, struct fault *f)
{
	struct buf b;
	if (path == NULL || !*path)
		path = getenv("YORE_CONF");
	if (path && *path)
		return conf_read(c, path, 0, f);
	int r = read_folder(c, "/etc/yore", f);
	if (r < 0)
		return r;
	buf_init(&b, 4096);
	if (conf_place("CONFIG", NULL, &b) == 0)
		r = read_folder(c, buf_str(&b), f);
	buf_release(&b);
	return r;
}

int conf_set(struct conf *c, const char *text, struct fault *f)
{
	const char *eq = strchr(text, '='), *dot = NULL;
	for (const char *s = text; eq && s < eq; s++)
		if (*s == '.')
			dot = s;
	if (!dot || dot == text || dot + 1 == eq)
		return fault_set(f, YORE_EUSAGE, "'%.100s': wants SECTION.KEY=VALUE",
				 text);
	struct conf_entry *e = add(&c->flags, &c->flag_count, &c->flag_room);
	char *copy = e ? arena_strdup(&c->arena, text) : NULL;
	if (copy == NULL) {
		c->flag_count -= e != NULL;
		return fault_set(f, YORE_ENOMEM, "configuration: out of memory");
	}
	copy[dot - text] = copy[eq - text] = '\0';
	e->section = copy;
	e->key = copy + (dot - text) + 1;
	e->value = copy + (eq - text) + 1;
	e->file = "--set";
	return 0;
}

/* ---- what holds ---- */

static bool named(const struct conf_entry *e, const char *section, const char *key)
{
	return strcasecmp(e->section, section) == 0 && strcmp(e->key, key) == 0;
}

static const struct conf_entry *last_of(const struct conf_entry *list, size_t count,
					const char *section, const char *key)
{
	while (count--)
		if (named(&list[count], section, key))
			return &list[count];
	return NULL;
}

static void env_name(const char *section, const char *key, char *out, size_t room)
{
	snprintf(out, room, "$YORE_%s_%s", section, key);
	for (char *s = out + 1; *s; s++)
		*s = isalnum((unsigned char)*s) ? (char)toupper((unsigned char)*s) : '_';
}

static const struct conf_entry *from_env(struct conf *c, const char *section,
					 const char *key)
{
	char name[256];
	env_name(section, key, name, sizeof(name));
	const char *value = getenv(name + 1);
	if (value == NULL)
		return NULL;
	const struct conf_entry *known = last_of(c->env, c->env_count, section, key);
	if (known)
		return known;
	struct conf_entry *e = arena_alloc(&c->arena, sizeof(*e));
	if (e == NULL)
		return NULL;
	memset(e, 0, sizeof(*e));
	e->section = arena_strdup(&c->arena, section);
	e->key = arena_strdup(&c->arena, key);
	e->value = arena_strdup(&c->arena, value);
	e->file = arena_strdup(&c->arena, name);
	struct conf_entry *slot = add(&c->env, &c->env_count, &c->env_room);
	if (!e->section || !e->key || !e->value || !e->file || !slot) {
		c->env_count -= slot != NULL;
		return NULL;
	}
	*slot = *e;
	return e;
}

const struct conf_entry *conf_find(struct conf *c, const char *section, const char *key)
{
	const struct conf_entry *e = last_of(c->flags, c->flag_count, section, key);
	if (e == NULL)
		e = from_env(c, section, key);
	return e ? e : last_of(c->entries, c->count, section, key);
}

const char *conf_get(struct conf *c, const char *section, const char *key)
{
	const struct conf_entry *e = conf_find(c, section, key);
	return e ? e->value : NULL;
}

size_t conf_sections(struct conf *c, const char *prefix,
		     void (*each)(const char *section, void *arg), void *arg)
{
	size_t found = 0, n = strlen(prefix);
	for (size_t i = 0; i < c->count; i++) {
		const char *s = c->entries[i].section;
		size_t k = 0;
		if (strncasecmp(s, prefix, n) != 0)
			continue;
		while (k < i && strcasecmp(c->entries[k].section, s) != 0)
			k++;
		if (k < i)
			continue;
		each(s, arg);
		found++;
	}
	return found;
}

void conf_each(struct conf *c, void (*each)(const struct conf_entry *e, void *arg),
	       void *arg)
{
	for (size_t i = 0; i < c->count; i++)
		each(&c->entries[i], arg);
}

int conf_place(const char *which, const char *name, struct buf *ret)
{
	static const struct {
		const char *which, *variable, *below_home;
	} places[] = {{"CONFIG", "XDG_CONFIG_HOME", ".config"},
		      {"STATE", "XDG_STATE_HOME", ".local/state"},
		      {"CACHE", "XDG_CACHE_HOME", ".cache"},
		      {"DATA", "XDG_DATA_HOME", ".local/share"}};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (strcmp(places[i].which, which) != 0)
			continue;
		const char *dir = getenv(places[i].variable), *home = getenv("HOME");
		if (dir && *dir == '/')
			buf_puts(ret, dir);
		else if (home && *home == '/')
			buf_printf(ret, "%s/%s", home, places[i].below_home);
		else
			return YORE_ENOENT;
		buf_puts(ret, "/yore");
		if (name)
			buf_printf(ret, "/%s", name);
		return ret->err;
	}
	return YORE_EUSAGE;
}
