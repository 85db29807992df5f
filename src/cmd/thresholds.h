/*
 * How many, how long: what an investigation's verdicts turn on. Each has a usual value,
 * and 0 means that one.
 */
#ifndef YORE_CMD_THRESHOLDS_H
#define YORE_CMD_THRESHOLDS_H

#include "cmd/option.h"
#include "intel/inquiry.h"

struct thresholds {
	uint64_t shared_at, dedicated_most, farm_percent, names_at, rows_most;
	uint64_t flux_addresses, flux_networks;
	int64_t young_s, max_ttl_s, probe_s, probe_gap_s, break_s, flux_ttl_s, expiry_s;
};
extern const struct option_row threshold_rows[];

void thresholds_take(const struct thresholds *t, struct inquiry_options *ret);
/* Those that were given, as a manifest keeps them: name and value. */
void thresholds_keep(const struct thresholds *t,
		     void (*keep)(const char *name, int64_t value, void *arg), void *arg);

#endif
