/* yore investigate --who-asked: the first question of the site's own clients for each
 * indicator. On the screen only: a case is handed over, and this names people. */
#ifndef YORE_CMD_INVESTIGATE_WHO_H
#define YORE_CMD_INVESTIGATE_WHO_H

#include "cmd/command.h"
#include "intel/inquiry.h"

struct investigate_who_options {
	bool on;
	const char *reason, *pseudonyms;
};
extern const struct option_row investigate_who_rows[];

/* Before anything is asked; replay: there is no database. A status, said. */
int investigate_who_check(const struct invocation *in,
			  const struct investigate_who_options *o, bool replay);
/* Behind the screen of the investigation. A status. */
int investigate_who(struct invocation *in, const struct investigate_who_options *o,
		    const struct investigation *q, struct store *store);

#endif
