/* Two histories become one: see store_merge in store/store.h. */
#ifndef YORE_STORE_MERGE_H
#define YORE_STORE_MERGE_H

#include "store/engine.h"

int merge_engines(struct engine *into, struct engine *from, say_fn say, void *arg,
		  struct fault *f) YORE_MUST_CHECK;

#endif
