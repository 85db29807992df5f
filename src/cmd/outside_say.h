/* What became of the questions put to others, for people, on stderr. */
#ifndef YORE_CMD_OUTSIDE_SAY_H
#define YORE_CMD_OUTSIDE_SAY_H

#include "cmd/outside.h"

/*
 * Few questions: a line each. Many: a line for each provider, and one for each of the
 * first few that are not whole. Quiet: only those.
 */
void outside_say(const struct outside *w);
/* Lines of text, each made safe for terminals. */
void put_safe_lines(struct buf *out, struct bytes text);

#endif
