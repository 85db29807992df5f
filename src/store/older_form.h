/*
 * Reading a database of an earlier format as it is: rows whose keys are in a form that is
 * no more are left out of an answer, and the answer says so.
 */
#ifndef YORE_STORE_OLDER_FORM_H
#define YORE_STORE_OLDER_FORM_H

#include "store/rocks.h"

struct older_form;
int older_form_of(const struct rocks *r, const char *shelf, struct fault *f,
		  struct older_form **ret) YORE_MUST_CHECK;
void older_form_free(struct older_form *o);

/* Is the row in such a form? */
bool older_form_is(struct older_form *o, struct bytes key);
/* Would what a stretch asks for, which begins so, stand elsewhere? Once. */
bool older_form_begins(struct older_form *o, struct bytes lo);
bool older_form_told(const struct older_form *o);
/* What is left out, and the command that ends it. */
void older_form_tell(struct older_form *o, struct fault *f);

#endif
