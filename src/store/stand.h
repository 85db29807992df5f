/* Where the inputs of a shelf stand: the last commit of each, as its ledger has them. */
#ifndef YORE_STORE_STAND_H
#define YORE_STORE_STAND_H

#include "store/engine.h"

struct stand {
	struct ledger_entry *at; /* from: 0; without counters */
	size_t count, room;
};

/* ret begins as zeros. ECORRUPT names the shelf; ENOENT: there is none. */
int stand_read(struct engine *e, const char *shelf, struct stand *ret,
	       struct fault *f) YORE_MUST_CHECK;
void stand_release(struct stand *s);

#endif
