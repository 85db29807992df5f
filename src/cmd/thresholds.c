#include <stddef.h>

#include "cmd/thresholds.h"

#define AT(field) offsetof(struct thresholds, field)

const struct option_row threshold_rows[] = {
    {"shared-at", 0, OPTION_NUMBER, AT(shared_at), "N",
     "so many unrelated registered domains make an address shared (10)",
     .positive = true},
    {"dedicated-at", 0, OPTION_NUMBER, AT(dedicated_most), "N",
     "at most so many on a dedicated one (2)", .positive = true},
    {"young", 0, OPTION_SPAN, AT(young_s), "SPAN", "a domain is young for so long (90d)",
     .positive = true},
    {"farm-percent", 0, OPTION_NUMBER, AT(farm_percent), "N",
     "so many of a shared address's domains young: a farm, no hosting (80)",
     .positive = true},
    {"names-at", 0, OPTION_NUMBER, AT(names_at), "N",
     "a registered domain with more names is a platform of many people (100)",
     .positive = true},
    {"flux-addresses", 0, OPTION_NUMBER, AT(flux_addresses), "N",
     "fast flux: at least so many addresses in the window (10)", .positive = true},
    {"flux-networks", 0, OPTION_NUMBER, AT(flux_networks), "N",
     "in at least so many networks (5)", .positive = true},
    {"flux-ttl", 0, OPTION_SPAN, AT(flux_ttl_s), "SPAN", "with TTLs up to this (15m)",
     .positive = true},
    {"max-ttl", 0, OPTION_SPAN, AT(max_ttl_s), "SPAN",
     "a cache hides activity for the TTL, at most so long (7d)", .positive = true},
    {"probe", 0, OPTION_SPAN, AT(probe_s), "SPAN",
     "an appearance before the main activity is a probe up to this length (3d)",
     .positive = true},
    {"probe-gap", 0, OPTION_SPAN, AT(probe_gap_s), "SPAN", "and so long before it (5d)",
     .positive = true},
    {"break", 0, OPTION_SPAN, AT(break_s), "SPAN",
     "name servers that change after so long a silence are a break (7d)",
     .positive = true},
    {"rows-at", 0, OPTION_NUMBER, AT(rows_most), "N",
     "read at most so many records of an address (5000)", .positive = true},
    {"expiry", 0, OPTION_SPAN, AT(expiry_s), "SPAN",
     "what may be blocked is to be looked at again after so long (30d)",
     .positive = true},
    {NULL},
};

void thresholds_take(const struct thresholds *t, struct inquiry_options *ret)
{
	ret->window.max_ttl_s = t->max_ttl_s;
	ret->whose =
	    (struct whose_options){(unsigned)t->shared_at, (unsigned)t->dedicated_most,
				   t->young_s, (unsigned)t->farm_percent};
	ret->subdomain_most = (unsigned)t->names_at;
	ret->address_most = t->rows_most;
	ret->probe_s = t->probe_s;
	ret->probe_gap_s = t->probe_gap_s;
	ret->break_gap_s = t->break_s;
	ret->flux_addresses = (unsigned)t->flux_addresses;
	ret->flux_networks = (unsigned)t->flux_networks;
	ret->flux_ttl_s = (uint32_t)t->flux_ttl_s;
}

void thresholds_keep(const struct thresholds *t,
		     void (*keep)(const char *name, int64_t value, void *arg), void *arg)
{
	for (const struct option_row *row = threshold_rows; row->name; row++) {
		int64_t v; /* numbers and spans are both of this size */
		memcpy(&v, (const char *)t + row->at, sizeof(v));
		if (v)
			keep(row->name, v, arg);
	}
}
