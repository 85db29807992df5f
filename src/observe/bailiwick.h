/*
 * Who speaks for which zone: the knowledge that bailiwick is judged by.
 *
 * After Edmonds, "Passive DNS Hardening" (2010): a server address is known to be
 * authoritative for a zone when an NS record of the zone and an address record of the
 * name it points at were both seen inside a bailiwick themselves; it begins with the
 * root servers' published addresses. An AA bit teaches nothing: a spoofer sets it too.
 *
 * All of it is bounded: pairs of server and zone and pairs of target and zone are kept
 * as keyed 64-bit fingerprints, what is needed to combine them in an arena. When a table
 * is full nothing more is learnt (counted), and what is judged stays right: such servers
 * are unproven, never wrong.
 */
#ifndef YORE_OBSERVE_BAILIWICK_H
#define YORE_OBSERVE_BAILIWICK_H

#include "base/addr.h"
#include "base/arena.h"

/* Zones with more labels than this are not learnt. */
#define BAILIWICK_DEPTH 62
/* Addresses that are remembered for one name. */
#define BAILIWICK_ADDRS 32

struct bailiwick_server {
	uint64_t key;	 /* 0: free */
	uint64_t depths; /* bit n: speaks for some zone of n labels */
};

struct bailiwick_target {
	uint64_t key;	       /* hash of a name that NS records point at; 0: free */
	uint32_t zones, addrs; /* heads of lists, in units of 16 octets from the base */
	uint32_t addr_count;
};

/* Each new pair, once. A negative return is handed up. */
typedef int (*bailiwick_fn)(const struct addr *server, struct bytes zone, void *arg);

struct bailiwick {
	struct bailiwick_server *servers;
	uint64_t server_mask, server_used;
	uint64_t *pairs; /* (server, zone) and (target, zone) */
	uint64_t pair_mask, pair_used;
	struct bailiwick_target *targets;
	uint64_t target_mask, target_used;
	uint8_t *list; /* nodes of the lists */
	size_t list_used, list_room;
	uint64_t *recent; /* sets looked at not long ago */
	uint64_t full;	  /* what could not be kept */
	bailiwick_fn learnt;
	void *arg;
};

int bailiwick_init(struct bailiwick *b, size_t octets, bailiwick_fn learnt,
		   void *arg) YORE_MUST_CHECK;
void bailiwick_release(struct bailiwick *b);

/* The root servers' addresses, for the root zone. Not told to learnt(). */
void bailiwick_root_hints(struct bailiwick *b);
/* As an earlier run learnt it. Not told to learnt() again. */
void bailiwick_teach(struct bailiwick *b, const struct addr *server, struct bytes zone);

/* A server as it is asked about: once for each response. */
uint64_t bailiwick_key(const struct addr *server);
static inline void bailiwick_prefetch(const struct bailiwick *b, uint64_t key)
{
	__builtin_prefetch(&b->servers[key & b->server_mask]);
}
const struct bailiwick_server *bailiwick_find(const struct bailiwick *b, uint64_t key);

/*
 * Labels of the closest zone at or above name that the server is known for; -1: none.
 */
int bailiwick_of(const struct bailiwick *b, const struct bailiwick_server *s,
		 struct bytes name);

/*
 * A set that was inside its bailiwick teaches: NS sets which names serve the zone, A and
 * AAAA sets where these names are. Packed as in struct rrset.
 */
int bailiwick_learn_ns(struct bailiwick *b, struct bytes zone, struct bytes packed);
int bailiwick_learn_addr(struct bailiwick *b, struct bytes name, struct bytes packed);

#endif
