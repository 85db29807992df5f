/* yore query --with: others are asked first, then the history with their answers. */
#ifndef YORE_CMD_QUERY_OUTSIDE_H
#define YORE_CMD_QUERY_OUTSIDE_H

#include "cmd/query_batch.h"

/*
 * Opens the history (one in memory when there is none and nothing is to be kept), asks
 * the providers for all terms, of the command line or the file, and leaves in
 * c->outside.store what is to be queried. *done: there is nothing left to do (--dry-run).
 */
int query_outside(struct query_call *c, struct store **ret, bool *done);

#endif
