/*
 * From the two axes (when, whose) to what to do about one address of one name. A table:
 * the first row that fits decides, and its words are the reason that is shown. What the
 * report itself names is never skipped.
 */
#ifndef YORE_INTEL_VERDICT_H
#define YORE_INTEL_VERDICT_H

#include "intel/whose.h"

enum action { ACTION_HUNT, ACTION_REVIEW, ACTION_SKIP, ACTION_VICTIMS };

struct judged {
	enum action action;
	const char *reason; /* static */
};

struct case_facts {
	enum timing timing;
	enum ownership ownership;
	enum special special;
	bool named; /* the report names this address */
	bool probe; /* a short appearance before the main activity */
	bool flux;  /* one of very many: the name is what to look for */
	bool single_date;
	bool no_record; /* nothing in any history says anything of it */
};

struct judged verdict_judge(const struct case_facts *f);
const char *action_name(enum action a);
int action_of_name(const char *text, enum action *ret) YORE_MUST_CHECK;

#endif
