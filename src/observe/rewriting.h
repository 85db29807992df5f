/*
 * Signs that a resolver answered for itself instead of handing on what the world said.
 *
 * In the message: the SOA of the policy zone in the additional section, which resolvers
 * with response policy zones add; an extended error (RFC 8914) that says forged, blocked,
 * censored or filtered; a denial with authority that no zone's SOA stands behind. Nobody
 * but the resolver adds these below itself, so they count below only.
 *
 * Between messages: the name was just denied above (NXDOMAIN), and the same resolver
 * hands out an address or an alias for it below, within the time for which the denial
 * may be kept (15 minutes at most).
 */
#ifndef YORE_OBSERVE_REWRITING_H
#define YORE_OBSERVE_REWRITING_H

#include "dns/message.h"
#include "net/datagram.h"

bool policy_answered(const struct message *m);

struct denial {
	uint64_t key; /* of name and resolver; 0: free */
	int64_t until_us;
};

/* Names denied above. A fixed table: a new one takes the place of an older one. */
struct denials {
	struct denial *at; /* NULL: none so far */
};

void denials_release(struct denials *d);
/* Above: this resolver was told that there is no such name. Without memory: not kept. */
void denials_note(struct denials *d, const struct datagram *response, struct bytes name,
		  uint32_t ttl);
/* Below: was the resolver that says this told so? */
bool denials_has(const struct denials *d, const struct datagram *response,
		 struct bytes name);

#endif
