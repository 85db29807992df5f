/* yore query --who-asked: who asked for what, said with a reason. */
#ifndef YORE_CMD_QUERY_WHO_H
#define YORE_CMD_QUERY_WHO_H

#include "cmd/query_batch.h"

extern const struct option_row query_who_rows[];

/* What of the options makes no sense together; before the database is opened. A status.
 */
int query_who_check(const struct query_call *c);
/* The whole call; a status. */
int query_who(struct query_call *c, struct store *store);

#endif
