/* Help, manual pages and completion, made from the tables. */
#ifndef YORE_CMD_HELP_H
#define YORE_CMD_HELP_H

#include "cmd/command.h"

void help_put_overview(struct buf *out);
/* name: as called, "db stat" */
void help_put_command(struct buf *out, const struct command *c, const char *name);

/* Source of a manual page for scdoc(1); c NULL: of yore itself. */
void manual_put(struct buf *out, const struct command *c);
void completion_put_bash(struct buf *out);

#endif
