/*
 * Paths and fields over a JSON answer, as remote/mapping.h has them in words.
 */
#ifndef YORE_REMOTE_JSON_PATH_H
#define YORE_REMOTE_JSON_PATH_H

#include "base/json_in.h"

#define JSON_SCOPES 8
#define JSON_FIELD_MAX 70000 /* octets of a field as text */

/* Where we are in the answer: the records around this one, outermost first. */
struct json_scope {
	const json_t *root;
	const json_t *item[JSON_SCOPES]; /* of each iteration */
	const char *key[JSON_SCOPES];	 /* of a {} iteration, else NULL */
	size_t depth;
	/* words that fields may name with @ */
	const char *name, *address, *part;
};

/* Is it a path (with iterations), a field? For complaints before anything is asked. */
bool json_path_valid(const char *path);
bool json_field_valid(const char *field);

/*
 * Calls back for every value the path leads to, with the scope standing in it. Returns
 * how many, or a negative result of each. An empty path is the whole answer.
 */
int json_path_each(const char *path, struct json_scope *scope,
		   int (*each)(struct json_scope *scope, void *arg), void *arg);

/* The value of a path without iterations from v; NULL when it is not there. */
const json_t *json_path_get(const char *path, size_t len, const json_t *v);

/*
 * A field as text, from the first alternative that has any; NULL when none has. The
 * result is in room (of JSON_FIELD_MAX) or borrowed from the JSON.
 */
const char *json_field(const char *field, const struct json_scope *scope, char *room);

#endif
