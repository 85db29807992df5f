#include "conf/rule.h"

#include <stdio.h>
#include <strings.h>

#include "base/num.h"

struct checking {
	const struct conf_rule *const *rules;
	void (*say)(const char *line, void *arg);
	void *arg;
	size_t found;
};

static bool section_fits(const char *pattern, const char *section)
{
	size_t n = strlen(pattern);
	if (n && pattern[n - 1] == '*')
		return strncasecmp(pattern, section, n - 1) == 0 && section[n - 1];
	return strcasecmp(pattern, section) == 0;
}

static bool key_fits(const struct conf_rule *r, const char *key)
{
	if (r->key == NULL)
		return false;
	size_t n = strlen(r->key);
	if (strcmp(r->key, key) == 0)
		return true;
	if (n && r->key[n - 1] == '*' && strncmp(r->key, key, n - 1) == 0)
		return true;
	return r->kind == CONF_SECRET && strncmp(r->key, key, n) == 0 &&
	       strcmp(key + n, "-file") == 0;
}

/* *section tells whether the section at least is known. */
static const struct conf_rule *rule_for(const struct checking *k,
					const struct conf_entry *e, bool *section)
{
	*section = false;
	for (const struct conf_rule *const *t = k->rules; *t; t++) {
		for (const struct conf_rule *r = *t; r->section; r++) {
			if (!section_fits(r->section, e->section))
				continue;
			*section = true;
			if (key_fits(r, e->key))
				return r;
		}
	}
	return NULL;
}

static void complain(struct checking *k, const struct conf_entry *e, const char *what)
{
	char line[700];
	snprintf(line, sizeof(line), "%s:%u: [%.60s] %.60s: %s", e->file, e->line,
		 e->section, e->key, what);
	k->say(line, k->arg);
	k->found++;
}

static bool is_choice(const char *choices, const char *value)
{
	size_t n = strlen(value);
	for (const char *at = choices; at && *at;) {
		size_t len = strcspn(at, "|");
		if (len == n && strncasecmp(at, value, n) == 0)
			return true;
		at += len;
		at += *at == '|';
	}
	return false;
}

static const char *wrong_value(const struct conf_rule *r, const struct conf_entry *e)
{
	uint64_t n;
	int64_t s;
	const char *v = e->value;
	bool file = r->kind == CONF_SECRET && strcmp(r->key, e->key) != 0; /* KEY-file */
	switch (file ? CONF_PATH : r->kind) {
	case CONF_BOOL:
		return is_choice("yes|no|true|false|on|off|1|0", v) ? NULL
								    : "wants yes or no";
	case CONF_NUMBER:
		return num_u64(v, UINT64_MAX, &n) == 0 ? NULL : "wants a number";
	case CONF_SPAN:
		return num_span(v, &s) == 0 ? NULL : "wants a time such as 30s, 2h, 7d";
	case CONF_PATH:
		if (*v == '/' || strncmp(v, "~/", 2) == 0 || strcmp(v, "none") == 0)
			return NULL;
		return file && strncmp(v, "credential:", 11) == 0
			   ? NULL
			   : "wants a whole path, / or ~/ first";
	case CONF_CHOICE:
		return is_choice(r->choices, v) ? NULL : r->choices;
	case CONF_SECRET:
		return *v && e->exposed ? "others can read this file; chmod 600 it"
					: NULL;
	default:
		return NULL;
	}
}

static void check_entry(const struct conf_entry *e, void *arg)
{
	struct checking *k = arg;
	bool section;
	char text[200];
	const struct conf_rule *r = rule_for(k, e, &section);
	if (r == NULL) {
		complain(k, e, section ? "there is no such key" : "no such section");
		return;
	}
	if (e->again)
		complain(k, e, "stands twice in this file; the last one holds");
	const char *wrong = wrong_value(r, e);
	if (wrong && wrong == r->choices) {
		snprintf(text, sizeof(text), "wants one of %s", wrong);
		wrong = text;
	}
	if (wrong)
		complain(k, e, wrong);
}

size_t conf_check(struct conf *c, const struct conf_rule *const *rules,
		  void (*say)(const char *line, void *arg), void *arg)
{
	struct checking k = {rules, say, arg, 0};
	conf_each(c, check_entry, &k);
	return k.found;
}

static void put_comment(struct buf *out, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		buf_printf(out, "# %.*s\n", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

void conf_template(const struct conf_rule *const *rules, struct buf *out)
{
	const char *section = "";
	for (const struct conf_rule *const *t = rules; *t; t++) {
		for (const struct conf_rule *r = *t; r->section; r++) {
			if (strchr(r->section, '*')) {
				if (r->key == NULL) {
					buf_putc(out, '\n');
					put_comment(out, r->about);
				} else if (r->about)
					buf_printf(out, "#   %-14s %s\n", r->key,
						   r->about);
				continue;
			}
			if (strcmp(section, r->section) != 0) {
				buf_printf(out, "\n[%s]\n", r->section);
				section = r->section;
			}
			if (r->about)
				put_comment(out, r->about);
			if (r->key)
				buf_printf(out, "#%s = %s\n", r->key,
					   r->example ? r->example : "");
		}
	}
}
