/*
 * One result as named texts, for the formats that are a list of fields: separated
 * values, XML, YAML, SQLite. What is not known is NULL, not "".
 */
#ifndef YORE_FORMAT_FIELDS_H
#define YORE_FORMAT_FIELDS_H

#include "query/run.h"

/* X(name, is a number); the order is that of columns. rdata is not among them: a set
 * has several. */
#define FIELD_LIST(X)        \
	X(time_first, false) \
	X(time_last, false)  \
	X(zone_first, false) \
	X(zone_last, false)  \
	X(count, true)       \
	X(bailiwick, false)  \
	X(rrname, false)     \
	X(rrtype, false)     \
	X(source, false)     \
	X(hop, true)         \
	X(via, false)        \
	X(ttl_min, true)     \
	X(ttl_max, true)     \
	X(month, false)      \
	X(days, false)

enum field {
#define X(name, number) FIELD_##name,
	FIELD_LIST(X)
#undef X
	    FIELDS
};

enum times { TIMES_PLAIN, TIMES_RFC3339, TIMES_EPOCH };

struct fields {
	struct buf text;
	const char *at[FIELDS]; /* within text; NULL: not known */
};

extern const char *const field_names[FIELDS];
bool field_is_number(enum field f);

void fields_init(struct fields *f);
void fields_release(struct fields *f);
/* Good until the next call. 0, ELIMIT or ENOMEM. */
int fields_fill(struct fields *f, const struct result *r, enum times times);

#endif
