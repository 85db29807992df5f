/*
 * Web pages that ask. A browser lets any page send requests to any server that it can
 * reach, this one on the user's own machine included; what decides is told here.
 *
 * A request with an Origin is answered when the page came from this server itself, or
 * from an origin that --allow-origin names; its answer may then be read by the page
 * (Fetch standard, "CORS"). Any other is refused before anything is looked up, so that
 * no page learns from the time it took, and none sends segments. Preflights (OPTIONS)
 * need no key and allow the headers that our dialects read. Cookies are not used, so
 * credentials in the sense of browsers are never allowed: a page shows its key itself.
 *
 * Without keys and without TLS a page could also have its own name resolve to this
 * machine and so become "this server itself" (DNS rebinding). Such a server answers to
 * addresses, localhost and single labels as Host only.
 */
#ifndef YORE_API_ORIGIN_H
#define YORE_API_ORIGIN_H

#include "api/call.h"

enum { ORIGINS_MAX = 64 };

struct origins {
	const char *at[ORIGINS_MAX]; /* "https://ui.example", or "*"; the caller's */
	size_t count;
	bool open; /* anybody who gets here may ask: look at Host */
};

/* "https://ui.example:8443", "null" or "*". EMALFORMED, ELIMIT. */
int origins_add(struct origins *o, const char *origin) YORE_MUST_CHECK;

/* May this request go on? False after leaving the error. Adds what the page needs. */
bool origin_admit(struct call *c);
/* OPTIONS for a path that takes these methods. */
void origin_preflight(struct call *c, unsigned methods);

#endif
