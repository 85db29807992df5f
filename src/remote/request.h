/*
 * One request as a provider makes it, before it is sent or only shown. What must not be
 * shown is put with the _secret calls; in a masked request they leave a mark instead,
 * so that --dry-run and the log of what left print the exact request without keys.
 */
#ifndef YORE_REMOTE_REQUEST_H
#define YORE_REMOTE_REQUEST_H

#include "base/buf.h"

#define REQUEST_HEADERS 12
#define REQUEST_MASK "(not-shown)"

struct request {
	bool masked;
	const char *method; /* NULL: GET, or POST with a body */
	struct buf url, body, user_password, header_text;
	size_t header_at[REQUEST_HEADERS]; /* offsets into header_text, each with a NUL */
	size_t header_count;
	bool secret; /* something secret is in it */
};

void request_init(struct request *r, bool masked);
void request_release(struct request *r);

void request_url(struct request *r, const char *text);	 /* as it is */
void request_value(struct request *r, const char *text); /* percent-encoded */
void request_value_keep(struct request *r, const char *text, const char *keep);
void request_secret(struct request *r, const char *text); /* in the URL, encoded */
void request_header(struct request *r, const char *name, const char *value);
void request_header_secret(struct request *r, const char *name, const char *value);
void request_basic(struct request *r, const char *user, const char *password);

/* 0, or what went wrong: ELIMIT, ENOMEM. */
int request_error(const struct request *r);
const char *request_header_line(const struct request *r, size_t i);
/* For --dry-run: "GET https://...\n  Name: value\n". */
void request_put(struct buf *out, const struct request *r);

#endif
