/*
 * Who asks, when a proxy of ours stands in between. X-Forwarded-For is believed only as
 * far as it was written by addresses that --trust-proxy names: read from its right end,
 * the first address that is no proxy of ours is the client. Anybody can send the header;
 * from anybody else it means nothing.
 */
#ifndef YORE_API_FORWARDED_H
#define YORE_API_FORWARDED_H

#include "base/addr.h"

enum { FORWARDED_PROXIES_MAX = 32 };

struct forwarded { /* zeros: nobody is trusted */
	struct addr_range proxy[FORWARDED_PROXIES_MAX];
	size_t count;
};

/* An address, prefix or range of proxies. EMALFORMED, ELIMIT. */
int forwarded_trust(struct forwarded *f, const char *proxy) YORE_MUST_CHECK;
bool forwarded_trusts(const struct forwarded *f, const struct addr *a);
/*
 * The client behind peer. text has all lines of the header in the order they came,
 * joined by commas; NULL: there was none. Where it says nonsense ("unknown"), the proxy
 * that passed it on is the client: nobody gains another's address by it.
 */
struct addr forwarded_client(const struct forwarded *f, const struct addr *peer,
			     const char *text);

#endif
