/* The kernel's filter for a live capture: a classic BPF program (bpf(4) machine). */
#ifndef YORE_CAPTURE_LIVE_FILTER_H
#define YORE_CAPTURE_LIVE_FILTER_H

#include <linux/filter.h>

#include "base/bytes.h"

#define LIVE_FILTER_MOST 256

struct live_filter {
	struct sock_filter code[LIVE_FILTER_MOST];
	unsigned len;
};

/* ports: at least one, at most 16. */
int live_filter_make(const uint16_t *ports, unsigned port_count, bool tunnels,
		     struct live_filter *ret) YORE_MUST_CHECK;

#endif
