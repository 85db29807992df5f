/* What an investigation says on a terminal: one screen, and one verdict in full. */
#ifndef YORE_CMD_INVESTIGATE_SCREEN_H
#define YORE_CMD_INVESTIGATE_SCREEN_H

#include "cmd/command.h"
#include "intel/inquiry.h"

struct screen {
	const struct investigation *inquiry;
	const char *report; /* its name */
	const char *folder; /* of the case; NULL: none written */
	bool colour, defang;
	unsigned width, height; /* height 0: no terminal, all of it is said */
	const char *again;	/* the whole command, to resume what is missing */
};

/* Window and coverage first; what fits on the screen. */
void screen_put(const struct screen *s, struct buf *out);
/* The end: what was asked, answered, missing; the exit status; the command to go on. */
void screen_foot(const struct screen *s, int status, struct buf *out);
/* Every line whose name or address is `what`, with all that led to its verdict.
 * Returns how many there were. */
size_t screen_why(const struct screen *s, const char *what, struct buf *out);
/* class, indicator, lines, reason: one a line, tabs between. */
void screen_indicators(const struct iocs *s, struct buf *out);

/* ---- between the two files ---- */
void screen_skipped(const struct investigation *q, struct buf *out);
void brief_put(const struct screen *s, struct buf *out); /* finds, skipped, notes */

#endif
