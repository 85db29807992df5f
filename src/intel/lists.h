/*
 * The lists that the program brings (data/lists, data/networks): text with comments,
 * source and date, built into the binary so that nothing depends on a path. One key a
 * line, then, after white space, a label.
 */
#ifndef YORE_INTEL_LISTS_H
#define YORE_INTEL_LISTS_H

#include "dns/name.h"

struct list {
	const char *name; /* "lists/references", "networks/cdn" */
	struct bytes text;
};

extern const struct list list_table[];
extern const size_t list_count;

struct bytes list_text(const char *name); /* empty when there is none */

/*
 * Line by line: 1 with the key and its label ("" when it has none; both borrowed, not
 * NUL-terminated), 0 at the end. Comments and empty lines are passed over. *at starts 0.
 */
int list_next(struct bytes text, size_t *at, struct bytes *key, struct bytes *label);

/* Is key (as it stands) in the list? */
bool list_has(const char *name, struct bytes key, struct bytes *label);
/* Is this name, or a zone it is in, in the list? label may be NULL. */
bool list_has_zone(const char *name, struct bytes wire, struct bytes *label);

#endif
