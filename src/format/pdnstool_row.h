/*
 * A row as PassiveDNS::Client (pdnstool) prints and stores it: one record of one
 * provider, in text. NULL where nothing is known.
 */
#ifndef YORE_FORMAT_PDNSTOOL_ROW_H
#define YORE_FORMAT_PDNSTOOL_ROW_H

#include "base/when.h"

struct pdns_row {
	const char *source, *query, *answer, *rrtype, *security;
	double response_s; /* negative: not known */
	int64_t ttl;	   /* negative: not known */
	int64_t first_s, last_s;
	int64_t count; /* negative: not known */
};

#endif
