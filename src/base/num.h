/* Strict numbers from text: whole text, no sign, no white space, no overflow. */
#ifndef YORE_BASE_NUM_H
#define YORE_BASE_NUM_H

#include "base/bytes.h"

int num_u64(const char *text, uint64_t max, uint64_t *ret) YORE_MUST_CHECK;
int num_size(const char *text, uint64_t *ret) YORE_MUST_CHECK; /* "64M", "512KiB", "2G" */
int num_span(const char *text,
	     int64_t *ret_s) YORE_MUST_CHECK; /* "60", "10s", "7d", "4h" */

#endif
