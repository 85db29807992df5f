#include "cmd/config_import.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/io.h"

#define FILE_MAX (1u << 20)

struct taking {
	struct buf *out;			 /* our file, or NULL */
	int (*set)(const char *text, void *arg); /* or this */
	void *arg;
	struct conf *theirs;
	const char *section; /* written last */
	int count;
	struct fault *f;
};

static int take(struct taking *t, const char *provider, const char *key,
		const char *value)
{
	char text[4096];
	if (value == NULL || !*value)
		return 0;
	t->count++;
	if (t->set) {
		snprintf(text, sizeof(text), "provider %s.%s=%s", provider, key, value);
		return t->set(text, t->arg);
	}
	if (t->section == NULL || strcmp(t->section, provider) != 0)
		buf_printf(t->out, "\n[provider %s]\n", provider);
	t->section = provider;
	buf_printf(t->out, "%s = %s\n", key, value);
	return t->out->err;
}

/* ---- pdnstool ---- */

/* $(KEY) stands for another value of the section, else of the part before sections. */
static const char *expand(struct conf *c, const char *section, const char *value,
			  char *room, size_t size)
{
	size_t n = 0;
	for (const char *s = value; *s && n + 1 < size;) {
		const char *close = s[0] == '$' && s[1] == '(' ? strchr(s, ')') : NULL;
		char key[64];
		if (close == NULL || close - s - 2 >= 64) {
			room[n++] = *s++;
			continue;
		}
		snprintf(key, sizeof(key), "%.*s", (int)(close - s - 2), s + 2);
		const char *v = conf_get(c, section, key);
		if (v == NULL)
			v = conf_get(c, "", key);
		if (v)
			n += (size_t)snprintf(room + n, size - n, "%s", v);
		if (n >= size)
			n = size - 1;
		s = close + 1;
	}
	room[n] = '\0';
	return room;
}

static const struct {
	const char *section, *theirs, *provider, *ours;
} pdnstool_keys[] = {
    {"circl", "USERNAME", "circl", "user"},
    {"circl", "PASSWORD", "circl", "password"},
    {"circl", "AUTH_TOKEN", "circl", "key"},
    {"circl", "URL", "circl", "url"},
    {"dnsdb", "APIKEY", "dnsdb", "key"},
    {"dnsdb", "URL", "dnsdb", "url"},
    {"virustotal", "APIKEY", "virustotal", "key"},
    {"virustotal", "URL", "virustotal", "url"},
    {"passivetotal", "USERNAME", "passivetotal", "user"},
    {"passivetotal", "APIKEY", "passivetotal", "key"},
    {"passivetotal", "URL", "passivetotal", "url"},
    {"riskiq", "API_TOKEN", "riskiq", "user"},
    {"riskiq", "API_PRIVATE_KEY", "riskiq", "password"},
    {"riskiq", "API_SERVER", "riskiq", "url"},
    {"osc", "APIKEY", "osc", "key"},
    {"osc", "URL", "osc", "url"},
    {"cn360", "API", "cn360", "url"},
    {"cn360", "API_ID", "cn360", "user"},
    {"cn360", "API_KEY", "cn360", "key"},
    {"mnemonic", "APIKEY", "mnemonic", "key"},
    {"mnemonic", "URL", "mnemonic", "url"},
};

static bool ends(const char *s, const char *tail)
{
	size_t n = strlen(s), m = strlen(tail);
	return n >= m && strcmp(s + n - m, tail) == 0;
}

/*
 * Their URLs are of older interfaces: what they name of those is cut or put in its
 * place; the usual ones are left out, so that ours hold.
 */
static const char *our_url(const char *provider, const char *value, char *room,
			   size_t size)
{
	size_t n = (size_t)snprintf(room, size, "%s", value);
	while (n && n < size && room[n - 1] == '/')
		room[--n] = '\0';
	if (strcmp(provider, "dnsdb") == 0 && ends(room, "/lookup")) {
		room[n -= 7] = '\0';
		snprintf(room + n, size - n, "/dnsdb/v2");
	} else if (strcmp(provider, "virustotal") == 0 && ends(room, "/vtapi/v2")) {
		room[n -= 9] = '\0';
		snprintf(room + n, size - n, "/api/v3");
	} else if (strcmp(provider, "osc") == 0 && ends(room, "/domainsquery")) {
		room[n - 13] = '\0';
	} else if (strcmp(provider, "riskiq") == 0) {
		snprintf(room, size, "https://%.500s/v1", value);
	}
	return room;
}

static int take_pdnstool(struct taking *t)
{
	char room[2048], url[2048];
	int r = 0;
	for (size_t i = 0; i < sizeof(pdnstool_keys) / sizeof(pdnstool_keys[0]); i++) {
		const char *v = conf_get(t->theirs, pdnstool_keys[i].section,
					 pdnstool_keys[i].theirs);
		if (v == NULL || r < 0)
			continue;
		v = expand(t->theirs, pdnstool_keys[i].section, v, room, sizeof(room));
		if (strcmp(pdnstool_keys[i].ours, "url") == 0)
			v = our_url(pdnstool_keys[i].provider, v, url, sizeof(url));
		r = take(t, pdnstool_keys[i].provider, pdnstool_keys[i].ours, v);
	}
	return r;
}

static int read_pdnstool(const char *path, struct taking *t)
{
	int r = conf_new(&t->theirs);
	if (r == 0)
		r = conf_read(t->theirs, path, CONF_BARE, t->f);
	if (r == 0)
		r = take_pdnstool(t);
	conf_free(t->theirs);
	t->theirs = NULL;
	return r;
}

int config_of_pdnstool(const char *path, int (*set)(const char *text, void *arg),
		       void *arg, struct fault *f)
{
	struct taking t = {.set = set, .arg = arg, .f = f};
	return read_pdnstool(path, &t);
}

/* ---- dnsdbq ---- */

static int take_server(struct taking *t, const char *provider, const char *server)
{
	char url[1024];
	if (server == NULL || !*server)
		return 0;
	size_t n = strlen(server);
	while (n && server[n - 1] == '/')
		n--;
	bool circl = strcmp(provider, "circl") == 0;
	const char *tail = circl ? "" : "/dnsdb/v2";
	if (!circl && n >= 9 && strncmp(server + n - 9, "/dnsdb/v2", 9) == 0)
		tail = "";
	snprintf(url, sizeof(url), "%.*s%s", (int)n, server, tail);
	return take(t, provider, "url", url);
}

/* "user:password", or a token. */
static int take_circl_auth(struct taking *t, const char *auth)
{
	const char *colon = strchr(auth, ':');
	char user[512];
	if (colon == NULL)
		return take(t, "circl", "key", auth);
	snprintf(user, sizeof(user), "%.*s", (int)(colon - auth), auth);
	int r = take(t, "circl", "user", user);
	return r < 0 ? r : take(t, "circl", "password", colon + 1);
}

static int take_variable(struct taking *t, const char *name, const char *value)
{
	if (strcmp(name, "APIKEY") == 0 || strcmp(name, "DNSDB_API_KEY") == 0)
		return take(t, "dnsdb", "key", value);
	if (strcmp(name, "DNSDB_SERVER") == 0)
		return take_server(t, "dnsdb", value);
	if (strcmp(name, "CIRCL_AUTH") == 0)
		return take_circl_auth(t, value);
	if (strcmp(name, "CIRCL_SERVER") == 0)
		return take_server(t, "circl", value);
	return 0;
}

/* NAME=value, NAME="value", export NAME='value'; anything else is passed over. */
static int take_shell_line(struct taking *t, char *line)
{
	char *s = line + strspn(line, " \t");
	if (strncmp(s, "export ", 7) == 0)
		s += 7;
	char *eq = strchr(s, '=');
	if (*s == '#' || eq == NULL)
		return 0;
	*eq = '\0';
	char *value = eq + 1;
	size_t n = strlen(value);
	while (n && isspace((unsigned char)value[n - 1]))
		value[--n] = '\0';
	if (n >= 2 && (*value == '"' || *value == '\'') && value[n - 1] == *value) {
		value[n - 1] = '\0';
		value++;
	}
	return take_variable(t, s, value);
}

static int read_dnsdbq(const char *path, struct taking *t)
{
	struct buf text;
	buf_init(&text, FILE_MAX);
	int r = io_read_file(path, FILE_MAX, &text, t->f);
	char *rest = r == 0 ? (char *)(uintptr_t)buf_str(&text) : NULL, *line;
	while (r == 0 && (line = strsep(&rest, "\n")))
		r = take_shell_line(t, line);
	if (text.at)
		explicit_bzero(text.at, text.len);
	buf_release(&text);
	return r;
}

/* A file with a [section] is pdnstool's. */
static int read_file(const char *path, struct taking *t)
{
	struct buf text;
	buf_init(&text, FILE_MAX);
	int r = io_read_file(path, FILE_MAX, &text, t->f);
	const char *s = buf_str(&text);
	bool sections = *s == '[' || strstr(s, "\n[") != NULL;
	buf_release(&text);
	if (r < 0)
		return r;
	return sections ? read_pdnstool(path, t) : read_dnsdbq(path, t);
}

static int read_usual(struct taking *t)
{
	static const char *const files[] = {".passivedns-client", ".isc-dnsdb-query.conf",
					    ".dnsdb-query.conf"};
	static const char *const variables[] = {"DNSDB_API_KEY", "DNSDB_SERVER",
						"CIRCL_AUTH", "CIRCL_SERVER"};
	const char *home = getenv("HOME");
	char path[4096];
	int r = 0;
	for (size_t i = 0; home && i < 3 && r >= 0; i++) {
		snprintf(path, sizeof(path), "%s/%s", home, files[i]);
		if (io_exists(path))
			r = read_file(path, t);
	}
	for (size_t i = 0; i < 4 && r >= 0; i++)
		if (getenv(variables[i]))
			r = take_variable(t, variables[i], getenv(variables[i]));
	return r;
}

int config_import(char *const *files, size_t count, struct buf *ret, struct fault *f)
{
	struct taking t = {.out = ret, .f = f};
	int r = 0;
	buf_puts(ret, "# taken over from other clients by yore config import\n");
	for (size_t i = 0; i < count && r >= 0; i++)
		r = read_file(files[i], &t);
	if (count == 0)
		r = read_usual(&t);
	if (r < 0 && f && f->code == 0)
		fault_set(f, r, "%s", yore_strerror(r));
	return r < 0 ? r : t.count;
}
