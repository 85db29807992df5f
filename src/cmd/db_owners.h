/* The owners with the most RRsets, counted by reading all of them. */
#ifndef YORE_CMD_DB_OWNERS_H
#define YORE_CMD_DB_OWNERS_H

#include "cmd/command.h"
#include "store/store.h"

#define DB_OWNERS_MAX 1000

int db_put_owners(struct buf *out, struct store *s, size_t most, struct fault *f);

#endif
