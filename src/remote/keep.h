/*
 * Findings into a store, on its shelf of intervals, under the provider's source. Asking
 * again changes no count: interval rows merge by the widest time and the greatest count.
 */
#ifndef YORE_REMOTE_KEEP_H
#define YORE_REMOTE_KEEP_H

#include "remote/ask.h"
#include "store/store.h"

/*
 * Everything the asking has found, as one input of kind "answers"; the ledger says which
 * providers, when, and the hashes of the raw replies, never what was asked.
 */
int asking_keep(struct asking *a, const struct ask_options *o, struct store *s,
		int64_t now_s, struct fault *f) YORE_MUST_CHECK;

#endif
