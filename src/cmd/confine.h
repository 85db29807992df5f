/* The sandbox of commands that run for long, around the folder they write in. */
#ifndef YORE_CMD_CONFINE_H
#define YORE_CMD_CONFINE_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Before any thread and before the database is opened: makes the folder (and gives it to
 * the user) when there is none, becomes that user (NULL: stays), gives up capabilities,
 * and from then on writes only in there (and in `also`, if not NULL), scratch files too.
 * Without `sandbox` only the user changes. Says what could not be had.
 */
int confine_to(const char *dir, const char *also, const char *user, bool sandbox,
	       struct fault *f) YORE_MUST_CHECK;

#endif
