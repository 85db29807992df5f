/*
 * Whose: is an address shared by strangers, dedicated, or not known to be either? And,
 * apart from that, is it special (a CDN's edge, a cloud, a sinkhole, dormant, our own
 * rewriting)? Pure; the evidence comes in.
 *
 * A local history sees only what its own clients asked: the names it knows at an address
 * are a lower bound. Many of them prove sharing; few prove nothing. So *dedicated* needs
 * a wide source that answered whole. Many unrelated domains that are all young are not
 * hosting but one actor's farm; where the history begins too late to know their age,
 * they count as hosting.
 */
#ifndef YORE_INTEL_WHOSE_H
#define YORE_INTEL_WHOSE_H

#include "intel/networks.h"
#include "intel/when.h"

enum ownership { OWNER_UNKNOWN, OWNER_SHARED, OWNER_DEDICATED };

struct neighbour { /* a registered domain at the address */
	struct name domain;
	int64_t first_s, last_s; /* there */
	int64_t born_s;		 /* first seen anywhere; WHEN_UNKNOWN: not asked */
	bool related;		 /* an indicator's own, or the report's */
};

struct whose_options {		 /* zeros: the defaults */
	unsigned shared_at;	 /* unrelated domains; 10 */
	unsigned dedicated_most; /* unrelated domains on a dedicated address; 2 */
	int64_t young_s;	 /* a domain is young for so long; 90 d */
	unsigned farm_percent;	 /* so many of them young make a farm; 80 */
};

struct whose_input {
	const struct neighbour *neighbours;
	size_t count;
	bool truncated; /* there were more */
	bool wide;	/* a wide source answered, whole */
	int64_t history_begins_s;
	const struct network *network;	 /* may be NULL */
	const struct zone_note *through; /* an alias that led here; may be NULL */
	struct asn asn;
};

struct whose {
	enum ownership ownership;
	enum special special;
	unsigned unrelated, young, related;
	bool farm;
	char evidence[400];
};

void whose_defaults(struct whose_options *o); /* fills in zeros */
struct whose whose_judge(const struct whose_input *in, const struct window *w,
			 const struct whose_options *o);
const char *ownership_name(enum ownership o);

#endif
