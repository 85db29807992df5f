/* The tables behind observe/bailiwick.h; internal to observe/. */
#ifndef YORE_OBSERVE_KNOWN_H
#define YORE_OBSERVE_KNOWN_H

#include "base/hash.h"
#include "observe/bailiwick.h"

#define KNOWN_UNIT 16	   /* list nodes begin at multiples of it; 0 is no node */
#define KNOWN_RECENT 32768 /* a power of two */

enum { KNOWN_NEW, KNOWN_BEFORE, KNOWN_FULL };

/* Of a server's key (or a target's) and a zone's name. Never 0. */
static inline uint64_t known_pair_key(uint64_t key, struct bytes zone)
{
	uint64_t h = hash_mix(key, hash_keyed(zone.at, zone.len));
	return h ? h : 1;
}

bool known_pair_has(const struct bailiwick *b, uint64_t key);
int known_pair_add(struct bailiwick *b, uint64_t key); /* KNOWN_* */

/* The server speaks for the zone: KNOWN_*. */
int known_server_zone(struct bailiwick *b, const struct addr *server, struct bytes zone);

#endif
