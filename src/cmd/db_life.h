/* Verbs of `yore db` that move or remove more than a year: erase, merge, promote, drop.
 */
#ifndef YORE_CMD_DB_LIFE_H
#define YORE_CMD_DB_LIFE_H

#include "cmd/command.h"

extern const struct command db_erase, db_merge, db_promote, db_drop;

#endif
