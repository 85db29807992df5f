#include "remote/json_path.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- paths ---- */

static size_t member_len(const char *path, const char *end)
{
	size_t n = 0;
	while (path + n < end && !strchr(".[{", path[n]))
		n++;
	return n;
}

static const json_t *member(const json_t *v, const char *name, size_t len)
{
	char key[128];
	if (len >= sizeof(key))
		return NULL;
	memcpy(key, name, len);
	key[len] = '\0';
	return json_object_get(v, key);
}

const json_t *json_path_get(const char *path, size_t len, const json_t *v)
{
	const char *end = path + len;
	while (v && path < end) {
		size_t n = member_len(path, end);
		v = member(v, path, n);
		path += n;
		if (path < end)
			path++; /* the dot; iterations are refused before */
	}
	return v;
}

bool json_path_valid(const char *path)
{
	unsigned iterations = 0;
	if (*path == '\0')
		return true;
	for (const char *s = path; *s;) {
		size_t n = member_len(s, s + strlen(s));
		s += n;
		if (n == 0 && *s != '[' && *s != '{')
			return false;
		while (*s == '[' || *s == '{') {
			if (s[1] != (*s == '[' ? ']' : '}') || ++iterations > JSON_SCOPES)
				return false;
			s += 2;
		}
		if (*s == '.' && s[1])
			s++;
		else if (*s)
			return false;
	}
	return true;
}

static int walk(const char *path, const json_t *v, struct json_scope *scope,
		int (*each)(struct json_scope *scope, void *arg), void *arg);

static int enter(const char *rest, const json_t *v, const char *key,
		 struct json_scope *scope,
		 int (*each)(struct json_scope *scope, void *arg), void *arg)
{
	if (scope->depth == JSON_SCOPES)
		return YORE_ELIMIT;
	scope->item[scope->depth] = v;
	scope->key[scope->depth] = key;
	scope->depth++;
	int r = walk(rest, v, scope, each, arg);
	scope->depth--;
	return r;
}

static int iterate(const char *path, const json_t *v, struct json_scope *scope,
		   int (*each)(struct json_scope *scope, void *arg), void *arg)
{
	const char *rest = path + 2;
	int count = 0, r = 0;
	if (*path == '{') {
		void *it = json_object_iter((json_t *)(uintptr_t)v);
		for (; it && r >= 0; count += r > 0 ? r : 0) {
			r = enter(rest, json_object_iter_value(it),
				  json_object_iter_key(it), scope, each, arg);
			it = json_object_iter_next((json_t *)(uintptr_t)v, it);
		}
		return r < 0 ? r : count;
	}
	if (!json_is_array(v)) /* some servers leave the brackets out for one element */
		return v && !json_is_null(v) ? enter(rest, v, NULL, scope, each, arg) : 0;
	for (size_t i = 0; i < json_array_size(v) && r >= 0; i++) {
		r = enter(rest, json_array_get(v, i), NULL, scope, each, arg);
		count += r > 0 ? r : 0;
	}
	return r < 0 ? r : count;
}

static int walk(const char *path, const json_t *v, struct json_scope *scope,
		int (*each)(struct json_scope *scope, void *arg), void *arg)
{
	while (*path == '.')
		path++;
	if (v == NULL)
		return 0;
	if (*path == '\0') {
		int r = each(scope, arg);
		return r < 0 ? r : 1;
	}
	if (*path == '[' || *path == '{')
		return iterate(path, v, scope, each, arg);
	size_t n = member_len(path, path + strlen(path));
	return walk(path + n, member(v, path, n), scope, each, arg);
}

int json_path_each(const char *path, struct json_scope *scope,
		   int (*each)(struct json_scope *scope, void *arg), void *arg)
{
	scope->depth = 0;
	return enter(path, scope->root, NULL, scope, each, arg);
}

/* ---- fields ---- */

static const char *text_of(const json_t *v, char *room)
{
	if (json_is_string(v))
		return *json_string_value(v) ? json_string_value(v) : NULL;
	if (json_is_integer(v))
		snprintf(room, 32, "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v))
		snprintf(room, 32, "%.0f", json_real_value(v));
	else
		return NULL;
	return room;
}

static const char *word(const char *at, size_t len, const struct json_scope *s,
			char *room)
{
	static const char *const words[] = {"@name", "@address", "@part", "@item",
					    "@key"};
	size_t i = 0;
	while (i < 5 && (strlen(words[i]) != len || memcmp(words[i], at, len) != 0))
		i++;
	switch (i) {
	case 0:
		return s->name;
	case 1:
		return s->address;
	case 2:
		return s->part;
	case 3:
		return text_of(s->item[s->depth - 1], room);
	case 4:
		for (size_t d = s->depth; d--;)
			if (s->key[d])
				return s->key[d];
		return NULL;
	default:
		return NULL;
	}
}

/* One path, word or literal, without braces around it. */
static const char *simple(const char *at, size_t len, const struct json_scope *s,
			  char *room)
{
	size_t up = 0;
	if (len >= 2 && at[0] == '\'' && at[len - 1] == '\'') {
		memcpy(room, at + 1, len - 2);
		room[len - 2] = '\0';
		return room;
	}
	if (len && *at == '@')
		return word(at, len, s, room);
	if (len && *at == '/')
		return text_of(json_path_get(at + 1, len - 1, s->root), room);
	while (up < len && at[up] == '^')
		up++;
	if (up >= s->depth)
		return NULL;
	return text_of(json_path_get(at + up, len - up, s->item[s->depth - 1 - up]),
		       room);
}

/* "{priority} {host}": all of its fields have to be there. */
static const char *filled(const char *at, size_t len, const struct json_scope *s,
			  char *room)
{
	size_t n = 0;
	char *part = malloc(JSON_FIELD_MAX);
	for (size_t i = 0; part && i < len;) {
		const char *close = at[i] == '{' ? memchr(at + i, '}', len - i) : NULL;
		const char *text = at + i;
		size_t add = 1;
		if (close) {
			text = simple(at + i + 1, (size_t)(close - at) - i - 1, s, part);
			if (text == NULL) {
				n = JSON_FIELD_MAX;
				break;
			}
			add = strlen(text);
			i = (size_t)(close - at);
		}
		if (n + add + 1 > JSON_FIELD_MAX) {
			n = JSON_FIELD_MAX;
			break;
		}
		memcpy(room + n, text, add);
		n += add;
		i++;
	}
	free(part);
	if (part == NULL || n == JSON_FIELD_MAX)
		return NULL;
	room[n] = '\0';
	return room;
}

const char *json_field(const char *field, const struct json_scope *s, char *room)
{
	while (field && *field) {
		size_t n = strcspn(field, "|"), len = n;
		const char *at = field;
		while (len && *at == ' ') {
			at++;
			len--;
		}
		while (len && at[len - 1] == ' ')
			len--;
		const char *text = len && memchr(at, '{', len) ? filled(at, len, s, room)
				   : len		       ? simple(at, len, s, room)
							       : NULL;
		if (text && *text)
			return text;
		field += n + (field[n] == '|');
	}
	return NULL;
}

static bool simple_valid(const char *at, size_t len)
{
	static const char *const words[] = {"@name", "@address", "@part", "@item",
					    "@key"};
	if (len == 0 || len > 300)
		return false;
	if (*at == '\'')
		return len >= 2 && at[len - 1] == '\'';
	if (*at == '@') {
		for (size_t i = 0; i < 5; i++)
			if (strlen(words[i]) == len && memcmp(at, words[i], len) == 0)
				return true;
		return false;
	}
	return !memchr(at, '[', len) && !memchr(at, '{', len) && !memchr(at, ' ', len);
}

bool json_field_valid(const char *field)
{
	while (*field) {
		size_t n = strcspn(field, "|"), len = n;
		const char *at = field;
		while (len && *at == ' ')
			at++, len--;
		while (len && at[len - 1] == ' ')
			len--;
		if (!memchr(at, '{', len) && !simple_valid(at, len))
			return false;
		for (size_t i = 0; memchr(at, '{', len) && i < len; i++) {
			const char *close = memchr(at + i, '}', len - i);
			if (at[i] != '{')
				continue;
			if (!close ||
			    !simple_valid(at + i + 1, (size_t)(close - at) - i - 1))
				return false;
			i = (size_t)(close - at);
		}
		field += n + (field[n] == '|');
	}
	return true;
}
