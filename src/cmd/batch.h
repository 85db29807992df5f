/*
 * Lists of terms: one a line, optionally with a time of its own.
 *
 *     www.example.com
 *     hxxp://bad[.]example/x   2015-07-01  2015-07-31     # with its own window
 *
 * Blanks, tabs, commas or semicolons part the columns; '#' begins a comment behind a
 * blank or at the start. dnsdbq's "rrset/name/NAME[/TYPE]", "rdata/name/NAME" and
 * "rdata/ip/ADDRESS" are understood.
 */
#ifndef YORE_CMD_BATCH_H
#define YORE_CMD_BATCH_H

#include "base/buf.h"

struct batch_line {
	unsigned long number;
	char *term, *from, *to; /* NULL: not given; borrowed until the next line */
	char side;		/* 0, or 'r' by owner, 'n' by rdata */
	const char *type;	/* NULL, or of dnsdbq's form */
};

struct batch;
/* "-" is stdin. */
int batch_open(const char *path, struct fault *f, struct batch **ret) YORE_MUST_CHECK;
/* 1: a line, 0: end, negative: reading failed. Empty lines are passed over. */
int batch_next(struct batch *b, struct batch_line *ret, struct fault *f);
void batch_close(struct batch *b);

#endif
