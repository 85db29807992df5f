/*
 * Does a DNS message over TCP (RFC 1035 4.2.2: two octets of length, then the message)
 * begin here? For streams whose beginning was not seen, and behind a hole.
 */
#ifndef YORE_NET_FRAMING_H
#define YORE_NET_FRAMING_H

#include "base/bytes.h"

#define FRAMING_LEAST 14 /* length and DNS header: less cannot be judged */

enum framing_side { FRAMING_EITHER, FRAMING_QUERY, FRAMING_RESPONSE };

/* Judges length and header, and as much of the question as there is. */
bool framing_plausible(struct bytes b, enum framing_side side);

/* As above, and what stands behind the message (if it ends in b) fits as well. */
bool framing_begins(struct bytes b, enum framing_side side);

#endif
