/* A frame as a capture gives it: time, link type, octets, and where it came from. */
#ifndef YORE_NET_FRAME_H
#define YORE_NET_FRAME_H

#include "base/bytes.h"

struct frame {
	int64_t time_us;     /* since 1970, UTC */
	uint32_t link;	     /* LINKTYPE_ value of the pcap registry */
	uint32_t wire_len;   /* what was on the wire; more than octets.len when snapped */
	struct bytes octets; /* borrowed until the next frame is asked for */
	uint64_t number;     /* from 1 within the input */
	uint32_t input;	     /* which input of this run, 0.. (see capture/source.h) */
};

#endif
