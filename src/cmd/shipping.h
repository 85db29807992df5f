/*
 * Segments to a centre instead of a database here: the options that `import` and `sense`
 * share, and where records go in either case.
 */
#ifndef YORE_CMD_SHIPPING_H
#define YORE_CMD_SHIPPING_H

#include "cmd/database.h"
#include "exchange/ship.h"

struct shipping_options {
	const char *to, *key_file, *ca_file, *spool, *share, *cert_file, *cert_key_file;
	int64_t wait_s;
};
extern const struct option_row shipping_rows[];

/* Where a command writes: the database, or a spool that is being shipped. */
struct destination {
	struct store *store; /* to ask for positions and servers */
	struct segment_sink sink;
	struct ship *ship;	     /* NULL: the database itself */
	struct share_policy *policy; /* owned; NULL: everything is sent */
};

/* The folder that will be written in. A status, after saying why. */
int destination_dir(const struct invocation *in, const struct database_options *d,
		    const struct shipping_options *o, struct buf *dir);
int destination_open(const struct invocation *in, const struct database_options *d,
		     const struct shipping_options *o, const struct store_options *so,
		     struct destination *ret);
/* Waits until the centre has everything, as long as --to-wait says. A status. */
int destination_finish(const struct invocation *in, const struct shipping_options *o,
		       struct destination *d);
void destination_close(struct destination *d);

#endif
