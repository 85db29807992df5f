/*
 * What is let in: options that import and sense share. Lists (observe/selection.h) can be
 * read again while frames arrive.
 */
#ifndef YORE_CMD_DOOR_H
#define YORE_CMD_DOOR_H

#include "cmd/command.h"
#include "observe/selection.h"

struct door_options {
	struct option_list skip, only, rewrite, single, keep;
	bool no_negative, no_suspicious;
};
extern const struct option_row door_rows[];

/* STATUS_OK and the selection (NULL without a list; selection_free), or said. */
int door_open(const struct invocation *in, const struct door_options *o,
	      struct selection **ret);

#endif
