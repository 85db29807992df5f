/* Rows that go before their year does: see store_erase and store_expire_rows. */
#ifndef YORE_STORE_ERASE_H
#define YORE_STORE_ERASE_H

#include "store/engine.h"

/* Can it go from the disk? EREFUSED, before anything is changed. only: "" or a shelf. */
int erase_check(struct engine *e, const char *only, struct fault *f) YORE_MUST_CHECK;
/* only_look: nothing is changed. */
int erase_rows(struct engine *e, const struct erasure *what, size_t count, bool only_look,
	       say_fn say, void *arg, int64_t *gone, struct fault *f);
int expire_rows(struct engine *e, const struct expiring *x, bool only_look, say_fn say,
		void *arg, int64_t *gone, struct fault *f);

#endif
