/* One wire, watched twice: live and from a file, or from two captures of the same tap. */
#include <stdlib.h>

#include "base/when.h"
#include "sensor/import_own.h"

/* Rotated captures of one tap may overlap by what the kernel held back. */
#define TOLERANCE_US 1000000

struct overlap {
	const struct import *im;
	const struct import_input *in;
	int64_t first_us, last_us;
	bool found;
	struct ledger_entry with;
	struct fault fault;
};

/* Files of this call follow each other: what one adds must not refuse the next. */
static bool is_of_this_call(const struct overlap *o, const struct input_id *id)
{
	for (size_t i = 0; i < o->im->count; i++)
		if (import_same_input(&o->im->inputs[i].id, id))
			return true;
	return false;
}

static int one_entry(const char *shelf, const struct ledger_entry *e, void *arg)
{
	struct overlap *o = arg;
	if (o->found || strcmp(e->sensor, o->im->o->sensor) != 0 ||
	    e->first_us == WHEN_UNKNOWN || is_of_this_call(o, &e->input))
		return 0;
	if (e->last_us - TOLERANCE_US <= o->first_us ||
	    e->first_us + TOLERANCE_US >= o->last_us) {
		/* an instant inside is an overlap as well */
		if (o->first_us != o->last_us || o->first_us <= e->first_us ||
		    o->last_us >= e->last_us)
			return 0;
	}
	o->found = true;
	o->with = *e;
	o->with.counters = BYTES(NULL, 0);
	return 0;
}

/* What a damaged shelf has is not known, and must not stop what comes for the others. */
static int one_shelf(const char *shelf, void *arg)
{
	struct overlap *o = arg;
	o->fault = (struct fault){0};
	int r = store_ledger(o->im->o->store, shelf, one_entry, o, &o->fault);
	return r == YORE_ECORRUPT ? 0 : r;
}

int import_check_overlap(struct import *im, struct import_input *in, int64_t first_us,
			 int64_t last_us, struct fault *f)
{
	struct overlap o = {.im = im, .in = in, .first_us = first_us, .last_us = last_us};
	char from[WHEN_TEXT_MAX], to[WHEN_TEXT_MAX];
	int r = store_shelves(im->o->store, one_shelf, &o, &o.fault);
	if (r < 0)
		return fault_set(f, r, "%s", o.fault.text);
	if (!o.found)
		return 0;
	when_text(o.with.first_us / 1000000, from);
	when_text(o.with.last_us / 1000000, to);
	return fault_set(
	    f, YORE_EREFUSED,
	    "%s: sensor %s covered %s to %s already (%s %s); give --again to "
	    "count it once more, or another --sensor",
	    in->file->path, im->o->sensor, from, to, o.with.kind, o.with.name);
}
