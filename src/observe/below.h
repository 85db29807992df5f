/*
 * What is asked below the resolvers, and of whom: answers counted by the server that gave
 * them, so that it shows how much goes past the resolvers that are watched. Clients are
 * not kept.
 *
 * A server is watched when the site says so (observe/site.h), when it tells of itself
 * (dnstap), or when it was seen to ask on, too. Who asks on is no client: what is
 * answered to it is not counted here. Names of the list of DNS over HTTPS are counted
 * among the questions: who asks for one may be about to go past.
 *
 * Everything has a fixed size; servers beyond it are counted together.
 */
#ifndef YORE_OBSERVE_BELOW_H
#define YORE_OBSERVE_BELOW_H

#include "dns/message.h"
#include "net/datagram.h"
#include "observe/site.h"

#define BELOW_SERVERS 1024    /* a power of two */
#define BELOW_SERVERS_TOLD 12 /* by name, at once; the rest together */
#define BELOW_NAMES_TOLD 8

struct below_server {
	struct addr addr;   /* len 0: free */
	bool served;	    /* it answered somebody */
	bool asks, watched; /* it was seen to ask on; it is watched */
	uint64_t count;	    /* since the last telling */
};

struct below {
	struct below_server *at; /* NULL: nothing was counted yet */
	uint64_t others;	 /* of servers without a place */
	uint64_t doh[SITE_WORDS_MOST];
	bool any_doh;
	struct addr latest; /* the latest that asked on: mostly the same again */
};

void below_release(struct below *b);

/* One answer below. Without memory it is not counted. */
void below_answered(struct below *b, const struct site *site, const struct datagram *d,
		    const struct message *m);
/* One answer above, to this resolver. */
void below_asks_on(struct below *b, const struct addr *resolver);

/*
 * What was counted since the last time, as lines of the ledger: "below.watched.ADDR=N",
 * "below.asked.ADDR=N", "below.others=N", "below.doh.NAME=N".
 */
void below_tell(struct below *b, const struct site *site, struct buf *out);

#endif
