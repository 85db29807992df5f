/*
 * Which network an address belongs to, and what is special about it: the built-in lists
 * (data/networks), MISP warninglists, the site's own rewriting, and dated tables of
 * autonomous systems (libmaxminddb files, or CSV ranges: start,end,number,organisation).
 */
#ifndef YORE_INTEL_NETWORKS_H
#define YORE_INTEL_NETWORKS_H

#include "base/arena.h"
#include "dns/name.h"

enum special {
	SPECIAL_NONE,
	SPECIAL_REWRITTEN,   /* the site's own resolver put it there */
	SPECIAL_UNREACHABLE, /* 0.0.0.0, loopback, private, ... */
	SPECIAL_RESOLVER,    /* a public resolver */
	SPECIAL_SINKHOLE,
	SPECIAL_PARKED,
	SPECIAL_CDN,
	SPECIAL_CLOUD
};

struct network {
	struct addr_range range;
	enum special special;
	const char *label;  /* "Cloudflare" */
	const char *origin; /* which list */
};

struct zone_note { /* a name list: aliases into CDNs, warninglists of host names */
	struct name zone;
	enum special special;
	const char *label, *origin;
};

struct asn {
	uint32_t number; /* 0: not known */
	char organisation[64];
	char table[128]; /* which, of when */
};

struct asn_tables;

struct networks {
	struct arena arena;
	struct network *at;
	size_t count, room;
	struct zone_note *zones;
	size_t zone_count, zone_room;
	struct asn_tables *asn;
};

int networks_init(struct networks *n, struct fault *f) YORE_MUST_CHECK; /* built-in */
void networks_release(struct networks *n);

/* "192.0.2.0/24", "192.0.2.1" or a zone: what the site's own resolver answers with. */
int networks_add_rewriting(struct networks *n, const char *text, struct fault *f);
/* A text file of the user's own, as in data/networks, of prefixes and (for aliases that
 * lead there) names; kind: "cdn", "sinkhole", ... */
int networks_add_file(struct networks *n, const char *path, const char *kind,
		      struct fault *f);
/* A folder of MISP warninglists (each NAME/list.json, or NAME.json). */
int networks_add_warninglists(struct networks *n, const char *dir, struct fault *f);
/* ASN table: .mmdb or .csv. Several are asked in order. */
int networks_add_asn(struct networks *n, const char *path, struct fault *f);

/* The entry that says most: by the order of enum special, then the smallest. */
const struct network *networks_find(const struct networks *n, const struct addr *a);
const struct zone_note *networks_find_zone(const struct networks *n, struct bytes name);
bool networks_asn(const struct networks *n, const struct addr *a, struct asn *ret);

/*
 * RFC 6890's special addresses, but not those of documentation: no real history holds
 * them, and examples should behave as reality does.
 */
bool addr_is_unreachable(const struct addr *a);

const char *special_name(enum special s); /* "CDN edge" */
bool special_is_dormant(enum special s);

/* ---- within the module ---- */
int networks_put(struct networks *n, const struct network *one) YORE_MUST_CHECK;
int networks_put_zone(struct networks *n, const struct zone_note *z) YORE_MUST_CHECK;
void asn_tables_free(struct asn_tables *t);

#endif
