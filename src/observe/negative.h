/*
 * Negative answers (RFC 2308): a name that does not exist, or has no record of the type
 * that was asked for. Aliases in the answer are followed: the end of them is what does
 * not exist. A referral is no answer.
 */
#ifndef YORE_OBSERVE_NEGATIVE_H
#define YORE_OBSERVE_NEGATIVE_H

#include "dns/message.h"

enum negative_kind { NEGATIVE_NOT, NEGATIVE_NXDOMAIN, NEGATIVE_NODATA };

struct negative {
	enum negative_kind kind;
	struct bytes name; /* borrowed from the message */
	uint32_t ttl;	   /* how long it may be believed (RFC 2308 5); 0: no SOA said */
};

struct negative negative_of(const struct message *m);

#endif
