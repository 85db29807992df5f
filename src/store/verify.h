/*
 * Reads everything back: every row of every shelf decodes and could have been written,
 * and the commits of every input follow each other without gap or overlap; the lists of
 * what was erased and of what expired can be read. Where something is found the fault
 * says what to do.
 */
#ifndef YORE_STORE_VERIFY_H
#define YORE_STORE_VERIFY_H

#include "store/engine.h"

int64_t verify_engine(struct engine *e, say_fn say, void *arg, struct fault *f);

#endif
