/* What a scan would have to read, without reading it: see store_estimate. */
#ifndef YORE_STORE_ESTIMATE_H
#define YORE_STORE_ESTIMATE_H

#include "store/engine.h"

int estimate_scan(struct engine *e, const struct scan *scan, unsigned sample,
		  struct scan_cost *add, struct fault *f);

#endif
