/*
 * Writing JSON (RFC 8259) fast. Strings are octets: valid UTF-8 passes, anything else
 * and control characters are escaped (\u00XX by octet), so output is always valid.
 * Commas are put by the writer; misuse (a value where a key is due) is the caller's bug.
 */
#ifndef YORE_BASE_JSON_H
#define YORE_BASE_JSON_H

#include "base/buf.h"

struct json {
	struct buf *out;
	uint64_t comma; /* one bit per open level: a comma is due */
	unsigned depth;
	bool after_key;
};

void json_init(struct json *j, struct buf *out);
void json_open(struct json *j, char bracket);	/* '{' or '[' */
void json_close(struct json *j, char bracket);	/* '}' or ']' */
void json_key(struct json *j, const char *key); /* plain ASCII, not escaped */
void json_bytes(struct json *j, struct bytes s);
void json_str(struct json *j, const char *s);
void json_u64(struct json *j, uint64_t v);
void json_i64(struct json *j, int64_t v);
void json_bool(struct json *j, bool v);
void json_none(struct json *j);
void json_raw(struct json *j, struct bytes text); /* a value already in JSON */

#endif
