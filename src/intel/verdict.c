#include <strings.h>

#include "intel/verdict.h"

/* Sets of values, as bits; 0 means any. */
#define T(x) (1u << TIMING_##x)
#define S(x) (1u << SPECIAL_##x)
#define O(x) (1u << OWNER_##x)
#define IN_TIME (T(SEEN) | T(CACHED) | T(SPANS))
#define ANY 0

static const struct rule {
	unsigned timing, special, ownership;
	int named, probe, flux; /* 1: must be; 0: any */
	enum action action;
	const char *reason;
} rules[] = {
    {ANY, S(REWRITTEN), ANY, 0, 0, 0, ACTION_SKIP, "our own rewriting"},
    {IN_TIME | T(AFTER), S(SINKHOLE), ANY, 0, 0, 0, ACTION_VICTIMS,
     "a sinkhole: who talks to it is a victim"},
    {ANY, S(SINKHOLE), ANY, 0, 0, 0, ACTION_REVIEW, "a sinkhole, at another time"},

    {ANY, S(UNREACHABLE) | S(RESOLVER) | S(PARKED), ANY, 1, 0, 0, ACTION_REVIEW,
     "named by the report, though dormant"},
    {ANY, S(UNREACHABLE), ANY, 0, 0, 0, ACTION_SKIP, "dormant: not reachable"},
    {ANY, S(RESOLVER), ANY, 0, 0, 0, ACTION_SKIP, "dormant: a public resolver"},
    {ANY, S(PARKED), ANY, 0, 0, 0, ACTION_SKIP, "dormant: parking"},

    {ANY, S(CDN), ANY, 1, 0, 0, ACTION_REVIEW, "named by the report, though a CDN edge"},
    {IN_TIME, S(CDN), O(DEDICATED), 0, 0, 0, ACTION_REVIEW,
     "dedicated, though in a CDN's range"},
    {ANY, S(CDN), ANY, 0, 0, 0, ACTION_SKIP, "CDN edge"},

    {ANY, ANY, O(SHARED), 1, 0, 0, ACTION_REVIEW, "named by the report, though shared"},
    {ANY, ANY, O(SHARED), 0, 0, 0, ACTION_SKIP, "shared hosting"},

    {IN_TIME, ANY, ANY, 1, 0, 0, ACTION_HUNT, "named by the report, in the window"},
    {ANY, ANY, ANY, 1, 0, 0, ACTION_REVIEW, "named by the report, not in the window"},
    {IN_TIME, ANY, ANY, 0, 0, 1, ACTION_SKIP, "fast flux: hunt by name"},

    {T(SEEN), ANY, O(DEDICATED), 0, 0, 0, ACTION_HUNT, "dedicated, seen in the window"},
    {T(CACHED), ANY, O(DEDICATED), 0, 0, 0, ACTION_HUNT,
     "dedicated, in caches in the window"},
    {T(SPANS), ANY, O(DEDICATED), 0, 0, 0, ACTION_HUNT,
     "dedicated, an interval around the window"},
    {T(UNWATCHED), ANY, ANY, 0, 0, 0, ACTION_REVIEW, "nobody watched the window"},
    {T(BEFORE), ANY, ANY, 0, 1, 0, ACTION_REVIEW, "a possible probe before it"},
    {T(BEFORE), ANY, ANY, 0, 0, 0, ACTION_SKIP, "before the window"},
    {T(AFTER), ANY, ANY, 0, 0, 0, ACTION_SKIP, "after the window"},
    {IN_TIME, S(CLOUD), ANY, 0, 0, 0, ACTION_REVIEW, "a cloud's address, whose is open"},
    {ANY, ANY, ANY, 0, 0, 0, ACTION_REVIEW, "whose it was is not known"},
};

static bool fits(const struct rule *r, const struct case_facts *f)
{
	if (r->timing && !(r->timing >> f->timing & 1))
		return false;
	if (r->special && !(r->special >> f->special & 1))
		return false;
	if (r->ownership && !(r->ownership >> f->ownership & 1))
		return false;
	return (!r->named || f->named) && (!r->probe || f->probe) &&
	       (!r->flux || f->flux);
}

struct judged verdict_judge(const struct case_facts *f)
{
	if (f->no_record)
		return (struct judged){ACTION_REVIEW,
				       "named by the report, no record of it"};
	const struct rule *r = rules;
	while (!fits(r, f)) /* the last one fits everything */
		r++;
	return (struct judged){r->action, r->reason};
}

const char *action_name(enum action a)
{
	static const char *const names[] = {"HUNT", "REVIEW", "SKIP", "VICTIMS"};
	return names[a];
}

int action_of_name(const char *text, enum action *ret)
{
	for (enum action a = ACTION_HUNT; a <= ACTION_VICTIMS; a++)
		if (strcasecmp(text, action_name(a)) == 0) {
			*ret = a;
			return 0;
		}
	return YORE_EMALFORMED;
}
