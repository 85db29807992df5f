/*
 * Where data goes: standard output, buffered, with its errors told once.
 *
 * Write into out->buf and call output_ready now and then (after each row); it hands the
 * octets to the kernel when there are enough of them. A reader that has gone away
 * (EPIPE) is no error: output_done says so, the command stops and nothing is printed. A
 * full disk or a closed descriptor is: it is reported, and the status is STATUS_OUTPUT.
 */
#ifndef YORE_CMD_OUTPUT_H
#define YORE_CMD_OUTPUT_H

#include "base/buf.h"
#include "base/safe.h"

struct output {
	struct buf buf;
	int fd;
	bool gone;	    /* nobody reads any more */
	struct fault fault; /* code 0 while all is well */
};

void output_init(struct output *o, int fd);
void output_release(struct output *o);
/* Writes when 64 KiB or more are waiting, or with now whatever waits. 0, or the error. */
int output_ready(struct output *o, bool now);
/* True when there is no use in producing more: an error, or the reader went away. */
bool output_done(const struct output *o);

#endif
