#include "query/literal.h"

#include <stdbool.h>
#include <string.h>

struct runs {
	char run[LITERAL_MAX], best[LITERAL_MAX];
	size_t len;
	bool cut; /* the run is longer than there is room for: this is its beginning */
};

static void end_run(struct runs *r)
{
	r->run[r->len] = '\0';
	if (r->len > strlen(r->best))
		memcpy(r->best, r->run, r->len + 1);
	r->len = 0;
	r->cut = false;
}

static void add(struct runs *r, char c)
{
	if (r->len + 1 == LITERAL_MAX)
		r->cut = true;
	else
		r->run[r->len++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* The last character may be absent. */
static void drop_last(struct runs *r)
{
	if (r->len && !r->cut)
		r->len--;
	end_run(r);
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Past the class that opens at s; NULL when it does not close. */
static const char *skip_class(const char *s)
{
	s++;
	if (*s == '^')
		s++;
	if (*s == ']')
		s++;
	for (; *s && *s != ']'; s++) {
		if (*s == '\\' && s[1])
			s++;
		else if (*s == '[' && s[1] == ':')
			return NULL; /* [:alpha:]: not worth a parser */
	}
	return *s ? s + 1 : NULL;
}

/* Past the group that opens at s; NULL when it does not close. */
static const char *skip_group(const char *s)
{
	size_t depth = 0;
	while (*s) {
		if (*s == '[') {
			s = skip_class(s);
			if (s == NULL)
				return NULL;
			continue;
		}
		if (*s == '\\' && s[1])
			s++;
		else if (*s == '(')
			depth++;
		else if (*s == ')' && --depth == 0)
			return s + 1;
		s++;
	}
	return NULL;
}

/* Past "{2,3}"; NULL when it does not close. */
static const char *skip_braces(const char *s)
{
	s = strchr(s, '}');
	return s ? s + 1 : NULL;
}

/* Past the escape at s: a character meant as itself, or one of a class. NULL: another. */
static const char *take_escape(struct runs *r, const char *s)
{
	char c = s[1];
	if (c == '-' || c == '_') {
		add(r, c);
		return s + 2;
	}
	end_run(r);
	if (c == '\0' || (is_plain(c) && !strchr("dDwWsSbBAzZ", c)))
		return NULL;
	return s + 2;
}

/* Options, verbs, quotes and alternation of the whole would need a parser. */
static bool is_opaque(const char *s)
{
	if (strstr(s, "(?") || strstr(s, "(*") || strstr(s, "\\Q") || strstr(s, "\\E"))
		return true;
	while (s && *s) {
		if (*s == '|')
			return true;
		if (*s == '\\' && s[1])
			s += 2;
		else if (*s == '(')
			s = skip_group(s);
		else if (*s == '[')
			s = skip_class(s);
		else
			s++;
	}
	return s == NULL;
}

void literal_of_regex(const char *regex, char ret[LITERAL_MAX])
{
	struct runs r = {0};
	const char *s = regex;
	ret[0] = '\0';
	if (is_opaque(s))
		return;
	while (s && *s) {
		if (is_plain(*s)) {
			add(&r, *s++);
		} else if (*s == '*' || *s == '?') {
			drop_last(&r);
			s++;
		} else if (*s == '{') {
			drop_last(&r);
			s = skip_braces(s);
		} else if (*s == '\\') {
			s = take_escape(&r, s);
		} else {
			end_run(&r);
			s = *s == '(' ? skip_group(s) : *s == '[' ? skip_class(s) : s + 1;
		}
	}
	if (s == NULL)
		return;
	end_run(&r);
	memcpy(ret, r.best, sizeof(r.best));
}
