/*
 * Who said what was not believed: the servers behind the rows of --suspicious, one line
 * each on stderr. Their rows are B rows of that shelf (docs/design/store.md).
 */
#ifndef YORE_CMD_SAID_BY_H
#define YORE_CMD_SAID_BY_H

#include "cmd/command.h"
#include "query/query.h"
#include "store/store.h"

/* Of the names that the query's terms want; nothing when it asks another shelf. */
void said_by(const struct invocation *in, struct store *s, const struct query *q);

#endif
