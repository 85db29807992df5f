/* The database a command works on: one option, and opening with a message that helps. */
#ifndef YORE_CMD_DATABASE_H
#define YORE_CMD_DATABASE_H

#include "cmd/command.h"
#include "store/store.h"

struct database_options {
	const char *dir;   /* NULL: see store_default_dir */
	const char *stage; /* a history apart, in a folder of the database */
};

extern const struct option_row database_rows[];

/* The folder's name, into dir. 0, or a status after saying why. */
int database_dir(const struct invocation *in, const struct database_options *o,
		 struct buf *dir);
/*
 * STATUS_OK, or a status after saying why. so->write and so->create as the command
 * needs; NULL: for reading.
 */
int database_open(const struct invocation *in, const struct database_options *o,
		  const struct store_options *so, struct store **ret);

bool database_is_stage(const char *name); /* may it be one's name? */
/* Calls back with the name of each stage of the database in dir, ascending. */
int database_stages(const char *dir, int (*each)(const char *name, void *arg), void *arg);
bool database_has_stages(const char *dir);
/* Says that there is no such stage, and which there are: STATUS_DATABASE. */
int database_no_stage(const struct invocation *in, const struct database_options *o,
		      const char *stage);

/* Says what failed on an open database: STATUS_DATABASE unless it was the caller's. */
int database_failed(const struct invocation *in, const struct fault *f);

#endif
