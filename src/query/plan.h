/*
 * From a question to the stretches of the store that hold its answer: one step for each
 * term and side, each with bounds to scan. And the rule by which a record that several
 * terms find is given once: a step *claims* it.
 */
#ifndef YORE_QUERY_PLAN_H
#define YORE_QUERY_PLAN_H

#include "base/arena.h"
#include "query/run.h"

#define STEP_ALL SIZE_MAX /* step.term when there is no term */

struct step {
	size_t term;
	bool by_rdata;
};

struct bound {
	struct bytes lo,
	    hi;	       /* of store.h's scan: [lo, hi), hi empty to the table's end */
	bool exact;    /* within one owner or head */
	uint16_t only; /* only this type; 0: any (follow uses it) */
	bool told;     /* its DNAMEs were given before (follow uses it) */
	bool names;    /* of table N, for the names alone */
	const char *literal; /* NULL, or what a name must have in it (see store.h) */
};

struct bounds_list {
	struct bound *at;
	size_t count, room;
	bool names;  /* they are of table N: each name that matches is then looked up */
	bool verify; /* rows must also be wanted by the term */
};

struct plan {
	const struct query *query;
	struct step *steps;
	size_t step_count;
	/* exact names and addresses, by value: which step gives them */
	uint32_t *slots;
	size_t slot_count;
	size_t *wide; /* steps of all other terms */
	size_t wide_count;
	bool both; /* steps of both sides */
	struct arena arena;
};

/* EUSAGE, ENOMEM. */
int plan_init(struct plan *p, const struct query *q, struct fault *f) YORE_MUST_CHECK;
void plan_release(struct plan *p);

/* The bounds of one step, in the arena given. follow: alias types are wanted too. */
int plan_bounds(const struct plan *p, const struct step *s, struct arena *arena,
		struct bounds_list *ret) YORE_MUST_CHECK;

/* Bounds of single look-ups, for following and for looking back. */
int bound_owner(struct arena *arena, struct bytes owner, uint16_t type,
		struct bound *ret) YORE_MUST_CHECK;
int bound_target(struct arena *arena, struct bytes name,
		 struct bound *ret) YORE_MUST_CHECK;

/* The index of the step that gives this record; step_count when none does. */
size_t plan_claim_owner(const struct plan *p, struct bytes owner);
size_t plan_claim_rdata(const struct plan *p, struct bytes owner, uint16_t type,
			struct bytes rdata);
/* Does any term asked by rdata want it? */
bool plan_wants_rdata(const struct plan *p, uint16_t type, struct bytes rdata);

#endif
