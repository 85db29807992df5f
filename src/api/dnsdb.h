/* What the two files of DNSDB's dialect share. */
#ifndef YORE_API_DNSDB_H
#define YORE_API_DNSDB_H

#include "api/ask.h"

/* The parameters; false after leaving an error in the call. */
bool dnsdb_params(struct call *c, struct ask *a);
bool dnsdb_type(struct call *c, struct ask *a, const char *text);
/* X-RateLimit-*: numbers, or the words that its clients know. */
void dnsdb_rate_headers(struct call *c);

#endif
