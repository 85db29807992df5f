/*
 * Reading JSON (RFC 8259) from elsewhere: the one home of jansson, whose json_t API is
 * used from here on. Parsing is strict (no duplicate keys, no rest behind the value, no
 * NUL inside strings, numbers that fit) and bounded: text over the ceiling is refused
 * before it is looked at, nesting over jansson's own limit (2048) as well.
 */
#ifndef YORE_BASE_JSON_IN_H
#define YORE_BASE_JSON_IN_H

#include <jansson.h>

#include "base/bytes.h"

/*
 * One whole value. EMALFORMED with line and column in the fault, ELIMIT when the text is
 * longer than ceiling (0: none). The caller gives it back with json_decref.
 */
int json_in(struct bytes text, size_t ceiling, struct fault *f,
	    json_t **ret) YORE_MUST_CHECK;

/* Members of an object, borrowed from it; NULL when absent or of another type. */
const char *json_in_str(const json_t *object, const char *key);
json_t *json_in_array(const json_t *object, const char *key);
json_t *json_in_object(const json_t *object, const char *key);

/*
 * A number that may be written as an integer, a whole real or a string of digits (some
 * servers quote their numbers): 1 found, 0 absent or null, EMALFORMED anything else.
 */
int json_in_i64(const json_t *value, int64_t *ret) YORE_MUST_CHECK;
int json_in_i64_of(const json_t *object, const char *key, int64_t *ret) YORE_MUST_CHECK;

#endif
