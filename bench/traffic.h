/*
 * Made-up but repeatable RRs, shaped like traffic: most names are seen once, few for
 * long; a fortieth of them share one zone, 1 % of the RRs one address, zones follow a
 * power law, 5 % of the RRs belong to names whose answers rotate through twenty addresses
 * (four at a time, of ten that change by the month), 15 % are of sets of two to four
 * that stay as they are.
 */
#ifndef YORE_BENCH_TRAFFIC_H
#define YORE_BENCH_TRAFFIC_H

#include "record/key.h"

#define TRAFFIC_ADDRESS 0xcb007101 /* the one with a million names: 203.0.113.1 */

struct made {
	uint8_t owner[256], rdata[300];
	struct rrset set;
	struct bytes single; /* the one record of the set, or RR u of it */
};

uint64_t traffic_mix(uint64_t a, uint64_t salt);
/* Few values of `of` are had most often: a power law over a hash. */
uint64_t traffic_skewed(uint64_t h, uint64_t of);

uint64_t traffic_names(uint64_t all);	/* how many names so many RRs have */
uint64_t traffic_zones(uint64_t names); /* in how many zones, less the zone 0 */
/* Zone 0 has a fortieth of all names. Wire form; returns the length. */
size_t traffic_zone(uint8_t *p, uint64_t zone);
size_t traffic_owner(uint64_t n, uint64_t names, uint8_t out[256]);
/* RR number u of `all`. */
void traffic_rr(uint64_t u, uint64_t all, struct made *m);
/* Is it one of those, the one at or near v, and one of its answers in a month. */
bool traffic_rotates(uint64_t u);
uint64_t traffic_rotating(uint64_t v);
void traffic_rotation(uint64_t u, int32_t month, uint64_t spin, struct made *m);

#endif
