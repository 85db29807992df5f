/* Verbs of `yore db` with files of their own: expire, erase, merge, promote, drop,
 * repair, upgrade.
 */
#ifndef YORE_CMD_DB_LIFE_H
#define YORE_CMD_DB_LIFE_H

#include "cmd/command.h"

extern const struct command db_expire, db_erase, db_merge, db_promote, db_drop, db_repair,
    db_upgrade;

/* A line of what is done, for say_fn. */
void db_say_line(const char *line, void *in);

#endif
