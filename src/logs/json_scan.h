/*
 * A JSON line as a run of values with their paths ("dns.answers.rrname"; elements of an
 * array have the array's path), through yajl: no tree is built. Values deeper than
 * JSON_SCAN_DEPTH are passed over.
 */
#ifndef YORE_LOGS_JSON_SCAN_H
#define YORE_LOGS_JSON_SCAN_H

#include "base/bytes.h"

#define JSON_SCAN_DEPTH 8

enum json_event {
	JSON_STRING,
	JSON_NUMBER, /* as it was written */
	JSON_TRUE,
	JSON_FALSE,
	JSON_NULL,
	JSON_OBJECT,	 /* begins */
	JSON_OBJECT_END, /* ends: all its values were given */
};

/* path and value are borrowed during the call. */
typedef void (*json_scan_fn)(enum json_event event, struct bytes path, struct bytes value,
			     void *arg);

struct json_scan;
int json_scan_new(json_scan_fn each, void *arg, struct json_scan **ret) YORE_MUST_CHECK;
void json_scan_free(struct json_scan *j);
/* One whole value; EMALFORMED when it is none (what came before was given). */
int json_scan_line(struct json_scan *j, struct bytes line);

static inline bool path_is(struct bytes path, const char *text)
{
	size_t n = strlen(text);
	return path.len == n && memcmp(path.at, text, n) == 0;
}

#endif
