/*
 * Who looked at who asked: one JSON line for each question, in DB/who/audit (mode 0600),
 * which is only ever added to. The line is there before the first row is shown, and one
 * more says how many there were.
 */
#ifndef YORE_QUERY_WHO_AUDIT_H
#define YORE_QUERY_WHO_AUDIT_H

#include "store/store.h"

struct who_audit {
	int64_t time_s;
	const char *by;			/* "uid 1000", "key 3f2a" */
	const char *command;		/* "query", "packets", "api" */
	struct bytes asked;		/* terms, one a line; all of them */
	const char *client, *from, *to; /* NULL: not said */
	const char *reason;
};

/* Nothing may be shown when this fails. EUSAGE: no reason. */
int who_audit_begin(struct store *s, const struct who_audit *a,
		    struct fault *f) YORE_MUST_CHECK;
int who_audit_end(struct store *s, const struct who_audit *a, uint64_t rows,
		  struct fault *f);

#endif
