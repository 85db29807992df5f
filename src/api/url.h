/*
 * Request targets, read before anybody else interprets them.
 *
 * A target is a path and an optional query. The path is split at raw slashes first and
 * each piece is percent-decoded afterwards, so %2F stands inside a piece; empty pieces
 * vanish ("//dnsdb/v2" is "/dnsdb/v2": clients double slashes). The query is split at
 * '&', then at the first '='. Everything lands in one block that belongs to the struct.
 *
 * Refused: percent signs without two hexadecimal digits, %00, raw control characters
 * (EMALFORMED); targets, pieces or parameters beyond the ceilings (ELIMIT).
 */
#ifndef YORE_API_URL_H
#define YORE_API_URL_H

#include "base/bytes.h"

#define URL_TEXT_MAX 8192
#define URL_PIECES_MAX 24
#define URL_PARAMS_MAX 128

struct url_param {
	const char *name, *value; /* value "" when there was no '=' */
};

struct url {
	char text[URL_TEXT_MAX]; /* decoded pieces and parameters, each with its NUL */
	const char *piece[URL_PIECES_MAX];
	size_t piece_count;
	struct url_param param[URL_PARAMS_MAX];
	size_t param_count;
};

/*
 * plus_is_space: '+' in the query is a space, as HTML forms have it. DNSDB's clients
 * send patterns unescaped, where '+' is itself.
 */
int url_parse(const char *target, bool plus_is_space, struct url *ret) YORE_MUST_CHECK;

/* The first parameter of that name; NULL when there is none. */
const char *url_param(const struct url *u, const char *name);

/* The pieces from i on, joined by '/' into out: "192.0.2.0/24". ELIMIT. */
int url_rest(const struct url *u, size_t i, char *out, size_t room) YORE_MUST_CHECK;

#endif
