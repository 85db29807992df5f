/*
 * The table of routes: method, path, dialect, right, handler; one row each. The OpenAPI
 * document is tested against it.
 */
#ifndef YORE_API_ROUTE_H
#define YORE_API_ROUTE_H

#include "api/dialects.h"

enum { METHOD_GET = 1, METHOD_POST = 2 }; /* HEAD goes where GET does */

struct route {
	unsigned methods;
	const char *path; /* pieces joined by '/'; ending in "/+": and more pieces */
	enum dialect dialect;
	unsigned scope; /* 0: no key is needed */
	bool charged;	/* takes from the quota */
	route_fn run;
};

extern const struct route route_table[]; /* run NULL ends it */

/*
 * The row for these pieces, and in *at how many of them it names. NULL: none; *methods
 * is then what rows of other methods take (0: no such path at all).
 */
const struct route *route_find(const char *method, const struct url *u, size_t *at,
			       unsigned *methods);

#endif
