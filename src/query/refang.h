/*
 * Defanged text made plain: what people do to names and addresses so that nobody clicks
 * on them, undone; and a URL or mail address reduced to its host.
 */
#ifndef YORE_QUERY_REFANG_H
#define YORE_QUERY_REFANG_H

#include "base/buf.h"

/*
 * Appends the host (or prefix, range, wildcard name) that text means to out. Returns 1
 * if anything had to be undone or cut, 0 if text was plain; ELIMIT, ENOMEM. Escapes of
 * presentation form stay as they are unless they are defanging (see query/term.h).
 */
int refang(const char *text, struct buf *out) YORE_MUST_CHECK;

#endif
