/* One DNS message with where it travelled: what net/ makes of frames, and dnstap gives.
 */
#ifndef YORE_NET_DATAGRAM_H
#define YORE_NET_DATAGRAM_H

#include "base/addr.h"

enum transport { TRANSPORT_UDP, TRANSPORT_TCP };

/* Where the message was seen; AUTO lets observe/ tell from RD, RA and AA. */
enum vantage { VANTAGE_AUTO, VANTAGE_ABOVE, VANTAGE_BELOW, VANTAGE_AUTH };

struct datagram {
	int64_t time_us; /* of the frame that completed it */
	struct addr src, dst;
	uint16_t src_port, dst_port;
	uint8_t transport;    /* enum transport */
	uint8_t vantage;      /* enum vantage */
	bool believed_pair;   /* the producer (dnstap) vouches that a query was sent */
	bool snapped;	      /* the capture cut it: payload is shorter than it was */
	uint32_t input;	      /* of the frame with which it came out: never goes back, */
	uint64_t number;      /* so a position covers it; frame number from 1 */
	struct bytes payload; /* the DNS message, borrowed during the call */
};

/* Takes one; a negative return stops the chain and is handed up unchanged. */
typedef int (*datagram_fn)(const struct datagram *d, void *arg);

#endif
