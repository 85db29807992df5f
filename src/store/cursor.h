/* Many shelves as one: see struct cursor in store/store.h. */
#ifndef YORE_STORE_CURSOR_H
#define YORE_STORE_CURSOR_H

#include "store/engine.h"

int cursor_open(struct engine *e, const struct scan *scan, struct fault *f,
		struct cursor **ret) YORE_MUST_CHECK;

/* Is this one of the shelves that the scan reads? */
bool scan_wants(const struct scan *s, const char *shelf);

#endif
